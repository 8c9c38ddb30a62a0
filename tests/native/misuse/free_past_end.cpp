// Freeing an address past the end of the memory.
#include "misuse.hpp"

ALLOT_MISUSE_TEST(FreePastEnd) {
  ASSERT_TRUE(rig.heap().allocate(64));
  const std::uint64_t end = rig.memory().bytes();
  constexpr std::uint64_t last = static_cast<typename Rig::Address>(~typename Rig::Address{0});
  for (const std::uint64_t address : {end, end + 1, end + 16, end + 65536, last / 2, last - 15, last}) {
    expect_refused(rig, allot::Error::wild_address,
                   [&](auto& h) { return h.deallocate(static_cast<typename Rig::Address>(address)); });
  }
}
