// Purpose: the lock of what agents share: the handing out of pages, growth, the header, the table of agents.
// Floor:   placement. Shared heaps only.
// Source:  the word is Ulrich Drepper's third mutex ("Futexes Are Tricky", 2004), with the holder's number in it.
//
//   header.lock    0: free; else the holder's number + 1, and bit 31 when somebody waits
//
// Recoverable: whoever knows that the holder is dead takes it over from it (repair.hpp).
#pragma once

#include <allot/placement/remote.hpp>

namespace allot {

/// The holder while it is no agent yet: what stands in the place of its number.
inline constexpr u32 attaching_agent = agent_capacity;

/// An agent's number says which record is its own, and how many agents have had that before it: no two ever have the same
/// (within a billion), so that of one that is gone nobody takes another one for it. The lock and the pages have the
/// record's alone.
inline constexpr u32 agent_slot_bits = 7;
inline constexpr u32 most_lives = u32{1} << 23;
constexpr u32 slot_of(u32 agent) { return agent & ((u32{1} << agent_slot_bits) - 1); }

template <class Place>
class Lock : public Remote<Place> {
 public:
  using Base = Remote<Place>;
  using Base::Base;
  using typename Base::Pointer;

 protected:
  using Base::agent;
  using Base::header;

  static constexpr u32 waited_for = 0x80000000u;

  /// What the lock holds while this agent holds it.
  u32 lock_tag() const { return Base::agent_ref() == 0 ? attaching_agent + 1 : agent().id + 1; }

  /// Whether this agent, which is attached, holds the lock. (The tags are short of a byte, and the waiters' bit is above it.)
  bool has_lock() const { return static_cast<u8>(header().lock) == Base::place().owner_tag(); }

  /// Takes the lock. False when it could not be had in the patience that an agent has: about five seconds for
  /// one that may block, else a few milliseconds. Nothing has changed then.
  [[nodiscard]] bool take_lock() { return take_lock(Base::agent_ref() != 0 && agent().may_block != 0); }
  [[nodiscard]] bool take_lock(bool may_block) { return wait_for_lock(may_block); }

  void give_lock() {
    const Pointer word = Base::pointer_to(header().lock);
    if (word.template exchange<u32>(0) & waited_for) Place::Wait::wake(word.raw());
  }

 private:
  static constexpr int spins = 100000;
  static constexpr int spins_before_wait = 200;
  static constexpr int wait_spins = 2000;  // what of the patience a wait takes
  static constexpr u32 wait_milliseconds = 100;

  /// Spins, and waits if it may.
  /// V8 11.3 (Node 20) in its baseline compiler writes 0 over one of a function's locals when that function waits in
  /// the engine. So what counts is asked for again after a wait, and patience that has become 0 ends the waiting early.
  ALLOT_ONCE_UNLESS_SMALL bool wait_for_lock(bool may_block) {
    // What others do may send the loop round, but not for good.
    for (int left = spins; left > 0;) {
      --left;
      const bool waits = may_block && left < spins - spins_before_wait;
      const Pointer word = Base::pointer_to(header().lock);
      const u32 seen = word.template atomic_get<u32>();
      if (seen == 0) {
        // Where one waits there may be others: whoever gives the lock back must look.
        if (word.template compare_exchange<u32>(0, lock_tag() | (waits ? waited_for : 0)) == 0) {
          see_growth();
          return true;
        }
      } else if (!waits) {
        Place::Wait::pause();
      } else if ((seen & waited_for) != 0 ||
                 word.template compare_exchange<u32>(seen, seen | waited_for) == seen) {
        left -= wait_spins;
        Place::Wait::wait(word.raw(), seen | waited_for, wait_milliseconds);
      }
    }
    return false;
  }

  /// The memory is never shorter than what the heap owns of it: who finds it so does not know yet that it has grown.
  void see_growth() const {
    const auto& memory = Base::place().memory;
    if constexpr (requires { memory.refresh(); }) {
      if (memory.bytes() < header().owned_end) memory.refresh();
    }
  }
};

}  // namespace allot
