// Reallocation: in place where it can be, by moving where it must, the contents always.
#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

#include "misuse/misuse.hpp"
#include "variants.hpp"

namespace allot_test {
namespace {

using allot::Error;
using allot::Statistic;

// Where size is all that counts, what cannot grow where it is is copied.
constexpr bool copies = allot::small_code;

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

// free may take the length of the block that malloc returned last from there, if it still holds.
TEST_P(Reallocate, OfTheBlockThatWasAllocatedLast) {
  with_rig_of(GetParam(), [&]<class Rig>() {
    Rig rig(plan_of(GetParam()));
    auto& heap = rig.heap();
    const auto first = heap.allocate(16).value();
    const auto again = [&](std::uint64_t size) {
      EXPECT_EQ(heap.deallocate(heap.allocate(size).value()), Error::none);
      return heap.allocate(size).value();
    };
    for (const std::uint64_t size : {16U, 160U, 80U, 48U, 400U, 900U, 3000U}) {
      const auto block = again(160);
      EXPECT_EQ(heap.reallocate(block, size).value(), block);
      EXPECT_EQ(heap.deallocate(block), Error::none);
      EXPECT_EQ(heap.statistic(Statistic::live_bytes), heap.usable_size(first).value());
      EXPECT_EQ(heap.validate().number, 0U);
      EXPECT_NE(heap.deallocate(block), Error::none) << "twice";
    }
    // A longer block begins where it lay, in most policies.
    EXPECT_EQ(heap.deallocate(again(160)), Error::none);
    heap.merge();
    EXPECT_EQ(heap.deallocate(heap.allocate(640).value()), Error::none);
    EXPECT_EQ(heap.statistic(Statistic::live_blocks), 1U);
    EXPECT_EQ(heap.validate().number, 0U);
  });
}

TEST_P(Reallocate, TakesMemoryBehindTheLastBlock) {
  with_rig_of(GetParam(), [&]<class Rig>() {
    for (const std::uint64_t from : {50000U, 66000U, 200000U}) {
      Plan plan = plan_of(GetParam());
      plan.maximum_pages =
          96;  // where it is copied, both must have room beside what they were copied from before
      Rig rig(plan);
      auto& heap = rig.heap();
      auto block = heap.allocate(from).value();
      write_pattern(rig.memory().base() + block, from, 1);
      int moves = 0;
      for (std::uint64_t size = from + 80000; size < 10 * from; size += 80000) {
        const auto before = block;
        block = heap.reallocate(block, size).value();
        if (block != before) ++moves;
        ASSERT_EQ(first_difference(rig.memory().base() + block, from / 8 * 8, 1), from / 8 * 8);
        ASSERT_EQ(heap.validate().number, 0U);
      }
      // Once the records for the first pages lie behind it; later ones find room where it was.
      EXPECT_LE(moves, copies ? 100 : Rig::image_is_inside ? 1 : 0) << "from " << from;
      if (copies) continue;
      // Twice it would have been, had it been copied.
      EXPECT_LE(rig.memory().bytes(), 12 * from + 3 * page_bytes) << "from " << from;
    }
  });
}

TEST_P(Reallocate, TakesNoMemoryWhereAFreeBlockIsLongEnough) {
  with_rig_of(GetParam(), [&]<class Rig>() {
    Rig rig(plan_of(GetParam()));
    auto& heap = rig.heap();
    const auto hole = heap.allocate(1000000).value();
    ASSERT_TRUE(heap.allocate(16));
    const auto last = heap.allocate(200000).value();
    ASSERT_GT(last, hole);
    ASSERT_EQ(heap.deallocate(hole), Error::none);
    write_pattern(rig.memory().base() + last, 200000, 1);
    const auto bytes = rig.memory().bytes();
    const auto moved = heap.reallocate(last, 900000).value();
    EXPECT_LT(moved, last);
    EXPECT_EQ(rig.memory().bytes(), bytes);
    EXPECT_EQ(first_difference(rig.memory().base() + moved, 200000, 1), 200000U);
    EXPECT_EQ(heap.validate().number, 0U);
  });
}

TEST_P(Reallocate, TakesNoMemoryBehindTheLastBlockAgainstTheQuota) {
  with_rig_of(GetParam(), [&]<class Rig>() {
    Plan plan = plan_of(GetParam());
    plan.options.quota = 500000;
    Rig rig(plan);
    const auto block = rig.heap().allocate(200000).value();
    expect_no_room(rig, Error::quota_exceeded, [&](auto& h) { return h.reallocate(block, 600000); });
    // (Nor for a copy beside it.)
    if (!copies) EXPECT_EQ(rig.heap().reallocate(block, 400000).value(), block);
  });
}

// What grows side by side comes to lie far apart, so that it may grow on where it is.
TEST_P(Reallocate, FindsRoomToGrowOn) {
  with_rig_of(GetParam(), [&]<class Rig>() {
    constexpr std::uint64_t count = 8;
    constexpr std::uint64_t last = 2 << 20;
    Plan plan = plan_of(GetParam());
    plan.maximum_pages = 1024;
    Rig rig(plan);
    auto& heap = rig.heap();
    const auto room = heap.allocate(count * last * 3 / 2).value();
    ASSERT_EQ(heap.deallocate(room), Error::none);
    const auto bytes = rig.memory().bytes();

    std::vector<typename Rig::Address> blocks(count);
    for (auto& block : blocks) block = heap.allocate(1 << 10).value();
    for (std::uint64_t i = 0; i < count; ++i) write_pattern(rig.memory().base() + blocks[i], 1 << 10, i);
    std::uint64_t copied = 0;
    for (std::uint64_t size = 2 << 10; size <= last; size *= 2) {
      for (std::uint64_t i = 0; i < count; ++i) {
        const auto to = heap.reallocate(blocks[i], size).value();
        if (to != blocks[i]) copied += size / 2;
        blocks[i] = to;
      }
      ASSERT_EQ(heap.validate().number, 0U);
    }
    for (std::uint64_t i = 0; i < count; ++i)
      EXPECT_EQ(first_difference(rig.memory().base() + blocks[i], 1 << 10, i), 1U << 10);
    if (copies) return;
    EXPECT_EQ(rig.memory().bytes(), bytes) << "all of it had room";
    // The policy exact takes the shortest free block that is long enough, whoever asks.
    if (GetParam().policy != allot::Policy::exact)
      EXPECT_LT(copied, count * last / 2)
          << "of the " << count * last << " bytes that copying always would cost";
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
