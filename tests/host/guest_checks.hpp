// What every engine must show with the guest of guests/with_allot.cpp: host and guest work in one heap, see
// each other's objects, and the guest can do no harm.
#pragma once

#include <gtest/gtest.h>

#include <allot/host.hpp>

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace allot_test {

// Calls an export. 0 where there is no result.
using Call = std::function<std::uint64_t(const char* name, const std::vector<std::uint64_t>& arguments)>;

using Node = allot::layout<allot::field<"tag", allot::u8>, allot::field<"value", std::int64_t>,
                           allot::field<"next", allot::pointer_to<>>,
                           allot::field<"pair", allot::array_of<allot::u16, 2>>>;

template <class Memory>
void expect_one_heap(const std::function<Memory()>& memory, const Call& call) {
  using allot::Error;
  using allot::u64;
  const u64 image = call("image", {});
  // Found by searching, and by what the guest says.
  EXPECT_EQ(allot::Heap::attach(memory()).value().image().value(), image);
  allot::AttachOptions options;
  options.image = image;
  auto attached = allot::Heap::attach(memory(), options);
  ASSERT_TRUE(attached) << allot::error_name(attached.error());
  allot::Heap heap = attached.value();
  const u64 live = heap.statistic(allot::Statistic::live_blocks).value();

  // Each frees what the other allocated.
  const u64 theirs = call("guest_malloc", {1000});
  EXPECT_GE(heap.usable_size(theirs).value(), 1000U);
  EXPECT_EQ(heap.deallocate(theirs), Error::none);
  const u64 ours = heap.allocate(1000).value();
  EXPECT_EQ(call("guest_usable_size", {ours}), heap.usable_size(ours).value());
  call("guest_free", {ours});
  EXPECT_EQ(heap.deallocate(ours), Error::double_free);
  EXPECT_EQ(heap.statistic(allot::Statistic::live_blocks).value(), live);

  // The guest reads what the host has written.
  auto numbers = heap.make_array<std::int32_t>(1000).value();
  std::int32_t expected = 0;
  for (std::int32_t i = 0; i < 1000; ++i) {
    numbers.set(static_cast<u64>(i), i * 3);
    expected += i * 3;
  }
  EXPECT_EQ(call("sum", {numbers.address(), 1000}), static_cast<u64>(expected));

  // The host reads a list of structs that the guest has made, and frees it.
  EXPECT_EQ(call("sizeof_node", {}), Node::size<allot::wasm32>);
  u64 list = 0;
  for (u64 i = 0; i < 100; ++i) list = call("push", {list, u64{1} << i % 60});
  for (u64 i = 100; i-- != 0;) {
    const auto node = heap.struct_at<Node>(list).value();
    EXPECT_EQ(node.read<"tag">().value(), 7);
    EXPECT_EQ(node.read<"value">().value(), std::int64_t{1} << i % 60);
    EXPECT_EQ(node.member<"pair">().value().get(1), 4);
    const u64 next = node.read<"next">().value().address().value();
    EXPECT_EQ(heap.deallocate(list), Error::none);
    list = next;
  }
  EXPECT_EQ(list, 0U);
  EXPECT_EQ(heap.read_c_string(call("greet", {})).value(), "gr\xc3\xbc\xc3\x9f dich");

  // Growth by either: references stay good, the other notices.
  const auto counter = heap.make<std::int32_t>(42).value();
  EXPECT_NE(call("grow", {3}), u64{0xFFFFFFFF});
  EXPECT_EQ(counter.get(), 42);
  const u64 large = heap.allocate(3000000).value();
  EXPECT_EQ(heap.fill(large, 3000000, 1), Error::none);
  EXPECT_EQ(counter.get(), 42);
  const u64 guests = call("guest_malloc", {3000000});
  EXPECT_NE(guests, 0U);
  EXPECT_EQ(heap.fill(guests, 3000000, 2), Error::none);
  EXPECT_EQ(heap.read<allot::u8>(large + 2999999).value(), 1);
  EXPECT_FALSE(heap.validate().value());

  // The guest's own functions behind the same interface.
  allot::GuestFunctions functions;
  functions.malloc = [&](u64 size) { return call("guest_malloc", {size}); };
  functions.free = [&](u64 address) { call("guest_free", {address}); };
  functions.realloc = [&](u64 address, u64 size) { return call("guest_realloc", {address, size}); };
  functions.aligned_alloc = [&](u64 alignment, u64 size) {
    return call("guest_aligned_alloc", {alignment, size});
  };
  functions.usable_size = [&](u64 address) { return call("guest_usable_size", {address}); };
  allot::Heap adopted = allot::Heap::adopt(memory(), functions).value();
  {
    const auto text = adopted.make_string<allot::utf16>("text").value();
    EXPECT_TRUE(heap.owns(text.address()));
    EXPECT_EQ(adopted.allocate_aligned(256, 10).value() % 256, 0U);
    const u64 block = adopted.allocate_zeroed(10, 10).value();
    const u64 moved = adopted.reallocate(block, 100000).value();
    EXPECT_GE(adopted.usable_size(moved).value(), 100000U);
    EXPECT_EQ(adopted.deallocate(moved), Error::none);
  }

  // The guest spoils its heap: the host says so, and goes on.
  int told = 0;
  const auto subscription = heap.on(allot::EventKind::corrupt, [&](const allot::Event&) { ++told; });
  call("spoil", {image + offsetof(allot::Header, page_map), 0xFFFFFFF0});
  call("spoil", {image + offsetof(allot::Header, page_map) + 4, 0xFFFFFFFF});
  EXPECT_EQ(heap.deallocate(large), Error::corrupt_image);
  EXPECT_EQ(heap.allocate(16).error(), Error::corrupt_image);
  EXPECT_EQ(told, 1);
  EXPECT_EQ(allot::Heap::attach(memory(), options).error(), Error::corrupt_image);
  EXPECT_EQ(counter.get(), 42);
}

}  // namespace allot_test
