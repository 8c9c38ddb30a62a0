// Freeing an address inside a live block: at a granule, between granules, at its last byte.
#include "misuse.hpp"

ALLOT_MISUSE_TEST(InteriorFree) {
  auto& heap = rig.heap();
  for (const std::uint64_t size : {48U, 2000U, 5000U, 200000U}) {
    const auto block = heap.allocate(size).value();
    const auto last = heap.usable_size(block).value() - 1;
    for (const std::uint64_t offset :
         {std::uint64_t{1}, std::uint64_t{8}, std::uint64_t{16}, std::uint64_t{32}, size / 2, last}) {
      const auto inside = static_cast<typename Rig::Address>(block + offset);
      expect_refused(rig, allot::Error::interior_address, [&](auto& h) { return h.deallocate(inside); });
    }
  }
}
