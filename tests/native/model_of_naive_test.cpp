// Tests the tests: the model agrees with a naive heap that is right, and notices every fault that can
// be built into it.
#include <gtest/gtest.h>

#include "mixes.hpp"
#include "reduce.hpp"
#include "rigs.hpp"

namespace allot_test {
namespace {

template <Fault fault>
std::string first_disagreement() {
  Plan plan;
  plan.maximum_pages = 64;
  for (const Mix& mix : mixes) {
    const auto operations = OperationMaker(mix, seed_for(mix.name)).make(3000);
    if (std::string text = replay<NaiveRig<fault>>(plan, operations); !text.empty()) return text;
  }
  return {};
}

TEST(ModelOfNaive, AgreesWithAHeapThatIsRight) {
  EXPECT_EQ(first_disagreement<Fault::none>(), "") << seed_advice();
}

// One test for each fault: a model that misses one is not worth running.
#define EXPECT_NOTICED(test, fault, words)                                           \
  TEST(ModelOfNaive, test) {                                                         \
    const std::string text = first_disagreement<Fault::fault>();                     \
    EXPECT_NE(text.find(words), std::string::npos) << text << '\n' << seed_advice(); \
  }

EXPECT_NOTICED(NoticesOverlappingBlocks, overlaps_blocks, "overlaps")
EXPECT_NOTICED(NoticesWrongAlignment, ignores_alignment, "is no multiple of")
EXPECT_NOTICED(NoticesMemoryNotZeroed, forgets_to_zero, "is not zero")
EXPECT_NOTICED(NoticesLostContents, forgets_contents, "is not what was written there")
EXPECT_NOTICED(NoticesForeignWrites, writes_into_neighbour, "is not what was written there")
EXPECT_NOTICED(NoticesWrongLiveBytes, counts_bytes_wrongly, "live_bytes is")
EXPECT_NOTICED(NoticesWrongPeak, misses_peak, "peak_bytes is")
EXPECT_NOTICED(NoticesAcceptedDoubleFree, accepts_double_free, "gives error 0, not 5")
EXPECT_NOTICED(NoticesAcceptedInteriorFree, accepts_interior_free, "changed")
EXPECT_NOTICED(NoticesWrongError, names_wrong_error, "gives error 8, not 9")
EXPECT_NOTICED(NoticesIgnoredQuota, ignores_quota, "the quota is")
EXPECT_NOTICED(NoticesLeakOnRefusal, loses_memory_when_refused, "a refused operation changed")
EXPECT_NOTICED(NoticesContentsOverwritten, copies_forwards, "is not what was written there")
EXPECT_NOTICED(NoticesWrongWalk, hides_block_from_walk, "block_at")

TEST(ModelOfNaive, ReducesAFailureToFewOperations) {
  const Plan plan;
  const auto fails = [&plan](const std::vector<Operation>& operations) {
    return !replay<NaiveRig<Fault::misses_peak>>(plan, operations).empty();
  };
  const auto operations = OperationMaker(mixes[0], seed_for("reduce")).make(3000);
  ASSERT_TRUE(fails(operations));
  const auto few = reduce(operations, fails);
  EXPECT_LE(few.size(), 3U) << "two allocations are enough to miss a peak";
  EXPECT_TRUE(fails(few));
}

// A rig whose heap never comes back from one kind of operation.
struct SleepingRig : NaiveRig<Fault::none> {
  using NaiveRig::NaiveRig;
  void reattach() { pause(); }
};

TEST(ModelOfNaive, ReportsAnEndlessOperationAsAFailure) {
  EXPECT_EQ(replay_apart<SleepingRig>(Plan{}, {Operation{Verb::reattach, 0, 0}}, 1, Noise::hidden),
            "the operations do not come to an end");
}

}  // namespace
}  // namespace allot_test
