// Purpose: the integer names and the units that every floor uses.
// Floor:   base (cellar). Includes nothing of ours.
// Assumes: a little-endian target with 8-bit bytes; WebAssembly is one by definition.
#pragma once

#include <stddef.h>
#include <stdint.h>

namespace allot {

using u8 = uint8_t;
using u16 = uint16_t;
using u32 = uint32_t;
using u64 = uint64_t;
using i32 = int32_t;
using i64 = int64_t;

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "a heap image is little-endian");

/// Bytes in a granule, the unit in which memory is handed out and the least alignment of a block.
inline constexpr u32 granule_bytes = 16;
inline constexpr u32 granule_shift = 4;

/// Bytes in a page. The word means WebAssembly's page and nothing else.
inline constexpr u32 page_bytes = 65536;
inline constexpr u32 page_shift = 16;
inline constexpr u32 granules_per_page = page_bytes / granule_bytes;
inline constexpr u32 granule_page_shift = page_shift - granule_shift;

/// A number of granules, or the index of a granule counted from the heap's origin. 32 bits reach
/// 64 GiB, more than any engine grants a memory (16 GiB for memory64).
using Granule = u32;

/// Indices at or above this one are never granules; allocation functions return `~error` there.
inline constexpr Granule granule_limit = 0xFFFFFF00u;

namespace detail {
template <unsigned pointer_bytes>
struct NativeAddress {
  using type = u64;
};
template <>
struct NativeAddress<4> {
  using type = u32;
};
}  // namespace detail
/// The address type of the code being compiled: u32 for wasm32, u64 for wasm64.
using NativeAddress = detail::NativeAddress<sizeof(void*)>::type;

/// An offset into the memory that holds the heap's records: for an image inside the managed memory
/// the same thing as an address.
using RecordRef = u64;

}  // namespace allot
