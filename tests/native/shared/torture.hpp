// Real threads over one heap, half of all frees remote, agents that come and go, the heap growing meanwhile.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "agents.hpp"

namespace allot_test {

struct Block {
  std::uint32_t address;
  std::uint32_t usable;
  std::uint64_t mark;
};

/// Where threads leave blocks for each other.
class Exchange {
 public:
  /// Leaves a block and takes another one, if there is one.
  bool swap(Block& block, bool leaves, std::uint64_t place) {
    const std::lock_guard guard(mutex_);
    if (leaves) {
      if (blocks_.size() < 400) {
        blocks_.push_back(block);
      } else {
        std::swap(blocks_[place % blocks_.size()], block);
        return true;
      }
      return false;
    }
    if (blocks_.empty()) return false;
    block = blocks_[place % blocks_.size()];
    blocks_[place % blocks_.size()] = blocks_.back();
    blocks_.pop_back();
    return true;
  }
  std::vector<Block> all() { return blocks_; }

 private:
  std::mutex mutex_;
  std::vector<Block> blocks_;
};

/// `Heap`: one agent's way to the heap, with what allot::SharedHeap has.
template <class Heap>
class Worker {
 public:
  Worker(allot::SharedMapping& memory, Heap heap, Exchange& exchange, std::uint64_t seed)
      : memory_(memory), heap_(heap), exchange_(exchange), random_(seed) {}

  void run(int operations) {
    if (!heap_.attach()) return fail("attach is refused");
    for (int i = 0; i < operations && error_.empty(); ++i) operation();
    while (!mine_.empty()) free(mine_.size() - 1);
    if (heap_.detach() != allot::Error::none) fail("detach is refused");
  }
  [[nodiscard]] const std::string& error() const { return error_; }

 private:
  void fail(const std::string& what) {
    if (error_.empty()) error_ = what;
  }

  void operation() {
    const std::uint64_t dice = random_.below(100);
    if (dice < 45 && mine_.size() < 300) return allocate();
    if (dice < 60) return mine_.empty() ? allocate() : free(random_.below(mine_.size()));
    if (dice < 80) return trade();
    if (dice < 92) return mine_.empty() ? allocate() : reallocate(random_.below(mine_.size()));
    if (dice < 96) return void(heap_.collect());
    if (dice < 97) return heap_.merge();
    if (dice < 98) return void(heap_.statistic(allot::Statistic::live_bytes));
    if (dice == 98 && random_.one_in(4)) {
      if (heap_.detach() != allot::Error::none) fail("detach is refused");
      if (!heap_.attach()) fail("attach is refused");
    }
  }

  std::uint64_t some_size() { return random_.one_in(60) ? random_.log_uniform(18) : random_.log_uniform(11); }

  void keep(std::uint32_t address, std::uint64_t mark) {
    const auto usable = static_cast<std::uint32_t>(heap_.usable_size(address).value());
    write_pattern(memory_.base() + address, usable, mark);
    mine_.push_back({address, usable, mark});
  }
  bool intact(const Block& block, std::uint64_t bytes) {
    if (first_difference(memory_.base() + block.address, bytes, block.mark) == bytes) return true;
    fail("the block at " + std::to_string(block.address) + " has changed");
    return false;
  }
  void allocate() {
    const auto block = heap_.allocate(some_size());
    if (block) return keep(block.value(), random_.next());
    if (block.error() != allot::Error::out_of_memory) fail(allot::name_of(block.error()));
  }
  void free(std::size_t i) {
    const Block block = mine_[i];
    mine_[i] = mine_.back();
    mine_.pop_back();
    intact(block, block.usable);
    const allot::Error error = heap_.deallocate(block.address);
    if (error != allot::Error::none) fail(std::string("free: ") + allot::name_of(error));
  }
  void reallocate(std::size_t i) {
    const Block block = mine_[i];
    const std::uint64_t size = some_size();
    const auto moved = heap_.reallocate(block.address, size);
    if (!moved) {
      if (moved.error() != allot::Error::out_of_memory)
        fail(std::string("realloc: ") + allot::name_of(moved.error()));
      return;
    }
    mine_[i] = mine_.back();
    mine_.pop_back();
    intact({moved.value(), 0, block.mark}, size < block.usable ? size : block.usable);
    keep(moved.value(), random_.next());
  }
  void trade() {
    Block block{};
    const bool leaves = !mine_.empty() && random_.one_in(2);
    if (leaves) {
      block = mine_.back();
      mine_.pop_back();
    }
    if (exchange_.swap(block, leaves, random_.next())) mine_.push_back(block);
  }

  allot::SharedMapping& memory_;
  Heap heap_;
  Exchange& exchange_;
  Random random_;
  std::vector<Block> mine_;
  std::string error_;
};

template <class Heap>
void torture(int threads, int operations, std::uint64_t pages, allot::Policy policy) {
  const std::uint64_t seed = seed_for("threads" + std::to_string(threads));
  allot::Options options;
  options.policy = policy;
  allot::SharedMapping memory(allot::page_bytes, pages * allot::page_bytes);
  Heap heap = Heap::create(memory, options).value();
  Exchange exchange;
  std::vector<Worker<Heap>> workers;
  for (int i = 0; i < threads; ++i)
    workers.emplace_back(memory, Heap::open(memory, heap.image()).value(), exchange, seed + std::uint64_t(i));
  std::vector<std::thread> running;
  for (Worker<Heap>& worker : workers)
    running.emplace_back([&worker, operations] { worker.run(operations); });
  // Looking while they run must come to an end, whatever it sees.
  for (int i = 0; i < 20; ++i) {
    (void)heap.validate();
    (void)heap.statistic(allot::Statistic::free_blocks);
    std::this_thread::yield();
  }
  for (std::thread& thread : running) thread.join();
  for (const Worker<Heap>& worker : workers) EXPECT_EQ(worker.error(), "") << seed_advice();
  const allot::Violation violation = heap.validate();
  EXPECT_EQ(violation.number, 0U) << "at " << violation.address << ", " << seed_advice();
  for (const Block& block : exchange.all()) EXPECT_EQ(heap.deallocate(block.address), allot::Error::none);
  // The orphans' blocks are collected by whoever takes the orphans over.
  std::vector<Heap> late;
  for (int i = 0; i < threads; ++i) {
    late.push_back(Heap::open(memory, heap.image()).value());
    ASSERT_TRUE(late.back().attach());
    late.back().collect();
  }
  heap.collect();
  EXPECT_EQ(heap.statistic(allot::Statistic::live_bytes), 0U);
  EXPECT_EQ(heap.statistic(allot::Statistic::live_blocks), 0U);
  EXPECT_EQ(heap.validate().number, 0U);
}

}  // namespace allot_test
