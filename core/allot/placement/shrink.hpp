// Purpose: giving free pages at the heap's end back, so that the memory can be made smaller.
// Floor:   placement.
//
// Records never move while the heap grows, because other agents may be reading them. Here they do:
// whoever shrinks a heap is alone in it. Records that lie behind the last block are moved before it,
// where there is room; what is left of the heap's end is then free and goes.
#pragma once

#include <allot/placement/create.hpp>

namespace allot {

template <class Place>
class Shrink : public Create<Place> {
 public:
  using Base = Create<Place>;
  using Base::Base;
  using typename Base::Address;

 protected:
  using Base::agent;
  using Base::at;
  using Base::header;
  using Base::make;
  using Base::page_count;
  using Base::place;
  using Base::record;
  using Base::size_at;
  using Base::unmake;

  /// Gives up the pages at the end that hold nothing. Returns how many pages the memory needs to have from
  /// now on; it has not become smaller by itself. When somebody else owns the memory's end, nothing changes.
  [[gnu::noinline]] u64 release_pages() {
    const u64 have = place().memory.bytes();
    // Behind a span that is limited there may be something of somebody else's from the start.
    if (have != header().owned_end || header().end <= have) return have >> page_shift;
    if (!Base::exact()) Base::merge_all();
    const Granule end = used_end();
    // What was moved once may go lower when it has left room.
    for (Granule used = granule_limit;;) {
      const Granule before = used;
      const Granule moved = Place::inside ? move_records(end) : end;
      // Where there is no room for them they stay, and what they lie in is used.
      const bool stay = moved == granule_limit;
      used = stay ? records_end() : moved;
      if (used >= before) break;
      // At once: the records of pages that are to go lie in memory that is free by now.
      const u32 keep = pages_kept(used);
      if (keep < page_count()) truncate(keep, stay ? used : end);
    }
    header().owned_end = Base::mapped_end();
    // Hints at what is gone must go too.
    if (!Base::exact()) Base::merge_all();
    Base::seal();
    return header().owned_end >> page_shift;
  }

 private:
  /// Where the last block ends that is neither free nor records: those can go.
  Granule used_end() const {
    Granule end = top_granule();
    const Granule first = image_end();
    while (end > first && Base::has_previous(end)) {
      const Granule start = Base::previous_start(end);
      const BlockKind kind = Base::kind_at(start);
      if (kind == BlockKind::live || kind == BlockKind::reserved) return end;
      if (kind == BlockKind::metadata && !Place::inside) return end;
      end = start;
    }
    return end > first ? end : first;
  }

  /// The image's own extent is where it is for good.
  Granule image_end() const {
    const Granule first = Base::begin_granule();
    return Place::inside ? first + size_at(first) : first;
  }

  Granule top_granule() const {
    return static_cast<Granule>((header().top - header().origin) >> granule_shift);
  }

  /// Pages up to a granule, and behind the last gap one more: a heap does not end with what is not its own.
  u32 pages_kept(Granule end) const {
    u32 keep = Base::pages_of(end);
    if (keep == 0) keep = 1;
    for (u32 page = page_count(); page-- > keep - 1;)
      if (is_gap(page)) return page + 2;
    return keep;
  }
  bool is_gap(u32 page) const {
    return (load<u32>(record(page) + page_record::flags) & page_record::gap) != 0;
  }

  // --- Moving records ---------------------------------------------------------------------------

  bool lies_behind(RecordRef ref, Granule end) const { return ref >= Base::address_of(end); }

  /// What the records that lie behind `end` take: the map, then those of `keep` pages.
  u64 map_bytes_behind(Granule end) const {
    // For all pages: those that are about to go are asked for until then.
    return lies_behind(header().page_map, end) ? round_up(u64{page_count()} * sizeof(Address), granule_bytes)
                                               : 0;
  }
  u64 record_bytes_behind(Granule end, u32 keep) const {
    u64 count = 0;
    for (u32 page = 0; page < keep; ++page)
      if (lies_behind(Base::record_ref(page), end) && !shares_record(page)) ++count;
    return count * Base::record_bytes();
  }
  /// The pages of one gap have one record, the first one's.
  bool shares_record(u32 page) const {
    return page != 0 && Base::record_ref(page) == Base::record_ref(page - 1);
  }

  /// Moves the records that lie behind `end` to the lowest place where there is room, and frees what they
  /// lay in. Returns where what is used ends then; granule_limit when there is no room, and nothing has changed.
  Granule move_records(Granule end) {
    u32 keep = pages_kept(end);
    for (;;) {
      const u64 map = map_bytes_behind(end);
      const u64 records = record_bytes_behind(end, keep);
      Granule used = end;
      Granule target = granule_limit;
      if (map + records != 0) {
        const Granule n = Base::record_granules(map + records);
        target = first_free(n);
        if (target == granule_limit) return granule_limit;
        if (target + n > used) used = target + n;
        // The pages that this takes may have records to be moved, too.
        const u32 more = pages_kept(used);
        if (more > keep) {
          keep = more;
          continue;
        }
        move(target, map, records, keep, end);
      }
      keep_hints_before(end);
      drop_pool_behind(end);
      free_metadata_behind(end, target);
      return used;
    }
  }

  /// The first free block of at least `n` granules.
  Granule first_free(Granule n) const {
    const Granule top = top_granule();
    for (Granule g = image_end(); g < top;) {
      if ((g & (granules_per_page - 1)) == 0 && is_gap(g >> granule_page_shift)) {
        g += granules_per_page;
        continue;
      }
      const Granule size = size_at(g);
      if (size >= n && Base::is_free(g)) return g;
      g += size;
    }
    return granule_limit;
  }

  Granule records_end() const {
    Granule end = top_granule();
    while (Base::has_previous(end)) {
      const Granule start = Base::previous_start(end);
      if (!Base::is_free(start)) break;
      end = start;
    }
    return end;
  }

  void move(Granule target, u64 map_bytes, u64 record_bytes, u32 keep, Granule behind) {
    auto& h = header();
    const Granule n = Base::record_granules(map_bytes + record_bytes);
    const Granule have = size_at(target);
    Base::unfile(target, have);
    unmake(target, have);
    make(target, n, BlockKind::metadata);
    if (have != n) {
      make(target + n, have - n, BlockKind::free);
      Base::file(target + n, have - n);
    }
    h.metadata_bytes += u64{n} << granule_shift;
    RecordRef to = Base::address_of(target);
    Base::clear_records(to, u64{n} << granule_shift);
    if (map_bytes != 0) {
      for (u64 i = 0; i < u64{page_count()} * sizeof(Address); i += sizeof(Address))
        store<Address>(at(to + i), load<Address>(at(h.page_map + i)));
      h.page_map = to;
      h.page_map_capacity = static_cast<u32>(map_bytes / sizeof(Address));
      to += map_bytes;
    }
    // Those of the pages that are about to go stay where they are: nobody writes to free memory until then.
    const u32 bytes = Base::record_bytes();
    RecordRef last_from = 0;
    RecordRef last_to = 0;
    for (u32 page = 0; page < keep; ++page) {
      const RecordRef from = Base::record_ref(page);
      if (from == last_from) {
        Base::map_page(page, last_to);
        continue;
      }
      if (!lies_behind(from, behind)) continue;
      for (u64 i = 0; i < bytes; i += 8) store<u64>(at(to + i), load<u64>(at(from + i)));
      Base::map_page(page, to);
      last_from = from;
      last_to = to;
      to += bytes;
    }
  }

  /// The first hint stacks are part of the image's own extent.
  void keep_hints_before(Granule end) {
    auto& a = agent();
    if (a.hint_cap == 0 || !lies_behind(a.hints, end)) return;
    Base::make_stacks(
        Base::image() + sizeof(Header) + sizeof(Agent) + first_page_map_capacity * sizeof(Address),
        first_hint_cap);
  }

  void drop_pool_behind(Granule end) {
    auto& h = header();
    RecordRef ref = h.pool;
    h.pool = 0;
    h.pool_count = 0;
    while (ref != 0) {
      const RecordRef next = load<u64>(at(ref));
      if (!lies_behind(ref, end)) Base::add_to_pool(ref, 1);
      ref = next;
    }
  }

  /// What lies behind `end` is free, or records that are not used any more but for those at `target`.
  void free_metadata_behind(Granule end, Granule target) {
    for (Granule g = end; g < top_granule();) {
      const Granule n = size_at(g);
      if (Base::kind_at(g) != BlockKind::metadata || g == target) {
        g += n;
        continue;
      }
      unmake(g, n);
      make(g, n, BlockKind::free);
      header().metadata_bytes -= u64{n} << granule_shift;
      Base::merge_around(g, n);
      g = end;
    }
  }

  /// Cuts off the pages from `keep` on. Their records are not needed any more: those that lie before `end`, in what is
  /// still records, are kept for other pages.
  void truncate(u32 keep, Granule end) {
    auto& h = header();
    const Granule cut = keep << granule_page_shift;
    const Granule top = top_granule();
    // What of the last page lay beyond the span was marked as not ours.
    if (top != h.granules) unmake(top, h.granules - top);
    Granule from = top;
    while (from > cut) {
      const Granule start = Base::previous_start(from);
      Base::unfile(start, from - start);
      unmake(start, from - start);
      from = start;
    }
    const u32 count = page_count();
    for (u32 page = keep; page < count; ++page) {
      const RecordRef ref = Base::record_ref(page);
      if (!Place::inside || !lies_behind(ref, end)) Base::add_to_pool(ref, 1);
    }
    h.granules = cut;
    h.top = h.origin + (u64{cut} << granule_shift);
    h.managed_bytes -= u64{top - cut} << granule_shift;
    agent().sweep_page = 0;
    if (from != cut) {
      make(from, cut - from, BlockKind::free);
      Base::file(from, cut - from);
    }
  }
};

}  // namespace allot
