// What the model writes into a block it was given, to see later that nobody else wrote there.
//
// Every block has its own mark; the eight bytes at offset 8*i hold a value made of the mark and i.
// A neighbour's write, a block given out twice, or contents moved to the wrong place all show.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace allot_test {

inline std::uint64_t pattern_word(std::uint64_t mark, std::uint64_t index) {
  return (mark + index) * 0x9e3779b97f4a7c15U;
}

inline void write_pattern(std::uint8_t* bytes, std::uint64_t size, std::uint64_t mark) {
  std::uint64_t offset = 0;
  for (; offset + 8 <= size; offset += 8) {
    const std::uint64_t word = pattern_word(mark, offset / 8);
    std::memcpy(bytes + offset, &word, 8);
  }
  const std::uint64_t last = pattern_word(mark, offset / 8);
  if (offset < size) std::memcpy(bytes + offset, &last, size - offset);
}

// The offset of the first byte that differs from the pattern, or `size` when none does. Differences
// are found word by word, so the offset is rounded down to a multiple of eight.
inline std::uint64_t first_difference(const std::uint8_t* bytes, std::uint64_t size, std::uint64_t mark) {
  std::uint64_t offset = 0;
  for (; offset + 8 <= size; offset += 8) {
    const std::uint64_t word = pattern_word(mark, offset / 8);
    if (std::memcmp(bytes + offset, &word, 8) != 0) return offset;
  }
  const std::uint64_t last = pattern_word(mark, offset / 8);
  if (offset < size && std::memcmp(bytes + offset, &last, size - offset) != 0) return offset;
  return size;
}

inline std::uint64_t first_nonzero(const std::uint8_t* bytes, std::uint64_t size) {
  for (std::uint64_t offset = 0; offset < size; ++offset) {
    if (bytes[offset] != 0) return offset;
  }
  return size;
}

}  // namespace allot_test
