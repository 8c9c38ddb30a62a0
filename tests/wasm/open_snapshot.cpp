// Opens a snapshot that JavaScript took, works on the heap in it and writes it back, for snapshot.test.mjs.
//
//   open_snapshot SNAPSHOT OUT
//
// Says in lines what it finds and does:
//
//   open PLACE LIVE QUOTA MAXIMUM     the heap is sound; bytes that are live; its limits
//   KIND ADDRESS BYTES CHECKSUM       each block of the walk; the checksum is that of what it holds
//   new ADDRESS                       blocks that were allocated then, of 0, 37, 74 … bytes; `new ERROR` if refused
//
// Then it frees every second of the blocks that were live, fills its own with the number of each and writes the
// heap to OUT. Status 2: malformed, and says why; 3: not a sound heap.
#include <allot/heap/heaps.hpp>
#include <allot/memory/buffer.hpp>

#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "snapshot_file.hpp"

namespace {

using allot::BlockKind;
using allot::Statistic;
using allot::u64;
using allot::u8;
using allot_test::Snapshot;
using Memory = allot::BufferMemory;

constexpr int blocks_to_allocate = 300;

[[noreturn]] void give_up(int status, const char* reason) {
  std::fprintf(stderr, "%s\n", reason);
  std::exit(status);
}

// Room for a memory to grow into, up to `pages`.
Memory growing(std::vector<u8>& bytes, u64 pages) {
  const u64 initial = bytes.size();
  if (const u64 most = pages * allot::page_bytes; most > initial) bytes.resize(most);
  return {bytes.data(), initial, bytes.size()};
}

const char* name_of(BlockKind kind) {
  switch (kind) {
    case BlockKind::live: return "live";
    case BlockKind::free: return "free";
    case BlockKind::metadata: return "metadata";
    case BlockKind::reserved: return "reserved";
    default: give_up(3, "the walk finds no block");
  }
}

template <class Heap>
void require_sound(Heap& heap) {
  if (const allot::Violation violation = heap.validate()) {
    std::fprintf(stderr, "invariant %u is broken at %" PRIu64 "\n", violation.number, violation.address);
    std::exit(3);
  }
}

template <class Heap>
void work_on(Heap& heap, Memory& memory, bool outside) {
  require_sound(heap);
  std::printf("open %s %" PRIu64 " %" PRIu64 " %" PRIu64 "\n", outside ? "outside" : "inside",
              heap.statistic(Statistic::live_bytes), heap.statistic(Statistic::quota_bytes),
              heap.statistic(Statistic::maximum_bytes));
  std::vector<u64> live;
  const u64 top = heap.statistic(Statistic::top);
  for (u64 at = heap.statistic(Statistic::begin); at < top;) {
    const allot::Block block = heap.block_at(at);
    const char* kind = name_of(block.kind);
    if (block.size == 0 || block.size > memory.bytes() - at) give_up(3, "a block leaves the memory");
    if (block.kind == BlockKind::live) live.push_back(at);
    std::printf("%s %" PRIu64 " %" PRIu64 " %" PRIu32 "\n", kind, at, block.size,
                allot_test::snapshot_format::crc32(memory.base() + at, block.size));
    at += block.size;
  }
  for (int i = 0; i < blocks_to_allocate; ++i) {
    const u64 size = 37 * static_cast<u64>(i);
    const auto block = heap.allocate(size);
    if (!block) {
      std::printf("new %s\n", allot::name_of(block.error()));
      continue;
    }
    std::printf("new %" PRIu64 "\n", u64{block.value()});
    std::memset(memory.base() + block.value(), i & 0xff, size);
  }
  for (std::size_t i = 0; i < live.size(); i += 2) {
    const auto address = static_cast<typename Heap::Address>(live[i]);
    if (heap.deallocate(address) != allot::Error::none) give_up(3, "a live block cannot be freed");
    if (heap.deallocate(address) != allot::Error::double_free) give_up(3, "a block can be freed twice");
  }
  require_sound(heap);
}

std::vector<u8> contents(const char* name) {
  std::FILE* file = std::fopen(name, "rb");
  if (!file) give_up(1, name);
  std::vector<u8> bytes;
  u8 chunk[4096];
  while (const std::size_t count = std::fread(chunk, 1, sizeof chunk, file)) {
    bytes.insert(bytes.end(), chunk, chunk + count);
  }
  std::fclose(file);
  return bytes;
}

void run(const char* in, const char* out) {
  Snapshot snapshot = allot_test::read_snapshot(contents(in));
  // Without a maximum it gets some room all the same.
  const u64 pages = snapshot.maximum.value_or(snapshot.memory.size() / allot::page_bytes + 64);
  Memory memory = growing(snapshot.memory, pages);
  Memory records =
      growing(snapshot.records, snapshot.outside ? snapshot.records.size() / allot::page_bytes + 64 : 0);
  if (snapshot.outside) {
    auto heap = allot::OutsideHeap<Memory, Memory>::attach(memory, records, snapshot.image);
    if (!heap) give_up(3, allot::name_of(heap.error()));
    work_on(heap.value(), memory, true);
  } else {
    auto heap = allot::InsideHeap<Memory>::attach(memory, snapshot.image);
    if (!heap) give_up(3, allot::name_of(heap.error()));
    work_on(heap.value(), memory, false);
  }
  snapshot.memory.resize(memory.bytes());
  snapshot.records.resize(records.bytes());
  const std::vector<u8> written = allot_test::write_snapshot(snapshot);
  std::FILE* file = std::fopen(out, "wb");
  if (!file) give_up(1, out);
  const bool whole = std::fwrite(written.data(), 1, written.size(), file) == written.size();
  if (std::fclose(file) != 0 || !whole) give_up(1, out);
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 3) give_up(1, "usage: open_snapshot SNAPSHOT OUT");
  try {
    run(arguments[1], arguments[2]);
  } catch (const allot_test::MalformedSnapshot& error) {
    give_up(2, error.what());
  }
}
