// Purpose: the values that both sides of the boundary understand, byte for byte.
// Floor:   door host.
#pragma once

#include <allot/host/errors.hpp>

#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace allot {

__extension__ typedef unsigned __int128 u128;
__extension__ typedef __int128 i128;

/// A guest's pointer to a T: an address in its memory, as wide as it stands there. Null is 0, as in C.
///
/// Pointer53 is eight bytes of which JavaScript can hold the value as a number; a larger value is refused.
template <class T, class Bits, u64 most>
struct GuestPointer {
  using target_type = T;
  Bits bits = 0;

  static Result<GuestPointer> to(u64 address) {
    if (address > most) return host_error::unsafe_pointer;
    return GuestPointer{static_cast<Bits>(address)};
  }
  /// The address, or unsafe_pointer for one that the type does not allow.
  [[nodiscard]] Result<u64> address() const {
    if (bits > most) return host_error::unsafe_pointer;
    return u64{bits};
  }
  [[nodiscard]] bool is_null() const { return bits == 0; }
  friend bool operator==(GuestPointer, GuestPointer) = default;
};
template <class T = std::byte>
using Pointer32 = GuestPointer<T, u32, 0xFFFFFFFFu>;
template <class T = std::byte>
using Pointer53 = GuestPointer<T, u64, (u64{1} << 53) - 1>;
template <class T = std::byte>
using Pointer64 = GuestPointer<T, u64, ~u64{0}>;

namespace host {
template <class T>
inline constexpr bool is_guest_pointer = false;
template <class T, class Bits, u64 most>
inline constexpr bool is_guest_pointer<GuestPointer<T, Bits, most>> = true;
template <class T>
inline constexpr bool is_wide = std::is_same_v<T, u128> || std::is_same_v<T, i128>;

/// What a value is as a number: an enum what it is made of, any other type itself.
template <class T, bool = std::is_enum_v<T>>
struct NumberOf {
  using type = T;
};
template <class T>
struct NumberOf<T, true> {
  using type = std::underlying_type_t<T>;
};
template <class T>
inline constexpr bool is_number = (std::is_integral_v<T> && !std::is_same_v<T, bool> && sizeof(T) <= 8) ||
                                  std::is_same_v<T, float> || std::is_same_v<T, double> || is_wide<T>;
}  // namespace host

/// A number of one to sixteen bytes, an enum of such numbers, a std::byte or a guest's pointer. Not bool, and no
/// enum of bools: a guest may write 2 there. Not long, not a native pointer: what they are differs between the two
/// sides; say int32_t, Pointer32<T>.
template <class T>
concept GuestValue = std::is_same_v<T, std::remove_cv_t<T>> &&
                     (host::is_number<typename host::NumberOf<T>::type> || host::is_guest_pointer<T>);

/// What atomic operations of the hardware can do.
template <class T>
concept AtomicValue = GuestValue<T> && sizeof(T) <= 8;

namespace host {

/// Reads a value, at any alignment, once: the compiler may not look again after the value was compared.
template <GuestValue T>
[[gnu::always_inline]] inline T load_value(const u8* at) {
  if constexpr (std::is_enum_v<T>) {
    return static_cast<T>(load_value<std::underlying_type_t<T>>(at));
  } else if constexpr (is_guest_pointer<T>) {
    return T{load_value<decltype(T::bits)>(at)};
  } else {
    T value;
    __builtin_memcpy(&value, at, sizeof(T));
    if constexpr (std::is_integral_v<T> && sizeof(T) <= 8) asm volatile("" : "+r"(value));
    return value;
  }
}
template <GuestValue T>
[[gnu::always_inline]] inline void store_value(u8* at, T value) {
  __builtin_memcpy(at, &value, sizeof(T));
}

}  // namespace host
}  // namespace allot
