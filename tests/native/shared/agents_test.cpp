// Agents of one heap interleaved at random against the model (crowd.hpp); and who is none.
#include <gtest/gtest.h>

#include <cstddef>
#include <cstring>
#include <string>
#include <vector>

#include "crowd.hpp"

namespace allot_test {
namespace {

class CrowdTest : public testing::TestWithParam<int> {};

TEST_P(CrowdTest, AgreesWithTheModel) {
  const auto policy = static_cast<allot::Policy>(GetParam() % 4);
  const bool record_sizes = GetParam() >= 4;
  for (int round = 0; round < 40; ++round) {
    const std::uint64_t seed = seed_for(std::to_string(GetParam() * 1000 + round));
    try {
      Crowd<SharedTestHeap> crowd(seed, policy, record_sizes);
      crowd.run(1500);
    } catch (const Disagreement& found) {
      FAIL() << "round " << round << ": " << found.what() << '\n' << seed_advice();
    }
  }
}
INSTANTIATE_TEST_SUITE_P(Each, CrowdTest, testing::Range(0, 8));

bool has_free_page(SharedTestHeap& heap) {
  for (const allot::Block& block : walk(heap))
    if (block.kind == allot::BlockKind::free && block.size == allot::page_bytes) return true;
  return false;
}

TEST(QuotaTest, HoldsWhereAnAlignedBlockIsFoundInAnOrphansPages) {
  Agents agents(3, {}, 1, 40);
  constexpr std::uint64_t quota = 1600000;
  ASSERT_EQ(agents[0].set_quota(quota), allot::Error::none);
  std::vector<std::uint32_t> blocks;
  for (int i = 0; i < 20; ++i) blocks.push_back(agents[2].allocate(60000).value());
  for (std::size_t i = 0; i < 20; i += 4) ASSERT_EQ(agents[2].deallocate(blocks[i]), allot::Error::none);
  ASSERT_TRUE(agents[0].reap(2));
  while (has_free_page(agents[0]) && agents[0].allocate(65000)) {
  }
  const std::uint64_t peak = agents[0].statistic(allot::Statistic::peak_bytes);
  ASSERT_TRUE(agents[1].allocate_aligned(4096, 20000));
  ASSERT_EQ(agents[0].agent_state(2), 0U);
  EXPECT_GE(agents[0].statistic(allot::Statistic::peak_bytes), peak);
  while (agents[0].allocate(16000)) {
  }
  EXPECT_LE(agents[0].statistic(allot::Statistic::live_bytes), quota);
  agents.validate();
}

struct CountedWait : allot::FutexWait {
  static void wait(std::uintptr_t, std::uint32_t, std::uint32_t) { ++times; }
  static void pause() { ++times; }
  static inline int times = 0;
};

// All free pages are taken with the lock held, and what is found in them is a little longer than the quota allows.
TEST(QuotaTest, DoesNotLetAnAgentWaitForItself) {
  for (const bool may_block : {false, true}) {
    AgentsOf<allot::SharedHeap<allot::SharedMapping, CountedWait>> agents(1, {}, 1, 200);
    auto& heap = agents[0];
    ASSERT_EQ(heap.set_may_block(may_block), allot::Error::none);
    const std::uint32_t first = heap.allocate(5 << 20).value();
    ASSERT_EQ(heap.set_maximum(agents.memory().bytes()), allot::Error::none);
    ASSERT_EQ(heap.deallocate(first), allot::Error::none);
    // Partly in pages that the agent keeps, partly in pages that are anybody's.
    std::uint64_t whole = 0;
    std::uint32_t parts = 0;
    for (const allot::Block& block : walk(heap)) {
      if (block.kind == allot::BlockKind::free && block.address >= first) {
        whole += block.size;
        ++parts;
      }
    }
    ASSERT_GT(parts, 1U);
    const std::uint64_t wanted = whole - 64 * allot::granule_bytes;
    ASSERT_EQ(heap.set_quota(wanted), allot::Error::none);
    CountedWait::times = 0;
    const std::uint32_t block = heap.allocate(wanted).value();
    EXPECT_EQ(CountedWait::times, 0);
    EXPECT_EQ(heap.usable_size(block).value(), wanted);
    EXPECT_EQ(heap.lock_holder(), 0U);
    agents.validate();
  }
}

// One takes until the quota is reached, and another gives all of it back: what the owner has not taken in yet is no reason to
// refuse, be the blocks' sizes hinted at or not.
TEST(QuotaTest, CountsWhatOthersHaveFreed) {
  for (const std::uint64_t size : {16U, 64U, 300U, 900U, 1500U, 100000U}) {
    for (const bool hinted : {false, true}) {
      Agents agents(2, {}, 1, 100);
      ASSERT_EQ(agents[0].set_quota(1000000), allot::Error::none);
      for (int round = 0; round < 3; ++round) {
        std::vector<std::uint32_t> own;
        if (hinted)
          for (std::uint64_t near = size; near < size + 100; near += 16)
            own.push_back(agents[0].allocate(near).value());
        for (const auto block : own) ASSERT_EQ(agents[0].deallocate(block), allot::Error::none);
        std::vector<std::uint32_t> blocks;
        for (;;) {
          const auto block = agents[0].allocate(size);
          if (!block) {
            ASSERT_EQ(block.error(), allot::Error::quota_exceeded);
            break;
          }
          blocks.push_back(block.value());
        }
        EXPECT_GE(blocks.size() * size, 700000U) << size << ", round " << round;
        for (const auto block : blocks) ASSERT_EQ(agents[1].deallocate(block), allot::Error::none);
      }
      agents.validate();
    }
  }
}

// Freed by others after its agent had gone, blocks are live until somebody takes their pages.
class GoneTest : public testing::TestWithParam<bool> {};
TEST_P(GoneTest, WhatIsFreedOfItsBlocksIsNotMissed) {
  for (const std::uint64_t wanted : {100U, 1500U, 150000U}) {
    Agents agents(2, {}, 1, 40);
    std::vector<std::uint32_t> blocks;
    for (int i = 0; i < 1000; ++i) blocks.push_back(agents[1].allocate(400).value());
    ASSERT_TRUE(agents[0].reap(1));
    for (const auto block : blocks) ASSERT_EQ(agents[0].deallocate(block), allot::Error::none);
    ASSERT_EQ(agents[0].set_quota(300000), allot::Error::none);
    if (GetParam()) {
      agents[0].merge();
      EXPECT_EQ(agents[0].statistic(allot::Statistic::live_bytes), 0U);
      EXPECT_EQ(agents[0].statistic(allot::Statistic::live_blocks), 0U);
    }
    EXPECT_EQ(agents[0].allocate(wanted).error(), allot::Error::none) << wanted;
    EXPECT_EQ(agents[0].agent_state(1), 0U);
    agents.validate();
  }
}
INSTANTIATE_TEST_SUITE_P(, GoneTest, testing::Bool(),
                         [](const auto& info) { return info.param ? "ByMerging" : "ByTheQuota"; });

// What was freed lies partly in pages that the agent keeps, partly in pages that are anybody's.
TEST(LongBlocks, FindRoomAcrossPagesThatWereKept) {
  constexpr std::uint32_t mib = 1 << 20;
  for (const std::uint32_t first : {4 * mib, 5 * mib}) {
    for (const std::uint32_t second : {2 * mib, 3 * mib, 4 * mib}) {
      Agents agents(1, {}, 1, 100);
      const std::uint32_t block = agents[0].allocate(first).value();
      ASSERT_EQ(agents[0].deallocate(block), allot::Error::none);
      EXPECT_EQ(agents[0].allocate(second).error(), allot::Error::none) << first << ", " << second;
      agents.validate();
    }
  }
}

TEST(PeakTest, IsNotForgottenWithAnAgentThatHasLeft) {
  Agents agents(2, {}, 1, 400);
  const std::uint32_t block = agents[1].allocate(3000000).value();
  const std::uint64_t peak = agents[0].statistic(allot::Statistic::live_bytes);
  ASSERT_EQ(agents[1].deallocate(block), allot::Error::none);
  ASSERT_EQ(agents[1].detach(), allot::Error::none);
  EXPECT_EQ(agents[0].statistic(allot::Statistic::peak_bytes), peak);
  // Who comes next goes on from there: those who come and go one after the other do not add up.
  ASSERT_TRUE(agents[1].attach());
  const std::uint32_t next = agents[1].allocate(2000000).value();
  EXPECT_EQ(agents[0].statistic(allot::Statistic::peak_bytes), peak);
  ASSERT_EQ(agents[1].deallocate(next), allot::Error::none);
  agents.validate();
}

TEST(LockTest, IsToBlameOnlyForWhatItWasMissedFor) {
  Agents agents(2, {}, 1, 400);
  SharedTestHeap& heap = agents[0];
  ASSERT_EQ(heap.set_may_block(false), allot::Error::none);
  const std::uint32_t large = heap.allocate(6000000).value();
  const auto hold = [&](std::uint32_t holder) {
    std::memcpy(agents.at(heap.image() + offsetof(allot::Header, lock)), &holder, sizeof(holder));
  };
  constexpr std::uint64_t too_large = 0xFFFFFFFFFF;
  hold(2);
  EXPECT_EQ(heap.deallocate(large), allot::Error::none);  // would give pages back
  EXPECT_EQ(heap.allocate(too_large).error(), allot::Error::size_too_large);
  EXPECT_EQ(heap.grow(1), allot::Error::lock_held);
  EXPECT_EQ(heap.allocate(too_large).error(), allot::Error::size_too_large);
  EXPECT_EQ(heap.allocate(9000000).error(), allot::Error::lock_held);
  EXPECT_EQ(heap.allocate(too_large).error(), allot::Error::size_too_large);
  hold(0);
  EXPECT_TRUE(heap.allocate(9000000));
  EXPECT_EQ(heap.allocate(30000000).error(), allot::Error::out_of_memory);
}

TEST(NoAgentTest, IsRefusedAndChangesNothing) {
  allot::Options options;
  options.begin = 2 * allot::page_bytes;
  allot::SharedMapping memory(allot::page_bytes, 100 * allot::page_bytes);
  // What is not the heap's, and would be an agent's record if 0 were a Ref.
  std::memset(memory.base(), 0x77, allot::page_bytes);
  SharedTestHeap owner = SharedTestHeap::create(memory, options).value();
  const std::uint32_t block = owner.allocate(100).value();
  const std::uint32_t large = owner.allocate(100000).value();
  const std::vector<std::uint8_t> before(memory.base(), memory.base() + memory.bytes());
  SharedTestHeap heap = SharedTestHeap::open(memory, owner.image()).value();
  const auto refused = allot::Error::not_attached;
  for (const std::uint64_t size : {0U, 1U, 100U, 1000U, 5000U, 200000U}) {
    EXPECT_EQ(heap.allocate(size).error(), refused);
    EXPECT_EQ(heap.allocate_zeroed(1, size).error(), refused);
    EXPECT_EQ(heap.allocate_aligned(8, size).error(), refused);
    EXPECT_EQ(heap.allocate_aligned(4096, size).error(), refused);
    EXPECT_EQ(heap.reallocate(block, size).error(), refused);
  }
  EXPECT_EQ(heap.deallocate(block), refused);
  EXPECT_EQ(heap.deallocate(large), refused);
  EXPECT_EQ(heap.deallocate(16), refused);
  EXPECT_EQ(heap.relocate(block, block + 4096), refused);
  EXPECT_EQ(heap.reserve(3 * allot::page_bytes, 4 * allot::page_bytes), refused);
  EXPECT_EQ(heap.unreserve(3 * allot::page_bytes), refused);
  EXPECT_EQ(heap.grow(1), refused);
  EXPECT_EQ(heap.set_quota(1), refused);
  EXPECT_EQ(heap.set_maximum(1), refused);
  EXPECT_EQ(heap.reap(0).error(), refused);
  EXPECT_EQ(heap.detach(), refused);
  EXPECT_EQ(heap.set_may_block(true), refused);
  EXPECT_EQ(heap.collect(), 0U);
  heap.merge();
  EXPECT_EQ(memory.bytes(), before.size());
  EXPECT_EQ(std::memcmp(memory.base(), before.data(), before.size()), 0);
}

// What has been gone for a while is not taken for who came after it.
class AgentNumberTest : public testing::Test {
 protected:
  Agents agents_{2, {}, 1, 200};
  SharedTestHeap& reaper_ = agents_[0];

  void expect_sound() { EXPECT_NO_THROW(agents_.validate()); }
};

TEST_F(AgentNumberTest, IsNobodyElses) {
  const std::uint32_t first = agents_[1].agent_number().value();
  const std::uint32_t kept = agents_[1].allocate(5000).value();
  for (const bool leaves_blocks : {false, true, false, true}) {
    SharedTestHeap gone = agents_.joined();
    const std::uint32_t old = gone.agent_number().value();
    const std::uint32_t left = leaves_blocks ? gone.allocate(3000).value() : 0;
    if (leaves_blocks)
      EXPECT_EQ(reaper_.reap(old).error(), allot::Error::none);
    else
      EXPECT_EQ(gone.detach(), allot::Error::none);
    EXPECT_NE(reaper_.agent_state(old), 1U);

    SharedTestHeap next = agents_.joined();
    const std::uint32_t number = next.agent_number().value();
    EXPECT_NE(number, old);
    EXPECT_NE(number, first);
    EXPECT_EQ(allot::slot_of(number), allot::slot_of(old)) << "the record is used again";
    EXPECT_EQ(reaper_.agent_state(old), 0U);
    EXPECT_EQ(reaper_.agent_state(number), 1U);
    EXPECT_EQ(reaper_.agent_figures(allot::slot_of(number)).number, number);

    // Reaped once more, or late.
    const std::uint32_t block = next.allocate(400).value();
    EXPECT_EQ(reaper_.reap(old).error(), allot::Error::no_such_agent);
    EXPECT_EQ(reaper_.agent_state(number), 1U);
    expect_sound();
    EXPECT_EQ(next.deallocate(block), allot::Error::none);
    EXPECT_EQ(next.detach(), allot::Error::none);
    if (left != 0) EXPECT_EQ(reaper_.deallocate(left), allot::Error::none);
  }
  EXPECT_EQ(reaper_.deallocate(kept), allot::Error::none);
  for (const std::uint32_t none : {64U | 1U << 7, 65U, 127U, 3U, 1U << 30, ~0U, first | 1U << 7})
    EXPECT_EQ(reaper_.reap(none).error(), allot::Error::no_such_agent) << none;
  agents_.settle();
  expect_sound();
}

TEST_F(AgentNumberTest, OfOneThatIsGoneDoesNotBreakTheLockOfItsSuccessor) {
  SharedTestHeap gone = agents_.joined();
  const std::uint32_t old = gone.agent_number().value();
  EXPECT_EQ(gone.detach(), allot::Error::none);
  SharedTestHeap next = agents_.joined();
  const std::uint32_t number = next.agent_number().value();
  std::uint8_t* const lock = agents_.at(reaper_.image()) + offsetof(allot::Header, lock);
  const std::uint32_t held = allot::slot_of(number) + 1;
  std::memcpy(lock, &held, sizeof held);
  EXPECT_EQ(reaper_.lock_holder(), number + 1);
  EXPECT_EQ(reaper_.set_may_block(false), allot::Error::none);
  EXPECT_EQ(reaper_.reap(old).error(), allot::Error::lock_held);
  EXPECT_EQ(reaper_.lock_holder(), number + 1);
  EXPECT_EQ(reaper_.reap(number).error(), allot::Error::none);
  EXPECT_EQ(reaper_.lock_holder(), 0U);
  expect_sound();
}

}  // namespace
}  // namespace allot_test
