// Purpose: structs of a guest: described once, laid out as its C compiler does, not as this program's.
// Floor:   door host.
// Source:  the C ABI of WebAssembly (tool-conventions, BasicCABI.md): every scalar is aligned to its size;
//          long, size_t and pointers have 4 bytes in wasm32, 8 in wasm64.
//
//   using Point = allot::layout<allot::field<"x", int32_t>, allot::field<"next", allot::pointer_to<>>>;
//   static_assert(Point::size<allot::wasm64> == 16);
#pragma once

#include <allot/host/values.hpp>

#include <algorithm>
#include <string_view>

namespace allot {

/// The guests' ABIs: what their C compilers do.
struct wasm32 {
  static constexpr u64 pointer_bytes = 4;
};
struct wasm64 {
  static constexpr u64 pointer_bytes = 8;
};

/// Types whose size depends on the guest: a pointer, size_t, long.
template <class T = std::byte>
struct pointer_to {};
struct c_size {};
struct c_long {};
/// n elements side by side: T name[n].
template <class T, u64 n>
struct array_of {};

namespace host {

/// A text as an argument of a template.
template <std::size_t n>
struct Name {
  char text[n]{};
  constexpr Name(const char (&from)[n]) { std::copy_n(from, n, text); }  // NOLINT: written as a literal
  constexpr std::string_view view() const { return {text, n - 1}; }
};

template <class T>
inline constexpr bool is_layout = false;
template <class T>
inline constexpr bool is_array = false;
template <class T, u64 n>
inline constexpr bool is_array<array_of<T, n>> = true;

/// What can be described of a guest's struct.
template <class T>
inline constexpr bool is_describable = GuestValue<T> || is_layout<T>;
template <class T>
inline constexpr bool is_describable<pointer_to<T>> = true;
template <>
inline constexpr bool is_describable<c_size> = true;
template <>
inline constexpr bool is_describable<c_long> = true;
template <class T, u64 n>
inline constexpr bool is_describable<array_of<T, n>> = is_describable<T>;

/// Says what is wrong, here and not in `field`: that is used for more, and compilers would complain of all of it.
template <class T>
struct Complaint {
  static_assert(!std::is_same_v<T, bool>, "a guest may write 2 into a bool: describe it as std::uint8_t");
  static_assert(std::is_same_v<T, bool> || is_describable<T>,
                "a field is a number but no bool, an enum, pointer_to, c_size, c_long, array_of or a layout");
};

/// What a type of a description is in a guest of that ABI, how long, and how aligned. This one is of what cannot be
/// described, which `field` has refused by then: a second complaint would only hide the first.
template <class T, class Abi>
struct InGuest {
  using type = u8;
  static constexpr u64 size = 1;
  static constexpr u64 alignment = 1;
};
template <GuestValue T, class Abi>
struct InGuest<T, Abi> {
  using type = T;
  static constexpr u64 size = sizeof(T);
  static constexpr u64 alignment = sizeof(T);
};
template <class T, class Abi>
struct InGuest<pointer_to<T>, Abi>
    : InGuest<std::conditional_t<Abi::pointer_bytes == 4, Pointer32<T>, Pointer64<T>>, Abi> {};
template <class Abi>
struct InGuest<c_size, Abi> : InGuest<std::conditional_t<Abi::pointer_bytes == 4, u32, u64>, Abi> {};
template <class Abi>
struct InGuest<c_long, Abi> : InGuest<std::conditional_t<Abi::pointer_bytes == 4, int32_t, int64_t>, Abi> {};
template <class T, u64 n, class Abi>
struct InGuest<array_of<T, n>, Abi> {
  using type = array_of<typename InGuest<T, Abi>::type, n>;
  using element = typename InGuest<T, Abi>::type;
  static constexpr u64 length = n;
  static constexpr u64 size = InGuest<T, Abi>::size * n;
  static constexpr u64 alignment = InGuest<T, Abi>::alignment;
};
template <class L, class Abi>
  requires is_layout<L>
struct InGuest<L, Abi> {
  using type = L;
  static constexpr u64 size = L::template size<Abi>;
  static constexpr u64 alignment = L::template alignment<Abi>;
};

/// The ABI of guests whose pointers have so many bits.
template <class Bits>
using AbiOf = std::conditional_t<sizeof(Bits) == wasm32::pointer_bytes, wasm32, wasm64>;

}  // namespace host

template <host::Name name_, class T>
struct field {
  static_assert(sizeof(host::Complaint<T>) != 0);
  using type = T;
  static constexpr std::string_view name = name_.view();
};

/// The fields of a struct, in the order of its declaration.
template <class... Fields>
struct layout {
 private:
  static constexpr std::size_t count = sizeof...(Fields);
  static_assert(count != 0, "a struct has a field");
  static consteval std::size_t index_of(std::string_view name) {
    const std::string_view names[] = {Fields::name...};
    return static_cast<std::size_t>(std::find(names, names + count, name) - names);
  }
  static consteval bool has_distinct_names() {
    std::string_view names[] = {Fields::name...};
    std::sort(names, names + count);
    return std::adjacent_find(names, names + count) == names + count;
  }
  static_assert(has_distinct_names(), "two fields have one name");

  template <class Abi>
  static consteval u64 end_of(std::size_t fields) {
    const u64 sizes[] = {host::InGuest<typename Fields::type, Abi>::size...};
    const u64 alignments[] = {host::InGuest<typename Fields::type, Abi>::alignment...};
    u64 end = 0;
    for (std::size_t i = 0; i < fields; ++i)
      end = (end + alignments[i] - 1) / alignments[i] * alignments[i] + sizes[i];
    return end;
  }
  template <class Abi>
  static consteval u64 offset_of(std::size_t index) {
    const u64 alignments[] = {host::InGuest<typename Fields::type, Abi>::alignment...};
    return (end_of<Abi>(index) + alignments[index] - 1) / alignments[index] * alignments[index];
  }
  template <std::size_t index, class First, class... Rest>
  struct Pick : Pick<index - 1, Rest...> {};
  template <class First, class... Rest>
  struct Pick<0, First, Rest...> {
    using type = typename First::type;
  };

 public:
  template <class Abi>
  static constexpr u64 alignment = std::max({host::InGuest<typename Fields::type, Abi>::alignment...});
  template <class Abi>
  static constexpr u64 size = (end_of<Abi>(count) + alignment<Abi> - 1) / alignment<Abi> * alignment<Abi>;

  template <host::Name name>
  static constexpr bool has = index_of(name.view()) < count;
  template <host::Name name, class Abi>
    requires has<name>
  static constexpr u64 offset = offset_of<Abi>(index_of(name.view()));
  /// The field's type in a guest of that ABI.
  template <host::Name name, class Abi>
    requires has<name>
  using type = host::InGuest<typename Pick<index_of(name.view()), Fields...>::type, Abi>;
};

namespace host {
template <class... Fields>
inline constexpr bool is_layout<layout<Fields...>> = true;
}

template <class L>
concept StructLayout = host::is_layout<L>;

}  // namespace allot
