// A program that says `using namespace allot`: every name of the documents can be written there.
#include <gtest/gtest.h>

#include <allot/host.hpp>

#include <cstdint>
#include <type_traits>

using namespace allot;

namespace {

// utf8 is a namespace of utfcpp's, too, which text.hpp includes.
TEST(UsingNamespaceAllot, Encodings) {
  ReservedMemory memory(page_bytes, 10 * page_bytes);
  Heap heap = Heap::create(memory, {.begin = 0}).value();
  const auto text = heap.make_string<encoding::utf8>("gr\xc3\xbc\xc3\x9f").value();
  EXPECT_EQ(text.units(), 6U);
  EXPECT_EQ(heap.read_c_string<encoding::utf8>(text.address()).value(), text.read().value());
  EXPECT_EQ(heap.make_string<encoding::utf16>("gr\xc3\xbc\xc3\x9f").value().units(), 4U);
  static_assert(std::is_same_v<encoding::utf8, allot::utf8> && std::is_same_v<encoding::utf16, utf16>);
  static_assert(std::is_same_v<encoding::utf32, utf32> && std::is_same_v<encoding::ascii, ascii>);
}

}  // namespace
