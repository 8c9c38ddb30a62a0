// Purpose: texts in a guest's memory: ASCII, UTF-8, UTF-16 and UTF-32, checked on both ways.
// Floor:   door host.
// Source:  utfcpp (Nemanja Trifunovic) does the transcoding.
//
// A guest's text is copied first and looked at then: what was found good must not change under the reader's
// eyes. Native texts are UTF-8 here (std::string_view, as string literals are).
#pragma once

#include <allot/host/ref.hpp>

#include <utf8.h>

#include <algorithm>
#include <iterator>
#include <string>
#include <string_view>

namespace allot {

struct ascii {
  using unit = char;
  static Result<std::string> encode(std::string_view text) {
    if (!std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; }))
      return host_error::malformed_text;
    return std::string(text);
  }
  static Result<std::string> decode(const std::string& units) { return encode(units); }
};
struct utf8 {
  using unit = char;
  static Result<std::string> encode(std::string_view text) {
    if (!::utf8::is_valid(text.begin(), text.end())) return host_error::malformed_text;
    return std::string(text);
  }
  static Result<std::string> decode(const std::string& units) { return encode(units); }
};
/// Little-endian, as wasm's memories are. A lone surrogate is malformed.
struct utf16 {
  using unit = char16_t;
  static Result<std::u16string> encode(std::string_view text) {
    if (!::utf8::is_valid(text.begin(), text.end())) return host_error::malformed_text;
    std::u16string units;
    ::utf8::unchecked::utf8to16(text.begin(), text.end(), std::back_inserter(units));
    return units;
  }
  static Result<std::string> decode(const std::u16string& units) {
    std::string text;
    try {
      ::utf8::utf16to8(units.begin(), units.end(), std::back_inserter(text));
    } catch (const ::utf8::exception&) {
      return host_error::malformed_text;
    }
    return text;
  }
};
struct utf32 {
  using unit = char32_t;
  static Result<std::u32string> encode(std::string_view text) {
    if (!::utf8::is_valid(text.begin(), text.end())) return host_error::malformed_text;
    std::u32string units;
    ::utf8::unchecked::utf8to32(text.begin(), text.end(), std::back_inserter(units));
    return units;
  }
  static Result<std::string> decode(const std::u32string& units) {
    std::string text;
    try {
      ::utf8::utf32to8(units.begin(), units.end(), std::back_inserter(text));
    } catch (const ::utf8::exception&) {
      return host_error::malformed_text;
    }
    return text;
  }
};

/// The same names once more, for programs that say `using namespace allot`: utf8 alone could be the namespace of utfcpp
/// then, which this header includes, and is ambiguous.
namespace encoding {
using allot::ascii;
using allot::utf16;
using allot::utf32;
using allot::utf8;
}  // namespace encoding

template <class E>
concept Encoding = requires(std::string_view text, const std::basic_string<typename E::unit>& units) {
  { E::encode(text) } -> std::same_as<Result<std::basic_string<typename E::unit>>>;
  { E::decode(units) } -> std::same_as<Result<std::string>>;
};

namespace host {

/// Copies units out of a guest's memory.
template <Encoding E>
Result<std::basic_string<typename E::unit>> copy_units(AnyMemory& memory, u64 address, u64 count) {
  using Unit = typename E::unit;
  if (count > ~u64{0} / sizeof(Unit)) return host_error::out_of_bounds;
  const u8* const at = memory.locate(address, count * sizeof(Unit));
  if (at == nullptr) return host_error::out_of_bounds;
  std::basic_string<Unit> units(count, Unit{});
  if (count != 0) __builtin_memcpy(units.data(), at, count * sizeof(Unit));
  return units;
}

/// Units before the first zero unit, copied; at most `most` of them.
template <Encoding E>
Result<std::basic_string<typename E::unit>> copy_terminated(AnyMemory& memory, u64 address, u64 most) {
  using Unit = typename E::unit;
  std::basic_string<Unit> units;
  const u64 have = memory.bytes();
  if (address >= have) return host_error::out_of_bounds;
  const u64 reach = std::min((have - address) / sizeof(Unit), most);
  const u8* const at = memory.locate(address, reach * sizeof(Unit));
  if (at == nullptr) return host_error::out_of_bounds;
  for (u64 i = 0; i < reach; ++i) {
    Unit unit;
    __builtin_memcpy(&unit, at + i * sizeof(Unit), sizeof(Unit));
    if (unit == Unit{}) return units;
    units.push_back(unit);
  }
  return reach == most ? Result<std::basic_string<Unit>>(host_error::text_too_long)
                       : Result<std::basic_string<Unit>>(host_error::out_of_bounds);
}

}  // namespace host

/// A text in a guest's memory: `units()` units of its encoding, without a terminator of its own.
template <Encoding E>
class StringRef : public host::Object {
 public:
  using unit = typename E::unit;
  StringRef() = default;
  StringRef(host::Keep keep, u64 address, u64 units)
      : Object(std::move(keep), address, units * sizeof(unit)), units_(units) {}

  [[nodiscard]] u64 units() const { return units_; }

  /// The text as UTF-8. Error: malformed_text, freed_block, out_of_bounds.
  [[nodiscard]] Result<std::string> read() const {
    const auto raw = read_units();
    if (!raw) return raw.error();
    return E::decode(raw.value());
  }
  /// The units as they are, whatever they say.
  [[nodiscard]] Result<std::basic_string<unit>> read_units() const {
    if (is_freed()) return host_error::freed_block;
    return host::copy_units<E>(memory(), address(), units_);
  }
  /// Writes another text in its place, filled up with zero units. Error, with nothing changed:
  /// malformed_text, text_too_long, freed_block, out_of_bounds.
  Error write(std::string_view text) const {
    const auto encoded = E::encode(text);
    if (!encoded) return encoded.error();
    if (encoded.value().size() > units_) return host_error::text_too_long;
    u8* const at = locate(0, byte_length());
    if (at == nullptr) return why();
    const u64 bytes = encoded.value().size() * sizeof(unit);
    if (bytes != 0) __builtin_memcpy(at, encoded.value().data(), bytes);
    __builtin_memset(at + bytes, 0, byte_length() - bytes);
    return Error::none;
  }

 private:
  u64 units_ = 0;
};

}  // namespace allot
