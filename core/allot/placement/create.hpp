// Purpose: laying out a new image.
// Floor:   placement.
#pragma once

#include <allot/placement/growth.hpp>

namespace allot {

/// What a heap is made with; the zeros are the defaults.
struct Options {
  u64 begin = 0;     // first byte that the heap may use
  u64 end = 0;       // 0: as far as the address space goes; else the heap never leaves [begin, end)
  u64 maximum = 0;   // soft maximum, an address; 0: none
  u64 quota = 0;     // most live bytes; 0: no limit
  Policy policy = Policy::balanced;
  bool record_sizes = false;
};

template <class Place>
class Create : public Growth<Place> {
 public:
  using Base = Growth<Place>;
  using Base::Base;
  using typename Base::Address;

 protected:
  using Base::agent;
  using Base::at;
  using Base::header;
  using Base::place;

 public:
  static constexpr u64 address_limit = address_limit_of<Address>;

  /// Where a heap that may use the memory from `begin` on really begins; an image inside lies there.
  static constexpr u64 first_usable(u64 begin) { return round_up(begin, granule_bytes); }

 protected:
  /// Lays out an image at image() for the span that the arguments say (scalars, not an Options: an
  /// aggregate argument would need a stack). Writes less than 1 KiB into fresh memory.
  [[gnu::always_inline]] Error lay_out(u64 begin, u64 end, u64 maximum, u64 quota, u32 policy,
                                       bool record_sizes) {
    if (policy >= policy_count || (!Place::Traits::exact && policy == 0) ||
        (Base::policy_is_fixed && policy != static_cast<u32>(Place::Traits::policy)))
      return Error::invalid_policy;
    if (end == 0) end = address_limit;
    if (end > address_limit || begin >= end) return Error::invalid_span;
    // What lies between a page's start and the span must be long enough to be marked as not ours.
    begin = first_usable(begin);
    if (begin >= end) return Error::invalid_span;
    const Address origin = static_cast<Address>(round_down(begin, page_bytes));
    // The granules of the first page below `begin` belong to no block: no bit of theirs is ever set.
    const Granule first = static_cast<Granule>((static_cast<Address>(begin) - origin) >> granule_shift);
    end = round_down(end, granule_bytes);
    const u64 short_of_page = round_up(end, page_bytes) - end;
    if (short_of_page != 0 && short_of_page < reserved_min * granule_bytes)
      end = round_up(end, page_bytes) - reserved_min * granule_bytes;

    const u8 flags = record_sizes && Place::Traits::sizes ? image_flag::record_sizes : 0;
    const u32 record_bytes = page_record_bytes(flags);
    const bool exact = policy == static_cast<u32>(Policy::exact);
    constexpr u64 agent_at = sizeof(Header);
    constexpr u64 map_at = agent_at + sizeof(Agent);
    constexpr u64 hints_at = map_at + first_page_map_capacity * sizeof(Address);
    const u32 hint_cap = exact ? 0 : first_hint_cap;
    const u64 records_at = hints_at + hint_bytes(hint_cap, sizeof(Address));
    constexpr u32 first_records = 2;
    const u64 image_bytes = records_at + first_records * record_bytes;
    const Granule image = Place::inside ? Base::granules_of(image_bytes) : 0;
    const u32 pages = Base::pages_for(first + image + 1);
    if (begin + u64{image} * granule_bytes >= end) return Error::invalid_span;

    u64 owned = place().memory.bytes();
    const u32 have = static_cast<u32>(owned >> page_shift);
    const u32 need = static_cast<u32>(origin >> page_shift) + pages;
    if (have < need) {
      if (!place().memory.grow(need - have)) return Error::out_of_memory;
      owned = u64{need} << page_shift;
    }
    if (!Place::inside) {
      const u64 bytes = place().record_memory_bytes();
      const u64 end_of_image = Base::image() + image_bytes;
      if (end_of_image > bytes &&
          !place().grow_records((end_of_image - bytes + page_bytes - 1) >> page_shift))
        return Error::out_of_memory;
    }
    Base::clear_records(Base::image(), image_bytes);

    auto& h = header();
    h.magic = image_magic;
    Base::describe({.policy = policy,
                    .flags = flags,
                    .record_bytes = record_bytes,
                    .origin = origin,
                    .begin = begin,
                    .end = end,
                    .maximum = maximum,
                    .quota = quota,
                    .owned_end = owned,
                    .map_at = map_at,
                    .bytes = image_bytes});
    Base::add_to_pool(Base::image() + records_at, first_records);

    auto& a = agent();
    a.run_begin = a.run_end = granule_limit;
    Base::make_stacks(Base::image() + hints_at, hint_cap);
    a.id = 0;
    a.state = 1;

    Base::add_pages(pages, first, first, image);
    return Error::none;
  }
};

}  // namespace allot
