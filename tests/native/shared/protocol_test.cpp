// Every way in which the steps of two or three agents can follow each other, with up to three changes of agent that
// nobody asked for. The code is the real one: each of its stores and atomic operations is a place where another
// agent may go on. (Bounding the changes, not the steps, is what makes it possible to try them all, and most errors
// need no more than two: Musuvathi and Qadeer, "Iterative Context Bounding", 2007.)
#include <gtest/gtest.h>

#include <algorithm>
#include <condition_variable>
#include <cstdint>
#include <cstring>
#include <functional>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "../model.hpp"
#include "../walk.hpp"
#include "dying.hpp"

namespace allot_test {
namespace {

/// Lets one thread run at a time, and says when another one does.
class Scheduler {
 public:
  /// After so many steps in all, agent `to` goes on.
  struct Change {
    std::uint64_t step;
    std::size_t to;
  };

  /// Runs all of them to their end. Returns how many steps that were.
  std::uint64_t run(const std::vector<std::function<void()>>& agents, const std::vector<Change>& changes) {
    changes_ = changes;
    next_ = 0;
    steps_ = 0;
    done_.assign(agents.size(), false);
    turn_ = 0;
    active_ = this;
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < agents.size(); ++i) {
      threads.emplace_back([this, i, &agents] {
        wait_for_turn(i);
        self_ = i;
        try {
          agents[i]();
        } catch (const Disagreement& found) {
          failure_ = found.what();
        }
        finish(i);
      });
    }
    for (std::thread& thread : threads) thread.join();
    active_ = nullptr;
    if (!failure_.empty()) disagree(failure_);
    return steps_;
  }

  static void step() {
    if (active_ != nullptr) active_->count();
  }
  static bool runs_first() { return active_ != nullptr && active_->self_ == 0; }
  /// The agent can do nothing but wait for another one.
  static void yield() {
    if (active_ != nullptr) active_->go_to_another();
  }

 private:
  void count() {
    ++steps_;
    if (next_ == changes_.size() || changes_[next_].step != steps_) return;
    const std::size_t to = changes_[next_++].to;
    if (to != self_ && to < done_.size() && !done_[to]) hand_over(to);
  }
  void go_to_another() {
    for (std::size_t i = 1; i < done_.size(); ++i) {
      const std::size_t to = (self_ + i) % done_.size();
      if (!done_[to]) return hand_over(to);
    }
  }
  void hand_over(std::size_t to) {
    const std::size_t self = self_;
    {
      const std::lock_guard guard(mutex_);
      turn_ = to;
    }
    changed_.notify_all();
    wait_for_turn(self);
    self_ = self;
  }
  void wait_for_turn(std::size_t i) {
    std::unique_lock guard(mutex_);
    changed_.wait(guard, [this, i] { return turn_ == i; });
  }
  void finish(std::size_t i) {
    done_[i] = true;
    const std::lock_guard guard(mutex_);
    for (std::size_t to = 0; to < done_.size(); ++to)
      if (!done_[to]) turn_ = to;
    changed_.notify_all();
  }

  static inline Scheduler* active_ = nullptr;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t turn_ = 0;
  std::size_t self_ = 0;
  std::vector<Change> changes_;
  std::size_t next_ = 0;
  std::uint64_t steps_ = 0;
  std::vector<bool> done_;
  std::string failure_;
};

/// Steps are counted for the scheduler, or end the agent as in death_test.cpp.
struct ExploredSteps {
  /// Where there are any, only what happens in these eight bytes each counts for the scheduler; but there the first
  /// agent's loads do, too.
  static inline std::vector<std::uintptr_t> watched;

  static void before_load(std::uintptr_t at) {
    if (!watched.empty() && Scheduler::runs_first() && is_watched(at)) Scheduler::step();
  }
  static void before_store(std::uintptr_t at) { before_atomic(at); }
  static void before_atomic(std::uintptr_t at) {
    DyingSteps::step();
    if (watched.empty() || is_watched(at)) Scheduler::step();
  }

 private:
  static bool is_watched(std::uintptr_t at) {
    return std::any_of(watched.begin(), watched.end(),
                       [at](std::uintptr_t from) { return at - from < 8 || from - at < 8; });
  }
};
struct ExploredWait {
  static void wait(std::uintptr_t, std::uint32_t, std::uint32_t) { Scheduler::yield(); }
  static void wake(std::uintptr_t) {}
  static void pause() { Scheduler::yield(); }
};
/// Growing it is a step, too.
class ExploredMemory : public DyingMemory {
 public:
  using DyingMemory::DyingMemory;
  bool grow(std::uint64_t pages) { return grow_from(pages) != ~std::uint64_t{0}; }
  std::uint64_t grow_from(std::uint64_t pages) {
    Scheduler::step();
    return DyingMemory::grow_from(pages);
  }
};
using Heap =
    allot::SharedHeap<ExploredMemory, ExploredWait, std::uint32_t, allot::SharedTraits, ExploredSteps>;

class ProtocolTest : public testing::Test {
 protected:
  ProtocolTest() : memory_(allot::page_bytes, 60 * allot::page_bytes) {
    heaps_.push_back(Heap::create(memory_).value());
    for (int i = 0; i < 3; ++i) heaps_.push_back(joined());
  }

  Heap joined() {
    Heap heap = Heap::open(memory_, heaps_[0].image()).value();
    if (!heap.attach()) disagree("attach is refused");
    return heap;
  }
  std::uint32_t block(std::size_t agent, std::uint64_t size) { return heaps_[agent].allocate(size).value(); }
  void give(std::size_t agent, std::uint32_t address) {
    const allot::Error error = heaps_[agent].deallocate(address);
    if (error != allot::Error::none) disagree("free: ", allot::name_of(error));
  }
  void validate() {
    const allot::Violation violation = heaps_[0].validate();
    if (violation) disagree("invariant ", violation.number, " is broken at ", violation.address);
  }
  std::uint64_t live() { return heaps_[0].statistic(allot::Statistic::live_blocks); }
  bool has_free_page() {
    for (const allot::Block& block : walk(heaps_[0]))
      if (block.kind == allot::BlockKind::free && block.size == allot::page_bytes) return true;
    return false;
  }

  template <class T>
  T word(std::uint64_t at) {
    T value;
    std::memcpy(&value, memory_.base() + at, sizeof(T));
    return value;
  }
  std::uintptr_t record(std::uint64_t address) {
    const auto map = word<std::uint64_t>(heaps_[0].image() + offsetof(allot::Header, page_map));
    return reinterpret_cast<std::uintptr_t>(memory_.base()) +
           word<std::uint32_t>(map + address / allot::page_bytes * 4);
  }
  /// What says whether a block before the page at `address` reaches into it.
  void watch(std::uint64_t address) {
    ExploredSteps::watched.push_back(record(address - 1) + allot::page_record::owner);
    ExploredSteps::watched.push_back(record(address) + allot::page_record::owner);
    ExploredSteps::watched.push_back(record(address) + allot::page_record::start);
  }
  void watch_state(std::uint32_t agent) {
    const auto at =
        word<std::uint64_t>(heaps_[0].image() + offsetof(allot::Header, agent) + 8 * std::uint64_t{agent});
    ExploredSteps::watched.push_back(reinterpret_cast<std::uintptr_t>(memory_.base() + at) +
                                     offsetof(allot::Agent, state));
  }
  void TearDown() override { ExploredSteps::watched.clear(); }
  void expect_usable(std::uint32_t address, std::uint64_t bytes) {
    const auto usable = heaps_[0].usable_size(address);
    if (!usable || usable.value() != bytes)
      disagree("the block has ", usable ? usable.value() : 0, " bytes, not ", bytes);
  }

  /// Runs `agents` from the state of now in every way, with `check` after each of them.
  void explore(const std::vector<std::function<void()>>& agents, const std::function<void()>& check,
               std::size_t changes = 3) {
    before_ = memory_.snapshot();
    heaps_before_ = heaps_;
    const std::uint64_t steps = one(agents, check, {});
    try_all(agents, check, {}, steps + steps / 2, changes);
    RecordProperty("ways", std::to_string(ways_));
    RecordProperty("steps", std::to_string(steps));
  }

  ExploredMemory memory_;
  std::vector<Heap> heaps_;

 private:
  using Changes = std::vector<Scheduler::Change>;

  std::uint64_t one(const std::vector<std::function<void()>>& agents, const std::function<void()>& check,
                    const Changes& changes) {
    std::uint64_t steps = 0;
    try {
      steps = Scheduler().run(agents, changes);
      check();
    } catch (const Disagreement& found) {
      std::string text = found.what();
      for (const auto& change : changes)
        text += "; after step " + std::to_string(change.step) + " to agent " + std::to_string(change.to);
      memory_.restore(before_);
      disagree(text);
    }
    memory_.restore(before_);
    heaps_ = heaps_before_;
    ++ways_;
    return steps;
  }

  void try_all(const std::vector<std::function<void()>>& agents, const std::function<void()>& check,
               Changes changes, std::uint64_t steps, std::size_t left) {
    if (left == 0) return;
    for (std::uint64_t step = changes.empty() ? 1 : changes.back().step + 1; step <= steps; ++step) {
      for (std::size_t to = 0; to < agents.size(); ++to) {
        Changes more = changes;
        more.push_back({step, to});
        const std::uint64_t taken = one(agents, check, more);
        if (taken < step) return;
        try_all(agents, check, more, taken, left - 1);
      }
    }
  }

  DyingMemory::Snapshot before_;
  std::vector<Heap> heaps_before_;
  std::uint64_t ways_ = 0;
};

TEST_F(ProtocolTest, FreeingAndCollecting) {
  const std::uint32_t first = block(1, 16);
  const std::uint32_t second = block(1, 16);
  explore({[&] { give(0, first), give(0, second); }, [&] { heaps_[1].collect(); }}, [&] {
    validate();
    heaps_[1].collect();
    validate();
    if (live() != 0) disagree(live(), " blocks are live");
  });
}

TEST_F(ProtocolTest, TwoFreeWhileTheOwnerCollects) {
  const std::uint32_t first = block(1, 16);
  const std::uint32_t second = block(1, 16);
  explore(
      {[&] { give(0, first); }, [&] { heaps_[1].collect(); }, [&] { give(2, second); }},
      [&] {
        validate();
        heaps_[1].collect();
        if (live() != 0) disagree(live(), " blocks are live");
      },
      2);
}

TEST_F(ProtocolTest, TwoFreeTheSameBlock) {
  const std::uint32_t address = block(1, 16);
  int freed = 0;
  const auto free = [&](std::size_t agent) {
    const allot::Error error = heaps_[agent].deallocate(address);
    if (error == allot::Error::none) ++freed;
    if (error != allot::Error::none && error != allot::Error::double_free) disagree(allot::name_of(error));
  };
  explore({[&] { free(0); }, [&] { free(2); }}, [&] {
    if (freed != 1) disagree("freed ", freed, " times");
    freed = 0;
    validate();
  });
}

TEST_F(ProtocolTest, FreeingWhileThePageIsAdopted) {
  // The orphan's pages are the only memory left.
  std::vector<std::uint32_t> filled;
  for (;;) {
    const auto more = heaps_[3].allocate(120000);
    if (!more) break;
    filled.push_back(more.value());
  }
  const std::uint32_t small = block(3, 16);
  give(3, filled[2]);
  if (heaps_[3].detach() != allot::Error::none) disagree("detach is refused");
  // Somebody else takes the pages that nobody owns.
  while (has_free_page()) (void)block(2, 65000);
  if (heaps_[0].agent_state(3) != 3) disagree("there is no orphan");
  const std::uint64_t before = live();
  explore(
      {[&] { give(0, small); }, [&] { (void)block(1, 20000); }},
      [&] {
        if (heaps_[0].agent_state(3) == 3) disagree("the orphan was not adopted");
        validate();
        for (Heap& heap : heaps_) heap.collect();
        // One is freed, another one allocated.
        if (live() != before) disagree(live(), " blocks are live, not ", before);
      },
      1);
}

TEST_F(ProtocolTest, MeasuringWhileThePageIsAdopted) {
  // One of the orphan's blocks lies across a page's end, and is too short to say how long it is.
  std::vector<std::uint32_t> filled;
  for (;;) {
    const auto more = heaps_[3].allocate(1600);
    if (!more) break;
    filled.push_back(more.value());
  }
  std::uint32_t kept = 0;
  for (const std::uint32_t address : filled) {
    const std::uint32_t into = (address + 1600) % allot::page_bytes;
    if (kept == 0 && into > 0 && into < 1600 && address > 20 * allot::page_bytes)
      kept = address;
    else
      give(3, address);
  }
  if (!heaps_[0].reap(3)) disagree("reap is refused");
  while (has_free_page()) (void)block(2, 60000);
  if (heaps_[0].agent_state(3) != 3) disagree("there is no orphan");
  watch((kept + 1600) / allot::page_bytes * allot::page_bytes);
  watch_state(3);
  explore({[&] { expect_usable(kept, 1600); }, [&] { (void)block(1, 1600); }}, [&] {
    if (heaps_[0].agent_state(3) == 3) disagree("the orphan was not adopted");
    validate();
  });
}

TEST_F(ProtocolTest, MeasuringWhileTheNextPageIsGivenUp) {
  // A block that ends where a page does. Its owner gives the page behind it up, comes back, and takes that again.
  std::uint32_t before = 0;
  for (int i = 0; i < 64; ++i) before = block(1, 1024);
  const std::uint32_t next = block(1, 60000);
  if (next != before + 1024 || next % allot::page_bytes != 0) disagree("no page ends at ", next);
  watch(next);
  ExploredSteps::watched.push_back(record(next) + allot::page_record::live);
  explore(
      {[&] { expect_usable(before, 1024); },
       [&] {
         give(1, next);
         if (heaps_[1].detach() != allot::Error::none) disagree("detach is refused");
         if (*reinterpret_cast<const std::uint32_t*>(ExploredSteps::watched[1]) != allot::page_record::nobody)
           disagree("the page was not given up");
         if (allot::slot_of(heaps_[1].attach().value()) != 1) disagree("somebody else was taken over");
         if (block(1, 60000) != next) disagree("the page has not come back");
       }},
      [&] { validate(); });
}

TEST_F(ProtocolTest, MeasuringWhileTheOwnerPlacesBlocksAndSpans) {
  const std::uint32_t moved = block(1, 640);
  const std::uint32_t before = block(1, 640);
  const std::uint32_t behind = before + 640;
  for (std::uint32_t at = before; at <= behind + 1024; at += 1024)
    ExploredSteps::watched.push_back(record(at) + allot::page_record::start + at / 128 % 512 / 8 * 8);
  const auto expect_done = [](allot::Error error) {
    if (error != allot::Error::none) disagree("refused: ", allot::name_of(error));
  };
  explore(
      {[&] { expect_usable(before, 640); },
       [&] {
         for (const std::uint32_t at : {behind, behind + 160}) {
           expect_done(heaps_[1].reserve(at, at + 160));
           expect_done(heaps_[1].unreserve(at));
         }
         expect_done(heaps_[1].relocate(moved, behind));
         // Not onto itself.
         if (heaps_[1].relocate(behind, behind + 320) != allot::Error::span_in_use)
           disagree("a block was moved onto itself");
         expect_done(heaps_[1].relocate(behind, moved));
       }},
      [&] { validate(); }, 2);
}

TEST_F(ProtocolTest, FreeingWhileTheOwnerIsReaped) {
  const std::uint32_t address = block(3, 16);
  (void)block(3, 100);
  const std::uint64_t before = live();
  explore(
      {[&] { give(0, address); },
       [&] {
         if (!heaps_[1].reap(3)) disagree("reap is refused");
       }},
      [&] {
        validate();
        Heap late = joined();  // takes the orphan over
        late.collect();
        validate();
        if (live() != before - 1) disagree(live(), " blocks are live, not ", before - 1);
      },
      1);
}

TEST_F(ProtocolTest, TwoGrow) {
  const std::uint64_t before = memory_.bytes();
  const auto grow = [&](std::size_t agent) {
    if (heaps_[agent].grow(1) != allot::Error::none) disagree("growing is refused");
  };
  explore({[&] { grow(0); }, [&] { grow(1); }}, [&] {
    validate();
    if (heaps_[0].lock_holder() != 0) disagree("the lock is held");
    if (memory_.bytes() != before + 2 * allot::page_bytes)
      disagree("the memory has ", memory_.bytes(), " bytes");
  });
}

TEST_F(ProtocolTest, GrowingUpToTheLimitWhileSomebodyElseDoes) {
  // The memory that the heap asks for comes to lie beyond what it may have.
  const std::uint64_t limit = memory_.bytes() + 6 * allot::page_bytes;
  if (heaps_[0].set_maximum(limit) != allot::Error::none) disagree("set_maximum is refused");
  const auto check = [&] {
    validate();
    const std::uint64_t top = heaps_[0].statistic(allot::Statistic::top);
    if (top > limit) disagree("the heap ends at ", top, ", not below ", limit);
    if (heaps_[0].lock_holder() != 0) disagree("the lock is held");
  };
  const auto theirs = [&] { (void)memory_.grow(20); };
  explore({[&] { (void)heaps_[0].grow(1); }, theirs}, check, 1);
  explore({[&] { (void)heaps_[0].allocate(100000); }, theirs}, check, 1);
}

TEST_F(ProtocolTest, GrowingUpToTheLimitBehindSomebodyElse) {
  const std::uint64_t limit = memory_.bytes() + 6 * allot::page_bytes;
  if (heaps_[0].set_maximum(limit) != allot::Error::none) disagree("set_maximum is refused");
  (void)memory_.grow(1);
  const auto theirs = [&] { (void)memory_.grow(20); };
  const auto check = [&] {
    validate();
    if (heaps_[0].statistic(allot::Statistic::top) > limit) disagree("the heap ends beyond its limit");
  };
  explore({[&] { (void)heaps_[0].grow(1); }, theirs}, check, 1);
  explore({[&] { (void)heaps_[0].allocate(100000); }, theirs}, check, 1);
}

TEST_F(ProtocolTest, TheHeapTakesNoMoreOfALongMemoryThanItMay) {
  ExploredMemory memory(30 * allot::page_bytes, 60 * allot::page_bytes);
  allot::Options options;
  options.end = 10 * allot::page_bytes;
  Heap heap = Heap::create(memory, options).value();
  (void)memory.grow(1);
  while (heap.allocate(60000)) {
  }
  const allot::Violation violation = heap.validate();
  if (violation) disagree("invariant ", violation.number, " is broken");
}

TEST_F(ProtocolTest, TakingTheLockFromOneWhoDied) {
  // Agent 3 dies at each step of growing; one reaps it while another one wants the lock.
  for (std::uint64_t n = 1; n < 60; n += 5) {
    const DyingMemory::Snapshot before = memory_.snapshot();
    const std::vector<Heap> heaps = heaps_;
    DyingSteps::end_at(n);
    bool died = false;
    try {
      (void)heaps_[3].grow(1);
    } catch (const Dead&) {
      died = true;
    }
    DyingSteps::live_on();
    if (died)
      explore(
          {[&] {
             if (!heaps_[0].reap(3)) disagree("reap is refused");
           },
           [&] {
             if (heaps_[1].grow(1) != allot::Error::none) disagree("growing is refused");
           }},
          [&] {
            validate();
            if (heaps_[0].lock_holder() != 0) disagree("the lock is held");
          },
          1);
    memory_.restore(before);
    heaps_ = heaps;
    if (!died) return;
  }
  disagree("growing takes more steps than were tried");
}

/// Notes what is loaded and stored plainly.
struct NotingSteps {
  static inline std::set<std::uintptr_t> loads;
  static inline std::set<std::uintptr_t> stores;

  static void before_load(std::uintptr_t at) { loads.insert(at); }
  static void before_store(std::uintptr_t at) { stores.insert(at); }
  static void before_atomic(std::uintptr_t) {}
};

// This machine may keep the order of plain accesses, another one does not.
TEST(OrderTest, WhatTellsOthersOfMoreIsWrittenAndReadAtomically) {
  using Noted = allot::SharedHeap<DyingMemory, ExploredWait, std::uint32_t, allot::SharedTraits, NotingSteps>;
  DyingMemory memory(allot::page_bytes, 200 * allot::page_bytes);
  Noted first = Noted::create(memory).value();
  Noted second = Noted::open(memory, first.image()).value();
  ASSERT_TRUE(second.attach());
  const auto at = [&](std::uint64_t address) {
    return reinterpret_cast<std::uintptr_t>(memory.base() + address);
  };
  const auto record = [&](std::uint64_t page) {
    std::uint64_t map = 0;
    std::uint32_t ref = 0;
    std::memcpy(&map, memory.base() + first.image() + offsetof(allot::Header, page_map), 8);
    std::memcpy(&ref, memory.base() + map + page * 4, 4);
    return at(ref);
  };
  NotingSteps::stores.clear();
  // The page map is replaced, pages are taken, given up and adopted.
  const std::uint32_t large = first.allocate(4000000).value();
  std::vector<std::uint32_t> blocks;
  for (int i = 0; i < 100; ++i) blocks.push_back(second.allocate(1000).value());
  ASSERT_EQ(first.deallocate(large), allot::Error::none);
  ASSERT_EQ(second.detach(), allot::Error::none);
  while (first.agent_state(1) == 3 && first.allocate(1000)) {
  }
  ASSERT_EQ(first.agent_state(1), 0U);
  EXPECT_FALSE(NotingSteps::stores.contains(at(first.image() + offsetof(allot::Header, page_map))));
  const std::uint64_t pages = first.statistic(allot::Statistic::top) / allot::page_bytes;
  for (std::uint64_t page = 0; page < pages; ++page)
    EXPECT_FALSE(NotingSteps::stores.contains(record(page) + allot::page_record::owner)) << page;

  ASSERT_TRUE(second.attach());
  for (const std::uint32_t block : blocks) ASSERT_EQ(second.deallocate(block), allot::Error::none);
  NotingSteps::loads.clear();
  ASSERT_EQ(first.collect(), blocks.size());
  for (std::uint64_t page = 0; page < pages; ++page) {
    EXPECT_FALSE(NotingSteps::loads.contains(record(page) + allot::page_record::summary)) << page;
    for (std::uint64_t i = 0; i < 64; ++i)
      EXPECT_FALSE(NotingSteps::loads.contains(record(page) + allot::page_record::remote + i * 8)) << page;
  }
}

}  // namespace
}  // namespace allot_test
