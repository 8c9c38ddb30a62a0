// Reallocation: in place where it can be, by moving where it must, the contents always.
#include <gtest/gtest.h>

#include <cstdint>

#include "misuse/misuse.hpp"
#include "variants.hpp"

namespace allot_test {
namespace {

using allot::Error;
using allot::Statistic;

ALLOT_TEST_SUITE(Reallocate, every_policy());

TEST_P(Reallocate, ShrinksInPlaceAndGivesTheRestBack) {
  with_rig_of(GetParam(), [&]<class Rig>() {
    Rig rig(plan_of(GetParam()));
    auto& heap = rig.heap();
    const auto block = heap.allocate(10000).value();
    ASSERT_TRUE(heap.allocate(16));
    write_pattern(rig.memory().base() + block, 10000, 1);
    for (const std::uint64_t size : {8000U, 5000U, 1000U, 100U, 10U, 0U}) {
      EXPECT_EQ(heap.reallocate(block, size).value(), block);
      EXPECT_LE(heap.usable_size(block).value(), size + size / 2 + 64) << "the rest is kept";
      EXPECT_EQ(first_difference(rig.memory().base() + block, size / 8 * 8, 1), size / 8 * 8);
      EXPECT_EQ(heap.validate().number, 0U);
    }
    EXPECT_EQ(heap.statistic(Statistic::live_blocks), 2U) << "a size of 0 keeps the block";
  });
}

TEST_P(Reallocate, GrowsInPlaceIntoAFreeNeighbour) {
  with_rig_of(GetParam(), [&]<class Rig>() {
    for (const std::uint64_t size : {64U, 1000U, 6000U, 20000U}) {
      Rig rig(plan_of(GetParam()));
      auto& heap = rig.heap();
      const auto block = heap.allocate(size).value();
      const auto next = heap.allocate(size).value();
      ASSERT_TRUE(heap.allocate(16));
      ASSERT_EQ(next, block + heap.usable_size(block).value()) << "new blocks lie side by side";
      write_pattern(rig.memory().base() + block, size, 1);
      ASSERT_EQ(heap.deallocate(next), Error::none);
      EXPECT_EQ(heap.reallocate(block, size + size / 2).value(), block);
      EXPECT_EQ(first_difference(rig.memory().base() + block, size / 8 * 8, 1), size / 8 * 8);
      EXPECT_EQ(heap.validate().number, 0U);
    }
  });
}

TEST_P(Reallocate, GrowsTheLastBlockInPlace) {
  with_rig_of(GetParam(), [&]<class Rig>() {
    Rig rig(plan_of(GetParam()));
    auto& heap = rig.heap();
    const auto block = heap.allocate(100).value();
    EXPECT_EQ(heap.reallocate(block, 5000).value(), block);
    EXPECT_EQ(heap.reallocate(block, 20000).value(), block);
    EXPECT_EQ(heap.validate().number, 0U);
  });
}

TEST_P(Reallocate, MovesWhereALiveBlockIsInTheWay) {
  with_rig_of(GetParam(), [&]<class Rig>() {
    for (const std::uint64_t size : {1U, 16U, 100U, 3000U, 70000U}) {
      Rig rig(plan_of(GetParam()));
      auto& heap = rig.heap();
      const auto block = heap.allocate(size).value();
      const auto next = heap.allocate(size).value();
      write_pattern(rig.memory().base() + block, size, 1);
      write_pattern(rig.memory().base() + next, size, 2);
      const auto moved = heap.reallocate(block, size * 2 + 200).value();
      EXPECT_NE(moved, block);
      EXPECT_EQ(first_difference(rig.memory().base() + moved, size / 8 * 8, 1), size / 8 * 8);
      EXPECT_EQ(first_difference(rig.memory().base() + next, size, 2), size);
      EXPECT_EQ(heap.statistic(Statistic::live_blocks), 2U);
      expect_refused(rig, Error::double_free, [&](auto& h) { return h.deallocate(block); });
      EXPECT_EQ(heap.validate().number, 0U);
    }
  });
}

TEST_P(Reallocate, KeepsTheOldBlockWhenThereIsNoRoom) {
  with_rig_of(GetParam(), [&]<class Rig>() {
    Plan plan = plan_of(GetParam());
    plan.maximum_pages = 3;
    Rig rig(plan);
    auto& heap = rig.heap();
    const auto block = heap.allocate(60000).value();
    ASSERT_TRUE(heap.allocate(16));
    write_pattern(rig.memory().base() + block, 60000, 1);
    expect_no_room(rig, Error::out_of_memory, [&](auto& h) { return h.reallocate(block, 190000); });
    EXPECT_EQ(first_difference(rig.memory().base() + block, 60000, 1), 60000U);
    EXPECT_EQ(heap.deallocate(block), Error::none);
  });
}

// --- alignment --------------------------------------------------------------------------------------------

ALLOT_TEST_SUITE(Alignment, every_policy());

TEST_P(Alignment, UpToAMebibyte) {
  with_rig_of(GetParam(), [&]<class Rig>() {
    Plan plan = plan_of(GetParam());
    plan.maximum_pages = 1024;
    Rig rig(plan);
    auto& heap = rig.heap();
    std::vector<typename Rig::Address> blocks;
    for (std::uint64_t alignment = 1; alignment <= (1U << 20); alignment *= 2) {
      for (const std::uint64_t size : {0U, 1U, 100U, 5000U, 100000U}) {
        const auto block = heap.allocate_aligned(alignment, size).value();
        EXPECT_EQ(block % alignment, 0U);
        EXPECT_GE(heap.usable_size(block).value(), size);
        EXPECT_LE(heap.usable_size(block).value(), size + size / 2 + 64) << "the padding is kept";
        write_pattern(rig.memory().base() + block, size, alignment + size);
        blocks.push_back(block);
        ASSERT_TRUE(heap.allocate(40));
      }
    }
    EXPECT_EQ(heap.validate().number, 0U);
    std::size_t next = 0;
    for (std::uint64_t alignment = 1; alignment <= (1U << 20); alignment *= 2) {
      for (const std::uint64_t size : {0U, 1U, 100U, 5000U, 100000U}) {
        const auto block = blocks[next++];
        EXPECT_EQ(first_difference(rig.memory().base() + block, size, alignment + size), size);
        EXPECT_EQ(heap.deallocate(block), Error::none);
      }
    }
    EXPECT_EQ(heap.validate().number, 0U);
  });
}

TEST_P(Alignment, OfEveryOrdinaryBlockIsAGranule) {
  with_rig_of(GetParam(), [&]<class Rig>() {
    Rig rig(plan_of(GetParam()));
    for (std::uint64_t size = 0; size < 2000; size += 7) {
      EXPECT_EQ(rig.heap().allocate(size).value() % 16, 0U);
      EXPECT_EQ(rig.heap().allocate_zeroed(1, size).value() % 16, 0U);
    }
  });
}

}  // namespace
}  // namespace allot_test
