// Reallocating from an address inside a live block.
#include "misuse.hpp"

ALLOT_MISUSE_TEST(ReallocInterior) {
  auto& heap = rig.heap();
  const auto block = heap.allocate(1000).value();
  for (const std::uint64_t offset : {1U, 16U, 512U, 999U}) {
    const auto inside = static_cast<typename Rig::Address>(block + offset);
    for (const std::uint64_t size : {0U, 10U, 1000U, 100000U}) {
      expect_refused(rig, allot::Error::interior_address,
                     [&](auto& h) { return h.reallocate(inside, size); });
    }
  }
}
