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

  /// Takes the lock. False when it could not be had in the patience that an agent has: about five seconds for
  /// one that may block, else a few milliseconds. Nothing has changed then but this agent's `missed`.
  [[nodiscard]] bool take_lock() { return take_lock(Base::agent_ref() != 0 && agent().may_block != 0); }
  [[nodiscard]] bool take_lock(bool may_block) {
    const u32 me = lock_tag();
    const Pointer word = Base::pointer_to(header().lock);
    for (u32 i = 0; i < spins; ++i) {
      if (word.template atomic_get<u32>() == 0 && word.template compare_exchange<u32>(0, me) == 0)
        return true;
      Place::Wait::pause();
    }
    if (wait_for_lock(word, me, may_block)) return true;
    if (Base::agent_ref() != 0) agent().missed = 1;
    return false;
  }

  void give_lock() {
    const Pointer word = Base::pointer_to(header().lock);
    if (word.template exchange<u32>(0) & waited_for) Place::Wait::wake(word.raw());
  }

 private:
  static constexpr u32 spins = 200;
  static constexpr u32 more_spins = 100000;
  static constexpr u32 slices = 50;
  static constexpr u32 slice_milliseconds = 100;

  ALLOT_ONCE_UNLESS_SMALL bool wait_for_lock(Pointer word, u32 me, bool may_block) {
    u32 left = may_block ? slices : more_spins;
    // What others do may send the loop round without a wait, but not for good.
    for (u32 rounds = more_spins; left != 0 && rounds != 0; --rounds) {
      const u32 seen = word.template atomic_get<u32>();
      if (seen == 0) {
        // Others may wait, too: whoever gives the lock back must look.
        if (word.template compare_exchange<u32>(0, me | waited_for) == 0) return true;
        continue;
      }
      if (!may_block) {
        --left;
        Place::Wait::pause();
        continue;
      }
      if ((seen & waited_for) == 0 && word.template compare_exchange<u32>(seen, seen | waited_for) != seen)
        continue;
      Place::Wait::wait(word.raw(), seen | waited_for, slice_milliseconds);
      --left;
    }
    return false;
  }
};

}  // namespace allot
