// An agent ends before each single store of each of its operations. Every time another agent reaps it, and then
// everything must be as it was but for what the dead one was just doing: validate() holds, no live block of
// anybody's has moved, changed its length or its contents, no block is there that nobody knows of, and the others
// go on allocating and freeing, the dead one's blocks too.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "../model.hpp"
#include "../pattern.hpp"
#include "../random.hpp"
#include "../walk.hpp"
#include "dying.hpp"

namespace allot_test {
namespace {

struct Held {
  std::uint64_t usable;
  std::uint64_t mark;
};
using Blocks = std::map<std::uint64_t, Held>;

class Theatre {
 public:
  static constexpr std::size_t victim = 1;
  static constexpr std::size_t absentee = 3;

  Theatre(std::uint64_t seed, allot::Policy policy) : Theatre(seed, policy, 12 + Random(seed).below(60)) {}
  Theatre(std::uint64_t seed, allot::Policy policy, std::uint64_t pages)
      : random_(seed), memory_(allot::page_bytes, pages * allot::page_bytes) {
    allot::Options options;
    options.policy = policy;
    options.begin = random_.one_in(2) ? 0 : 5000;
    heaps_.push_back(DyingHeap::create(memory_, options).value());
    for (int i = 0; i < 3; ++i) heaps_.push_back(joined());
    // Records for two more, who may come when there is no memory left.
    DyingHeap more[] = {joined(), joined()};
    for (DyingHeap& heap : more)
      if (heap.detach() != allot::Error::none) disagree("detach is refused");
  }

  void run(int operations) {
    for (int i = 0; i < operations; ++i) {
      for (int quiet = 0; quiet < 12; ++quiet) perform(choose(random_.below(heaps_.size())));
      const Operation operation = choose(victim);
      die_everywhere(operation);
      perform(operation);
    }
  }

  // Scenes for what seldom happens by itself. Each ends with the victim's part.

  /// The victim takes over the pages of one who left, with blocks that reach over several of them.
  void adopt() {
    std::vector<std::uint64_t> filled;
    while (const std::uint64_t block =
               perform({Kind::allocate, absentee, 0, 90000 + filled.size() % 3 * 4000}))
      filled.push_back(block);
    for (std::size_t i = 0; i < filled.size(); i += 4) perform({Kind::free, absentee, filled[i]});
    for (std::size_t i = 1; i + 2 < filled.size(); i += 4) perform({Kind::free, 0, filled[i]});
    perform({Kind::leave, absentee});
    play({Kind::allocate, victim, 0, 300000});
    play({Kind::allocate, victim, 0, 100000});
    play({Kind::allocate, victim, 0, 60000});
    if (heaps_[0].agent_state(3) == 3) disagree("the orphan was not adopted");
  }

  /// The same where short blocks, which do not say how long they are, lie across the ends of pages.
  void adopt_short() {
    std::vector<std::uint64_t> filled;
    while (const std::uint64_t block = perform({Kind::allocate, absentee, 0, 1600})) filled.push_back(block);
    for (const std::uint64_t block : filled)
      if (block / allot::page_bytes == (block + 1599) / allot::page_bytes)
        perform({Kind::free, absentee, block});
    perform({Kind::leave, absentee});
    while (has_free_page()) perform({Kind::allocate, 0, 0, 60000});
    play({Kind::allocate, victim, 0, 1600});
    if (heaps_[0].agent_state(3) == 3) disagree("the orphan was not adopted");
  }

  /// The victim moves blocks, reserves spans and gives them back, right behind short blocks.
  void place() {
    for (const std::uint64_t size : {640U, 5000U}) {
      const std::uint64_t block = perform({Kind::allocate, victim, 0, size});
      const std::uint64_t first =
          perform({Kind::reallocate, victim, perform({Kind::allocate, victim, 0, 30000}), 640});
      const std::uint64_t behind = first + blocks_.at(first).usable;
      for (const std::uint64_t at : {behind, behind + 160}) {
        play({Kind::reserve, victim, at, 160});
        play({Kind::reserve, victim, behind + 1600, 6000});
        if (spans_.size() != 2) disagree("the spans are refused");
        play({Kind::unreserve, victim, at});
        play({Kind::unreserve, victim, behind + 1600});
      }
      play({Kind::relocate, victim, block, behind});
      play({Kind::relocate, victim, behind, behind + 6000});
      if (!blocks_.contains(behind + 6000)) disagree("the block was not moved");
    }
  }

  /// The victim fills one page to its last byte after the other.
  void fill() {
    for (int i = 0; i < 300; ++i) play({Kind::allocate, victim, 0, 1024});
  }

  /// The victim gives pages up, between blocks that stay.
  void give() {
    for (int i = 0; i < 3; ++i) {
      perform({Kind::allocate, victim, 0, 5000});
      const std::uint64_t block = perform({Kind::allocate, victim, 0, 4000000});
      perform({Kind::allocate, victim, 0, 100});
      if (i == 1) perform({Kind::allocate, 0, 0, 100000});
      play({Kind::free, victim, block});
    }
  }

  /// The victim grows the heap, beyond what the first page map has room for.
  void grow() {
    for (int i = 0; i < 24; ++i) play({Kind::allocate, victim, 0, 70000 + 60000 * (std::uint64_t(i) % 3)});
    for (int i = 0; i < 4; ++i) play({Kind::grow, victim, 0, std::uint64_t(i)});
  }

  /// The victim grows the heap behind pages that somebody else has grown.
  void grow_behind_others() {
    for (int i = 0; i < 12; ++i) {
      const std::uint64_t begin = memory_.bytes();
      if (!memory_.grow(1 + std::uint64_t(i) % 2)) disagree("the memory is at its end");
      theirs_.push_back({begin, memory_.bytes()});
      if (i % 2 == 0)
        play({Kind::grow, victim, 0, std::uint64_t(i) / 2});
      else
        play({Kind::allocate, victim, 0, 100000 + 70000 * (std::uint64_t(i) % 3)});
    }
  }

  /// The victim finds room where nobody's pages and its own free ones lie side by side, in a memory that is at its end; and
  /// none for more than there is.
  void make_room() {
    std::uint64_t most = 0;
    for (std::uint64_t size = 6 << 20; most == 0; size -= allot::page_bytes)
      if (const std::uint64_t block = perform({Kind::allocate, victim, 0, size})) {
        most = size;
        perform({Kind::free, victim, block});
      }
    play({Kind::allocate, victim, 0, most + 2 * allot::page_bytes});
    const std::size_t before = blocks_.size();
    play({Kind::allocate, victim, 0, most - allot::page_bytes});
    if (blocks_.size() == before) disagree("there was room");
  }

  std::uint64_t deaths() const { return deaths_; }
  std::uint64_t reaper_deaths() const { return reaper_deaths_; }

 private:
  enum class Kind {
    allocate,
    zeroed,
    aligned,
    free,
    reallocate,
    collect,
    merge,
    leave,
    grow,
    reserve,
    unreserve,
    relocate
  };
  struct Operation {
    Kind kind;
    std::size_t agent;
    std::uint64_t address = 0;  // of a live block, or a span
    std::uint64_t size = 0;  // relocate: where to
  };
  /// Whether it is an operation on this block.
  static bool is_on(const Operation& o, std::uint64_t address) {
    return (o.kind == Kind::free || o.kind == Kind::reallocate || o.kind == Kind::relocate) &&
           address == o.address;
  }

  bool has_free_page() {
    for (const allot::Block& block : walk(heaps_[0]))
      if (block.kind == allot::BlockKind::free && block.size == allot::page_bytes) return true;
    return false;
  }

  bool is_away() const { return heaps_[absentee].agent_number().error() == allot::Error::not_attached; }

  DyingHeap joined() {
    DyingHeap heap = DyingHeap::open(memory_, heaps_[0].image()).value();
    const auto number = heap.attach();
    if (!number) disagree("attach: ", allot::name_of(number.error()));
    return heap;
  }

  Operation choose(std::size_t agent) {
    const std::uint64_t dice = random_.below(108);
    Operation operation{Kind::allocate, agent};
    // One agent is away most of the time: what it left behind is there for the others to adopt.
    if (agent == absentee && (is_away() || random_.one_in(4))) {
      operation.kind = Kind::leave;
      return operation;
    }
    operation.size = random_.one_in(6) ? random_.log_uniform(19) : random_.log_uniform(13);
    const bool is_full = blocks_.size() > 60;
    if (dice < (is_full ? 15u : 45u)) {
      if (dice % 3 == 0) operation.kind = Kind::zeroed;
      return operation;
    }
    operation.kind = dice < 70 ? Kind::free : Kind::reallocate;
    if (dice >= 84) operation.kind = Kind::aligned;
    if (dice >= 89) operation.kind = Kind::collect;
    if (dice >= 93) operation.kind = Kind::merge;
    if (dice >= 96) operation.kind = agent == 0 ? Kind::merge : Kind::leave;
    if (dice >= 98) operation.kind = Kind::grow;
    if (dice >= 99) return on_a_place(operation, dice);
    if (blocks_.empty()) {
      if (operation.kind == Kind::free || operation.kind == Kind::reallocate) operation.kind = Kind::allocate;
    } else {
      auto block = blocks_.lower_bound(random_.below(memory_.bytes()));
      operation.address = block == blocks_.end() ? blocks_.begin()->first : block->first;
    }
    return operation;
  }

  /// A span is reserved, or a block moved to, most likely right behind another block; or a span is given back.
  Operation on_a_place(Operation operation, std::uint64_t dice) {
    if (blocks_.empty()) return operation;
    auto behind = blocks_.lower_bound(random_.below(memory_.bytes()));
    if (behind == blocks_.end()) behind = blocks_.begin();
    const std::uint64_t place =
        behind->first + behind->second.usable + (random_.one_in(2) ? 0 : 16 * random_.below(40));
    if (dice < 102) return {Kind::reserve, operation.agent, place, random_.log_uniform(12) + 1};
    if (dice < 105) {
      auto block = blocks_.lower_bound(random_.below(memory_.bytes()));
      if (block == blocks_.end()) block = blocks_.begin();
      return {Kind::relocate, operation.agent, block->first, place};
    }
    if (spans_.empty()) return operation;
    auto span = spans_.lower_bound(random_.below(memory_.bytes()));
    if (span == spans_.end()) span = spans_.begin();
    return {Kind::unreserve, operation.agent, span->first};
  }

  /// Returns the address that the operation gave, or 0.
  std::uint64_t call(DyingHeap& heap, const Operation& o) {
    const auto address = static_cast<std::uint32_t>(o.address);
    switch (o.kind) {
      case Kind::allocate: return or_nothing(heap.allocate(o.size));
      case Kind::zeroed: return or_nothing(heap.allocate_zeroed(1, o.size));
      case Kind::aligned: return or_nothing(heap.allocate_aligned(std::uint64_t{16} << o.size % 10, o.size));
      case Kind::free: {
        if (heap.deallocate(address) != allot::Error::none) disagree("freeing ", o.address, " is refused");
        return 0;
      }
      case Kind::reallocate: return or_nothing(heap.reallocate(address, o.size));
      case Kind::collect: heap.collect(); return 0;
      case Kind::merge: heap.merge(); return 0;
      case Kind::leave: {
        if (o.agent == absentee) {
          if (is_away() ? !heap.attach() : heap.detach() != allot::Error::none)
            disagree("coming or going is refused");
          return 0;
        }
        if (heap.detach() != allot::Error::none) disagree("detach is refused");
        const auto number = heap.attach();
        if (!number) disagree("attach: ", allot::name_of(number.error()));
        return 0;
      }
      // Refused if the place is not free, or not the agent's own.
      case Kind::reserve: return heap.reserve(o.address, o.address + o.size) == allot::Error::none;
      case Kind::unreserve: return heap.unreserve(o.address) == allot::Error::none;
      case Kind::relocate:
        return heap.relocate(address, static_cast<std::uint32_t>(o.size)) == allot::Error::none ? o.size : 0;
      default: return heap.grow(1 + o.size % 2) == allot::Error::none ? 0 : 0;
    }
  }

  static std::uint64_t or_nothing(const allot::Result<std::uint32_t>& block) {
    if (block) return block.value();
    if (block.error() != allot::Error::out_of_memory) disagree("refused: ", allot::name_of(block.error()));
    return 0;
  }

  void play(const Operation& o) {
    is_scene_ = true;
    die_everywhere(o);
    perform(o);
  }

  std::uint64_t perform(const Operation& o) {
    DyingHeap& heap = heaps_[o.agent];
    const std::uint64_t result = call(heap, o);
    if (o.kind == Kind::free) blocks_.erase(o.address);
    if (result == 0) return 0;
    if (o.kind == Kind::reserve) spans_[o.address] = end_of_span(o);
    if (o.kind == Kind::unreserve) spans_.erase(o.address);
    if (o.kind == Kind::reserve || o.kind == Kind::unreserve) return result;
    if (o.kind == Kind::relocate) {
      const Held held = blocks_[o.address];
      if (first_difference(memory_.base() + result, held.usable, held.mark) != held.usable)
        disagree("the block at ", o.address, " was moved without its bytes");
    }
    if (o.kind == Kind::reallocate || o.kind == Kind::relocate) blocks_.erase(o.address);
    const std::uint64_t usable = heap.usable_size(static_cast<std::uint32_t>(result)).value();
    look_at_others(result, usable);
    blocks_[result] = {usable, ++marks_};
    write_pattern(memory_.base() + result, usable, marks_);
    return result;
  }

  /// In ./dev test all.
  static bool is_thorough() { return std::getenv("ALLOT_TEST_ALL") != nullptr; }

  void die_everywhere(const Operation& o) {
    const DyingMemory::Snapshot before = memory_.snapshot();
    const DyingHeap heap = heaps_[victim];
    const std::uint32_t number = heaps_[victim].agent_number().value();
    // Long operations repeat themselves, and so do the operations of a scene, where each death costs most. Every place of
    // the beginning is looked at; those behind take turns from one seed to the next, unless there is time for all.
    const bool in_turns = is_scene_ && !is_thorough();
    std::uint64_t stride = in_turns && ++plays_ > 8 ? 3 : 1;
    for (std::uint64_t n = stride == 1 ? 1 : 1 + random_.below(stride);; n += stride) {
      if (in_turns && stride == 1 && n == 300) stride = 3;
      if (n >= 1500) stride = 7;
      DyingSteps::end_at(n);
      bool died = false;
      try {
        call(heaps_[victim], o);
      } catch (const Dead&) {
        died = true;
      }
      DyingSteps::live_on();
      if (died) {
        ++deaths_;
        try {
          after_death(o, number, n);
        } catch (const Disagreement& found) {
          disagree("died before step ", n, " of operation ", static_cast<int>(o.kind), " {", o.address, ", ",
                   o.size, "}: ", found.what());
        }
      }
      memory_.restore(before);
      heaps_[victim] = heap;
      if (!died) return;
    }
  }

  void after_death(const Operation& o, std::uint32_t number, std::uint64_t n) {
    measure(o);
    const std::uint64_t map = page_map();
    // An agent that was leaving or coming has no number of its own for a while.
    const bool reaper_dies = random_.one_in(20);
    if (reaper_dies) return die_reaping(o, number, n);
    reap(heaps_[0], o, number);
    // Somebody may have read it, and be about to look into it.
    if (page_map() != map) disagree("the page map was taken back");
    look(o);
    if (n % 8 == 0 || is_scene_) go_on();
  }

  std::uint64_t page_map() {
    std::uint64_t ref = 0;
    std::memcpy(&ref, memory_.base() + heaps_[0].image() + offsetof(allot::Header, page_map), 8);
    return ref;
  }

  /// The others use their blocks while the victim stands there, dead or only slow.
  void measure(const Operation& o) {
    for (const auto& [address, held] : blocks_) {
      if (is_on(o, address)) continue;
      const auto usable = heaps_[0].usable_size(static_cast<std::uint32_t>(address));
      if (!usable || usable.value() != held.usable)
        disagree("before it is reaped, the block at ", address, " has ", usable ? usable.value() : 0,
                 " bytes, not ", held.usable);
    }
  }

  void reap(DyingHeap& reaper, const Operation& o, std::uint32_t number) {
    if (reaper.lock_holder() == attaching + 1) {
      if (o.kind != Kind::leave) disagree("somebody is attaching");
      if (!reaper.reap(attaching)) disagree("the lock of one who was attaching is not recovered");
    }
    // Who died while it was attaching anew has another number.
    const allot::AgentFigures now = reaper.agent_figures(allot::slot_of(number));
    if (now.state != 0) number = now.number;
    const bool was_in_use = now.state == 1 || now.state == 2;
    const auto lost = reaper.reap(number);
    if (!lost && was_in_use) disagree("reap: ", allot::name_of(lost.error()));
    if (!lost && lost.error() != allot::Error::no_such_agent)
      disagree("reap: ", allot::name_of(lost.error()));
    if (reaper.lock_holder() != 0) disagree("the lock is held by ", reaper.lock_holder());
  }
  static constexpr std::uint32_t attaching = allot::attaching_agent;

  /// The reaper ends, too, in a few places of its work; a third agent reaps both.
  void die_reaping(const Operation& o, std::uint32_t number, std::uint64_t) {
    const DyingMemory::Snapshot before = memory_.snapshot();
    const std::uint32_t first = heaps_[2].agent_number().value();
    const DyingHeap heap = heaps_[2];
    for (std::uint64_t m = 1;; m += 1 + random_.below(60)) {
      DyingSteps::end_at(m);
      bool died = false;
      try {
        reap(heaps_[2], o, number);
      } catch (const Dead&) {
        died = true;
      }
      DyingSteps::live_on();
      if (died) {
        ++reaper_deaths_;
        // Who holds the lock comes first: without it the other one cannot be reaped.
        const bool holds = allot::slot_of(heaps_[0].lock_holder() - 1) == allot::slot_of(number);
        reap(heaps_[0], o, holds ? number : first);
        reap(heaps_[0], o, holds ? first : number);
        look(o);
      }
      memory_.restore(before);
      heaps_[2] = heap;
      if (!died) return;
    }
  }

  /// What is there now, against what was there before the operation `o`.
  void look(const Operation& o) {
    const allot::Violation violation = heaps_[0].validate();
    if (violation)
      disagree("validate() finds invariant ", violation.number, " broken at ", violation.address);
    pending_span_ = {o.address, o.kind == Kind::reserve ? end_of_span(o) : 0};
    Blocks left = blocks_;
    std::size_t spans = 0;
    std::map<std::uint64_t, bool> pending = remotely_freed();
    for (const allot::Block& block : walk(heaps_[0])) {
      look_at_pages(block);
      spans += block.kind == allot::BlockKind::reserved && spans_.contains(block.address);
      if (block.kind != allot::BlockKind::live) continue;
      auto held = left.find(block.address);
      if (o.kind == Kind::relocate && block.address == o.size) held = left.find(o.address);
      if (held == left.end()) {
        // Freed remotely before, and not collected by its owner yet.
        if (pending.contains(block.address)) continue;
        disagree("a block at ", block.address, " of ", block.size, " bytes that nobody knows of");
      }
      if (is_on(o, block.address) && o.kind != Kind::relocate) {
        if (o.kind == Kind::reallocate && block.size < std::min(held->second.usable, o.size))
          disagree("the block that was reallocated is too short");
      } else {
        if (held->second.usable != block.size)
          disagree("the block at ", block.address, " is of another length now");
        const std::uint64_t offset =
            first_difference(memory_.base() + block.address, block.size, held->second.mark);
        if (offset != block.size)
          disagree("byte ", offset, " of the block at ", block.address, " has changed");
      }
      left.erase(held);
    }
    if (is_on(o, o.address)) left.erase(o.address);
    if (spans + (o.kind == Kind::unreserve) < spans_.size()) disagree("a reserved span is gone");
    if (!left.empty()) disagree("the block at ", left.begin()->first, " is gone");
  }

  /// Live blocks in the walk that were freed by others: usable_size calls them a double free.
  std::map<std::uint64_t, bool> remotely_freed() {
    std::map<std::uint64_t, bool> found;
    for (const allot::Block& block : walk(heaps_[0])) {
      if (block.kind != allot::BlockKind::live) continue;
      if (heaps_[0].usable_size(static_cast<std::uint32_t>(block.address)).error() ==
          allot::Error::double_free)
        found[block.address] = true;
    }
    return found;
  }

  /// The others use all that there is, and free everything.
  void go_on() {
    std::vector<std::uint64_t> all;
    const auto pending = remotely_freed();
    for (const allot::Block& block : walk(heaps_[0]))
      if (block.kind == allot::BlockKind::live && !pending.contains(block.address))
        all.push_back(block.address);
    std::vector<std::size_t> others = {0, 2};
    if (!is_away()) others.push_back(absentee);
    for (std::uint64_t size = 300000; size >= 64; size /= 3) {
      for (const std::size_t i : others) {
        const auto block = heaps_[i].allocate(size);
        if (!block) continue;
        look_at_others(block.value(), size);
        all.push_back(block.value());
      }
    }
    for (const std::uint64_t address : all) {
      const std::size_t i = others[address / 16 % others.size()];
      const allot::Error error = heaps_[i].deallocate(static_cast<std::uint32_t>(address));
      if (error != allot::Error::none) disagree("freeing ", address, ": ", allot::name_of(error));
    }
    // Each takes over one orphan, if there is one.
    std::vector<DyingHeap> late = {joined(), joined()};
    for (DyingHeap& heap : late) heap.collect();
    for (const std::size_t i : others) heaps_[i].collect();
    for (DyingHeap& heap : late)
      if (heap.detach() != allot::Error::none) disagree("detach is refused");
    const allot::Violation violation = heaps_[0].validate();
    if (violation) disagree("later, invariant ", violation.number, " is broken at ", violation.address);
    const std::uint64_t live = heaps_[0].statistic(allot::Statistic::live_bytes);
    if (live != 0) disagree(live, " bytes are live when all were freed");
    for (const allot::Block& block : walk(heaps_[0])) look_at_pages(block);
  }

  /// Where nobody else has grown the memory, pages that are left out were lost.
  void look_at_pages(const allot::Block& block) const {
    const auto span = spans_.find(block.address);
    if (block.kind != allot::BlockKind::reserved)
      look_at_others(block.address, block.size);
    else if (span != spans_.end()
                 ? block.address + block.size != span->second
                 : theirs_.empty() && std::pair(block.address, block.address + block.size) != pending_span_)
      disagree("pages at ", block.address, " are lost");
  }
  static std::uint64_t end_of_span(const Operation& o) {
    return std::max((o.address + o.size + 15) / 16 * 16, o.address + 48);
  }
  /// Nothing of the heap's lies in pages that somebody else has grown.
  void look_at_others(std::uint64_t address, std::uint64_t size) const {
    for (const auto& [begin, end] : theirs_)
      if (address < end && begin < address + size) disagree(address, " lies in somebody else's memory");
  }

  Random random_;
  DyingMemory memory_;
  std::vector<DyingHeap> heaps_;
  Blocks blocks_;
  std::map<std::uint64_t, std::uint64_t> spans_;
  std::pair<std::uint64_t, std::uint64_t> pending_span_;  // what the dead one was reserving
  std::vector<std::pair<std::uint64_t, std::uint64_t>> theirs_;
  bool is_scene_ = false;
  int plays_ = 0;  // operations of the scene so far
  std::uint64_t marks_ = 0;
  std::uint64_t deaths_ = 0;
  std::uint64_t reaper_deaths_ = 0;
};

class DeathTest : public testing::TestWithParam<int> {};

TEST_P(DeathTest, AtEveryStore) {
  const auto policy = static_cast<allot::Policy>(GetParam() % 4);
  std::uint64_t deaths = 0;
  std::uint64_t reaper_deaths = 0;
  for (int round = 0; round < 2; ++round) {
    const std::uint64_t seed = seed_for("death" + std::to_string(GetParam() * 100 + round));
    Theatre theatre(seed, policy);
    try {
      theatre.run(40);
    } catch (const Disagreement& found) {
      FAIL() << "round " << round << ": " << found.what() << '\n' << seed_advice();
    }
    deaths += theatre.deaths();
    reaper_deaths += theatre.reaper_deaths();
  }
  RecordProperty("deaths", std::to_string(deaths));
  RecordProperty("reaper_deaths", std::to_string(reaper_deaths));
}
template <class Play>
void scene(std::uint64_t pages, Play play) {
  Theatre theatre(seed_for("scene"), allot::Policy::balanced, pages);
  try {
    play(theatre);
  } catch (const Disagreement& found) {
    FAIL() << found.what() << '\n' << seed_advice();
  }
  testing::Test::RecordProperty("deaths", std::to_string(theatre.deaths()));
}
// Whoever reaps whom the lock names leaves nobody in use who died in there.
TEST(DeathScene, Attaching) {
  for (const bool has_orphan : {false, true}) {
    DyingMemory memory(allot::page_bytes, 20 * allot::page_bytes);
    DyingHeap first = DyingHeap::create(memory).value();
    const auto open = [&] { return DyingHeap::open(memory, first.image()).value(); };
    if (has_orphan) {
      DyingHeap gone = open();
      ASSERT_TRUE(gone.attach());
      ASSERT_TRUE(gone.allocate(40000));
      ASSERT_EQ(gone.detach(), allot::Error::none);
    }
    const DyingMemory::Snapshot before = memory.snapshot();
    for (std::uint64_t n = 1;; ++n) {
      DyingHeap heap = open();
      DyingSteps::end_at(n);
      bool died = false;
      try {
        ASSERT_TRUE(heap.attach(false));
      } catch (const Dead&) {
        died = true;
      }
      DyingSteps::live_on();
      if (!died) break;
      while (const std::uint32_t holder = first.lock_holder()) ASSERT_TRUE(first.reap(holder - 1)) << n;
      for (std::uint32_t slot = 1; slot < allot::agent_capacity; ++slot) {
        const std::uint32_t state = first.agent_figures(slot).state;
        ASSERT_TRUE(state == 0 || state == 3) << n << ' ' << slot;
      }
      ASSERT_EQ(first.validate().number, 0U) << n;
      memory.restore(before);
    }
  }
}

TEST(DeathScene, AdoptingAnOrphan) {
  scene(40, [](Theatre& theatre) { theatre.adopt(); });
}
TEST(DeathScene, AdoptingShortBlocks) {
  scene(16, [](Theatre& theatre) { theatre.adopt_short(); });
}
TEST(DeathScene, PlacingBlocksAndSpans) {
  scene(40, [](Theatre& theatre) { theatre.place(); });
}
TEST(DeathScene, FillingPages) {
  scene(40, [](Theatre& theatre) { theatre.fill(); });
}
TEST(DeathScene, GivingPagesUp) {
  scene(200, [](Theatre& theatre) { theatre.give(); });
}
TEST(DeathScene, MakingRoomAtTheMemorysEnd) {
  scene(36, [](Theatre& theatre) { theatre.make_room(); });
}
TEST(DeathScene, Growing) {
  scene(80, [](Theatre& theatre) { theatre.grow(); });
}

TEST(DeathScene, GrowingBehindOthers) {
  scene(200, [](Theatre& theatre) { theatre.grow_behind_others(); });
}

INSTANTIATE_TEST_SUITE_P(Each, DeathTest, testing::Range(0, 4));

}  // namespace
}  // namespace allot_test
