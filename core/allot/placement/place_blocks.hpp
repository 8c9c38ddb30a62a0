// Purpose: the order in which a block is looked for, and what is done with the rest of it.
// Floor:   placement.
//
//   small (up to 128 granules)                 long
//   1. its own stack of hints                  1. a block of about its size that was freed lately
//   2. borrow: the stacks of slightly larger   2. its bin and the bins above, the best of a few
//      sizes; the block keeps its size         3. the run
//   3. the run, a long free block from whose   4. sweep some pages: merge, and look again
//      low end small blocks are cut            5. grow
//   4. split a larger small block              6. merge everything, look again, give up
//   5. a long free block becomes the run
//   6. sweep, grow, merge everything, give up
//
// Allocation functions return a granule, or ~error (at or above granule_limit): one scalar.
#pragma once

#include <allot/placement/shrink.hpp>

namespace allot {

template <class Place>
class PlaceBlocks : public Shrink<Place> {
 public:
  using Base = Shrink<Place>;
  using Base::Base;

 protected:
  using Base::agent;
  using Base::at;
  using Base::exact;
  using Base::header;
  using Base::record;
  using Base::size_at;

  static constexpr u64 one_block = u64{1} << 32;
  static constexpr bool failed(Granule g) { return g >= granule_limit; }
  static constexpr Granule failure(Error error) { return ~static_cast<u32>(error); }
  static constexpr Error error_of(Granule g) { return static_cast<Error>(~g); }

  /// A block of `c` granules or slightly more, c >= 1: the hot path is the first half of this function.
  [[gnu::always_inline]] Granule place_block(Granule c) {
    if (c <= Base::tiny_max) {
      auto& a = agent();
      const u32 depth = a.counts[c];
      if (depth != 0) [[likely]] {
        const Granule g = load<u32>(at(a.hints) + ((c - 1) * a.hint_cap + depth - 1) * 4);
        a.counts[c] = static_cast<u8>(depth - 1);
        const auto page = record(g >> granule_page_shift);
        const u32 byte = Base::bit_byte(g);
        const u32 shift = g & 7;
        const u64 starts = load<u64>(page + byte) >> shift;
        const u32 live = load<u8>(page + page_record::live + byte);
        // The block begins at g, ends at g + c, and is free: the hint holds.
        const u64 shape = u64{1} | u64{1} << c;
        if ((starts & (shape | (shape - 2))) == shape && (live >> shift & 1) == 0) [[likely]] {
          const u64 account = a.account + (one_block + c);
          if (static_cast<u32>(account) <= a.watermark) [[likely]] {
            a.account = account;
            store<u8>(page + page_record::live + byte, static_cast<u8>(live | 1u << shift));
            return g;
          }
          return take_above_watermark(g, c);
        }
      }
    }
    return place_small_or_grow(c);
  }

  Granule place_slow(Granule c) { return c <= small_max ? place_small_or_grow(c) : place_long_or_grow(c); }

  [[gnu::noinline]] Granule place_small_or_grow(Granule c) {
    if (!exact()) {
      // Its own stack, or one of the stacks of slightly larger sizes: borrow.
      const Granule slack = Base::slack_limit(c);
      if (const u64 found = Base::pop_hint(c, slack < small_max ? slack : small_max))
        return take_fitting(static_cast<Granule>(found), static_cast<Granule>(found >> 32), c);
    }
    const Granule g = place_small(c);
    return g != granule_limit ? g : place_harder(c);
  }
  [[gnu::noinline]] Granule place_long_or_grow(Granule c) {
    // A block of its size that was freed lately, most of the time.
    if (!exact()) {
      if (const u64 found = Base::quick_take(c))
        return take_fitting(static_cast<Granule>(found), static_cast<Granule>(found >> 32), c);
    }
    const Granule g = place_long(c);
    return g != granule_limit ? g : place_harder(c);
  }

  /// A block from what is free, or granule_limit.
  Granule place_free(Granule c) { return c <= small_max ? place_small(c) : place_long(c); }

  /// Nothing free fits as it is.
  [[gnu::noinline]] Granule place_harder(Granule c) {
    // Before anything is merged or grown for it.
    if (!within_quota(c)) return failure(Error::quota_exceeded);
    if (!exact()) {
      if (Base::flush_quick()) {
        const Granule g = place_free(c);
        if (g != granule_limit) return g;
      }
      // Merging is lazy, so that the heap grows only after a look at what could be merged: up to 32 pages
      // for every page that it is about to grow by. The cost of sweeping is so bounded by that of the new
      // pages, and memory that lies idle is found before it has doubled. Long blocks are merged when they
      // leave their places; sweeping pays where enough small ones were freed.
      const u32 step = Base::step_for(c);
      if (u64{scattered()} * 16 >= u64{step} * granules_per_page && Base::sweep(c, 32 * step)) {
        const Granule g = place_free(c);
        if (g != granule_limit) return g;
      }
    }
    while (Base::extend(c)) {
      Base::widen_hints();
      const Granule g = place_free(c);
      if (g != granule_limit) return g;
    }
    return place_last(c);
  }

  /// When a program ends a phase and frees much of what it had, what it takes next should come from
  /// merged memory and low addresses, not from the holes in the order in which they came to be. A full
  /// sweep is paid for by the frees of a quarter of the heap.
  ALLOT_ONCE_IF_SMALL void merge_after_phase() {
    auto& a = agent();
    const u32 live = static_cast<u32>(a.account);
    if (live >= a.high)
      a.high = live;
    else if (a.high - live > header().managed_bytes >> (granule_shift + 2)) [[unlikely]]
      Base::merge_all();
  }

  /// The live bytes reach a new peak, or the quota. The block at `g` is free, of n granules, and in no
  /// bin; it is refused by filing it again.
  [[gnu::noinline]] Granule take_above_watermark(Granule g, Granule n) {
    if (!note_peak(n)) {
      Base::release(g, n);
      return failure(Error::quota_exceeded);
    }
    agent().account += one_block + n;
    Base::set_bit(g, page_record::live);
    return g;
  }

  /// Free granules in small blocks.
  Granule scattered() const {
    const auto& a = agent();
    const u64 free = (header().managed_bytes - header().metadata_bytes) >> granule_shift;
    return static_cast<Granule>(free - static_cast<u32>(a.account) - a.binned - (a.run_end - a.run_begin));
  }

  ALLOT_ONCE_IF_SMALL bool within_quota(Granule more) const {
    return (agent().account & 0xFFFFFFFFu) + more <= header().quota >> granule_shift;
  }

  /// Whether `more` live granules are within the quota; if so the peak is raised to include them.
  ALLOT_ONCE_IF_SMALL bool note_peak(Granule more) {
    if (!within_quota(more)) return false;
    auto& a = agent();
    const u64 live = (a.account & 0xFFFFFFFFu) + more;
    if (live > a.peak) a.peak = static_cast<u32>(live);
    set_watermark();
    return true;
  }
  void set_watermark() {
    auto& a = agent();
    const u64 quota = header().quota >> granule_shift;
    a.watermark = a.peak < quota ? a.peak : static_cast<u32>(quota);
  }

  /// Cuts the free block at `g` (in no bin, not the run) after `c` of its n granules, which become live. The
  /// rest becomes a free block that the caller files.
  void split(Granule g, Granule n, Granule c) {
    Base::unmake(g, n);
    Base::make(g, c, BlockKind::live);
    Base::make(g + c, n - c, BlockKind::free);
  }

 private:
  /// Takes the free block at `g`, which is in no bin, for a request of c granules: whole when the policy
  /// allows that much slack and the quota has room for it, otherwise its first c granules.
  Granule take_part(Granule g, Granule n, Granule c) {
    return n <= Base::slack_limit(c) ? take_fitting(g, n, c) : take_or_split(g, n, c);
  }
  /// The same for a block that is known to be within the slack.
  ALLOT_ONCE_IF_SMALL Granule take_fitting(Granule g, Granule n, Granule c) {
    auto& a = agent();
    const u64 account = a.account + (one_block + n);
    if (static_cast<u32>(account) > a.watermark) [[unlikely]]
      return take_or_split(g, n, c);
    a.account = account;
    Base::set_bit(g, page_record::live);
    return g;
  }
  [[gnu::noinline]] Granule take_or_split(Granule g, Granule n, Granule c) {
    if (n == c || (n <= Base::slack_limit(c) && within_quota(n))) return take_above_watermark(g, n);
    if (!note_peak(c)) {
      Base::release(g, n);
      return failure(Error::quota_exceeded);
    }
    agent().account += one_block + c;
    split(g, n, c);
    Base::file(g + c, n - c);
    return g;
  }

  [[gnu::noinline]] Granule place_small(Granule c) {
    if (exact()) return place_exact(c);
    merge_after_phase();
    u64 found;
    for (;;) {
      auto& a = agent();
      if (Base::run_exists() && a.run_end - a.run_begin > c + small_max) return cut_run(c);
      found = Base::pop_hint(c, small_max);
      if (found != 0) return take_part(static_cast<Granule>(found), static_cast<Granule>(found >> 32), c);
      // What is left of the run is too short to be one.
      if (Base::run_exists()) {
        Base::close_run();
        continue;
      }
      found = Base::bin_find(c, 1);
      if (found == 0) return granule_limit;
      const Granule g = static_cast<Granule>(found);
      open_run(g, static_cast<Granule>(found >> 32));
      if (agent().run_end - agent().run_begin <= c + small_max) {
        const Granule n = Base::take_run();
        Base::make(g, n, BlockKind::free);
        return take_part(g, n, c);
      }
    }
  }

  [[gnu::noinline]] Granule place_long(Granule c) {
    if (exact()) return place_exact(c);
    merge_after_phase();
    u64 found = Base::bin_find(c, 8);
    if (found == 0) {
      if (!Base::run_exists() || agent().run_end - agent().run_begin < c) return granule_limit;
      Base::close_run();
      found = Base::bin_find(c, Base::list_limit());
    }
    return take_long(found, c);
  }
  ALLOT_ONCE_IF_SMALL Granule take_long(u64 found, Granule c) {
    if (found == 0) return granule_limit;
    const Granule g = static_cast<Granule>(found);
    const Granule n = static_cast<Granule>(found >> 32);
    Base::bin_remove(g, n);
    return take_part(g, n, c);
  }

  Granule place_exact(Granule c) {
    const u64 found = Base::find_exact(c);
    if (found == 0) return granule_limit;
    const Granule g = static_cast<Granule>(found);
    const Granule n = static_cast<Granule>(found >> 32);
    Base::unfile(g, n);
    return take_part(g, n, c);
  }

  /// The memory is at its end: everything idle is merged, and every free block looked at.
  [[gnu::noinline]] Granule place_last(Granule c) {
    if (!exact()) {
      Base::merge_all();
      const Granule g = c <= small_max ? place_small(c) : take_long(Base::bin_find(c, Base::list_limit()), c);
      if (g != granule_limit) return g;
    }
    return failure(Error::out_of_memory);
  }

  /// Makes the long free block at `g` the run: its words would be overwritten by the blocks cut from it.
  void open_run(Granule g, Granule n) {
    Base::bin_remove(g, n);
    Base::unmake(g, n);
    Base::set_bit(g, page_record::start);
    auto& a = agent();
    a.run_begin = g;
    a.run_end = g + n;
  }

  /// The first c granules of the run, which keeps more than small_max: see Hints::is_free_of_size.
  Granule cut_run(Granule c) {
    auto& a = agent();
    const Granule g = a.run_begin;
    if (static_cast<u32>(a.account) + u64{c} > a.watermark && !note_peak(c))
      return failure(Error::quota_exceeded);
    a.account += one_block + c;
    a.run_begin = g + c;
    Base::set_bit(g, page_record::live);
    Base::set_bit(g + c, page_record::start);
    return g;
  }
};

}  // namespace allot
