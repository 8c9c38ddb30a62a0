// Where a heap may lie: reserved spans in it, odd beginnings, two heaps side by side, the upper end of
// the address space.
#include <gtest/gtest.h>

#include <allot/memory/reserved.hpp>

#include <cstdint>
#include <vector>

#include "misuse/misuse.hpp"
#include "variants.hpp"

namespace allot_test {
namespace {

using allot::Error;
using allot::Statistic;

ALLOT_TEST_SUITE(Spans, every_policy());

// --- reserved spans -----------------------------------------------------------------------------------------

TEST_P(Spans, AReservedSpanIsNotHandedOut) {
  with_rig_of(GetParam(), [&]<class Rig>() {
    Plan plan = plan_of(GetParam());
    plan.maximum_pages = 4;
    Rig rig(plan);
    auto& heap = rig.heap();
    const std::uint64_t begin = 40000;
    const std::uint64_t end = 50000;
    ASSERT_EQ(heap.reserve(begin, end), Error::none);
    EXPECT_EQ(heap.statistic(Statistic::reserved_bytes), end - begin);
    std::fill_n(rig.memory().base() + begin, end - begin, std::uint8_t{0x3c});
    std::vector<typename Rig::Address> blocks;
    for (auto block = heap.allocate(700); block; block = heap.allocate(700)) {
      EXPECT_TRUE(block.value() >= end || block.value() + 700 <= begin) << block.value();
      write_pattern(rig.memory().base() + block.value(), 700, 1);
      blocks.push_back(block.value());
    }
    for (std::uint64_t at = begin; at < end; ++at) ASSERT_EQ(rig.memory().base()[at], 0x3c) << at;
    EXPECT_EQ(heap.validate().number, 0U);
    ASSERT_EQ(heap.unreserve(begin), Error::none);
    EXPECT_EQ(heap.statistic(Statistic::reserved_bytes), 0U);
    EXPECT_TRUE(heap.allocate(9000)) << "the span is memory like any other again";
    EXPECT_EQ(heap.validate().number, 0U);
  });
}

TEST_P(Spans, ASpanMayBeReservedBeforeTheHeapReachesIt) {
  with_rig_of(GetParam(), [&]<class Rig>() {
    Rig rig(plan_of(GetParam()));
    auto& heap = rig.heap();
    const std::uint64_t begin = 3 * page_bytes + 512;
    ASSERT_EQ(heap.reserve(begin, begin + 4096), Error::none);
    const auto block = heap.allocate(8 * page_bytes).value();
    EXPECT_GE(block, begin + 4096);
    EXPECT_EQ(heap.validate().number, 0U);
    expect_working(rig);
  });
}

TEST_P(Spans, SpansThatCannotBeReserved) {
  with_rig_of(GetParam(), [&]<class Rig>() {
    Rig rig(plan_of(GetParam()));
    auto& heap = rig.heap();
    const auto block = heap.allocate(20000).value();
    ASSERT_EQ(heap.reserve(50000, 51000), Error::none);
    const auto expect = [&rig](std::uint64_t begin, std::uint64_t end, Error expected) {
      SCOPED_TRACE(begin);
      expect_no_room(rig, expected, [begin, end](auto& h) { return h.reserve(begin, end); });
    };
    expect(5000, 5000, Error::invalid_span);
    expect(5000, 4000, Error::invalid_span);
    expect(0, 100, Error::invalid_span);  // below the heap
    expect(block + 100, block + 200, Error::span_in_use);  // in a live block
    expect(block + 19000, block + 30000, Error::span_in_use);  // from a live block on
    expect(50500, 60000, Error::span_in_use);  // over another span
    expect(49000, 52000, Error::span_in_use);  // around it
    if (Rig::image_is_inside) expect(heap.image(), heap.image() + 100, Error::span_in_use);
    expect_no_room(rig, Error::invalid_span, [](auto& h) { return h.unreserve(49000); });
    expect_no_room(rig, Error::invalid_span, [](auto& h) { return h.unreserve(50512); });
    expect_no_room(rig, Error::invalid_span, [&](auto& h) { return h.unreserve(block); });
  });
}

// --- beginnings ----------------------------------------------------------------------------------------------------

TEST_P(Spans, AnyBeginningWillDo) {
  with_rig_of(GetParam(), [&]<class Rig>() {
    for (const std::uint64_t begin : {0U, 1U, 15U, 16U, 17U, 47U, 48U, 49U, 1023U, 65535U, 65520U, 65519U,
                                      65536U, 65537U, 131071U, 200001U}) {
      SCOPED_TRACE(begin);
      Plan plan = plan_of(GetParam());
      plan.options.begin = begin;
      Rig rig(plan);
      EXPECT_GE(rig.heap().statistic(Statistic::begin), begin);
      EXPECT_LT(rig.heap().statistic(Statistic::begin), begin + 64);
      const auto block = rig.heap().allocate(100).value();
      EXPECT_GE(block, begin);
      std::fill_n(rig.memory().base() + block, 100, std::uint8_t{1});
      expect_working(rig);
    }
  });
}

// --- two heaps in one memory ------------------------------------------------------------------------------------------

TEST_P(Spans, TwoHeapsShareAMemory) {
  with_rig_of(GetParam(), [&]<class Rig>() {
    MovingMemory memory(8, 8);
    MovingMemory images[2] = {MovingMemory(1, 8), MovingMemory(1, 8)};
    const auto create = [&](unsigned which, std::uint64_t begin, std::uint64_t end) {
      allot::Options options = GetParam().options();
      options.begin = begin;
      options.end = end;
      return Rig::create(memory, images[which], options).value();
    };
    auto low = create(0, 1000, 200000);
    auto high = create(1, 200000, 400000);
    std::vector<typename Rig::Address> lows;
    std::vector<typename Rig::Address> highs;
    for (std::uint64_t i = 0; i < 150; ++i) {
      lows.push_back(low.allocate(i * 8).value());
      highs.push_back(high.allocate(i * 7).value());
      write_pattern(memory.base() + lows.back(), i * 8, i);
      write_pattern(memory.base() + highs.back(), i * 7, 1000 + i);
    }
    for (std::uint64_t i = 0; i < 150; ++i) {
      EXPECT_EQ(first_difference(memory.base() + lows[i], i * 8, i), i * 8);
      EXPECT_EQ(first_difference(memory.base() + highs[i], i * 7, 1000 + i), i * 7);
      EXPECT_EQ(low.deallocate(highs[i]), Error::foreign_address);
      EXPECT_EQ(high.deallocate(lows[i]), Error::foreign_address);
      EXPECT_EQ(low.deallocate(lows[i]), Error::none);
      EXPECT_EQ(high.deallocate(highs[i]), Error::none);
    }
    EXPECT_EQ(low.validate().number, 0U);
    EXPECT_EQ(high.validate().number, 0U);
  });
}

// --- high addresses ------------------------------------------------------------------------------------------------

template <class Address>
void fill_up_to(std::uint64_t begin, std::uint64_t memory_bytes) {
  allot::ReservedMemory memory(memory_bytes, memory_bytes);
  ASSERT_TRUE(memory.valid());
  for (const auto policy : {allot::Policy::exact, allot::Policy::balanced}) {
    allot::Options options;
    options.begin = begin;
    options.policy = policy;
    auto heap = allot::InsideHeap<allot::ReservedMemory, Address>::create(memory, options).value();
    std::vector<Address> blocks;
    std::uint64_t highest = 0;
    for (auto block = heap.allocate(5000); block; block = heap.allocate(5000)) {
      ASSERT_GE(block.value(), begin);
      ASSERT_LE(std::uint64_t{block.value()} + 5000, memory_bytes);
      write_pattern(memory.base() + block.value(), 5000, block.value());
      blocks.push_back(block.value());
      highest = std::max<std::uint64_t>(highest, block.value());
    }
    EXPECT_GT(highest + 11000, memory_bytes) << "the upper end is not used";
    EXPECT_EQ(heap.statistic(Statistic::top), memory_bytes);
    EXPECT_EQ(heap.validate().number, 0U);
    for (const Address block : blocks) {
      ASSERT_EQ(first_difference(memory.base() + block, 5000, block), 5000U);
      ASSERT_EQ(heap.deallocate(static_cast<Address>(block + 16)), Error::interior_address);
      ASSERT_EQ(heap.deallocate(block), Error::none);
    }
    heap.merge();
    EXPECT_EQ(heap.validate().number, 0U);
  }
}

TEST(HighAddresses, UpToTheLastByteOf32Bits) {
  constexpr std::uint64_t four_gib = std::uint64_t{1} << 32;
  fill_up_to<std::uint32_t>(four_gib - 20 * page_bytes - 12345, four_gib);
}

TEST(HighAddresses, BeyondFourGibibytes) {
  constexpr std::uint64_t six_gib = std::uint64_t{6} << 30;
  fill_up_to<std::uint64_t>(six_gib - 20 * page_bytes, six_gib);
}

}  // namespace
}  // namespace allot_test
