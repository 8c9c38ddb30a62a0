// Purpose: the index of long free blocks: segregated doubly linked lists, 16 to an octave.
// Floor:   placement.
// Source:  two-level segregated fit (Masmano, Ripoll, Crespo, Real, 2004); here the links lie in the
//          blocks' unused live bits, so that neither the blocks nor a node pool is touched.
//
// Exact, not hints: every long free block but the run is in its bin.
#pragma once

#include <allot/placement/hints.hpp>

namespace allot {

template <class Place>
class Bins : public Hints<Place> {
 public:
  using Base = Hints<Place>;
  using Base::Base;
  using typename Base::Pointer;

 protected:
  using Base::agent;
  using Base::first_word;
  using Base::word;

  static constexpr u32 bin_of(Granule n) {
    const u32 octave = highest_bit(n);
    return (octave - 7) * bins_per_octave + (n >> (octave - 4) & (bins_per_octave - 1));
  }

  /// The three words of a long block, found once: they lie side by side but for the 2 % of blocks whose
  /// words are divided between two pages. Links hold granule + 1; 0 ends a list.
  class Node {
   public:
    [[gnu::always_inline]] Node(const Bins& heap, Granule g)
        : at_(heap.word_at(first_word(g))),
          divided_(small_code || (first_word(g) & 127) > 125),
          heap_(heap),
          g_(g) {}
    [[gnu::always_inline]] u32 next() const { return load<u32>(address(0)); }
    [[gnu::always_inline]] u32 length() const { return load<u32>(address(1)); }
    [[gnu::always_inline]] u32 previous() const { return load<u32>(address(2)); }
    [[gnu::always_inline]] void set_next(u32 link) const { store<u32>(address(0), link); }
    [[gnu::always_inline]] void set_previous(u32 link) const { store<u32>(address(2), link); }

   private:
    [[gnu::always_inline]] Pointer address(u32 index) const {
      if (small_code || (index != 0 && divided_)) return heap_.own_word_at(g_, index);
      return at_ + index * 4;
    }
    Pointer at_;
    bool divided_;
    const Bins& heap_;
    Granule g_;
  };

  ALLOT_ONCE_UNLESS_SMALL void bin_insert(Granule g, Granule n) {
    Base::require(n > small_max);
    auto& a = agent();
    a.binned += n;
    const u32 bin = bin_of(n);
    u32 previous = 0;
    u32 next = a.heads[bin];
    if (Base::exact()) {
      // Sorted by size, then address: the first that fits is the exact best fit.
      for (u32 left = list_limit(); next != 0 && left != 0; --left) {
        const Node node(*this, next - 1);
        if (node.length() > n || (node.length() == n && next - 1 > g)) break;
        previous = next;
        next = node.next();
      }
    }
    const Node node(*this, g);
    node.set_next(next);
    node.set_previous(previous);
    if (next != 0) Node(*this, next - 1).set_previous(g + 1);
    if (previous != 0)
      Node(*this, previous - 1).set_next(g + 1);
    else
      a.heads[bin] = g + 1;
    a.bins[bin / bins_per_octave] =
        static_cast<u16>(a.bins[bin / bins_per_octave] | 1u << bin % bins_per_octave);
    a.octaves |= 1u << bin / bins_per_octave;
  }

  [[gnu::noinline]] void bin_remove(Granule g, Granule n) {
    Base::require(n > small_max);
    auto& a = agent();
    a.binned -= n;
    const Node node(*this, g);
    const u32 next = node.next();
    const u32 previous = node.previous();
    if (next != 0) Node(*this, next - 1).set_previous(previous);
    if (previous != 0) return Node(*this, previous - 1).set_next(next);

    const u32 bin = bin_of(n);
    a.heads[bin] = next;
    if (next != 0) return;
    const u32 octave = bin / bins_per_octave;
    a.bins[octave] = static_cast<u16>(a.bins[octave] & ~(1u << bin % bins_per_octave));
    if (a.bins[octave] == 0) a.octaves &= ~(1u << octave);
  }

  /// More blocks than this are in no list, unless a damaged image has made it a circle.
  u32 list_limit() const { return Base::header().granules / small_max + 1; }

  /// The first bin at or above `bin` that holds a block, or bin_count.
  u32 next_bin(u32 bin) const {
    if (small_code) {
      // A word for two octaves.
      const auto words = Base::at(Base::agent_ref() + offsetof(Agent, bins));
      for (; bin < bin_count; bin = (bin | 31) + 1)
        if (const u32 here = load<u32>(words + bin / 32 * 4) >> bin % 32) return bin + lowest_bit(here);
      return bin_count;
    }
    const auto& a = agent();
    u32 octave = bin / bins_per_octave;
    if (octave >= bin_octaves) return bin_count;
    const u32 here = u32{a.bins[octave]} >> bin % bins_per_octave;
    if (here != 0) return bin + lowest_bit(here);
    const u32 above = a.octaves & ~((2u << octave) - 1);
    if (above == 0) return bin_count;
    octave = lowest_bit(above);
    const u32 first = a.bins[octave];
    Base::require(first != 0);
    return octave * bins_per_octave + lowest_bit(first);
  }

  /// The last bin that holds a block, or bin_count.
  u32 last_bin() const {
    const auto& a = agent();
    const u32 octaves = a.octaves;
    if (octaves == 0) return bin_count;
    const u32 octave = highest_bit(octaves);
    Base::require(octave < bin_octaves);
    const u32 here = a.bins[octave];
    Base::require(here != 0);
    return octave * bins_per_octave + highest_bit(here);
  }

  /// A free block of at least `c` granules, still in its bin, as length << 32 | granule; 0 when there is
  /// none. `patience` is how many blocks of a bin are looked at; the first that may be taken whole ends
  /// the search, else the best of them is taken. Under the policy `exact` it is always the smallest, and
  /// of those the one at the lowest address.
  [[gnu::noinline]] u64 bin_find(Granule c, u32 patience) const {
    const auto& a = agent();
    if (Base::exact()) patience = list_limit();
    const Granule enough = Base::slack_limit(c);
    for (u32 bin = next_bin(c > small_max ? bin_of(c) : 0); bin < bin_count; bin = next_bin(bin + 1)) {
      Granule best = 0;
      Granule best_length = granule_limit;
      u32 left = patience;
      for (u32 link = a.heads[bin]; link != 0 && left != 0; --left) {
        const Node node(*this, link - 1);
        const Granule length = node.length();
        if (length >= c && length < best_length) {
          best = link - 1;
          best_length = length;
          if (small_code || length <= enough || Base::exact()) break;
        }
        link = node.next();
      }
      if (best_length != granule_limit) return u64{best_length} << 32 | best;
    }
    return 0;
  }
};

}  // namespace allot
