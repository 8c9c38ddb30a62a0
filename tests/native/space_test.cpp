// How much memory the policy compact takes for what is asked of it. The same requests always take the same, so that
// limits can be narrow ones: 1 % above what was measured.
#include <gtest/gtest.h>

#include <allot/heap/heaps.hpp>
#include <allot/memory/reserved.hpp>

#include <algorithm>
#include <cstdint>
#include <stdexcept>
#include <vector>

#include "memories.hpp"
#include "random.hpp"

namespace allot_test {
namespace {

using allot::Error;
using allot::Policy;

// As a guest's: known when it is compiled.
template <Policy fixed>
using KnownHeap = allot::InsideHeap<allot::ReservedMemory, std::uint32_t, allot::KnownPolicy<fixed>>;
using Heap = allot::InsideHeap<allot::ReservedMemory, std::uint32_t>;

struct Block {
  std::uint32_t address;
  std::uint64_t size;
};

// Blocks are freed at random and allocated anew.
struct Churn {
  std::uint64_t slots;
  int operations;
  std::uint64_t (*size)(Random&);
};
std::uint64_t short_size(Random& random) { return random.between(1, 512); }
std::uint64_t mixed_size(Random& random) { return 7 + random.log_uniform(15); }
std::uint64_t long_size(Random& random) { return random.between(64 << 10, 1 << 20); }

struct Space {
  std::uint64_t taken = 0;  // bytes of memory
  std::uint64_t peak = 0;  // the most bytes that were requested and live
  std::uint64_t stirred = 0;  // the addresses, in order
  std::uint32_t violations = 0;
  [[nodiscard]] double ratio() const { return static_cast<double>(taken) / static_cast<double>(peak); }
};

template <class HeapType>
Space measure_once(Policy policy, const Churn& churn, std::uint64_t seed) {
  allot::ReservedMemory memory(page_bytes, std::uint64_t{128} << 20);
  allot::Options options;
  options.policy = policy;
  auto heap = HeapType::create(memory, options).value();
  Random random(seed);
  std::vector<Block> blocks;
  std::uint64_t live = 0;
  std::uint64_t peak = 0;
  std::uint64_t stirred = 0;
  const auto allocate = [&]() -> Block {
    const std::uint64_t size = churn.size(random);
    const auto address = heap.allocate(size);
    if (!address) throw std::runtime_error("out of memory");
    live += size;
    peak = std::max(peak, live);
    stirred = stirred * 31 + address.value();
    return {address.value(), size};
  };
  for (std::uint64_t i = 0; i < churn.slots; ++i) blocks.push_back(allocate());
  for (int i = 0; i < churn.operations; ++i) {
    Block& block = blocks[random.below(churn.slots)];
    if (heap.deallocate(block.address) != Error::none) throw std::runtime_error("freeing is refused");
    live -= block.size;
    block = allocate();
  }
  return {memory.bytes(), peak, stirred, heap.validate().number != 0 ? 1U : 0U};
}

// Many times, as one page more or less, and where records come to lie, is a matter of luck.
template <class HeapType>
Space measure(Policy policy, const Churn& churn) {
  Space sum;
  for (std::uint64_t seed = 1; seed <= 64; ++seed) {
    const Space one = measure_once<HeapType>(policy, churn, seed);
    sum.taken += one.taken;
    sum.peak += one.peak;
    sum.stirred = sum.stirred * 31 + one.stirred;
    sum.violations += one.violations;
  }
  return sum;
}

struct Limit {
  const char* name;
  Churn churn;
  double ratio;  // at most
  double of_balanced;  // times what balanced takes
};
class CompactSpace : public testing::TestWithParam<Limit> {};

// A few blocks: in a heap of so few pages it is balanced. Long ones: both merge at once, and place alike.
const Limit limits[] = {
    {"Few", {100, 20'000, short_size}, 2.150, 1.000},
    {"Short", {10'000, 100'000, short_size}, 1.102, 0.995},
    {"Mixed", {5'000, 50'000, mixed_size}, 1.140, 0.980},
    {"Long", {64, 5'000, long_size}, 1.212, 1.000},
};
INSTANTIATE_TEST_SUITE_P(All, CompactSpace, testing::ValuesIn(limits),
                         [](const auto& info) { return info.param.name; });

TEST_P(CompactSpace, IsWithinItsLimitAndThatOfBalanced) {
  const Space compact = measure<Heap>(Policy::compact, GetParam().churn);
  const Space balanced = measure<Heap>(Policy::balanced, GetParam().churn);
  EXPECT_EQ(compact.violations, 0U);
  EXPECT_LE(compact.ratio(), GetParam().ratio);
  EXPECT_LE(compact.ratio(), balanced.ratio() * GetParam().of_balanced) << balanced.ratio();
}

template <Policy policy>
void expect_the_same_where_known(const Churn& churn) {
  const Space known = measure<KnownHeap<policy>>(policy, churn);
  EXPECT_EQ(known.violations, 0U);
  EXPECT_EQ(known.stirred, measure<Heap>(policy, churn).stirred);
}
TEST_P(CompactSpace, PlacesTheSameWhereThePolicyIsCompiledIn) {
  expect_the_same_where_known<Policy::compact>(GetParam().churn);
}
TEST(ExactSpace, PlacesTheSameWhereThePolicyIsCompiledIn) {
  expect_the_same_where_known<Policy::exact>({1'000, 10'000, short_size});
}

TEST(LongBlocks, AreRoundedUpByASixteenthAndByAPageAtMost) {
  allot::ReservedMemory memory(page_bytes, std::uint64_t{256} << 20);
  auto heap = Heap::create(memory).value();
  bool rounded = false;
  for (std::uint64_t size = 70'000; size < (24 << 20); size += size / 3 + 16) {
    const auto block = heap.allocate(size).value();
    const std::uint64_t usable = heap.usable_size(block).value();
    EXPECT_GE(usable, size);
    EXPECT_LE(usable - size, std::min(size / 16, page_bytes)) << size;
    rounded = rounded || usable - size > 4096;
    ASSERT_TRUE(heap.allocate(16));
  }
  EXPECT_TRUE(rounded) << "else nothing of it was seen here";
  EXPECT_EQ(heap.validate().number, 0U);
}

// The blocks and the records of their pages are 49.6 pages. Stacks for hints at other sizes, and extents for nothing but
// the page map, made them 51.
TEST(BlocksOfOneSize, TakeNextToNothingBesides) {
  allot::ReservedMemory memory(page_bytes, std::uint64_t{64} << 20);
  auto heap = Heap::create(memory).value();
  for (int i = 0; i < 100'000; ++i) ASSERT_TRUE(heap.allocate(32));
  EXPECT_EQ(memory.bytes() / page_bytes, 50U);
  EXPECT_EQ(heap.validate().number, 0U);
}

// Also where most were never hinted at, as there are only so many places for a size.
TEST(CompactSpaceOfPhases, LongBlocksLieWhereEqualShortOnesWere) {
  for (const std::uint64_t size : {16U, 32U, 48U, 2'000U}) {
    allot::ReservedMemory memory(page_bytes, std::uint64_t{64} << 20);
    allot::Options options;
    options.policy = Policy::compact;
    auto heap = Heap::create(memory, options).value();
    std::vector<std::uint32_t> blocks;
    for (std::uint64_t bytes = 0; bytes < (4 << 20); bytes += size)
      blocks.push_back(heap.allocate(size).value());
    const std::uint64_t before = memory.bytes();
    for (const auto block : blocks) ASSERT_EQ(heap.deallocate(block), Error::none);
    std::uint64_t bytes = 0;
    for (; memory.bytes() == before; bytes += 100'000) ASSERT_TRUE(heap.allocate(100'000));
    // Records may lie in between.
    EXPECT_GT(bytes, 3 << 20) << size;
    EXPECT_EQ(heap.validate().number, 0U);
  }
}

}  // namespace
}  // namespace allot_test
