// Purpose: the pages of agents that have gone: making them consistent, and making them another agent's.
// Floor:   placement. Shared heaps only; everything here happens with the lock held.
//
// The bits are the truth: whatever an agent was doing when it ended, its live blocks have their two bits and a
// start bit where they end. So its pages can be read from the bits alone, and nothing else of it is needed.
#pragma once

#include <allot/placement/free_pages.hpp>

namespace allot {

template <class Place>
class Orphans : public FreePages<Place> {
 public:
  using Base = FreePages<Place>;
  using Base::Base;
  using typename Base::Agent;
  using typename Base::Pointer;

 protected:
  using Base::agent;
  using Base::clear_bit;
  using Base::first_granule;
  using Base::header;
  using Base::is_live;
  using Base::is_start;
  using Base::page_count;
  using Base::record;
  using Base::set_bit;
  using Base::set_owner;

  /// Agent records' `state`.
  static constexpr u32 unused = 0;
  static constexpr u32 in_use = 1;
  static constexpr u32 dying = 2;  // it is being attached, detached or reaped
  static constexpr u32 orphan = 3;  // its agent has gone, its blocks live on
  using Base::adopted;

  bool is_state(u32 id, u32 state) const {
    return Base::agent_exists(id) && Base::agent_at(id).state == state;
  }

  /// An agent's record as it is when it owns nothing. Its hint stacks stay its own, and so does its peak: whoever has its
  /// number next goes on from there, so that the sum of all peaks is never less than the heap's.
  void clear_agent(Agent& a) {
    a.pending = 0;
    a.run_begin = granule_limit;
    a.run_end = granule_limit;
    a.room = 0;
    a.last_cut = 0;
    a.watermark = 0;
    a.high = 0;
    a.share = 0;
    a.pages = 0;
    a.kept = 0;
    a.reserved = 0;
    a.missed = 0;
    a.sweep_page = 0;
    forget_filed(a);
  }
  /// All that is found through bins, places and hints.
  void forget_filed(Agent& a) {
    a.octaves = 0;
    a.binned = 0;
    a.front_length = 0;
    for (Granule size = 1; size <= small_max; ++size) empty_stack(a, size, Base::bottom_in(a, size));
    // An agent that ended while its stacks became larger may not have marked where they end.
    const auto last =
        Base::bottom_in(a, small_max) + (Base::places_of(small_max, a.hint_cap) + 1) * Base::place_bytes;
    Base::set_hint(Base::at(last), 0, Base::stack_end);
    for (u32 i = 0; i <= bin_octaves; ++i) a.bins[i] = 0;
    for (u32 i = 0; i < bin_count; ++i) a.heads[i] = 0;
    for (u32 i = 0; i < quick_bins; ++i) a.quick_count[i] = 0;
    for (u32 i = 0; i < quick_bins * quick_depth; ++i)
      if (a.quick[i] != 0) a.quick[i] = 0;
  }

  void empty_stack(Agent& a, Granule size, typename Base::Address bottom) {
    Base::set_hint(Base::at(bottom), 0, Base::stack_end);
    Base::set_top(a, size, bottom);
  }

  // --- Becoming another agent's -------------------------------------------------------------------

  /// Makes an orphan's pages this agent's. Returns whether there was one.
  ALLOT_ONCE_UNLESS_SMALL bool adopt_orphan() {
    for (u32 id = 0; id < agent_capacity; ++id) {
      if (!is_state(id, orphan)) continue;
      auto& from = Base::agent_at(id);
      auto& a = agent();
      from.adopter = a.id + 1;
      from.state = adopted;
      file_free(id + 1);
      change_owner(id + 1, a.id + 1);
      Base::note_live(Base::live_of(from));
      if (a.peak < Base::live_granules()) a.peak = Base::live_granules();
      if (a.share != ~u32{0}) a.share += from.share;
      a.pages += from.pages;
      a.kept += from.kept;
      a.reserved += from.reserved;
      retire(from);
      merge_across_pages();
      // Whoever has freed there lately told the old owner.
      Base::pointer_to(a.remote_mask).template fetch_or<u64>(~u64{0});
      return true;
    }
    return false;
  }

  void retire(Agent& a) {
    clear_agent(a);
    // Whoever sees this sees that its pages are others'.
    Base::pointer_to(a.state).template atomic_set<u32>(unused);
  }

  void change_owner(u32 from, u32 to) {
    for (u32 page = 0; page < page_count(); ++page)
      if (Base::owner(page) == from) set_owner(page, to);
  }

  /// Enters the free blocks in an owner's pages into this agent's bins and stacks.
  void file_free(u32 owner) {
    for (u32 page = 0; page < page_count(); ++page) {
      if (Base::owner(page) != owner) continue;
      const Granule end = first_granule(page + 1);
      for (Granule g = page == 0 ? Base::begin_granule() : first_granule(page); g < end;) {
        if (!is_start(g)) {
          // Inside a block that began in a page before.
          g = Base::next_start(g, end - g);
          continue;
        }
        const Granule n = Base::size_at(g);
        if (Base::is_free(g)) Base::file(g, n);
        g += n;
      }
    }
  }

  /// Free blocks on both sides of a page's beginning become one, where both pages are this agent's.
  void merge_across_pages() {
    for (u32 page = 1; page < page_count(); ++page) {
      const Granule g = first_granule(page);
      if (!Base::is_own(page) || !Base::has_previous(g) || !is_start(g) || !Base::is_free(g)) continue;
      if (!Base::is_free(Base::previous_start(g))) continue;
      const Granule n = Base::size_at(g);
      Base::unfile(g, n);
      Base::merge_around(g, n);
    }
  }

  // --- Making consistent --------------------------------------------------------------------------

  /// Makes the pages of an agent that has ended somewhere consistent, gives the free ones to nobody, and counts
  /// the rest again. What it was allocating is freed: returns the granule + 1 of that, or 0. Whoever ends in here
  /// leaves pages of which the same can be said again. The list of free pages is not right afterwards.
  [[gnu::noinline]] u32 restore(Agent& dead) {
    const u32 tag = dead.id + 1;
    u32 lost = dead.pending;
    if (lost != 0) {
      const Granule g = lost - 1;
      if (g < header().granules && Base::owner_of(Base::record_of(g)) == tag && is_start(g) && is_live(g))
        clear_bit(g, page_record::live);
      else
        lost = 0;
      dead.pending = 0;
    }
    dead.run_begin = granule_limit;
    dead.run_end = granule_limit;
    forget_filed(dead);
    dead.watermark = 0;
    dead.room = 0;
    dead.pages = 0;
    dead.kept = 0;
    dead.reserved = 0;
    for (u32 page = 0; page < page_count();) {
      u32 end = page;
      while (end < page_count() && Base::owner(end) == tag) take_remote_frees(end++);
      if (end == page) {
        ++page;
        continue;
      }
      restore_run(dead, page, end);
      page = end;
    }
    for (u32 page = 0; page < page_count(); ++page) dead.pages += Base::owner(page) == tag;
    // What lies below the heap's beginning belongs to no block.
    if (Base::owner(0) == tag) dead.kept += Base::begin_granule();
    const u32 live = Base::live_of(dead);
    dead.watermark = live;
    dead.room = 0;
    if (dead.peak < live) dead.peak = live;
    dead.share = live;
    return lost;
  }

 private:
  void take_remote_frees(u32 page) {
    const Granule first = first_granule(page);
    for (u32 i = 0; i < Base::words_per_page; ++i) {
      const Pointer word = record(page) + page_record::remote + i * 8;
      const u64 bits = word.template atomic_get<u64>();
      if (bits == 0) continue;
      for (u64 left = bits; left != 0; left &= left - 1) {
        const Granule g = first + i * 64 + lowest_bit(left);
        if (is_start(g) && is_live(g)) clear_bit(g, page_record::live);
      }
      word.template fetch_and<u64>(~bits);
    }
  }

  /// The same for pages [page, end), one behind the other.
  void restore_run(Agent& dead, u32 page, u32 end) {
    Granule g = page == 0 ? Base::begin_granule() : first_granule(page);
    const Granule stop = first_granule(end);
    Granule free_from = g;
    while (g < stop) {
      const Granule next = Base::next_start(g, stop - g);
      const BlockKind kind = is_start(g) ? kept_kind(g, next - g) : BlockKind::free;
      if (kind != BlockKind::free) {
        if (free_from != g) restore_free(free_from, g);
        restore_kept(dead, g, next - g, kind);
        free_from = next;
      }
      g = next;
    }
    if (free_from != stop) restore_free(free_from, stop);
  }

  BlockKind kept_kind(Granule g, Granule n) const {
    const BlockKind kind = Base::kind_at(g);
    if (kind == BlockKind::metadata && n <= small_max) return BlockKind::free;
    if (kind == BlockKind::reserved && n < reserved_min) return BlockKind::free;
    return kind;
  }

  void restore_kept(Agent& dead, Granule g, Granule n, BlockKind kind) {
    const Granule marks = kind == BlockKind::reserved ? 3 : kind == BlockKind::metadata ? 2 : 1;
    clear_bits(g + marks, g + n, page_record::live);
    Base::set_words(g, n);
    if (kind == BlockKind::live) {
      dead.room -= n;
    } else {
      dead.kept += n;
      if (kind == BlockKind::reserved) dead.reserved += n;
    }
  }

  /// What is free from `from` to `to` becomes one block, but for the whole pages in it.
  void restore_free(Granule from, Granule to) {
    set_bit(from, page_record::start);
    clear_bits(from, to, page_record::live);
    clear_bits(from + 1, to, page_record::start);
    const u32 first = Base::pages_of(from);
    const u32 last = to >> granule_page_shift;
    if (first >= last) return Base::set_words(from, to - from);
    const Granule inner = first_granule(first);
    const Granule behind = first_granule(last);
    if (behind != to) {
      set_bit(behind, page_record::start);
      Base::set_words(behind, to - behind);
    }
    for (u32 page = first; page < last; ++page) {
      Base::clear_remote_bits(page);
      set_owner(page, page_record::nobody);
    }
    if (inner == from)
      Base::clear_first_start(first);
    else
      Base::set_words(from, inner - from);
  }

  void clear_bits(Granule from, Granule to, u32 bitmap) {
    while (from < to) {
      const Granule word_end = (from | 63) + 1;
      const Granule end = word_end < to ? word_end : to;
      const u64 mask = (~u64{0} << (from & 63)) & (~u64{0} >> (63 - ((end - 1) & 63)));
      const Pointer at = Base::record_of(from) + bitmap + (Base::bit_byte(from) & ~7u);
      // Where bits of live blocks lie beside it: byte by byte would do no more.
      if (const u64 bits = load<u64>(at); bits & mask) store<u64>(at, bits & ~mask);
      from = end;
    }
  }
};

}  // namespace allot
