// Agents of one heap interleaved at random against the model (crowd.hpp).
#include <gtest/gtest.h>

#include <string>

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

}  // namespace
}  // namespace allot_test
