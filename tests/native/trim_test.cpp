// Giving back the pages at the heap's end: the memory is really made smaller, so that whatever the heap
// still had there is gone.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "pattern.hpp"
#include "random.hpp"
#include "variants.hpp"

namespace allot_test {
namespace {

using allot::Error;
using allot::Statistic;

class Trim : public testing::TestWithParam<Variant> {};
INSTANTIATE_TEST_SUITE_P(All, Trim, testing::ValuesIn(all_variants()),
                         [](const auto& info) { return info.param.name(); });

Plan plan_for(const Variant& variant) {
  Plan plan;
  plan.options = variant.options();
  return plan;
}

template <class Rig>
std::uint64_t trim(Rig& rig) {
  const std::uint64_t before = rig.memory().bytes() / page_bytes;
  const std::uint64_t pages = rig.heap().trim();
  EXPECT_LE(pages, before);
  rig.memory().shrink_to(pages);
  rig.reattach();
  const auto violation = rig.heap().validate();
  EXPECT_EQ(violation.number, 0U) << "at " << violation.address;
  return pages;
}

TEST_P(Trim, AnEmptyHeapNeedsItsFirstPagesOnly) {
  with_rig_of(GetParam(), [&]<class Rig>() {
    Rig rig(plan_for(GetParam()));
    auto& heap = rig.heap();
    std::vector<typename Rig::Address> blocks;
    for (int i = 0; i < 3000; ++i) blocks.push_back(heap.allocate(1000).value());
    ASSERT_GT(rig.memory().bytes(), 40 * page_bytes);
    for (const auto block : blocks) ASSERT_EQ(heap.deallocate(block), Error::none);
    EXPECT_EQ(trim(rig), 1U);
    EXPECT_EQ(rig.heap().statistic(Statistic::live_bytes), 0U);
    EXPECT_EQ(trim(rig), 1U) << "there is nothing more to give";
    for (int i = 0; i < 3000; ++i) ASSERT_TRUE(rig.heap().allocate(1000));
    EXPECT_EQ(rig.heap().validate().number, 0U);
  });
}

TEST_P(Trim, TheLastLiveBlockStays) {
  with_rig_of(GetParam(), [&]<class Rig>() {
    Rig rig(plan_for(GetParam()));
    auto& heap = rig.heap();
    std::vector<typename Rig::Address> blocks;
    for (int i = 0; i < 2000; ++i) blocks.push_back(heap.allocate(1000).value());
    const auto kept = *std::max_element(blocks.begin(), blocks.begin() + 1000);
    write_pattern(rig.memory().base() + kept, 1000, 7);
    for (const auto block : blocks)
      if (block != kept) ASSERT_EQ(heap.deallocate(block), Error::none);
    const std::uint64_t pages = trim(rig);
    EXPECT_EQ(pages, (kept + 1000 + page_bytes - 1) / page_bytes);
    EXPECT_EQ(first_difference(rig.memory().base() + kept, 1000, 7), 1000U);
    EXPECT_EQ(rig.heap().deallocate(kept), Error::none);
    EXPECT_EQ(trim(rig), 1U);
  });
}

TEST_P(Trim, WhatSomebodyElseHasGrownStays) {
  with_rig_of(GetParam(), [&]<class Rig>() {
    Rig rig(plan_for(GetParam()));
    const auto block = rig.heap().allocate(300000).value();
    ASSERT_EQ(rig.heap().deallocate(block), Error::none);
    ASSERT_TRUE(rig.memory().grow(2));
    const std::uint64_t before = rig.memory().bytes() / page_bytes;
    EXPECT_EQ(rig.heap().trim(), before);
    // A heap that has blocks behind their pages keeps theirs too.
    std::vector<typename Rig::Address> blocks;
    for (int i = 0; i < 10; ++i) blocks.push_back(rig.heap().allocate(100000).value());
    for (const auto each : blocks) ASSERT_EQ(rig.heap().deallocate(each), Error::none);
    EXPECT_GE(trim(rig), before);
    ASSERT_TRUE(rig.heap().allocate(1000000));
    EXPECT_EQ(rig.heap().validate().number, 0U);
  });
}

TEST_P(Trim, AHeapInASpanGivesNothing) {
  with_rig_of(GetParam(), [&]<class Rig>() {
    Plan plan = plan_for(GetParam());
    plan.initial_pages = 8;
    plan.options.end = 6 * page_bytes;
    Rig rig(plan);
    EXPECT_EQ(rig.heap().trim(), 8U);
    EXPECT_EQ(rig.heap().validate().number, 0U);
  });
}

// Allocates, frees, reserves and trims at random, in a memory that somebody else grows now and then too.
template <class Rig>
void between(std::uint64_t seed) {
  SCOPED_TRACE(seed_advice());
  Random random(seed);
  Rig rig(plan_for(Trim::GetParam()));
  std::map<std::uint64_t, std::pair<std::uint64_t, std::uint64_t>> live;  // address → size, mark
  std::vector<std::uint64_t> reserved;
  std::uint64_t gaps = 0;
  for (std::uint64_t step = 0; step < 4000; ++step) {
    const bool filling = step / 500 % 2 == 0;
    if (random.one_in(60)) {
      const std::uint64_t pages = trim(rig);
      std::uint64_t needed = 1;
      if (!live.empty()) {
        const auto& [address, block] = *live.rbegin();
        needed = std::max(needed, (address + block.first + page_bytes - 1) / page_bytes);
      }
      ASSERT_GE(pages, needed) << "step " << step;
      // Records may have to lie behind the last block: a page or two, and more only where gaps are.
      if (gaps == 0 && reserved.empty()) ASSERT_LE(pages, needed + 2) << "step " << step;
      for (const auto& [address, block] : live)
        ASSERT_EQ(first_difference(rig.memory().base() + address, block.first, block.second), block.first)
            << "step " << step << ", block " << address;
    } else if (random.one_in(400) && step > 2000) {
      rig.memory().grow(1);
      ++gaps;
    } else if (random.one_in(150) && reserved.size() < 4) {
      const std::uint64_t begin = random.below(rig.memory().bytes()) / 16 * 16;
      if (rig.heap().reserve(begin, begin + 64 + random.below(3000)) == Error::none)
        reserved.push_back(begin);
    } else if (random.one_in(100) && !reserved.empty()) {
      ASSERT_EQ(rig.heap().unreserve(reserved.back()), Error::none);
      reserved.pop_back();
    } else if (live.empty() || random.below(100) < (filling ? 65U : 20U)) {
      const std::uint64_t size = random.log_uniform(random.one_in(10) ? 18 : 11);
      const auto block = rig.heap().allocate(size);
      ASSERT_TRUE(block);
      write_pattern(rig.memory().base() + block.value(), size, step);
      live[block.value()] = {size, step};
    } else {
      auto block = live.lower_bound(random.below(rig.memory().bytes()));
      if (block == live.end()) block = live.begin();
      ASSERT_EQ(rig.heap().deallocate(static_cast<typename Rig::Address>(block->first)), Error::none);
      live.erase(block);
    }
  }
  EXPECT_EQ(rig.heap().validate().number, 0U);
}

// Records that were moved a second time lay where those of pages were that were about to go.
TEST_P(Trim, FreedRecordsAreNotUsedAgainTooEarly) {
  with_rig_of(GetParam(), []<class Rig>() { between<Rig>(11316592756295506050U); });
}

TEST_P(Trim, RandomOperationsBetween) {
  with_rig_of(GetParam(), [&]<class Rig>() {
    const auto round = [&](std::uint64_t number) {
      return GetParam().name() + "trim" + std::to_string(number);
    };
    for (std::uint64_t number = 0; number < 4 && !testing::Test::HasFailure(); ++number) {
      between<Rig>(seed_for(round(number)));
    }
  });
}

}  // namespace
}  // namespace allot_test
