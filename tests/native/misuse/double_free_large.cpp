// Freeing a block of many pages twice, at once and after it was merged.
#include "misuse.hpp"

ALLOT_MISUSE_TEST(DoubleFreeLarge) {
  auto& heap = rig.heap();
  const auto block = heap.allocate(300000).value();
  const auto after = heap.allocate(300000).value();
  ASSERT_EQ(heap.deallocate(block), allot::Error::none);
  expect_refused(rig, allot::Error::double_free, [&](auto& h) { return h.deallocate(block); });

  ASSERT_EQ(heap.deallocate(after), allot::Error::none);
  heap.merge();
  expect_refused(rig, allot::Error::double_free, [&](auto& h) { return h.deallocate(after); });
}
