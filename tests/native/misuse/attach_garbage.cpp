// Attaching where no heap is: zeros, ones, noise, addresses that no image can have.
#include "attach.hpp"
#include "random.hpp"

namespace allot_test {
namespace {

constexpr allot::Error no_heap_there = allot::Error::not_a_heap;

TEST(AttachGarbage, ToZeros) {
  expect_not_attached(std::vector<std::uint8_t>(65536, 0), 1024, no_heap_there);
}

TEST(AttachGarbage, ToOnes) {
  expect_not_attached(std::vector<std::uint8_t>(65536, 0xff), 1024, no_heap_there);
}

TEST(AttachGarbage, ToNoise) {
  Random random(seed_for("attach_garbage"));
  std::vector<std::uint8_t> bytes(65536);
  for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(random.next());
  for (std::uint64_t image = 0; image < bytes.size(); image += 16) {
    expect_not_attached(bytes, image, no_heap_there);
  }
}

TEST(AttachGarbage, ToAnAddressBesideTheImage) {
  const Saved saved = save_a_heap();
  for (const std::uint64_t image : {saved.image - 16, saved.image + 16, saved.image + 1, saved.image + 8}) {
    expect_not_attached(saved.bytes, image, no_heap_there);
  }
}

TEST(AttachGarbage, ToAnAddressPastTheMemory) {
  const Saved saved = save_a_heap();
  const std::uint64_t end = saved.bytes.size();
  for (const std::uint64_t image : {end - 16, end, end + 16, std::uint64_t{1} << 40, ~std::uint64_t{15}}) {
    expect_not_attached(saved.bytes, image, no_heap_there);
  }
}

TEST(AttachGarbage, ToAHeaderWithNothingButTheMagic) {
  const Saved saved = save_a_heap();
  std::vector<std::uint8_t> bytes(65536, 0);
  std::memcpy(bytes.data() + 1024, saved.bytes.data() + saved.image, 8);
  expect_not_attached(bytes, 1024, allot::Error::wrong_version);
  std::memcpy(bytes.data() + 1024, saved.bytes.data() + saved.image, 16);
  expect_not_attached(bytes, 1024, allot::Error::corrupt_image);
}

TEST(AttachGarbage, ToACopyAtAnotherAddress) {
  const Saved saved = save_a_heap();
  std::vector<std::uint8_t> bytes = saved.bytes;
  std::memmove(bytes.data() + 4096, saved.bytes.data() + saved.image, 4096);
  expect_not_attached(bytes, 4096, allot::Error::corrupt_image);
}

}  // namespace
}  // namespace allot_test
