// Freeing a small block twice, at once and after its neighbours were freed and merged.
#include "misuse.hpp"

ALLOT_MISUSE_TEST(DoubleFreeSmall) {
  auto& heap = rig.heap();
  const auto before = heap.allocate(24).value();
  const auto block = heap.allocate(24).value();
  const auto after = heap.allocate(24).value();
  ASSERT_EQ(heap.deallocate(block), allot::Error::none);
  expect_refused(rig, allot::Error::double_free, [&](auto& h) { return h.deallocate(block); });

  ASSERT_EQ(heap.deallocate(before), allot::Error::none);
  ASSERT_EQ(heap.deallocate(after), allot::Error::none);
  heap.merge();
  expect_refused(rig, allot::Error::double_free, [&](auto& h) { return h.deallocate(block); });
}
