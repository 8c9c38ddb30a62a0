// Purpose: taking more of the memory under management, and finding room for the records that describe it.
// Floor:   placement.
//
// Records never move once a page is mapped: an agent may read them while another one grows the heap.
// Only the page map and the hint stacks are replaced by larger copies; the entries of a map never
// change, so that an old copy stays right for all the pages that it knows.
#pragma once

#include <allot/placement/records.hpp>

namespace allot {

template <class Place>
class Growth : public Records<Place> {
 public:
  using Base = Records<Place>;
  using Base::Base;
  using typename Base::Address;

 protected:
  using Base::agent;
  using Base::at;
  using Base::clear_records;
  using Base::header;
  using Base::limit;
  using Base::make;
  using Base::map_page;
  using Base::mapped_end;
  using Base::page_count;
  using Base::pages_of;
  using Base::place;
  using Base::record_granules;
  using Base::record_of;

  /// Pages by which the heap grows for the sake of c granules: a part of itself, so that growing often
  /// does not cost more than what is put into it.
  u32 step_for(Granule c) const {
    const u32 needed = pages_of(c);
    const u32 part = page_count() >> Base::step_shift();
    return needed > part ? needed : part + (part == 0);
  }

  /// Takes memory until a free block of `c` granules ends where the heap ends. Returns false when the
  /// memory or a limit refuses; nothing has changed then (memory that was the heap's to take but not
  /// taken yet may have been).
  [[gnu::noinline]] bool extend(Granule c) {
    merge_tail();
    const Granule tail = tail_free();
    const Granule missing = c > tail ? c - tail : 1;
    const u32 needed = pages_of(missing);
    const u32 step = step_for(missing);
    if (take_pages(step, c)) return true;
    return step != needed && take_pages(needed, c);
  }

  /// Takes memory up to the granule `to`, which lies above what the heap has, and leaves it free up to there:
  /// records go behind it. Returns false as extend does.
  [[gnu::noinline]] bool extend_to(Granule to) {
    // What somebody else has grown since cannot be left free.
    if (place().memory.bytes() > header().owned_end &&
        header().origin + (u64{to} << granule_shift) > header().owned_end)
      return false;
    merge_tail();
    const Granule from = header().granules;
    return take_pages(pages_of(to - from), to - from + tail_free(), to);
  }

  /// Makes the memory `pages` pages larger, all of them the heap's to take. Error: out_of_memory, when
  /// the memory or a limit refuses.
  [[gnu::noinline]] Error grow_pages(u64 pages) {
    const u64 have = place().memory.bytes();
    if (pages == 0) return Error::none;
    if (pages > (limit() >> page_shift)) return Error::out_of_memory;
    const u64 to = have + (pages << page_shift);
    if (to > limit()) return Error::out_of_memory;
    if (have == header().owned_end) {
      if (!place().memory.grow(pages)) return Error::out_of_memory;
      header().owned_end = to;  // which may lie elsewhere now: growing can move a memory
      Base::seal();
      return Error::none;
    }
    // Behind what somebody else has grown: the heap must take them now to know that they are its own.
    const u32 count = static_cast<u32>(pages);
    return take_pages_behind(take_available(), count, count, 0, 0) ? Error::none : Error::out_of_memory;
  }

  /// Larger hint stacks for a heap that has grown: 1.4 % of it at most.
  [[gnu::noinline]] void widen_hints() {
    const u32 old_cap = agent().hint_cap;
    // Policy exact has none; and in a small heap larger ones would only part its free memory.
    if (old_cap == 0 || page_count() < 2 * first_hint_cap) return;
    u32 cap = old_cap;
    while (cap < last_hint_cap && cap <= page_count()) cap *= 2;
    if (cap == old_cap) return;
    const RecordRef to = take_records(hint_bytes(cap, sizeof(Address)));
    if (to == 0) return;
    const RecordRef from = agent().hints;
    // What the old stacks hold is found again by the next sweep.
    Base::make_stacks(to, cap);
    // The first stacks are part of the image's own extent; later ones are extents and can be given back.
    if constexpr (Place::inside) {
      if (old_cap != first_hint_cap) give_back_records(from, hint_bytes(old_cap, sizeof(Address)));
    }
    Base::seal();
  }

  /// Image outside: `bytes` more records from their own memory, zeroed; 0 when it refuses.
  RecordRef take_outside(u64 bytes) {
    const RecordRef ref = header().records_top;
    const u64 end = ref + round_up(bytes, granule_bytes);
    const u64 have = place().record_memory_bytes();
    if (end > have && !place().grow_records((end - have + page_bytes - 1) >> page_shift)) return 0;
    header().records_top = end;
    clear_records(ref, end - ref);
    return ref;
  }

  /// Room for records: from their own memory, or a metadata extent cut from what is free now (the heap
  /// never grows for it here). Zeroed. 0 when there is none.
  RecordRef take_records(u64 bytes) {
    if constexpr (!Place::inside) {
      return take_outside(bytes);
    } else {
      const Granule n = record_granules(bytes);
      const u64 found = Base::bin_find(n, 8);
      Granule g = static_cast<Granule>(found);
      if (found != 0) {
        const Granule have = static_cast<Granule>(found >> 32);
        Base::bin_remove(g, have);
        Base::clear_words(g, have);
        if (have != n) {
          make(g + n, have - n, BlockKind::free);
          Base::file(g + n, have - n);
        }
      } else {
        auto& a = agent();
        if (!Base::run_exists() || a.run_end - a.run_begin <= n + small_max) return 0;
        g = a.run_begin;
        a.run_begin = g + n;
        Base::set_bit(g + n, page_record::start);
      }
      make(g, n, BlockKind::metadata);
      header().metadata_bytes += u64{n} << granule_shift;
      const RecordRef ref = Base::address_of(g);
      clear_records(ref, u64{n} << granule_shift);
      return ref;
    }
  }

  /// Free granules that end where the heap ends, as one block or run.
  Granule tail_free() const {
    const Granule end = header().granules;
    if (header().top != mapped_end() || !Base::has_previous(end)) return 0;
    const Granule last = Base::previous_start(end);
    return last == agent().run_begin || Base::is_free(last) ? end - last : 0;
  }

 private:
  void give_back_records(RecordRef ref, u64 bytes) {
    const Granule n = record_granules(bytes);
    const Granule g = static_cast<Granule>((ref - header().origin) >> granule_shift);
    header().metadata_bytes -= u64{n} << granule_shift;
    // Without its mark it is a free block.
    Base::clear_bit(g + 1, page_record::live);
    Base::release(g, n);
  }

  /// Merges the free blocks at the heap's end, to which new memory will be added.
  void merge_tail() {
    const Granule end = header().granules;
    if (tail_free() == 0) return;
    const Granule last = Base::previous_start(end);
    if (last == agent().run_begin) return;
    Base::unfile(last, end - last);
    Base::merge_around(last, end - last);
  }

  /// Bytes of records that `pages` more pages behind a gap of `gap` pages still lack: a larger map, then
  /// page records. Half as many records as there are pages are made in advance: each time new records
  /// have to lie in new memory, they cut it off from the free memory before it.
  u64 map_deficit(u64 pages) const {
    const auto& h = header();
    const u64 needed = page_count() + pages;
    if (needed <= h.page_map_capacity) return 0;
    u64 capacity = u64{h.page_map_capacity} * 2;
    if (capacity < needed + needed / 8) capacity = needed + needed / 8;
    return round_up(capacity * sizeof(Address), granule_bytes);
  }
  u64 pool_deficit(u64 records, u32 spare) const {
    const auto& h = header();
    if (records <= h.pool_count) return 0;
    return (records - h.pool_count + spare) * h.record_bytes;
  }

  /// Whether take_records would find room without cutting into the free memory at the heap's end,
  /// which growth is about to make longer.
  bool has_room_for_records(u64 bytes) const {
    if constexpr (!Place::inside) return true;
    const Granule n = record_granules(bytes);
    const u64 found = Base::bin_find(n, 8);
    if (found != 0)
      return static_cast<Granule>(found) + static_cast<Granule>(found >> 32) != header().granules;
    const auto& a = agent();
    return Base::run_exists() && a.run_end - a.run_begin > n + small_max && a.run_end != header().granules;
  }

  void adopt_records(RecordRef ref, u64 map_bytes, u64 pool_bytes) {
    auto& h = header();
    if (map_bytes != 0) {
      const u32 count = page_count();
      for (u32 page = 0; page < count; ++page)
        store<Address>(at(ref) + static_cast<uintptr_t>(page) * sizeof(Address),
                       load<Address>(at(h.page_map) + static_cast<uintptr_t>(page) * sizeof(Address)));
      h.page_map = ref;
      h.page_map_capacity = static_cast<u32>(map_bytes / sizeof(Address));
    }
    const u32 each = h.record_bytes;
    Base::require(each != 0);
    add_to_pool(ref + map_bytes, pool_bytes / each);
  }

  /// Grows the heap by at least `pages` pages, and enough of them that `c` granules are free at its end.
  bool take_pages(u32 pages, Granule c, Granule clear = 0) {
    if (place().memory.bytes() == header().owned_end) return take_pages_behind(0, ~u32{0}, pages, c, clear);
    // Somebody else grew the memory: what they took is theirs, and lies behind what is ours.
    const u32 available = available_pages();
    if (pages <= available && take_pages_behind(0, available, pages, c, clear)) return true;
    return clear == 0 && take_pages_behind(take_available(), ~u32{0}, pages, c, 0);
  }

  /// Pages that the memory has behind the heap's, and that are the heap's to take.
  u32 available_pages() const { return static_cast<u32>((header().owned_end - mapped_end()) >> page_shift); }

  /// Takes all that is available before somebody else's pages. Returns how many pages the heap leaves out
  /// from then on: theirs, and its own if those are too few to hold the records that they would need.
  u64 take_available() {
    const u32 available = available_pages();
    if (available != 0) take_pages_behind(0, available, available, 0, 0);
    return (place().memory.bytes() - mapped_end()) >> page_shift;
  }

  /// The same behind `gap` pages of somebody else, and at most `most` pages.
  bool take_pages_behind(u64 gap, u32 most, u32 pages, Granule c, Granule clear) {
    const Granule tail = gap == 0 ? tail_free() : 0;
    u64 map = 0;
    u64 pool = 0;
    Granule front = 0;  // records in the new pages: at their start, or behind what is to be left clear
    const Granule start = header().granules + static_cast<Granule>(gap << granule_page_shift);
    const Granule front_at = clear > start ? clear : start;
    u64 granules = 0;
    u32 spare = page_count() < 256 ? page_count() / 2 + 1 : 128;
    for (;;) {
      map = map_deficit(gap + pages);
      pool = pool_deficit(pages + (gap != 0), spare);
      front = 0;
      if (map + pool != 0 && !has_room_for_records(map + pool)) {
        front = record_granules(map + pool);
      }
      granules = front == 0 ? (c > tail ? c - tail : 0) : u64{front} + (clear != 0 ? clear - start : c);
      if (granules <= u64{pages} << granule_page_shift) break;
      if (pages_of(granules) <= most) {
        pages = pages_of(granules);
      } else {
        if (spare == 0) return false;
        spare = 0;  // there is no room for records in advance
      }
    }
    if (!within_limits(gap, pages, granules)) return false;
    if constexpr (!Place::inside) {
      // The memory of the records is asked first: a refusal must find the managed memory as it was.
      const RecordRef room = map + pool != 0 ? take_outside(map + pool) : 0;
      if (map + pool != 0 && room == 0) return false;
      if (room != 0) adopt_records(room, map, pool);
      if (room != 0) Base::seal();
    }
    if (!obtain(gap, pages)) return false;
    if (Place::inside && map + pool != 0) {
      const RecordRef room = front != 0 ? RecordRef{Base::address_of(front_at)} : take_records(map + pool);
      if (front != 0) clear_records(room, map + pool);
      adopt_records(room, map, pool);
    }
    if (gap != 0) map_gap(static_cast<u32>(gap));
    add_pages(pages, front_at, front);
    return true;
  }

  /// Whether `pages` pages behind the gap may be taken, and `granules` of them are inside the span.
  bool within_limits(u64 gap, u64 pages, u64 granules) const {
    const u64 from = mapped_end() + (gap << page_shift);
    return from + (pages << page_shift) <= limit() && from + (granules << granule_shift) <= header().end;
  }

  /// Makes the memory reach `pages` pages behind the gap.
  bool obtain(u64 gap, u32 pages) {
    const u64 to = mapped_end() + ((gap + pages) << page_shift);
    const u64 have = gap == 0 ? header().owned_end : place().memory.bytes();
    if (to > have && !place().memory.grow((to - have) >> page_shift)) return false;
    if (to > header().owned_end) header().owned_end = to;
    return true;
  }

  /// Maps the pages of somebody else: all to one record without a single bit.
  void map_gap(u32 pages) {
    const RecordRef record = next_record();
    store<u32>(at(record) + page_record::flags, page_record::gap);
    u32 page = page_count();
    for (const u32 end = page + pages; page < end; ++page) map_page(page, record);
    header().granules += pages << granule_page_shift;
  }

  /// Makes new memory free and joins it with what is free before it.
  void add_free(Granule from, Granule to) {
    if (agent().run_end == from) {
      agent().run_end = to;
    } else {
      make(from, to - from, BlockKind::free);
      Base::merge_around(from, to - from);
    }
  }

  /// Maps new pages; `front` granules of them are records, from front_at on, the rest is free.
  void add_pages(u32 pages, Granule front_at, Granule front) {
    const Granule g = header().granules;
    u32 page = page_count();
    for (const u32 end = page + pages; page < end; ++page) map_page(page, next_record());
    auto& h = header();
    h.granules = g + (pages << granule_page_shift);
    Granule end = h.granules;
    h.top = h.origin + (u64{end} << granule_shift);
    if (h.top > h.end) {
      // The restricted span ends within its last page.
      end = static_cast<Granule>((h.end - h.origin) >> granule_shift);
      h.top = h.end;
      make(end, h.granules - end, BlockKind::reserved);
    }
    h.managed_bytes += u64{end - g} << granule_shift;
    Granule from = g;
    if (front != 0) {
      make(front_at, front, BlockKind::metadata);
      h.metadata_bytes += u64{front} << granule_shift;
      if (front_at != g) add_free(g, front_at);
      from = front_at + front;
    }
    ++h.grow_count;
    if (from != end) add_free(from, end);
    Base::seal();
  }

 protected:
  /// Links `count` records from `ref` on into the pool, the lowest first.
  void add_to_pool(RecordRef ref, u64 count) {
    auto& h = header();
    h.pool_count += count;
    for (u64 i = count; i-- != 0;) {
      store<u64>(at(ref + i * h.record_bytes), h.pool);
      h.pool = ref + i * h.record_bytes;
    }
  }
  /// A zeroed page record from the pool, which must not be empty.
  RecordRef next_record() {
    auto& h = header();
    const RecordRef record = h.pool;
    h.pool = load<u64>(at(record));
    --h.pool_count;
    clear_records(record, h.record_bytes);
    return record;
  }
};

}  // namespace allot
