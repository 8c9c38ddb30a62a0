// Purpose: the search of the policy `exact`: the smallest free block that fits, the lowest address among
//          equals.
// Floor:   placement.
//
// Small free blocks are found through one bit a size in each page's record (a hint: it may be set for
// nothing), then in the page's bitmaps; long ones through their sorted bins. Cost: proportional to the
// number of pages, 2 ns each, plus one page's scan.
#pragma once

#include <allot/placement/merge.hpp>

namespace allot {

template <class Place>
class ExactSearch : public Merge<Place> {
 public:
  using Base = Merge<Place>;
  using Base::Base;

 protected:
  /// Returns size << 32 | granule, or 0. The block is still filed.
  [[gnu::noinline]] u64 find_exact(Granule c) {
    while (c <= small_max) {
      Granule best = small_max + 1;
      u32 best_page = 0;
      for (u32 page = 0; page < Base::page_count(); ++page) {
        const Granule size = smallest_noted(page, c);
        if (size < best) {
          best = size;
          best_page = page;
          if (size == c) break;
        }
      }
      if (best > small_max) break;
      const Granule g = first_of_size(best_page, best);
      if (g != granule_limit) return u64{best} << 32 | g;
      const auto at = Base::record(best_page) + page_record::small + ((best - 1) >> 6) * 8;
      store<u64>(at, load<u64>(at) & ~(u64{1} << ((best - 1) & 63)));
    }
    return Base::bin_find(c, Base::list_limit());
  }

 private:
  Granule smallest_noted(u32 page, Granule c) const {
    if (!Base::is_own(page)) return small_max + 1;
    const auto at = Base::record(page) + page_record::small;
    if (c <= 64) {
      const u64 low = load<u64>(at) & ~u64{0} << (c - 1);
      if (low) return lowest_bit(low) + 1;
      c = 65;
    }
    const u64 high = load<u64>(at + 8) & ~u64{0} << (c - 65);
    return high ? lowest_bit(high) + 65 : small_max + 1;
  }

  Granule first_of_size(u32 page, Granule size) const {
    const Granule first = page << granule_page_shift;
    for (u32 word = 0; word < granules_per_page; word += 64) {
      const auto at = Base::record(page) + (word >> 3);
      for (u64 free = load<u64>(at + page_record::start) & ~load<u64>(at + page_record::live); free;
           free &= free - 1) {
        const Granule g = first + word + lowest_bit(free);
        if (Base::size_at(g) == size && Base::is_free(g)) return g;
      }
    }
    return granule_limit;
  }
};

}  // namespace allot
