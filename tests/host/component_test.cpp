// Components: a guest of which nothing is known but cabi_realloc.
#include <gtest/gtest.h>

#include <allot/host.hpp>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <map>
#include <utility>

namespace allot_test {
namespace {

using allot::Error;
using allot::Heap;
using allot::page_bytes;
using allot::u64;

// A guest that hands out one address after the other, and notices when it is told wrongly how long a block is.
class Component : public testing::Test {
 protected:
  u64 reallocate(u64 old, u64 old_size, u64 alignment, u64 size) {
    EXPECT_NE(size, 0U) << "what is there no block for";
    if (old != 0) {
      EXPECT_TRUE(blocks_.contains(old)) << old;
      EXPECT_EQ(blocks_[old], std::pair(old_size, alignment));
    }
    if (refuses_) return 0;
    next_ = allot::round_up(next_, alignment);
    const u64 block = next_;
    if (size > memory.bytes() - next_) return 0;
    next_ += size;
    if (old != 0) {
      std::memcpy(memory.base() + block, memory.base() + old, std::min(size, old_size));
      blocks_.erase(old);
    }
    blocks_[block] = {size, alignment};
    return block;
  }

  allot::ReservedMemory memory{page_bytes, page_bytes};
  Heap heap = Heap::adopt(memory, allot::GuestFunctions::from_cabi_realloc(
                                      [this](u64 old, u64 old_size, u64 alignment, u64 size) {
                                        return reallocate(old, old_size, alignment, size);
                                      }))
                  .value();
  bool refuses_ = false;

 private:
  u64 next_ = 1024;
  std::map<u64, std::pair<u64, u64>> blocks_;
};

TEST_F(Component, ABlockGetsAnotherSize) {
  const u64 block = heap.allocate(100).value();
  ASSERT_EQ(heap.write<u64>(block, 42), Error::none);
  const u64 longer = heap.reallocate(block, 1000).value();
  EXPECT_NE(longer, block);
  EXPECT_EQ(heap.read<u64>(longer).value(), 42U);
  EXPECT_EQ(heap.usable_size(longer).value(), 1000U);
  const u64 shorter = heap.reallocate(longer, 8).value();
  EXPECT_EQ(heap.read<u64>(shorter).value(), 42U);
  // The old addresses are nobody's.
  EXPECT_EQ(heap.reallocate(block, 10).error(), Error::foreign_address);
  EXPECT_EQ(heap.usable_size(longer).error(), Error::foreign_address);
}

TEST_F(Component, ItsAlignmentStays) {
  const u64 block = heap.allocate_aligned(256, 10).value();
  EXPECT_EQ(heap.reallocate(block, 300).value() % 256, 0U);
}

TEST_F(Component, NoBytesAreABlockToo) {
  const u64 nothing = heap.allocate(0).value();
  EXPECT_NE(nothing, heap.allocate(0).value());
  const u64 something = heap.reallocate(nothing, 20).value();
  const u64 again = heap.reallocate(something, 0).value();
  EXPECT_EQ(heap.usable_size(again).value(), 0U);
}

TEST_F(Component, WhatIsRefusedStays) {
  const u64 block = heap.allocate(100).value();
  refuses_ = true;
  EXPECT_EQ(heap.reallocate(block, 200).error(), Error::out_of_memory);
  EXPECT_EQ(heap.usable_size(block).value(), 100U);
  EXPECT_EQ(heap.reallocate(block, u64{1} << 32).error(), Error::size_too_large);
  refuses_ = false;
  EXPECT_EQ(heap.reallocate(block + 8, 200).error(), Error::foreign_address);
  EXPECT_EQ(heap.reallocate(page_bytes, 200).error(), Error::wild_address);
  EXPECT_EQ(heap.deallocate(block), Error::none);
  EXPECT_EQ(heap.reallocate(block, 200).error(), Error::foreign_address);
}

TEST_F(Component, ItsBlocksCanBeOwned) {
  const u64 block = heap.allocate(100).value();
  EXPECT_EQ(heap.own(block).value().size(), 100U);
  EXPECT_FALSE(heap.owns(block));
}

}  // namespace
}  // namespace allot_test
