// Purpose: the per-size stacks of recently freed small blocks.
// Floor:   placement.
//
//   agent.tops     [ size 1 | size 2 | ... | size 128 ]    Ref of the topmost hint of each stack
//   agent.hints    | end | size 1: 2 cap places | end | size 2 ... | end | size 5: cap places ... | end | size 33: cap / 8 ... | end |
//
// A hint is a granule where a free block of that size began when it was pushed, and the Ref of the byte with its
// start bit, so that whoever pops it need not find the page's record again. Where a stack ends, below and above, lies
// a place with a Ref that no hint has: a full and an empty stack are found out by the look at the place that is
// made anyway. Hints may be stale or double: each is checked against the bitmaps when it is popped, so that
// merging never has to look for them, and dropping one loses nothing but time.
#pragma once

#include <allot/placement/extents.hpp>

namespace allot {

template <class Place>
class Hints : public Extents<Place> {
 public:
  using Base = Extents<Place>;
  using Base::Base;
  using typename Base::Address;
  using typename Base::Agent;
  using typename Base::Pointer;

 protected:
  using Base::agent;
  using Base::at;

  /// Blocks up to this size end within one 64-bit load of start bits, whatever bit of a byte they begin at.
  static constexpr Granule tiny_max = 56;

  /// Bytes of a place, and what lies in its second half at the end of a stack.
  static constexpr u32 place_bytes = 2 * sizeof(Address);
  static constexpr Address stack_end = 1;
  /// Whether the tops are read and written as they lie there.
  static constexpr bool plain = Place::Access::trusted && !Base::shared;

  /// The Ref of the topmost hint of a size.
  Address top(Granule size) const { return top(agent(), size); }
  void set_top(Granule size, Address ref) { set_top(agent(), size, ref); }

  /// The same of a given agent: this one, or any of a shared heap.
  [[gnu::always_inline]] Address top(const Agent& a, Granule size) const {
    if constexpr (plain)
      return reinterpret_cast<const Address*>(a.tops)[size - 1];
    else if constexpr (Base::shared)
      return load<Address>(top_at(a, size));
    else
      return Place::Access::template tops<Address>(const_cast<Agent&>(a))[u64{size} - 1];
  }
  [[gnu::always_inline]] void set_top(Agent& a, Granule size, Address ref) {
    if constexpr (plain)
      reinterpret_cast<Address*>(a.tops)[size - 1] = ref;
    else if constexpr (Base::shared)
      store<Address>(top_at(a, size), ref);
    else
      Place::Access::template tops<Address>(a)[u64{size} - 1] = ref;
  }

  Pointer top_at(const Agent& a, Granule size) const {
    return Base::pointer_at(reinterpret_cast<uintptr_t>(&a.tops) - sizeof(Address) +
                            static_cast<uintptr_t>(size) * sizeof(Address));
  }

  // A place's halves: the granule, and the Ref of the byte that holds its start bit.
  static Granule hinted(Pointer place) { return load<u32>(place); }
  static Address hinted_bits(Pointer place) { return load<Address, sizeof(Address)>(place); }
  [[gnu::always_inline]] static void set_hint(Pointer place, Granule g, Address bits) {
    store<u32>(place, g);
    store<Address, sizeof(Address)>(place, bits);
  }

  /// The byte that holds the start bit of a hint's granule. In records that are not trusted it is found anew.
  [[gnu::always_inline]] Pointer start_byte(Granule g, Address hinted) const {
    if constexpr (Place::Access::trusted)
      return at(hinted);
    else
      return Base::start_at(g);
  }

  static constexpr u32 places_of(Granule size, u32 cap) {
    return size <= hint_many_max ? 2 * cap : size <= hint_deep_max ? cap : cap >> 3;
  }
  /// The cap that becomes of one in a heap of so many pages. How many blocks of a size are live wanders by the square root
  /// of how many there are; what then finds no place is idle until it is swept.
  static u32 wider_cap(u32 cap, u32 pages) {
    if (pages < 2) return cap;
    // (Not from `cap` on: in a damaged image that is any number.)
    u32 wide = first_hint_cap;
    while (wide < last_hint_cap && wide * wide <= first_hint_cap * first_hint_cap * pages) wide *= 2;
    return wide > cap ? wide : cap;
  }
  /// The end below a size's stack.
  Address bottom_of(Granule size) const { return bottom_in(agent(), size); }
  template <class A>
  static Address bottom_in(const A& a, Granule size) {
    return bottom_at(static_cast<Address>(a.hints), a.hint_cap, size);
  }
  [[gnu::noinline]] static Address bottom_at(Address hints, u32 cap, Granule size) {
    return hints + static_cast<Address>(hint_places_below(size, cap)) * place_bytes;
  }

  ALLOT_ONCE_IF_SMALL void push_hint(Granule g, Granule size) { push_hint_at(g, size, Base::start_ref(g)); }
  /// The same, where the Ref of the byte with its start bit is known.
  [[gnu::always_inline]] void push_hint_at(Granule g, Granule size, Address bits) {
    const Address ref = top(size) + place_bytes;
    const auto place = at(ref);
    if (hinted_bits(place) == stack_end) return;
    set_hint(place, g, bits);
    set_top(size, ref);
  }

  /// Whether a free block of exactly `size` granules (up to small_max) begins at `g`. The run is never
  /// as short as that, and neither is metadata, so that neither can be mistaken for a free block.
  /// `start_at`: the byte with its start bit.
  bool is_free_of_size(Pointer start_at, Granule g, Granule size) const {
    const u64 starts = load<u64>(start_at) >> (g & 7);
    const u32 live = u32{load<u8, page_record::live>(start_at)} >> (g & 7);
    return (starts & ~live & 1) != 0 && Base::size_from(start_at, g, starts) == size;
  }

  /// Pops the first hint that holds, of the smallest size in [low, high]. Returns size << 32 | granule,
  /// or 0. Stale hints on the way are dropped. (One scalar: an out parameter would need a stack in
  /// memory, which a module over a foreign memory has not.)
  [[gnu::noinline]] u64 pop_hint(Granule low, Granule high) {
    for (Granule size = low; size <= high; ++size) {
      for (;;) {
        const Address ref = top(size);
        const auto place = at(ref);
        if (hinted_bits(place) == stack_end) break;
        const Granule g = hinted(place);
        const auto start_at = start_byte(g, hinted_bits(place));
        set_top(size, ref - place_bytes);
        if (is_free_of_size(start_at, g, size)) return u64{size} << 32 | g;
      }
    }
    return 0;
  }

  /// Hints in the stack of a size.
  u32 depth_of(Granule size) const { return static_cast<u32>((top(size) - bottom_of(size)) / place_bytes); }

  /// Whether blocks of more than one size are hinted at.
  [[gnu::noinline]] bool hints_at_several() const {
    const auto& a = agent();
    u32 sizes = 0;
    Address end = static_cast<Address>(a.hints);
    for (Granule size = 1; size <= small_max; ++size) {
      sizes += top(size) != end;
      end += (places_of(size, a.hint_cap) + 1) * place_bytes;
    }
    return sizes > 1;
  }

  /// Empties all stacks.
  void forget_hints() { make_stacks(agent().hints, agent().hint_cap); }

  /// Makes stacks of `cap` places each at `ref`, in zeroed records, the agent's own: empty ones.
  void make_stacks(RecordRef ref, u32 cap) { make_stacks_at(static_cast<Address>(ref), cap); }
  [[gnu::noinline]] void make_stacks_at(Address end, u32 cap) {
    auto& a = agent();
    a.hints = end;
    a.hint_cap = static_cast<u16>(cap);
    for (Granule size = 1; size <= small_max; ++size) {
      set_hint(at(end), 0, stack_end);
      set_top(size, end);
      end += (places_of(size, cap) + 1) * place_bytes;
    }
    // Without places (policy exact) all are one, which is empty and full at once.
    set_hint(at(end), 0, stack_end);
  }
};

}  // namespace allot
