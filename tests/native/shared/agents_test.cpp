// Agents of one heap interleaved at random against the model (crowd.hpp); and who is none.
#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <vector>

#include "crowd.hpp"

namespace allot_test {
namespace {

class CrowdTest : public testing::TestWithParam<int> {};

TEST_P(CrowdTest, AgreesWithTheModel) {
  const auto policy = static_cast<allot::Policy>(GetParam() % 4);
  const bool record_sizes = GetParam() >= 4;
  for (int round = 0; round < 40; ++round) {
    const std::uint64_t seed = seed_for(std::to_string(GetParam() * 1000 + round));
    try {
      Crowd<SharedTestHeap> crowd(seed, policy, record_sizes);
      crowd.run(1500);
    } catch (const Disagreement& found) {
      FAIL() << "round " << round << ": " << found.what() << '\n' << seed_advice();
    }
  }
}
INSTANTIATE_TEST_SUITE_P(Each, CrowdTest, testing::Range(0, 8));

TEST(NoAgentTest, IsRefusedAndChangesNothing) {
  allot::Options options;
  options.begin = 2 * allot::page_bytes;
  allot::SharedMapping memory(allot::page_bytes, 100 * allot::page_bytes);
  // What is not the heap's, and would be an agent's record if 0 were a Ref.
  std::memset(memory.base(), 0x77, allot::page_bytes);
  SharedTestHeap owner = SharedTestHeap::create(memory, options).value();
  const std::uint32_t block = owner.allocate(100).value();
  const std::uint32_t large = owner.allocate(100000).value();
  const std::vector<std::uint8_t> before(memory.base(), memory.base() + memory.bytes());
  SharedTestHeap heap = SharedTestHeap::open(memory, owner.image()).value();
  const auto refused = allot::Error::not_attached;
  for (const std::uint64_t size : {0U, 1U, 100U, 1000U, 5000U, 200000U}) {
    EXPECT_EQ(heap.allocate(size).error(), refused);
    EXPECT_EQ(heap.allocate_zeroed(1, size).error(), refused);
    EXPECT_EQ(heap.allocate_aligned(8, size).error(), refused);
    EXPECT_EQ(heap.allocate_aligned(4096, size).error(), refused);
    EXPECT_EQ(heap.reallocate(block, size).error(), refused);
  }
  EXPECT_EQ(heap.deallocate(block), refused);
  EXPECT_EQ(heap.deallocate(large), refused);
  EXPECT_EQ(heap.deallocate(16), refused);
  EXPECT_EQ(heap.relocate(block, block + 4096), refused);
  EXPECT_EQ(heap.reserve(3 * allot::page_bytes, 4 * allot::page_bytes), refused);
  EXPECT_EQ(heap.unreserve(3 * allot::page_bytes), refused);
  EXPECT_EQ(heap.grow(1), refused);
  EXPECT_EQ(heap.set_quota(1), refused);
  EXPECT_EQ(heap.set_maximum(1), refused);
  EXPECT_EQ(heap.reap(0).error(), refused);
  EXPECT_EQ(heap.detach(), refused);
  EXPECT_EQ(heap.set_may_block(true), refused);
  EXPECT_EQ(heap.collect(), 0U);
  heap.merge();
  EXPECT_EQ(memory.bytes(), before.size());
  EXPECT_EQ(std::memcmp(memory.base(), before.data(), before.size()), 0);
}

}  // namespace
}  // namespace allot_test
