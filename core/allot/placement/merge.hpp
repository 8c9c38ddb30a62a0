// Purpose: merging free memory, at once or when a page is swept.
// Floor:   placement.
#pragma once

#include <allot/placement/filing.hpp>

namespace allot {

template <class Place>
class Merge : public Filing<Place> {
 public:
  using Base = Filing<Place>;
  using Base::Base;

 protected:
  using Base::agent;
  using Base::bin_insert;
  using Base::exact;
  using Base::file;
  using Base::has_next;
  using Base::has_previous;
  using Base::is_free;
  using Base::merge_beside;
  using Base::push_hint;
  using Base::record;
  using Base::record_of;
  using Base::size_at;
  using Base::unfile;

  /// A block has just become free in the bitmaps.
  void release(Granule g, Granule n) {
    if (exact())
      merge_around(g, n);
    else if (n > small_max)
      release_long(g, n);
    else if (Base::merges_at_once())
      merge_beside(g, n);
    else
      push_hint(g, n);
  }
  /// The same for a long block, under any policy but exact. Returns whether there may be more in the bins now.
  bool release_long(Granule g, Granule n) {
    if (small_code || n >= Base::quick_limit) {
      merge(g, n);
      return true;
    }
    auto& a = agent();
    const Granule before = a.front;
    const Granule length = a.front_length;
    a.front = g;
    a.front_length = n;
    if (length == 0 || Base::quick_put(before, length)) return false;
    merge_or_file(before, length);
    return true;
  }

  /// There is no place for a long block, or it leaves its place: from a size on that the policy says it is merged
  /// now, else at the next sweep.
  ALLOT_ONCE_IF_SMALL void merge_or_file(Granule g, Granule n) {
    if (n >= Base::eager_size())
      merge(g, n);
    else
      bin_insert(g, n);
  }

  void merge(Granule g, Granule n) {
    if (Base::merges_at_once())
      merge_beside(g, n);
    else
      merge_around(g, n);
  }

  /// Empties all places. Returns whether there was a block in one. (In small code only others fill them, and sweeping
  /// finds what waits there.)
  [[gnu::noinline]] bool flush_quick() {
    if (small_code) return false;
    u64 block = Base::quick_any();
    if (block == 0) return false;
    do {
      merge_or_file(static_cast<Granule>(block), static_cast<Granule>(block >> 32));
      block = Base::quick_any();
    } while (block != 0);
    return true;
  }

  /// Merges the free block at `g`, which is in no bin, with its free neighbours, and files the result.
  [[gnu::noinline]] void merge_around(Granule g, Granule n) {
    if (!small_code) {
      const bool grows_up = has_next(g + n) && !Base::is_live(g + n);
      const Granule below = has_previous(g) ? Base::previous_start(g) : granule_limit;
      const bool grows_down = below != granule_limit && !Base::is_live(below) && is_free(below);
      if (!grows_up && !grows_down) return file(g, n);
    }
    Base::clear_words(g, n);
    n += absorb_above(g + n);
    while (has_previous(g)) {
      if (const Granule first = small_code ? g : absorb_word_below(g); first != g) {
        n += g - first;
        g = first;
        continue;
      }
      const Granule before = Base::previous_start(g);
      if (!is_free(before)) break;
      unfile(before, g - before);
      Base::clear_words(before, g - before);
      Base::clear_bit(g, page_record::start);
      n += g - before;
      g = before;
    }
    Base::set_words(g, n);
    file(g, n);
  }

  /// Dissolves the free blocks from `end` on, and the run if it is among them; returns their granules.
  ALLOT_ONCE_UNLESS_SMALL Granule absorb_above(Granule end) {
    const Granule from = end;
    end += absorb_after(end);
    if (!small_code && end == agent().run_begin) {
      Base::clear_bit(end, page_record::start);
      end += take_run();
      end += absorb_after(end);
    }
    return end - from;
  }

  /// The same, up to the run. (Small code gives up the run instead.)
  Granule absorb_after(Granule end) {
    const Granule from = end;
    for (;;) {
      if (small_code && end == agent().run_begin) close_run();
      if (!has_next(end)) break;
      if (const Granule absorbed = small_code ? 0 : absorb_word(end)) {
        end += absorbed;
        continue;
      }
      if (!is_free(end)) break;
      const Granule n = size_at(end);
      unfile(end, n);
      Base::join(end, n);
      end += n;
    }
    return end - from;
  }

  /// Dissolves the free blocks from `g` on that are followed by another block in the same 64 granules, all at once, up to the
  /// first that is not free, or not short. Returns their granules.
  Granule absorb_word(Granule g) {
    const u32 shift = g & 63;
    const auto at = Base::start_at(g & ~63u);
    const u64 starts = load<u64>(at) >> shift;
    const u64 live = load<u64>(at + page_record::live) >> shift;
    // Live blocks, marks of metadata, and the words of long blocks all show as live bits, and what begins behind the first
    // of them does not count. (The run is long, so that nothing follows it here.)
    // (Bit 0 is set, but in a damaged heap.)
    const u32 last = highest_bit((starts | 1) & (live ^ (live - 1)));
    if (last != 0) store<u64>(at, load<u64>(at) & ~(((u64{1} << last) - 1) << shift));
    return last;
  }

  /// The same for those that end at `g` or before, the last of which is followed by a block at `g`. Returns where the first
  /// began, whose start bit stays; g if there is none.
  Granule absorb_word_below(Granule g) {
    const u32 shift = 63 - ((g - 1) & 63);
    const auto at = Base::start_at((g - 1) & ~63u);
    const u64 starts = load<u64>(at) << shift;
    const u64 live = load<u64>(at + page_record::live) << shift;
    // Those that begin above the last live bit.
    const u64 seen = live == 0 ? starts : starts & ~u64{1} << highest_bit(live);
    if (seen == 0) return g;
    const u32 first = lowest_bit(seen);
    Base::clear_bit(g, page_record::start);
    store<u64>(at, load<u64>(at) & ~((~u64{1} << first) >> shift));
    return g - 64 + first;
  }

  /// Gives up the run, which becomes a free block without words; returns its granules.
  Granule take_run() {
    auto& a = agent();
    const Granule n = a.run_end - a.run_begin;
    a.run_begin = a.run_end = granule_limit;
    return n;
  }

  /// Turns what is left of the run into an ordinary free block.
  void close_run() {
    if (!Base::run_exists()) return;
    const Granule g = agent().run_begin;
    const Granule n = take_run();
    Base::set_words(g, n);
    if (!small_code && Base::merges_at_once())
      merge_beside(g, n);
    else
      file(g, n);
  }

  /// Fewer hints than that in a stack are few.
  static constexpr u32 few_hints = 48;

  /// Merges what is free in a page and hints at it. Blocks that stay as they are are hinted at where the
  /// stack of their size holds few entries, so that hardly one gets there twice, or `all` of them. Returns the
  /// size of the largest block that was merged or hinted at.
  ALLOT_ONCE_UNLESS_SMALL Granule sweep_page(u32 page, bool all) {
    if (load<u32>(record(page) + page_record::flags) & page_record::gap) return 0;
    if (!Base::is_own(page)) return 0;
    Granule best = 0;
    Granule g = page << granule_page_shift;
    const Granule end = g + granules_per_page;
    const auto bits = record(page) + page_record::start;
    const auto free_in = [&](u32 byte) {
      return load<u64>(bits + byte) & ~load<u64>(bits + page_record::live + byte);
    };
    const auto hint = [&](Granule n) {
      if (!all && Base::depth_of(n) >= few_hints) return;
      push_hint(g, n);
      if (n > best) best = n;
    };
    while (g < end) {
      u32 byte = Base::bit_byte(g) & ~7u;
      if (small_code) {
        const u64 here = free_in(byte) >> (g & 63);
        if (here == 0) {
          g = (g | 63) + 1;
          continue;
        }
        g += lowest_bit(here);
      } else {
        u64 free = free_in(byte) & ~u64{0} << (g & 63);
        while (free == 0 && (byte += 8) < granules_per_page / 8) free = free_in(byte);
        if (free == 0) break;
        g = (page << granule_page_shift) + byte * 8 + lowest_bit(free);
        // Most are short, and followed by a live one in the same 64 granules.
        const u64 starts = load<u64>(bits + byte) >> (g & 63) >> 1;
        const u64 live = load<u64>(bits + page_record::live + byte) >> (g & 63) >> 1;
        if (starts != 0 && (live >> lowest_bit(starts) & 1) != 0) {
          const Granule n = lowest_bit(starts) + 1;
          if (n == 1 || (live & 1) == 0) hint(n);  // or it is reserved
          g += n;
          continue;
        }
      }
      if (!is_free(g)) {
        ++g;
        continue;
      }
      Granule n = size_at(g);
      const Granule next = g + n;
      // Where size is all that counts, what stays as it is is filed again, too.
      if (small_code || (has_next(next) && is_free(next))) {
        unfile(g, n);
        Base::clear_words(g, n);
        n += absorb_after(next);
        Base::set_words(g, n);
        file(g, n);
        if (n > best) best = n;
      } else if (n <= small_max) {
        hint(n);
      }
      g += n;
    }
    return best;
  }

  /// Sweeps up to `pages` pages from where the last sweep stopped, until a block of `c` granules turned
  /// up. Returns whether one did.
  [[gnu::noinline]] bool sweep(Granule c, u32 pages) {
    const u32 count = Base::page_count();
    if (pages > count) pages = count;
    for (u32 others = 0; pages != 0; --pages) {
      u32 page = agent().sweep_page;
      if (page >= count) page = 0;
      agent().sweep_page = page + 1;
      if constexpr (Base::shared) {
        if (!Base::is_own(page)) {
          if (++others == count) return false;
          ++pages;
          continue;
        }
      }
      if (sweep_page(page, false) >= c) return true;
    }
    return false;
  }

  /// Merges everything and hints at it afresh, the lowest addresses first. O(heap / 128).
  ALLOT_ONCE_UNLESS_SMALL void merge_all() {
    close_run();
    flush_quick();
    Base::forget_hints();
    if (small_code) {
      sweep(granule_limit, ~0u);
    } else {
      for (u32 page = Base::page_count(); page-- != 0;) sweep_page(page, true);
      agent().high = Base::live_granules();
    }
  }
};

}  // namespace allot
