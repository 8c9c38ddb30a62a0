// Purpose: the pages that nobody owns: handing them to an agent and taking them back.
// Floor:   placement. Shared heaps only. Everything here but `give_idle` happens with the lock held.
//
// Free pages form runs, kept in a list in the order of their addresses; length and link lie in the record of a
// run's first page. The list is made anew from the pages' owners when an agent died with the lock in its hands.
//
// An agent's blocks never reach into pages of another's. So the start bits of a page say where the blocks before
// it end as long as the page has the same owner, and where the owner changes a block ends by that.
#pragma once

#include <allot/placement/records.hpp>

namespace allot {

template <class Place>
class FreePages : public Records<Place> {
 public:
  using Base = Records<Place>;
  using Base::Base;
  using typename Base::Pointer;

 protected:
  using Base::agent;
  using Base::header;
  using Base::page_count;
  using Base::record;

  static constexpr u32 class_of_all = 64;

  /// Whoever sees the new owner sees what was stored before.
  ALLOT_ONCE_IF_SMALL void set_owner(u32 page, u32 owner) {
    (record(page) + page_record::owner).template atomic_set<u32>(owner);
  }
  /// Takes the start bit of a page away that its owner has just given up: whoever sees that sees whose page it is.
  void clear_first_start(u32 page) {
    const Pointer at = record(page) + page_record::start;
    at.template atomic_set<u8>(static_cast<u8>(load<u8>(at) & ~1u));
  }
  u32 owner(u32 page) const { return Base::owner_of(record(page)); }
  static constexpr Granule first_granule(u32 page) { return page << granule_page_shift; }

  // --- The list ---------------------------------------------------------------------------------

  u32 run_length(u32 first) const { return load<u32>(record(first) + page_record::run_pages); }
  u32 run_after(u32 first) const { return load<u32>(record(first) + page_record::run_next); }
  void set_run(u32 first, u32 pages, u32 next) {
    store<u32>(record(first) + page_record::run_pages, pages);
    store<u32>(record(first) + page_record::run_next, next);
  }
  /// Lets the run before (its first page + 1; 0: the header) continue with `next`.
  void link_run(u32 before, u32 next) {
    if (before == 0)
      header().free_run = next;
    else
      store<u32>(record(before - 1) + page_record::run_next, next);
  }
  void clear_run(u32 first) { set_run(first, 0, 0); }

  /// Enters free pages, whose records are all zero, merging them with the runs beside them.
  void insert_run(u32 first, u32 pages) {
    if (pages == 0) return;
    header().free_pages += pages;
    u32 before = 0;
    u32 next = header().free_run;
    while (next != 0 && next - 1 < first) {
      before = next;
      next = run_after(next - 1);
    }
    if (next != 0 && next - 1 == first + pages) {
      const u32 following = next - 1;
      pages += run_length(following);
      next = run_after(following);
      clear_run(following);
    }
    if (before != 0 && before - 1 + run_length(before - 1) == first) {
      set_run(before - 1, run_length(before - 1) + pages, next);
      return;
    }
    set_run(first, pages, next);
    link_run(before, first + 1);
  }

  /// Takes `wanted` pages out of the list, or as many as there are in one run but `least`. Returns the number of
  /// pages << 32 | the first one; 0 when there is no such run (page 0 is never free: the image lies there).
  u64 take_free_run(u32 wanted, u32 least) {
    if (header().free_pages < least) return 0;
    u32 best = 0;
    u32 best_before = 0;
    u32 most = 0;
    u32 before = 0;
    for (u32 next = header().free_run; next != 0; before = next, next = run_after(next - 1)) {
      const u32 pages = run_length(next - 1);
      if (pages <= most) continue;
      best = next;
      best_before = before;
      most = pages;
      if (pages >= wanted) break;
    }
    if (most < least) return 0;
    const u32 pages = most < wanted ? most : wanted;
    take_from_run(best - 1, best_before, pages);
    return u64{pages} << 32 | (best - 1);
  }

  /// Takes the given free pages out of the list.
  void take_pages_at(u32 first, u32 pages) {
    u32 before = 0;
    for (u32 next = header().free_run; next != 0; before = next, next = run_after(next - 1)) {
      const u32 length = run_length(next - 1);
      if (first >= next - 1 + length) continue;
      const u32 skipped = first - (next - 1);
      if (skipped != 0) {
        const u32 after = run_after(next - 1);
        set_run(first, length - skipped, after);
        set_run(next - 1, skipped, first + 1);
        before = next;
      }
      return take_from_run(first, before, pages);
    }
  }

  /// How many pages of the list end where the heap ends.
  u32 free_pages_at_end() const {
    for (u32 next = header().free_run; next != 0; next = run_after(next - 1))
      if (next - 1 + run_length(next - 1) == page_count()) return run_length(next - 1);
    return 0;
  }

  /// Makes the list anew from the owners, and the records of free pages all zero.
  void rebuild_runs() {
    header().free_run = 0;
    header().free_pages = 0;
    u32 last = 0;
    for (u32 page = 0; page < page_count();) {
      u32 end = page;
      while (end < page_count() && Base::is_free_page(end)) clear_record(end++);
      if (end == page) {
        ++page;
        continue;
      }
      set_run(page, end - page, 0);
      link_run(last, page + 1);
      header().free_pages += end - page;
      last = page + 1;
      page = end;
    }
  }

  void clear_record(u32 page) { Base::clear_records(ref_of(page), Base::record_bytes()); }

  RecordRef ref_of(u32 page) const {
    return load<typename Base::Address>(Base::at(header().page_map) +
                                        static_cast<uintptr_t>(page) * sizeof(typename Base::Address));
  }

  // --- Owners -----------------------------------------------------------------------------------

  /// Makes pages taken out of the list this agent's, and files them as one free block.
  void claim(u32 first, u32 pages) {
    auto& a = agent();
    const Granule g = first_granule(first);
    const Granule n = pages << granule_page_shift;
    // What ends before the page must end there still when the page has the same owner.
    Base::set_bit(g, page_record::start);
    for (u32 page = first; page < first + pages; ++page) set_owner(page, a.id + 1);
    a.pages += pages;
    Base::set_words(g, n);
    Base::merge_around(g, n);
  }

  /// Gives up the whole pages inside the free block at `g`, of n granules and in no bin, and files the rest.
  /// At most `most` pages, the last ones.
  void give_pages(Granule g, Granule n, u32 most) {
    auto& a = agent();
    const Granule end = g + n;
    u32 first = Base::pages_of(g);
    const u32 last = end >> granule_page_shift;
    if (last - first > most) first = last - most;
    const Granule from = first_granule(first);
    const Granule to = first_granule(last);
    forget_hints_between(from, to);
    Base::clear_words(g, n);
    if (to != end) Base::set_bit(to, page_record::start);
    for (u32 page = first; page < last; ++page) {
      // What a program freed twice may have left here must not free what comes here next.
      clear_remote_bits(page);
      set_owner(page, page_record::nobody);
    }
    clear_first_start(first);
    for (u32 page = first; page < last; ++page)
      if (Base::exact()) clear_run(page);
    a.pages -= last - first;
    insert_run(first, last - first);
    if (g != from) {
      Base::set_words(g, from - g);
      Base::file(g, from - g);
    }
    if (to != end) {
      Base::set_words(to, end - to);
      Base::file(to, end - to);
    }
  }

  /// Gives pages up while this agent has more free ones than it is likely to need soon.
  void give_idle() {
    if (agent().binned > idle_limit(1)) [[unlikely]]
      give_more_than(idle_limit(2));
  }
  /// Gives up the pages inside its longest free blocks until no more than `keep` granules are free.
  /// With `has_lock`, gives the lock back, too.
  [[gnu::noinline]] bool give_more_than(Granule keep, bool has_lock = false) {
    while (agent().binned > keep) {
      const u64 longest = longest_block();
      const Granule g = static_cast<Granule>(longest);
      const Granule n = static_cast<Granule>(longest >> 32);
      const u32 first = Base::pages_of(g);
      const u32 last = (g + n) >> granule_page_shift;
      if (longest == 0 || first >= last) break;
      if (!has_lock && !Base::take_lock()) return false;
      has_lock = true;
      Base::bin_remove(g, n);
      const u32 excess = (agent().binned + n - keep + granules_per_page - 1) >> granule_page_shift;
      give_pages(g, n, excess);
    }
    if (has_lock) Base::give_lock();
    return true;
  }

  /// What `place` returns while all free pages are this agent's, which are given back behind it; granule_limit where the
  /// lock is not to be had. Others wait for the lock meanwhile. O(pages).
  template <class Placed>
  Granule with_all_pages(Placed place) {
    if (!Base::take_lock()) {
      agent().missed = 1;
      return granule_limit;
    }
    while (header().free_run != 0) {
      const u64 run = take_free_run(page_count(), 1);
      claim(static_cast<u32>(run), static_cast<u32>(run >> 32));
    }
    const Granule g = place();
    give_more_than(0, true);
    return g;
  }

  void clear_remote_bits(u32 page) {
    const Pointer summary = record(page) + page_record::summary;
    if (load<u64>(summary) == 0) return;
    summary.template exchange<u64>(0);
    for (u32 i = 0; i < Base::words_per_page; ++i) {
      const Pointer word = record(page) + page_record::remote + i * 8;
      if (load<u64>(word) != 0) word.template exchange<u64>(0);
    }
  }

 private:
  /// Granules in bins: a half (1) or a quarter (2) of what the agent has, and a MiB. It gives up what is above the
  /// latter when it is above the former: pages of which it needs now some more and now some less stay.
  Granule idle_limit(u32 part) const {
    return (agent().pages << granule_page_shift >> part) + 16 * granules_per_page;
  }

  void take_from_run(u32 first, u32 before, u32 pages) {
    const u32 left = run_length(first) - pages;
    const u32 next = run_after(first);
    clear_run(first);
    if (left != 0) set_run(first + pages, left, next);
    link_run(before, left != 0 ? first + pages + 1 : next);
    header().free_pages -= pages;
  }

  /// A block of the highest bin, as length << 32 | granule; 0 when the bins are empty.
  u64 longest_block() const {
    const auto& a = agent();
    const u32 octaves = a.octaves;
    if (octaves == 0) return 0;
    const u32 octave = highest_bit(octaves);
    const u32 bins = a.bins[octave];
    Base::require(bins != 0);
    const u32 bin = octave * bins_per_octave + highest_bit(bins);
    const Granule g = a.heads[bin] - 1;
    return u64{Base::size_at(g)} << 32 | g;
  }

  /// Hints are believed only for pages that are this agent's: those for others go.
  void forget_hints_between(Granule from, Granule to) {
    for (Granule size = 1; size <= small_max; ++size) {
      const auto bottom = Base::bottom_of(size);
      const auto top = Base::top(size);
      auto kept = bottom;
      for (auto ref = bottom; ref != top;) {
        ref += Base::place_bytes;
        const Granule g = Base::hinted(Base::at(ref));
        if (g >= from && g < to) continue;
        kept += Base::place_bytes;
        if (kept != ref) Base::set_hint(Base::at(kept), g, Base::hinted_bits(Base::at(ref)));
      }
      if (kept != top) Base::set_top(size, kept);
    }
  }
};

}  // namespace allot
