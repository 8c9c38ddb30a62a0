// Sizes around 2^32, which a sum in 32 bits would turn into small ones.
#include "misuse.hpp"

ALLOT_MISUSE_TEST(Size2To32Minus1) {
  constexpr bool wide = sizeof(typename Rig::Address) == 8;
  constexpr allot::Error expected = wide ? allot::Error::out_of_memory : allot::Error::size_too_large;
  constexpr std::uint64_t four_gib = std::uint64_t{1} << 32;
  const auto block = rig.heap().allocate(100).value();
  const auto expect = [&rig](auto request) {
    if constexpr (wide) {
      expect_no_room(rig, expected, request);
    } else {
      expect_refused(rig, expected, request);
    }
  };
  for (const std::uint64_t size : {four_gib - 15, four_gib - 8, four_gib - 1, four_gib, four_gib + 1}) {
    expect([size](auto& h) { return h.allocate(size); });
    expect([size](auto& h) { return h.allocate_zeroed(1, size); });
    expect([size](auto& h) { return h.allocate_zeroed(size, 1); });
    expect([size](auto& h) { return h.allocate_aligned(64, size); });
    expect([size, block](auto& h) { return h.reallocate(block, size); });
  }
  // A size that the address space could hold is only too much for this memory.
  expect_no_room(rig, allot::Error::out_of_memory, [](auto& h) { return h.allocate(0xfff00000); });
}
