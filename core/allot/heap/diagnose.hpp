// Purpose: saying why an address is not a live block. Runs only once something is known to be wrong.
// Floor:   heap.
#pragma once

#include <allot/heap/requested.hpp>

namespace allot {

template <class Place>
class Diagnose : public Requested<Place> {
 public:
  using Base = Requested<Place>;
  using Base::Base;
  using typename Base::Address;

 protected:
  using Base::header;

  /// The granule of a live block that begins exactly at `p`, or ~error. O(1) for a live block.
  Granule live_block(Address p) const {
    const Address offset = p - Base::origin();
    // Rotating makes an address between granules a huge number: one comparison checks both.
    const Address turned = rotate_right(offset, granule_shift);
    if (turned < header().granules) [[likely]] {
      const Granule g = static_cast<Granule>(turned);
      if (Base::is_start(g) && Base::is_live(g) && !Base::is_freed_remotely(g)) return g;
    }
    return ~static_cast<u32>(diagnose(p));
  }

  ALLOT_ONCE_UNLESS_SMALL Error diagnose(Address address) const {
    // The memory's size is asked of the memory itself: bytes that the heap does not have are foreign,
    // bytes that nobody has are wild.
    if (address >> page_shift >= Base::memory_pages()) return Error::wild_address;
    const Granule at = static_cast<Granule>((address - Base::origin()) >> granule_shift);
    // (What lies between the heap's top and the end of its last page is reserved, and so foreign, too.)
    if (address < Base::origin() || at < Base::begin_granule() || at >= header().granules)
      return Error::foreign_address;
    if (Base::is_free_page(at >> granule_page_shift)) return Error::double_free;
    const Granule start = Base::enclosing_start(at);
    if (start == granule_limit) return Error::foreign_address;
    switch (Base::kind_at(start)) {
      case BlockKind::live:
        return start == at && Base::is_freed_remotely(at) ? Error::double_free : Error::interior_address;
      case BlockKind::metadata: return Error::metadata_address;
      case BlockKind::reserved: return Error::foreign_address;
      default: return Error::double_free;
    }
  }
};

}  // namespace allot
