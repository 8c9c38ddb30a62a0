// Moving a block to a place of the caller's choice: every way in which the two places can touch, what must
// not be moved, and a compaction made of it. Random moves are among the model's operations.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <stdexcept>
#include <utility>
#include <vector>

#include "misuse/misuse.hpp"
#include "random.hpp"
#include "variants.hpp"

namespace allot_test {
namespace {

using allot::BlockKind;
using allot::Error;
using allot::Statistic;

ALLOT_TEST_SUITE(Relocate, all_variants());

// Free blocks that follow each other; there are none while all is merged.
template <class Heap>
std::uint64_t unmerged(const Heap& heap) {
  std::uint64_t count = 0;
  BlockKind before = BlockKind::none;
  for (const allot::Block& block : walk(heap)) {
    if (block.kind == BlockKind::free && before == BlockKind::free) ++count;
    before = block.kind;
  }
  return count;
}

// Four blocks, one behind the other; what does not lie so stays where it is.
template <class Rig>
std::vector<typename Rig::Address> blocks_in_a_row(Rig& rig, std::uint64_t size) {
  std::vector<typename Rig::Address> row;
  std::uint64_t end = 0;
  for (int tries = 0; row.size() < 4; ++tries) {
    if (tries == 100) throw std::runtime_error("no blocks in a row");
    const auto block = rig.heap().allocate(size).value();
    if (block != end) row.clear();
    row.push_back(block);
    end = block + rig.heap().usable_size(block).value();
  }
  return row;
}

constexpr std::uint64_t sizes[] = {1, 16, 17, 100, 1000, 2048, 2049, 4100, 40000, 70000};

// Moves the block in the middle to where the first was, and further along: apart from its place, touching
// it, and over it.
TEST_P(Relocate, ToEveryPlaceAround) {
  with_rig_of(GetParam(), [&]<class Rig>() {
    for (const std::uint64_t size : sizes) {
      SCOPED_TRACE(size);
      Rig rig(plan_of(GetParam()));
      auto& heap = rig.heap();
      const auto blocks = blocks_in_a_row(rig, size);
      const std::uint64_t usable = heap.usable_size(blocks[1]).value();
      write_pattern(rig.memory().base() + blocks[1], usable, 5);
      ASSERT_EQ(heap.deallocate(blocks[0]), Error::none);
      ASSERT_EQ(heap.deallocate(blocks[2]), Error::none);
      heap.merge();
      const Accounts accounts = read_accounts(heap);
      auto at = blocks[1];
      const std::uint64_t step = std::max<std::uint64_t>(usable / 7 / 16 * 16, 16);
      for (std::uint64_t to = blocks[0]; to <= blocks[2]; to += step) {
        for (const std::uint64_t place : {to, std::uint64_t{blocks[1]}, std::uint64_t{blocks[2]}, to}) {
          ASSERT_EQ(heap.relocate(at, static_cast<typename Rig::Address>(place)), Error::none) << place;
          at = static_cast<typename Rig::Address>(place);
          ASSERT_EQ(heap.validate().number, 0U) << place;
          ASSERT_EQ(unmerged(heap), 0U) << place;
          ASSERT_EQ(heap.usable_size(at).value(), usable);
          if (rig.records()) ASSERT_EQ(heap.requested_size(at).value(), size);
          ASSERT_EQ(first_difference(rig.memory().base() + at, usable, 5), usable) << place;
          ASSERT_EQ(accounts, read_accounts(heap));
        }
      }
      rig.reattach();
      ASSERT_EQ(rig.heap().deallocate(at), Error::none);
      expect_working(rig);
    }
  });
}

TEST_P(Relocate, IntoTheMemoryThatSmallBlocksAreCutFrom) {
  with_rig_of(GetParam(), [&]<class Rig>() {
    Rig rig(plan_of(GetParam()));
    auto& heap = rig.heap();
    const auto first = heap.allocate(100).value();
    const std::uint64_t usable = heap.usable_size(first).value();
    write_pattern(rig.memory().base() + first, usable, 3);
    const auto far = static_cast<typename Rig::Address>(first + 5000 / 16 * 16);
    ASSERT_EQ(heap.relocate(first, far), Error::none);
    EXPECT_EQ(heap.validate().number, 0U);
    EXPECT_EQ(heap.deallocate(first), Error::double_free);
    EXPECT_EQ(first_difference(rig.memory().base() + far, usable, 3), usable);
    for (int i = 0; i < 200; ++i) {
      const auto block = heap.allocate(100).value();
      EXPECT_TRUE(block + 100 <= far || block >= far + usable) << block;
    }
    EXPECT_EQ(heap.deallocate(far), Error::none);
    EXPECT_EQ(heap.validate().number, 0U);
  });
}

TEST_P(Relocate, WhatIsNotFreeIsNoTarget) {
  with_rig_of(GetParam(), [&]<class Rig>() {
    using Address = typename Rig::Address;
    Rig rig(plan_of(GetParam()));
    auto& heap = rig.heap();
    const auto blocks = blocks_in_a_row(rig, 3000);
    const std::uint64_t usable = heap.usable_size(blocks[0]).value();
    ASSERT_EQ(heap.deallocate(blocks[1]), Error::none);
    ASSERT_EQ(heap.reserve(blocks[3] + 8000, blocks[3] + 9000), Error::none);
    const Address moved = blocks[2];
    const auto expect = [&](std::uint64_t to, Error expected) {
      SCOPED_TRACE(to);
      expect_refused(rig, expected, [&](auto& h) { return h.relocate(moved, static_cast<Address>(to)); });
    };
    expect(blocks[0], Error::span_in_use);
    expect(blocks[0] + 16, Error::span_in_use);
    expect(blocks[1] - 16, Error::span_in_use);
    expect(blocks[2] + 16, Error::span_in_use);  // over the next one
    expect(blocks[3] + 8000 - usable + 16, Error::span_in_use);
    expect(blocks[3] + 8016, Error::span_in_use);
    if (Rig::image_is_inside) expect(heap.image(), Error::span_in_use);
    expect(blocks[1] + 8, Error::invalid_span);
    expect(blocks[1] + 1, Error::invalid_span);
    expect(heap.statistic(Statistic::begin) - 16, Error::invalid_span);
    expect(0, Error::invalid_span);
    expect(heap.statistic(Statistic::top) - usable + 16, Error::invalid_span);
    expect(heap.statistic(Statistic::top), Error::invalid_span);
    expect(static_cast<Address>(~Address{15}), Error::invalid_span);
    expect(moved, Error::none);  // it is there
    const auto expect_bad = [&](std::uint64_t from, Error expected) {
      SCOPED_TRACE(from);
      expect_refused(rig, expected,
                     [&](auto& h) { return h.relocate(static_cast<Address>(from), blocks[1]); });
    };
    expect_bad(blocks[1], Error::double_free);
    expect_bad(blocks[0] + 16, Error::interior_address);
    expect_bad(blocks[0] + 1, Error::interior_address);
    expect_bad(blocks[3] + 8000, Error::foreign_address);
    expect_bad(rig.memory().bytes(), Error::wild_address);
    if (Rig::image_is_inside) expect_bad(heap.image(), Error::metadata_address);
    for (const std::size_t i : {0U, 2U, 3U}) ASSERT_EQ(heap.deallocate(blocks[i]), Error::none);
    ASSERT_EQ(heap.unreserve(blocks[3] + 8000), Error::none);
    expect_working(rig);
  });
}

TEST_P(Relocate, NotOverPagesOfSomebodyElse) {
  with_rig_of(GetParam(), [&]<class Rig>() {
    Rig rig(plan_of(GetParam()));
    auto& heap = rig.heap();
    while (heap.statistic(Statistic::free_bytes) > 4000) ASSERT_TRUE(heap.allocate(1000));
    const std::uint64_t theirs = rig.memory().bytes();
    ASSERT_TRUE(rig.memory().grow(1));
    const auto block = heap.allocate(30000).value();
    ASSERT_GT(block, theirs);
    using Address = typename Rig::Address;
    for (const std::uint64_t to : {theirs - 16000, theirs, theirs + 16000, theirs + page_bytes - 16000}) {
      SCOPED_TRACE(to);
      expect_refused(rig, Error::span_in_use,
                     [&](auto& h) { return h.relocate(block, static_cast<Address>(to)); });
    }
  });
}

// Slides everything down, block after block, and gives the end of the memory back.
TEST_P(Relocate, ACompactionLeavesOneHole) {
  with_rig_of(GetParam(), [&]<class Rig>() {
    using Address = typename Rig::Address;
    Plan plan = plan_of(GetParam());
    plan.maximum_pages = 256;
    Rig rig(plan);
    Random random(seed_for(GetParam().name()));
    std::map<std::uint64_t, std::pair<std::uint64_t, std::uint64_t>> live;  // address → usable, requested
    for (int i = 0; i < 1500; ++i) {
      const std::uint64_t size = random.log_uniform(13);
      const auto block = rig.heap().allocate(size).value();
      const std::uint64_t usable = rig.heap().usable_size(block).value();
      write_pattern(rig.memory().base() + block, usable, size);
      live[block] = {usable, size};
    }
    for (auto block = live.begin(); block != live.end();) {
      if (random.one_in(5)) {
        ++block;
        continue;
      }
      ASSERT_EQ(rig.heap().deallocate(static_cast<Address>(block->first)), Error::none);
      block = live.erase(block);
    }
    auto& heap = rig.heap();
    heap.merge();
    const Accounts accounts = read_accounts(heap);
    // Where free memory begins and ends below the block that is looked at: records lie between.
    std::vector<std::pair<std::uint64_t, std::uint64_t>> holes;
    for (const allot::Block& block : walk(heap)) {
      const bool is_next = !holes.empty() && holes.back().second == block.address;
      if (block.kind == BlockKind::free) {
        holes.emplace_back(block.address, block.address + block.size);
      } else if (block.kind == BlockKind::live) {
        auto hole = holes.begin();
        while (hole != holes.end() && hole->second - hole->first < block.size) ++hole;
        if (hole == holes.end() && is_next) --hole;
        if (hole == holes.end()) continue;
        const std::uint64_t to = hole->first;
        ASSERT_EQ(heap.relocate(static_cast<Address>(block.address), static_cast<Address>(to)), Error::none);
        const auto [usable, size] = live.at(block.address);
        ASSERT_EQ(first_difference(rig.memory().base() + to, usable, size), usable);
        if (rig.records()) ASSERT_EQ(heap.requested_size(static_cast<Address>(to)).value(), size);
        hole->first += block.size;
        if (is_next) {
          holes.back().second += block.size;
        } else {
          holes.emplace_back(block.address, block.address + block.size);
        }
      }
    }
    EXPECT_EQ(heap.validate().number, 0U);
    EXPECT_EQ(unmerged(heap), 0U);
    EXPECT_EQ(accounts, read_accounts(heap));
    const std::uint64_t pages = heap.trim();
    EXPECT_LE(pages, accounts.live / page_bytes + 2);
    EXPECT_LT(pages, rig.memory().bytes() / page_bytes / 2);
    rig.memory().shrink_to(pages);
    rig.reattach();
    expect_working(rig);
  });
}

}  // namespace
}  // namespace allot_test
