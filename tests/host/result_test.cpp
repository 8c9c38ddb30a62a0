// A value or an error: what value() gives.
#include <gtest/gtest.h>

#include <allot/host.hpp>

#include <stdexcept>
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

// The value of an error was 0 or nothing: an address at which the heap's own header may lie.
TEST(ResultTest, AnErrorHasNoValue) {
  allot::ReservedMemory memory(allot::page_bytes, 2 * allot::page_bytes);
  allot::Heap heap = allot::Heap::create(memory, {.begin = 0}).value();
  constexpr allot::u64 too_much = 100 * allot::page_bytes;
  try {
    (void)heap.write(heap.allocate(too_much).value(), 7);
    ADD_FAILURE() << "an address of nothing";
  } catch (const allot::HeapFailure& failure) {
    EXPECT_EQ(failure.error(), Error::out_of_memory);
    EXPECT_STREQ(failure.what(), allot::error_text(Error::out_of_memory));
  }
  EXPECT_EQ(heap.validate().value().number, 0U);
  EXPECT_EQ(heap.allocate(too_much).error(), Error::out_of_memory);
}

TEST(ResultTest, EveryWayToTheValueOfAnErrorThrows) {
  Result<Numbers> none = allot::host_error::unaligned;
  const Result<Numbers>& same = none;
  EXPECT_THROW((void)none.value(), allot::HeapFailure);
  EXPECT_THROW((void)same.value(), allot::HeapFailure);
  EXPECT_THROW((void)std::move(none).value(), allot::HeapFailure);
  // Whoever knows neither header nor library: what is thrown has words, and it is what the core throws by itself.
  EXPECT_THROW((void)same.value(), std::runtime_error);
  EXPECT_THROW((void)same.value(), allot::AnyFailure);
  EXPECT_EQ(same.error(), allot::host_error::unaligned);
}

// As a program that makes its heap before main().
const Error thrown_before_main = [] {
  try {
    return Result<int>(Error::wild_address).value() == 0 ? Error::none : Error::corrupt_image;
  } catch (const allot::HeapFailure& failure) {
    return failure.error();
  }
}();

TEST(ResultTest, BeforeMainToo) { EXPECT_EQ(thrown_before_main, Error::wild_address); }

}  // namespace
}  // namespace allot_test
