// Freeing an address in the memory below the place where the heap begins.
#include "misuse.hpp"

ALLOT_MISUSE_TEST(FreeForeign) {
  ASSERT_TRUE(rig.heap().allocate(64));
  const std::uint64_t begin = rig.heap().statistic(allot::Statistic::begin);
  for (const std::uint64_t address :
       {std::uint64_t{1}, std::uint64_t{16}, begin / 2, begin - 16, begin - 1}) {
    expect_refused(rig, allot::Error::foreign_address,
                   [&](auto& h) { return h.deallocate(static_cast<typename Rig::Address>(address)); });
  }
}
