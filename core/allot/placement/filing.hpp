// Purpose: making free blocks findable, and merging each with its neighbours at once where the policy says so.
// Floor:   placement.
//
// A block that becomes free is compared with the block on either side of it. One look at its record shows both, when
// they are short; merging short ones is then two bits and a hint. Hints at what was merged go stale, as always.
#pragma once

#include <allot/placement/quick.hpp>

namespace allot {

template <class Place>
class Filing : public Quick<Place> {
 public:
  using Base = Quick<Place>;
  using Base::Base;
  using typename Base::Address;

 protected:
  using Base::agent;
  using Base::bin_insert;
  using Base::bin_remove;
  using Base::exact;
  using Base::has_next;
  using Base::has_previous;
  using Base::is_free;
  using Base::push_hint;
  using Base::record_of;
  using Base::size_at;

  /// Makes a free block, already in the bitmaps, findable.
  [[gnu::noinline]] void file(Granule g, Granule n) {
    if (n > small_max)
      bin_insert(g, n);
    else if (exact())
      note_small(g, n);
    else
      push_hint(g, n);
  }

  /// Takes a free block out of its bin or place, if it is in one. Hints are left to go stale.
  ALLOT_ONCE_IF_SMALL void unfile(Granule g, Granule n) {
    if (n > small_max && !Base::quick_remove(g, n)) bin_remove(g, n);
  }

  /// A short block has just become free, where all are merged at once, but not under the policy exact. `bits`: the Ref
  /// of the byte with its start bit.
  ALLOT_ONCE_IF_SMALL void release_short(Granule g, Granule n, Address bits) {
    if (small_code || !merge_in_sight<small_max>(g, n, bits)) merge_beside(g, n);
  }

  /// merge_beside for a short block of up to `most` granules between short ones, as far as one look at the record shows
  /// them. Returns whether it showed enough; changes nothing when not.
  template <Granule most>
  [[gnu::always_inline]] bool merge_in_sight(Granule g, Granule n, Address bits) {
    if ((g & (granules_per_page - 1)) - 64 >= granules_per_page - 64 - most) return false;
    const auto at = Base::at(bits);
    const u32 shift = g & 7;
    const u32 end = shift + n;
    const u64 live_above = load<u64>(at + page_record::live + (end >> 3)) >> (end & 7);
    // Bit 63 is the granule before g; 56 of them are seen, or a few more.
    const auto before = Base::at(bits - 7);
    const u64 starts_below = load<u64>(before) << (8 - shift);
    const u64 live_below = load<u64>(before + page_record::live) << (8 - shift);
    if (starts_below == 0) [[unlikely]]
      return (live_above & 1) != 0 && stands_on_long(g, n, bits);
    const u32 bit_below = highest_bit(starts_below);
    if ((live_above & live_below >> bit_below & 1) == 0)
      return merge_seen(g, n, live_above, live_below >> bit_below, 64 - bit_below);
    Base::push_hint_at(g, n, bits);
    return true;
  }

  /// Where all are merged at once: merges the free block at `g`, which is in no bin, with the block on either side
  /// that is free, and files the result. Not with the run, which would have to be opened again for the next short
  /// block, and not with a second block behind a free one: there are rows that were cut ahead. Sweeping merges these.
  [[gnu::noinline]] void merge_beside(Granule g, Granule n) {
    const Granule first = g;
    const Granule end = g + n;
    Granule whole = n;
    if (has_next(end) && !Base::is_live(end) && is_free(end)) {
      const Granule above = size_at(end);
      unfile(end, above);
      Base::join(end, above);
      whole += above;
    }
    if (has_previous(g)) {
      const Granule before = Base::previous_start(g);
      const Granule below = g - before;
      if (!Base::is_live(before) && is_free(before)) {
        Base::join(g, n);
        whole += below;
        if (!small_code && stays_in_bin(below, whole)) return lengthen(before, below, whole);
        unfile(before, below);
        Base::clear_words(before, below);
        g = before;
      }
    }
    if (whole != n) {
      if (g == first) Base::clear_words(g, n);
      Base::set_words(g, whole);
    }
    file(g, whole);
  }

 private:
  /// merge_in_sight where the block below is longer than is seen, and what is above is live.
  [[gnu::noinline]] bool stands_on_long(Granule g, Granule n, Address bits) {
    if (has_previous(g)) {
      const Granule before = Base::previous_start(g);
      if (!Base::is_live(before)) {
        if (!is_free(before) || !stays_in_bin(g - before, g - before + n)) return false;
        Base::clear_bit(g, page_record::start);
        lengthen(before, g - before, g - before + n);
        return true;
      }
    }
    Base::push_hint_at(g, n, bits);
    return true;
  }
  /// merge_in_sight where one of them is not live. `live_above`, `live_below`: the live bits from where each begins on;
  /// `below`: the length of the lower one.
  [[gnu::noinline]] bool merge_seen(Granule g, Granule n, u64 live_above, u64 live_below, Granule below) {
    const Granule end = g + n;
    Granule above = 0;
    if ((live_above & 1) == 0 && end != agent().run_begin) {
      above = lowest_bit_or_many(Base::starts_from(end) ^ 1);
      // Long, or reserved, or perhaps not seen to its end.
      if (above > Base::tiny_max || (above != 1 && (live_above & 2) != 0) ||
          (end & (granules_per_page - 1)) > granules_per_page - 64)
        return false;
    }
    if ((live_below & 1) != 0)
      below = 0;
    else if (below != 1 && (live_below & 2) != 0)
      return false;
    if (above != 0) Base::clear_bit(end, page_record::start);
    if (below != 0) Base::clear_bit(g, page_record::start);
    g -= below;
    n += above + below;
    if (n <= small_max) {
      push_hint(g, n);
    } else {
      Base::set_words(g, n);
      bin_insert(g, n);
    }
    return true;
  }

  /// Whether a free block of `from` granules is in a bin in which it may stay when it has become `to` granules long.
  bool stays_in_bin(Granule from, Granule to) const {
    if (from <= small_max || to <= from || exact()) return false;
    const u32 bin = Base::bin_of(from);
    // Not if it may wait in a place for its length.
    return bin == Base::bin_of(to) &&
           (!Base::is_quick_size(from) || (agent().quick_count[bin] == 0 && agent().front_length != from));
  }
  /// Makes it longer: nothing begins in what it grows by any more.
  void lengthen(Granule g, Granule from, Granule to) {
    if (from >= footer_min) Base::set_word(Base::last_word(g + from), 0);
    Base::set_words(g, to);
    agent().binned += to - from;
  }

  /// Policy exact: the page remembers that a free block of this size may begin in it.
  void note_small(Granule g, Granule n) {
    const auto at = record_of(g) + page_record::small + ((n - 1) >> 6) * 8;
    store<u64>(at, load<u64>(at) | u64{1} << ((n - 1) & 63));
  }
};

}  // namespace allot
