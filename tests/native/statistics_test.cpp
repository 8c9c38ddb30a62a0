// The statistics: what each figure means, on heaps small enough to count by hand.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <vector>

#include "misuse/misuse.hpp"
#include "variants.hpp"
#include "walk.hpp"

namespace allot_test {
namespace {

using allot::Error;
using allot::Statistic;

ALLOT_TEST_SUITE(Statistics, every_policy());

TEST_P(Statistics, OfAnEmptyHeap) {
  with_rig_of(GetParam(), [&]<class Rig>() {
    Rig rig(plan_of(GetParam()));
    const auto& heap = rig.heap();
    EXPECT_EQ(heap.statistic(Statistic::live_bytes), 0U);
    EXPECT_EQ(heap.statistic(Statistic::live_blocks), 0U);
    EXPECT_EQ(heap.statistic(Statistic::peak_bytes), 0U);
    EXPECT_EQ(heap.statistic(Statistic::reserved_bytes), 0U);
    EXPECT_EQ(heap.statistic(Statistic::used_span), 0U);
    EXPECT_EQ(heap.statistic(Statistic::free_blocks), 1U);
    const std::uint64_t free = heap.statistic(Statistic::free_bytes);
    EXPECT_EQ(heap.statistic(Statistic::largest_free), free);
    EXPECT_EQ(heap.statistic(Statistic::head_free), free);
    EXPECT_EQ(heap.statistic(Statistic::tail_free), free);
    EXPECT_EQ(heap.statistic(Statistic::managed_bytes), free + heap.statistic(Statistic::metadata_bytes));
    if (!Rig::image_is_inside) {
      EXPECT_EQ(heap.statistic(Statistic::metadata_bytes), 0U);
    }
    EXPECT_EQ(heap.statistic(Statistic::managed_bytes),
              heap.statistic(Statistic::top) - heap.statistic(Statistic::begin));
  });
}

TEST_P(Statistics, CountLiveBlocksAndTheirPeak) {
  with_rig_of(GetParam(), [&]<class Rig>() {
    Rig rig(plan_of(GetParam()));
    auto& heap = rig.heap();
    std::uint64_t live = 0;
    std::vector<typename Rig::Address> blocks;
    for (std::uint64_t size = 0; size < 3000; size += 100) {
      blocks.push_back(heap.allocate(size).value());
      live += heap.usable_size(blocks.back()).value();
      EXPECT_EQ(heap.statistic(Statistic::live_bytes), live);
      EXPECT_EQ(heap.statistic(Statistic::live_blocks), blocks.size());
      EXPECT_EQ(heap.statistic(Statistic::peak_bytes), live);
    }
    for (const auto block : blocks) ASSERT_EQ(heap.deallocate(block), Error::none);
    EXPECT_EQ(heap.statistic(Statistic::live_bytes), 0U);
    EXPECT_EQ(heap.statistic(Statistic::peak_bytes), live);
  });
}

TEST_P(Statistics, OfTheFreeMemoryAroundTheLiveBlocks) {
  with_rig_of(GetParam(), [&]<class Rig>() {
    Rig rig(plan_of(GetParam()));
    auto& heap = rig.heap();
    std::vector<std::uint64_t> blocks;
    for (int i = 0; i < 9; ++i) blocks.push_back(heap.allocate(1024).value());
    std::sort(blocks.begin(), blocks.end());
    // The first is freed, and two neighbours in the middle: three runs with the tail.
    for (const std::size_t i : {0U, 4U, 5U}) {
      ASSERT_EQ(heap.deallocate(static_cast<typename Rig::Address>(blocks[i])), Error::none);
    }
    const std::uint64_t top = heap.statistic(Statistic::top);
    ASSERT_EQ(blocks[8] - blocks[0], 8 * 1024U) << "nine new blocks lie side by side";
    EXPECT_EQ(heap.statistic(Statistic::used_span), 8 * 1024U);
    EXPECT_EQ(heap.statistic(Statistic::free_blocks), 3U);
    EXPECT_EQ(heap.statistic(Statistic::head_free), 1024U);
    EXPECT_EQ(heap.statistic(Statistic::tail_free), top - blocks[8] - 1024);
    EXPECT_EQ(heap.statistic(Statistic::largest_free), top - blocks[8] - 1024);
    EXPECT_EQ(heap.statistic(Statistic::free_bytes), 3 * 1024 + top - blocks[8] - 1024);
  });
}

TEST_P(Statistics, CountGrowth) {
  with_rig_of(GetParam(), [&]<class Rig>() {
    Rig rig(plan_of(GetParam()));
    auto& heap = rig.heap();
    const std::uint64_t grows = heap.statistic(Statistic::grow_count);
    const std::uint64_t managed = heap.statistic(Statistic::managed_bytes);
    ASSERT_TRUE(heap.allocate(500000));
    EXPECT_GT(heap.statistic(Statistic::grow_count), grows);
    EXPECT_GT(heap.statistic(Statistic::managed_bytes), managed + 400000);
  });
}

TEST_P(Statistics, ReportTheLimits) {
  with_rig_of(GetParam(), [&]<class Rig>() {
    Plan plan = plan_of(GetParam());
    plan.options.quota = 123456;
    plan.options.maximum = 10 * page_bytes;
    Rig rig(plan);
    auto& heap = rig.heap();
    EXPECT_EQ(heap.statistic(Statistic::quota_bytes), 123456U);
    EXPECT_EQ(heap.statistic(Statistic::maximum_bytes), 10 * page_bytes);
    ASSERT_EQ(heap.set_quota(0), Error::none);
    ASSERT_EQ(heap.set_maximum(0), Error::none);
    EXPECT_EQ(heap.statistic(Statistic::quota_bytes), ~std::uint64_t{0});
    EXPECT_EQ(heap.statistic(Statistic::maximum_bytes), std::uint64_t{1} << 32);
  });
}

TEST_P(Statistics, AWalkFindsNothingBetweenBlocks) {
  with_rig_of(GetParam(), [&]<class Rig>() {
    Rig rig(plan_of(GetParam()));
    auto& heap = rig.heap();
    const auto block = heap.allocate(1000).value();
    for (std::uint64_t offset = 1; offset < 1000; ++offset) {
      EXPECT_EQ(heap.block_at(block + offset).kind, allot::BlockKind::none);
      EXPECT_EQ(heap.block_at(block + offset).size, 0U);
    }
    EXPECT_EQ(heap.block_at(heap.statistic(Statistic::begin) - 16).kind, allot::BlockKind::none);
    EXPECT_EQ(heap.block_at(heap.statistic(Statistic::top)).kind, allot::BlockKind::none);
    EXPECT_EQ(heap.block_at(~std::uint64_t{0}).kind, allot::BlockKind::none);
    EXPECT_TRUE(heap.owns(block));
    EXPECT_FALSE(heap.owns(block + 16));
  });
}

// --- recorded sizes -----------------------------------------------------------------------------------------

std::vector<Variant> recording_variants() {
  std::vector<Variant> variants = all_variants();
  std::erase_if(variants, [](const Variant& variant) { return !variant.record_sizes; });
  return variants;
}

ALLOT_TEST_SUITE(RecordedSizes, recording_variants());

TEST_P(RecordedSizes, AreExactForEverySize) {
  with_rig_of(GetParam(), [&]<class Rig>() {
    Rig rig(plan_of(GetParam()));
    auto& heap = rig.heap();
    for (std::uint64_t size = 0; size < 600; ++size) {
      const auto block = heap.allocate(size).value();
      EXPECT_EQ(heap.requested_size(block).value(), size);
      const auto resized = heap.reallocate(block, size * 3 / 2 + 5).value();
      EXPECT_EQ(heap.requested_size(resized).value(), size * 3 / 2 + 5);
      const auto shrunk = heap.reallocate(resized, size / 2).value();
      EXPECT_EQ(heap.requested_size(shrunk).value(), size / 2);
      if (size % 3 == 0) {
        EXPECT_EQ(heap.deallocate(shrunk), Error::none);
      }
    }
    const auto large = heap.allocate(1000001).value();
    EXPECT_EQ(heap.requested_size(large).value(), 1000001U);
    EXPECT_EQ(heap.requested_size(static_cast<typename Rig::Address>(large + 16)).error(),
              Error::interior_address);
    EXPECT_EQ(heap.validate().number, 0U);
  });
}

}  // namespace
}  // namespace allot_test
