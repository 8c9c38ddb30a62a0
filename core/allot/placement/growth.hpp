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
  using typename Base::Ref;

 protected:
  using Base::agent;
  using Base::at;
  using Base::clear_records;
  using Base::header;
  using Base::limit;
  using Base::make;
  using Base::map_page;
  using Base::page_count;
  using Base::pages_of;
  using Base::place;
  using Base::record_granules;
  using Base::size_at;

  /// Pages by which the heap grows for the sake of c granules: a part of itself, so that growing often
  /// does not cost more than what is put into it.
  u32 step_for(Granule c) const {
    const u32 needed = Base::pages_for(c);
    const u32 part = page_count() >> Base::step_shift();
    return needed > part ? needed : part + (part == 0);
  }

  /// Takes memory, most of the time so much that a free block of `c` granules ends where the heap ends then; call it
  /// until one does. Returns false when the memory or a limit refuses; nothing has changed then.
  ALLOT_ONCE_UNLESS_SMALL bool extend(Granule c) {
    const Granule tail = merge_tail();
    u32 gap = 0;
    if (place().memory.bytes() != header().owned_end) {
      // Somebody else grew the memory: what they took is theirs, and lies behind what is ours.
      if (take_available()) return true;
      gap = foreign_pages();
    }
    const Granule missing = c > tail ? c - tail : 1;
    const u32 needed = Base::pages_for(missing);
    for (u32 pages = step_for(missing);; pages = needed) {
      if (take_pages_behind(gap, ~u32{0}, pages, c, 0)) return true;
      if (pages == needed) return false;
    }
  }

  /// Takes memory up to the granule `to`, which lies above what the heap has, and leaves it free up to there:
  /// records go behind it. Returns false as extend does.
  [[gnu::noinline]] bool extend_to(Granule to) {
    // What somebody else has grown since cannot be left free.
    if (place().memory.bytes() > header().owned_end &&
        header().origin + (u64{to} << granule_shift) > header().owned_end)
      return false;
    const Granule tail = merge_tail();
    const Granule from = header().granules;
    return take_pages_behind(0, place().memory.bytes() == header().owned_end ? ~u32{0} : available_pages(),
                             pages_of(to - from), to - from + tail, to);
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
    take_available();
    return take_pages_behind(foreign_pages(), count, count, 0, 0) ? Error::none : Error::out_of_memory;
  }

  /// Larger hint stacks for a heap that has grown: 6 % of two pages, 1.3 % of two MiB, 0.3 % of 32. Not while blocks of
  /// one size are all that it hands out: any of them serves any request, so that a sweep of one page finds many.
  [[gnu::noinline]] void widen_hints() {
    const u32 old_cap = agent().hint_cap;
    if (Base::exact()) return;
    // Where merging leaves few blocks, the stacks of a heap of a quarter of the size do.
    const u32 pages = Base::merges_at_once() ? page_count() / 4 : page_count();
    const u32 cap = Base::wider_cap(old_cap, pages);
    if (cap == old_cap || !Base::hints_at_several()) return;
    const Ref to = take_records(hint_bytes(cap, sizeof(Address)));
    if (to == 0) return;
    const Ref from = static_cast<Ref>(agent().hints);
    // What the old stacks hold is found again by the next sweep.
    Base::make_stacks(to, cap);
    // The first stacks are part of the image's own extent; later ones are extents and can be given back.
    if constexpr (Place::inside) {
      if (old_cap != first_hint_cap) give_back_records(from);
    }
    Base::seal();
  }

  /// Image outside: `bytes` more records from their own memory, zeroed; 0 when it refuses.
  Ref take_outside(u64 bytes) {
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
  Ref take_records(Ref bytes) {
    if constexpr (!Place::inside) {
      return take_outside(bytes);
    } else {
      const Granule n = record_granules(bytes);
      const Granule g = find_room(n, granule_limit, false);
      return g != 0 ? take_room(g, n) : 0;
    }
  }

  /// Free granules that end where the heap ends, as one block or run.
  Granule tail_free() const {
    const Granule end = header().granules;
    if (!Base::has_previous(end)) return 0;
    const Granule last = Base::previous_start(end);
    return Base::kind_at(last) == BlockKind::free ? end - last : 0;
  }

 private:
  // --- Records inside -----------------------------------------------------------------------------

  /// Where n granules of records may lie in what is free, but not in the block that ends at `end`; or 0, where
  /// the image lies or nothing. `anywhere`: also where a longer block is cut for them than that one.
  Granule find_room(Granule n, Granule end, bool anywhere) const {
    u64 found = Base::bin_find(n, 8);
    if (!small_code && anywhere && ends_at(found, end))
      found = Base::bin_find(static_cast<Granule>(found >> 32) + 1, 8);
    if (found != 0) return ends_at(found, end) ? 0 : static_cast<Granule>(found);
    const auto& a = agent();
    // Without a run both are equal.
    return a.run_end - a.run_begin <= n + small_max || a.run_end == end ? Granule{0} : Granule{a.run_begin};
  }

  /// `found`: as bin_find returns it.
  static constexpr bool ends_at(u64 found, Granule end) {
    return static_cast<Granule>(found) + static_cast<Granule>(found >> 32) == end;
  }

  /// Makes the first n granules there records, all of them zero.
  Ref take_room(Granule g, Granule n) {
    if (g == agent().run_begin) {
      agent().run_begin = g + n;
      Base::set_bit(g + n, page_record::start);
    } else {
      const Granule have = size_at(g);
      Base::bin_remove(g, have);
      if (have != n) {
        Base::cut(g, have, n);
        Base::file(g + n, have - n);
      } else {
        // What is left of its links would be read as the mark of a reserved span.
        Base::clear_words(g, n);
      }
    }
    const Ref ref = Base::address_of(g);
    clear_records(ref, Ref{n} << granule_shift);
    make_metadata(g, n);
    return ref;
  }
  void make_metadata(Granule g, Granule n) {
    make(g, n, BlockKind::metadata);
    header().metadata_bytes += Ref{n} << granule_shift;
  }

  void give_back_records(Ref ref) {
    const Granule g = static_cast<Granule>((ref - Base::origin()) >> granule_shift);
    const Granule n = size_at(g);
    header().metadata_bytes -= Ref{n} << granule_shift;
    // Without its mark it is a free block.
    Base::clear_bit(g + 1, page_record::live);
    Base::release(g, n);
  }

  // --- Growing ------------------------------------------------------------------------------------

  /// Merges the free blocks at the heap's end, to which new memory will be added. Returns their granules.
  Granule merge_tail() {
    const Granule n = tail_free();
    const Granule last = header().granules - n;
    // In small code only short blocks can have free neighbours.
    if (small_code || n == 0 || last == agent().run_begin) return n;
    Base::unfile(last, n);
    Base::merge_around(last, n);
    return tail_free();
  }

  /// Entries of a larger map for `pages` more pages; 0: it is large enough.
  u32 map_deficit(u32 pages) const {
    const auto& h = header();
    const u32 needed = page_count() + pages;
    if (needed <= h.page_map_capacity) return 0;
    const u32 capacity = h.page_map_capacity * 2;
    const u32 ample = needed + needed / 8;
    // Whole granules of them.
    return static_cast<u32>(round_up(capacity < ample ? ample : capacity, granule_bytes / sizeof(Address)));
  }

  /// New records: a map first, if it has entries, and then page records for the pool.
  void adopt_records(Ref ref, u32 entries, u32 records) {
    auto& h = header();
    if (entries != 0) {
      if constexpr (Place::inside && Place::Access::trusted) {
        // As records, not as contents: not every memory that copies blocks moves their bytes.
        const auto begin = place().record_base();
        __builtin_memcpy(reinterpret_cast<char*>(begin + ref),
                         reinterpret_cast<const char*>(begin + static_cast<Ref>(h.page_map)),
                         page_count() * sizeof(Address));
      } else {
        for (u32 page = 0; page < page_count(); ++page)
          store<Address>(at(ref) + static_cast<uintptr_t>(page) * sizeof(Address),
                         load<Address>(at(h.page_map) + static_cast<uintptr_t>(page) * sizeof(Address)));
      }
      h.page_map = ref;
      h.page_map_capacity = entries;
    }
    add_to_pool(ref + entries * static_cast<Ref>(sizeof(Address)), records);
  }

  /// Pages that the memory has behind the heap's, and that are the heap's to take.
  u32 available_pages() const { return Base::owned_pages() - Base::mapped_pages(); }
  /// Takes all of them. Returns false when there are none, or too few to hold the records that they would need.
  bool take_available() {
    const u32 available = available_pages();
    return available != 0 && take_pages_behind(0, available, available, 0, 0);
  }
  /// How many pages the heap leaves out from then on: somebody else's, and its own if those are too few to hold
  /// the records that they would need.
  u32 foreign_pages() const { return Base::memory_pages() - Base::mapped_pages(); }

  /// Takes `pages` pages or more, `most` at most, behind `gap` pages of somebody else, so that `c` granules are free
  /// at the end; `clear`: what lies below this granule stays free.
  bool take_pages_behind(u32 gap, u32 most, u32 pages, Granule c, Granule clear) {
    const Granule start = header().granules + (gap << granule_page_shift);
    const Granule front_at = clear > start ? clear : start;
    const Granule tail = gap == 0 ? tail_free() : 0;
    // Half as many records as there are pages are made in advance: each time new records have to lie in new
    // memory, they cut it off from the free memory before it, for good. Short blocks do not mind, and for them it is
    // not more than a few; for long ones it is enough to grow by as much four times more. In a tight heap fewer lie
    // idle: a twelfth.
    const u32 times = pages < 64 ? pages * 4 : 256;
    u32 spare;
    if (Base::merges_at_once()) {
      spare = page_count() / 12 + times;
      if (spare > 256) spare = 256;
    } else if (small_code || Base::is_tight() || c <= granules_per_page) {
      spare = page_count() < 256 ? page_count() / 2 + 1 : 128;
    } else {
      spare = page_count() / 2 + times / 2;
    }
    u32 entries;
    u32 records;
    Ref bytes;
    Granule room = 0;  // where the records are to lie in what is free now
    Granule front = 0;  // or in the new pages: at their start, or behind what is to be left clear
    Address granules;
    for (;;) {
      const u32 needed = pages + (gap != 0);
      const u32 have = static_cast<u32>(header().pool_count);
      records = needed > have ? needed - have + spare : 0;
      // A map for the records in advance, too: one that ran out before them would take an extent for itself.
      entries = map_deficit(gap + pages + (records != 0 ? spare : 0));
      bytes = entries * static_cast<Ref>(sizeof(Address)) + static_cast<Ref>(records) * Base::record_bytes();
      front = 0;
      granules = c > tail ? c - tail : 0;
      if (Place::inside && bytes != 0) {
        front = record_granules(bytes);
        room = find_room(front, header().granules, clear != 0);
        if (room == 0)
          granules = static_cast<Address>(front) + (clear != 0 ? clear - start : c);
        else
          front = 0;
      }
      if (granules <= static_cast<Address>(pages) << granule_page_shift) break;
      if (const u32 more = Base::pages_for(granules); more <= most) {
        pages = more;
        // Where a damaged image can say anything, the loop might go on for long.
        if (!Place::Access::trusted && Base::mapped_pages() + gap + pages > Base::limit_pages()) return false;
      } else {
        if (small_code || spare == 0) return false;
        spare = 0;  // there is no room for records in advance
      }
    }
    const u32 to = Base::mapped_pages() + gap + pages;
    if (to > Base::limit_pages() || start + granules > Base::end_granule()) return false;
    if constexpr (!Place::inside) {
      // The memory of the records is asked first: a refusal must find the managed memory as it was.
      if (bytes != 0) {
        const Ref ref = take_outside(bytes);
        if (ref == 0) return false;
        adopt_records(ref, entries, records);
        Base::seal();
      }
    }
    const u32 memory = Base::memory_pages();
    if (to > memory && !place().memory.grow(to - memory)) return false;
    if (to > Base::owned_pages()) header().owned_end = u64{to} << page_shift;
    if constexpr (Place::inside) {
      if (bytes != 0) {
        Ref ref;
        if (front != 0) {
          ref = Base::address_of(front_at);
          clear_records(ref, bytes);
        } else {
          ref = take_room(room, record_granules(bytes));
        }
        adopt_records(ref, entries, records);
      }
    }
    if (gap != 0) map_pages(gap, true);
    ++header().grow_count;
    add_pages(pages, start, front_at, front);
    return true;
  }

  /// Maps pages behind the last one. Those of somebody else (`gap`) have one record without a single bit.
  void map_pages(u32 pages, bool gap) {
    u32 page = page_count();
    header().granules += pages << granule_page_shift;
    Ref record = 0;
    for (; page < page_count(); ++page) {
      if (!gap || record == 0) record = next_record();
      if (gap) store<u32>(at(record) + page_record::flags, page_record::gap);
      map_page(page, record);
    }
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

 protected:
  /// Maps new pages, which are the heap's from the granule `from` on; `front` granules of them are records, from
  /// front_at on, the rest is free.
  void add_pages(u32 pages, Granule from, Granule front_at, Granule front) {
    map_pages(pages, false);
    auto& h = header();
    Granule end = h.granules;
    if (end > Base::end_granule()) {
      // The restricted span ends within its last page.
      end = Base::end_granule();
      make(end, h.granules - end, BlockKind::reserved);
    }
    h.top = u64{Base::origin()} + (u64{end} << granule_shift);
    h.managed_bytes += u64{end - from} << granule_shift;
    if (front != 0) {
      make_metadata(front_at, front);
      if (front_at != from) add_free(from, front_at);
      from = front_at + front;
    }
    if (from != end) add_free(from, end);
    Base::seal();
  }

  /// Links `count` records from `ref` on into the pool, the lowest first.
  void add_to_pool(RecordRef ref, u32 count) {
    auto& h = header();
    h.pool_count += count;
    const u32 bytes = Base::record_bytes();
    Ref record = static_cast<Ref>(ref) + static_cast<Ref>(count) * bytes;
    for (; count != 0; --count) {
      record -= bytes;
      store<u64>(at(record), h.pool);
      h.pool = record;
    }
  }
  /// A zeroed page record from the pool, which must not be empty.
  Ref next_record() {
    auto& h = header();
    const Ref record = static_cast<Ref>(h.pool);
    h.pool = load<u64>(at(record));
    --h.pool_count;
    clear_records(record, Base::record_bytes());
    return record;
  }
};

}  // namespace allot
