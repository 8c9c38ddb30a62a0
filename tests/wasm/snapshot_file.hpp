// Reads and writes snapshots in C++, by docs/snapshot-format.md alone.
#pragma once

#include <allot/base/types.hpp>

#include <cstring>
#include <optional>
#include <stdexcept>
#include <vector>

namespace allot_test {

using allot::page_bytes;
using allot::u32;
using allot::u64;
using allot::u8;

// What a snapshot says. Memories are as long as they were; both may grow afterwards.
struct Snapshot {
  bool shared = false;
  bool outside = false;
  bool without_free = false;
  std::optional<u64> maximum;  // pages
  u64 image = 0;               // where it lies: in `memory`, or in `records` when outside
  std::vector<u8> memory;
  std::vector<u8> records;  // empty with the image inside
};

struct MalformedSnapshot : std::runtime_error {
  using std::runtime_error::runtime_error;
};

namespace snapshot_format {

inline constexpr u8 magic[8] = {'a', 'l', 'l', 'o', 't', 'S', '\n', 0x1a};
inline constexpr u32 version = 1;
inline constexpr u64 header_bytes = 64;
inline constexpr u64 checksum_bytes = 4;
inline constexpr u64 most_pages = 65536;
inline constexpr u64 no_maximum = ~u64{0};
enum Flag : u32 { shared = 1, outside = 2, without_free = 4, wide = 8 };

// CRC-32 as of zlib.
inline u32 crc32(const u8* bytes, std::size_t count) {
  u32 remainder = ~u32{0};
  for (std::size_t i = 0; i < count; ++i) {
    remainder ^= bytes[i];
    for (int bit = 0; bit < 8; ++bit) remainder = remainder >> 1 ^ (remainder & 1 ? 0xedb88320u : 0);
  }
  return ~remainder;
}

// A little-endian number of so many bytes.
inline u64 number(const u8* at, int count) {
  u64 value = 0;
  for (int i = count; i-- > 0;) value = value << 8 | at[i];
  return value;
}

inline void put_number(u8* at, int count, u64 value) {
  for (int i = 0; i < count; ++i) at[i] = static_cast<u8>(value >> 8 * i);
}

inline void require(bool holds, const char* reason) {
  if (!holds) throw MalformedSnapshot(reason);
}

// Reads a body, from its begin to its end.
class Reader {
 public:
  Reader(const u8* at, const u8* end) : at_(at), end_(end) {}
  [[nodiscard]] bool is_at_end() const { return at_ == end_; }

  // Seven bits a byte, the lowest first; up to 2^53 - 1.
  u64 varint() {
    u64 value = 0;
    for (unsigned shift = 0; shift < 56; shift += 7) {
      require(at_ != end_, "it ends too early");
      const u64 byte = *at_++;
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) {
        require(value < u64{1} << 53, "a number is too long");
        return value;
      }
    }
    throw MalformedSnapshot("a number is too long");
  }

  // The runs of one memory.
  std::vector<u8> memory(u64 pages) {
    std::vector<u8> bytes(pages * page_bytes);
    for (u64 done = 0; done < bytes.size();) {
      const u64 zeros = varint();
      const u64 count = varint();
      require(zeros + count != 0, "a run has no bytes");
      require(zeros + count <= bytes.size() - done, "a run is longer than the memory");
      require(count <= static_cast<u64>(end_ - at_), "it ends too early");
      if (count != 0) std::memcpy(bytes.data() + done + zeros, at_, count);
      at_ += count;
      done += zeros + count;
    }
    return bytes;
  }

 private:
  const u8* at_;
  const u8* end_;
};

inline void put_varint(std::vector<u8>& out, u64 value) {
  for (; value >= 0x80; value >>= 7) out.push_back(static_cast<u8>(value | 0x80));
  out.push_back(static_cast<u8>(value));
}

}  // namespace snapshot_format

// Throws MalformedSnapshot.
inline Snapshot read_snapshot(const std::vector<u8>& file) {
  using namespace snapshot_format;
  require(file.size() >= sizeof magic && std::memcmp(file.data(), magic, sizeof magic) == 0, "it is none");
  require(file.size() >= header_bytes + checksum_bytes, "it ends too early");
  const u8* header = file.data();
  require(number(header + 8, 2) == version, "another version");
  const u64 end = file.size() - checksum_bytes;
  require(number(header + 48, 8) == end - header_bytes, "its length is another one");
  require(number(header + end, 4) == crc32(header, end), "its checksum does not hold");
  const u32 flags = static_cast<u32>(number(header + 12, 4));
  require(number(header + 10, 2) == header_bytes && (flags & ~u32{15}) == 0 && number(header + 56, 8) == 0,
          "its header is another one");
  require((flags & Flag::wide) == 0, "its addresses have 64 bits");

  Snapshot snapshot;
  snapshot.shared = (flags & Flag::shared) != 0;
  snapshot.outside = (flags & Flag::outside) != 0;
  snapshot.without_free = (flags & Flag::without_free) != 0;
  snapshot.image = number(header + 32, 8);
  const u64 pages = number(header + 16, 8);
  const u64 maximum = number(header + 24, 8);
  const u64 record_pages = number(header + 40, 8);
  require(pages <= most_pages && record_pages <= (snapshot.outside ? most_pages : 0), "too many pages");
  if (maximum != no_maximum) {
    require(maximum >= pages && maximum <= most_pages, "its maximum cannot be");
    snapshot.maximum = maximum;
  } else {
    require(!snapshot.shared, "its maximum cannot be");
  }
  const u64 room = (snapshot.outside ? record_pages : pages) * page_bytes;
  require(snapshot.image % 16 == 0 && snapshot.image < room, "the image lies outside");

  Reader body(header + header_bytes, header + end);
  snapshot.memory = body.memory(pages);
  if (snapshot.outside) snapshot.records = body.memory(record_pages);
  require(body.is_at_end(), "there is more than the memory has");
  return snapshot;
}

// The simplest one: each memory is a single run.
inline std::vector<u8> write_snapshot(const Snapshot& snapshot) {
  using namespace snapshot_format;
  std::vector<u8> file(header_bytes);
  for (const auto* memory : {&snapshot.memory, &snapshot.records}) {
    if (memory->empty()) continue;
    put_varint(file, 0);
    put_varint(file, memory->size());
    file.insert(file.end(), memory->begin(), memory->end());
  }
  const u64 end = file.size();
  file.resize(end + checksum_bytes);
  u8* header = file.data();
  std::memcpy(header, magic, sizeof magic);
  put_number(header + 8, 2, version);
  put_number(header + 10, 2, header_bytes);
  put_number(header + 12, 4,
             (snapshot.shared ? Flag::shared : 0u) | (snapshot.outside ? Flag::outside : 0u) |
                 (snapshot.without_free ? Flag::without_free : 0u));
  put_number(header + 16, 8, snapshot.memory.size() / page_bytes);
  put_number(header + 24, 8, snapshot.maximum.value_or(no_maximum));
  put_number(header + 32, 8, snapshot.image);
  put_number(header + 40, 8, snapshot.records.size() / page_bytes);
  put_number(header + 48, 8, end - header_bytes);
  put_number(header + end, 4, crc32(header, end));
  return file;
}

}  // namespace allot_test
