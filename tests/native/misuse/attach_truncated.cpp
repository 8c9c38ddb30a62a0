// Attaching to a memory that was cut off: in the header, in the records, in the blocks.
#include "attach.hpp"

namespace allot_test {
namespace {

Saved cut_off(std::uint64_t bytes) {
  Saved saved = save_a_heap();
  saved.bytes.resize(bytes);
  return saved;
}

TEST(AttachTruncated, InTheHeader) {
  const std::uint64_t image = save_a_heap().image;
  for (std::uint64_t bytes = 0; bytes < image + sizeof(allot::Header); bytes += 8) {
    const Saved saved = cut_off(bytes);
    expect_not_attached(saved.bytes, saved.image, allot::Error::not_a_heap);
  }
}

TEST(AttachTruncated, BehindTheHeader) {
  const Saved whole = save_a_heap();
  for (std::uint64_t bytes = whole.image + sizeof(allot::Header); bytes < whole.bytes.size(); bytes += 4096) {
    const Saved saved = cut_off(bytes);
    expect_not_attached(saved.bytes, saved.image, allot::Error::corrupt_image);
  }
}

TEST(AttachTruncated, NotAtAll) {
  const Saved saved = save_a_heap();
  SavedMemory memory(saved.bytes);
  auto heap = SavedHeap::attach(memory, saved.image);
  ASSERT_TRUE(heap);
  EXPECT_EQ(heap.value().validate().number, 0U);
}

}  // namespace
}  // namespace allot_test
