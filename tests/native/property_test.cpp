// The same comparison driven by rapidcheck: short lists of operations of every kind, and a failing
// one shrinks, also in its numbers.
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <cstdint>
#include <vector>

#include "checked_heap.hpp"
#include "operation.hpp"
#include "variants.hpp"

namespace rc {

template <>
struct Arbitrary<allot_test::Operation> {
  static Gen<allot_test::Operation> arbitrary() {
    using allot_test::Operation;
    using allot_test::Verb;
    const auto verb = gen::map(gen::inRange<unsigned>(0, allot_test::verb_count),
                               [](unsigned number) { return static_cast<Verb>(number); });
    const auto size = gen::weightedOneOf<std::uint64_t>(
        {{8, gen::inRange<std::uint64_t>(0, 400)},
         {4, gen::inRange<std::uint64_t>(0, 10000)},
         {1, gen::inRange<std::uint64_t>(0, 500000)},
         {1, gen::element<std::uint64_t>(0x7fffffff, 0xffffffff, 0x100000000, ~std::uint64_t{0})}});
    return gen::build<Operation>(gen::set(&Operation::verb, verb),
                                 gen::set(&Operation::which, gen::inRange<std::uint64_t>(0, 4096)),
                                 gen::set(&Operation::size, size));
  }
};

}  // namespace rc

namespace allot_test {
namespace {

Variant any_variant() {
  static const std::vector<Variant> variants = all_variants();
  return *rc::gen::elementOf(variants).as("form of the heap");
}

RC_GTEST_PROP(PropertyTest, TheHeapDoesWhatTheModelDoes, (const std::vector<Operation>& operations)) {
  const Variant variant = any_variant();
  Plan plan;
  plan.options = variant.options();
  plan.options.begin = *rc::gen::inRange<std::uint64_t>(0, 70000).as("begin");
  plan.maximum_pages = 32;
  with_rig_of(variant, [&]<class Rig>() {
    Rig rig(plan);
    CheckedHeap<Rig> heap(rig);
    for (const Operation& operation : operations) heap.apply(operation);
    heap.inspect();
  });
}

// What every allocator promises, stated without the model.
RC_GTEST_PROP(PropertyTest, FreeingEverythingLeavesOneFreeRun, (const std::vector<std::uint16_t>& sizes)) {
  const Variant variant = any_variant();
  Plan plan;
  plan.options = variant.options();
  with_rig_of(variant, [&]<class Rig>() {
    Rig rig(plan);
    auto& heap = rig.heap();
    std::vector<typename Rig::Address> addresses;
    for (const std::uint16_t size : sizes) addresses.push_back(heap.allocate(size).value());
    while (!addresses.empty()) {
      const auto at = *rc::gen::inRange<std::size_t>(0, addresses.size());
      RC_ASSERT(heap.deallocate(addresses[at]) == allot::Error::none);
      addresses.erase(addresses.begin() + static_cast<std::ptrdiff_t>(at));
    }
    RC_ASSERT(heap.statistic(allot::Statistic::live_bytes) == 0U);
    RC_ASSERT(heap.statistic(allot::Statistic::live_blocks) == 0U);
    heap.merge();
    RC_ASSERT(heap.validate().number == 0U);
    // Records taken on the way may lie between; without them all free memory is one run.
    if (!variant.inside) RC_ASSERT(heap.statistic(allot::Statistic::free_blocks) == 1U);
  });
}

}  // namespace
}  // namespace allot_test
