// Damages files in many ways and reads them: every one is read, or refused with a fault, and nothing crashes.
// For ASan and UBSan.
//
//   mutate_files SEED SECONDS FILE…      modules, snapshots and traces to begin with
//
// Half of the damaged files get their checksums renewed, or nothing behind a checksum would ever be reached. Of
// snapshots the heap's records are damaged, too, under a header whose own checksum is renewed: the heap in
// them is then checked, walked and drawn. Prints how many files were read, refused and found damaged.
#include <allot/host/files/trace.hpp>
#include <allot/host/files/wasm.hpp>
#include <allot/host/files/wasm_room.hpp>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <random>

#include "file.hpp"
#include "inspect.hpp"
#include "picture.hpp"
#include "replay_heap.hpp"
#include "survey.hpp"

namespace {

using namespace allot;
using namespace allot::cli;
using Bytes = std::vector<u8>;

std::mt19937_64 source;
u64 below(u64 limit) { return limit == 0 ? 0 : source() % limit; }

u64 was_read, was_refused, was_damaged;

void mutate(Bytes& bytes) {
  constexpr u8 telling[] = {0, 1, 0x7F, 0x80, 0xFF, 0x40, 0x10, 0x0B};
  for (u64 left = 1 + below(4); left > 0 && !bytes.empty(); --left) {
    const auto at = static_cast<std::ptrdiff_t>(below(bytes.size()));
    switch (below(7)) {
      case 0: bytes[static_cast<std::size_t>(at)] ^= static_cast<u8>(1u << below(8)); break;
      case 1: bytes[static_cast<std::size_t>(at)] = telling[below(std::size(telling))]; break;
      case 2: bytes[static_cast<std::size_t>(at)] = static_cast<u8>(source()); break;
      case 3: bytes.insert(bytes.begin() + at, 1 + below(9), telling[below(std::size(telling))]); break;
      case 4:
        bytes.erase(bytes.begin() + at, bytes.begin() + at +
                                            static_cast<std::ptrdiff_t>(std::min<u64>(
                                                1 + below(9), bytes.size() - static_cast<u64>(at))));
        break;
      case 5: {
        const u64 count = std::min<u64>(1 + below(32), bytes.size() - static_cast<u64>(at));
        const Bytes copy(bytes.begin() + at, bytes.begin() + at + static_cast<std::ptrdiff_t>(count));
        bytes.insert(bytes.begin() + static_cast<std::ptrdiff_t>(below(bytes.size())), copy.begin(),
                     copy.end());
        break;
      }
      default:
        if (below(8) == 0) bytes.resize(static_cast<std::size_t>(at));
    }
  }
}

void put(Bytes& bytes, std::size_t at, u32 count, u64 value) {
  for (u32 i = 0; i < count && at + i < bytes.size(); ++i) bytes[at + i] = static_cast<u8>(value >> 8 * i);
}

void renew_checksum(Bytes& bytes) {
  if (bytes.size() < 68) return;
  const std::size_t end = bytes.size() - 4;
  if (files::is_snapshot(bytes)) put(bytes, 48, 8, end - 64);
  put(bytes, end, 4, files::crc32({bytes.data(), end}));
}

void look_at_heap(const files::Snapshot& snapshot) {
  // A file may ask for more than there is any need to try out.
  if (snapshot.header().memory_bytes() > u64{1} << 28) return;
  const Survey heap = survey("mutated", snapshot);
  if (!heap.is_sound()) ++was_damaged;
  if (heap.has_blocks) (void)draw("mutated", snapshot.header(), heap, {0, snapshot.header().memory_bytes()});
}

void try_out(const Bytes& bytes) {
  const Style plain(Style::When::never);
  bool is_good = false;
  try {
    if (files::is_snapshot(bytes)) {
      const auto snapshot = files::read_snapshot(bytes);
      is_good = bool(snapshot);
      if (is_good) look_at_heap(snapshot.value());
    } else if (files::is_trace(bytes)) {
      const TracePlan plan = plan_trace("mutated", bytes);
      (void)replay_once(plan, static_cast<Policy>(below(policy_count)));
      is_good = true;
    } else {
      const auto module = files::read_wasm(bytes);
      is_good = bool(module);
      if (is_good)
        for (const bool json : {false, true})
          (void)describe_module(module.value(), {"mutated", json, true}, plain);
    }
  } catch (const Failure&) {
  }
  ++(is_good ? was_read : was_refused);
}

/// Damages the records of the heap in a snapshot.
void damage_heap(const Bytes& file) {
  const auto read = files::read_snapshot(file);
  if (!read) return;
  const files::Snapshot& snapshot = read.value();
  const files::SnapshotHeader& header = snapshot.header();
  Bytes memory(header.memory_bytes()), records(header.record_memory_bytes());
  snapshot.copy_memory(memory.data());
  snapshot.copy_records(records.data());
  Bytes& image = header.outside ? records : memory;
  const u64 begin = header.image, length = std::min<u64>(image.size() - begin, 24 * 1024);
  constexpr u32 telling[] = {0, 1, 0xFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFF00, 0xFFFFFFFF};
  for (u64 left = 1 + below(3); left > 0; --left) {
    // The header and the agent's first fields are a small part of it, and the most telling.
    const u64 at = begin + (below(2) ? below(1100) : below(length - 8));
    switch (below(4)) {
      case 0: image[at] ^= static_cast<u8>(1u << below(8)); break;
      case 1: put(image, at & ~u64{3}, 4, telling[below(std::size(telling))]); break;
      case 2: put(image, at & ~u64{3}, 4, below(header.memory_bytes()) & ~u64{15}); break;
      default: put(image, at & ~u64{3}, 4, below(4096 * header.pages)); break;
    }
  }
  u64 hash = image_seal;
  for (u64 at = begin; at < begin + offsetof(Header, checksum); at += 8) {
    u64 word;
    std::memcpy(&word, image.data() + at, 8);
    hash = (hash ^ word) * 0x100000001B3ull;
    hash ^= hash >> 29;
  }
  put(image, begin + offsetof(Header, checksum), 8, hash);
  try_out(files::write_snapshot(header, memory, records));
}

}  // namespace

int main(int count, char** arguments) {
  if (count < 4) return 2;
  source.seed(std::strtoull(arguments[1], nullptr, 10));
  const auto end =
      std::chrono::steady_clock::now() + std::chrono::seconds(std::strtoull(arguments[2], nullptr, 10));
  std::vector<Bytes> seeds;
  for (int i = 3; i < count; ++i) seeds.push_back(read_file(arguments[i]));
  while (std::chrono::steady_clock::now() < end) {
    for (const Bytes& seed : seeds) {
      Bytes bytes = seed;
      mutate(bytes);
      if (below(2)) renew_checksum(bytes);
      try_out(bytes);
      if (files::is_snapshot(seed)) damage_heap(seed);
    }
  }
  std::printf("%llu read, %llu refused, %llu damaged heaps\n", static_cast<unsigned long long>(was_read),
              static_cast<unsigned long long>(was_refused), static_cast<unsigned long long>(was_damaged));
}
