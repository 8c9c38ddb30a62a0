// Purpose: traces: what a heap was asked and what it gave. docs/trace-format.md is the same in words.
// Floor:   door host.
#pragma once

#include <allot/host/files/byte_reader.hpp>
#include <allot/host/files/checksum.hpp>

namespace allot::files {

/// The operations by their numbers in a file.
enum class TraceOperation : u8 {
  none = 0,
  allocate = 1,
  allocate_zeroed = 2,
  reallocate = 3,
  allocate_aligned = 4,
  deallocate = 5,
  merge = 6,
  grow = 7,
  reserve = 8,
  unreserve = 9,
  quota = 10,
  maximum = 11,
  live = 12,
  mark = 13,
};
inline constexpr u32 trace_operation_count = 14;

/// The name of an operation as JavaScript and the format have it. Never fails.
constexpr const char* name_of(TraceOperation operation) {
  constexpr const char* names[trace_operation_count] = {
      "",     "malloc",  "calloc",    "realloc", "alignedAlloc", "free", "merge",
      "grow", "reserve", "unreserve", "quota",   "maximum",      "live", "mark"};
  const auto number = static_cast<u32>(operation);
  return number < trace_operation_count ? names[number] : "";
}

/// One record. Texts refer to the file's bytes.
struct TraceRecord {
  TraceOperation operation = TraceOperation::none;
  bool refused = false;
  u64 block = 0;      // reallocate, deallocate: the address that it is about
  u64 size = 0;       // bytes asked for; of allocate_zeroed: of each
  u64 count = 1;      // allocate_zeroed: how many
  u64 alignment = 0;  // allocate_aligned
  u64 number = 0;     // grow: pages; reserve, unreserve: begin; quota, maximum: the limit plus 1, or 0
  u64 end = 0;        // reserve
  u64 result = 0;     // the address that it gave; grow: the pages there were; nothing if it was refused
  std::string_view text;  // mark; or the error's code, if it was refused
  u64 microseconds = 0;   // since the trace began, if it has times
  u64 offset = 0;         // where it stands in the file
};

/// Whether a file begins as a trace does.
inline bool is_trace(std::span<const u8> file) {
  constexpr u8 magic[8] = {'a', 'l', 'l', 'o', 't', 'T', '\n', 0x1A};
  return file.size() >= 8 && std::memcmp(file.data(), magic, 8) == 0;
}

/// Reads a trace record by record:
///
///     TraceReader trace(file);
///     for (TraceRecord record; trace.next(record);) …
///     if (!trace.ok()) …  // what it gave so far is good
class TraceReader {
 public:
  explicit TraceReader(std::span<const u8> file) : file_(file), reader_(file, 0, "the trace") {
    read_header();
  }

  bool ok() const { return reader_.ok(); }
  const FileFault& fault() const { return reader_.fault(); }
  bool has_times() const { return has_times_; }
  /// How many records it has given.
  u64 records() const { return records_; }

  /// The next record. False at the end, or where the trace is wrong.
  bool next(TraceRecord& record) {
    if (ended_ || !ok()) return false;
    record = {};
    record.offset = reader_.offset();
    const u8 first = reader_.byte();
    if (!ok()) return false;
    if (first == 0) {
      read_end();
      return false;
    }
    const u32 number = first & 0x1Fu;
    if (number == 0 || number >= trace_operation_count) {
      reader_.fail_at(record.offset, "there is no operation " + std::to_string(number) + " in version 1");
      return false;
    }
    record.operation = static_cast<TraceOperation>(number);
    record.refused = (first & 0x20) != 0;
    const bool gives_address = read_fields(record, (first & 0x40) != 0);
    if (record.refused)
      record.text = reader_.text(reader_.number());
    else if (record.operation == TraceOperation::grow)
      record.result = reader_.number();
    else if (gives_address)
      record.result = read_address((first & 0x80) != 0);
    if (has_times_) microseconds_ += reader_.number();
    record.microseconds = microseconds_;
    if (ok()) ++records_;
    return ok();
  }

 private:
  void read_header() {
    if (!is_trace(file_)) return reader_.fail("a trace begins with the bytes 61 6C 6C 6F 74 54 0A 1A");
    reader_.take(8);
    const u64 version = reader_.fixed(2);
    if (reader_.ok() && version != 1)
      return reader_.fail_at(8,
                             "its version is " + std::to_string(version) + "; this program knows version 1");
    const u64 flags = reader_.fixed(2);
    if (flags > 1) return reader_.fail_at(10, "it has flags that version 1 does not know");
    has_times_ = flags == 1;
    reader_.fixed(4);
  }

  /// Gives whether the operation gives an address.
  bool read_fields(TraceRecord& record, bool plain) {
    switch (record.operation) {
      case TraceOperation::allocate:
      case TraceOperation::live: record.size = reader_.number(); return true;
      case TraceOperation::allocate_zeroed:
        record.count = reader_.number();
        record.size = reader_.number();
        return true;
      case TraceOperation::reallocate:
        record.block = read_address(plain);
        record.size = reader_.number();
        return true;
      case TraceOperation::allocate_aligned:
        record.alignment = reader_.number();
        record.size = reader_.number();
        return true;
      case TraceOperation::deallocate: record.block = read_address(plain); return false;
      case TraceOperation::reserve:
        record.number = reader_.number();
        record.end = reader_.number();
        return false;
      case TraceOperation::grow:
      case TraceOperation::unreserve:
      case TraceOperation::quota:
      case TraceOperation::maximum: record.number = reader_.number(); return false;
      case TraceOperation::mark: record.text = reader_.text(reader_.number()); return false;
      default: return false;
    }
  }

  /// Plain: the address. Else the distance in granules from the one before, its sign in the lowest bit.
  u64 read_address(bool plain) {
    const u64 begin = reader_.offset();
    const u64 written = reader_.number();
    u64 address = written;
    if (plain) {
      granule_ = written >> granule_shift;
    } else {
      const u64 distance = (written >> 1) ^ (u64{0} - (written & 1));
      granule_ += distance;  // two's complement: a negative distance wraps round
      address = granule_ << granule_shift;
      if (granule_ >> (53 - granule_shift) != 0)
        reader_.fail_at(begin, "an address is between 0 and 2^53 - 1");
    }
    return ok() ? address : 0;
  }

  void read_end() {
    ended_ = true;
    const u64 at = reader_.offset();
    const u64 counted = reader_.number();
    if (!ok()) return;
    if (counted != records_)
      return reader_.fail_at(at, "the end says that there are " + std::to_string(counted) +
                                     " records, and there are " + std::to_string(records_));
    const u64 end = reader_.offset();
    const u64 checksum = reader_.fixed(4);
    if (!ok()) return;
    if (checksum != crc32(file_.first(static_cast<std::size_t>(end))))
      return reader_.fail_at(end, "the checksum of all bytes before it does not hold: the file was damaged");
    if (!reader_.is_at_end()) reader_.fail("nothing follows the end of a trace");
  }

  std::span<const u8> file_;
  ByteReader reader_;
  bool has_times_ = false;
  bool ended_ = false;
  u64 granule_ = 0;
  u64 microseconds_ = 0;
  u64 records_ = 0;
};

}  // namespace allot::files
