// Several agents in one thread, their operations interleaved at random, half of all frees remote; agents come,
// go and die in between. Everything that can be seen is compared with a model that knows only what is live.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "agents.hpp"

namespace allot_test {

struct Held {
  std::uint64_t usable;
  std::uint64_t mark;
};

/// `Heap`: one agent's way to the heap, with what allot::SharedHeap has.
template <class Heap>
class Crowd {
 public:
  Crowd(std::uint64_t seed, allot::Policy policy, bool record_sizes)
      : random_(seed),
        agents_(random_.between(1, 5), options(policy, record_sizes), 1, 4 + random_.log_uniform(9)),
        records_(record_sizes) {}

  void run(std::size_t operations) {
    for (std::size_t i = 1; i <= operations; ++i) {
      operation();
      if (i % 64 == 0) inspect();
    }
    while (!live_.empty()) free_one();
    inspect();
  }

 private:
  allot::Options options(allot::Policy policy, bool record_sizes) {
    constexpr std::uint64_t begins[] = {0, 1024, 65536, 70000};
    allot::Options options;
    options.begin = begins[random_.below(4)];
    options.policy = policy;
    options.record_sizes = record_sizes;
    return options;
  }

  Heap& someone() { return agents_[random_.below(agents_.size())]; }

  void operation() {
    const std::uint64_t dice = random_.below(1000);
    if (dice < 420) return allocate();
    if (dice < 780) return free_one();
    if (dice < 900) return reallocate();
    if (dice < 940) return free_wrongly();
    if (dice < 960) return allocate_aligned();
    if (dice < 970) return void(someone().collect());
    if (dice < 978) return someone().merge();
    if (dice < 984) return come_and_go();
    if (dice < 990) return die();
    if (dice < 993) return reserve();
    if (dice < 996) return unreserve();
    if (dice < 998) return void(someone().grow(random_.below(3)));
    set_quota();
  }

  std::uint64_t some_size() { return random_.one_in(30) ? random_.log_uniform(20) : random_.log_uniform(13); }

  void received(const allot::Result<std::uint32_t>& block, std::uint64_t size) {
    if (!block) {
      if (block.error() != allot::Error::out_of_memory && block.error() != allot::Error::quota_exceeded)
        disagree("allocating ", size, " bytes: ", allot::name_of(block.error()));
      return;
    }
    enter(block.value(), size);
  }
  void enter(std::uint64_t address, std::uint64_t size) {
    const auto usable = someone().usable_size(static_cast<std::uint32_t>(address));
    if (!usable) disagree("usable_size of ", address, ": ", allot::name_of(usable.error()));
    if (usable.value() < size) disagree(usable.value(), " usable bytes for ", size);
    const std::uint64_t end = address + usable.value();
    const auto after = live_.lower_bound(end);
    if (after != live_.begin() && std::prev(after)->first + std::prev(after)->second.usable > address)
      disagree("the block at ", address, " overlaps another one");
    for (const auto& [from, to] : spans_)
      if (from < end && address < to) disagree("the block at ", address, " lies in a reserved span");
    live_[address] = {usable.value(), ++marks_};
    write_pattern(agents_.at(address), usable.value(), marks_);
  }
  void allocate() {
    const std::uint64_t size = some_size();
    received(someone().allocate(size), size);
  }
  void allocate_aligned() {
    const std::uint64_t size = some_size();
    const std::uint64_t alignment = std::uint64_t{1} << random_.below(17);
    const auto block = someone().allocate_aligned(alignment, size);
    if (block && block.value() % alignment != 0) disagree(block.value(), " is no multiple of ", alignment);
    received(block, size);
  }

  std::map<std::uint64_t, Held>::iterator pick() {
    auto block = live_.lower_bound(random_.below(agents_.memory().bytes()));
    return block == live_.end() ? live_.begin() : block;
  }
  void check(std::uint64_t address, const Held& held, std::uint64_t size) {
    const std::uint64_t offset = first_difference(agents_.at(address), size, held.mark);
    if (offset != size) disagree("byte ", offset, " of the block at ", address, " has changed");
  }

  void free_one() {
    if (live_.empty()) return;
    const auto block = pick();
    check(block->first, block->second, block->second.usable);
    const allot::Error error = someone().deallocate(static_cast<std::uint32_t>(block->first));
    if (error != allot::Error::none) disagree("freeing ", block->first, ": ", allot::name_of(error));
    freed_ = block->first;
    live_.erase(block);
  }
  void free_wrongly() {
    if (freed_ == 0 || live_.contains(freed_)) return;
    const allot::Error error = someone().deallocate(static_cast<std::uint32_t>(freed_));
    if (error == allot::Error::none) disagree(freed_, " is freed twice");
    if (someone().reallocate(static_cast<std::uint32_t>(freed_), 10)) disagree(freed_, " is reallocated");
  }
  void reallocate() {
    if (live_.empty()) return;
    const auto block = pick();
    const auto [address, held] = *block;
    const std::uint64_t size = some_size();
    check(address, held, held.usable);
    const auto moved = someone().reallocate(static_cast<std::uint32_t>(address), size);
    if (!moved) {
      if (size <= held.usable && !records_)
        disagree("shrinking ", address, ": ", allot::name_of(moved.error()));
      return check(address, held, held.usable);
    }
    live_.erase(block);
    check(moved.value(), held, held.usable < size ? held.usable : size);
    enter(moved.value(), size);
  }

  void come_and_go() {
    const std::size_t i = random_.below(agents_.size());
    if (i == 0) return;
    const allot::Error error = agents_[i].detach();
    if (error != allot::Error::none) disagree("detach: ", allot::name_of(error));
    if (random_.one_in(2)) allocate_by(0);
    agents_[i] = agents_.joined();
    spans_of_.clear();
  }
  void allocate_by(std::size_t i) {
    const std::uint64_t size = random_.log_uniform(18);
    received(agents_[i].allocate(size), size);
  }
  /// Never to run again, in the middle of nothing.
  void die() {
    const std::size_t i = random_.below(agents_.size());
    if (i == 0) return;
    const std::uint32_t number = agents_[i].agent_number().value();
    const auto lost = agents_[0].reap(number);
    if (!lost) disagree("reap: ", allot::name_of(lost.error()));
    if (lost.value() != 0) disagree("reap finds a block at ", lost.value());
    if (agents_[0].reap(number).error() != allot::Error::no_such_agent) disagree("an agent is reaped twice");
    // An object that would do something at its end never comes to it.
    if constexpr (requires { agents_[i].abandon(); }) agents_[i].abandon();
    if (random_.one_in(2)) allocate_by(0);
    agents_[i] = agents_.joined();
    spans_of_.clear();
  }

  void reserve() {
    const std::uint64_t begin = random_.below(agents_.memory().bytes() + 100000);
    const std::uint64_t end = begin + random_.log_uniform(17);
    const std::size_t i = random_.below(agents_.size());
    if (agents_[i].reserve(begin, end) != allot::Error::none) return;
    const std::uint64_t low = begin / 16 * 16;
    const std::uint64_t high = std::max((end + 15) / 16 * 16, low + 48);
    const auto after = live_.lower_bound(high);
    if (after != live_.begin() && std::prev(after)->first + std::prev(after)->second.usable > low)
      disagree("a span is reserved over the block at ", std::prev(after)->first);
    spans_[low] = high;
    spans_of_[low] = i;
  }
  void unreserve() {
    if (spans_of_.empty()) return;
    const auto span = spans_of_.begin();
    const allot::Error error = agents_[span->second].unreserve(span->first);
    if (error != allot::Error::none) disagree("unreserve: ", allot::name_of(error));
    spans_.erase(span->first);
    spans_of_.erase(span);
  }
  void set_quota() {
    std::uint64_t bytes = 0;
    for (const auto& [address, held] : live_) bytes += held.usable;
    const std::uint64_t quota = random_.one_in(2) ? 0 : bytes + random_.log_uniform(18);
    if (someone().set_quota(quota) != allot::Error::none) disagree("set_quota is refused");
  }

  void inspect() {
    agents_.validate();
    agents_.settle();
    agents_.validate();
    const Accounts accounts = read_accounts(agents_[0]);
    std::uint64_t bytes = 0;
    for (const auto& [address, held] : live_) {
      bytes += held.usable;
      check(address, held, held.usable);
    }
    if (accounts.live != bytes || accounts.blocks != live_.size())
      disagree(bytes, " bytes are live in ", live_.size(), " blocks; ", accounts);
    std::uint64_t reserved = 0;
    for (const auto& [from, to] : spans_) reserved += to - from;
    if (accounts.reserved != reserved) disagree(reserved, " bytes are reserved; ", accounts);
    if (accounts.live + accounts.free + accounts.metadata != accounts.managed) disagree("sums: ", accounts);
    std::size_t walked = 0;
    std::uint64_t free = 0;
    for (const allot::Block& block : walk(agents_[0])) {
      if (block.kind == allot::BlockKind::free) free += block.size;
      if (block.kind != allot::BlockKind::live) continue;
      ++walked;
      const auto held = live_.find(block.address);
      if (held == live_.end() || held->second.usable != block.size)
        disagree("the walk finds a live block at ", block.address);
    }
    if (walked != live_.size()) disagree("the walk finds ", walked, " live blocks of ", live_.size());
    if (free != accounts.free) disagree("the walk finds ", free, " free bytes; ", accounts);
  }

  Random random_;
  AgentsOf<Heap> agents_;
  bool records_;
  std::map<std::uint64_t, Held> live_;
  std::map<std::uint64_t, std::uint64_t> spans_;
  std::map<std::uint64_t, std::size_t> spans_of_;
  std::uint64_t freed_ = 0;
  std::uint64_t marks_ = 0;
};

}  // namespace allot_test
