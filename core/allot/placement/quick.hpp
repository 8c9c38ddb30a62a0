// Purpose: the long blocks that were freed last, a few for each bin, ready to be taken whole.
// Floor:   placement.
//
//   agent.front, front_length   the block that was freed last of all, until the next one is; length 0: there is none
//   agent.quick_count[bin]   how many of the bin's eight places are taken
//   agent.quick              length << 32 | granule: taking a block needs no look at the block; 0 where none is.
//                            First what was freed last, so that its place is known without the count.
//
// Why the front: a block that is freed and asked for again at once, which many are, is found there without its length
// being looked up, a bin for it being computed, and a place and a count being stored and read again, each of which waits
// for the one before. Only then come the bins.
// Why places: a list costs a touch of the neighbours in the list at every insertion and removal, and merging
// at once costs a split at the next request. Exact, like the bins: a long free block is either here or in
// its bin, and whoever merges it takes it out first. Where size is all that counts nothing is put here (but
// another module may have), and long blocks are merged at once.
#pragma once

#include <allot/placement/bins.hpp>

namespace allot {

template <class Place>
class Quick : public Bins<Place> {
 public:
  using Base = Bins<Place>;
  using Base::Base;

 protected:
  using Base::agent;

  /// The longest block that waits here is shorter than a page: more would be too much to lie idle.
  static constexpr Granule quick_limit = granules_per_page;
  /// The longest request for which one may be there: the shortest block of the last bin.
  static constexpr Granule quick_longest = quick_limit - quick_limit / (2 * bins_per_octave);
  /// How many places of a bin are used where nearly all is merged at once.
  static constexpr u32 tight_depth = 2;
  static constexpr bool is_quick_size(Granule n) { return n > small_max && n < quick_limit; }

  /// Puts a free block in a place for its size. Returns whether there was one. (What waits longer stays: the records
  /// of the newcomer are in the cache, which makes merging it the cheaper.)
  bool quick_put(Granule g, Granule n) {
    Base::require(is_quick_size(n));
    auto& a = agent();
    const u32 bin = Base::bin_of(n);
    const u32 count = a.quick_count[bin];
    if (count >= (Base::merges_at_once() ? tight_depth : quick_depth)) return false;
    auto const places = a.quick + bin * quick_depth;
    places[count] = places[0];
    places[0] = u64{n} << 32 | g;
    a.quick_count[bin] = static_cast<u8>(count + 1);
    return true;
  }

  /// The block that was freed last of those in the bin of a size, which may be shorter: length << 32 | granule; 0 when
  /// there is none. It stays where it is.
  u64 quick_first(Granule n) const { return agent().quick[Base::bin_of(n) * quick_depth]; }

  /// Takes a block from the bins above that of c if the policy lets a request
  /// for c granules have it whole, or the one in front. Looks only at the block that was freed last in each bin. As
  /// quick_first.
  u64 quick_take_above(Granule c) {
    auto& a = agent();
    if (const Granule n = a.front_length; n >= c && n <= Base::slack_limit(c)) return take_front();
    // Eight counts at a time: no policy's slack reaches further than that many bins.
    const u32 above = Base::bin_of(c) + 1;
    const u64 counts = load<u64>(Base::at(Base::agent_ref() + offsetof(Agent, quick_count) + above));
    if (counts == 0) return 0;
    const u32 bin = above + (lowest_bit(counts) >> 3);
    const u64 found = a.quick[bin * quick_depth];
    if (static_cast<Granule>(found >> 32) > Base::slack_limit(c)) return 0;
    quick_pop(bin);
    return found;
  }

  /// Requests for long blocks are for the shortest of a bin: then nearly all that wait in the bin are as long as that,
  /// and fit. A sixteenth at most; what it costs in slack is less than what unlike sizes cost in pieces. Not where
  /// those are merged at once.
  Granule round_long(Granule c) const { return Base::merges_at_once() ? c : round_to(c, bin_width(c)); }
  /// The same for blocks that are too long to wait here, by a page at most: they then begin at fewer different places,
  /// and fewer pages of the system's are touched for the first time, which costs more than all else about them. Not
  /// where memory is what counts.
  Granule round_huge(Granule c) const {
    if (Base::is_tight()) return c;
    const Granule width = bin_width(c);
    return round_to(c, width < granules_per_page ? width : granules_per_page);
  }
  /// In granules.
  static constexpr Granule bin_width(Granule c) { return Granule{1} << (highest_bit(c) - 4); }

  /// Takes a given block out of its place. Returns whether it had one.
  ALLOT_ONCE_UNLESS_SMALL bool quick_remove(Granule g, Granule n) {
    if (!is_quick_size(n)) return false;
    auto& a = agent();
    if (a.front_length == n && a.front == g) {
      a.front_length = 0;
      return true;
    }
    const u32 bin = Base::bin_of(n);
    for (u32 i = a.quick_count[bin]; i-- != 0;) {
      if (a.quick[bin * quick_depth + i] != (u64{n} << 32 | g)) continue;
      close_up(bin, i);
      return true;
    }
    return false;
  }

  /// Takes any block out of its place; 0 when there is none.
  u64 quick_any() {
    auto& a = agent();
    if (a.front_length != 0) return take_front();
    for (u32 bin = 0; bin < quick_bins; ++bin) {
      const u64 found = a.quick[bin * quick_depth];
      if (found == 0) continue;
      quick_pop(bin);
      return found;
    }
    return 0;
  }

  void quick_pop(u32 bin) { close_up(bin, 0); }

 private:
  static constexpr Granule round_to(Granule c, Granule step) { return (c + step - 1) & ~(step - 1); }

  /// Takes the block in front, which there is. As quick_first.
  u64 take_front() {
    auto& a = agent();
    const u64 found = u64{a.front_length} << 32 | a.front;
    a.front_length = 0;
    return found;
  }

  /// The last one moves to the place that became empty.
  void close_up(u32 bin, u32 index) {
    auto& a = agent();
    auto const places = a.quick + bin * quick_depth;
    const u32 last = a.quick_count[bin] - 1u;
    places[index] = places[last];
    places[last] = 0;
    a.quick_count[bin] = static_cast<u8>(last);
  }
};

}  // namespace allot
