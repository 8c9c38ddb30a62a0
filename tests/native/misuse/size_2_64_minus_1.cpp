// Sizes around 2^64 and 2^63, which rounding up would turn into 0.
#include "misuse.hpp"

ALLOT_MISUSE_TEST(Size2To64Minus1) {
  const auto block = rig.heap().allocate(100).value();
  constexpr std::uint64_t most = ~std::uint64_t{0};
  for (const std::uint64_t size : {most, most - 1, most - 14, most - 15, most - 16, most / 2, most / 2 + 1}) {
    constexpr allot::Error expected = allot::Error::size_too_large;
    expect_refused(rig, expected, [&](auto& h) { return h.allocate(size); });
    expect_refused(rig, expected, [&](auto& h) { return h.allocate_zeroed(1, size); });
    expect_refused(rig, expected, [&](auto& h) { return h.allocate_zeroed(size, 1); });
    expect_refused(rig, expected, [&](auto& h) { return h.allocate_aligned(64, size); });
    expect_refused(rig, expected, [&](auto& h) { return h.reallocate(block, size); });
  }
}
