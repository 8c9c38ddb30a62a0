// What is told of a heap, and to whom: handlers and the hook that end themselves, each other or the heap while they are
// told, and those whose time is over.
#include <gtest/gtest.h>

#include <allot/host.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "fuzz/hostile.hpp"

namespace allot_test {
namespace {

using allot::Error;
using allot::EventKind;
using allot::Heap;
using allot::Statistic;

#define EXPECT_ERROR(expected, result) EXPECT_STREQ(allot::error_name(expected), allot::error_name(result))

TEST(HostEvents, TheHookMayUnsetItself) {
  ExactMemory memory(1, 1);
  Heap heap = Heap::create(memory, {.begin = 0}).value();
  const std::vector<int> captured(100, 7);
  int asked = 0;
  heap.on_out_of_memory([captured, &asked, &heap](const allot::Event&) {
    heap.on_out_of_memory({});
    asked += captured.at(50);
    return true;
  });
  EXPECT_ERROR(Error::out_of_memory, heap.allocate(10 * page).error());
  EXPECT_EQ(asked, 7);
  // One that keeps count does so from one attempt to the next.
  heap.on_out_of_memory([left = 3](const allot::Event&) mutable { return --left > 0; });
  EXPECT_ERROR(Error::out_of_memory, heap.allocate(10 * page).error());
}

// Whoever is told lets the last handle of the heap go: what is being done is done to its end.
TEST(HostEvents, AHandlerMayLetTheHeapGo) {
  using Use = std::function<void(std::optional<Heap>&)>;
  using Point = allot::layout<allot::field<"x", allot::u128>>;
  const std::vector<Use> uses = {
      [](auto& heap) { EXPECT_TRUE(heap->allocate(3 * page)); },
      [](auto& heap) { EXPECT_TRUE(heap->allocate_unique(3 * page)); },
      [](auto& heap) { EXPECT_TRUE(heap->allocate_shared(3 * page)); },
      [](auto& heap) {
        const allot::Token token;
        EXPECT_TRUE(heap->allocate_tied(3 * page, token));
      },
      [](auto& heap) { EXPECT_EQ(heap->template make_array<u8>(3 * page).value().get(0), 0); },
      [](auto& heap) { EXPECT_TRUE(heap->template make_array<allot::u128>(page).value().get(7) == 0); },
      [](auto& heap) { EXPECT_EQ(heap->make_string(std::string(3 * page, 'x')).value().units(), 3 * page); },
      [](auto& heap) { EXPECT_EQ(heap->template make_struct_array<Point>(page).value().length(), page); },
      [](auto& heap) { EXPECT_EQ(heap->grow(2), Error::none); },
      [](auto& heap) { EXPECT_EQ(heap->allocate(100 * page).error(), Error::out_of_memory); },
      [](auto& heap) {
        ASSERT_EQ(heap->deallocate(heap->allocate(3 * page).value()), Error::none);
        (void)heap->trim();
      },
  };
  const auto image = [](bool is_outside) {
    return is_outside ? allot::ImagePlace::outside : allot::ImagePlace::inside;
  };
  for (std::size_t i = 0; i < uses.size(); ++i) {
    for (const bool is_outside : {false, true}) {
      ExactMemory memory(1, 40);
      std::optional<Heap> heap = Heap::create(memory, {.begin = 0, .image = image(is_outside)}).value();
      const std::string captured(100, 'y');
      int told = 0;
      const auto let_go = [&heap, &told, captured](const allot::Event& event) {
        heap.reset();
        if (captured[99] == 'y') told |= 1 << static_cast<int>(event.kind);
      };
      // The last one only trims.
      const bool trims = i + 1 == uses.size();
      const auto first = heap->on(trims ? EventKind::trim : EventKind::grow, let_go);
      const auto second = heap->on(EventKind::oom, let_go);
      uses[i](heap);
      EXPECT_NE(told, 0) << i;
      EXPECT_FALSE(heap) << i;
    }
  }
}

TEST(HostEvents, OfDamageAHandlerMayLetTheHeapGo) {
  for (const bool frees : {false, true}) {
    ExactMemory memory(1, 40);
    std::optional<Heap> heap = Heap::create(memory, {.begin = 0}).value();
    allot::unique_block block = heap->allocate_unique(100).value();
    int told = 0;
    const auto first = heap->on(EventKind::corrupt, [&](const allot::Event&) {
      heap.reset();
      block = {};
      ++told;
    });
    // The pool of page records leads nowhere, and the header says so itself.
    auto& header = *reinterpret_cast<allot::Header*>(memory.base());
    header.origin = 16;
    header.page_map = ~u64{0} - 15;
    reseal(memory.base());
    const u64 address = block.release();
    Heap* const used = &*heap;
    if (frees)
      EXPECT_ERROR(Error::corrupt_image, used->deallocate(address));
    else
      EXPECT_ERROR(Error::corrupt_image, used->usable_size(address).error());
    EXPECT_EQ(told, 1);
    EXPECT_FALSE(heap);
  }
}

TEST(HostEvents, HandlersGoWithTheirSubscription) {
  ExactMemory memory(1, 40);
  Heap heap = Heap::create(memory, {.begin = 0}).value();
  const auto captured = std::make_shared<int>(1);
  for (int i = 0; i < 1000; ++i) {
    const auto told = heap.on(EventKind::grow, [captured](const allot::Event&) {});
    EXPECT_EQ(captured.use_count(), 2);
  }
  EXPECT_EQ(captured.use_count(), 1);
  {
    const allot::Token token;
    heap.on(EventKind::grow, token, [captured](const allot::Event&) {});
    EXPECT_EQ(captured.use_count(), 2);
  }
  EXPECT_EQ(captured.use_count(), 1);
  // Nobody is left to be told, and allocations need not look whether there is something to tell.
  EXPECT_TRUE(heap.state()->events.empty());
  // One for an object that is gone already never comes to be.
  allot::Token gone;
  const allot::Token other = std::move(gone);
  heap.on(EventKind::grow, gone, [captured](const allot::Event&) {});  // NOLINT(bugprone-use-after-move)
  EXPECT_EQ(captured.use_count(), 1);
  EXPECT_TRUE(heap.state()->events.empty());
}

TEST(HostEvents, AHandlerMayEndItselfAndOthers) {
  ExactMemory memory(1, 40);
  Heap heap = Heap::create(memory, {.begin = 0}).value();
  const auto captured = std::make_shared<int>(0);
  allot::Subscription first, second, third;
  int later = 0;
  first = heap.on(EventKind::grow, [&, captured](const allot::Event&) {
    first.cancel();
    second.cancel();
    ++*captured;  // it lasts until it has been told
    third = heap.on(EventKind::grow, [&](const allot::Event&) { ++later; });
  });
  second = heap.on(EventKind::grow, [&, captured](const allot::Event&) { ADD_FAILURE() << "it had ended"; });
  ASSERT_EQ(heap.grow(1), Error::none);
  EXPECT_EQ(*captured, 1);
  EXPECT_EQ(captured.use_count(), 1);
  EXPECT_EQ(later, 0);
  ASSERT_EQ(heap.grow(1), Error::none);
  EXPECT_EQ(later, 1);
}

// What a handler has captured goes with it, and may be what keeps another one told.
TEST(HostEvents, SubscriptionsMayHangOnHandlers) {
  ExactMemory memory(1, 40);
  std::optional<Heap> heap = Heap::create(memory, {.begin = 0}).value();
  const auto captured = std::make_shared<int>(0);
  const auto add = [&] {
    auto kept =
        std::make_shared<allot::Subscription>(heap->on(EventKind::grow, [captured](const allot::Event&) {}));
    return heap->on(EventKind::grow, [kept](const allot::Event&) {});
  };
  auto some = add();
  const auto others = add();
  EXPECT_EQ(captured.use_count(), 3);
  some.cancel();
  EXPECT_EQ(captured.use_count(), 2);
  heap.reset();
  EXPECT_EQ(captured.use_count(), 1);
}

TEST(HostEvents, OfWhatContainersAllocate) {
  allot::ReservedMemory memory(page, 20 * page);
  Heap heap = Heap::create(memory, {.begin = 0}).value();
  int grown = 0, out = 0, asked = 0;
  const auto grow = heap.on(EventKind::grow, [&](const allot::Event&) { ++grown; });
  const auto oom = heap.on(EventKind::oom, [&](const allot::Event&) { ++out; });
  heap.on_out_of_memory([&](const allot::Event& event) {
    EXPECT_EQ(event.requested, 100 * page);
    ++asked;
    return event.attempt < 2;
  });
  allot::memory_resource resource(heap);
  {
    const std::pmr::vector<char> text(3 * page, 'x', &resource);
    EXPECT_EQ(grown, 1);
  }
  EXPECT_THROW(std::pmr::vector<char>(100 * page, 'x', &resource), std::bad_alloc);
  EXPECT_EQ(out, 2);
  EXPECT_EQ(asked, 2);
  const allot::allocator<char> allocator(heap);
  EXPECT_THROW((std::vector<char, allot::allocator<char>>(100 * page, 'x', allocator)), std::bad_alloc);
  EXPECT_EQ(asked, 4);
  // Room that the hook makes is taken.
  u64 large = heap.allocate(heap.statistic(Statistic::largest_free).value()).value();
  heap.on_out_of_memory(
      [&](const allot::Event&) { return heap.deallocate(std::exchange(large, 0)) == Error::none; });
  ASSERT_EQ(heap.set_maximum(heap.statistic(Statistic::top).value()), Error::none);
  const std::pmr::vector<char> text(page, 'x', &resource);
  EXPECT_EQ(large, 0U);
  // Damage is told, too.
  int spoilt = 0;
  const auto corrupt = heap.on(EventKind::corrupt, [&](const allot::Event&) { ++spoilt; });
  auto& header = *reinterpret_cast<allot::Header*>(memory.base());
  header.page_map = ~u64{0} - 15;
  reseal(memory.base());
  EXPECT_THROW(std::pmr::vector<char>(50000, 'x', &resource), std::bad_alloc);
  EXPECT_EQ(spoilt, 1);
}

}  // namespace
}  // namespace allot_test
