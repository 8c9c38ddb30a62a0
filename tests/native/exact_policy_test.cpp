// The policy `exact` is the exact best fit, at the lowest address among equals, merges at once and never
// borrows: it must choose the same addresses as the naive heap, which searches everything.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <vector>

#include "naive_heap.hpp"
#include "random.hpp"
#include "variants.hpp"
#include "walk.hpp"

namespace allot_test {
namespace {

std::vector<Variant> exact_variants() {
  std::vector<Variant> variants = all_variants();
  std::erase_if(variants, [](const Variant& variant) {
    return variant.policy != allot::Policy::exact || variant.record_sizes;
  });
  return variants;
}

using Ranges = std::map<std::uint64_t, std::uint64_t>;

template <class Heap>
Ranges free_ranges(const Heap& heap) {
  Ranges ranges;
  for (const allot::Block& block : walk(heap)) {
    if (block.kind == allot::BlockKind::free) ranges.emplace(block.address, block.size);
  }
  return ranges;
}

// The naive heap, and what it takes to keep it level with the real one as that takes more memory.
template <class Rig>
class Shadow {
 public:
  explicit Shadow(Rig& rig) : rig_(rig), naive_(rig.memory()) { adopt(free_ranges(rig.heap())); }

  // Both allocate; the addresses must be the same.
  std::uint64_t allocate(std::uint64_t size) {
    const std::uint64_t top = rig_.heap().statistic(allot::Statistic::top);
    const auto real = rig_.heap().allocate(size);
    if (!real) disagree("out of memory");
    auto expected = naive_.allocate(size);
    if (rig_.heap().statistic(allot::Statistic::top) != top) {
      if (expected) disagree("the heap grew although ", expected.value(), " would do");
      adopt_growth(real.value());
      expected = naive_.allocate(size);
    }
    if (!expected || expected.value() != real.value()) {
      disagree(size, " bytes were placed at ", real.value(), ", best fit is ",
               expected ? expected.value() : 0);
    }
    return real.value();
  }

  void deallocate(std::uint64_t address) {
    const auto at = static_cast<typename Rig::Address>(address);
    if (rig_.heap().deallocate(at) != allot::Error::none) disagree("freeing is refused");
    if (naive_.deallocate(at) != allot::Error::none) disagree("the naive heap has no such block");
  }

  // The same free ranges: so everything is merged, and no block is longer than it must be.
  void compare() const {
    if (free_ranges(rig_.heap()) != naive_.free_ranges()) disagree("the free ranges differ");
  }

 private:
  void adopt(const Ranges& ranges) {
    for (const auto& [begin, bytes] : ranges) naive_.add_free(begin, bytes);
  }

  // After growth the free ranges and the new block are what there was to choose from.
  void adopt_growth(std::uint64_t block) {
    const Ranges old = naive_.free_ranges();
    for (const auto& [begin, bytes] : old) naive_.remove_free(begin, bytes);
    Ranges now = free_ranges(rig_.heap());
    now.emplace(block, rig_.heap().block_at(block).size);
    adopt(now);
  }

  Rig& rig_;
  NaiveHeap<typename Rig::MemoryType, typename Rig::Address> naive_;
};

ALLOT_TEST_SUITE(ExactPolicy, exact_variants());

void run(const Variant& variant, const char* name, std::uint64_t live_target, unsigned size_bits) {
  with_rig_of(variant, [&]<class Rig>() {
    Random random(seed_for(variant.name() + name));
    Plan plan;
    plan.options = variant.options();
    Rig rig(plan);
    Shadow<Rig> shadow(rig);
    std::vector<std::uint64_t> live;
    try {
      for (int i = 0; i < 6000; ++i) {
        if (random.below(2 * live_target) < live.size()) {
          const std::size_t at = random.below(live.size());
          shadow.deallocate(live[at]);
          live[at] = live.back();
          live.pop_back();
        } else {
          live.push_back(shadow.allocate(random.log_uniform(size_bits)));
        }
        if (i % 64 == 0) shadow.compare();
      }
      while (!live.empty()) {
        shadow.deallocate(live.back());
        live.pop_back();
      }
      shadow.compare();
    } catch (const Disagreement& disagreement) {
      ADD_FAILURE() << disagreement.what() << '\n' << seed_advice();
    }
    EXPECT_EQ(rig.heap().validate().number, 0U);
  });
}

TEST_P(ExactPolicy, PlacesSmallBlocksAsBestFitDoes) { run(GetParam(), "small", 400, 9); }
TEST_P(ExactPolicy, PlacesLongBlocksAsBestFitDoes) { run(GetParam(), "long", 60, 16); }
TEST_P(ExactPolicy, PlacesAFewBlocksAsBestFitDoes) { run(GetParam(), "few", 8, 13); }

TEST_P(ExactPolicy, TakesTheLowestOfEqualHoles) {
  with_rig_of(GetParam(), [&]<class Rig>() {
    for (const std::uint64_t size : {64U, 1024U, 6000U}) {
      Plan plan;
      plan.options = GetParam().options();
      Rig rig(plan);
      std::vector<typename Rig::Address> blocks;
      blocks.reserve(20);
      for (int i = 0; i < 20; ++i) blocks.push_back(rig.heap().allocate(size).value());
      // Holes at 15, 5, 11, freed in this order.
      for (const std::size_t hole : {15U, 5U, 11U}) {
        ASSERT_EQ(rig.heap().deallocate(blocks[hole]), allot::Error::none);
      }
      EXPECT_EQ(rig.heap().allocate(size).value(), blocks[5]);
      EXPECT_EQ(rig.heap().allocate(size).value(), blocks[11]);
      EXPECT_EQ(rig.heap().allocate(size).value(), blocks[15]);
    }
  });
}

TEST_P(ExactPolicy, NeverBorrows) {
  with_rig_of(GetParam(), [&]<class Rig>() {
    Plan plan;
    plan.options = GetParam().options();
    Rig rig(plan);
    auto& heap = rig.heap();
    for (std::uint64_t size = 1; size < 5000; size += 37) {
      const auto hole = heap.allocate(size + 16).value();
      ASSERT_TRUE(heap.allocate(16));
      ASSERT_EQ(heap.deallocate(hole), allot::Error::none);
      const auto block = heap.allocate(size).value();
      EXPECT_EQ(heap.usable_size(block).value(), (size + 15) / 16 * 16);
    }
  });
}

TEST_P(ExactPolicy, MergesAtOnce) {
  with_rig_of(GetParam(), [&]<class Rig>() {
    Plan plan;
    plan.options = GetParam().options();
    Rig rig(plan);
    auto& heap = rig.heap();
    const std::uint64_t runs = heap.statistic(allot::Statistic::free_blocks);
    std::vector<typename Rig::Address> blocks;
    blocks.reserve(100);
    for (int i = 0; i < 100; ++i) blocks.push_back(heap.allocate(200).value());
    for (std::size_t i = 0; i < 100; ++i) {
      ASSERT_EQ(heap.deallocate(blocks[i * 37 % 100]), allot::Error::none);
      const std::vector<allot::Block> all = walk(heap);
      const auto two_free = [](const allot::Block& a, const allot::Block& b) {
        return a.kind == allot::BlockKind::free && b.kind == allot::BlockKind::free;
      };
      EXPECT_EQ(std::adjacent_find(all.begin(), all.end(), two_free), all.end());
    }
    EXPECT_EQ(heap.statistic(allot::Statistic::free_blocks), runs);
  });
}

}  // namespace
}  // namespace allot_test
