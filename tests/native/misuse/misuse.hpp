// What every misuse test asks: the exact error, nothing changed, and a heap that still works.
#pragma once

#include <gtest/gtest.h>

#include <allot/heap/heaps.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

#include "accounts.hpp"
#include "pattern.hpp"
#include "variants.hpp"
#include "walk.hpp"

namespace allot_test {

inline Plan plan_of(const Variant& variant) {
  Plan plan;
  plan.options = variant.options();
  plan.maximum_pages = 64;
  return plan;
}

// Every byte of the rig's memories, but for the fields in which a heap notes its last refusal.
template <class Rig>
std::vector<std::uint8_t> bytes_that_must_stay(Rig& rig) {
  std::vector<std::uint8_t> bytes = rig.everything();
  const std::uint64_t before = Rig::image_is_inside ? 0 : rig.memory().bytes();
  const std::uint64_t header = before + rig.heap().image();
  const auto forget = [&bytes, header](std::size_t offset, std::size_t size) {
    std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(header + offset), size, std::uint8_t{0});
  };
  forget(offsetof(allot::Header, last_error), sizeof(allot::Header::last_error));
  forget(offsetof(allot::Header, last_error_address), sizeof(allot::Header::last_error_address));
  return bytes;
}

inline allot::Error error_of(allot::Error error) { return error; }
template <class Value>
allot::Error error_of(const allot::Result<Value>& result) {
  return result.error();
}

// Does `misuse(heap)` and expects the error, and not one byte changed.
template <class Rig, class Misuse>
void expect_refused(Rig& rig, allot::Error expected, Misuse misuse) {
  const std::vector<std::uint8_t> before = bytes_that_must_stay(rig);
  const allot::Error error = error_of(misuse(rig.heap()));
  EXPECT_STREQ(allot::name_of(error), allot::name_of(expected));
  const std::vector<std::uint8_t> after = bytes_that_must_stay(rig);
  ASSERT_EQ(before.size(), after.size()) << "a refused operation grew the memory";
  if (before == after) return;
  const auto changed = std::mismatch(before.begin(), before.end(), after.begin()).first;
  FAIL() << "a refused operation changed byte " << changed - before.begin();
}

// Like expect_refused, for a request that only lacks room: the heap may have tidied its records while it
// looked for some, but no statistic, no block and no byte outside the records has changed.
template <class Rig, class Request>
void expect_no_room(Rig& rig, allot::Error expected, Request request) {
  const Accounts before = read_accounts(rig.heap());
  const std::vector<std::uint8_t> bytes = rig.everything();
  EXPECT_STREQ(allot::name_of(error_of(request(rig.heap()))), allot::name_of(expected));
  EXPECT_EQ(before, read_accounts(rig.heap()));
  for (const allot::Block& block : walk(rig.heap())) {
    if (block.kind == allot::BlockKind::metadata) continue;
    ASSERT_EQ(std::memcmp(rig.memory().base() + block.address, bytes.data() + block.address, block.size), 0)
        << "a refused request wrote into the block at " << block.address;
  }
}

// The heap is sound, and hands out and takes back as if nothing had happened.
template <class Rig>
void expect_working(Rig& rig) {
  auto& heap = rig.heap();
  EXPECT_EQ(heap.validate().number, 0U);
  std::vector<typename Rig::Address> blocks;
  for (std::uint64_t size = 1; size < 3000; size = size * 3 / 2 + 1) {
    const auto block = heap.allocate(size);
    ASSERT_TRUE(block);
    write_pattern(rig.memory().base() + block.value(), size, size);
    blocks.push_back(block.value());
  }
  std::uint64_t size = 1;
  for (const auto block : blocks) {
    EXPECT_EQ(first_difference(rig.memory().base() + block, size, size), size);
    EXPECT_EQ(heap.deallocate(block), allot::Error::none);
    size = size * 3 / 2 + 1;
  }
  EXPECT_EQ(heap.validate().number, 0U);
}

}  // namespace allot_test

// A test `suite.IsRefused` of the body that follows, which gets a `Rig& rig`, on every policy and place.
#define ALLOT_MISUSE_TEST(suite)               \
  namespace allot_test {                       \
  struct suite##Misuse {                       \
    template <class Rig>                       \
    static void commit(Rig& rig);              \
  };                                           \
  ALLOT_TEST_SUITE(suite, every_policy());     \
  TEST_P(suite, IsRefused) {                   \
    with_rig_of(GetParam(), [&]<class Rig>() { \
      Rig rig(plan_of(GetParam()));            \
      suite##Misuse::commit(rig);              \
      expect_working(rig);                     \
    });                                        \
  }                                            \
  }                                            \
  template <class Rig>                         \
  void allot_test::suite##Misuse::commit(Rig& rig)
