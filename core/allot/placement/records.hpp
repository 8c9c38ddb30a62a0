// Purpose: what growing a heap for one agent and for several have in common: units, and where records lie.
// Floor:   placement.
#pragma once

#include <allot/placement/lock.hpp>

namespace allot {

/// Addresses end here: 4 GiB for i32, 64 GiB for i64.
template <class Address>
inline constexpr u64 address_limit_of =
    sizeof(Address) == 4 ? u64{1} << 32 : (u64{granule_limit} << granule_shift) & ~u64{page_bytes - 1};

/// An image that is being laid out. Addresses in the managed memory; `map_at` and `bytes` from the image's beginning.
struct NewImage {
  u32 policy;
  u8 flags;
  u32 record_bytes;
  u64 origin, begin, end, maximum, quota, owned_end;
  u64 map_at, bytes;
};

template <class Place>
class Records : public Below<Place, ExactSearch<Place>, Lock<Place>> {
 public:
  using Base = Below<Place, ExactSearch<Place>, Lock<Place>>;
  using Base::Base;
  using typename Base::Address;
  using typename Base::Ref;

 protected:
  using Base::at;
  using Base::header;

  template <class Bytes>
  static constexpr Granule granules_of(Bytes bytes) {
    return static_cast<Granule>((bytes + granule_bytes - 1) >> granule_shift);
  }
  /// The same for an extent of records, which is never as short as a small block.
  template <class Bytes>
  static constexpr Granule record_granules(Bytes bytes) {
    const Granule n = granules_of(bytes);
    return n > small_max ? n : small_max + 1;
  }
  /// The bytes of a page's record. Where records are not trusted, one of the two numbers that they can be.
  u32 record_bytes() const {
    const u32 bytes = header().record_bytes;
    if constexpr (!Place::Access::trusted) {
      constexpr u8 kind = Base::shared ? image_flag::shared : 0;
      if (bytes != page_record_bytes(kind) && bytes != page_record_bytes(kind | image_flag::record_sizes))
        Base::place().refuse();
    }
    return bytes;
  }
  static constexpr u32 pages_of(u64 granules) {
    return static_cast<u32>((granules + granules_per_page - 1) >> granule_page_shift);
  }
  /// The same where no sum of granules needs more bits than an address.
  static constexpr u32 pages_for(Address granules) {
    return static_cast<u32>((granules + granules_per_page - 1) >> granule_page_shift);
  }

  /// Fills what a new header says in both kinds of heap: all but the magic word, and what the first pages bring.
  [[gnu::always_inline]] void describe(const NewImage& made) {
    auto& h = header();
    h.version = image_version;
    h.header_bytes = sizeof(Header);
    h.self = Base::image();
    h.address_bytes = sizeof(Address);
    h.outside = Base::image_kind;
    h.policy = static_cast<u8>(made.policy);
    h.flags = made.flags;
    h.record_bytes = made.record_bytes;
    const PolicyNumbers numbers = numbers_of(made.policy);
    h.borrow_shift = numbers.borrow_shift;
    h.borrow_add = numbers.borrow_add;
    h.eager_shift = numbers.eager_shift;
    h.step_shift = numbers.step_shift;
    h.origin = made.origin;
    h.begin = made.begin;
    h.end = made.end;
    h.maximum = made.maximum == 0 || made.maximum > address_limit_of<Address> ? address_limit_of<Address>
                                                                              : made.maximum;
    h.quota = made.quota == 0 ? ~u64{0} : made.quota;
    h.owned_end = made.owned_end;
    h.page_map = Base::image() + made.map_at;
    h.page_map_capacity = first_page_map_capacity;
    h.agents = 1;
    h.agent[0] = Base::image() + sizeof(Header);
    h.records_top = Base::image() + made.bytes;
  }

  /// The address behind the last mapped page.
  u64 mapped_end() const { return header().origin + (u64{header().granules} << granule_shift); }

  /// Where the last page that the heap may take ends.
  ALLOT_ONCE_IF_SMALL u64 limit() const {
    const auto& h = header();
    return h.maximum < h.end ? round_down(u64{h.maximum}, page_bytes) : round_up(u64{h.end}, page_bytes);
  }

  /// Where the span ends, which may be within a page.
  Granule end_granule() const {
    return static_cast<Granule>((header().end - u64{Base::origin()}) >> granule_shift);
  }

  // Addresses in pages of the memory, which 32 bits count.
  u32 limit_pages() const {
    const auto& h = header();
    return static_cast<u32>((h.maximum < h.end ? h.maximum : h.end + (page_bytes - 1)) >> page_shift);
  }
  u32 mapped_pages() const { return static_cast<u32>(Base::origin() >> page_shift) + Base::page_count(); }
  u32 memory_pages() const { return static_cast<u32>(Base::place().memory.bytes() >> page_shift); }
  u32 owned_pages() const { return static_cast<u32>(header().owned_end >> page_shift); }

  /// Zeroes records, but writes only where a byte is not zero already: fresh memory stays untouched.
  void clear_records(RecordRef from, u64 bytes) {
    clear_words_between(static_cast<Ref>(from), static_cast<Ref>(from + bytes));
  }
  ALLOT_ONCE_IF_SMALL void clear_words_between(Ref from, Ref end) {
    for (; from != end; from += 8)
      if (load<u64>(at(from)) != 0) store<u64>(at(from), 0);
  }

  void map_page(u32 page, RecordRef record) {
    store<Address>(at(header().page_map) + static_cast<uintptr_t>(page) * sizeof(Address),
                   static_cast<Address>(record));
  }
};

}  // namespace allot
