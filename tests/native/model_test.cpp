// The heap against the model: a million operations made from a seed, on every form of a heap, in
// every mix of sizes. A failure is cut down to the few operations that matter and printed.
#include <gtest/gtest.h>

#include <array>
#include <cstdint>

#include "mixes.hpp"
#include "random.hpp"
#include "reduce.hpp"
#include "variants.hpp"

namespace allot_test {
namespace {

// 32 variants × 5 mixes × this is just over a million.
constexpr std::size_t operations_per_run = 6600;

ALLOT_TEST_SUITE(ModelTest, all_variants());

void run(const Variant& variant, const Mix& mix) {
  const std::uint64_t seed = seed_for(variant.name() + mix.name);
  const auto operations = OperationMaker(mix, seed).make(operations_per_run);
  Random random(seed);
  constexpr std::array<std::uint64_t, 6> begins = {0, 16, 1000, 1024, 65536, 131071};
  Plan plan;
  plan.options = variant.options();
  plan.options.begin = begins[random.below(begins.size())];
  plan.initial_pages = random.between(0, 4);
  // From ample to scarce, so that some runs end in out of memory again and again.
  plan.maximum_pages = plan.initial_pages + std::uint64_t{6} + random.log_uniform(10);
  with_rig_of(variant, [&]<class Rig>() {
    if (replay_apart<Rig>(plan, operations).empty()) return;
    ADD_FAILURE() << "begin " << plan.options.begin << ", " << plan.initial_pages << " to "
                  << plan.maximum_pages << " pages\n"
                  << explain<Rig>(plan, operations) << seed_advice();
  });
}

TEST_P(ModelTest, Small) { run(GetParam(), mixes[0]); }
TEST_P(ModelTest, LogUniform) { run(GetParam(), mixes[1]); }
TEST_P(ModelTest, Big) { run(GetParam(), mixes[2]); }
TEST_P(ModelTest, Same) { run(GetParam(), mixes[3]); }
TEST_P(ModelTest, Phases) { run(GetParam(), mixes[4]); }

}  // namespace
}  // namespace allot_test
