// Purpose: the two bitmaps: reading and writing single bits, and finding where a block ends or begins.
// Floor:   placement.
//
// Everything here is the truth about the heap; everything above in this folder is a hint.
#pragma once

#include <allot/image/image.hpp>
#include <allot/placement/policy.hpp>

namespace allot {

enum class BlockKind : u32 { free = 0, live = 1, metadata = 2, reserved = 3, none = 4 };

template <class Place>
class Bitmaps : public Image<Place> {
 public:
  using Base = Image<Place>;
  using Base::Base;
  using typename Base::Address;
  using typename Base::Pointer;

 protected:
  using Base::agent;
  using Base::header;
  using Base::page_count;
  using Base::record;
  using Base::record_of;

  static constexpr u32 bit_byte(Granule g) { return (g & (granules_per_page - 1)) >> 3; }

  static constexpr Granule slack_max = 128;
  static constexpr bool policy_is_fixed = Place::Traits::policy >= 0;
  static constexpr PolicyNumbers fixed_numbers =
      numbers_of(static_cast<u32>(policy_is_fixed ? Place::Traits::policy : 0));

  static constexpr bool foretells_length = !small_code && Place::Traits::foretells_length && !Base::shared;

  bool exact() const {
    if constexpr (!Place::Traits::exact)
      return false;
    else if constexpr (policy_is_fixed)
      return Place::Traits::policy == static_cast<int>(Policy::exact);
    else
      return header().policy == static_cast<u8>(Policy::exact);
  }
  /// The largest block that a request for `c` granules may take without splitting it. Splitting a block
  /// of many pages costs nothing beside filling it, so that the slack is bounded.
  ALLOT_ONCE_IF_SMALL Granule slack_limit(Granule c) const {
    u32 shift = policy_is_fixed ? fixed_numbers.borrow_shift : header().borrow_shift;
    u32 add = policy_is_fixed ? fixed_numbers.borrow_add : header().borrow_add;
    if (is_tight() && !exact() && !merges_at_once()) shift = add = 2;  // as `balanced`
    Granule slack = (c >> shift) + add;
    // Of what is borrowed for the shortest most would be waste.
    if (const Granule half = (c + 1) >> 1; slack > half) slack = half;
    return c + (slack < slack_max ? slack : slack_max);
  }
  /// Whether the policy is `exact` or `compact`.
  bool is_tight() const { return (policy_is_fixed ? fixed_numbers.eager_shift : header().eager_shift) == 0; }
  /// Whether freed blocks are merged with their neighbours at once, but for a few long ones, and the shortest that fits
  /// is taken. Not in a heap of few pages, where that would hardly spare one: there `compact` is like `balanced`.
  bool merges_at_once() const { return is_tight() && header().granules > tight_from * granules_per_page; }
  static constexpr Granule tight_from = 4;  // pages
  /// Freed blocks of at least this many granules are merged with their neighbours at once.
  Granule eager_size() const {
    return Granule{1} << (policy_is_fixed ? fixed_numbers.eager_shift : header().eager_shift);
  }
  u32 step_shift() const { return policy_is_fixed ? fixed_numbers.step_shift : header().step_shift; }
  bool records_sizes() const {
    if constexpr (!Place::Traits::sizes)
      return false;
    else
      return header().flags & image_flag::record_sizes;
  }

  /// Whether this build is made for what the header says: address type, where the records lie, one agent or several; and
  /// policy and recorded sizes, where it is not made for all.
  bool suits_build() const {
    static_assert(offsetof(Header, outside) == offsetof(Header, address_bytes) + 1);
    static_assert(offsetof(Header, policy) == offsetof(Header, address_bytes) + 2);
    static_assert(offsetof(Header, flags) == offsetof(Header, address_bytes) + 3);
    const auto kind = Base::at(Base::image() + offsetof(Header, address_bytes));
    constexpr u32 own = sizeof(Address) | Base::image_kind << 8;
    if constexpr (Place::Traits::exact && Place::Traits::sizes) {
      return load<u16>(kind) == own;  // both bytes at once
    } else {
      // All four at once: turned, what is left has no bit above the policies when the others are right.
      constexpr u32 least = Place::Traits::exact ? 0 : 1;
      constexpr u32 flags = Base::shared ? image_flag::shared : 0;
      const u32 sizes = Place::Traits::sizes ? u32{image_flag::record_sizes} << 24 : 0;
      const u32 left = (load<u32>(kind) & ~sizes) - (own | least << 16 | flags << 24);
      return (left << 16 | left >> 16) < policy_count - least;
    }
  }

  /// Ref of the byte with the start bit of a granule; its other bits lie at fixed distances behind it.
  ALLOT_ONCE_IF_SMALL Address start_ref(Granule g) const {
    return Base::record_ref(g >> granule_page_shift) + bit_byte(g);
  }
  Pointer start_at(Granule g) const { return Base::at(start_ref(g)); }

  u64 record_word(Granule g, u32 bitmap) const { return load<u64>(start_at(g & ~63u) + bitmap); }
  ALLOT_ONCE_IF_SMALL bool bit(Granule g, u32 bitmap) const {
    return load<u8>(start_at(g) + bitmap) >> (g & 7) & 1;
  }
  ALLOT_ONCE_IF_SMALL void set_bit(Granule g, u32 bitmap) {
    const auto at = start_at(g) + bitmap;
    store<u8>(at, static_cast<u8>(load<u8>(at) | 1u << (g & 7)));
  }
  ALLOT_ONCE_IF_SMALL void clear_bit(Granule g, u32 bitmap) {
    const auto at = start_at(g) + bitmap;
    store<u8>(at, static_cast<u8>(load<u8>(at) & ~(1u << (g & 7))));
  }
  /// Sets start bits from `g` on, bit 0 = g: at most 57, within one page.
  void set_bits(Granule g, u64 starts) {
    const auto at = record_of(g) + page_record::start + bit_byte(g);
    store<u64>(at, load<u64>(at) | starts << (g & 7));
  }
  bool is_start(Granule g) const { return bit(g, page_record::start); }
  bool is_live(Granule g) const { return bit(g, page_record::live); }

  /// Start bits from `g` on, bit 0 = g: at least 57 of them, fewer at the end of a page, then zeros.
  u64 starts_from(Granule g) const { return load<u64>(start_at(g) + page_record::start) >> (g & 7); }

  /// The 32-bit words of live bits that a long block at `g` uses: word + 0 next, + 1 length, + 2
  /// previous. They begin at least two granules after g, so that the kind of an extent stays readable.
  static constexpr Granule first_word(Granule g) { return ((g + 1) >> 5) + 1; }
  /// The last word wholly inside a block that ends before `end`.
  static constexpr Granule last_word(Granule end) { return (end >> 5) - 1; }
  ALLOT_ONCE_IF_SMALL Pointer word_at(Granule word) const { return start_at(word << 5) + page_record::live; }
  ALLOT_ONCE_IF_SMALL Pointer own_word_at(Granule g, u32 index) const {
    return word_at(first_word(g) + index);
  }
  u32 word(Granule index) const { return load<u32>(word_at(index)); }
  void set_word(Granule index, u32 value) { store<u32>(word_at(index), value); }

  /// Whether the page after the one that holds g - 1 continues it: it is managed and has the same owner.
  bool page_continues(Granule first_of_page) const {
    if (first_of_page >= Base::granules()) return false;
    const auto next = start_at(first_of_page);
    if constexpr (Base::shared) {
      if (owner_of(next) != owner_of(record_of(first_of_page - 1))) return false;
    }
    return load<u32>(next + page_record::flags) == 0;
  }

  // --- In a shared heap ---------------------------------------------------------------------------

  static u32 owner_of(Pointer page) { return load<u32>(page + page_record::owner); }
  /// Whether this agent owns the page.
  bool is_own(u32 page) const {
    if constexpr (Base::shared)
      return owner_of(record(page)) == Base::place().owner_tag();
    else
      return true;
  }
  bool is_own_at(Granule g) const { return is_own(g >> granule_page_shift); }
  /// Whether nobody owns the page: it is free as a whole.
  bool is_free_page(u32 page) const {
    if constexpr (Base::shared)
      return owner_of(record(page)) == page_record::nobody;
    else
      return false;
  }
  /// Whether an agent that does not own the block at `g` has freed it, and its owner has not seen that yet.
  bool is_freed_remotely(Granule g) const {
    if constexpr (Base::shared)
      return bit(g, page_record::remote);
    else
      return false;
  }

  /// The record of an agent that the table knows.
  typename Base::Agent& agent_at(u32 id) const {
    const RecordRef ref = header().agent[id];
    if constexpr (!Place::Access::trusted) Base::place().require_agent(ref);
    return *reinterpret_cast<typename Base::Agent*>(Base::place().record_base() +
                                                    static_cast<uintptr_t>(ref));
  }
  bool agent_exists(u32 id) const { return header().agent[id] != 0; }
  static bool is_agent(u32 owner) { return owner - 1 < agent_capacity; }

  /// Agent records' `state` while an orphan's pages become those of agent `adopter` - 1.
  static constexpr u32 adopted = 4;

  /// Whether the pages of owner `from` are becoming those of `to` just now, or were when somebody died.
  bool is_adopting(u32 from, u32 to) const {
    if (!is_agent(from)) return false;
    const auto& a = agent_at(from - 1);
    return Base::pointer_to(a.state).template atomic_get<u32>() == adopted && a.adopter == to;
  }

  /// page_continues for anybody's pages, which may change hands meanwhile: whether a block of the page before reaches into
  /// this one, where none begins.
  bool page_is_reached(Granule first_of_page) const {
    const Pointer next = record_of(first_of_page);
    const Pointer before = record_of(first_of_page - 1);
    for (u32 seen = 0;;) {
      const u32 one = (before + page_record::owner).template atomic_get<u32>();
      const u32 other = (next + page_record::owner).template atomic_get<u32>();
      if (one == other || is_adopting(one, other) || is_adopting(other, one)) break;
      // An adoption may have begun, or ended, between the looks at the two.
      const u32 both = one << 16 | other;
      if (both == seen) return false;
      seen = both;
    }
    // Whose page it was may have given it up since the caller's look, and have taken it again: then the bit is there.
    return load<u32>(next + page_record::flags) == 0 && !begins_page(first_of_page);
  }
  /// Whether a block begins where a page does. To be asked before whose page it is: who gives a page up takes the start bit
  /// away only when it is nobody's already.
  bool begins_page(Granule first_of_page) const {
    return start_at(first_of_page).template atomic_get<u8>() & 1;
  }

  /// The granule after the block at `g`: the next start bit, the end of the heap or the start of a gap.
  /// Looks no further than `limit` granules; returns g + limit when there is none in reach.
  Granule next_start(Granule g, Granule limit) const {
    const Granule end = g + limit;
    Granule from = g + 1;
    while (from < end) {
      if ((from & (granules_per_page - 1)) == 0) {
        if constexpr (Base::shared) {
          if (from >= Base::granules() || begins_page(from) || !page_is_reached(from)) return from;
        } else if (!page_continues(from)) {
          return from;
        }
      }
      const u64 bits = record_word(from, page_record::start) >> (from & 63);
      if (bits) {
        const Granule found = from + lowest_bit(bits);
        return found < end ? found : end;
      }
      from = (from | 63) + 1;
    }
    return end;
  }

  ALLOT_ONCE_IF_SMALL BlockKind kind_at(Granule g) const {
    if (is_live(g)) return BlockKind::live;
    if (next_bit_is_start(g) || !is_live(g + 1)) return BlockKind::free;
    return !is_start(g + 2) && is_live(g + 2) ? BlockKind::reserved : BlockKind::metadata;
  }

  /// The size of the block at `g`, which is a start: O(1); a long block says its length itself.
  Granule size_at(Granule g) const {
    const u64 bits = starts_from(g) >> 1;
    if (bits) [[likely]]
      return lowest_bit(bits) + 1;
    return size_slow(g);
  }

  /// The same where no other start bit is seen by a load from the byte with its own.
  [[gnu::noinline]] Granule size_slow(Granule g) const {
    if (!small_code && bit_byte(g) < granules_per_page / 8 - 24) [[likely]] {
      const Granule n = size_within_page(start_at(g), g);
      return n != 0 ? n : length_of_long(g);
    }
    const Granule end = next_start(g, small_max + 1);
    return end - g <= small_max ? end - g : length_of_long(g);
  }

  /// The size of the live block at `g`, most likely a long one. `start_at`: the byte with its start bit, `starts`: the
  /// start bits from `g` on.
  [[gnu::always_inline]] Granule live_size_from(Pointer start_at, Granule g, u64 starts) const {
    const u32 byte = bit_byte(g);
    if (byte < granules_per_page / 8 - 24 &&
        ((starts >> 1) | load<u64>(start_at + 7) | load<u16>(start_at + 15)) == 0) {
      // So far from the page's end the word with its length lies in the page, too.
      const u32 length = load<u32>(start_at + (page_record::live + ((first_word(g) + 1) & 127) * 4 - byte));
      return length != 0 ? length : 1;
    }
    return size_from(start_at, g, starts);
  }
  /// The same of any block. (What sees more than 57 granules is inlined in guests only.)
  [[gnu::always_inline]] Granule size_from(Pointer start_at, Granule g, u64 starts) const {
    if (starts >> 1 != 0) return lowest_bit(starts >> 1) + 1;
    if (!small_code && policy_is_fixed && bit_byte(g) < granules_per_page / 8 - 24) {
      if (const Granule n = size_within_page(start_at, g); n != 0) return n;
    }
    return size_slow(g);
  }

  /// The size of a block of 57 to small_max granules that begins more than that before the end of the page whose
  /// byte with its start bit is at `at`; 0 for a longer one. Two loads see all that such a block can span.
  Granule size_within_page(Pointer at, Granule g) const {
    const u32 before = g & 7;
    const u64 near = load<u64>(at + 7);
    if (near != 0) return 56 - before + lowest_bit(near);
    const Granule n = 120 - before + lowest_bit_or_many(load<u64>(at + 15));
    return n <= small_max ? n : 0;
  }

  /// What a block longer than small_max says of its length. Never 0, not even in a damaged image: a walk
  /// always gets on.
  Granule length_of_long(Granule g) const {
    if constexpr (Base::shared) {
      if (const u32 length = word(first_word(g) + 1); length != 0) return length;
      if (Base::agent_ref() != 0 && g == agent().run_begin) return agent().run_end - g;
      // Another agent's run says nothing, and neither does a block that its owner is changing now.
      const Granule most = header().granules - g;
      return next_start(g, most) - g;
    }
    if (g == agent().run_begin) return agent().run_end - g;
    const u32 length = load<u32>(own_word_at(g, 1));
    return length != 0 ? length : 1;
  }

  /// The start of the block that ends before `g`. There must be one in the same run of pages.
  Granule previous_start(Granule g) const {
    if (!small_code && (g & (granules_per_page - 1)) >= footer_min + 64) {
      // All that is looked at lies in one record.
      Address from = start_ref(g) - 7;
      if (const u64 near = load<u64>(Base::at(from)) << (8 - (g & 7))) return g - 64 + highest_bit(near);
      Granule first = (g & ~7u) - 56;
      for (u32 words = 0; words < 4; ++words) {
        from -= 8;
        first -= 64;
        if (const u64 starts = load<u64>(Base::at(from))) return first + highest_bit(starts);
      }
      if (g == agent().run_end) return agent().run_begin;
      return g - word(last_word(g));
    }
    Granule scanned = 0;
    Granule at = g;
    while (scanned < footer_min) {
      // The bits of the 64-granule word that holds at - 1, those below `at` only.
      const Granule last = at - 1;
      const u64 bits = record_word(last, page_record::start) << (63 - (last & 63));
      if (bits) return last - static_cast<Granule>(__builtin_clzll(bits));
      scanned += (last & 63) + 1;
      at = last & ~63u;
    }
    if (g == agent().run_end) return agent().run_begin;
    return g - word(last_word(g));
  }

  /// The start of the block that `g` lies in, by scanning back: for errors and reserved spans only.
  /// Returns granule_limit when `g` lies in a gap.
  Granule enclosing_start(Granule g) const {
    for (;;) {
      const auto page = record_of(g);
      if (load<u32>(page + page_record::flags) & page_record::gap) return granule_limit;
      const u64 bits = record_word(g, page_record::start) << (63 - (g & 63));
      if (bits) return g - static_cast<Granule>(__builtin_clzll(bits));
      if (g < 64) return granule_limit;
      if constexpr (Base::shared) {
        const Granule first = g & ~(granules_per_page - 1);
        if (g - first < 64 && !page_continues(first)) return granule_limit;
      }
      g = (g & ~63u) - 1;
    }
  }

 private:
  /// Whether the granule after g begins another block or lies outside the heap.
  bool next_bit_is_start(Granule g) const {
    const Granule next = g + 1;
    if ((next & (granules_per_page - 1)) == 0 && !page_continues(next)) return true;
    return is_start(next);
  }
};

}  // namespace allot
