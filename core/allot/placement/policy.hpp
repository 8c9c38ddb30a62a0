// Purpose: the four policies as numbers.
// Floor:   placement.
// Why:     how much slack a block may keep and how much memory may lie idle is the whole difference
//          between a tight heap and a fast one; the code is the same.
#pragma once

#include <allot/base/types.hpp>

namespace allot {

enum class Policy : u32 { exact = 0, compact = 1, balanced = 2, fast = 3 };
inline constexpr u32 policy_count = 4;

struct PolicyNumbers {
  u8 borrow_shift;  // a request for c granules may take a block of up to
  u8 borrow_add;    //   c + (c >> borrow_shift) + borrow_add without splitting it, but of c + (c + 1) / 2
  u8 eager_shift;   // a freed block of at least 1 << eager_shift granules is merged at once
  u8 step_shift;    // the heap grows by at least 1 / 2^step_shift of itself
};
// `compact` is `exact` where that costs much: an eager_shift of 0 means for both that a freed block is merged at once
// (Bitmaps::merges_at_once), and that fewer records lie in advance. But `compact` finds blocks by the hints that it
// happens to have, the shortest that fits, in a time that does not depend on the heap's size.

/// One byte a policy, `exact` lowest. Shifted out of a constant, not read from a table: a table would be
/// a data segment, and a module with one cannot be instantiated over somebody else's memory.
constexpr PolicyNumbers numbers_of(u32 policy) {
  const auto pick = [policy](u32 packed) { return static_cast<u8>(packed >> policy * 8); };
  //                    fast balanced compact exact
  return {pick(0x02'02'04'1F), pick(0x02'02'00'00), pick(0x0C'08'00'00), pick(0x05'07'0A'06)};
}

/// What a build is able to do that knows its heaps' policy when it is compiled, and records no sizes: as AllTraits
/// (image/place.hpp).
template <Policy known>
struct KnownPolicy {
  static constexpr bool exact = known == Policy::exact;
  static constexpr bool sizes = false;
  static constexpr int policy = static_cast<int>(known);
  static constexpr bool foretells_length = false;
};

}  // namespace allot
