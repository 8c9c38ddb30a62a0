// The host as one of several agents of a heap: against the model, beside agents that trust the image; coming and going;
// misuse; snapshots. What a hostile guest does to such a heap is in hostile_test.cpp, threads are in threads_test.cpp.
#include <gtest/gtest.h>

#include <allot/host.hpp>

#include <chrono>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

#include "../native/shared/crowd.hpp"
#include "fuzz/hostile.hpp"
#include "mixed_agents.hpp"

namespace allot_test {
namespace {

using allot::Error;
using allot::Heap;
using allot::SharedMapping;
using allot::Statistic;
using Native = SharedTestHeap;

#define EXPECT_ERROR(expected, result) EXPECT_STREQ(allot::error_name(expected), allot::error_name(result))

Heap joined(SharedMapping& memory) {
  auto heap = Heap::attach(memory);
  EXPECT_TRUE(heap) << allot::error_name(heap.error());
  return heap ? heap.value() : Heap();
}
Native native(SharedMapping& memory, u64 image) {
  Native agent = Native::open(memory, image).value();
  EXPECT_TRUE(agent.attach());
  return agent;
}
std::vector<u32> numbers(Heap& heap) {
  std::vector<u32> ids;
  const auto list = heap.agents().value();
  for (const allot::AgentStatus& agent : list) ids.push_back(agent.id);
  return ids;
}

class HostCrowd : public testing::TestWithParam<int> {};

TEST_P(HostCrowd, AgreesWithTheModel) {
  const auto policy = static_cast<allot::Policy>(GetParam() % 4);
  const bool record_sizes = GetParam() >= 4;
  for (int round = 0; round < 40; ++round) {
    const std::uint64_t seed = seed_for("host" + std::to_string(GetParam() * 1000 + round));
    try {
      Crowd<MixedAgent>(seed, policy, record_sizes).run(1200);
    } catch (const Disagreement& found) {
      FAIL() << "round " << round << ": " << found.what() << '\n' << seed_advice();
    }
  }
}
INSTANTIATE_TEST_SUITE_P(Each, HostCrowd, testing::Range(0, 8));

TEST(HostShared, EachFreesTheOthersBlocks) {
  SharedMapping memory(page, 100 * page);
  Heap host = Heap::create(memory).value();
  EXPECT_TRUE(host.is_shared());
  EXPECT_EQ(host.agent().value(), 0U);
  Native guest = native(memory, host.image().value());
  Heap other = joined(memory);
  EXPECT_EQ(other.agent().value(), 2U);
  const u64 ours = host.allocate(1000).value();
  const u32 theirs = guest.allocate(1000).value();
  EXPECT_EQ(host.usable_size(theirs).value(), guest.usable_size(theirs).value());
  EXPECT_EQ(guest.deallocate(static_cast<u32>(ours)), Error::none);
  EXPECT_EQ(host.deallocate(theirs), Error::none);
  // Whoever frees it again is told so, before the owner has taken it in and after that.
  EXPECT_ERROR(Error::double_free, host.deallocate(theirs));
  EXPECT_ERROR(Error::double_free, other.deallocate(theirs));
  EXPECT_ERROR(Error::double_free, guest.deallocate(static_cast<u32>(ours)));
  EXPECT_EQ(guest.collect(), 1U);
  EXPECT_EQ(host.statistic(Statistic::live_blocks).value(), 0U);
  EXPECT_ERROR(Error::double_free, other.deallocate(theirs));
  EXPECT_FALSE(host.validate().value());
  // A host's own block, freed by another host's handle.
  const u64 handed = host.allocate_unique(64).value().release();
  EXPECT_EQ(other.own(handed).value().free(), Error::none);
}

TEST(HostShared, ComesAndGoes) {
  SharedMapping memory(page, 100 * page);
  Native guest = Native::create(memory).value();
  u64 left = 0;
  {
    Heap host = joined(memory);
    EXPECT_EQ(host.agent().value(), 1U);
    const Heap copy = host;
    EXPECT_EQ(copy.agent().value(), 1U);
    left = host.allocate(100).value();
    host = Heap();
    // A copy keeps the agent.
    EXPECT_EQ(guest.agent_state(1), 1U);
  }
  constexpr u32 orphan = 3;
  EXPECT_EQ(guest.agent_state(1), orphan);
  EXPECT_EQ(guest.usable_size(static_cast<u32>(left)).value(), 112U);
  // Whoever comes next takes it over.
  Heap next = joined(memory);
  constexpr u32 second = 1U | 1U << allot::agent_slot_bits;
  EXPECT_EQ(next.agent().value(), second);
  EXPECT_EQ(numbers(next), (std::vector<u32>{0, second}));
  EXPECT_EQ(next.agents().value()[1].live_bytes, 112U);
  EXPECT_EQ(next.deallocate(left), Error::none);
  // What it leaves has no page, and no number then.
  next.detach();
  EXPECT_EQ(guest.agent_state(second), 0U);
  EXPECT_ERROR(allot::host_error::no_memory, next.allocate(1).error());
  EXPECT_EQ(guest.validate().number, 0U);
}

// Its record may be another one's by then.
TEST(HostShared, DoesNotLeaveOnceItWasReaped) {
  SharedMapping memory(page, 100 * page);
  Native guest = Native::create(memory).value();
  Heap gone = joined(memory);
  const u32 number = gone.agent().value();
  EXPECT_TRUE(guest.reap(number));
  Heap next = joined(memory);
  EXPECT_NE(next.agent().value(), number);
  const u64 block = next.allocate(100).value();
  gone = Heap();
  EXPECT_EQ(guest.agent_state(next.agent().value()), 1U);
  EXPECT_EQ(guest.reap(number).error(), Error::no_such_agent);
  EXPECT_EQ(next.deallocate(block), Error::none);
  EXPECT_EQ(guest.validate().number, 0U);
}

TEST(HostShared, LooksWithoutBeingAnAgent) {
  SharedMapping memory(page, 100 * page);
  Native guest = Native::create(memory).value();
  const u32 block = guest.allocate(100).value();
  const std::vector<u8> before(memory.base(), memory.base() + memory.bytes());
  allot::AttachOptions options;
  options.join = false;
  Heap host = Heap::attach(memory, options).value();
  EXPECT_ERROR(Error::not_attached, host.agent().error());
  EXPECT_EQ(host.statistic(Statistic::live_bytes).value(), 112U);
  EXPECT_EQ(host.usable_size(block).value(), 112U);
  u64 live = 0;
  EXPECT_EQ(host.walk([&](const allot::Block& found) { live += found.kind == allot::BlockKind::live; }),
            Error::none);
  EXPECT_EQ(live, 1U);
  EXPECT_EQ(numbers(host), std::vector<u32>{0});
  EXPECT_EQ(std::memcmp(before.data(), memory.base(), before.size()), 0);
  EXPECT_FALSE(host.validate().value());
  // And nothing else.
  EXPECT_ERROR(Error::not_attached, host.allocate(1).error());
  EXPECT_ERROR(Error::not_attached, host.allocate(100000).error());
  EXPECT_ERROR(Error::not_attached, host.allocate_aligned(64, 1).error());
  EXPECT_ERROR(Error::not_attached, host.allocate_zeroed(1, 1).error());
  EXPECT_ERROR(Error::not_attached, host.reallocate(block, 1).error());
  EXPECT_ERROR(Error::not_attached, host.deallocate(block));
  EXPECT_ERROR(Error::not_attached, host.grow(1));
  EXPECT_ERROR(Error::not_attached, host.set_quota(1));
  EXPECT_ERROR(Error::not_attached, host.set_maximum(1));
  EXPECT_ERROR(Error::not_attached, host.reserve(70000, 80000));
  EXPECT_ERROR(Error::not_attached, host.relocate(block, block + 4096));
  EXPECT_ERROR(Error::not_attached, host.reap(0));
  EXPECT_EQ(host.merge(), Error::none);
  std::memset(memory.base() + guest.image() + offsetof(allot::Header, violation_address), 0, 8);
  EXPECT_EQ(std::memcmp(before.data(), memory.base(), before.size()), 0);
}

TEST(HostShared, ReapsWhoHasDied) {
  SharedMapping memory(page, 100 * page);
  Heap host = Heap::create(memory).value();
  const u64 image = host.image().value();
  Native guest = native(memory, image);
  const u32 theirs = guest.allocate(100).value();
  EXPECT_EQ(numbers(host), (std::vector<u32>{0, 1}));
  // It died with the lock in its hands.
  const auto lock = host.at<u32>(image + offsetof(allot::Header, lock)).value().atomic().value();
  lock.store(2);
  EXPECT_EQ(host.reap(1), Error::none);
  EXPECT_EQ(lock.load(), 0U);
  EXPECT_ERROR(Error::no_such_agent, host.reap(7));
  EXPECT_ERROR(Error::no_such_agent, host.reap(65));
  EXPECT_ERROR(Error::no_such_agent, host.reap(0));
  // Its blocks live on.
  const auto list = host.agents().value();
  ASSERT_EQ(list.size(), 2U);
  EXPECT_TRUE(list[1].is_orphan);
  EXPECT_EQ(list[1].live_bytes, 112U);
  EXPECT_EQ(host.deallocate(theirs), Error::none);
  EXPECT_FALSE(host.validate().value());
  // One that died while it was joining.
  lock.store(allot::joining_agent + 1);
  EXPECT_EQ(host.reap(allot::joining_agent), Error::none);
  EXPECT_EQ(lock.load(), 0U);
  EXPECT_FALSE(host.validate().value());
}

// It has nothing else any more, and is listed all the same: nobody else would know whom to reap.
TEST(HostShared, ListsWhoDiedWithTheLockWhileItLeft) {
  SharedMapping memory(page, 100 * page);
  Heap host = Heap::create(memory).value();
  joined(memory);
  EXPECT_EQ(numbers(host), (std::vector<u32>{0}));
  const auto lock =
      host.at<u32>(host.image().value() + offsetof(allot::Header, lock)).value().atomic().value();
  lock.store(2);
  EXPECT_EQ(numbers(host), (std::vector<u32>{0, 1}));
  EXPECT_EQ(host.reap(1), Error::none);
  EXPECT_EQ(lock.load(), 0U);
  EXPECT_EQ(numbers(host), (std::vector<u32>{0}));
  EXPECT_ERROR(Error::no_such_agent, host.reap(1));
  // One that joins has no number yet.
  lock.store(allot::joining_agent + 1);
  EXPECT_EQ(numbers(host), (std::vector<u32>{0}));
  EXPECT_EQ(host.reap(allot::joining_agent), Error::none);
  EXPECT_FALSE(host.validate().value());
}

TEST(HostShared, WaitsForTheLockAndNotForEver) {
  SharedMapping memory(page, 100 * page);
  Native guest = Native::create(memory).value();
  allot::AttachOptions options;
  options.patience = std::chrono::milliseconds{50};
  Heap host = Heap::attach(memory, options).value();
  u8* const word = memory.base() + guest.image() + offsetof(allot::Header, lock);
  auto* const lock = reinterpret_cast<u32*>(word);
  const auto hold = [&](u32 value) { __atomic_store_n(lock, value, __ATOMIC_SEQ_CST); };
  const u64 block = host.allocate(100).value();
  hold(1);
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_ERROR(Error::lock_held, host.allocate(3 * page).error());
  EXPECT_ERROR(Error::lock_held, host.set_quota(1));
  EXPECT_ERROR(Error::lock_held, host.grow(1));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(3));
  // What needs no lock goes on.
  EXPECT_EQ(host.deallocate(block), Error::none);
  EXPECT_TRUE(host.allocate(100));
  // Given back in time, by one who wakes nobody.
  options.patience = std::chrono::seconds{20};
  hold(0);
  Heap patient = Heap::attach(memory, options).value();
  hold(1);
  std::thread holder([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(30));
    hold(0);
  });
  EXPECT_TRUE(patient.allocate(3 * page));
  holder.join();
  // Nobody can hold it who is no agent.
  hold(77);
  EXPECT_ERROR(Error::corrupt_image, patient.grow(1));
  EXPECT_ERROR(Error::corrupt_image, Heap::attach(memory, options).error());
  hold(0);
  EXPECT_FALSE(host.validate().value());
}

// Nobody gives the lock back: who goes does not wait for it for long, and is to be reaped.
TEST(HostShared, GoesWithoutTheLock) {
  SharedMapping memory(page, 100 * page);
  Native guest = Native::create(memory).value();
  allot::AttachOptions options;
  options.patience = std::chrono::milliseconds{20};
  Heap host = Heap::attach(memory, options).value();
  const u64 block = host.allocate(100).value();
  auto* const lock = reinterpret_cast<u32*>(memory.base() + guest.image() + offsetof(allot::Header, lock));
  __atomic_store_n(lock, 1, __ATOMIC_SEQ_CST);
  host = Heap();
  EXPECT_EQ(guest.agent_state(1), 1U);
  __atomic_store_n(lock, 0, __ATOMIC_SEQ_CST);
  EXPECT_TRUE(guest.reap(1));
  EXPECT_EQ(guest.validate().number, 0U);
  EXPECT_EQ(guest.deallocate(static_cast<u32>(block)), Error::none);
}

TEST(HostShared, ThereAreSoManyAgentsAndNoMore) {
  SharedMapping memory(page, 1000 * page);
  std::vector<Heap> hosts{Heap::create(memory).value()};
  while (hosts.size() < 64) {
    hosts.push_back(joined(memory));
    ASSERT_TRUE(hosts.back().allocate(50));
  }
  EXPECT_ERROR(Error::too_many_agents, Heap::attach(memory).error());
  EXPECT_EQ(hosts[0].agents().value().size(), 64U);
  EXPECT_FALSE(hosts[63].validate().value());
  hosts.pop_back();
  EXPECT_TRUE(Heap::attach(memory));
  // There must be room for an agent's record.
  SharedMapping small(page, page);
  allot::CreateOptions options;
  options.begin = 0;
  const Heap only = Heap::create(small, options).value();
  EXPECT_ERROR(Error::out_of_memory, Heap::attach(small).error());
}

struct MovingShared : ExactMemory {
  using ExactMemory::ExactMemory;
  static constexpr bool is_shared = true;
};

TEST(HostShared, WhatIsNotForSeveralAgents) {
  SharedMapping memory(page, 100 * page);
  Heap host = Heap::create(memory).value();
  EXPECT_ERROR(allot::host_error::unsupported_operation, host.trim().error());
  EXPECT_ERROR(allot::host_error::unsupported_operation, host.purge().error());
  // An image for one agent has no place in a shared memory, and one for several none in a memory that can move.
  {
    ExactMemory plain(2, 10);
    allot::CreateOptions options;
    options.begin = 1024;
    Heap single = Heap::create(plain, options).value();
    EXPECT_FALSE(single.is_shared());
    EXPECT_ERROR(allot::host_error::unsupported_operation, single.agent().error());
    EXPECT_ERROR(allot::host_error::unsupported_operation, single.agents().error());
    EXPECT_ERROR(allot::host_error::unsupported_operation, single.reap(1));
    SharedMemory shared(2, 10);
    std::memcpy(shared.base(), plain.base(), plain.bytes());
    EXPECT_ERROR(Error::wrong_address_type, Heap::attach(shared).error());
  }
  ExactMemory moving(memory.bytes() / page, 100);
  std::memcpy(moving.base(), memory.base(), memory.bytes());
  EXPECT_ERROR(allot::host_error::memory_can_move, Heap::attach(moving).error());
  MovingShared liar(2, 10);
  EXPECT_ERROR(allot::host_error::memory_can_move, Heap::create(liar).error());
  // Outside it is the host's alone, wherever the memory is.
  SharedMapping managed(page, 100 * page);
  allot::CreateOptions outside;
  outside.image = allot::ImagePlace::outside;
  Heap alone = Heap::create(managed, outside).value();
  EXPECT_FALSE(alone.is_shared());
  EXPECT_TRUE(alone.allocate(100));
}

TEST(HostShared, WithWideAddresses) {
  SharedMapping memory(page, 100 * page);
  allot::CreateOptions options;
  options.address = allot::AddressType::i64;
  Heap first = Heap::create(memory, options).value();
  Heap second = joined(memory);
  EXPECT_EQ(second.agent().value(), 1U);
  const u64 block = first.allocate(5000).value();
  EXPECT_EQ(second.deallocate(block), Error::none);
  EXPECT_ERROR(Error::double_free, first.deallocate(block));
  EXPECT_FALSE(second.validate().value());
}

// A walk that checks everything makes so many accesses, whatever the blocks are.
TEST(HostShared, AHeapOfTheSmallestBlocksIsChecked) {
  SharedMapping memory(page, 40 * page);
  allot::CreateOptions options;
  options.record_sizes = true;
  Heap first = Heap::create(memory, options).value();
  Heap second = joined(memory);
  std::vector<u64> blocks;
  for (u64 i = 0;; ++i) {
    const auto block = (i & 1 ? first : second).allocate(i % 14 + 1);
    if (!block) break;
    blocks.push_back(block.value());
  }
  EXPECT_GT(blocks.size(), 120'000U);
  EXPECT_FALSE(first.validate().value());
  for (std::size_t i = 0; i < blocks.size(); i += 2) ASSERT_EQ(first.deallocate(blocks[i]), Error::none);
  EXPECT_FALSE(second.validate().value());
  for (u32 i = 0; i <= 16; ++i) EXPECT_TRUE(second.statistic(static_cast<Statistic>(i)));
}

TEST(HostShared, SeesWhatOthersGrow) {
  SharedMapping memory(page, 1000 * page);
  Heap host = Heap::create(memory).value();
  Native guest = native(memory, host.image().value());
  int grown = 0;
  const auto told = host.on(allot::EventKind::grow, [&](const allot::Event&) { ++grown; });
  const u32 large = guest.allocate(200 * page).value();
  EXPECT_EQ(host.usable_size(large).value(), 200 * page);
  EXPECT_EQ(host.fill(large, 200 * page, 1), Error::none);
  EXPECT_TRUE(host.allocate(16));
  EXPECT_EQ(grown, 1);
  // Somebody who is nobody's agent takes pages: they are none of the heap's.
  const u64 foreign = memory.grow_from(3);
  std::memset(memory.base() + foreign, 0x77, 3 * page);
  std::vector<u64> blocks;
  while (const auto block = host.allocate(100'000)) blocks.push_back(block.value());
  for (u64 at = foreign; at < foreign + 3 * page; ++at) ASSERT_EQ(memory.base()[at], 0x77);
  EXPECT_GT(blocks.back(), foreign);
  // The last page is too short for one of them.
  while (host.allocate(1000)) {
  }
  EXPECT_FALSE(host.validate().value());
  EXPECT_EQ(memory.bytes(), 1000 * page);
}

// Of an adapter that cannot say where what it got lies, nothing is believed when others grow at the same time.
struct PlainMapping {
  static constexpr bool base_is_fixed = true;
  SharedMapping& memory;
  u64 others = 0;
  u8* base() { return memory.base(); }
  u64 bytes() { return memory.bytes(); }
  bool grow(u64 pages) {
    if (others != 0) (void)memory.grow(std::exchange(others, 0));
    return memory.grow(pages);
  }
};

TEST(HostShared, AnAdapterThatCannotTell) {
  SharedMapping memory(page, 100 * page);
  Native guest = Native::create(memory).value();
  PlainMapping plain{memory};
  Heap host = Heap::attach(plain).value();
  plain.others = 2;
  EXPECT_ERROR(Error::out_of_memory, host.grow(4));
  EXPECT_EQ(host.grow(4), Error::none);
  EXPECT_TRUE(host.allocate(10 * page));
  EXPECT_FALSE(host.validate().value());
  EXPECT_TRUE(guest.allocate(10 * page));
  EXPECT_EQ(guest.validate().number, 0U);
}

TEST(HostShared, IsTheSameAfterASnapshot) {
  SharedMapping memory(page, 100 * page);
  Heap host = Heap::create(memory).value();
  std::vector<u8> file;
  u64 text = 0;
  u64 theirs = 0;
  {
    Native guest = native(memory, host.image().value());
    const u32 gone = guest.allocate(100).value();
    theirs = guest.allocate(3000).value();
    text = host.make_string("kept").value().release();
    ASSERT_EQ(host.deallocate(gone), Error::none);
    EXPECT_ERROR(Error::invalid_span, allot::take_snapshot(host).error());
    file = allot::take_snapshot(host, {.maximum = 100}).value();
    EXPECT_TRUE(allot::files::read_snapshot(file).value().header().shared);
    const u32 number = 12345;
    std::memcpy(memory.base() + host.image().value() + allot::image_word::shared_identity, &number, 4);
    const auto lock = host.at<u32>(host.image().value() + offsetof(allot::Header, lock)).value();
    lock.set(2);
    const std::vector<u8> held = allot::take_snapshot(host, {.maximum = 100}).value();
    lock.set(0);
    allot::ReservedMemory third(0, 100 * page);
    // Whoever held the lock is not in the file; and what is restored is another heap.
    Heap same = allot::restore_snapshot(held, third).value();
    EXPECT_TRUE(same.grow(1) == Error::none);
    EXPECT_EQ(same.read<u32>(same.image().value() + allot::image_word::shared_identity).value(), 0U);
  }
  allot::ReservedMemory other(0, 100 * page);
  Heap same = allot::restore_snapshot(file, other).value();
  EXPECT_TRUE(same.is_shared());
  EXPECT_EQ(same.agent().value(), 0U);
  EXPECT_EQ(same.read_c_string(text).value(), "kept");
  EXPECT_EQ(same.statistic(Statistic::live_blocks).value(), 2U);
  // The other one is no more; its blocks are there.
  const auto list = same.agents().value();
  ASSERT_EQ(list.size(), 2U);
  EXPECT_TRUE(list[1].is_orphan);
  EXPECT_EQ(same.deallocate(theirs), Error::none);
  EXPECT_EQ(same.deallocate(text), Error::none);
  EXPECT_FALSE(same.validate().value());
  // Also where the memory could give pages back: others might be about to use them.
  EXPECT_ERROR(allot::host_error::unsupported_operation, same.purge().error());
  EXPECT_ERROR(allot::host_error::unsupported_operation, same.trim().error());
  // In a memory that can move there is no heap for several; damage is found.
  ExactMemory moving(0, 100);
  EXPECT_ERROR(allot::host_error::memory_can_move, allot::restore_snapshot(file, moving).error());
}

}  // namespace
}  // namespace allot_test
