// Alignments that are no power of two, or beyond the address space.
#include "misuse.hpp"

ALLOT_MISUSE_TEST(BadAlignment) {
  for (const std::uint64_t alignment : {std::uint64_t{0}, std::uint64_t{3}, std::uint64_t{24},
                                        std::uint64_t{65537}, ~std::uint64_t{0}, std::uint64_t{1} << 63}) {
    for (const std::uint64_t size : {0U, 1U, 100000U}) {
      expect_refused(rig, allot::Error::invalid_alignment,
                     [&](auto& h) { return h.allocate_aligned(alignment, size); });
    }
  }
}
