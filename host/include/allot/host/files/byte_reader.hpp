// Purpose: reads numbers and texts out of a file's bytes.
// Floor:   door host.
// Source:  LEB128 as of the WebAssembly Core Specification, section 5.2.2; UTF-8 as of RFC 3629.
//
// Every read is checked. The first that fails is kept as the fault; from then on the reader is at its end and
// gives zeros, so that a reader of a format may ask once after several reads. No loop over what was read can
// run longer than the bytes do, if it asks `ok()` each time.
#pragma once

#include <allot/host/files/fault.hpp>

#include <cstring>
#include <span>
#include <string_view>

namespace allot::files {

/// Whether some bytes are well-formed UTF-8: no overlong forms, no surrogates, nothing above U+10FFFF.
inline bool is_utf8(std::span<const u8> bytes) {
  for (std::size_t i = 0; i < bytes.size();) {
    const u8 lead = bytes[i];
    const std::size_t length = lead < 0x80                   ? 1
                               : lead >= 0xC2 && lead < 0xE0 ? 2
                               : lead >= 0xE0 && lead < 0xF0 ? 3
                               : lead >= 0xF0 && lead < 0xF5 ? 4
                                                             : 0;
    if (length == 0 || length > bytes.size() - i) return false;
    for (std::size_t k = 1; k < length; ++k)
      if ((bytes[i + k] & 0xC0) != 0x80) return false;
    if (length > 2) {
      const u8 second = bytes[i + 1];
      if ((lead == 0xE0 && second < 0xA0) || (lead == 0xED && second > 0x9F) ||
          (lead == 0xF0 && second < 0x90) || (lead == 0xF4 && second > 0x8F))
        return false;
    }
    i += length;
  }
  return true;
}

class ByteReader {
 public:
  ByteReader() = default;
  /// Reads `bytes`, which begin at `offset` of the file; `part` is what a fault calls them.
  explicit ByteReader(std::span<const u8> bytes, u64 offset = 0, std::string_view part = "the file")
      : bytes_(bytes), offset_(offset), part_(part) {}

  bool ok() const { return !failed_; }
  bool is_at_end() const { return at_ == bytes_.size(); }
  u64 left() const { return bytes_.size() - at_; }
  /// Where it is, in bytes from the begin of the file.
  u64 offset() const { return offset_ + at_; }
  std::string_view part() const { return part_; }
  const FileFault& fault() const { return fault_; }

  /// Keeps a fault, unless there is one already, and goes to the end.
  void fail(std::string rule) { fail_at(offset(), std::move(rule)); }
  void fail_at(u64 offset, std::string rule) {
    if (failed_) return;
    failed_ = true;
    fault_ = {offset, std::move(rule)};
    at_ = bytes_.size();
  }
  /// Takes over the fault of a reader of one of its parts. Gives whether there is none.
  bool join(const ByteReader& part) {
    if (!part.ok()) fail_at(part.fault().offset, part.fault().rule);
    return ok();
  }

  u8 byte() {
    if (!need(1)) return 0;
    return bytes_[at_++];
  }
  /// A little-endian number of a fixed length.
  u64 fixed(u32 count) {
    if (!need(count)) return 0;
    u64 value = 0;
    for (u32 i = count; i-- > 0;) value = value << 8 | bytes_[at_ + i];
    at_ += count;
    return value;
  }

  /// LEB128 up to 2^53 - 1, in at most eight bytes: the numbers of snapshots and traces.
  u64 number() {
    const u64 begin = offset();
    u64 value = 0;
    for (u32 shift = 0; shift < 56; shift += 7) {
      const u8 next = byte();
      if (!ok()) return 0;
      value |= u64{next & 0x7Fu} << shift;
      if (next >= 0x80) continue;
      if (value >> 53 == 0) return value;
      break;
    }
    fail_at(begin, "a number is at most 2^53 - 1, in at most 8 bytes");
    return 0;
  }

  /// LEB128 of at most `bits` bits, unsigned: the numbers of modules.
  u64 unsigned_leb(u32 bits) {
    const u64 begin = offset();
    u64 value = 0;
    for (u32 shift = 0; shift < bits; shift += 7) {
      const u8 next = byte();
      if (!ok()) return 0;
      const u64 part = next & 0x7Fu;
      if (bits - shift < 7 && part >> (bits - shift) != 0) break;
      value |= part << shift;
      if (next < 0x80) return value;
    }
    fail_at(begin, "a number is at most " + std::to_string(bits) + " bits long");
    return 0;
  }
  u32 u32_leb() { return static_cast<u32>(unsigned_leb(32)); }
  u64 u64_leb() { return unsigned_leb(64); }

  /// The same, signed, as two's complement of 64 bits.
  u64 signed_leb(u32 bits) {
    const u64 begin = offset();
    u64 value = 0;
    for (u32 shift = 0; shift < bits; shift += 7) {
      const u8 next = byte();
      if (!ok()) return 0;
      value |= u64{next & 0x7Fu} << shift;
      if (next >= 0x80) continue;
      if ((next & 0x40) != 0 && shift + 7 < 64) value |= ~u64{0} << (shift + 7);
      return value;
    }
    fail_at(begin, "a number is at most " + std::to_string(bits) + " bits long");
    return 0;
  }

  /// How many entries follow: each has a byte at least.
  u32 count() {
    const u64 begin = offset();
    const u32 entries = u32_leb();
    if (entries > left())
      fail_at(begin, "it says that " + std::to_string(entries) + " entries follow, in " +
                         std::to_string(left()) + " bytes");
    return ok() ? entries : 0;
  }

  std::span<const u8> take(u64 length) {
    if (!need(length)) return {};
    const auto taken = bytes_.subspan(at_, static_cast<std::size_t>(length));
    at_ += static_cast<std::size_t>(length);
    return taken;
  }

  /// As many bytes as the number before them says, to be read on their own.
  ByteReader sized(std::string_view part) {
    const u32 length = u32_leb();
    const u64 begin = offset();
    return ByteReader(take(length), begin, part);
  }

  /// A text whose length stands before it. `length` is a number of a module, or one that was read already.
  std::string_view text() { return text(u32_leb()); }
  std::string_view text(u64 length) {
    const u64 begin = offset();
    const auto taken = take(length);
    if (ok() && !is_utf8(taken)) fail_at(begin, "a text is well-formed UTF-8");
    return ok() ? std::string_view(reinterpret_cast<const char*>(taken.data()), taken.size())
                : std::string_view();
  }

 private:
  bool need(u64 count) {
    if (failed_) return false;
    if (count <= left()) return true;
    fail_at(offset_ + bytes_.size(), std::string(part_) + " ends too early: " + std::to_string(count) +
                                         (count == 1 ? " byte" : " bytes") + " should follow at byte " +
                                         std::to_string(offset()) + ", and " + std::to_string(left()) +
                                         " do");
    return false;
  }

  std::span<const u8> bytes_;
  std::size_t at_ = 0;
  u64 offset_ = 0;
  std::string_view part_ = "the file";
  bool failed_ = false;
  FileFault fault_;
};

}  // namespace allot::files
