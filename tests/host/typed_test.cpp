// Typed access: values, arrays, texts, structs, pointers, atomics, spans; and that each is refused when it
// must be.
#include <gtest/gtest.h>

#include <allot/host.hpp>

#include <array>
#include <string>
#include <thread>
#include <vector>

#include "fuzz/hostile.hpp"

namespace allot_test {
namespace {

using allot::Error;
using allot::Heap;
namespace host_error = allot::host_error;

#define EXPECT_ERROR(expected, result) EXPECT_STREQ(allot::error_name(expected), allot::error_name(result))

class Typed : public testing::Test {
 protected:
  ExactMemory memory{1, 64};
  Heap heap = Heap::create(memory).value();
};

TEST_F(Typed, ValuesOfEveryWidth) {
  const auto check = [&]<class T>(T value) {
    allot::Ref<T> ref = heap.make<T>(value).value();
    EXPECT_TRUE(ref.get() == value);
    ref.set(static_cast<T>(0));
    EXPECT_TRUE(ref.read().value() == static_cast<T>(0));
    EXPECT_EQ(ref.address() % 16, 0U);
    // Unaligned, too.
    allot::Ref<T> odd = heap.at<T>(ref.address() + 1).value();
    odd.set(value);
    EXPECT_TRUE(odd.get() == value);
    EXPECT_FALSE(odd.is_owner());
  };
  check(int8_t{-3});
  check(u8{200});
  check(int16_t{-30000});
  check(char16_t{0x20AC});
  check(int32_t{-5});
  check(u32{0xFFFFFFFF});
  check(int64_t{-6});
  check(~u64{0});
  check(1.5f);
  check(-2.25);
  check(static_cast<allot::u128>(1) << 100);
  check(-(static_cast<allot::i128>(1) << 100));
  check(std::byte{7});
}

// An enum is what it is made of: of bools it could hold a bool that is neither true nor false.
enum class Flag : bool { no, yes };
enum class Colour : u8 { red, green };
enum Wide : int64_t { far = -(int64_t{1} << 40) };
static_assert(!allot::GuestValue<bool> && !allot::GuestValue<Flag>);
static_assert(allot::GuestValue<Colour> && allot::GuestValue<Wide> && allot::GuestValue<std::byte>);
static_assert(!allot::GuestValue<const Colour>);

TEST_F(Typed, AnEnumHoldsWhatAGuestWrites) {
  const auto colour = heap.make(Colour::green).value();
  EXPECT_EQ(colour.get(), Colour::green);
  ASSERT_EQ(heap.write<u8>(colour.address(), 200), Error::none);
  EXPECT_EQ(static_cast<unsigned>(colour.get()), 200U);
  EXPECT_EQ(heap.make(far).value().get(), far);
}

TEST_F(Typed, AReferenceOutlivesGrowthThatMovesTheMemory) {
  const allot::Ref<int32_t> ref = heap.make<int32_t>(42).value();
  const u8* const before = memory.base();
  (void)heap.allocate(20 * page).value();
  ASSERT_NE(before, memory.base());
  EXPECT_EQ(ref.get(), 42);
  // Growth by the guest, which nobody tells of.
  ASSERT_TRUE(memory.grow(1));
  EXPECT_EQ(ref.get(), 42);
}

TEST_F(Typed, AFreedReferenceIsRefused) {
  allot::Ref<int32_t> ref = heap.make<int32_t>(1).value();
  EXPECT_EQ(ref.free(), Error::none);
  EXPECT_TRUE(ref.is_freed());
  EXPECT_ERROR(host_error::freed_block, ref.read().error());
  EXPECT_ERROR(host_error::freed_block, ref.write(1));
  EXPECT_THROW((void)ref.get(), allot::HeapFailure);
  EXPECT_EQ(ref.free(), Error::none);
  allot::Ref<int32_t> one = heap.make<int32_t>(1).value();
  const allot::Ref<int32_t> other = std::move(one);
  EXPECT_ERROR(host_error::freed_block, one.read().error());  // NOLINT(bugprone-use-after-move)
  EXPECT_EQ(other.get(), 1);
  EXPECT_ERROR(host_error::freed_block, allot::Ref<int32_t>().read().error());
  // Given to the guest.
  allot::Ref<int32_t> given = heap.make<int32_t>(1).value();
  const u64 address = given.release();
  EXPECT_EQ(given.free(), Error::none);
  EXPECT_EQ(heap.deallocate(address), Error::none);
}

TEST_F(Typed, NothingBehindTheMemory) {
  const u64 end = heap.memory_bytes();
  EXPECT_TRUE(heap.at<u32>(end - 4));
  for (const u64 at : {end - 3, end, end + 1, ~u64{0}, ~u64{0} - 3, u64{1} << 32}) {
    EXPECT_ERROR(host_error::out_of_bounds, heap.at<u32>(at).error()) << at;
    EXPECT_ERROR(host_error::out_of_bounds, heap.array_at<u32>(at, 1).error()) << at;
    EXPECT_ERROR(host_error::out_of_bounds, heap.string_at(at, 4).error()) << at;
    EXPECT_ERROR(host_error::out_of_bounds, heap.span(at, 4).error()) << at;
  }
  EXPECT_ERROR(host_error::out_of_bounds, heap.array_at<u64>(16, ~u64{0} / 4).error());
  EXPECT_ERROR(host_error::out_of_bounds, heap.read_c_string(end).error());
  EXPECT_FALSE(heap.make_array<u64>(~u64{0} / 4));
  EXPECT_FALSE(heap.make_array<allot::u128>(~u64{0} / 8));
}

// Of a memory that can move nothing is remembered; no bytes are there all the same.
TEST_F(Typed, NothingAtAnyAddressIsNoFailure) {
  for (const u64 at : {u64{0}, u64{16}, heap.memory_bytes()}) {
    const auto span = heap.span(at, 0);
    ASSERT_TRUE(span) << at;
    EXPECT_FALSE(span.value().is_stale());
    EXPECT_TRUE(span.value().get().value().empty());
    EXPECT_EQ(heap.array_at<u32>(at, 0).value().to_vector().value().size(), 0U);
    EXPECT_EQ(heap.string_at(at, 0).value().read().value(), "");
    EXPECT_EQ(heap.string_at(at, 0).value().write(""), Error::none);
    EXPECT_EQ(heap.copy(at, 0, 0), Error::none);
    EXPECT_EQ(heap.fill(at, 0), Error::none);
  }
  EXPECT_ERROR(host_error::out_of_bounds, heap.span(heap.memory_bytes() + 1, 0).error());
}

TEST_F(Typed, Arrays) {
  allot::ArrayRef<int32_t> array = heap.make_array<int32_t>(100).value();
  for (u64 i = 0; i < 100; ++i) EXPECT_EQ(array.get(i), 0);
  for (u64 i = 0; i < 100; ++i) array.set(i, static_cast<int32_t>(i * i));
  EXPECT_EQ(array.to_vector().value()[99], 9801);
  EXPECT_ERROR(host_error::out_of_bounds, array.read(100).error());
  EXPECT_ERROR(host_error::out_of_bounds, array.write(~u64{0}, 1));
  const std::array<int32_t, 3> three{7, 8, 9};
  EXPECT_EQ(array.write_all(three, 97), Error::none);
  EXPECT_ERROR(host_error::out_of_bounds, array.write_all(three, 98));
  EXPECT_ERROR(host_error::out_of_bounds, array.write_all(three, ~u64{0}));
  EXPECT_EQ(array.get(99), 9);
  const allot::ArrayRef<int32_t> part = array.part(97, 3).value();
  EXPECT_EQ(part.get(0), 7);
  EXPECT_ERROR(host_error::out_of_bounds, array.part(99, 2).error());
  const allot::Ref<int32_t> element = array.at(98).value();
  EXPECT_EQ(element.get(), 8);
  EXPECT_EQ(array.fill(5), Error::none);
  EXPECT_EQ(element.get(), 5);
  const std::vector<double> doubles{1, 2, 3};
  EXPECT_EQ(heap.make_array<double>(std::span<const double>(doubles)).value().to_vector().value(), doubles);
  EXPECT_EQ(array.free(), Error::none);
  EXPECT_ERROR(host_error::freed_block, array.read(0).error());
  EXPECT_ERROR(host_error::freed_block, array.at(0).error());
  EXPECT_ERROR(host_error::freed_block, array.to_vector().error());
}

TEST_F(Typed, TextsInEveryEncoding) {
  const std::string text = "h\xc3\xa9llo \xe2\x82\xac \xf0\x9f\x8e\x88";
  const auto check = [&]<class E>(E, u64 units) {
    const allot::StringRef<E> string = heap.make_string<E>(text).value();
    EXPECT_EQ(string.units(), units);
    EXPECT_EQ(string.read().value(), text);
    EXPECT_EQ(heap.read_c_string<E>(string.address()).value(), text);
    EXPECT_ERROR(host_error::text_too_long, heap.read_c_string<E>(string.address(), 3).error());
    EXPECT_EQ(string.write("abc"), Error::none);
    EXPECT_EQ(heap.read_c_string<E>(string.address()).value(), "abc");
    EXPECT_ERROR(host_error::text_too_long, string.write(text + text));
    EXPECT_EQ(heap.read_c_string<E>(string.address()).value(), "abc");
  };
  check(allot::utf8{}, 15);
  check(allot::utf16{}, 10);
  check(allot::utf32{}, 9);
  EXPECT_EQ(heap.make_string<allot::ascii>("plain").value().read().value(), "plain");
  EXPECT_ERROR(host_error::malformed_text, heap.make_string<allot::ascii>(text).error());
  EXPECT_EQ(heap.make_string("").value().read().value(), "");
}

TEST_F(Typed, MalformedTextIsRefusedOnBothWays) {
  for (const std::string_view bad :
       {"\xff", "\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe2\x82", "a\x80"}) {
    EXPECT_ERROR(host_error::malformed_text, heap.make_string<allot::utf8>(bad).error()) << bad;
    EXPECT_ERROR(host_error::malformed_text, heap.make_string<allot::utf16>(bad).error()) << bad;
    EXPECT_ERROR(host_error::malformed_text, heap.make_string<allot::utf32>(bad).error()) << bad;
    const auto bytes =
        heap.make_array<u8>(std::span(reinterpret_cast<const u8*>(bad.data()), bad.size())).value();
    EXPECT_ERROR(host_error::malformed_text,
                 heap.string_at<allot::utf8>(bytes.address(), bad.size()).value().read().error());
    EXPECT_ERROR(host_error::malformed_text,
                 heap.string_at<allot::ascii>(bytes.address(), bad.size()).value().read().error());
  }
  for (const std::u16string_view bad : {u"\xd800",
                                        u"\xdc00"
                                        "a",
                                        u"\xd800\xd800"}) {
    const auto units = heap.make_array<char16_t>(std::span(bad.data(), bad.size())).value();
    EXPECT_ERROR(host_error::malformed_text,
                 heap.string_at<allot::utf16>(units.address(), bad.size()).value().read().error());
  }
  for (const char32_t bad : {char32_t{0xD800}, char32_t{0x110000}, char32_t{0xFFFFFFFF}}) {
    const auto unit = heap.make<char32_t>(bad).value();
    EXPECT_ERROR(host_error::malformed_text,
                 heap.string_at<allot::utf32>(unit.address(), 1).value().read().error());
  }
}

using Inner = allot::layout<allot::field<"a", u8>, allot::field<"b", u16>>;
using Record = allot::layout<allot::field<"tag", u8>, allot::field<"big", int64_t>,
                             allot::field<"next", allot::pointer_to<u32>>,
                             allot::field<"count", allot::c_size>, allot::field<"n", allot::c_long>,
                             allot::field<"inner", Inner>, allot::field<"values", allot::array_of<float, 3>>>;
// What clang gives for the same struct (tests/host/guests/with_allot.cpp has another one, compared as it
// runs).
static_assert(Record::offset<"big", allot::wasm32> == 8 && Record::offset<"next", allot::wasm32> == 16);
static_assert(Record::offset<"n", allot::wasm32> == 24 && Record::offset<"inner", allot::wasm32> == 28);
static_assert(Record::offset<"values", allot::wasm32> == 32 && Record::size<allot::wasm32> == 48);
static_assert(Record::offset<"count", allot::wasm64> == 24 && Record::offset<"inner", allot::wasm64> == 40);
static_assert(Record::size<allot::wasm64> == 56 && Record::alignment<allot::wasm64> == 8);
static_assert(Inner::size<allot::wasm32> == 4);

TEST_F(Typed, Structs) {
  const auto check = [&]<class Abi>(Abi) {
    allot::StructRef<Record, Abi> record = heap.make_struct<Record, Abi>().value();
    EXPECT_EQ(record.template write<"tag">(5), Error::none);
    EXPECT_EQ(record.template write<"big">(-1), Error::none);
    EXPECT_EQ(record.template read<"tag">().value(), 5);
    EXPECT_EQ(record.template read<"big">().value(), -1);
    record.template set<"big">(-2);
    EXPECT_EQ(record.template get<"big">(), -2);
    EXPECT_EQ(heap.read<int64_t>(record.address() + 8).value(), -2);
    const auto inner = record.template member<"inner">().value();
    EXPECT_EQ(inner.template write<"b">(300), Error::none);
    EXPECT_EQ(inner.template read<"b">().value(), 300);
    const auto values = record.template member<"values">().value();
    values.set(2, 1.5f);
    EXPECT_ERROR(host_error::out_of_bounds, values.read(3).error());
    const auto tag = record.template member<"tag">().value();
    EXPECT_EQ(tag.get(), 5);
    EXPECT_EQ(record.free(), Error::none);
    EXPECT_ERROR(host_error::freed_block, record.template read<"tag">().error());
    EXPECT_ERROR(host_error::freed_block, record.template write<"tag">(1));
    EXPECT_THROW((void)record.template get<"tag">(), allot::HeapFailure);
    EXPECT_THROW(record.template set<"tag">(1), allot::HeapFailure);
    EXPECT_ERROR(host_error::freed_block, record.template member<"tag">().error());
    const auto array = heap.make_struct_array<Record, Abi>(10).value();
    EXPECT_EQ(array.at(9).value().template write<"n">(9), Error::none);
    EXPECT_ERROR(host_error::out_of_bounds, array.at(10).error());
  };
  check(allot::wasm32{});
  check(allot::wasm64{});
}

using Point = allot::layout<allot::field<"x", int32_t>, allot::field<"at", allot::pointer_to<>>>;
using Shape =
    allot::layout<allot::field<"n", u8>, allot::field<"points", allot::array_of<Point, 4>>,
                  allot::field<"matrix", allot::array_of<allot::array_of<float, 3>, 4>>,
                  allot::field<"grid", allot::array_of<allot::array_of<allot::array_of<Point, 2>, 3>, 5>>,
                  allot::field<"last", u8>>;
static_assert(Shape::offset<"points", allot::wasm32> == 4 && Shape::offset<"matrix", allot::wasm32> == 36);
static_assert(Shape::offset<"grid", allot::wasm32> == 84 && Shape::offset<"last", allot::wasm32> == 324);
static_assert(Shape::offset<"grid", allot::wasm64> == 120 && Shape::offset<"last", allot::wasm64> == 600);

TEST_F(Typed, ArraysOfStructsAndArraysOfArraysInStructs) {
  const auto check = [&]<class Abi>(Abi) {
    const auto shape = heap.make_struct<Shape, Abi>().value();
    const u64 points_at = shape.address() + Shape::offset<"points", Abi>;
    const auto points = shape.template member<"points">().value();
    EXPECT_EQ(points.length(), 4U);
    EXPECT_FALSE(points.is_owner());
    points.at(3).value().template set<"x">(-7);
    EXPECT_EQ(heap.read<int32_t>(points_at + 3 * Point::size<Abi>).value(), -7);
    EXPECT_ERROR(host_error::out_of_bounds, points.at(4).error());

    const auto matrix = shape.template member<"matrix">().value();
    EXPECT_EQ(matrix.length(), 4U);
    EXPECT_EQ(matrix.byte_length(), 48U);
    const allot::ArrayRef<float> row = matrix.at(2).value();
    EXPECT_EQ(row.length(), 3U);
    row.set(1, 2.5f);
    EXPECT_EQ(heap.read<float>(shape.address() + Shape::offset<"matrix", Abi> + (2 * 3 + 1) * 4).value(),
              2.5f);
    EXPECT_ERROR(host_error::out_of_bounds, row.read(3).error());
    EXPECT_ERROR(host_error::out_of_bounds, matrix.at(4).error());
    EXPECT_ERROR(host_error::out_of_bounds, matrix.at(~u64{0}).error());

    const auto grid = shape.template member<"grid">().value();
    EXPECT_EQ(grid.length(), 5U);
    const auto rows = grid.at(4).value();
    EXPECT_EQ(rows.length(), 3U);
    const auto cells = rows.at(2).value();
    EXPECT_EQ(cells.length(), 2U);
    cells.at(1).value().template set<"x">(9);
    const u64 last = shape.address() + Shape::offset<"grid", Abi> + (5 * 3 * 2 - 1) * Point::size<Abi>;
    EXPECT_EQ(heap.read<int32_t>(last).value(), 9);
    EXPECT_EQ(shape.template get<"last">(), 0);
  };
  check(allot::wasm32{});
  check(allot::wasm64{});

  allot::StructRef<Shape> shape = heap.make_struct<Shape>().value();
  auto matrix = shape.member<"matrix">().value();
  EXPECT_EQ(matrix.free(), Error::none);
  EXPECT_ERROR(host_error::freed_block, matrix.at(0).error());
  EXPECT_EQ(shape.free(), Error::none);
  EXPECT_ERROR(host_error::freed_block, shape.member<"matrix">().error());
  EXPECT_ERROR(host_error::freed_block, shape.member<"points">().error());
}

TEST_F(Typed, PointersToStructs) {
  using Link = allot::layout<allot::field<"next", allot::pointer_to<Point>>>;
  const auto check = [&]<class Abi>(Abi) {
    const auto target = heap.make_struct<Point, Abi>().value();
    const auto link = heap.make_struct<Link, Abi>().value();
    using Pointer = decltype(link.template get<"next">());
    link.template set<"next">(Pointer::to(target.address()).value());
    const allot::StructRef<Point, Abi> found = heap.follow(link.template get<"next">()).value();
    found.template set<"x">(11);
    EXPECT_EQ(target.template get<"x">(), 11);
    EXPECT_FALSE(found.is_owner());
  };
  check(allot::wasm32{});
  check(allot::wasm64{});
  EXPECT_ERROR(host_error::out_of_bounds, heap.follow(allot::Pointer32<Point>{0xFFFFFFF0}).error());
  EXPECT_ERROR(host_error::out_of_bounds, heap.follow(allot::Pointer64<Point>{~u64{0}}).error());
  EXPECT_ERROR(host_error::unsafe_pointer, heap.follow(allot::Pointer53<Point>{u64{1} << 53}).error());
}

TEST_F(Typed, GuestPointers) {
  const allot::Ref<int32_t> target = heap.make<int32_t>(99).value();
  const auto pointer =
      heap.make<allot::Pointer32<int32_t>>(allot::Pointer32<int32_t>::to(target.address()).value()).value();
  EXPECT_EQ(heap.follow(pointer.get()).value().get(), 99);
  EXPECT_EQ(heap.read<u32>(pointer.address()).value(), target.address());
  EXPECT_ERROR(host_error::unsafe_pointer, allot::Pointer32<>::to(u64{1} << 32).error());
  EXPECT_ERROR(host_error::unsafe_pointer, allot::Pointer53<>::to(u64{1} << 53).error());
  const auto wide = heap.make<u64>(u64{1} << 53).value();
  EXPECT_ERROR(host_error::unsafe_pointer,
               heap.follow(heap.at<allot::Pointer53<int32_t>>(wide.address()).value().get()).error());
  EXPECT_ERROR(host_error::out_of_bounds, heap.follow(allot::Pointer64<int32_t>{~u64{0}}).error());
  EXPECT_TRUE(allot::Pointer64<>{}.is_null());
}

TEST_F(Typed, Atomics) {
  allot::ReservedMemory fixed(page, 16 * page);
  Heap shared = Heap::create(fixed).value();
  const allot::Ref<u32> counter = shared.make<u32>(0).value();
  const auto atomic = counter.atomic().value();
  std::vector<std::thread> threads;
  for (int t = 0; t < 2; ++t)
    threads.emplace_back([&counter] {
      const auto mine = counter.atomic().value();
      for (int i = 0; i < 10000; ++i) mine.fetch_add(1);
    });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(atomic.load(), 20000U);
  u32 expected = 1;
  EXPECT_FALSE(atomic.compare_exchange(expected, 5));
  EXPECT_EQ(expected, 20000U);
  EXPECT_TRUE(atomic.compare_exchange(expected, 6));
  EXPECT_EQ(atomic.exchange(12), 6U);
  EXPECT_EQ(atomic.fetch_and(10), 12U);
  EXPECT_EQ(atomic.fetch_or(1), 8U);
  EXPECT_EQ(atomic.fetch_xor(3), 9U);
  EXPECT_EQ(atomic.fetch_sub(2), 10U);
  atomic.store(3, std::memory_order_release);
  EXPECT_EQ(counter.get(), 3U);
  EXPECT_ERROR(host_error::unaligned, shared.at<u32>(counter.address() + 2).value().atomic().error());
  const auto array = shared.make_array<int64_t>(4).value();
  EXPECT_EQ(array.atomic(3).value().fetch_add(-1), 0);
  EXPECT_EQ(array.get(3), -1);
  EXPECT_ERROR(host_error::out_of_bounds, array.atomic(4).error());
  EXPECT_THROW((void)allot::AtomicRef<u32>().load(), allot::HeapFailure);
}

TEST_F(Typed, ASpanKnowsWhenItIsStale) {
  const u64 block = heap.allocate(400).value();
  auto span = heap.span<u32>(block, 100).value();
  span.get().value()[5] = 17;
  EXPECT_EQ(span.read(5).value(), 17U);
  EXPECT_ERROR(host_error::out_of_bounds, span.read(100).error());
  EXPECT_ERROR(host_error::unaligned, heap.span<u32>(block + 2, 1).error());
  // Not only atomics meet it.
  EXPECT_EQ(std::string(allot::error_text(host_error::unaligned)).find("atomic"), std::string::npos);
  (void)heap.allocate(10 * page).value();
  EXPECT_TRUE(span.is_stale());
  EXPECT_ERROR(host_error::stale_span, span.get().error());
  EXPECT_ERROR(host_error::stale_span, span.read(5).error());
  EXPECT_ERROR(host_error::stale_span, span.write(5, 1));
  ASSERT_TRUE(span.refresh());
  EXPECT_EQ(span.read(5).value(), 17U);
  // In a memory whose base is fixed none ever is.
  allot::ReservedMemory fixed(page, 64 * page);
  Heap other = Heap::create(fixed).value();
  const auto kept = other.span(other.allocate(10).value(), 10).value();
  (void)other.allocate(20 * page).value();
  EXPECT_FALSE(kept.is_stale());
  EXPECT_TRUE(allot::CheckedSpan<u8>().is_stale());
}

}  // namespace
}  // namespace allot_test
