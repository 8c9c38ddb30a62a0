// Purpose: checking that no two records of an image share a byte, and that all of them lie where nothing else does.
// Floor:   heap.
// Why:     a page record that lies in a block, or in another record, is written over when it is in use: blocks are then
//          handed out twice. An image that somebody has made up can say so of any of them.
//
// Without memory of its own, and in linear time: each page's record is marked with its page, so that whether one begins
// at a place is one look there and one into the page map. Then what is for records alone is gone through from below,
// from each record to what lies behind it; a record that was not met reaches into another one, or lies elsewhere.
//
// The mark lies in a plain heap's record where its owner does, who is 0, and is taken away again; a shared heap's is
// written when the page is mapped, in a place of its own: others may be checking at the same time. An unused record of the
// pool is marked in its second word, which means nothing.
#pragma once

#include <allot/heap/report.hpp>

namespace allot {

template <class Place>
class Apart : public Report<Place> {
 public:
  using Base = Report<Place>;
  using Base::Base;
  using typename Base::Address;
  using typename Base::Agent;

 protected:
  using Base::agent;
  using Base::at;
  using Base::header;
  using Base::page_count;
  using Base::place;
  using Base::record_bytes;

  u32 broken(u32 number, u64 where) {
    header().violation_address = where;
    return number;
  }
  bool in_records(u64 ref, u64 bytes) const {
    const u64 have = place().record_memory_bytes();
    return bytes <= have && ref <= have - bytes;
  }

  /// Marks the records of all pages, which lie in the memory of the records, as everything else does. Returns the broken
  /// invariant, or 0.
  [[gnu::noinline]] u32 mark_pages() {
    for (u32 page = 0; page < page_count(); ++page) {
      const u64 ref = Base::record_ref(page);
      // The mark must not change what is looked at here.
      if (!is_beside_fixed(ref)) return broken(apart_rule, ref);
      if (!repeats_record(page) && load<u32>(at(ref) + mark_at) != page + 1)
        store<u32>(at(ref) + mark_at, page + 1);
    }
    for (u32 page = 0; page < page_count(); ++page) {
      const u64 ref = Base::record_ref(page);
      if (repeats_record(page)) continue;
      if (load<u32>(at(ref) + mark_at) != page + 1) return broken(apart_rule, ref);
      // Found below as well, but only behind the walk over all blocks, of which a short file could make very many so. (What
      // lies behind a record may be somebody's who writes there just now.)
      const u32 seen = record_bytes() - (Base::shared ? mark_at + u32{sizeof(u32)} - 1 : 0);
      for (u32 i = granule_bytes; i < seen; i += granule_bytes)
        if (is_page_record(ref + i)) return broken(apart_rule, ref);
    }
    return 0;
  }
  void unmark_pages() {
    for (u32 page = 0; page < page_count(); ++page) store<u32>(at(Base::record_ref(page)) + mark_at, 0);
  }

  /// Marks the records of the pool, whose links are known to be sound. Returns as mark_pages.
  [[gnu::noinline]] u32 mark_pool() {
    for (u64 ref = header().pool; ref != 0; ref = load<u64>(at(ref)))
      if (!is_beside_fixed(ref)) return broken(apart_rule, ref);
    for (u64 ref = header().pool; ref != 0; ref = load<u64>(at(ref))) store<u64>(at(ref) + 8, waits);
    return 0;
  }
  /// Takes the marks away. Returns whether all of those records were met since.
  [[gnu::noinline]] bool unmark_pool() {
    bool all = true;
    for (u64 ref = header().pool; ref != 0; ref = load<u64>(at(ref))) {
      all = all && load<u64>(at(ref) + 8) == met;
      store<u64>(at(ref) + 8, 0);
    }
    return all;
  }

  /// How many records that are in use lie one behind the other in [from, end), which is for records alone. Each is met
  /// only once, so that as many as there are means all.
  [[gnu::noinline]] u32 records_between(u64 from, u64 end) {
    [[maybe_unused]] const u64 begin = from;
    if (const u64 have = place().record_memory_bytes(); end > have) end = have;
    u32 found = 0;
    u64 fixed = next_fixed(from);
    while (from < end) {
      u64 bytes = 0;
      u32 used = 1;
      if constexpr (Base::shared) {
        // Nothing lies behind the room in its extent: how long it is may be found out by that.
        const u64 room = header().room_bytes;
        if (from == header().room && (room != 0 || from != begin))
          return found + (room != 0 && room <= end - from);
      }
      if (fixed < from) fixed = next_fixed(from);
      if (from == fixed) {
        bytes = fixed_bytes_at(from);
      } else if (end - from >= record_bytes()) {
        if (is_page_record(from)) {
          bytes = record_bytes();
        } else if constexpr (!Base::shared) {
          if (load<u64>(at(from) + 8) == waits) {
            store<u64>(at(from) + 8, met);
            bytes = record_bytes();
            used = 0;
          }
        }
      }
      const bool fits = bytes != 0 && bytes <= end - from && !reaches_room(from, bytes);
      found += fits ? used : 0;
      from += fits ? bytes : granule_bytes;
    }
    return found;
  }

  /// How many there must be.
  [[gnu::noinline]] u32 records_in_use() const {
    u32 count = fixed_count();
    if constexpr (Base::shared) count -= header().room_bytes == 0;
    for (u32 page = 0; page < page_count(); ++page) count += !repeats_record(page);
    return count;
  }

  static constexpr u32 apart_rule = 32;

 private:
  static constexpr u32 mark_at = Base::shared ? page_record::page : page_record::owner;
  // Of a record in the pool.
  static constexpr u64 waits = image_seal;
  static constexpr u64 met = ~image_seal;

  // What there is once, or of each agent: where it begins, and its bytes.
  u32 fixed_count() const { return Base::shared ? 3 + 2 * header().agents : 3; }
  [[gnu::noinline]] u64 fixed_ref(u32 i) const {
    const auto& h = header();
    if (i == 0) return Base::image();
    if (i == 1) return h.page_map;
    if constexpr (Base::shared) {
      if (i == 2) return h.room;
      const u32 id = (i - 3) >> 1;
      return i & 1 ? u64{h.agent[id]} : u64{Base::agent_at(id).hints};
    } else {
      return agent().hints;
    }
  }
  [[gnu::noinline]] u64 fixed_bytes(u32 i) const {
    const auto& h = header();
    if (i == 0) return sizeof(Header) + (Base::shared ? 0 : sizeof(Agent));
    if (i == 1) return round_up(u64{h.page_map_capacity} * sizeof(Address), granule_bytes);
    if constexpr (Base::shared) {
      if (i == 2) return h.room_bytes;
      return i & 1 ? sizeof(Agent) : hint_bytes(Base::agent_at((i - 3) >> 1).hint_cap, sizeof(Address));
    } else {
      return hint_bytes(agent().hint_cap, sizeof(Address));
    }
  }
  bool is_room(u32 i) const { return Base::shared && i == 2; }

  /// Where the first of them begins at or behind a Ref; ~0: nowhere.
  [[gnu::noinline]] u64 next_fixed(u64 from) const {
    u64 first = ~u64{0};
    for (u32 i = 0; i < fixed_count(); ++i)
      if (const u64 ref = fixed_ref(i); ref >= from && ref < first && !is_room(i)) first = ref;
    return first;
  }
  [[gnu::noinline]] u64 fixed_bytes_at(u64 ref) const {
    for (u32 i = 0; i < fixed_count(); ++i)
      if (fixed_ref(i) == ref && !is_room(i)) return fixed_bytes(i);
    return 0;
  }
  /// Whether a page's record at `ref` shares no byte with one of them.
  [[gnu::noinline]] bool is_beside_fixed(u64 ref) const {
    for (u32 i = 0; i < fixed_count(); ++i) {
      const u64 other = fixed_ref(i);
      if (ref < other + fixed_bytes(i) && other < ref + record_bytes()) return false;
    }
    return true;
  }

  /// Whether what lies at `from` covers the place where the room begins.
  bool reaches_room([[maybe_unused]] u64 from, [[maybe_unused]] u64 bytes) const {
    if constexpr (Base::shared) {
      const u64 room = header().room;
      return from < room && room - from < bytes;
    } else {
      return false;
    }
  }

  [[gnu::noinline]] bool is_page_record(u64 ref) const {
    if (!in_records(ref, record_bytes())) return false;
    const u32 page = load<u32>(at(ref) + mark_at) - 1;
    return page < page_count() && Base::record_ref(page) == ref;
  }
  /// All pages of a gap have the first one's record.
  [[gnu::noinline]] bool repeats_record(u32 page) const {
    return page != 0 && Base::record_ref(page) == Base::record_ref(page - 1) &&
           load<u32>(Base::record(page) + page_record::flags) == page_record::gap;
  }
};

}  // namespace allot
