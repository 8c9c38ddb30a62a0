// Purpose: checking every invariant of a shared heap's image.
// Floor:   heap. Shared heaps only.
//
// Exact while the other agents are quiet. While they run it comes to an end and stays in the heap, but may find
// a block half made.
#pragma once

#include <allot/heap/validate.hpp>

namespace allot {

template <class Place>
class ValidateShared : public Validate<Place> {
 public:
  using Base = Validate<Place>;
  using Base::Base;
  using typename Base::Address;
  using typename Base::Agent;
  using typename Base::Pointer;

 protected:
  using Base::broken;
  using Base::first_word;
  using Base::header;
  using Base::in_records;
  using Base::measured;
  using Base::page_count;
  using Base::place;
  using Base::record;
  using Base::word;

  [[gnu::noinline]] u32 check_all() {
    header().violation_address = header().self;
    if (Base::check_header(place().record_memory_bytes()) != Error::none) return 1;
    if (u32 number = check_geometry()) return number;
    if (u32 number = check_pages()) return number;
    if (u32 number = check_free_runs()) return number;
    for (u32 id = 0; id < agent_capacity; ++id)
      if (Base::agent_exists(id))
        if (u32 number = check_agent(id)) return number;
    if (u32 number = check_records()) return number;
    u64 metadata = 0;
    u64 below = 0;  // what of the first page lies before the heap
    for (u32 id = 0; id <= agent_capacity; ++id) {
      if (id < agent_capacity && !Base::agent_exists(id)) continue;
      const bool is_agent = id < agent_capacity;
      if (u32 number = check_blocks(id)) return number;
      if (is_agent) {
        if (u32 number = check_bins(Base::agent_at(id))) return number;
        const auto& a = Base::agent_at(id);
        metadata += a.kept - a.reserved;
        if (Base::owner(0) == id + 1) below = Base::begin_granule();
      }
    }
    u64 managed = 0;
    for (u32 page = 0; page < page_count(); ++page) {
      if (Base::in_gap(Base::first_granule(page))) continue;
      managed += granules_per_page;
      if (Base::owner(page) == page_record::everybody) metadata += granules_per_page;
    }
    metadata -= below;
    managed -= Base::begin_granule();
    if (metadata << granule_shift != header().metadata_bytes) return broken(23, metadata << granule_shift);
    if (managed << granule_shift != header().managed_bytes) return broken(25, managed << granule_shift);
    return 0;
  }

  u32 check_geometry() {
    if (u32 number = Base::check_settings()) return number;
    const auto& h = header();
    const u64 mapped = h.origin + (u64{h.granules} << granule_shift);
    if (h.top != mapped) return broken(2, h.top);
    // Who holds it, or died with it, may have a new map in the making.
    if (h.lock == 0 && (h.old_map != 0 || h.growing != 0)) return broken(4, h.old_map);
    if (h.agents == 0 || h.agents > agent_capacity || h.agent[0] != h.self + sizeof(Header))
      return broken(5, h.agents);
    for (u32 id = 0; id < agent_capacity; ++id)
      if ((h.agent[id] != 0) != (id < h.agents) || h.agent[id] % granule_bytes != 0 ||
          !in_records(h.agent[id], sizeof(Agent)))
        return broken(5, h.agent[id]);
    if (h.room % granule_bytes != 0 || h.room_bytes % granule_bytes != 0 || !in_records(h.room, h.room_bytes))
      return broken(6, h.room);
    return 0;
  }

 private:
  u32 check_pages() {
    for (u32 page = 0; page < page_count(); ++page) {
      const RecordRef ref = Base::ref_of(page);
      if (ref == 0 || ref % granule_bytes != 0 || !in_records(ref, header().record_bytes))
        return broken(7, ref);
      const Pointer r = record(page);
      if (load<u64>(r + 512) != 0) return broken(8, ref);
      const u32 owner = Base::owner(page);
      const u32 flags = load<u32>(r + page_record::flags);
      if (owner > page_record::everybody || flags > page_record::gap) return broken(9, ref);
      if (Base::is_agent(owner) && !Base::is_state(owner - 1, Base::in_use) &&
          !Base::is_state(owner - 1, Base::orphan))
        return broken(9, ref);
      const bool is_free = owner == page_record::nobody;
      if (flags != 0 && owner != page_record::everybody) return broken(9, ref);
      if (flags == 0 && !is_free) continue;
      for (u32 i = 0; i < 512; i += 8)
        if (load<u64>(r + i) != 0 || load<u64>(r + page_record::live + i) != 0 ||
            load<u64>(r + page_record::remote + i) != 0)
          return broken(is_free ? 29 : 10, ref);
    }
    return 0;
  }

  u32 check_free_runs() {
    u32 listed = 0;
    u32 end = 0;
    for (u32 next = header().free_run; next != 0;) {
      const u32 first = next - 1;
      if (first < end || first >= page_count() || (end != 0 && first == end)) return broken(29, first);
      const u32 pages = Base::run_length(first);
      if (pages == 0 || pages > page_count() - first) return broken(29, first);
      for (u32 page = first; page < first + pages; ++page)
        if (Base::owner(page) != page_record::nobody) return broken(29, page);
      listed += pages;
      end = first + pages;
      next = Base::run_after(first);
    }
    u32 present = 0;
    for (u32 page = 0; page < page_count(); ++page) present += Base::owner(page) == page_record::nobody;
    if (listed != present || listed != header().free_pages) return broken(29, listed);
    return 0;
  }

  bool owns(u32 id, Granule g) const { return Base::owner(g >> granule_page_shift) == id + 1; }

  u32 check_agent(u32 id) {
    auto& a = Base::agent_at(id);
    if (a.id != id || a.state > Base::orphan || a.state == Base::dying) return broken(11, id);
    // One that is not in use has nothing, and is used again as it is.
    if (a.state == Base::unused && (Base::live_of(a) != 0 || a.pages != 0 || a.kept != 0 || a.reserved != 0))
      return broken(11, id);
    if (a.peak < Base::live_of(a) || a.peak >= granule_limit || a.watermark > a.peak)
      return broken(12, a.peak);
    if (u32 number = Base::check_stacks(a, [this, id](Granule g) { return owns(id, g); })) return number;
    const Granule count = header().granules;
    if (a.run_begin == granule_limit ? a.run_end != granule_limit
                                     : a.run_begin >= a.run_end || a.run_end > count ||
                                           a.run_end - a.run_begin <= small_max || !owns(id, a.run_begin))
      return broken(15, a.run_begin);
    return 0;
  }

  /// Records lie in the extent of the image, and in whole pages of everybody's.
  u32 check_records() {
    if (u32 number = Base::mark_pages()) return number;
    const Granule count = header().granules;
    const Granule begin = Base::begin_granule();
    if (!Base::is_bare_below_begin()) return broken(19, header().origin);
    u32 records = 0;
    for (Granule g = begin; g < count;) {
      const bool may_hold =
          g == begin || (Base::owner(g >> granule_page_shift) == page_record::everybody && !Base::in_gap(g));
      Granule n = 1;
      if (may_hold && Base::is_start(g)) {
        n = measured(g);
        if (n > small_max && Base::kind_at(g) == BlockKind::metadata) records += Base::records_at(g, n);
      }
      g = ((g + n - 1) | (granules_per_page - 1)) + 1;
    }
    return records == Base::records_in_use() ? 0 : broken(Base::apart_rule, records);
  }

  /// All blocks in the pages of one agent, or (id 64) of everybody.
  u32 check_blocks(u32 id) {
    const Granule count = header().granules;
    const bool is_agent = id < agent_capacity;
    const Granule run_begin = is_agent ? Granule{Base::agent_at(id).run_begin} : granule_limit;
    u64 live = 0, kept = 0, reserved = 0, pages = 0;
    bool run_seen = run_begin == granule_limit;
    BlockKind previous = BlockKind::none;
    for (u32 page = 0; page < page_count(); ++page) pages += Base::owner(page) == id + 1;
    if (is_agent && pages != Base::agent_at(id).pages) return broken(30, id);
    for (Granule g = Base::begin_granule(); g < count;) {
      if (!owns(id, g) || Base::in_gap(g)) {
        g = (g | (granules_per_page - 1)) + 1;
        previous = BlockKind::none;
        continue;
      }
      if (!Base::is_start(g)) return broken(19, Base::address_of(g));
      const Granule n = measured(g);
      if (n == 2 && Base::is_live(g + 1)) return broken(18, Base::address_of(g));
      const BlockKind kind = Base::kind_at(g);
      if (u32 inside = Base::check_inside(g, n, kind, g == run_begin))
        return broken(inside, Base::address_of(g));
      if (g == run_begin) {
        if (kind != BlockKind::free || g + n != Base::agent_at(id).run_end)
          return broken(15, Base::address_of(g));
        run_seen = true;
      }
      if (u32 number = check_remote(id, g, n, kind)) return broken(number, Base::address_of(g));
      if (kind == BlockKind::live) {
        live += n;
      } else if (kind == BlockKind::free) {
        if (!is_agent) return broken(29, Base::address_of(g));
        if (Base::exact()) {
          if (previous == BlockKind::free) return broken(20, Base::address_of(g));
          if (n <= small_max && Base::agent_state(id) == Base::in_use &&
              !(load<u64>(Base::record_of(g) + page_record::small + ((n - 1) >> 6) * 8) >> ((n - 1) & 63) &
                1))
            return broken(21, Base::address_of(g));
        }
      } else {
        kept += n;
        if (kind == BlockKind::reserved) reserved += n;
      }
      previous = kind;
      g += n;
    }
    if (!is_agent) return 0;
    const auto& a = Base::agent_at(id);
    if (!run_seen) return broken(15, run_begin);
    if (live != Base::live_of(a)) return broken(22, live << granule_shift);
    if (reserved != a.reserved) return broken(24, reserved << granule_shift);
    if (owns(id, 0)) kept += Base::begin_granule();
    if (kept != a.kept) return broken(30, kept);
    return 0;
  }

  u32 check_remote(u32 id, Granule g, Granule n, BlockKind kind) {
    const Granule end = g + n;
    for (Granule at = g; at < end; at = (at | 63) + 1) {
      const Pointer r = Base::record_of(at);
      const u32 index = at >> 6 & 63;
      u64 bits = load<u64>(r + page_record::remote + index * 8) & ~u64{0} << (at & 63);
      if ((at | 63) >= end) bits &= ~u64{0} >> (63 - ((end - 1) & 63));
      if (bits == 0) continue;
      if (kind != BlockKind::live || at != g || bits != u64{1} << (g & 63)) return 31;
      if (!(load<u64>(r + page_record::summary) >> index / Base::words_told_together & 1)) return 31;
      if (id < agent_capacity && Base::agent_state(id) == Base::in_use &&
          !(Base::agent_at(id).remote_mask >> (at >> granule_page_shift & 63) & 1))
        return 31;
    }
    return 0;
  }

  u32 check_bins(const Agent& a) {
    const Granule count = header().granules;
    // Who takes in an orphan's blocks forgets where they were filed.
    if (a.state == Base::orphan) return a.octaves == 0 && a.binned == 0 ? 0 : broken(26, a.id);
    u64 listed = 0;
    if (u32 number = Base::check_filed(a, listed, [&](Granule g) { return is_filed(a, g); })) return number;
    u64 present = 0;
    for (Granule g = Base::begin_granule(); g < count;) {
      if (!owns(a.id, g)) {
        g = (g | (granules_per_page - 1)) + 1;
        continue;
      }
      const Granule n = measured(g);
      if (n > small_max && is_filed(a, g)) ++present;
      g += n;
    }
    return present == listed ? 0 : broken(28, present);
  }

  /// Whether a free block of this agent's that is not its run begins at `g`.
  bool is_filed(const Agent& a, Granule g) const {
    return g < header().granules && owns(a.id, g) && Base::is_start(g) && g != a.run_begin &&
           Base::kind_at(g) == BlockKind::free;
  }
};

}  // namespace allot
