// Freeing an address in a reserved span: its first byte, its middle and its last.
#include "misuse.hpp"

ALLOT_MISUSE_TEST(FreeReservedSpan) {
  auto& heap = rig.heap();
  const std::uint64_t begin = (heap.statistic(allot::Statistic::top) - 8192) / 16 * 16;
  ASSERT_EQ(heap.reserve(begin, begin + 4096), allot::Error::none);
  for (const std::uint64_t address : {begin, begin + 16, begin + 2048, begin + 4095}) {
    expect_refused(rig, allot::Error::foreign_address,
                   [&](auto& h) { return h.deallocate(static_cast<typename Rig::Address>(address)); });
  }
}
