// A value or an error: what value() gives.
#include <gtest/gtest.h>

#include <allot/host.hpp>

#include <optional>
#include <stdexcept>
#include <string>
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

// Where the call is known that failed, so is the address: two frees in a thousand can be told apart.
TEST(ResultTest, WhatIsThrownNamesTheAddress) {
  allot::ReservedMemory memory(allot::page_bytes, 2 * allot::page_bytes);
  allot::Heap heap = allot::Heap::create(memory, {.begin = 0}).value();
  const auto thrown_by = [](auto call) -> allot::HeapFailure {
    try {
      call();
    } catch (const allot::HeapFailure& failure) {
      return failure;
    }
    ADD_FAILURE() << "nothing was thrown";
    return allot::HeapFailure(Error::none);
  };
  const auto says = [&](auto call, Error error, allot::u64 address) {
    const allot::HeapFailure failure = thrown_by(call);
    EXPECT_EQ(failure.error(), error);
    EXPECT_EQ(failure.address(), address);
    EXPECT_EQ(failure.what(),
              std::string(allot::error_text(error)) + " (address " + std::to_string(address) + ")");
  };
  const allot::u64 block = heap.allocate(24).value();
  EXPECT_EQ(heap.deallocate(block), Error::none);
  says([&] { allot::or_throw(heap.deallocate(block), block); }, Error::double_free, block);
  says([&] { (void)allot::or_throw(heap.usable_size(1u << 30), 1u << 30); }, Error::wild_address, 1u << 30);
  EXPECT_EQ(allot::or_throw(heap.usable_size(heap.allocate(24).value()), block), 32U);

  auto value = heap.make<std::int32_t>(1).value();
  const allot::u64 at = value.address();
  EXPECT_EQ(value.free(), Error::none);
  says([&] { (void)value.get(); }, allot::host_error::freed_block, at);
  says([&] { value.set(2); }, allot::host_error::freed_block, at);
  const auto numbers = heap.make_array<std::int32_t>(10).value();
  says([&] { (void)numbers.get(10); }, allot::host_error::out_of_bounds, numbers.address() + 40);
  says([&] { numbers.set(11, 1); }, allot::host_error::out_of_bounds, numbers.address() + 44);
  using Pair = allot::layout<allot::field<"first", std::int32_t>, allot::field<"second", std::int32_t>>;
  auto pair = heap.make_struct<Pair>().value();
  const allot::u64 second = pair.address() + 4;
  EXPECT_EQ(pair.free(), Error::none);
  says([&] { (void)pair.get<"second">(); }, allot::host_error::freed_block, second);
  says([&] { pair.set<"second">(1); }, allot::host_error::freed_block, second);

  // A value that is asked of a Result has no address with it.
  EXPECT_EQ(thrown_by([&] { (void)heap.usable_size(block + 1).value(); }).address(), std::nullopt);
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
