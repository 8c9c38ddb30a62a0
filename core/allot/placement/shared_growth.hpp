// Purpose: taking more of the memory under management for several agents, and finding room for the records.
// Floor:   placement. Shared heaps only.
//
// Records lie in whole pages of their own (owner: everybody), filled from below and never given back, so that
// they are never inside an agent's free memory. `granules` is where growth becomes true: it is stored when all
// records of the new pages are there, and who dies before that has not grown the heap.
#pragma once

#include <allot/placement/orphans.hpp>

namespace allot {

template <class Place>
class SharedGrowth : public Orphans<Place> {
 public:
  using Base = Orphans<Place>;
  using Base::Base;
  using typename Base::Address;

 protected:
  using Base::agent;
  using Base::at;
  using Base::header;
  using Base::mapped_end;
  using Base::page_count;
  using Base::pages_of;
  using Base::place;
  using Base::record;

  /// Pages that an agent takes for the sake of c granules: a part of what it has.
  u32 step_for(Granule c) const {
    const u32 needed = pages_of(c);
    const u32 part = agent().pages >> Base::step_shift();
    return needed > part ? needed : part + (part == 0);
  }

  /// Brings this agent pages: free ones, an orphan's, or new ones. Returns false when there are none to be had,
  /// or the lock is not (`missed`). A block of `c` granules may still be lacking when an orphan's came.
  ALLOT_ONCE_UNLESS_SMALL bool extend(Granule c) {
    if (!Base::take_lock()) {
      agent().missed = 1;
      return false;
    }
    const bool extended = extend_alone(c);
    Base::give_lock();
    return extended;
  }

  /// Makes the memory exactly `pages` pages longer, all of them the heap's to take: records that have to be made
  /// for them lie in them. Returns how many pages there were before, or ~error: out_of_memory, lock_held,
  /// not_attached.
  [[gnu::noinline]] u64 grow_pages_from(u64 pages) {
    if (Base::agent_ref() == 0) return refused(Error::not_attached);
    if (pages == 0) return place().memory.bytes() >> page_shift;
    if (!Base::take_lock()) return refused(Error::lock_held);
    const u64 before = grow_pages_alone(pages);
    Base::give_lock();
    return before == no_memory ? refused(Error::out_of_memory) : before >> page_shift;
  }

  /// Makes all orphans' pages this agent's, with what others have freed there, which counts as live until somebody has
  /// taken it in. Returns whether there was an orphan; none where the lock is not to be had.
  [[gnu::noinline]] bool adopt_orphans() {
    if (!Base::take_lock()) return false;
    bool any = false;
    while (Base::adopt_orphan()) any = true;
    Base::give_lock();
    if (any) Base::collect_all();
    return any;
  }

  /// Larger hint stacks for an agent that has grown. The old ones stay where they are, unused.
  [[gnu::noinline]] void widen_hints() {
    auto& a = agent();
    const u32 old_cap = a.hint_cap;
    // Policy exact has none; and what is left behind is lost, so that small agents do without.
    if (old_cap == 0 || a.pages < 4) return;
    const u32 cap = Base::wider_cap(old_cap, a.pages);
    if (cap == old_cap || !Base::hints_at_several() || !Base::take_lock()) return;
    const RecordRef to = take_room(hint_bytes(cap, sizeof(Address)));
    if (to != 0) {
      Base::make_stacks(to, cap);
      Base::seal();
    }
    Base::give_lock();
  }

  /// Nothing is given up: other agents may be about to use what is free.
  u64 release_pages() { return place().memory.bytes() >> page_shift; }

  // --- With the lock held -----------------------------------------------------------------------

  /// Zeroed room for records; 0 when the memory refuses.
  RecordRef take_room(u64 bytes) {
    bytes = round_up(bytes, granule_bytes);
    auto& h = header();
    if (bytes > h.room_bytes && !more_room(bytes)) return 0;
    const RecordRef ref = h.room;
    // Shortened first: who dies in between loses room, but hands none out twice.
    h.room_bytes -= bytes;
    h.room += bytes;
    Base::clear_records(ref, bytes);
    return ref;
  }

  /// Makes sure that all pages from `first` to `end` are there, and this agent's where they were free.
  bool claim_between(u32 first, u32 end) {
    const u32 count = page_count();
    if (end > count && !grow(end - count, true)) return false;
    for (u32 page = first; page < end; ++page) {
      if (!Base::is_free_page(page)) continue;
      Base::take_pages_at(page, 1);
      Base::claim(page, 1);
    }
    return true;
  }

  /// Maps at least `pages` more free pages at the heap's end; they are in the list afterwards. Records that need
  /// pages of their own get the first ones, or the last ones if those must be `clear`. Returns false when the
  /// memory or a limit refuses; nothing has changed then (memory that was the heap's to take but not taken yet
  /// may have been).
  bool grow(u32 pages, bool clear = false) {
    const auto& h = header();
    const u64 have = place().memory.bytes();
    const bool behind = have > h.owned_end;
    // What somebody else has grown since cannot be clear.
    if (behind && clear) return false;
    if (behind && take_available() >= pages) return true;
    const u32 gap = behind ? gap_before(have) : 0;
    u32 total = pages;
    while (total < pages + records_pages(gap, total)) ++total;
    const u64 to = mapped_end() + (u64{gap + total} << page_shift);
    if (to > Base::limit()) return false;
    if (!behind) {
      const u64 owned = h.owned_end;
      if (to <= owned) return map(0, total, clear);
      const u64 more = (to - owned) >> page_shift;
      const u64 before = grow_memory(more, owned);
      if (before == no_memory) return false;
      if (before == owned) return map(0, total, clear);
      // Somebody else grew it at the same time, and lies before what was got here.
      take_available();
      return map_behind(before, static_cast<u32>(more)) && !clear && h.free_pages >= pages;
    }
    return map_behind(place().memory.grow_from(total), total);
  }

  /// For whoever died with a new page map in the making: if others may have seen it, the heap grows to where it has
  /// entries, all of which are there.
  void settle_map() {
    auto& h = header();
    if (h.old_map == 0) return;
    if (h.page_map == h.old_map) {
      h.page_map_capacity = h.old_capacity;
    } else if (h.page_map >= mapped_end()) {
      u32 count = page_count();
      u32 records_at = 0;
      u32 for_records = 0;
      for (; count < h.page_map_capacity && Base::ref_of(count) != 0; ++count) {
        if (Base::owner(count) != page_record::everybody ||
            load<u32>(record(count) + page_record::flags) != 0)
          continue;
        if (for_records++ == 0) records_at = count;
      }
      lengthen_heap(count, records_at, for_records);
    }
    h.old_map = 0;
    h.old_capacity = 0;
  }

 private:
  bool extend_alone(Granule c) {
    const u32 needed = pages_of(c);
    const u32 step = step_for(c);
    if (claim_run(step_of_free(step), needed)) return true;
    if (Base::adopt_orphan()) return true;
    // Free memory at the heap's end needs only be made longer; but records, or somebody else's pages, may come to
    // lie in between, and then what is there is looked at again.
    for (u32 tries = 3; tries != 0; --tries) {
      const u32 free_at_end = Base::free_pages_at_end();
      const u32 first = page_count() - free_at_end;
      const Granule before = free_before(first);
      const u32 lacking = before >= c ? 1 : pages_of(c - before);
      const u32 least = lacking > free_at_end ? lacking - free_at_end : 1;
      const u32 part = page_count() >> Base::step_shift();
      const bool joins = before + free_at_end != 0 && place().memory.bytes() == header().owned_end;
      if (!grow(least > part ? least : part, joins) && (least >= part || !grow(least, joins))) return false;
      if (claim_run(step, needed)) return true;
      if (!Base::is_free_page(first)) continue;
      if (Base::run_length(first) < lacking) continue;
      Base::take_pages_at(first, lacking);
      Base::claim(first, lacking);
      return true;
    }
    return false;
  }

  /// What nobody has costs nobody anything: half of it is taken, if that is no more than this agent would keep.
  u32 step_of_free(u32 step) const {
    const u32 most = (agent().pages >> 1) + 8;
    const u32 half = header().free_pages >> 1;
    const u32 pages = half < most ? half : most;
    return pages > step ? pages : step;
  }

  bool claim_run(u32 wanted, u32 least) {
    const u64 run = Base::take_free_run(wanted, least);
    if (run == 0) return false;
    Base::claim(static_cast<u32>(run), static_cast<u32>(run >> 32));
    return true;
  }

  /// Granules that are free in this agent's memory right before a page.
  Granule free_before(u32 page) const {
    if (page == 0 || !Base::is_own(page - 1)) return 0;
    const Granule end = Base::first_granule(page);
    const Granule last = Base::previous_start(end);
    return last == agent().run_begin || Base::is_free(last) ? end - last : 0;
  }

  static constexpr u64 no_memory = ~u64{0};
  static constexpr u64 refused(Error error) { return ~u64{static_cast<u32>(error)}; }

  /// As grow_pages_from, in bytes; or no_memory.
  u64 grow_pages_alone(u64 pages) {
    const u64 have = place().memory.bytes();
    if (pages > (Base::limit() >> page_shift) || have + (pages << page_shift) > Base::limit())
      return no_memory;
    const u32 count = static_cast<u32>(pages);
    if (have == header().owned_end) {
      const u64 before = grow_memory(pages, have);
      if (before == have || before == no_memory) return before;
      take_available();
      return map_behind(before, count) ? before : no_memory;
    }
    // Behind what somebody else has grown: the heap must take them now to know that they are its own.
    take_available();
    if (records_pages(gap_before(have), count) > count) return no_memory;
    const u64 before = place().memory.grow_from(pages);
    return map_behind(before, count) ? before : no_memory;
  }

  /// Makes the memory longer, which ends where the heap's part of it does. Returns where it ended before; or
  /// no_memory, with nothing changed. If somebody else has grown it at the same time, what was got is not the
  /// heap's to take before it is mapped.
  u64 grow_memory(u64 pages, u64 owned) {
    auto& h = header();
    // What a dead agent has grown is told by this from what somebody else has.
    h.growing = static_cast<u32>((owned >> page_shift) + pages);
    const u64 before = place().memory.grow_from(pages);
    if (before == owned) h.owned_end = owned + (pages << page_shift);
    h.growing = 0;
    if (before == owned) Base::seal();
    return before;
  }

  /// Maps what the heap may take before somebody else's pages, up to its limit. Returns how many pages it was.
  u32 take_available() {
    const u64 owned = header().owned_end;
    const u64 limit = Base::limit();
    const u64 end = owned < limit ? owned : limit;
    if (end <= mapped_end()) return 0;
    const u32 available = gap_before(end);
    return map(0, available, false) ? available : 0;
  }
  /// Maps `total` pages that the memory got at `before`, or none if that is no_memory. False, and nobody uses them, when
  /// they lie beyond the heap's limit: somebody else has grown the memory after that was compared with it.
  bool map_behind(u64 before, u32 total) {
    const u64 limit = Base::limit();
    if (before > limit || limit - before < u64{total} << page_shift) return false;
    return map(gap_before(before), total, false);
  }
  u32 gap_before(u64 address) const { return static_cast<u32>((address - mapped_end()) >> page_shift); }

  /// A page for records from the free ones, or new ones.
  bool more_room(u64 bytes) {
    const u32 pages = static_cast<u32>((bytes + page_bytes - 1) >> page_shift);
    u64 run = Base::take_free_run(pages, pages);
    if (run == 0) {
      if (!grow(pages)) return false;
      if (bytes <= header().room_bytes) return true;
      run = Base::take_free_run(pages, pages);
      if (run == 0) return false;
    }
    const u32 first = static_cast<u32>(run);
    make_room(first, pages);
    header().metadata_bytes += u64{pages} << page_shift;
    header().room_bytes = 0;
    header().room = Base::address_of(Base::first_granule(first));
    header().room_bytes = u64{pages} << page_shift;
    Base::seal();
    return true;
  }

  /// Marks pages as records'. The bits come first: pages of everybody's always have them.
  void make_room(u32 first, u32 pages) {
    Base::make(Base::first_granule(first), pages << granule_page_shift, BlockKind::metadata);
    for (u32 page = first + pages; page-- != first;) Base::set_owner(page, page_record::everybody);
  }

  /// The last part of mapping pages: the page map has entries for `count` of them.
  void lengthen_heap(u32 count, u32 records_at, u32 for_records) {
    if (for_records != 0)
      Base::make(Base::first_granule(records_at), for_records << granule_page_shift, BlockKind::metadata);
    Base::pointer_to(header().granules).template atomic_set<u32>(count << granule_page_shift);
  }

  /// Bytes of a larger page map, if the one there is cannot take so many more pages.
  u64 map_bytes(u64 pages) const {
    const auto& h = header();
    const u64 needed = page_count() + pages;
    if (needed <= h.page_map_capacity) return 0;
    u64 capacity = u64{h.page_map_capacity} * 2;
    if (capacity < needed + needed / 8) capacity = needed + needed / 8;
    return round_up(capacity * sizeof(Address), granule_bytes);
  }

  /// How many of `total` new pages behind a gap have to hold records: a larger map, and the page records that
  /// there is no room for so far.
  u32 records_pages(u32 gap, u32 total) const {
    const auto& h = header();
    const u64 map = map_bytes(u64{gap} + total);
    const u64 records = u64{total} + (gap != 0);
    const u32 each = Base::record_bytes();
    const u64 fit = h.room_bytes / each;
    const u64 bytes = map + (records > fit ? records - fit : 0) * each;
    return static_cast<u32>((bytes + page_bytes - 1) >> page_shift);
  }

  /// Maps `total` pages behind a gap: the memory has them. False, with nothing changed, when they could not even
  /// hold their own records.
  bool map(u32 gap, u32 total, bool clear) {
    auto& h = header();
    const u32 for_records = records_pages(gap, total);
    if (for_records > total) return false;
    const u32 old_count = page_count();
    const u32 first = old_count + gap;  // of the new pages
    const u32 records_at = clear ? first + total - for_records : first;
    RecordRef next = h.origin + (u64{records_at} << page_shift);
    const RecordRef end_of_room = next + (u64{for_records} << page_shift);
    Base::clear_records(next, end_of_room - next);
    const u64 map = map_bytes(u64{gap} + total);
    RecordRef entries = h.page_map;
    const auto map_page = [&](u32 page, RecordRef ref) {
      store<Address>(at(entries) + static_cast<uintptr_t>(page) * sizeof(Address), static_cast<Address>(ref));
    };
    if (map != 0) {
      entries = next;
      for (u32 page = 0; page < old_count; ++page) map_page(page, Base::ref_of(page));
      // A repair finds by these whether others have seen the new one.
      h.old_capacity = h.page_map_capacity;
      h.old_map = h.page_map;
      h.page_map_capacity = static_cast<u32>(map / sizeof(Address));
      next += map;
    }
    const auto next_record = [&]() -> RecordRef {
      const u32 bytes = Base::record_bytes();
      if (h.room_bytes >= bytes) {
        const RecordRef ref = h.room;
        h.room_bytes -= bytes;
        h.room += bytes;
        Base::clear_records(ref, bytes);
        return ref;
      }
      const RecordRef ref = next;
      next += bytes;
      return ref;
    };
    if (gap != 0) {
      const RecordRef gap_record = next_record();
      store<u32>(at(gap_record) + page_record::flags, page_record::gap);
      store<u32>(at(gap_record) + page_record::owner, page_record::everybody);
      store<u32>(at(gap_record) + page_record::page, old_count + 1);
      for (u32 page = old_count; page < first; ++page) map_page(page, gap_record);
    }
    for (u32 page = first; page < first + total; ++page) {
      const RecordRef ref = next_record();
      store<u32>(at(ref) + page_record::page, page + 1);
      if (page - records_at < for_records)
        (at(ref) + page_record::owner).template atomic_set<u32>(page_record::everybody);
      map_page(page, ref);
    }
    // Whoever sees the new one sees what is in it. It is never taken back: somebody may be about to read it.
    if (map != 0) Base::pointer_to(h.page_map).template atomic_set<u64>(entries);
    lengthen_heap(first + total, records_at, for_records);
    const Granule granules = (first + total) << granule_page_shift;
    if (h.owned_end < mapped_end()) h.owned_end = mapped_end();
    h.top = h.origin + (u64{granules} << granule_shift);
    h.managed_bytes += u64{total} << page_shift;
    h.metadata_bytes += u64{for_records} << page_shift;
    ++h.grow_count;
    if (next != end_of_room) {
      h.room_bytes = 0;
      h.room = next;
      h.room_bytes = end_of_room - next;
    }
    h.old_map = 0;
    h.old_capacity = 0;
    Base::insert_run(clear ? first : first + for_records, total - for_records);
    Base::seal();
    return true;
  }
};

}  // namespace allot
