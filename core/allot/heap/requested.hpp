// Purpose: remembering the exact sizes that were asked for (Options::record_sizes).
// Floor:   heap.
//
// A block of n granules owns n times 4 bits beside the bitmaps, in which its slack is kept: usable
// minus requested bytes, lowest nibble first, in at most eight of them. A block of one granule has room
// for a slack of 0..15, so that a request for 0 bytes takes two granules.
#pragma once

#include <allot/placement/place_blocks.hpp>

namespace allot {

template <class Place>
class Requested : public PlaceBlocks<Place> {
 public:
  using Base = PlaceBlocks<Place>;
  using Base::Base;
  using typename Base::Pointer;

 protected:
  static constexpr Granule nibbles_of(Granule n) { return n < 8 ? n : 8; }

  void note_requested(Granule g, Granule n, u64 requested) {
    u64 slack = (u64{n} << granule_shift) - requested;
    for (Granule i = 0; i < nibbles_of(n); ++i, slack >>= 4) set_nibble(g + i, static_cast<u8>(slack & 15));
  }
  u64 requested(Granule g, Granule n) const {
    u64 slack = 0;
    for (Granule i = 0; i < nibbles_of(n); ++i) slack |= u64{nibble(g + i)} << (4 * i);
    return (u64{n} << granule_shift) - slack;
  }

 private:
  Pointer nibble_at(Granule g) const {
    constexpr u32 sizes = page_record::sizes + (Base::shared ? page_record::remote_bytes : 0);
    return Base::record_of(g) + sizes + ((g & (granules_per_page - 1)) >> 1);
  }
  u8 nibble(Granule g) const { return load<u8>(nibble_at(g)) >> (g & 1) * 4 & 15; }
  void set_nibble(Granule g, u8 value) {
    const u32 shift = (g & 1) * 4;
    store<u8>(nibble_at(g),
              static_cast<u8>((load<u8>(nibble_at(g)) & ~(15u << shift)) | u32{value} << shift));
  }
};

}  // namespace allot
