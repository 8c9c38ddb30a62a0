// Freeing an address in free memory that was never handed out, aligned or not.
#include "misuse.hpp"

ALLOT_MISUSE_TEST(FreeNeverAllocated) {
  auto& heap = rig.heap();
  const auto block = heap.allocate(64).value();
  const auto top = heap.statistic(allot::Statistic::top);
  const auto beyond = block + heap.usable_size(block).value() + 4096;
  ASSERT_LT(beyond, top);
  for (const std::uint64_t address : {beyond, beyond + 1, beyond + 16, top - 16, top - 1}) {
    expect_refused(rig, allot::Error::double_free,
                   [&](auto& h) { return h.deallocate(static_cast<typename Rig::Address>(address)); });
  }
}
