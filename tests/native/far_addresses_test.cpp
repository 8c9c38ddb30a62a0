// Addresses that 32 bits, and granules that 31 bits, do not hold: a heap of 64-bit addresses that begins far up, one that
// ends where no heap goes on, and one whose blocks are so long that others lie behind 32 GiB. The memory is reserved:
// of what nobody writes the system has none.
#include <gtest/gtest.h>

#include <allot/heap/heaps.hpp>
#include <allot/memory/reserved.hpp>

#include <cstdint>
#include <optional>
#include <vector>

#include "memories.hpp"
#include "pattern.hpp"
#include "random.hpp"

namespace allot_test {
namespace {

using allot::Error;
using Heap = allot::InsideHeap<allot::ReservedMemory, std::uint64_t>;
constexpr std::uint64_t gib = std::uint64_t{1} << 30;

// Blocks of 1 byte to 16 KiB are taken, resized and given back; each is written from end to end.
void churn(Heap& heap, allot::ReservedMemory& memory, std::uint64_t lowest) {
  struct Block {
    std::uint64_t address = 0, size = 0, seed = 0;
  };
  Random random(1);
  std::vector<Block> blocks(200);
  for (int i = 0; i < 4000; ++i) {
    Block& block = blocks[random.below(blocks.size())];
    if (block.address != 0) {
      ASSERT_EQ(first_difference(memory.base() + block.address, block.size, block.seed), block.size);
    }
    const std::uint64_t size = random.log_uniform(14);
    if (block.address == 0) {
      block.address = heap.allocate(size).value();
    } else if (random.below(2) == 0) {
      block.address = heap.reallocate(block.address, size).value();
    } else {
      ASSERT_EQ(heap.deallocate(block.address), Error::none);
      ASSERT_EQ(heap.deallocate(block.address), Error::double_free);
      block = {};
      continue;
    }
    ASSERT_GE(block.address, lowest);
    block.size = size;
    block.seed = static_cast<std::uint64_t>(i);
    write_pattern(memory.base() + block.address, size, block.seed);
    if (size > 16) {
      ASSERT_EQ(heap.deallocate(block.address + 16), Error::interior_address);
    }
  }
  ASSERT_FALSE(heap.validate());
}

TEST(FarAddressesTest, AHeapThatBeginsBehind32BitsOfBytes) {
  allot::ReservedMemory memory(40 * gib, 41 * gib);
  ASSERT_TRUE(memory.valid());
  allot::Options options;
  options.begin = 40 * gib - 1000;
  auto heap = Heap::create(memory, options).value();
  churn(heap, memory, options.begin);
  EXPECT_EQ(heap.deallocate(8 * gib), Error::foreign_address);
  const std::uint64_t block = heap.allocate(100).value();
  EXPECT_EQ(heap.deallocate(block - 32 * gib), Error::foreign_address);
  EXPECT_EQ(heap.deallocate(block & 0xFFFFFFFF), Error::foreign_address);
}

TEST(FarAddressesTest, AHeapEndsWhereGranulesDo) {
  constexpr std::uint64_t limit = 64 * gib - page_bytes;  // numbers of granules above have other meanings
  const std::uint64_t begin = limit - 4 * page_bytes;
  allot::ReservedMemory memory(begin, limit + 2 * page_bytes);
  ASSERT_TRUE(memory.valid());
  allot::Options options;
  options.begin = begin;
  auto heap = Heap::create(memory, options).value();
  std::vector<std::uint64_t> blocks;
  for (;;) {
    const auto block = heap.allocate(1000);
    if (!block) {
      EXPECT_EQ(block.error(), Error::out_of_memory);
      break;
    }
    ASSERT_LE(block.value() + 1000, limit);
    blocks.push_back(block.value());
  }
  EXPECT_GT(blocks.size(), 200U);
  EXPECT_LE(memory.bytes(), limit);
  EXPECT_FALSE(heap.validate());
  for (const std::uint64_t block : blocks) ASSERT_EQ(heap.deallocate(block), Error::none);
  EXPECT_FALSE(heap.validate());
}

TEST(FarAddressesTest, BlocksBehind32GiBOfOthers) {
  allot::ReservedMemory memory(page_bytes, 40 * gib);
  ASSERT_TRUE(memory.valid());
  auto heap = Heap::create(memory, {}).value();
  std::vector<std::uint64_t> longs;
  while (longs.size() < 4) longs.push_back(heap.allocate(8 * gib + 5).value());
  EXPECT_GT(longs.back() + 8 * gib, 32 * gib);
  for (const std::uint64_t block : longs) {
    EXPECT_GE(heap.usable_size(block).value(), 8 * gib + 5);
    EXPECT_EQ(heap.deallocate(block + 7 * gib), Error::interior_address);
    memory.base()[block + 8 * gib + 4] = 1;
  }
  // Of what is free before them there is none left: the next ones lie behind them.
  std::optional<std::uint64_t> behind;
  while (!behind) {
    const std::uint64_t block = heap.allocate(10000).value();
    if (block > longs.back()) behind = block;
  }
  churn(heap, memory, 0);
  EXPECT_EQ(heap.deallocate(*behind), Error::none);
  EXPECT_EQ(heap.deallocate(*behind), Error::double_free);
  EXPECT_EQ(heap.deallocate(longs[2]), Error::none);
  // Its place is free again, and as long as it was.
  EXPECT_EQ(heap.allocate(8 * gib + 5).value(), longs[2]);
  EXPECT_FALSE(heap.validate());
}

}  // namespace
}  // namespace allot_test
