// Quota, soft maximum, restricted span, the end of memory, and how little an empty heap touches.
#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

#include "misuse/misuse.hpp"
#include "variants.hpp"

namespace allot_test {
namespace {

using allot::Error;
using allot::Statistic;

ALLOT_TEST_SUITE(Limits, every_policy());

// --- quota ----------------------------------------------------------------------------------------------

TEST_P(Limits, TheQuotaIsReachedAndNotPassed) {
  with_rig_of(GetParam(), [&]<class Rig>() {
    Plan plan = plan_of(GetParam());
    plan.options.quota = 10000;
    Rig rig(plan);
    auto& heap = rig.heap();
    EXPECT_EQ(heap.statistic(Statistic::quota_bytes), 10000U);
    std::vector<typename Rig::Address> blocks;
    for (auto block = heap.allocate(100); block; block = heap.allocate(100)) blocks.push_back(block.value());
    EXPECT_EQ(heap.allocate(100).error(), Error::quota_exceeded);
    EXPECT_LE(heap.statistic(Statistic::live_bytes), 10000U);
    EXPECT_GT(heap.statistic(Statistic::live_bytes), 10000U - 2 * 112U) << "memory is left in the quota";
    expect_no_room(rig, Error::quota_exceeded, [](auto& h) { return h.allocate(5000); });
    expect_no_room(rig, Error::quota_exceeded, [&](auto& h) { return h.reallocate(blocks[3], 5000); });
    // Freeing makes room again.
    ASSERT_EQ(heap.deallocate(blocks[7]), Error::none);
    EXPECT_TRUE(heap.allocate(90));
    EXPECT_EQ(heap.validate().number, 0U);
  });
}

TEST_P(Limits, AQuotaThatIsNotEnoughDoesNotGrowTheMemory) {
  with_rig_of(GetParam(), [&]<class Rig>() {
    Plan plan = plan_of(GetParam());
    plan.options.quota = 100000;
    Rig rig(plan);
    const std::uint64_t before = rig.memory().bytes();
    expect_no_room(rig, Error::quota_exceeded, [](auto& h) { return h.allocate(200000); });
    expect_no_room(rig, Error::quota_exceeded, [](auto& h) { return h.allocate_aligned(65536, 150000); });
    EXPECT_EQ(rig.memory().bytes(), before);
  });
}

TEST_P(Limits, ALoweredQuotaKeepsWhatIsLive) {
  with_rig_of(GetParam(), [&]<class Rig>() {
    Rig rig(plan_of(GetParam()));
    auto& heap = rig.heap();
    const auto block = heap.allocate(5000).value();
    ASSERT_EQ(heap.set_quota(1000), Error::none);
    expect_no_room(rig, Error::quota_exceeded, [](auto& h) { return h.allocate(16); });
    EXPECT_EQ(heap.reallocate(block, 4000).value(), block) << "shrinking is always allowed";
    ASSERT_EQ(heap.deallocate(block), Error::none);
    EXPECT_TRUE(heap.allocate(900));
    ASSERT_EQ(heap.set_quota(0), Error::none);
    EXPECT_TRUE(heap.allocate(5000)) << "0 lifts the quota";
  });
}

// --- soft maximum -----------------------------------------------------------------------------------------

TEST_P(Limits, TheSoftMaximumStopsGrowth) {
  with_rig_of(GetParam(), [&]<class Rig>() {
    Plan plan = plan_of(GetParam());
    plan.options.maximum = 4 * page_bytes;
    Rig rig(plan);
    auto& heap = rig.heap();
    while (heap.allocate(1000)) {
    }
    EXPECT_EQ(heap.allocate(1000).error(), Error::out_of_memory);
    EXPECT_LE(heap.statistic(Statistic::top), 4 * page_bytes);
    EXPECT_LE(rig.memory().bytes(), 4 * page_bytes);
    EXPECT_GT(heap.statistic(Statistic::live_bytes), 3 * page_bytes) << "the maximum is hardly used";
    // Raised, it may grow again; lowered below what it has, it keeps that.
    ASSERT_EQ(heap.set_maximum(6 * page_bytes), Error::none);
    EXPECT_TRUE(heap.allocate(1000));
    ASSERT_EQ(heap.set_maximum(page_bytes), Error::none);
    while (heap.allocate(1000)) {
    }
    EXPECT_LE(heap.statistic(Statistic::top), 6 * page_bytes);
    EXPECT_EQ(heap.validate().number, 0U);
  });
}

// --- restricted span -----------------------------------------------------------------------------------------

TEST_P(Limits, ARestrictedSpanIsNeverLeft) {
  with_rig_of(GetParam(), [&]<class Rig>() {
    constexpr std::uint64_t begin = 5000;
    constexpr std::uint64_t end = 150000;
    Plan plan = plan_of(GetParam());
    plan.options.begin = begin;
    plan.options.end = end;
    plan.initial_pages = 4;
    auto memory = MovingMemory(4, 8);
    std::fill_n(memory.base(), memory.bytes(), std::uint8_t{0x77});
    Rig rig(std::move(memory), plan.options);
    auto& heap = rig.heap();
    for (std::uint64_t size = 10; size < 100000; size += 100) {
      const auto block = heap.allocate(size);
      if (!block) continue;
      EXPECT_GE(block.value(), begin);
      EXPECT_LE(block.value() + heap.usable_size(block.value()).value(), end);
      write_pattern(rig.memory().base() + block.value(), size, size);
    }
    EXPECT_EQ(rig.memory().bytes(), 4 * page_bytes) << "the span needs no growth";
    EXPECT_GT(heap.statistic(Statistic::live_bytes), 100000U) << "the span is hardly used";
    EXPECT_LE(heap.statistic(Statistic::top), end);
    for (std::uint64_t at = 0; at < rig.memory().bytes(); ++at) {
      if (at == begin) at = end;
      ASSERT_EQ(rig.memory().base()[at], 0x77) << "byte " << at << " outside the span was written";
    }
    EXPECT_EQ(heap.validate().number, 0U);
  });
}

TEST_P(Limits, ASpanTooSmallForAnythingIsRefused) {
  with_rig_of(GetParam(), [&]<class Rig>() {
    MovingMemory memory(1, 8);
    MovingMemory image_memory(1, 8);
    const auto create = [&](std::uint64_t begin, std::uint64_t end) {
      allot::Options options = GetParam().options();
      options.begin = begin;
      options.end = end;
      return Rig::create(memory, image_memory, options).error();
    };
    EXPECT_EQ(create(1000, 1000), Error::invalid_span);
    EXPECT_EQ(create(1000, 1001), Error::invalid_span);
    EXPECT_EQ(create(2000, 1000), Error::invalid_span);
    if (Rig::image_is_inside) {
      EXPECT_EQ(create(1000, 2000), Error::invalid_span);
    }
  });
}

// --- growing on demand --------------------------------------------------------------------------------------

// Bytes in blocks of a kilobyte that fit without the memory growing.
template <class Rig>
std::uint64_t bytes_without_growth(Rig& rig) {
  const std::uint64_t before = rig.memory().bytes();
  std::uint64_t sum = 0;
  for (auto block = rig.heap().allocate(1000); block; block = rig.heap().allocate(1000)) {
    if (rig.memory().bytes() != before) return sum;
    write_pattern(rig.memory().base() + block.value(), 1000, sum);
    sum += 1000;
  }
  return sum;
}

TEST_P(Limits, GrownPagesAreUsedBeforeTheMemoryGrowsAgain) {
  with_rig_of(GetParam(), [&]<class Rig>() {
    Rig rig(plan_of(GetParam()));
    auto& heap = rig.heap();
    const auto block = heap.allocate(100).value();
    const std::uint64_t before = rig.memory().bytes();
    const Accounts accounts = read_accounts(heap);
    ASSERT_EQ(heap.grow(0), Error::none);
    EXPECT_EQ(rig.memory().bytes(), before);
    ASSERT_EQ(heap.grow(10), Error::none);
    EXPECT_EQ(rig.memory().bytes(), before + 10 * page_bytes);
    EXPECT_EQ(read_accounts(heap), accounts) << "it takes them when it needs them";
    rig.reattach();
    EXPECT_EQ(heap.validate().number, 0U) << "that they are its own is in the image";
    EXPECT_GT(bytes_without_growth(rig), 10 * page_bytes * 9 / 10);
    EXPECT_EQ(heap.deallocate(block), Error::none);
    EXPECT_EQ(heap.validate().number, 0U);
  });
}

TEST_P(Limits, GrowthBeyondALimitIsRefused) {
  with_rig_of(GetParam(), [&]<class Rig>() {
    Plan plan = plan_of(GetParam());
    plan.maximum_pages = 8;
    plan.options.maximum = 5 * page_bytes + 100;
    Rig rig(plan);
    auto& heap = rig.heap();
    const auto refused = [&rig](std::uint64_t pages) {
      expect_refused(rig, Error::out_of_memory, [pages](auto& h) { return h.grow(pages); });
    };
    refused(5);  // the soft maximum lies in the sixth page, which the heap would not fill
    ASSERT_EQ(heap.grow(4), Error::none);
    refused(1);
    ASSERT_EQ(heap.set_maximum(0), Error::none);
    refused(4);  // the memory's own maximum
    for (const std::uint64_t pages : {std::uint64_t{65536}, std::uint64_t{1} << 32, ~std::uint64_t{0}})
      refused(pages);
    ASSERT_EQ(heap.grow(3), Error::none);
    refused(1);
    EXPECT_GT(bytes_without_growth(rig), 7 * page_bytes);
    EXPECT_EQ(heap.validate().number, 0U);
  });
}

TEST_P(Limits, ARestrictedSpanIsNotGrownBeyond) {
  with_rig_of(GetParam(), [&]<class Rig>() {
    Plan plan = plan_of(GetParam());
    plan.options.end = 3 * page_bytes - 1000;
    Rig rig(plan);
    expect_refused(rig, Error::out_of_memory, [](auto& h) { return h.grow(3); });
    ASSERT_EQ(rig.heap().grow(2), Error::none);
    expect_refused(rig, Error::out_of_memory, [](auto& h) { return h.grow(1); });
    bytes_without_growth(rig);
    EXPECT_EQ(rig.memory().bytes(), 3 * page_bytes);
    EXPECT_LE(rig.heap().statistic(Statistic::top), plan.options.end);
    EXPECT_EQ(rig.heap().validate().number, 0U);
  });
}

TEST_P(Limits, PagesGrownBehindThoseOfSomebodyElse) {
  with_rig_of<ContestedMemory>(GetParam(), [&]<class Rig>() {
    Plan plan = plan_of(GetParam());
    plan.maximum_pages = 40;
    Rig rig(plan);
    auto& heap = rig.heap();
    std::vector<std::uint64_t> theirs;
    for (int round = 0; round < 4; ++round) {
      theirs.push_back(rig.memory().grow_for_somebody_else());
      const std::uint64_t before = rig.memory().bytes();
      ASSERT_EQ(heap.grow(3), Error::none);
      EXPECT_EQ(rig.memory().bytes(), before + 3 * page_bytes) << "and not a page more";
      EXPECT_EQ(heap.validate().number, 0U);
      if (round % 2 == 0) {
        EXPECT_GT(bytes_without_growth(rig), 2 * page_bytes);
      }
    }
    // Beyond a limit nothing at all has changed, also where the heap would have had to take pages first.
    theirs.push_back(rig.memory().grow_for_somebody_else());
    ASSERT_EQ(heap.set_maximum(rig.memory().bytes() + page_bytes), Error::none);
    expect_refused(rig, Error::out_of_memory, [](auto& h) { return h.grow(2); });
    ASSERT_EQ(heap.set_maximum(0), Error::none);
    ASSERT_EQ(heap.grow(1), Error::none);
    bytes_without_growth(rig);
    for (const std::uint64_t page : theirs) EXPECT_TRUE(rig.memory().is_untouched(page)) << page;
    EXPECT_EQ(heap.validate().number, 0U);
  });
}

// --- out of memory ---------------------------------------------------------------------------------------------

TEST_P(Limits, OutOfMemoryChangesNothing) {
  with_rig_of(GetParam(), [&]<class Rig>() {
    Plan plan = plan_of(GetParam());
    plan.maximum_pages = 3;
    Rig rig(plan);
    auto& heap = rig.heap();
    std::vector<typename Rig::Address> blocks;
    for (auto block = heap.allocate(3000); block; block = heap.allocate(3000))
      blocks.push_back(block.value());
    ASSERT_GT(blocks.size(), 30U);
    for (const std::uint64_t size : {3000U, 4000U, 70000U, 10000000U}) {
      expect_no_room(rig, Error::out_of_memory, [&](auto& h) { return h.allocate(size); });
      expect_no_room(rig, Error::out_of_memory, [&](auto& h) { return h.allocate_zeroed(1, size); });
      expect_no_room(rig, Error::out_of_memory, [&](auto& h) { return h.allocate_aligned(4096, size); });
      if (size > 3072) {
        expect_no_room(rig, Error::out_of_memory, [&](auto& h) { return h.reallocate(blocks[5], size); });
      }
    }
    EXPECT_EQ(heap.validate().number, 0U);
    ASSERT_EQ(heap.deallocate(blocks[9]), Error::none);
    EXPECT_TRUE(heap.allocate(3000));
  });
}

TEST_P(Limits, AFullHeapIsWholeAgainWhenEverythingIsFreed) {
  with_rig_of(GetParam(), [&]<class Rig>() {
    Plan plan = plan_of(GetParam());
    plan.maximum_pages = 8;
    Rig rig(plan);
    auto& heap = rig.heap();
    std::vector<typename Rig::Address> blocks;
    for (auto block = heap.allocate(500); block; block = heap.allocate(500)) blocks.push_back(block.value());
    for (std::size_t i = 0; i < blocks.size(); i += 2) ASSERT_EQ(heap.deallocate(blocks[i]), Error::none);
    for (std::size_t i = 1; i < blocks.size(); i += 2) ASSERT_EQ(heap.deallocate(blocks[i]), Error::none);
    heap.merge();
    // Records taken on the way lie between; nothing else does.
    std::uint64_t records = 0;
    for (const allot::Block& block : walk(heap)) records += block.kind == allot::BlockKind::metadata ? 1 : 0;
    EXPECT_LE(heap.statistic(Statistic::free_blocks), records + 1);
    const std::uint64_t largest = heap.statistic(Statistic::largest_free);
    EXPECT_GT(largest, Rig::image_is_inside ? page_bytes : 7 * page_bytes);
    EXPECT_TRUE(heap.allocate(largest));
    EXPECT_EQ(heap.validate().number, 0U);
  });
}

// --- how little memory it takes -----------------------------------------------------------------------------------

// A page of a fresh memory costs nothing until somebody writes to it; a heap that zeroes its records there
// would pay for what is zero already.
TEST_P(Limits, AnEmptyHeapTouchesAtMostAKibibyte) {
  with_rig_of(GetParam(), [&]<class Rig>() {
    Rig rig(plan_of(GetParam()));
    std::uint64_t touched = 0;
    for (const std::uint8_t byte : rig.everything()) touched += byte != 0 ? 1 : 0;
    EXPECT_LE(touched, 1024U);
  });
}

TEST_P(Limits, AHundredSmallBlocksFitTwoPages) {
  with_rig_of(GetParam(), [&]<class Rig>() {
    Plan plan = plan_of(GetParam());
    plan.options.begin = 16;
    Rig rig(plan);
    std::uint64_t bytes = 0;
    for (std::uint64_t i = 0; i < 100; ++i) {
      const std::uint64_t size = 16 + i * 13 % 640;
      bytes += size;
      ASSERT_TRUE(rig.heap().allocate(size));
    }
    EXPECT_GT(bytes, 32000U);
    EXPECT_LE(rig.memory().bytes(), 2 * page_bytes);
  });
}

TEST_P(Limits, GrowthTakesLittleMoreThanIsNeeded) {
  with_rig_of(GetParam(), [&]<class Rig>() {
    Rig rig(plan_of(GetParam()));
    std::uint64_t bytes = 0;
    for (int i = 0; i < 100; ++i) {
      ASSERT_TRUE(rig.heap().allocate(20000));
      bytes += 20000;
    }
    EXPECT_LE(rig.memory().bytes(), bytes + bytes / 8 + 2 * page_bytes);
  });
}

}  // namespace
}  // namespace allot_test
