// Purpose: the long blocks that were freed last, a few for each bin, ready to be taken whole.
// Floor:   placement.
//
//   agent.quick_count[bin]   how many of the bin's eight places are taken
//   agent.quick              length << 32 | granule: taking a block needs no look at the block; 0 where none is
//
// Why: a list costs a touch of the neighbours in the list at every insertion and removal, and merging
// at once costs a split at the next request. Exact, like the bins: a long free block is either here or in
// its bin, and whoever merges it takes it out first.
#pragma once

#include <allot/placement/bins.hpp>

namespace allot {

template <class Place>
class Quick : public Bins<Place> {
 public:
  using Base = Bins<Place>;
  using Base::Base;

 protected:
  using Base::agent;

  /// The longest block that waits here is shorter than a page: more would be too much to lie idle.
  static constexpr Granule quick_limit = granules_per_page;
  static constexpr bool is_quick_size(Granule n) { return n > small_max && n < quick_limit; }

  /// Puts a free block in a place for its size. Returns the block that has to leave for it, the one that
  /// has waited longest (what was freed last is in the cache), as length << 32 | granule; or 0.
  u64 quick_put(Granule g, Granule n) {
    auto& a = agent();
    const u32 bin = Base::bin_of(n);
    const u32 count = a.quick_count[bin];
    const u64 leaves = count == quick_depth ? a.quick[bin * quick_depth] : u64{0};
    if (leaves != 0) leave(bin, 0);
    auto const places = a.quick + bin * quick_depth;
    places[a.quick_count[bin]++] = u64{n} << 32 | g;
    return leaves;
  }

  /// Takes a block that the policy lets a request for c granules have whole. Looks only at the block that
  /// was freed last in each bin: from the second bin on it fits for certain, and nothing is left to guess.
  /// Returns length << 32 | granule, or 0.
  u64 quick_take(Granule c) {
    if (c >= quick_limit) return 0;
    auto& a = agent();
    const Granule most = Base::slack_limit(c);
    const u32 first = Base::bin_of(c);
    // Eight counts at a time: no policy's slack reaches further than that many bins.
    u64 counts = load<u64>(Base::at(Base::agent_ref() + offsetof(Agent, quick_count) + first));
    while (counts != 0) {
      const u32 bin = first + (lowest_bit(counts) >> 3);
      const u32 top = a.quick_count[bin] - 1u;
      const u64 found = a.quick[bin * quick_depth + top];
      const Granule n = static_cast<Granule>(found >> 32);
      if (n > most) return 0;
      if (n >= c) {
        a.quick[bin * quick_depth + top] = 0;
        a.quick_count[bin] = static_cast<u8>(top);
        return found;
      }
      counts &= ~(u64{255} << (bin - first) * 8);
    }
    return 0;
  }

  /// Takes a given block out of its place. Returns whether it had one.
  bool quick_remove(Granule g, Granule n) {
    if (!is_quick_size(n)) return false;
    const u32 bin = Base::bin_of(n);
    for (u32 i = agent().quick_count[bin]; i-- != 0;) {
      if (agent().quick[bin * quick_depth + i] != (u64{n} << 32 | g)) continue;
      leave(bin, i);
      return true;
    }
    return false;
  }

  /// Takes any block out of its place; 0 when there is none.
  u64 quick_any() {
    auto& a = agent();
    for (u32 bin = 0; bin < quick_bins; ++bin) {
      if (a.quick_count[bin] == 0) continue;
      const u64 found = a.quick[bin * quick_depth];
      leave(bin, 0);
      return found;
    }
    return 0;
  }

 private:
  ALLOT_ONCE_IF_SMALL void leave(u32 bin, u32 index) {
    auto& a = agent();
    auto const places = a.quick + bin * quick_depth;
    const u32 last = a.quick_count[bin] - 1u;
    for (; index < last; ++index) places[index] = places[index + 1];
    places[last] = 0;
    a.quick_count[bin] = static_cast<u8>(last);
  }
};

}  // namespace allot
