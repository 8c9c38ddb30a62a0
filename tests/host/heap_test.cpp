// The host's heap over memories that need no engine: the three ways to one, errors, limits, events, owners,
// containers.
#include <gtest/gtest.h>

#include <allot/heap/heaps.hpp>
#include <allot/host.hpp>

#include <cstring>
#include <fstream>
#include <numeric>
#include <optional>
#include <string>
#include <vector>

#include "fuzz/hostile.hpp"

namespace allot_test {
namespace {

using allot::Error;
using allot::Heap;
using allot::Statistic;
namespace files = allot::files;

#define EXPECT_ERROR(expected, result) EXPECT_STREQ(allot::error_name(expected), allot::error_name(result))

allot::CreateOptions outside() {
  allot::CreateOptions options;
  options.image = allot::ImagePlace::outside;
  return options;
}

TEST(HostHeap, CreatesInPagesThatNobodyHadBefore) {
  ExactMemory memory(3, 10);
  std::memset(memory.base(), 0x77, memory.bytes());
  Heap heap = Heap::create(memory).value();
  const u64 block = heap.allocate(1000).value();
  EXPECT_GE(block, 3 * page);
  for (u64 at = 0; at < 3 * page; ++at) ASSERT_EQ(memory.base()[at], 0x77);
  EXPECT_EQ(heap.deallocate(block), Error::none);
  EXPECT_FALSE(heap.validate().value());
}

TEST(HostHeap, CreatesInASpan) {
  ExactMemory memory(4, 4);
  allot::CreateOptions options;
  options.begin = page / 2;
  options.end = 3 * page;
  std::memset(memory.base(), 0x77, page / 2);
  std::memset(memory.base() + 3 * page, 0x77, page);
  Heap heap = Heap::create(memory, options).value();
  while (const auto block = heap.allocate(5000)) {
    EXPECT_GE(block.value(), page / 2);
    EXPECT_LE(block.value() + 5000, 3 * page);
    ASSERT_EQ(heap.fill(block.value(), 5000, 1), Error::none);
  }
  for (u64 at = 0; at < page / 2; ++at) ASSERT_EQ(memory.base()[at], 0x77);
  for (u64 at = 3 * page; at < 4 * page; ++at) ASSERT_EQ(memory.base()[at], 0x77);
  EXPECT_FALSE(heap.validate().value());
}

TEST(HostHeap, WithTheImageOutsideAllOfTheMemoryIsTheGuests) {
  ExactMemory memory(1, 4);
  allot::CreateOptions options = outside();
  options.begin = 0;
  Heap heap = Heap::create(memory, options).value();
  EXPECT_FALSE(heap.image_is_inside());
  u64 total = 0;
  while (const auto block = heap.allocate(4096)) total += 4096;
  EXPECT_EQ(total, 4 * page);
  // Whatever is written there, the records are sound.
  std::memset(memory.base(), 0xFF, memory.bytes());
  EXPECT_FALSE(heap.validate().value());
  EXPECT_EQ(heap.deallocate(4096), Error::none);
  EXPECT_EQ(heap.allocate(4096).value(), 4096U);
}

TEST(HostHeap, AttachesToAnImageThatItFinds) {
  ExactMemory memory(2, 100);
  allot::CreateOptions options;
  options.begin = 1040;
  Heap first = Heap::create(memory, options).value();
  const u64 block = first.allocate(100).value();
  Heap second = Heap::attach(memory).value();
  EXPECT_EQ(second.image().value(), 1040U);
  EXPECT_EQ(second.usable_size(block).value(), first.usable_size(block).value());
  EXPECT_EQ(second.deallocate(block), Error::none);
  EXPECT_ERROR(Error::double_free, first.deallocate(block));
  // Both work on, each seeing what the other did.
  for (int i = 0; i < 500; ++i) {
    const u64 a = first.allocate(static_cast<u64>(i) * 7).value();
    const u64 b = second.allocate(static_cast<u64>(i) * 5).value();
    ASSERT_NE(a, b);
    ASSERT_EQ((i % 2 ? first : second).deallocate(i % 3 ? a : b), Error::none);
  }
  EXPECT_FALSE(first.validate().value());
}

// A guest takes memory without a word: what was remembered of a memory whose base is fixed must not be all.
TEST(HostHeap, SeesWhatAnotherHasGrown) {
  allot::ReservedMemory memory(page, 4000 * page);
  Heap guest = Heap::create(memory).value();
  Heap host = Heap::attach(memory).value();
  const u64 before = host.allocate(100).value();
  std::vector<u64> blocks;
  for (int i = 0; i < 3000; ++i) blocks.push_back(guest.allocate(60000).value());
  EXPECT_EQ(host.usable_size(before).value(), 112U);
  EXPECT_FALSE(host.validate().value());
  for (const u64 block : blocks) ASSERT_EQ(host.deallocate(block), Error::none);
  EXPECT_EQ(host.statistic(Statistic::live_blocks).value(), 1U);
  EXPECT_FALSE(guest.validate().value());
  EXPECT_GE(host.allocate(100 * page).value(), page);
}

TEST(HostHeap, WorksWith64BitAddresses) {
  ExactMemory memory(2, 10);
  allot::CreateOptions options;
  options.address = allot::AddressType::i64;
  Heap heap = Heap::create(memory, options).value();
  const u64 block = heap.allocate(100).value();
  Heap same = Heap::attach(memory).value();
  EXPECT_EQ(same.deallocate(block), Error::none);
  EXPECT_ERROR(Error::wild_address, heap.deallocate(u64{1} << 60));
}

template <class Memory>
void expect_refused(Error expected, const allot::CreateOptions& options, u64 most) {
  Memory memory(1, most);
  std::memset(memory.base(), 0x77, memory.bytes());
  EXPECT_ERROR(expected, Heap::create(memory, options).error());
  EXPECT_EQ(memory.bytes(), page);
  EXPECT_TRUE(std::all_of(memory.base(), memory.base() + page, [](u8 byte) { return byte == 0x77; }));
}

TEST(HostHeap, ARefusedHeapLeavesTheMemoryAsItWas) {
  constexpr u64 four_gib = u64{1} << 32;
  for (const auto image : {allot::ImagePlace::inside, allot::ImagePlace::outside}) {
    for (const auto address : {allot::AddressType::i32, allot::AddressType::i64}) {
      const auto refuse = [&](Error expected, allot::CreateOptions options, u64 most = 8) {
        SCOPED_TRACE(testing::Message() << (image == allot::ImagePlace::inside) << " from "
                                        << options.begin.value_or(1) << " to " << options.end);
        options.image = image;
        options.address = address;
        expect_refused<ExactMemory>(expected, options, most);
        if (image == allot::ImagePlace::inside) expect_refused<SharedMemory>(expected, options, most);
      };
      refuse(Error::invalid_policy, {.policy = static_cast<allot::Policy>(17)});
      refuse(Error::invalid_policy, {.begin = 0, .policy = static_cast<allot::Policy>(4)});
      refuse(Error::invalid_span, {.begin = ~u64{0}});
      refuse(Error::invalid_span, {.begin = u64{1} << 40});
      refuse(Error::invalid_span, {.begin = 3 * page, .end = 2 * page});
      refuse(Error::invalid_span, {.begin = 0, .end = ~u64{0}});
      if (address == allot::AddressType::i32) refuse(Error::invalid_span, {.begin = four_gib});
      // Too short for the records.
      if (image == allot::ImagePlace::inside)
        refuse(Error::invalid_span, {.begin = 3 * page, .end = 3 * page + 1300});
      refuse(Error::out_of_memory, {.begin = 20 * page});
      if (image == allot::ImagePlace::inside) refuse(Error::out_of_memory, {.begin = page}, 1);
    }
  }
  // What is long enough is laid out, wherever a page ends.
  for (u64 begin = 2 * page - 6000; begin < 2 * page; begin += 48) {
    ExactMemory memory(1, 8);
    allot::CreateOptions options;
    options.begin = begin;
    Heap heap = Heap::create(memory, options).value();
    EXPECT_TRUE(heap.allocate(100));
    EXPECT_FALSE(heap.validate().value());
  }
}

TEST(HostHeap, RefusesWhatIsNoHeap) {
  ExactMemory memory(2, 2);
  EXPECT_ERROR(Error::not_a_heap, Heap::attach(memory).error());
  allot::AttachOptions options;
  for (const u64 image :
       {u64{0}, u64{8}, u64{16}, 2 * page - 16, 2 * page, u64{1} << 40, ~u64{0} - 15, ~u64{0}}) {
    options.image = image;
    EXPECT_ERROR(Error::not_a_heap, Heap::attach(memory, options).error()) << image;
  }
  ExactMemory none(0, 0);
  EXPECT_FALSE(Heap::attach(none));
  EXPECT_FALSE(Heap::create(none));
  EXPECT_ERROR(allot::host_error::no_memory, Heap().allocate(1).error());
}

using Nothing = allot::layout<allot::field<"x", allot::u128>>;

// All that gives an error: `say` is called with each.
template <class Say>
void use_all(Heap heap, Say say) {
  std::vector<int> filled(3);
  say(heap.allocate(1).error());
  say(heap.deallocate(16));
  say(heap.reallocate(16, 1).error());
  say(heap.allocate_zeroed(1, 1).error());
  say(heap.allocate_aligned(32, 1).error());
  say(heap.allocate_unique(1).error());
  say(heap.allocate_shared(1).error());
  const allot::Token token;
  say(heap.allocate_tied(1, token).error());
  say(heap.own(16).error());
  say(heap.usable_size(16).error());
  say(heap.requested_size(16).error());
  say(heap.relocate(16, 32));
  say(heap.make<int>().error());
  say(heap.make<allot::u128>().error());
  say(heap.make_array<int>(0).error());
  say(heap.make_array<int>(filled).error());
  say(heap.make_string("").error());
  say(heap.make_struct<Nothing>().error());
  say(heap.make_struct_array<Nothing>(0).error());
  say(heap.statistic(Statistic::live_blocks).error());
  say(heap.validate().error());
  say(heap.block_at(16).error());
  say(heap.walk([](const allot::Block&) {}));
  say(heap.image().error());
  say(heap.agent().error());
  say(heap.agents().error());
  say(heap.reap(0));
  say(heap.reserve(0, 16));
  say(heap.unreserve(0));
  say(heap.grow(1));
  say(heap.set_maximum(0));
  say(heap.set_quota(0));
  say(heap.merge());
  say(heap.trim().error());
  say(heap.purge().error());
  say(allot::take_snapshot(heap).error());
}

TEST(HostHeap, AnEmptyHandleHasNoMemory) {
  int asked = 0;
  const auto none = [&](Error error) {
    EXPECT_ERROR(allot::host_error::no_memory, error) << asked;
    ++asked;
  };
  Heap heap;
  use_all(heap, none);
  none(heap.make_struct_array<Nothing>(~u64{0}).error());
  for (const u64 address : {u64{0}, u64{4}, u64{5}, ~u64{0}}) {
    none(heap.at<int>(address).error());
    none(heap.array_at<int>(address, 0).error());
    none(heap.array_at<int>(address, 1).error());
    none(heap.string_at(address, 0).error());
    none(heap.struct_at<Nothing>(address).error());
    none(heap.struct_array_at<Nothing>(address, 0).error());
    none(heap.read_c_string(address).error());
    none(heap.span(address, 0).error());
    none(heap.span<int>(address, 1).error());
    none(heap.read<int>(address).error());
    none(heap.write<int>(address, 1));
    none(heap.copy(address, address, 0));
    none(heap.fill(address, 0));
  }
  none(heap.follow(allot::Pointer32<int>{0}).error());
  heap.detach();
  EXPECT_FALSE(heap.owns(16));
  EXPECT_THROW(allot::memory_resource{heap}, allot::HeapFailure);
}

TEST(HostHeap, ADetachedHandleHasNoMemory) {
  for (const bool is_outside : {false, true}) {
    ExactMemory memory(1, 2);
    Heap heap = Heap::create(memory, is_outside ? outside() : allot::CreateOptions{}).value();
    const auto array = heap.make_array<int>(3).value();
    heap.detach();
    int asked = 0;
    use_all(heap, [&](Error error) {
      EXPECT_ERROR(allot::host_error::no_memory, error) << asked;
      ++asked;
    });
    EXPECT_ERROR(allot::host_error::out_of_bounds, heap.at<int>(0).error());
    EXPECT_ERROR(allot::host_error::out_of_bounds, array.read(0).error());
    EXPECT_FALSE(heap.owns(16));
  }
}

// A header that fits the memory with its last byte, and an agent that does not.
TEST(HostHeap, RefusesAnImageWhoseAgentIsBehindTheMemory) {
  ExactMemory memory(1, 1);
  const u64 at = page - sizeof(allot::Header);
  ExactMemory sound(1, 2);
  allot::CreateOptions options;
  options.begin = 0;
  (void)Heap::create(sound, options);
  std::memcpy(memory.base() + at, sound.base(), sizeof(allot::Header));
  std::memcpy(memory.base() + at + offsetof(allot::Header, self), &at, 8);
  reseal(memory.base() + at);
  allot::AttachOptions attach;
  attach.image = at;
  EXPECT_FALSE(Heap::attach(memory, attach));
}

TEST(HostHeap, SaysWhyAnAddressIsRefused) {
  for (const bool is_outside : {false, true}) {
    ExactMemory memory(2, 10);
    allot::CreateOptions options = is_outside ? outside() : allot::CreateOptions{};
    Heap heap = Heap::create(memory, options).value();
    const u64 block = heap.allocate(100).value();
    EXPECT_ERROR(Error::interior_address, heap.deallocate(block + 16));
    EXPECT_ERROR(Error::interior_address, heap.deallocate(block + 1));
    EXPECT_ERROR(Error::foreign_address, heap.deallocate(16));
    EXPECT_ERROR(Error::wild_address, heap.deallocate(memory.bytes()));
    EXPECT_ERROR(Error::wild_address, heap.deallocate(block + (u64{1} << 32)));
    EXPECT_ERROR(Error::wild_address, heap.reallocate(~u64{0}, 1).error());
    EXPECT_ERROR(Error::size_too_large, heap.allocate(~u64{0}).error());
    EXPECT_ERROR(Error::size_too_large, heap.allocate_zeroed(u64{1} << 33, u64{1} << 33).error());
    EXPECT_ERROR(Error::invalid_alignment, heap.allocate_aligned(24, 8).error());
    EXPECT_ERROR(Error::out_of_memory, heap.allocate(100 * page).error());
    EXPECT_EQ(heap.deallocate(block), Error::none);
    EXPECT_ERROR(Error::double_free, heap.deallocate(block));
    EXPECT_FALSE(heap.validate().value());
  }
}

TEST(HostHeap, ReallocatesAndAligns) {
  ExactMemory memory(1, 40);
  Heap heap = Heap::create(memory).value();
  u64 block = heap.allocate(10).value();
  ASSERT_EQ(heap.write<u64>(block, 0x1122334455667788), Error::none);
  for (const u64 size : {100U, 5000U, 200000U, 30U}) {
    block = heap.reallocate(block, size).value();
    EXPECT_EQ(heap.read<u64>(block).value(), 0x1122334455667788U);
    EXPECT_GE(heap.usable_size(block).value(), size);
  }
  const u64 aligned = heap.allocate_aligned(4096, 100).value();
  EXPECT_EQ(aligned % 4096, 0U);
  const u64 zeroed = heap.allocate_zeroed(100, 33).value();
  for (u64 i = 0; i < 3300; ++i) ASSERT_EQ(heap.read<u8>(zeroed + i).value(), 0);
  EXPECT_ERROR(allot::host_error::out_of_bounds, heap.read<u32>(heap.memory_bytes() - 3).error());
  EXPECT_ERROR(allot::host_error::out_of_bounds, heap.copy(~u64{0}, 0, 2));
  EXPECT_ERROR(allot::host_error::out_of_bounds, heap.fill(0, ~u64{0}));
}

TEST(HostHeap, ReportsStatisticsAndWalks) {
  ExactMemory memory(1, 40);
  allot::CreateOptions options;
  options.record_sizes = true;
  Heap heap = Heap::create(memory, options).value();
  std::vector<u64> blocks;
  for (u64 size = 1; size < 20000; size = size * 2 + 1) blocks.push_back(heap.allocate(size).value());
  for (std::size_t i = 0; i < blocks.size(); i += 2) ASSERT_EQ(heap.deallocate(blocks[i]), Error::none);
  u64 live = 0, live_bytes = 0, end = heap.statistic(Statistic::begin).value();
  ASSERT_EQ(heap.walk([&](const allot::Block& block) {
    EXPECT_EQ(block.address, end);
    end = block.address + block.size;
    if (block.kind != allot::BlockKind::live) return;
    ++live;
    live_bytes += block.size;
  }),
            Error::none);
  EXPECT_EQ(end, heap.statistic(Statistic::top).value());
  EXPECT_EQ(live, blocks.size() / 2);
  EXPECT_EQ(live, heap.statistic(Statistic::live_blocks).value());
  EXPECT_EQ(live_bytes, heap.statistic(Statistic::live_bytes).value());
  EXPECT_EQ(heap.requested_size(blocks[1]).value(), 3U);
}

TEST(HostHeap, CanBeLookedAtWhereItIsConst) {
  ExactMemory memory(1, 40);
  allot::CreateOptions options;
  options.record_sizes = true;
  Heap made = Heap::create(memory, options).value();
  const u64 number = made.make<std::uint32_t>(41).value().release();
  const u64 text = made.make_string("abc").value().release();
  const Heap& heap = made;
  EXPECT_EQ(heap.read<std::uint32_t>(number).value(), 41U);
  EXPECT_EQ(heap.read_c_string(text).value(), "abc");
  EXPECT_TRUE(heap.owns(number));
  EXPECT_FALSE(heap.owns(number + 1));
  EXPECT_GE(heap.usable_size(text).value(), 4U);
  EXPECT_EQ(heap.requested_size(text).value(), 4U);
  EXPECT_EQ(heap.block_at(number).value().address, number);
  EXPECT_EQ(heap.statistic(Statistic::live_blocks).value(), 2U);
  EXPECT_FALSE(heap.validate().value());
  u64 live = 0;
  ASSERT_EQ(heap.walk([&](const allot::Block& block) { live += block.kind == allot::BlockKind::live; }),
            Error::none);
  EXPECT_EQ(live, 2U);
  EXPECT_ERROR(allot::host_error::unsupported_operation, heap.agents().error());
  EXPECT_TRUE(allot::take_snapshot(heap));
}

// Freeing what is shown makes it one with what lies around it, at once or later.
TEST(HostHeap, AVisitorMayFreeWhatItIsShown) {
  for (const auto policy :
       {allot::Policy::exact, allot::Policy::compact, allot::Policy::balanced, allot::Policy::fast}) {
    for (const bool is_outside : {false, true}) {
      ExactMemory memory(1, 200);
      Heap heap =
          Heap::create(memory, {.begin = 0,
                                .policy = policy,
                                .image = is_outside ? allot::ImagePlace::outside : allot::ImagePlace::inside})
              .value();
      const auto live = [&] { return heap.statistic(Statistic::live_blocks).value(); };
      std::vector<u64> blocks;
      const auto fill = [&](u64 count) {
        blocks.clear();
        for (u64 i = 0; i < count; ++i)
          blocks.push_back(heap.allocate(i % 97 == 0 ? 9000 : 40 + i % 300).value());
        for (std::size_t i = 0; i < blocks.size(); i += 3) ASSERT_EQ(heap.deallocate(blocks[i]), Error::none);
        std::erase_if(blocks, [&](u64 block) { return !heap.owns(block); });
        std::sort(blocks.begin(), blocks.end());
      };
      // Each of them is shown, and no byte twice.
      fill(5000);
      std::vector<u64> seen;
      u64 end = heap.statistic(Statistic::begin).value();
      const u64 top = heap.statistic(Statistic::top).value();
      EXPECT_EQ(heap.walk([&](const allot::Block& block) {
        EXPECT_EQ(block.address, end);
        end = block.address + block.size;
        if (block.kind != allot::BlockKind::live) return;
        seen.push_back(block.address);
        EXPECT_EQ(heap.deallocate(block.address), Error::none);
      }),
                Error::none);
      EXPECT_EQ(end, top);
      EXPECT_EQ(seen, blocks);
      EXPECT_EQ(live(), 0U);
      EXPECT_FALSE(heap.validate().value());

      // The next ones with it, and something else in their place.
      fill(3000);
      end = 0;
      std::size_t at = 0;
      EXPECT_EQ(heap.walk([&](const allot::Block& block) {
        EXPECT_GE(block.address, end);
        end = block.address + block.size;
        if (block.kind != allot::BlockKind::live) return;
        while (at < blocks.size() && blocks[at] < block.address) ++at;
        for (std::size_t i = at; i < at + 4 && i < blocks.size(); ++i) (void)heap.deallocate(blocks[i]);
        if (at % 8 == 0) {
          EXPECT_TRUE(heap.allocate(700));
        }
      }),
                Error::none);
      EXPECT_FALSE(heap.validate().value());

      // All that is left, and with it the heap's end.
      EXPECT_EQ(heap.walk([&](const allot::Block& shown) {
        if (shown.kind != allot::BlockKind::live) return;
        EXPECT_EQ(heap.walk([&](const allot::Block& block) {
          if (block.kind == allot::BlockKind::live) {
            EXPECT_EQ(heap.deallocate(block.address), Error::none);
          }
        }),
                  Error::none);
        EXPECT_TRUE(heap.trim());
      }),
                Error::none);
      EXPECT_EQ(live(), 0U);
      EXPECT_FALSE(heap.validate().value());

      // And the memory.
      ASSERT_TRUE(heap.allocate(10));
      ASSERT_TRUE(heap.allocate(10));
      Heap handle = heap;
      std::size_t shown = 0;
      EXPECT_EQ(handle.walk([&](const allot::Block& block) {
        handle = {};
        shown += block.kind == allot::BlockKind::live;
      }),
                Error::none);
      EXPECT_EQ(shown, 2U);
      EXPECT_ERROR(allot::host_error::no_memory, heap.walk([&](const allot::Block&) { heap.detach(); }));
    }
  }
}

TEST(HostHeap, KeepsToQuotaMaximumAndReservedSpans) {
  ExactMemory memory(1, 40);
  Heap heap = Heap::create(memory).value();
  ASSERT_EQ(heap.set_quota(1000), Error::none);
  EXPECT_ERROR(Error::quota_exceeded, heap.allocate(2000).error());
  ASSERT_EQ(heap.set_quota(0), Error::none);
  const u64 top = heap.statistic(Statistic::top).value();
  ASSERT_EQ(heap.reserve(top - 4096, top - 2048), Error::none);
  EXPECT_ERROR(Error::span_in_use, heap.reserve(top - 4096, top - 2048));
  ASSERT_EQ(heap.unreserve(top - 4096), Error::none);
  ASSERT_EQ(heap.set_maximum(3 * page), Error::none);
  EXPECT_ERROR(Error::out_of_memory, heap.allocate(10 * page).error());
  EXPECT_EQ(heap.grow(1), Error::none);
  EXPECT_ERROR(Error::out_of_memory, heap.grow(1));
}

TEST(HostHeap, TellsOfGrowthAndOfRunningOut) {
  ExactMemory memory(1, 8);
  Heap heap = Heap::create(memory).value();
  std::vector<allot::Event> seen;
  const auto note = [&](const allot::Event& event) { seen.push_back(event); };
  auto grow = heap.on(allot::EventKind::grow, note);
  auto oom = heap.on(allot::EventKind::oom, note);
  const u64 before = heap.memory_bytes();
  (void)heap.allocate(2 * page).value();
  ASSERT_EQ(seen.size(), 1U);
  EXPECT_EQ(seen[0].old_bytes, before);
  EXPECT_EQ(seen[0].new_bytes, heap.memory_bytes());
  seen.clear();
  // What the guest has grown is told at the next call.
  ASSERT_TRUE(memory.grow(1));
  const u64 spare = heap.allocate(100).value();
  ASSERT_EQ(seen.size(), 1U);
  seen.clear();
  int asked = 0;
  heap.on_out_of_memory([&](const allot::Event& event) {
    ++asked;
    EXPECT_EQ(event.requested, 100 * page);
    EXPECT_EQ(event.error, Error::out_of_memory);
    return event.attempt < 3;
  });
  EXPECT_ERROR(Error::out_of_memory, heap.allocate(100 * page).error());
  EXPECT_EQ(asked, 3);
  EXPECT_EQ(seen.size(), 3U);
  oom.cancel();
  (void)heap.allocate(100 * page);
  EXPECT_EQ(seen.size(), 3U);
  // A hook that makes room.
  const u64 large = heap.allocate(heap.statistic(Statistic::largest_free).value()).value();
  heap.on_out_of_memory([&](const allot::Event&) { return heap.deallocate(large) == Error::none; });
  EXPECT_EQ(heap.deallocate(spare), Error::none);
  EXPECT_TRUE(heap.allocate(page / 2));
}

TEST(HostHeap, HandlersGoWithTheirToken) {
  ExactMemory memory(1, 40);
  Heap heap = Heap::create(memory).value();
  int told = 0;
  {
    const allot::Token token;
    heap.on(allot::EventKind::grow, token, [&](const allot::Event&) { ++told; });
    (void)heap.allocate(3 * page).value();
    EXPECT_EQ(told, 1);
  }
  (void)heap.allocate(5 * page).value();
  EXPECT_EQ(told, 1);
}

TEST(HostHeap, BlocksGoWithTheirOwners) {
  ExactMemory memory(1, 40);
  Heap heap = Heap::create(memory).value();
  const auto live = [&] { return heap.statistic(Statistic::live_blocks).value(); };
  {
    allot::unique_block one = heap.allocate_unique(100).value();
    allot::unique_block other = std::move(one);
    EXPECT_FALSE(one);  // NOLINT(bugprone-use-after-move): that is the question
    EXPECT_EQ(live(), 1U);
    EXPECT_EQ(other.span().value().length(), 100U);
    EXPECT_ERROR(allot::host_error::freed_block, one.span().error());
  }
  EXPECT_EQ(live(), 0U);
  {
    allot::weak_block weak;
    {
      const allot::shared_block one = heap.allocate_shared(100).value();
      const allot::shared_block other = one;
      weak = one;
      EXPECT_EQ(other.use_count(), 2);
      EXPECT_TRUE(weak.lock());
    }
    EXPECT_TRUE(weak.expired());
    EXPECT_FALSE(weak.lock());
    EXPECT_EQ(live(), 0U);
  }
  {
    struct Picture {
      allot::Token token;
    };
    Picture picture;
    (void)heap.allocate_tied(100, picture.token).value();
    const Picture moved = std::move(picture);
    EXPECT_EQ(live(), 1U);
  }
  EXPECT_EQ(live(), 0U);
  // The guest was quicker: an error, and nothing else.
  allot::unique_block block = heap.allocate_unique(10).value();
  ASSERT_EQ(heap.deallocate(block.address()), Error::none);
  EXPECT_ERROR(Error::double_free, block.free());
  // Owning what is there.
  const u64 theirs = heap.allocate(64).value();
  {
    const allot::unique_block mine = heap.own(theirs).value();
  }
  EXPECT_EQ(live(), 0U);
  EXPECT_FALSE(heap.own(theirs));
}

TEST(HostHeap, NothingIsTiedToWhatIsGone) {
  ExactMemory memory(1, 40);
  Heap heap = Heap::create(memory).value();
  const auto live = [&] { return heap.statistic(Statistic::live_blocks).value(); };
  allot::Token moved;
  const allot::Token token = std::move(moved);
  allot::WeakToken past;
  {
    const allot::Token object;
    past = object;
  }
  for (const allot::WeakToken& none : {allot::WeakToken(moved), past, allot::WeakToken()}) {
    EXPECT_ERROR(allot::host_error::freed_block, heap.allocate_tied(100, none).error());
    EXPECT_EQ(heap.statistic(Statistic::peak_bytes).value(), 0U);
  }
  allot::unique_block block = heap.allocate_unique(100).value();
  EXPECT_ERROR(allot::host_error::freed_block, allot::tie(std::move(block), past));
  EXPECT_TRUE(block);  // NOLINT(bugprone-use-after-move): it stays the caller's
  EXPECT_EQ(live(), 1U);
  EXPECT_EQ(allot::tie(std::move(block), token), Error::none);
  EXPECT_FALSE(block);
  EXPECT_EQ(live(), 1U);
  {
    // Whoever is told of the memory's growth ends the object.
    std::optional<allot::Token> object = allot::Token();
    const auto told = heap.on(allot::EventKind::grow, [&](const allot::Event&) { object.reset(); });
    EXPECT_ERROR(allot::host_error::freed_block, heap.allocate_tied(5 * page, *object).error());
  }
  EXPECT_EQ(live(), 1U);
}

TEST(HostHeap, ReferencesKeepTheHeapAlive) {
  ExactMemory memory(1, 10);
  allot::Ref<int32_t> ref;
  {
    ref = Heap::create(memory).value().make<int32_t>(5).value();
  }
  EXPECT_EQ(ref.get(), 5);
  EXPECT_EQ(ref.free(), Error::none);
}

TEST(HostHeap, ContainersLiveInTheGuest) {
  allot::ReservedMemory memory(page, u64{1} << 28);
  Heap heap = Heap::create(memory).value();
  {
    std::vector<int, allot::allocator<int>> numbers{allot::allocator<int>(heap)};
    for (int i = 0; i < 100000; ++i) numbers.push_back(i);
    const u8* const data = reinterpret_cast<const u8*>(numbers.data());
    EXPECT_GE(data, memory.base());
    EXPECT_LT(data, memory.base() + memory.bytes());
    EXPECT_EQ(std::accumulate(numbers.begin(), numbers.end(), 0LL), 4999950000LL);
    allot::memory_resource resource(heap);
    std::pmr::vector<std::pmr::string> names(&resource);
    for (int i = 0; i < 1000; ++i) names.emplace_back(std::string(static_cast<std::size_t>(i % 100), 'x'));
    allot::memory_resource same(heap);
    EXPECT_TRUE(resource.is_equal(same));
    EXPECT_FALSE(heap.validate().value());
  }
  EXPECT_EQ(heap.statistic(Statistic::live_blocks).value(), 0U);
  ExactMemory moving(1, 10);
  Heap other = Heap::create(moving).value();
  EXPECT_THROW(allot::memory_resource{other}, allot::HeapFailure);
  ASSERT_EQ(heap.set_quota(1000), Error::none);
  std::vector<int, allot::allocator<int>> too_many{allot::allocator<int>(heap)};
  EXPECT_THROW(too_many.resize(100000), std::bad_alloc);
}

// What a container asks for is a native pointer's alignment, whatever the memory's base has.
TEST(HostHeap, ContainersAlignWhereTheBaseDoesNot) {
  struct alignas(256) Wide {
    char bytes[256];
  };
  for (const u64 offset : {u64{0}, u64{16}, u64{128}, u64{240}}) {
    for (const auto policy :
         {allot::Policy::exact, allot::Policy::compact, allot::Policy::balanced, allot::Policy::fast}) {
      for (const bool sizes : {false, true}) {
        std::vector<u8> raw(10 * page + 512);
        u8* const base = raw.data() + (256 - reinterpret_cast<uintptr_t>(raw.data()) % 256) + offset;
        allot::BufferMemory memory(base, page, 10 * page);
        Heap heap = Heap::create(memory, {.begin = 0, .policy = policy, .record_sizes = sizes}).value();
        const auto live = [&] { return heap.statistic(Statistic::live_blocks).value(); };
        {
          std::vector<std::vector<Wide, allot::allocator<Wide>>> all;
          for (std::size_t n = 1; n < 60; ++n) {
            all.emplace_back(n % 7 + 1, Wide{}, allot::allocator<Wide>(heap));
            EXPECT_EQ(reinterpret_cast<uintptr_t>(all.back().data()) % 256, 0U);
            if (n % 3 == 0) all.erase(all.begin() + static_cast<std::ptrdiff_t>(n / 3));
            EXPECT_EQ(live(), all.size());
          }
          allot::memory_resource resource(heap);
          void* const nothing = resource.allocate(0, 64);
          EXPECT_EQ(reinterpret_cast<uintptr_t>(nothing) % 64, 0U);
          resource.deallocate(nothing, 0, 64);
          EXPECT_LT(heap.statistic(Statistic::live_bytes).value(), all.size() * 7 * 256 + 1);
          const u64 before = live();
          for (const u64 size : {100 * page, ~u64{0} - 100, ~u64{0}})
            EXPECT_THROW((void)resource.allocate(size, 256), std::bad_alloc);
          EXPECT_EQ(live(), before);
          EXPECT_FALSE(heap.validate().value());
        }
        EXPECT_EQ(live(), 0U);
      }
    }
  }
  // A guest's own functions cannot move a block: it is given back.
  std::vector<u8> raw(4 * page + 512);
  allot::BufferMemory memory(raw.data() + (256 - reinterpret_cast<uintptr_t>(raw.data()) % 256) + 16,
                             4 * page, 4 * page);
  u64 next = 4096;
  int live = 0;
  allot::GuestFunctions functions;
  functions.malloc = [&](u64 size) { return ++live, std::exchange(next, next + allot::round_up(size, 8)); };
  functions.free = [&](u64) { --live; };
  Heap heap = Heap::adopt(memory, functions).value();
  allot::memory_resource resource(heap);
  EXPECT_THROW((void)resource.allocate(100, 64), std::bad_alloc);
  EXPECT_EQ(live, 0);
  next = 4104;
  EXPECT_THROW((void)resource.allocate(100, 16), std::bad_alloc);
  EXPECT_EQ(live, 0);
  resource.deallocate(resource.allocate(100, 8), 100, 8);
  EXPECT_EQ(live, 0);
}

u64 resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  u64 pages = 0;
  statm >> pages >> pages;
  return pages * 4096;
}

TEST(HostHeap, PurgeAndTrimGiveMemoryBackToTheSystem) {
  constexpr u64 size = 64u << 20;
  allot::ReservedMemory memory(page, u64{1} << 30);
  Heap heap = Heap::create(memory).value();
  const u64 block = heap.allocate(size).value();
  const u64 keep = heap.allocate(100).value();
  ASSERT_EQ(heap.fill(block, size, 1), Error::none);
  ASSERT_EQ(heap.write<u32>(keep, 77), Error::none);
  const u64 full = resident_bytes();
  ASSERT_EQ(heap.deallocate(block), Error::none);
  EXPECT_GE(heap.purge().value(), size - page);
  EXPECT_LT(resident_bytes() + size / 2, full);
  EXPECT_EQ(heap.read<u32>(keep).value(), 77U);
  EXPECT_FALSE(heap.validate().value());
  // And the heap's end.
  ASSERT_EQ(heap.deallocate(keep), Error::none);
  const u64 again = heap.allocate(size).value();
  ASSERT_EQ(heap.fill(again, size, 1), Error::none);
  const u64 filled = resident_bytes();
  ASSERT_EQ(heap.deallocate(again), Error::none);
  int trims = 0;
  const auto told = heap.on(allot::EventKind::trim, [&](const allot::Event&) { ++trims; });
  EXPECT_LE(heap.trim().value(), 8U);
  EXPECT_EQ(trims, 1);
  EXPECT_LT(resident_bytes() + size / 2, filled);
  EXPECT_TRUE(heap.allocate(size));
  EXPECT_FALSE(heap.validate().value());
}

// What is told is what the process got smaller by, at most: whole pages of the system.
TEST(HostHeap, PurgeCountsWhatItGivesBack) {
  const u64 unit = static_cast<u64>(sysconf(_SC_PAGESIZE));
  allot::ReservedMemory memory(page, 100 * page);
  Heap heap = Heap::create(memory, {.begin = 0}).value();
  std::vector<u64> blocks;
  for (u64 i = 0; i < 2000; ++i) {
    blocks.push_back(heap.allocate(i % 100 == 0 ? 5 * unit : 64).value());
    ASSERT_EQ(heap.fill(blocks.back(), 64, 0xAA), Error::none);
  }
  for (std::size_t i = 1; i < blocks.size(); i += 2) ASSERT_EQ(heap.deallocate(blocks[i]), Error::none);
  // What is free lies in pieces of 64 bytes, but for the heap's end.
  const auto expected = [&] {
    u64 sum = 0;
    EXPECT_EQ(heap.walk([&](const allot::Block& block) {
      if (block.kind != allot::BlockKind::free) return;
      const u64 begin = allot::round_up(block.address, unit);
      const u64 end = allot::round_down(block.address + block.size, unit);
      if (begin >= end) return;
      sum += end - begin;
      for (u64 at = begin; at < end; at += unit) EXPECT_EQ(heap.read<u64>(at).value(), 0U);
    }),
              Error::none);
    return sum;
  };
  const u64 pieces = heap.purge().value();
  EXPECT_EQ(pieces, expected());
  EXPECT_LE(pieces, page);
  for (std::size_t i = 0; i < blocks.size(); i += 100) ASSERT_EQ(heap.deallocate(blocks[i]), Error::none);
  const u64 more = heap.purge().value();
  EXPECT_EQ(more, expected());
  EXPECT_GE(more, pieces + 20 * 4 * unit);
  EXPECT_EQ(heap.purge().value(), more);
  EXPECT_FALSE(heap.validate().value());
}

TEST(HostHeap, UsesTheGuestsOwnFunctions) {
  ExactMemory memory(4, 4);
  u64 next = 4096;
  std::vector<u64> freed;
  allot::GuestFunctions functions;
  functions.malloc = [&](u64 size) { return std::exchange(next, next + allot::round_up(size, 16)); };
  functions.free = [&](u64 address) { freed.push_back(address); };
  Heap heap = Heap::adopt(memory, functions).value();
  {
    const allot::Ref<int32_t> one = heap.make<int32_t>(4).value();
    EXPECT_EQ(one.get(), 4);
    EXPECT_EQ(one.address(), 4096U);
  }
  EXPECT_EQ(freed, std::vector<u64>{4096});
  EXPECT_ERROR(allot::host_error::unsupported_operation, heap.validate().error());
  EXPECT_ERROR(allot::host_error::unsupported_operation, heap.reallocate(4096, 8).error());
  EXPECT_ERROR(Error::size_too_large, heap.allocate(u64{1} << 32).error());
  // What it answers is looked at.
  for (const u64 lie : {u64{4097}, 4 * page - 8, u64{1} << 40, ~u64{7}}) {
    next = lie;
    EXPECT_ERROR(allot::host_error::bad_allocator, heap.allocate(64).error()) << lie;
  }
  next = 0;
  EXPECT_ERROR(Error::out_of_memory, heap.allocate(64).error());
  EXPECT_ERROR(allot::host_error::bad_allocator, Heap::adopt(memory, {}).error());
  const auto cabi = allot::GuestFunctions::from_cabi_realloc([&](u64 old, u64, u64 alignment, u64) {
    EXPECT_EQ(old, 0U);
    return allot::round_up(8192, alignment);
  });
  EXPECT_EQ(Heap::adopt(memory, cabi).value().allocate_aligned(4096, 10).value(), 8192U);
}

// A heap that has all of the memory, from address 0 on.
Heap from_null(ExactMemory& memory, bool record_sizes = false) {
  allot::CreateOptions options = outside();
  options.begin = 0;
  options.record_sizes = record_sizes;
  return Heap::create(memory, options).value();
}

TEST(HostImports, NullIsNoBlock) {
  ExactMemory memory(1, 4);
  Heap heap = from_null(memory);
  std::vector<Error> refused;
  const auto note = [&](Error error, u64) { refused.push_back(error); };
  allot::GuestMalloc<> imports(heap, note);
  allot::GuestMalloc<> same(heap, note);  // it is reserved already
  u64 live = 0;
  for (const u32 size : {16U, 1U, 48U, 64U}) {
    EXPECT_NE(imports.malloc(size), 0U);
    EXPECT_NE(same.calloc(1, size), 0U);
    EXPECT_NE(imports.aligned_alloc(4096, size), 0U);
    EXPECT_NE(same.cabi_realloc(0, 0, 64, size), 0U);
    live += 4;
    EXPECT_EQ(heap.statistic(Statistic::live_blocks).value(), live);
  }
  while (imports.malloc(16) != 0) ++live;
  EXPECT_EQ(heap.statistic(Statistic::live_blocks).value(), live);
  EXPECT_TRUE(refused.empty());
  EXPECT_FALSE(heap.validate().value());
}

// A block that the host has had at 0 before: the guest gets the place when it is free, and another one instead.
TEST(HostImports, NullIsNoBlockThatMovedThere) {
  for (const bool sizes : {false, true}) {
    for (const u64 free : {u64{16}, u64{32}, u64{64}, u64{1000}}) {
      ExactMemory memory(1, 1);
      Heap heap = from_null(memory, sizes);
      const u64 null = heap.allocate(free).value();
      SCOPED_TRACE(testing::Message() << free << " bytes free" << (sizes ? ", recorded" : ""));
      ASSERT_EQ(null, 0U);
      const u64 behind = heap.allocate(16).value();
      std::vector<Error> refused;
      allot::GuestMalloc<> imports(heap, [&](Error error, u64) { refused.push_back(error); });
      const u32 block = imports.malloc(10);
      const u32 fence = imports.malloc(16);
      ASSERT_EQ(heap.write<u64>(block, 0x1122334455667788), Error::none);
      // All else is taken, so that what is allocated next lies at 0.
      std::vector<u64> rest;
      while (const auto more = heap.allocate(16)) rest.push_back(more.value());
      ASSERT_EQ(heap.deallocate(null), Error::none);
      const u64 live = heap.statistic(Statistic::live_blocks).value();
      // There is nothing else. What was to be made larger is still what it was.
      if (free < 64) {
        EXPECT_EQ(imports.malloc(16), 0U);
        EXPECT_EQ(imports.realloc(block, static_cast<u32>(free)), free == 16 ? block : 0U);
      } else {
        const u32 moved = imports.realloc(block, static_cast<u32>(free));
        EXPECT_EQ(moved, 0U);
      }
      EXPECT_EQ(heap.statistic(Statistic::live_blocks).value(), live);
      EXPECT_EQ(heap.read<u64>(block).value(), 0x1122334455667788U);
      EXPECT_TRUE(heap.owns(block));
      if (sizes) {
        EXPECT_EQ(heap.requested_size(block).value(), free == 16 ? 16U : 10U);
      }
      EXPECT_FALSE(heap.validate().value());
      // With room elsewhere it goes there.
      for (std::size_t i = rest.size() / 2; i < rest.size(); ++i)
        ASSERT_EQ(heap.deallocate(rest[i]), Error::none);
      const u32 moved = imports.realloc(block, 200);
      ASSERT_NE(moved, 0U);
      EXPECT_EQ(heap.read<u64>(moved).value(), 0x1122334455667788U);
      for (const u32 size : {8U, 16U, 30U, 900U}) {
        const u32 other = imports.malloc(size);
        EXPECT_NE(other, 0U);
        imports.free(other);
      }
      imports.free(moved);
      imports.free(fence);
      imports.free(static_cast<u32>(behind));
      EXPECT_NE(imports.malloc(16), 0U);
      EXPECT_TRUE(refused.empty());
      EXPECT_FALSE(heap.validate().value());
    }
  }
}

TEST(HostImports, TakeNoHeapWhoseAddressesTheyWouldCut) {
  for (const bool is_outside : {false, true}) {
    ExactMemory memory(1, 4);
    allot::CreateOptions options = is_outside ? outside() : allot::CreateOptions{};
    options.address = allot::AddressType::i64;
    const Heap heap = Heap::create(memory, options).value();
    try {
      const allot::GuestMalloc<> imports(heap);
      ADD_FAILURE() << "it was taken";
    } catch (const allot::HeapFailure& failure) {
      EXPECT_ERROR(Error::wrong_address_type, failure.error());
    }
    EXPECT_NE(allot::GuestMalloc<u64>(heap).malloc(10), 0U);
  }
}

TEST(HostHeap, RestoresRecordsThatLayOutside) {
  ExactMemory memory(1, 4);
  allot::ReservedMemory records(page, page * 16);
  auto core = allot::OutsideHeap<ExactMemory, allot::ReservedMemory>::create(memory, records).value();
  const u64 block = core.allocate(100).value();
  const std::vector<u8> saved(records.base(), records.base() + records.bytes());
  Heap heap = Heap::restore_outside(memory, saved, core.image()).value();
  EXPECT_EQ(heap.deallocate(block), Error::none);
  std::vector<u8> spoilt = saved;
  spoilt[800] ^= 0xFF;
  EXPECT_FALSE(Heap::restore_outside(memory, spoilt, core.image()));
  EXPECT_FALSE(Heap::restore_outside(memory, {}, 0));
}

TEST(HostHeap, IsTheSameAfterASnapshot) {
  for (const bool is_outside : {false, true}) {
    ExactMemory memory(1, 20);
    Heap heap = Heap::create(memory, is_outside ? outside() : allot::CreateOptions{}).value();
    const auto text = heap.make_string("kept").value();
    const u64 gone = heap.allocate(70000).value();
    ASSERT_EQ(heap.deallocate(gone), Error::none);
    const std::vector<u8> file = allot::take_snapshot(heap).value();
    ExactMemory other(0, 20);
    Heap same = allot::restore_snapshot(file, other).value();
    EXPECT_EQ(same.read_c_string(text.address()).value(), "kept");
    for (u64 size = 1; size < 30000; size = size * 2 + 1)
      EXPECT_EQ(same.allocate(size).value(), heap.allocate(size).value());
    EXPECT_EQ(same.deallocate(text.address()), Error::none);
    // What the memory may grow to goes into the file, and is looked at.
    const u64 pages = heap.memory_bytes() / page;
    const auto limited = allot::take_snapshot(heap, {.maximum = pages}).value();
    EXPECT_EQ(allot::files::read_snapshot(limited).value().header().maximum, pages);
    const auto shared = allot::take_snapshot(heap, {.maximum = pages, .shared = true});
    if (is_outside) {
      EXPECT_EQ(allot::files::read_snapshot(shared.value()).value().header().maximum, pages);
      EXPECT_TRUE(allot::files::read_snapshot(shared.value()).value().header().shared);
      EXPECT_ERROR(Error::invalid_span, allot::take_snapshot(heap, {.shared = true}).error());
    } else {
      // An image for one agent has no place in a shared memory.
      EXPECT_ERROR(allot::host_error::unsupported_operation, shared.error());
    }
    EXPECT_ERROR(Error::invalid_span, allot::take_snapshot(heap, {.maximum = pages - 1}).error());
    EXPECT_ERROR(Error::invalid_span, allot::take_snapshot(heap, {.maximum = 65537}).error());
    // Damage anywhere is found by the file's checksum.
    std::vector<u8> spoilt = file;
    spoilt[spoilt.size() / 2] ^= 1;
    ExactMemory third(0, 20);
    EXPECT_ERROR(Error::not_a_heap, allot::restore_snapshot(spoilt, third).error());
    EXPECT_ERROR(Error::not_a_heap, allot::restore_snapshot({}, third).error());
    ExactMemory small(0, 1);
    EXPECT_ERROR(Error::out_of_memory, allot::restore_snapshot(file, small).error());
  }
}

// A file as somebody made it who means no good: well-formed, with a heap in it that is none.
TEST(HostHeap, ARefusedSnapshotLeavesTheMemoryAsItWas) {
  const auto restore_fails = [](Error expected, const std::vector<u8>& file, auto& memory) {
    const u64 before = memory.bytes();
    EXPECT_ERROR(expected, allot::restore_snapshot(file, memory).error());
    EXPECT_EQ(memory.bytes(), before);
    EXPECT_TRUE(
        std::all_of(memory.base(), memory.base() + memory.bytes(), [](u8 byte) { return byte == 0; }));
  };
  for (const bool is_outside : {false, true}) {
    ExactMemory memory(1, 20);
    Heap heap = Heap::create(memory, is_outside ? outside() : allot::CreateOptions{}).value();
    ASSERT_TRUE(heap.allocate(70000));
    ASSERT_TRUE(heap.allocate(70000));
    const std::vector<u8> good = allot::take_snapshot(heap).value();
    const files::Snapshot snapshot = files::read_snapshot(good).value();
    std::vector<u8> bytes(snapshot.header().memory_bytes());
    std::vector<u8> records(snapshot.header().record_memory_bytes());
    snapshot.copy_memory(bytes.data());
    snapshot.copy_records(records.data());
    // A block that nobody has allocated: an invariant that only the walk over all of them finds broken.
    u8* const image = (is_outside ? records : bytes).data() + snapshot.header().image;
    allot::Header header;
    std::memcpy(&header, image, sizeof header);
    allot::Agent agent;
    std::memcpy(&agent, image + sizeof header, sizeof agent);
    agent.room += 1;
    std::memcpy(image + sizeof header, &agent, sizeof agent);
    const std::vector<u8> spoilt = files::write_snapshot(snapshot.header(), bytes, records);
    ASSERT_TRUE(files::read_snapshot(spoilt));
    for (const u64 pages : {u64{0}, u64{1}, snapshot.header().pages}) {
      ExactMemory other(pages, 20);
      restore_fails(Error::corrupt_image, spoilt, other);
      SharedMemory shared(pages, 20);
      restore_fails(Error::corrupt_image, spoilt, shared);
      if (!is_outside) restore_fails(Error::wrong_address_type, good, shared);
    }
    ExactMemory longer(snapshot.header().pages + 1, 20);
    restore_fails(Error::invalid_span, good, longer);
    ExactMemory shorter(1, 2);
    restore_fails(Error::out_of_memory, good, shorter);
    if (!is_outside) {
      alignas(16) static u8 raw[10 * page + 16];
      allot::BufferMemory unaligned(raw + 8, 0, 10 * page);
      restore_fails(allot::host_error::unaligned, good, unaligned);
    }
  }
  // One for several agents, where it can have none.
  SharedMemory memory(1, 20);
  Heap heap = Heap::create(memory).value();
  const std::vector<u8> good = allot::take_snapshot(heap, {.maximum = 20}).value();
  ExactMemory moving(1, 20);
  restore_fails(allot::host_error::memory_can_move, good, moving);
}

}  // namespace
}  // namespace allot_test
