// Opens a snapshot that JavaScript took by the host library, works on the heap in it and writes it back, for
// snapshot.test.mjs.
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
#include <allot/host.hpp>

#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <string>
#include <vector>

namespace {

using allot::BlockKind;
using allot::Statistic;
using allot::u64;
using allot::u8;

constexpr int blocks_to_allocate = 300;

[[noreturn]] void give_up(int status, const std::string& reason) {
  std::fprintf(stderr, "%s\n", reason.c_str());
  std::exit(status);
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

void require_sound(allot::Heap& heap) {
  if (heap.validate().value()) give_up(3, "an invariant is broken");
}

void work_on(allot::Heap& heap) {
  require_sound(heap);
  const auto figure = [&](Statistic which) { return heap.statistic(which).value(); };
  std::printf("open %s %" PRIu64 " %" PRIu64 " %" PRIu64 "\n", heap.image_is_inside() ? "inside" : "outside",
              figure(Statistic::live_bytes), figure(Statistic::quota_bytes),
              figure(Statistic::maximum_bytes));
  std::vector<u64> live;
  const allot::Error walked = heap.walk([&](const allot::Block& block) {
    if (block.kind == BlockKind::live) live.push_back(block.address);
    const auto span = heap.span(block.address, block.size).value();
    std::printf("%s %" PRIu64 " %" PRIu64 " %" PRIu32 "\n", name_of(block.kind), block.address, block.size,
                allot::files::crc32(span.get().value()));
  });
  if (walked != allot::Error::none) give_up(3, allot::error_name(walked));
  for (int i = 0; i < blocks_to_allocate; ++i) {
    const u64 size = 37 * static_cast<u64>(i);
    const auto block = heap.allocate(size);
    if (!block) {
      std::printf("new %s\n", allot::error_name(block.error()));
      continue;
    }
    std::printf("new %" PRIu64 "\n", block.value());
    if (heap.fill(block.value(), size, static_cast<u8>(i)) != allot::Error::none) give_up(3, "no room");
  }
  for (std::size_t i = 0; i < live.size(); i += 2) {
    if (heap.deallocate(live[i]) != allot::Error::none) give_up(3, "a live block cannot be freed");
    if (heap.deallocate(live[i]) != allot::Error::double_free) give_up(3, "a block can be freed twice");
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
  const std::vector<u8> bytes = contents(in);
  // What the memory may grow to says the file alone.
  const auto file = allot::files::read_snapshot(bytes);
  if (!file) give_up(2, file.fault().rule);
  const allot::files::SnapshotHeader& header = file.value().header();
  // Without a maximum it gets some room all the same.
  allot::ReservedMemory memory(0, header.maximum.value_or(header.pages + 64) * allot::page_bytes);
  auto heap = allot::restore_snapshot(bytes, memory);
  if (!heap) give_up(3, allot::error_name(heap.error()));
  work_on(heap.value());
  const auto written =
      allot::take_snapshot(heap.value(), {.maximum = header.maximum, .shared = header.shared});
  if (!written) give_up(3, allot::error_name(written.error()));
  std::FILE* target = std::fopen(out, "wb");
  if (!target) give_up(1, out);
  const bool whole =
      std::fwrite(written.value().data(), 1, written.value().size(), target) == written.value().size();
  if (std::fclose(target) != 0 || !whole) give_up(1, out);
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 3) give_up(1, "usage: open_snapshot SNAPSHOT OUT");
  run(arguments[1], arguments[2]);
}
