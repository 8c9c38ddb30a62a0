// The memory that the operating system reserves (mmap): grows in place, its base never moves, and a heap
// lives in it like in any other.
#include <gtest/gtest.h>

#include <allot/heap/heaps.hpp>
#include <allot/memory/buffer.hpp>
#include <allot/memory/reserved.hpp>

#include <cstdint>
#include <cstring>
#include <vector>

#include "memories.hpp"
#include "pattern.hpp"

namespace allot_test {
namespace {

TEST(ReservedMemoryTest, GrowsInPlace) {
  allot::ReservedMemory memory(page_bytes, 100 * page_bytes);
  ASSERT_TRUE(memory.valid());
  const std::uint8_t* base = memory.base();
  EXPECT_EQ(memory.bytes(), page_bytes);
  write_pattern(memory.base(), page_bytes, 1);
  for (std::uint64_t pages = 2; pages <= 100; ++pages) {
    ASSERT_TRUE(memory.grow(1));
    ASSERT_EQ(memory.bytes(), pages * page_bytes);
    ASSERT_EQ(memory.base(), base);
    ASSERT_EQ(first_nonzero(base + (pages - 1) * page_bytes, page_bytes), page_bytes);
  }
  EXPECT_EQ(first_difference(base, page_bytes, 1), page_bytes);
}

TEST(ReservedMemoryTest, RefusesWhatWasNotReserved) {
  allot::ReservedMemory memory(page_bytes, 3 * page_bytes);
  EXPECT_FALSE(memory.grow(3));
  EXPECT_FALSE(memory.grow(~std::uint64_t{0}));
  EXPECT_FALSE(memory.grow(std::uint64_t{1} << 48));
  EXPECT_EQ(memory.bytes(), page_bytes);
  EXPECT_TRUE(memory.grow(2));
  EXPECT_FALSE(memory.grow(1));
  EXPECT_TRUE(memory.grow(0));
}

TEST(ReservedMemoryTest, RoundsUpToPages) {
  const allot::ReservedMemory memory(1, page_bytes + 1);
  EXPECT_EQ(memory.maximum(), 2 * page_bytes);
}

TEST(ReservedMemoryTest, SaysWhenTheSystemRefuses) {
  const allot::ReservedMemory memory(page_bytes, std::uint64_t{1} << 60);
  EXPECT_FALSE(memory.valid());
}

TEST(ReservedMemoryTest, HoldsAHeapWhosePointersStayValid) {
  allot::ReservedMemory memory(page_bytes, std::uint64_t{1} << 30);
  auto heap = allot::InsideHeap<allot::ReservedMemory>::create(memory).value();
  std::vector<std::uint8_t*> pointers;
  for (std::uint64_t i = 0; i < 500; ++i) {
    pointers.push_back(memory.base() + heap.allocate(10000).value());
    write_pattern(pointers.back(), 10000, i);
  }
  EXPECT_GT(memory.bytes(), 5000000U);
  for (std::uint64_t i = 0; i < 500; ++i) EXPECT_EQ(first_difference(pointers[i], 10000, i), 10000U);
  EXPECT_EQ(heap.validate().number, 0U);
}

// An image is position-independent: the bytes of the memory, copied elsewhere, are the heap.
TEST(ReservedMemoryTest, ACopyOfTheBytesIsTheSameHeap) {
  allot::ReservedMemory memory(page_bytes, std::uint64_t{1} << 24);
  auto heap = allot::InsideHeap<allot::ReservedMemory>::create(memory).value();
  std::vector<std::uint32_t> blocks;
  for (std::uint64_t size = 1; size < 50000; size = size * 5 / 4 + 1) {
    blocks.push_back(heap.allocate(size).value());
    write_pattern(memory.base() + blocks.back(), size, size);
  }
  std::vector<std::uint8_t> bytes(2 * memory.bytes());
  std::memcpy(bytes.data(), memory.base(), memory.bytes());
  allot::BufferMemory buffer(bytes.data(), memory.bytes(), bytes.size());
  auto copy = allot::InsideHeap<allot::BufferMemory>::attach(buffer, heap.image()).value();
  EXPECT_EQ(copy.validate().number, 0U);
  // From here on each goes its own way, by the same steps to the same addresses.
  for (const std::uint32_t block : blocks) {
    EXPECT_EQ(copy.deallocate(block), allot::Error::none);
    EXPECT_EQ(heap.deallocate(block), allot::Error::none);
    EXPECT_EQ(copy.allocate(77).value(), heap.allocate(77).value());
  }
  EXPECT_EQ(copy.allocate(200000).value(), heap.allocate(200000).value());
  ASSERT_EQ(buffer.bytes(), memory.bytes());
  EXPECT_EQ(std::memcmp(bytes.data() + heap.image(), memory.base() + heap.image(), 4096), 0);
}

}  // namespace
}  // namespace allot_test
