// Adapters that are kept in the heap: temporaries, and variables that are moved.
#include <gtest/gtest.h>

#include <allot/host.hpp>
#include <allot/memory/shared_mapping.hpp>

#include <cstdint>
#include <utility>

namespace allot_test {
namespace {

using allot::Heap;
using allot::page_bytes;

void use(Heap heap) {
  const auto number = heap.make<std::int32_t>(42).value();
  const auto bytes = heap.allocate_unique(20 * page_bytes).value();
  EXPECT_EQ(number.get(), 42);
  EXPECT_EQ(heap.validate().value().number, 0U);
}

template <class Memory>
void keep_it() {
  use(Heap::create(Memory(page_bytes, 100 * page_bytes)).value());
  Memory moved(page_bytes, 100 * page_bytes);
  const Heap heap = Heap::create(std::move(moved)).value();
  EXPECT_FALSE(moved.valid());  // NOLINT(bugprone-use-after-move)
  use(heap);
}

TEST(KeptMemory, Reserved) { keep_it<allot::ReservedMemory>(); }
TEST(KeptMemory, Shared) { keep_it<allot::SharedMapping>(); }

// Its references keep the memory, too.
TEST(KeptMemory, OutlivesTheHeap) {
  const auto number =
      Heap::create(allot::ReservedMemory(0, page_bytes * 10)).value().make<std::int32_t>(42).value();
  EXPECT_EQ(number.get(), 42);
}

TEST(KeptMemory, OneThatIsNotValidIsRefused) {
  EXPECT_FALSE(Heap::create(allot::ReservedMemory(2 * page_bytes, page_bytes)));
  EXPECT_FALSE(Heap::create(allot::SharedMapping(2 * page_bytes, page_bytes)));
  EXPECT_FALSE(Heap::attach(allot::ReservedMemory(2 * page_bytes, page_bytes)));
  EXPECT_FALSE(Heap::attach(allot::SharedMapping(2 * page_bytes, page_bytes)));
}

}  // namespace
}  // namespace allot_test
