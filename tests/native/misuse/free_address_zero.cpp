// Freeing address 0: foreign where the heap begins above it, a block like any other where it begins there.
// (The doors that speak C, where 0 means "no block", take it before it reaches the heap.)
#include "misuse.hpp"

ALLOT_MISUSE_TEST(FreeAddressZero) {
  expect_refused(rig, allot::Error::foreign_address, [](auto& h) { return h.deallocate(0); });
  expect_refused(rig, allot::Error::foreign_address, [](auto& h) { return h.reallocate(0, 10); });
}

namespace allot_test {

ALLOT_TEST_SUITE(BlockAtZero, every_policy());

TEST_P(BlockAtZero, IsFreedOnce) {
  with_rig_of(GetParam(), [&]<class Rig>() {
    Plan plan = plan_of(GetParam());
    plan.options.begin = 0;
    Rig rig(plan);
    if (Rig::image_is_inside) {
      // The image lies there.
      expect_refused(rig, allot::Error::metadata_address, [](auto& h) { return h.deallocate(0); });
    } else {
      ASSERT_EQ(rig.heap().allocate(100).value(), 0U);
      EXPECT_EQ(rig.heap().deallocate(0), allot::Error::none);
      expect_refused(rig, allot::Error::double_free, [](auto& h) { return h.deallocate(0); });
    }
    expect_working(rig);
  });
}

}  // namespace allot_test
