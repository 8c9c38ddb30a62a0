// Purpose: checking every invariant of an image, each with its number (docs/heap-image.md).
// Floor:   heap.
//
// The walk trusts nothing that it has not checked before: lengths are compared with the distance
// between start bits, list steps are counted. Cost: O(blocks + pages + records). Changes nothing but the field
// that says where the violation is, and the marks of apart.hpp.
#pragma once

#include <allot/heap/apart.hpp>

namespace allot {

/// The first invariant found broken (0: none) and the address at which.
struct Violation {
  u32 number;
  u64 address;
  constexpr explicit operator bool() const { return number != 0; }
};

template <class Place>
class Validate : public Apart<Place> {
 public:
  using Base = Apart<Place>;
  using Base::Base;
  using typename Base::Address;
  using typename Base::Agent;

 protected:
  using Base::agent;
  using Base::at;
  using Base::broken;
  using Base::exact;
  using Base::first_word;
  using Base::header;
  using Base::in_records;
  using Base::place;
  using Base::record_of;
  using Base::word;

  [[gnu::noinline]] u32 check_all() {
    header().violation_address = header().self;
    if (Base::check_header(place().record_memory_bytes()) != Error::none) return 1;
    if (u32 number = check_geometry()) return number;
    if (u32 number = check_pages()) return number;
    if (u32 number = check_agent()) return number;
    u32 number = Base::mark_pages();
    if (number == 0) number = check_marked();
    Base::unmark_pages();
    return number != 0 ? number : check_bins();
  }

  /// While the pages' records are marked.
  u32 check_marked() {
    if (u32 number = Base::mark_pool()) return number;
    const u32 number = check_blocks();
    const bool all_met = Base::unmark_pool();
    return number == 0 && !all_met ? broken(Base::apart_rule, header().pool) : number;
  }

  /// What both kinds of heap say of limits and of the policy.
  [[gnu::noinline]] u32 check_settings() {
    const auto& h = header();
    const u64 mapped = h.origin + (u64{h.granules} << granule_shift);
    constexpr u64 limit = address_limit_of<Address>;
    if (h.origin != round_down(h.begin, page_bytes) || h.begin % granule_bytes != 0 || h.begin >= h.top ||
        h.end > limit || h.end % granule_bytes != 0 || h.maximum > limit ||
        h.top != (mapped < h.end ? mapped : u64{h.end}) || h.owned_end < mapped || h.granules == 0)
      return broken(2, h.begin);
    const u64 have = place().memory.bytes();
    if (mapped > have || h.owned_end > have) return broken(3, mapped);
    if (h.page_map_capacity < Base::page_count() || h.page_map % granule_bytes != 0 ||
        !in_records(h.page_map, u64{h.page_map_capacity} * sizeof(Address)))
      return broken(4, h.page_map);
    constexpr u8 kind = Base::shared ? image_flag::shared : 0;
    if ((h.flags & ~image_flag::record_sizes) != kind || h.record_bytes != page_record_bytes(h.flags))
      return broken(5, h.record_bytes);
    const u64 numbers = load<u32>(at(Base::image() + offsetof(Header, borrow_shift)));
    // How far something is shifted: the first, third and fourth byte. Policy exact merges at once.
    if (h.policy >= policy_count || (numbers & 0xE0E000E0) != 0 ||
        (h.policy == static_cast<u8>(Policy::exact) && (numbers & 0xFF0000) != 0))
      return broken(33, h.policy);
    return 0;
  }

  u32 check_geometry() {
    if (u32 number = check_settings()) return number;
    const auto& h = header();
    if (h.agents != 1 || h.agent[0] != h.self + sizeof(Header)) return broken(5, h.agent[0]);
    if (!Place::inside && (h.records_top % granule_bytes != 0 || !in_records(h.records_top, 0)))
      return broken(5, h.records_top);
    if (h.pool_count > place().record_memory_bytes() / page_record::base_bytes) return broken(6, h.pool);
    u64 pool = h.pool;
    for (u64 left = h.pool_count; left != 0; --left) {
      if (pool == 0 || pool % granule_bytes != 0 || !in_records(pool, h.record_bytes)) return broken(6, pool);
      pool = load<u64>(at(pool));
    }
    if (pool != 0) return broken(6, pool);
    return 0;
  }

  /// The lower of peak and quota, but where that is more than 31 bits above what is live.
  bool watermark_holds() const {
    const auto& a = agent();
    const u64 quota = header().quota >> granule_shift;
    const u64 lower = a.peak < quota ? a.peak : quota;
    return a.watermark == lower || (a.watermark < lower && lower > 0x7FFFFFFFu);
  }

  /// Whether all stacks of an agent have as many places as they may, lie between their ends, and have only hints for
  /// which `is_own` says that they are of the agent's granules. Returns the broken invariant, or 0.
  template <class IsOwn>
  [[gnu::always_inline]] u32 check_stacks(const Agent& a, IsOwn is_own) {
    const bool cap_ok =
        exact() ? a.hint_cap == 0
                : a.hint_cap >= first_hint_cap && a.hint_cap <= last_hint_cap && is_power_of_two(a.hint_cap);
    if (!cap_ok || a.hints % granule_bytes != 0 ||
        !in_records(a.hints, hint_bytes(a.hint_cap, sizeof(Address))))
      return broken(13, a.hints);
    for (Granule size = 1; size <= small_max; ++size)
      if (!stack_holds(a, size, is_own)) return broken(14, size);
    return 0;
  }
  template <class IsOwn>
  [[gnu::always_inline]] bool stack_holds(const Agent& a, Granule size, IsOwn is_own) const {
    const u32 places = Base::places_of(size, a.hint_cap);
    const Address bottom = Base::bottom_in(a, size);
    const Address top = Base::top(a, size);
    if (top < bottom || (top - bottom) % Base::place_bytes != 0 || top - bottom > places * Base::place_bytes)
      return false;
    const Address above = bottom + (places + 1) * Base::place_bytes;
    if (Base::hinted_bits(at(bottom)) != Base::stack_end || Base::hinted_bits(at(above)) != Base::stack_end)
      return false;
    for (Address hint = bottom + Base::place_bytes; hint < above; hint += Base::place_bytes) {
      const Address bits = Base::hinted_bits(at(hint));
      if (bits == Base::stack_end) return false;
      if (hint > top) continue;
      const Granule g = Base::hinted(at(hint));
      if (g >= header().granules || !is_own(g) || bits != Base::start_ref(g)) return false;
    }
    return true;
  }

  u32 check_pages() {
    for (u32 page = 0; page < Base::page_count(); ++page) {
      const RecordRef ref =
          load<Address>(at(header().page_map) + static_cast<uintptr_t>(page) * sizeof(Address));
      if (ref == 0 || ref % granule_bytes != 0 || !in_records(ref, header().record_bytes))
        return broken(7, ref);
      if (load<u64>(at(ref) + 512) != 0) return broken(8, ref);
      if (load<u32>(at(ref) + page_record::owner) != 0) return broken(9, ref);
      const u32 flags = load<u32>(at(ref) + page_record::flags);
      if (flags > page_record::gap) return broken(9, ref);
      for (u32 i = 0; flags != 0 && i < 512; i += 8)
        if (load<u64>(at(ref) + i) != 0 || load<u64>(at(ref) + page_record::live + i) != 0)
          return broken(10, ref);
    }
    return 0;
  }

  u32 check_agent() {
    const auto& a = agent();
    if (a.id != 0 || a.state != 1) return broken(11, a.id);
    if (!watermark_holds() || a.peak < Base::live_granules() || a.peak >= granule_limit)
      return broken(12, a.peak);
    if (u32 number = check_stacks(a, [](Granule) { return true; })) return number;
    const Granule count = header().granules;
    if (a.run_begin == granule_limit
            ? a.run_end != granule_limit
            : a.run_begin >= a.run_end || a.run_end > count || a.run_end - a.run_begin <= small_max)
      return broken(15, a.run_begin);
    if (a.sweep_page > Base::page_count()) return broken(16, a.sweep_page);
    return 0;
  }

  /// The distance to the next start bit, or to the end of the heap or of its last page before a gap;
  /// unlike size_at this never believes a length that the image claims.
  Granule measured(Granule g) const { return Base::next_start(g, header().granules - g) - g; }

  /// What the live bits inside a block should be: the marks of its kind and its words.
  u32 check_inside(Granule g, Granule n, BlockKind kind, bool is_run) {
    const bool is_long = n > small_max && !is_run;
    if (is_long && word(first_word(g) + 1) != n) return 17;
    if (is_long && n >= footer_min && word(Base::last_word(g + n)) != n) return 17;
    // Granule by granule would cost 16 times the bitmap; whole words where they are inside.
    for (Granule i = g + 1; i < g + n;) {
      if ((i & 31) == 0 && i + 32 <= g + n) {
        const Granule index = i >> 5;
        // The links of a long block mean something only while it is in a bin; check_bins reads them.
        const bool is_link = is_long && (index == first_word(g) || index == first_word(g) + 2);
        const bool is_length =
            is_long && (index == first_word(g) + 1 || (n >= footer_min && index == Base::last_word(g + n)));
        u32 expected = is_length ? n : 0;
        const u32 found = word(index);
        if (kind >= BlockKind::metadata) {
          if (i == g + 2 && kind == BlockKind::reserved) expected |= 1;
          if (i == g + 1) expected |= kind == BlockKind::reserved ? 3 : 1;
        }
        if (!is_link && found != expected) return 18;
        i += 32;
      } else {
        const bool mark =
            kind >= BlockKind::metadata && (i == g + 1 || (i == g + 2 && kind == BlockKind::reserved));
        if (Base::is_live(i) != mark) return 18;
        ++i;
      }
    }
    return 0;
  }

  u32 check_blocks() {
    const Granule count = header().granules;
    u64 live = 0, free = 0, metadata = 0, reserved = 0;
    u32 records = 0;
    if constexpr (!Place::inside) {
      records = Base::records_between(Base::image(), header().records_top);
      if (records != Base::records_in_use()) return broken(Base::apart_rule, records);
    }
    if (!is_bare_below_begin()) return broken(19, header().origin);
    bool run_seen = agent().run_begin == granule_limit;
    BlockKind previous = BlockKind::none;
    for (Granule g = Base::begin_granule(); g < count;) {
      if (Base::in_gap(g)) {
        g += granules_per_page;
        previous = BlockKind::none;
        continue;
      }
      if (!Base::is_start(g)) return broken(19, Base::address_of(g));
      const Granule n = measured(g);
      // Nothing as short has marks; and to tell which they are, the granule behind it would be looked at, which
      // need not be there.
      if (n == 2 && Base::is_live(g + 1)) return broken(18, Base::address_of(g));
      const BlockKind kind = Base::kind_at(g);
      if (u32 inside = check_inside(g, n, kind, g == agent().run_begin))
        return broken(inside, Base::address_of(g));
      if (g == agent().run_begin) {
        if (kind != BlockKind::free || g + n != agent().run_end) return broken(15, Base::address_of(g));
        run_seen = true;
      }
      if (kind == BlockKind::live) {
        live += n;
      } else if (kind == BlockKind::free) {
        free += n;
        if (exact() && previous == BlockKind::free) return broken(20, Base::address_of(g));
        if (exact() && n <= small_max &&
            !(load<u64>(record_of(g) + page_record::small + ((n - 1) >> 6) * 8) >> ((n - 1) & 63) & 1))
          return broken(21, Base::address_of(g));
      } else if (kind == BlockKind::metadata) {
        metadata += n;
        if constexpr (Place::inside) records += records_at(g, n);
      } else {
        reserved += n;
      }
      previous = kind;
      g += n;
    }
    const auto& h = header();
    const u64 fence = (h.origin + (u64{count} << granule_shift) - h.top) >> granule_shift;
    if (!run_seen) return broken(15, agent().run_begin);
    if (records != Base::records_in_use()) return broken(Base::apart_rule, records);
    if (fence != 0) {
      const Granule top = Base::top_granule();
      if (!Base::is_start(top) || Base::kind_at(top) != BlockKind::reserved || measured(top) != fence)
        return broken(19, h.top);
    }
    if (live != Base::live_granules()) return broken(22, live << granule_shift);
    if (metadata << granule_shift != h.metadata_bytes) return broken(23, metadata << granule_shift);
    if ((reserved - fence) << granule_shift != h.reserved_bytes) return broken(24, reserved << granule_shift);
    if ((live + free + metadata) << granule_shift != h.managed_bytes)
      return broken(25, (live + free + metadata) << granule_shift);
    return 0;
  }

  /// Records inside: how many of them the extent at `g` has.
  u32 records_at(Granule g, Granule n) {
    const u64 from = header().origin + (u64{g} << granule_shift);
    return Base::records_between(from, from + (u64{n} << granule_shift));
  }

  /// Whether what of the first page lies before the heap belongs to no block.
  [[gnu::noinline]] bool is_bare_below_begin() const {
    for (Granule g = 0; g < Base::begin_granule(); ++g)
      if (Base::is_start(g) || Base::is_live(g) || Base::is_freed_remotely(g)) return false;
    return true;
  }

  u32 check_bins() {
    const Granule count = header().granules;
    u64 listed = 0;
    const auto is_filed = [&](Granule g) { return g < count && Base::is_start(g) && Base::is_free(g); };
    if (u32 number = check_filed(agent(), listed, is_filed)) return number;
    // Every long free block is in a bin: as many are listed as there are.
    u64 present = 0;
    for (Granule g = Base::begin_granule(); g < count;) {
      const Granule n = Base::step_of(g);
      if (n > small_max && !Base::in_gap(g) && Base::is_free(g)) ++present;
      g += n;
    }
    return present == listed ? 0 : broken(28, present);
  }

  /// What an agent says of its long free blocks: the one in front, those that wait in places, and those in its bins.
  /// `is_filed` says whether a block that may be there begins at a granule, which may be any number. Counts them in
  /// `listed`; returns the broken invariant, or 0.
  template <class IsFiled>
  [[gnu::always_inline]] u32 check_filed(const Agent& a, u64& listed, IsFiled is_filed) {
    if (const Granule n = a.front_length; n != 0) {
      const Granule g = a.front;
      if (!Base::is_quick_size(n) || !is_filed(g) || measured(g) != n) return broken(27, Base::address_of(g));
      ++listed;
    }
    // Eight counts are read at a time, and two octaves.
    for (u32 i = 0; i < 8; ++i)
      if (a.quick_count[quick_bins + i] != 0) return broken(26, i);
    if (a.bins[bin_octaves] != 0) return broken(26, bin_octaves);
    for (u32 bin = 0; bin < quick_bins; ++bin) {
      if (a.quick_count[bin] > quick_depth) return broken(26, bin);
      for (u32 i = 0; i < quick_depth; ++i) {
        const u64 block = a.quick[bin * quick_depth + i];
        if (i >= a.quick_count[bin]) {
          if (block != 0) return broken(27, bin);
          continue;
        }
        const Granule g = static_cast<Granule>(block);
        const Granule n = static_cast<Granule>(block >> 32);
        if (!is_filed(g) || measured(g) != n || n <= small_max || Base::bin_of(n) != bin ||
            waits(a, bin, i, block))
          return broken(27, Base::address_of(g));
        ++listed;
      }
    }
    const u64 most = header().granules / small_max + 1;
    u64 granules = 0;
    u32 octaves = 0;
    for (u32 bin = 0; bin < bin_count; ++bin) {
      const u32 octave = bin / bins_per_octave;
      if ((a.heads[bin] != 0) != (a.bins[octave] >> bin % bins_per_octave & 1)) return broken(26, bin);
      octaves |= u32{a.heads[bin] != 0} << octave;
      u32 previous = 0;
      for (u32 link = a.heads[bin]; link != 0; link = word(first_word(link - 1))) {
        const Granule g = link - 1;
        if (++listed > most || !is_filed(g)) return broken(27, Base::address_of(g));
        const Granule n = measured(g);
        if (n <= small_max || Base::bin_of(n) != bin || word(first_word(g) + 2) != previous ||
            waits(a, bin, quick_depth, u64{n} << 32 | g))
          return broken(27, Base::address_of(g));
        granules += n;
        previous = link;
      }
    }
    if (granules != a.binned) return broken(26, granules << granule_shift);
    return octaves == a.octaves ? 0 : broken(26, a.octaves);
  }

  /// Whether a block is in front, or in one of the first `places` places of a bin. (What is counted twice hides that
  /// another one is missing. In a list none is twice: it has one link back, and the first has none.)
  [[gnu::noinline]] static bool waits(const Agent& a, u32 bin, u32 places, u64 block) {
    if (a.front_length != 0 && (u64{a.front_length} << 32 | a.front) == block) return true;
    for (u32 i = 0; bin < quick_bins && i < places; ++i)
      if (a.quick[bin * quick_depth + i] == block) return true;
    return false;
  }
};

}  // namespace allot
