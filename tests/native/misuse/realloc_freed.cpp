// Reallocating a block that was freed, to sizes that would stay, shrink and move.
#include "misuse.hpp"

ALLOT_MISUSE_TEST(ReallocFreed) {
  auto& heap = rig.heap();
  const auto block = heap.allocate(100).value();
  const auto after = heap.allocate(100).value();
  ASSERT_EQ(heap.deallocate(block), allot::Error::none);
  for (const std::uint64_t size : {0U, 10U, 100U, 100000U}) {
    expect_refused(rig, allot::Error::double_free, [&](auto& h) { return h.reallocate(block, size); });
  }
  ASSERT_EQ(heap.deallocate(after), allot::Error::none);
}
