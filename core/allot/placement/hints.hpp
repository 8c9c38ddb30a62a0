// Purpose: the per-size stacks of recently freed small blocks.
// Floor:   placement.
//
//   agent.counts   [ size 0 | size 1 | size 2 | ... | size 128 | zeros ]    depth of each stack, u8
//   agent.hints    [ size 1: cap entries | ... | size 32 | size 33: cap/4 entries | ... | size 128 ]
//
// An entry is a granule where a free block of that size began when it was pushed. Entries may be stale
// or double: each is checked against the bitmaps when it is popped, so that merging never has to look
// for them, and dropping one loses nothing but time.
#pragma once

#include <allot/placement/extents.hpp>

namespace allot {

template <class Place>
class Hints : public Extents<Place> {
 public:
  using Base = Extents<Place>;
  using Base::Base;
  using typename Base::Pointer;

 protected:
  using Base::agent;
  using Base::at;

  /// Sizes up to here have full stacks, and their blocks end within one 64-bit load of start bits.
  static constexpr Granule tiny_max = 32;

  static constexpr u32 cap_of(Granule size, u32 cap) { return size <= tiny_max ? cap : cap >> 2; }
  ALLOT_ONCE_IF_SMALL Pointer stack_of(Granule size) const {
    const auto& a = agent();
    const u32 before = size <= tiny_max ? (size - 1) * a.hint_cap
                                        : tiny_max * a.hint_cap + (size - tiny_max - 1) * (a.hint_cap >> 2);
    return at(a.hints) + static_cast<uintptr_t>(before) * 4;
  }

  ALLOT_ONCE_IF_SMALL void push_hint(Granule g, Granule size) {
    auto& a = agent();
    const u32 depth = a.counts[size];
    if (depth >= cap_of(size, a.hint_cap)) return;
    store<u32>(stack_of(size) + depth * 4, g);
    a.counts[size] = static_cast<u8>(depth + 1);
  }

  /// Whether a free block of exactly `size` granules (up to small_max) begins at `g`. The run is never
  /// as short as that, and neither is metadata, so that neither can be mistaken for a free block.
  ALLOT_ONCE_IF_SMALL bool is_free_of_size(Granule g, Granule size) const {
    const auto page = Base::record_of(g);
    const u32 byte = Base::bit_byte(g);
    const u64 starts = load<u64>(page + page_record::start + byte) >> (g & 7);
    const u32 live = u32{load<u8>(page + page_record::live + byte)} >> (g & 7);
    if ((starts & ~live & 1) == 0) return false;
    return (starts >> 1 != 0 ? lowest_bit(starts >> 1) + 1 : Base::size_slow(g)) == size;
  }

  /// Pops the first hint that holds, of the smallest size in [low, high]. Returns size << 32 | granule,
  /// or 0. Stale hints on the way are dropped. (One scalar: an out parameter would need a stack in
  /// memory, which a module over a foreign memory has not.)
  [[gnu::noinline]] u64 pop_hint(Granule low, Granule high) {
    auto& a = agent();
    for (Granule from = low; from <= high;) {
      // Eight depths at a time. Bytes behind [128] are 0, so the load may run past `high`.
      const u64 depths = load<u64>(at(Base::image() + sizeof(Header) + offsetof(Agent, counts) + from));
      if (depths == 0) {
        from += 8;
        continue;
      }
      from += lowest_bit(depths) >> 3;
      if (from > high) break;
      const auto stack = stack_of(from);
      for (u32 depth = a.counts[from]; depth != 0;) {
        --depth;
        const Granule g = load<u32>(stack + depth * 4);
        a.counts[from] = static_cast<u8>(depth);
        if (is_free_of_size(g, from)) {
          return u64{from} << 32 | g;
        }
      }
      ++from;
    }
    return 0;
  }

  void forget_hints() { __builtin_memset(static_cast<void*>(&agent().counts), 0, sizeof agent().counts); }
};

}  // namespace allot
