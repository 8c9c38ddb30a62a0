// Purpose: bit counting, rounding and unaligned access, each one machine instruction or two.
// Floor:   base (cellar).
// Assumes: the GCC/Clang builtins; both supported compilers have them and no libc is needed.
#pragma once

#include <allot/base/types.hpp>

/// Before a small function with many callers: compiled once where size is all that counts (-Oz), inlined
/// everywhere else. And before a larger one that then has a single caller left, and many everywhere else.
#ifdef __OPTIMIZE_SIZE__
#define ALLOT_ONCE_IF_SMALL [[gnu::noinline]]
#define ALLOT_ONCE_UNLESS_SMALL
#else
#define ALLOT_ONCE_IF_SMALL
#define ALLOT_ONCE_UNLESS_SMALL [[gnu::noinline]]
#endif

namespace allot {

/// Whether this is a build where size is all that counts.
#ifdef __OPTIMIZE_SIZE__
inline constexpr bool small_code = true;
#else
inline constexpr bool small_code = false;
#endif

/// Index of the lowest set bit. The argument must not be 0.
constexpr u32 lowest_bit(u64 word) { return static_cast<u32>(__builtin_ctzll(word)); }

/// The same, or 63 or more where there is none lower.
constexpr u32 lowest_bit_or_many(u64 word) {
#ifdef __wasm__
  return static_cast<u32>(__builtin_ctzg(word, 64));  // i64.ctz gives 64
#else
  return lowest_bit(word | u64{1} << 63);
#endif
}

/// Index of the highest set bit. The argument must not be 0.
constexpr u32 highest_bit(u32 word) { return 31u - static_cast<u32>(__builtin_clz(word)); }
constexpr u32 highest_bit(u64 word) { return 63u - static_cast<u32>(__builtin_clzll(word)); }

constexpr u32 rotate_right(u32 word, u32 by) { return (word >> by) | (word << (32 - by)); }
constexpr u64 rotate_right(u64 word, u32 by) { return (word >> by) | (word << (64 - by)); }

constexpr bool is_power_of_two(u64 value) { return value != 0 && (value & (value - 1)) == 0; }

/// `value` rounded to a multiple of `unit` (a power of two). round_up must not overflow.
constexpr u64 round_down(u64 value, u64 unit) { return value & ~(unit - 1); }
constexpr u64 round_up(u64 value, u64 unit) { return (value + unit - 1) & ~(unit - 1); }

/// The same value, of which the compiler does not know that it is equal to another.
template <class T>
[[gnu::always_inline]] inline T opaque(T value) {
  asm("" : "+r"(value));
  return value;
}

/// A load or store at any alignment. The address is a number so that 0, a valid address of a
/// linear memory, is not mistaken for a null pointer by the compiler.
template <class T>
inline T load(uintptr_t at) {
  T value;
  __builtin_memcpy(&value, reinterpret_cast<const void*>(at), sizeof(T));
  return value;
}

template <class T>
inline void store(uintptr_t at, T value) {
  __builtin_memcpy(reinterpret_cast<void*>(at), &value, sizeof(T));
}

/// The same at a fixed distance behind an address, which must not be 0: WebAssembly's instructions add it for
/// nothing, where the compiler knows that the sum does not wrap.
template <class T, u32 distance>
inline T load(uintptr_t at) {
  T value;
  __builtin_memcpy(&value, reinterpret_cast<const char*>(at) + distance, sizeof(T));
  return value;
}
template <class T, u32 distance>
inline void store(uintptr_t at, T value) {
  __builtin_memcpy(reinterpret_cast<char*>(at) + distance, &value, sizeof(T));
}

}  // namespace allot
