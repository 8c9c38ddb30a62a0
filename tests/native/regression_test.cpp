// Defects that the model once found, as the few operations they were cut down to. Each failed before its
// cure.
#include <gtest/gtest.h>

#include <vector>

#include "replay.hpp"
#include "variants.hpp"

namespace allot_test {
namespace {

ALLOT_TEST_SUITE(Regression, all_variants());

void expect_agreement(const Variant& variant, std::uint64_t begin, const std::vector<Operation>& operations) {
  Plan plan;
  plan.options = variant.options();
  plan.options.begin = begin;
  plan.maximum_pages = 64;
  with_rig_of(variant, [&]<class Rig>() { EXPECT_EQ(replay_apart<Rig>(plan, operations, 10), ""); });
}

// The rest of a long block was merged back into the part about to be handed out.
TEST_P(Regression, TheRestOfASplitBlockStaysApart) {
  expect_agreement(GetParam(), 0, {{Verb::allocate_aligned, 12 * 16, 34}});
  expect_agreement(GetParam(), 0, {{Verb::allocate, 0, 3000}, {Verb::allocate, 0, 9000}});
}

// A heap that began in the last granule of a page took that page for its own.
TEST_P(Regression, AHeapBeginsInTheLastGranuleOfAPage) {
  expect_agreement(GetParam(), 131071, {{Verb::allocate, 0, 500}, {Verb::deallocate_wrongly, 7, 16498}});
  expect_agreement(GetParam(), 131056, {{Verb::allocate, 0, 500}});
}

// The padding of an aligned block counted against the quota, after the memory had grown for it.
TEST_P(Regression, PaddingDoesNotCountAgainstTheQuota) {
  expect_agreement(GetParam(), 1024, {{Verb::set_quota, 1, 1155}, {Verb::allocate_aligned, 11 * 16, 121}});
  expect_agreement(GetParam(), 1024,
                   {{Verb::set_quota, 1, 166032}, {Verb::allocate_aligned, 20 * 16 + 13, 149}});
}

// Slack kept behind an aligned block took the live bytes over the quota.
TEST_P(Regression, SlackStaysWithinTheQuota) {
  expect_agreement(GetParam(), 131071,
                   {{Verb::set_quota, 1, 109518}, {Verb::allocate_aligned, 9 * 16, 108838}});
}

// Not the heap's fault, but the model's: where sizes are recorded no bytes at all take two granules, for which a quota may
// have no room.
TEST_P(Regression, ABlockOfOneGranuleMayBeRefusedToShrinkToNothing) {
  expect_agreement(GetParam(), 36300,
                   {{Verb::set_quota, 1, 20}, {Verb::allocate, 0, 9}, {Verb::reallocate, 0, 0}});
}

// A span that reached above the heap's top grew the heap before it was refused.
TEST_P(Regression, ARefusedSpanTakesNoMemory) {
  expect_agreement(GetParam(), 65100, {{Verb::reserve, 65535, 2048}});
  expect_agreement(GetParam(), 1024, {{Verb::reserve, 60000, 2755}, {Verb::reserve, 61000, 4498}});
  expect_agreement(GetParam(), 1024, {{Verb::allocate, 0, 58000}, {Verb::reserve, 58500, 4999}});
}

}  // namespace
}  // namespace allot_test
