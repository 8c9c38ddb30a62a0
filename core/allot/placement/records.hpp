// Purpose: what growing a heap for one agent and for several have in common: units, and where records lie.
// Floor:   placement.
#pragma once

#include <allot/placement/lock.hpp>

namespace allot {

/// Addresses end here: 4 GiB for i32, 64 GiB for i64.
template <class Address>
inline constexpr u64 address_limit_of =
    sizeof(Address) == 4 ? u64{1} << 32 : (u64{granule_limit} << granule_shift) & ~u64{page_bytes - 1};

namespace detail {
template <class Place, bool shared>
struct BelowRecords {
  using type = ExactSearch<Place>;
};
template <class Place>
struct BelowRecords<Place, true> {
  using type = Lock<Place>;
};
}  // namespace detail

template <class Place>
class Records : public detail::BelowRecords<Place, is_shared<typename Place::Traits>>::type {
 public:
  using Base = typename detail::BelowRecords<Place, is_shared<typename Place::Traits>>::type;
  using Base::Base;
  using typename Base::Address;

 protected:
  using Base::at;
  using Base::header;

  static constexpr Granule granules_of(u64 bytes) {
    return static_cast<Granule>((bytes + granule_bytes - 1) >> granule_shift);
  }
  /// The same for an extent of records, which is never as short as a small block.
  static constexpr Granule record_granules(u64 bytes) {
    const Granule n = granules_of(bytes);
    return n > small_max ? n : small_max + 1;
  }
  static constexpr u32 pages_of(u64 granules) {
    return static_cast<u32>((granules + granules_per_page - 1) >> granule_page_shift);
  }

  /// The address behind the last mapped page.
  u64 mapped_end() const { return header().origin + (u64{header().granules} << granule_shift); }

  /// Where the last page that the heap may take ends.
  u64 limit() const {
    const auto& h = header();
    return h.maximum < h.end ? round_down(h.maximum, page_bytes) : round_up(h.end, page_bytes);
  }

  /// Zeroes records, but writes only where a byte is not zero already: fresh memory stays untouched.
  void clear_records(RecordRef ref, u64 bytes) {
    for (u64 i = 0; i < bytes; i += 8)
      if (load<u64>(at(ref + i)) != 0) store<u64>(at(ref + i), 0);
  }

  void map_page(u32 page, RecordRef record) {
    store<Address>(at(header().page_map) + static_cast<uintptr_t>(page) * sizeof(Address),
                   static_cast<Address>(record));
  }
};

}  // namespace allot
