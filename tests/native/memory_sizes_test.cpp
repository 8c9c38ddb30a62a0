// The memories that come with the core, made with sizes that do not fit each other or the address space, or moved: none
// of them reaches a byte that is not its own.
#include <gtest/gtest.h>

#include <allot/memory/buffer.hpp>
#include <allot/memory/reserved.hpp>
#include <allot/memory/shared_mapping.hpp>

#include <cstdint>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "memories.hpp"

namespace allot_test {
namespace {

constexpr std::uint64_t every_bit = ~std::uint64_t{0};

// What no memory can be made with: more at first than at most, and what rounding up would make 0 of.
constexpr std::uint64_t refused[][2] = {
    {2 * page_bytes, page_bytes},
    {page_bytes + 1, page_bytes},
    {1, 0},
    {every_bit, page_bytes},
    {every_bit - page_bytes + 2, page_bytes},
    {0, every_bit},
    {page_bytes, every_bit},
    {every_bit, every_bit},
    {0, every_bit - page_bytes + 1},
    {0, every_bit - page_bytes + 2},
    {0, every_bit - 2 * page_bytes + 2},
};

template <class Memory>
void expect_nothing(Memory& memory) {
  EXPECT_FALSE(memory.valid());
  EXPECT_EQ(memory.base(), nullptr);
  EXPECT_EQ(memory.bytes(), 0U);
  EXPECT_FALSE(memory.grow(1));
  EXPECT_FALSE(memory.grow(every_bit));
  EXPECT_EQ(memory.bytes(), 0U);
}

TEST(MemorySizes, AReservedMemoryIsRefused) {
  for (const auto& [initial, maximum] : refused) {
    SCOPED_TRACE(std::to_string(initial) + " of " + std::to_string(maximum));
    allot::ReservedMemory memory(initial, maximum);
    expect_nothing(memory);
    EXPECT_EQ(memory.maximum(), 0U);
  }
}

TEST(MemorySizes, ASharedMappingIsRefused) {
  for (const auto& [initial, maximum] : refused) {
    SCOPED_TRACE(std::to_string(initial) + " of " + std::to_string(maximum));
    allot::SharedMapping memory(initial, maximum);
    expect_nothing(memory);
    EXPECT_EQ(memory.grow_from(0), every_bit);
  }
}

// Both are rounded: what fits the last page fits.
TEST(MemorySizes, PagesAreCompared) {
  allot::ReservedMemory reserved(page_bytes, 1);
  EXPECT_TRUE(reserved.valid());
  EXPECT_EQ(reserved.bytes(), page_bytes);
  allot::SharedMapping shared(page_bytes, 1);
  EXPECT_TRUE(shared.valid());
  EXPECT_EQ(shared.bytes(), page_bytes);
  EXPECT_FALSE(shared.grow(1));
  EXPECT_FALSE(shared.grow(every_bit));
}

TEST(MemorySizes, ABufferEndsWhereItsCapacityDoes) {
  std::vector<std::uint8_t> bytes(2 * page_bytes);
  for (const std::uint64_t initial : {2 * page_bytes, 2 * page_bytes + 1, 4 * page_bytes, every_bit}) {
    SCOPED_TRACE(initial);
    allot::BufferMemory memory(bytes.data(), initial, bytes.size() + 5);
    EXPECT_EQ(memory.bytes(), 2 * page_bytes);
    for (const std::uint64_t pages : {std::uint64_t{1}, every_bit, every_bit >> 16, std::uint64_t{1} << 47})
      EXPECT_FALSE(memory.grow(pages)) << pages;
    EXPECT_TRUE(memory.grow(0));
    EXPECT_EQ(memory.bytes(), 2 * page_bytes);
  }
  allot::BufferMemory nothing(bytes.data(), page_bytes, page_bytes - 1);
  EXPECT_EQ(nothing.bytes(), 0U);
  EXPECT_FALSE(nothing.grow(1));
}

template <class Memory>
void expect_it_moves() {
  Memory old(page_bytes, 3 * page_bytes);
  ASSERT_TRUE(old.grow(1));
  std::uint8_t* const base = old.base();
  base[page_bytes] = 7;
  {
    Memory moved = std::move(old);
    expect_nothing(old);  // NOLINT(bugprone-use-after-move)
    EXPECT_TRUE(moved.valid());
    EXPECT_EQ(moved.base(), base);
    EXPECT_EQ(moved.bytes(), 2 * page_bytes);
    EXPECT_TRUE(moved.grow(1));
    EXPECT_FALSE(moved.grow(1));
    EXPECT_EQ(base[page_bytes], 7U);
  }
  // The new one has given it back, and only that one.
  expect_nothing(old);  // NOLINT(bugprone-use-after-move)
  Memory nothing = std::move(old);
  expect_nothing(nothing);
}

TEST(MemorySizes, AReservedMemoryMoves) { expect_it_moves<allot::ReservedMemory>(); }
TEST(MemorySizes, ASharedMappingMoves) { expect_it_moves<allot::SharedMapping>(); }
static_assert(!std::is_copy_constructible_v<allot::ReservedMemory>);
static_assert(!std::is_copy_constructible_v<allot::SharedMapping>);

}  // namespace
}  // namespace allot_test
