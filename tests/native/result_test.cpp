// A value or an error, where the program is made of the core alone: what value() of an error throws.
#include <gtest/gtest.h>

#include <allot/heap/heaps.hpp>
#include <allot/memory/reserved.hpp>

#include "memories.hpp"

namespace allot_test {
namespace {

using allot::Error;

TEST(ResultTest, ThereIsNoBlockAtTheAddressOfAnError) {
  allot::ReservedMemory memory(page_bytes, page_bytes);
  auto heap = allot::InsideHeap<allot::ReservedMemory>::create(memory).value();
  try {
    memory.base()[heap.allocate(2 * page_bytes).value()] = 7;
    ADD_FAILURE() << "an address of nothing";
  } catch (const allot::AnyFailure& failure) {
    EXPECT_EQ(failure.error(), Error::out_of_memory);
  }
  EXPECT_EQ(heap.validate().number, 0U);
}

// A value can be looked at while a program is compiled, as before.
static_assert(allot::Result<int>(5).value() == 5 &&
              allot::Result<int>(Error::lock_held).error() == Error::lock_held);

}  // namespace
}  // namespace allot_test
