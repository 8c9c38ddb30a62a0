// A shared heap with one agent against the same model and the same lists of operations as every other heap
// (model_test.cpp), and with moved pages in between: reattaching lets the agent leave and another one take over.
#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

#include "../mixes.hpp"
#include "../reduce.hpp"
#include "agents.hpp"

namespace allot_test {
namespace {

class SharedRig {
 public:
  using Address = std::uint32_t;

  explicit SharedRig(const Plan& plan)
      : memory_(plan.initial_pages * allot::page_bytes, plan.maximum_pages * allot::page_bytes),
        records_(plan.options.record_sizes),
        heap_(obtained(SharedTestHeap::create(memory_, plan.options))) {}
  SharedRig(const SharedRig&) = delete;
  SharedRig& operator=(const SharedRig&) = delete;

  SharedTestHeap& heap() { return heap_; }
  const SharedTestHeap& heap() const { return heap_; }
  allot::SharedMapping& memory() { return memory_; }
  [[nodiscard]] bool records() const { return records_; }
  void reattach() {
    if (heap_.detach() != allot::Error::none) disagree("detach is refused");
    heap_ = obtained(SharedTestHeap::open(memory_, heap_.image()));
    if (!heap_.attach()) disagree("attach is refused");
  }

 private:
  allot::SharedMapping memory_;
  bool records_;
  SharedTestHeap heap_;
};

/// What means something else here: a block moves into its agent's own pages only, and a span claims the free
/// pages that it reaches into even where it is then refused.
bool is_the_same(const Operation& operation) {
  return operation.verb != Verb::relocate && operation.verb != Verb::reserve &&
         operation.verb != Verb::unreserve;
}

class OneAgentTest : public testing::TestWithParam<int> {};

TEST_P(OneAgentTest, AgreesWithTheModel) {
  const auto policy = static_cast<allot::Policy>(GetParam() % 4);
  for (const Mix& mix : mixes) {
    const std::uint64_t seed = seed_for(std::string("one agent") + mix.name + std::to_string(GetParam()));
    std::vector<Operation> operations;
    for (const Operation& operation : OperationMaker(mix, seed).make(6600))
      if (is_the_same(operation)) operations.push_back(operation);
    Random random(seed);
    Plan plan;
    plan.options.policy = policy;
    plan.options.record_sizes = GetParam() >= 4;
    constexpr std::uint64_t begins[] = {0, 16, 1000, 1024, 65536, 131071};
    plan.options.begin = begins[random.below(6)];
    plan.initial_pages = random.between(0, 4);
    plan.maximum_pages = plan.initial_pages + std::uint64_t{8} + random.log_uniform(10);
    if (replay_apart<SharedRig>(plan, operations).empty()) continue;
    ADD_FAILURE() << mix.name << ", begin " << plan.options.begin << ", " << plan.initial_pages << " to "
                  << plan.maximum_pages << " pages\n"
                  << explain<SharedRig>(plan, operations) << seed_advice();
  }
}
INSTANTIATE_TEST_SUITE_P(Each, OneAgentTest, testing::Range(0, 8));

}  // namespace
}  // namespace allot_test
