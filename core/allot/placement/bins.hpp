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

 protected:
  using Base::agent;
  using Base::first_word;
  using Base::set_word;
  using Base::word;

  static constexpr u32 bin_of(Granule n) {
    const u32 octave = highest_bit(n);
    return (octave - 7) * bins_per_octave + (n >> (octave - 4) & (bins_per_octave - 1));
  }

  // Links hold granule + 1; 0 ends a list.
  Granule next_in_bin(Granule g) const { return word(first_word(g)) - 1; }
  Granule length_of_long(Granule g) const { return word(first_word(g) + 1); }

  [[gnu::noinline]] void bin_insert(Granule g, Granule n) {
    Agent& a = agent();
    const u32 bin = bin_of(n);
    u32 previous = 0;
    u32 next = a.heads[bin];
    if (Base::exact()) {
      // Sorted by size, then address: the first that fits is the exact best fit.
      while (next != 0) {
        const Granule length = length_of_long(next - 1);
        if (length > n || (length == n && next - 1 > g)) break;
        previous = next;
        next = word(first_word(next - 1));
      }
    }
    set_word(first_word(g), next);
    set_word(first_word(g) + 2, previous);
    if (next != 0) set_word(first_word(next - 1) + 2, g + 1);
    if (previous != 0)
      set_word(first_word(previous - 1), g + 1);
    else
      a.heads[bin] = g + 1;
    a.bins[bin / bins_per_octave] = static_cast<u16>(a.bins[bin / bins_per_octave] | 1u << bin % bins_per_octave);
    a.octaves |= 1u << bin / bins_per_octave;
  }

  [[gnu::noinline]] void bin_remove(Granule g, Granule n) {
    Agent& a = agent();
    const u32 next = word(first_word(g));
    const u32 previous = word(first_word(g) + 2);
    if (next != 0) set_word(first_word(next - 1) + 2, previous);
    if (previous != 0) {
      set_word(first_word(previous - 1), next);
      return;
    }
    const u32 bin = bin_of(n);
    a.heads[bin] = next;
    if (next != 0) return;
    const u32 octave = bin / bins_per_octave;
    a.bins[octave] = static_cast<u16>(a.bins[octave] & ~(1u << bin % bins_per_octave));
    if (a.bins[octave] == 0) a.octaves &= ~(1u << octave);
  }

  /// The first bin at or above `bin` that holds a block, or bin_count.
  u32 next_bin(u32 bin) const {
    const Agent& a = agent();
    u32 octave = bin / bins_per_octave;
    if (octave >= bin_octaves) return bin_count;
    const u32 here = a.bins[octave] >> bin % bins_per_octave;
    if (here != 0) return bin + lowest_bit(here);
    const u32 above = a.octaves & ~((2u << octave) - 1);
    if (above == 0) return bin_count;
    octave = lowest_bit(above);
    return octave * bins_per_octave + lowest_bit(a.bins[octave]);
  }

  /// A free block of at least `c` granules, still in its bin; granule_limit when there is none.
  /// `patience` is how many blocks of a bin are looked at: the best of them is taken. With unlimited
  /// patience, and under the policy `exact` always, it is the smallest, and at the lowest address.
  Granule bin_find(Granule c, u32 patience) const {
    const Agent& a = agent();
    u32 bin = c > small_max ? bin_of(c) : 0;
    if (Base::exact()) patience = ~0u;
    for (bin = next_bin(bin); bin < bin_count; bin = next_bin(bin + 1)) {
      Granule best = granule_limit;
      Granule best_length = granule_limit;
      u32 left = patience;
      for (u32 link = a.heads[bin]; link != 0 && left != 0; --left) {
        const Granule g = link - 1;
        const Granule length = length_of_long(g);
        if (length >= c && length < best_length) {
          best = g;
          best_length = length;
          if (length == c || Base::exact()) break;
        }
        link = word(first_word(g));
      }
      if (best != granule_limit) return best;
    }
    return granule_limit;
  }
};

}  // namespace allot
