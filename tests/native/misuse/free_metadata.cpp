// Freeing an address in the heap's own records: the image, and records added by growth.
#include "misuse.hpp"

ALLOT_MISUSE_TEST(FreeMetadata) {
  // Enough pages that the first records do not suffice.
  for (int i = 0; i < 40; ++i) ASSERT_TRUE(rig.heap().allocate(65536));
  std::uint64_t found = 0;
  for (const allot::Block& block : walk(rig.heap())) {
    if (block.kind != allot::BlockKind::metadata) continue;
    found += block.size;
    for (const std::uint64_t offset : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{16}, block.size / 2,
                                       block.size - 16, block.size - 1}) {
      const auto address = static_cast<typename Rig::Address>(block.address + offset);
      expect_refused(rig, allot::Error::metadata_address, [&](auto& h) { return h.deallocate(address); });
      expect_refused(rig, allot::Error::metadata_address, [&](auto& h) { return h.reallocate(address, 10); });
    }
  }
  EXPECT_EQ(found, rig.heap().statistic(allot::Statistic::metadata_bytes));
  EXPECT_EQ(found != 0, Rig::image_is_inside) << "records outside take nothing of the memory";
}
