// A value or an error: what value() gives.
#include <gtest/gtest.h>

#include <allot/host.hpp>

#include <type_traits>
#include <utility>
#include <vector>

namespace allot_test {
namespace {

using allot::Error;
using allot::Result;

using Numbers = std::vector<int>;

Result<Numbers> one_two_three() { return Numbers{1, 2, 3}; }

// By value, or the numbers were gone when the loop begins: only what a range itself is lives for as long.
static_assert(std::is_same_v<decltype(std::declval<Result<Numbers>>().value()), Numbers>);
static_assert(std::is_same_v<decltype(std::declval<Result<Numbers>&>().value()), Numbers&>);
static_assert(std::is_same_v<decltype(std::declval<const Result<Numbers>&>().value()), const Numbers&>);

TEST(ResultTest, ARangeOfATemporaryLivesAsLongAsTheLoop) {
  int sum = 0;
  for (const int number : one_two_three().value()) sum += number;
  EXPECT_EQ(sum, 6);
  const Numbers& kept = one_two_three().value();
  EXPECT_EQ(kept.back(), 3);
}

TEST(ResultTest, AValueMovesOut) {
  Result<Numbers> numbers = one_two_three();
  const int* const at = numbers.value().data();
  EXPECT_EQ(std::move(numbers).value().data(), at);
}

}  // namespace
}  // namespace allot_test
