// Memories that move, refuse and are shared with somebody else (memories.hpp).
#include "memories.hpp"

#include <gtest/gtest.h>

#include "misuse/misuse.hpp"
#include "mixes.hpp"
#include "replay.hpp"
#include "variants.hpp"

namespace allot_test {
namespace {

ALLOT_TEST_SUITE(MovingMemoryTest, every_policy());

TEST_P(MovingMemoryTest, ItsBaseMovesAtEveryGrowth) {
  with_rig_of(GetParam(), [&]<class Rig>() {
    Plan plan;
    plan.options = GetParam().options();
    Rig rig(plan);
    const std::uint8_t* base = rig.memory().base();
    unsigned moves = 0;
    std::vector<std::uint64_t> blocks;
    for (std::uint64_t i = 0; i < 100; ++i) {
      const auto block = rig.heap().allocate_zeroed(1, 40000).value();
      EXPECT_EQ(first_nonzero(rig.memory().base() + block, 40000), 40000U);
      write_pattern(rig.memory().base() + block, 40000, i);
      blocks.push_back(block);
      moves += rig.memory().base() != base ? 1U : 0U;
      base = rig.memory().base();
    }
    EXPECT_GT(moves, 5U);
    for (std::uint64_t i = 0; i < blocks.size(); ++i) {
      EXPECT_EQ(first_difference(rig.memory().base() + blocks[i], 40000, i), 40000U);
    }
    EXPECT_EQ(rig.heap().validate().number, 0U);
  });
}

// --- a memory that refuses its n-th growth -----------------------------------------------------------

template <class Address, class Rig>
void use_while_growth_is_refused(const Plan& plan, std::uint64_t refused) {
  SCOPED_TRACE("growth " + std::to_string(refused) + " is refused");
  Rig rig(RefusingMemory(plan.initial_pages, plan.maximum_pages, refused), plan.options);
  std::vector<std::pair<Address, std::uint64_t>> blocks;
  bool was_refused = false;
  for (std::uint64_t size = 1000; size < 300000; size = size * 6 / 5) {
    const Accounts before = read_accounts(rig.heap());
    const bool refusing = rig.memory().asked() + 1 == refused;
    const auto block = rig.heap().allocate(size);
    if (!block) {
      EXPECT_EQ(block.error(), allot::Error::out_of_memory);
      EXPECT_TRUE(refusing) << "nobody refused to grow";
      EXPECT_EQ(before, read_accounts(rig.heap()));
      EXPECT_EQ(rig.heap().validate().number, 0U);
      was_refused = true;
      continue;
    }
    write_pattern(rig.memory().base() + block.value(), size, size);
    blocks.emplace_back(block.value(), size);
  }
  for (const auto& [block, size] : blocks) {
    EXPECT_EQ(first_difference(rig.memory().base() + block, size, size), size);
    EXPECT_EQ(rig.heap().deallocate(block), allot::Error::none);
  }
  EXPECT_EQ(rig.heap().statistic(allot::Statistic::live_bytes), 0U);
  EXPECT_EQ(rig.heap().validate().number, 0U);
  // A heap that asks for more than it needs may get by with less after a refusal.
  if (refused != 0 && rig.memory().asked() < refused) {
    EXPECT_FALSE(was_refused);
  }
}

ALLOT_TEST_SUITE(RefusingMemoryTest, every_policy());

TEST_P(RefusingMemoryTest, RefusesEveryGrowthInTurn) {
  with_rig_of<RefusingMemory>(GetParam(), [&]<class Rig>() {
    Plan plan;
    plan.options = GetParam().options();
    for (std::uint64_t refused = 1; refused <= 24; ++refused) {
      use_while_growth_is_refused<typename Rig::Address, Rig>(plan, refused);
    }
  });
}

// The whole mix of operations, with the model looking on, for each refused growth.
TEST_P(RefusingMemoryTest, TheModelAgreesWhicheverGrowthIsRefused) {
  with_rig_of<RefusingMemory>(GetParam(), [&]<class Rig>() {
    const auto operations = OperationMaker(mixes[1], seed_for("refused")).make(400);
    for (std::uint64_t refused = 1; refused <= 12; ++refused) {
      Plan plan;
      plan.options = GetParam().options();
      plan.refused_growth = refused;
      EXPECT_EQ(replay<Rig>(plan, operations), "") << "growth " << refused << ", " << seed_advice();
    }
  });
}

// An outside image lies in a memory that may refuse, too.
TEST(RefusingMemoryTest, TheImagesOwnMemoryRefuses) {
  MovingMemory memory(1, 1024);
  MovingMemory image_memory(1, 1);
  using Heap = allot::OutsideHeap<MovingMemory, MovingMemory>;
  auto heap = Heap::create(memory, image_memory).value();
  std::vector<std::uint32_t> blocks;
  for (;;) {
    const Accounts before = read_accounts(heap);
    const auto block = heap.allocate(60000);
    if (!block) {
      EXPECT_EQ(block.error(), allot::Error::out_of_memory);
      EXPECT_EQ(before, read_accounts(heap));
      break;
    }
    blocks.push_back(block.value());
    ASSERT_LT(blocks.size(), 1000U) << "one page of records cannot describe 64 MB";
  }
  EXPECT_EQ(heap.validate().number, 0U);
  for (const auto block : blocks) EXPECT_EQ(heap.deallocate(block), allot::Error::none);
  EXPECT_TRUE(heap.allocate(60000));
}

// --- a memory that somebody else grows, too -----------------------------------------------------------

ALLOT_TEST_SUITE(ContestedMemoryTest, every_policy());

// A page of our own before theirs may be too short for the records that it would need. They must then not
// make the heap take more pages than are its own.
TEST_P(ContestedMemoryTest, PagesTooFewForTheirRecords) {
  with_rig_of<ContestedMemory>(GetParam(), [&]<class Rig>() {
    for (const bool record_sizes : {false, true}) {
      for (const std::uint64_t pages : {48U, 62U, 76U}) {
        SCOPED_TRACE(std::to_string(pages) + " pages" + (record_sizes ? ", sizes recorded" : ""));
        Plan plan;
        plan.options = GetParam().options();
        plan.options.record_sizes = record_sizes;
        plan.options.maximum = pages * page_bytes;
        Rig rig(plan);
        auto& heap = rig.heap();
        // Nothing free is left, neither for blocks nor for records.
        for (const std::uint64_t size : {60000U, 5000U, 500U, 100U, 16U}) {
          while (heap.allocate(size)) {
          }
        }
        ASSERT_EQ(heap.set_maximum(0), allot::Error::none);
        ASSERT_EQ(heap.grow(1), allot::Error::none);
        const std::uint64_t theirs = rig.memory().grow_for_somebody_else();
        for (int i = 0; i < 8; ++i) {
          const auto block = heap.allocate(60000);
          ASSERT_TRUE(block) << "there is memory behind theirs";
          write_pattern(rig.memory().base() + block.value(), 60000, 7);
        }
        EXPECT_TRUE(rig.memory().is_untouched(theirs));
        EXPECT_EQ(heap.validate().number, 0U);
      }
    }
  });
}

TEST_P(ContestedMemoryTest, PagesOfSomebodyElseStayUntouched) {
  with_rig_of<ContestedMemory>(GetParam(), [&]<class Rig>() {
    Plan plan;
    plan.options = GetParam().options();
    Rig rig(plan);
    auto& heap = rig.heap();
    std::vector<std::uint64_t> theirs;
    std::vector<std::uint64_t> ours;
    for (std::uint64_t i = 0; i < 60; ++i) {
      if (i % 3 == 1) theirs.push_back(rig.memory().grow_for_somebody_else());
      const std::uint64_t size = 3000 + i * 1777;
      const auto block = heap.allocate(size);
      ASSERT_TRUE(block) << allot::name_of(block.error());
      write_pattern(rig.memory().base() + block.value(), size, i);
      ours.push_back(block.value());
      ASSERT_EQ(heap.validate().number, 0U) << "after block " << i;
    }
    for (const std::uint64_t page : theirs) {
      EXPECT_TRUE(rig.memory().is_untouched(page)) << page;
      const auto inside = static_cast<typename Rig::Address>(page + 64);
      expect_refused(rig, allot::Error::foreign_address, [&](auto& h) { return h.deallocate(inside); });
    }
    for (std::uint64_t i = 0; i < ours.size(); ++i) {
      const std::uint64_t size = 3000 + i * 1777;
      EXPECT_EQ(first_difference(rig.memory().base() + ours[i], size, i), size);
      EXPECT_EQ(heap.deallocate(static_cast<typename Rig::Address>(ours[i])), allot::Error::none);
    }
    heap.merge();
    EXPECT_EQ(heap.validate().number, 0U);
    for (const std::uint64_t page : theirs) EXPECT_TRUE(rig.memory().is_untouched(page)) << page;
    expect_working(rig);
  });
}

// Live + free + metadata + reserved + theirs fill the range from begin to top without a hole.
TEST_P(ContestedMemoryTest, TheWalkShowsThemAsReserved) {
  with_rig_of<ContestedMemory>(GetParam(), [&]<class Rig>() {
    Plan plan;
    plan.options = GetParam().options();
    Rig rig(plan);
    ASSERT_TRUE(rig.heap().allocate(60000));
    const std::uint64_t page = rig.memory().grow_for_somebody_else();
    ASSERT_TRUE(rig.heap().allocate(200000));
    bool seen = false;
    for (const allot::Block& block : walk(rig.heap())) {
      if (block.address > page || page - block.address >= block.size) continue;
      EXPECT_EQ(block.kind, allot::BlockKind::reserved);
      seen = true;
    }
    EXPECT_TRUE(seen);
    const Accounts accounts = read_accounts(rig.heap());
    EXPECT_EQ(accounts.managed + page_bytes, accounts.top - accounts.begin);
  });
}

}  // namespace
}  // namespace allot_test
