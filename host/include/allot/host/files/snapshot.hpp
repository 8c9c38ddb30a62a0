// Purpose: snapshots: a memory and the heap in it as a file. docs/snapshot-format.md is the same in words.
// Floor:   door host.
//
// Reading is in two steps, so that the caller says where the memory comes from and how much of it a file may
// ask for: read_snapshot() checks all of the file and copies nothing; Snapshot::copy_memory() copies.
// What is in the image is not looked at: attach a heap to it, and validate it.
#pragma once

#include <allot/host/files/byte_reader.hpp>
#include <allot/host/files/checksum.hpp>

#include <algorithm>
#include <optional>
#include <vector>

namespace allot::files {

namespace snapshot_format {
inline constexpr u8 magic[8] = {'a', 'l', 'l', 'o', 't', 'S', '\n', 0x1A};
inline constexpr u32 version = 1;
inline constexpr u64 header_bytes = 64;
inline constexpr u64 checksum_bytes = 4;
inline constexpr u64 most_pages = 65536;
inline constexpr u64 no_maximum = ~u64{0};
inline constexpr u32 shared = 1;
inline constexpr u32 outside = 2;
inline constexpr u32 without_free = 4;
inline constexpr u32 wide = 8;
/// Zeros shorter than this are written as bytes.
inline constexpr u64 step = 16;
/// Where an image's lock is; a snapshot has zeros there.
inline constexpr u64 lock_offset = 720;
inline constexpr u64 lock_bytes = 16;
}  // namespace snapshot_format

/// What a snapshot says of a heap, beside the bytes.
struct SnapshotHeader {
  u64 pages = 0;               // of the memory
  std::optional<u64> maximum;  // pages that it may grow to
  bool shared = false;
  bool outside = false;        // the records have a memory of their own
  bool without_free = false;   // what lay in free blocks is zeros
  u64 image = 0;               // an address in the memory, or in the records' own
  u64 record_pages = 0;

  u64 memory_bytes() const { return pages * page_bytes; }
  u64 record_memory_bytes() const { return record_pages * page_bytes; }
};

namespace detail {
/// Passes over the runs of one memory and copies them, if there is somewhere to. `name` is for faults.
inline void read_runs(ByteReader& reader, u64 length, const char* name, u8* into) {
  for (u64 done = 0; done < length && reader.ok();) {
    const u64 begin = reader.offset();
    const u64 zeros = reader.number();
    const u64 count = reader.number();
    if (!reader.ok()) return;
    if (zeros + count == 0) return reader.fail_at(begin, "a run of zeros and bytes is not empty");
    if (zeros + count > length - done)
      return reader.fail_at(begin, std::string("the runs together make exactly ") + name + ": this one has " +
                                       std::to_string(zeros + count) + " bytes, and " +
                                       std::to_string(length - done) + " are missing");
    const auto bytes = reader.take(count);
    if (into && !bytes.empty()) std::memcpy(into + done + zeros, bytes.data(), bytes.size());
    done += zeros + count;
  }
}
}  // namespace detail

/// A snapshot that was read and found well-formed. It refers to the file's bytes.
class Snapshot {
 public:
  const SnapshotHeader& header() const { return header_; }
  /// Bytes of the file.
  u64 file_bytes() const { return file_.size(); }

  /// Copies the memory to `memory`, which has header().memory_bytes() bytes, all of them zero.
  void copy_memory(u8* memory) const {
    ByteReader reader = body();
    detail::read_runs(reader, header_.memory_bytes(), "", memory);
    if (!header_.outside) unlock(memory);
  }
  /// The same for the records' own memory, of header().record_memory_bytes() bytes; none: does nothing.
  void copy_records(u8* records) const {
    if (!header_.outside) return;
    ByteReader reader = body();
    detail::read_runs(reader, header_.memory_bytes(), "", nullptr);
    detail::read_runs(reader, header_.record_memory_bytes(), "", records);
    unlock(records);
  }

 private:
  friend FileResult<Snapshot> read_snapshot(std::span<const u8> file);
  Snapshot(std::span<const u8> file, const SnapshotHeader& header) : file_(file), header_(header) {}

  ByteReader body() const {
    using namespace snapshot_format;
    return ByteReader(file_.subspan(header_bytes, file_.size() - header_bytes - checksum_bytes),
                      header_bytes);
  }
  /// Whoever held the lock is not in the snapshot.
  void unlock(u8* memory) const {
    const u64 room = header_.outside ? header_.record_memory_bytes() : header_.memory_bytes();
    const u64 lock = header_.image + snapshot_format::lock_offset;
    if (lock + 4 <= room) std::memset(memory + lock, 0, 4);
  }

  std::span<const u8> file_;
  SnapshotHeader header_;
};

/// Whether a file begins as a snapshot does.
inline bool is_snapshot(std::span<const u8> file) {
  return file.size() >= 8 && std::memcmp(file.data(), snapshot_format::magic, 8) == 0;
}

/// Reads a snapshot and checks all that its format asks for. The file must outlive what this gives.
inline FileResult<Snapshot> read_snapshot(std::span<const u8> file) {
  using namespace snapshot_format;
  const auto fault = [](u64 offset, std::string rule) { return FileFault{offset, std::move(rule)}; };
  if (!is_snapshot(file)) return fault(0, "a snapshot begins with the bytes 61 6C 6C 6F 74 53 0A 1A");
  if (file.size() < header_bytes + checksum_bytes)
    return fault(file.size(),
                 "a snapshot has at least 68 bytes, and this one " + std::to_string(file.size()));
  ByteReader reader(file.subspan(8, header_bytes - 8), 8);
  const u64 found_version = reader.fixed(2);
  if (found_version != version)
    return fault(8, "its version is " + std::to_string(found_version) + "; this program knows version 1");
  const u64 found_header = reader.fixed(2);
  if (found_header != header_bytes)
    return fault(10, "the header has 64 bytes, and this one says " + std::to_string(found_header));
  const u32 flags = static_cast<u32>(reader.fixed(4));
  SnapshotHeader header;
  header.pages = reader.fixed(8);
  const u64 maximum = reader.fixed(8);
  header.image = reader.fixed(8);
  header.record_pages = reader.fixed(8);
  const u64 length = reader.fixed(8);
  const u64 spare = reader.fixed(8);
  const u64 end = file.size() - checksum_bytes;
  if (length != end - header_bytes)
    return fault(48, "the header says that " + std::to_string(length) +
                         " bytes follow before the checksum, and " + std::to_string(end - header_bytes) +
                         " do");
  if (ByteReader(file.subspan(end)).fixed(4) != crc32(file.first(end)))
    return fault(end, "the checksum of all bytes before it does not hold: the file was damaged");
  if (flags & wide) return fault(12, "its addresses have 64 bits, which this version does not read");
  if (flags & ~(shared | outside | without_free))
    return fault(12, "it has flags that version 1 does not know");
  if (spare != 0) return fault(56, "the last 8 bytes of the header are 0");
  header.shared = (flags & shared) != 0;
  header.outside = (flags & outside) != 0;
  header.without_free = (flags & without_free) != 0;
  if (header.pages > most_pages) return fault(16, "a memory has at most 65536 pages");
  if (header.record_pages > (header.outside ? most_pages : 0))
    return fault(40, header.outside ? "a memory has at most 65536 pages"
                                    : "there is no memory for records when the image lies inside");
  if (maximum == no_maximum) {
    if (header.shared) return fault(24, "a shared memory has a maximum");
  } else if (maximum < header.pages || maximum > most_pages) {
    return fault(24, "the maximum is not below the memory's length, and at most 65536 pages");
  } else {
    header.maximum = maximum;
  }
  const u64 room = header.outside ? header.record_memory_bytes() : header.memory_bytes();
  if (header.image % 16 != 0) return fault(32, "the image lies at a multiple of 16");
  if (header.image >= room) return fault(32, "the image lies in the memory that holds the records");

  ByteReader body(file.subspan(header_bytes, end - header_bytes), header_bytes);
  detail::read_runs(body, header.memory_bytes(), "the memory", nullptr);
  detail::read_runs(body, header.record_memory_bytes(), "the records' memory", nullptr);
  if (body.ok() && !body.is_at_end()) body.fail("nothing follows the memory but the checksum");
  if (!body.ok()) return body.fault();
  return Snapshot(file, header);
}

namespace detail {
inline void put_number(std::vector<u8>& out, u64 value) {
  for (; value >= 0x80; value >>= 7) out.push_back(static_cast<u8>(value | 0x80));
  out.push_back(static_cast<u8>(value));
}
inline void put_fixed(u8* at, u32 count, u64 value) {
  for (u32 i = 0; i < count; ++i) at[i] = static_cast<u8>(value >> 8 * i);
}
inline bool is_zero_step(const u8* at) {
  u64 words[2];
  std::memcpy(words, at, sizeof words);
  return (words[0] | words[1]) == 0;
}

/// Writes a memory as runs; `zeroed` is the begin of 16 bytes that are written as zeros, or ~0.
inline void put_runs(std::vector<u8>& out, std::span<const u8> memory, u64 zeroed) {
  using snapshot_format::step;
  const auto is_zero = [&](u64 at) { return at == zeroed || is_zero_step(memory.data() + at); };
  for (u64 at = 0; at < memory.size();) {
    const u64 begin = at;
    while (at < memory.size() && is_zero(at)) at += step;
    const u64 bytes = at;
    while (at < memory.size() && !is_zero(at)) at += step;
    put_number(out, bytes - begin);
    put_number(out, at - bytes);
    out.insert(out.end(), memory.begin() + static_cast<std::ptrdiff_t>(bytes),
               memory.begin() + static_cast<std::ptrdiff_t>(at));
  }
}
}  // namespace detail

/// Writes a snapshot. Both memories have as many pages as the header says, `records` none with the image
/// inside; nobody changes them meanwhile.
inline std::vector<u8> write_snapshot(const SnapshotHeader& header, std::span<const u8> memory,
                                      std::span<const u8> records = {}) {
  using namespace snapshot_format;
  std::vector<u8> file(header_bytes);
  const u64 lock = header.image + lock_offset;
  // In an image for several agents the lock has company; who reads the file sets it free.
  detail::put_runs(file, memory, header.outside || header.shared ? ~u64{0} : lock);
  if (header.outside) detail::put_runs(file, records, lock);
  const u64 end = file.size();
  std::copy(std::begin(magic), std::end(magic), file.begin());
  u8* const at = file.data();
  detail::put_fixed(at + 8, 2, version);
  detail::put_fixed(at + 10, 2, header_bytes);
  detail::put_fixed(at + 12, 4,
                    (header.shared ? shared : 0u) | (header.outside ? outside : 0u) |
                        (header.without_free ? without_free : 0u));
  detail::put_fixed(at + 16, 8, header.pages);
  detail::put_fixed(at + 24, 8, header.maximum.value_or(no_maximum));
  detail::put_fixed(at + 32, 8, header.image);
  detail::put_fixed(at + 40, 8, header.record_pages);
  detail::put_fixed(at + 48, 8, end - header_bytes);
  file.resize(end + checksum_bytes);
  detail::put_fixed(file.data() + end, 4, crc32({file.data(), end}));
  return file;
}

}  // namespace allot::files
