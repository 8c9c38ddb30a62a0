// Purpose: CRC-32 as of zlib and PNG, which ends snapshots and traces.
// Floor:   door host.
// Source:  ISO 3309; the table is made while compiling.
#pragma once

#include <allot/base/types.hpp>

#include <array>
#include <span>

namespace allot::files {

namespace detail {
/// For each of the eight bytes that are taken at once: what it does to the remainder.
inline constexpr auto crc_tables = [] {
  std::array<std::array<u32, 256>, 8> tables{};
  for (u32 byte = 0; byte < 256; ++byte) {
    u32 remainder = byte;
    for (int bit = 0; bit < 8; ++bit) remainder = remainder >> 1 ^ (remainder & 1 ? 0xEDB88320u : 0);
    tables[0][byte] = remainder;
  }
  for (u32 byte = 0; byte < 256; ++byte)
    for (u32 i = 1; i < 8; ++i) {
      const u32 before = tables[i - 1][byte];
      tables[i][byte] = before >> 8 ^ tables[0][before & 0xFF];
    }
  return tables;
}();
}  // namespace detail

/// The checksum of some bytes. It finds damage, not forgery.
inline u32 crc32(std::span<const u8> bytes) {
  const auto& tables = detail::crc_tables;
  u32 remainder = ~u32{0};
  std::size_t i = 0;
  for (; i + 8 <= bytes.size(); i += 8) {
    u32 next = 0;
    for (u32 k = 0; k < 4; ++k) {
      next ^= tables[7 - k][(remainder >> 8 * k & 0xFF) ^ bytes[i + k]];
      next ^= tables[3 - k][bytes[i + 4 + k]];
    }
    remainder = next;
  }
  for (; i < bytes.size(); ++i) remainder = remainder >> 8 ^ tables[0][(remainder & 0xFF) ^ bytes[i]];
  return ~remainder;
}

}  // namespace allot::files
