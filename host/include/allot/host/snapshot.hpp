// Purpose: taking a snapshot of a heap, and making a heap of one. JavaScript reads and writes the same files.
// Floor:   door host.
// Source:  docs/snapshot-format.md; files/snapshot.hpp is the format.
#pragma once

#include <allot/host/files/snapshot.hpp>
#include <allot/host/heap.hpp>
#include <allot/memory/reserved.hpp>

#include <cstddef>
#include <optional>
#include <type_traits>
#include <vector>

namespace allot {

/// What a snapshot says of the memory besides its bytes, for whoever makes a memory of it.
struct SnapshotOptions {
  std::optional<u64> maximum = std::nullopt;  // pages that the memory may grow to; not fewer than it has
  /// JavaScript is to make a shared memory of it: wants a maximum. A heap for several agents needs one, and one for
  /// one agent, with its image inside, cannot be in one: unsupported_operation.
  bool shared = false;
};

/// All of the memory and the heap in it, as a file. Nobody may change the memory meanwhile: other agents are quiet.
/// Error: unsupported_operation (64-bit addresses, an image outside of a shared memory, a guest's own allocator),
/// invalid_span (a maximum that cannot be, or none for a heap for several agents), corrupt_image.
inline Result<std::vector<u8>> take_snapshot(const Heap& heap, const SnapshotOptions& options = {}) {
  const Result<u64> image = heap.image();
  if (!image) return image.error();
  host::State& state = *heap.state();
  const bool shared = options.shared || heap.is_shared();
  if ((state.memory->is_shared() || (shared && heap.image_is_inside())) && !heap.is_shared())
    return host_error::unsupported_operation;
  if (state.allocator->address_type() != AddressType::i32) return host_error::unsupported_operation;
  const Result<Violation> violation = heap.validate();
  if (!violation) return violation.error();
  if (violation.value()) return Error::corrupt_image;
  const std::span<const u8> records = state.allocator->records();
  files::SnapshotHeader header;
  header.pages = state.memory->bytes() >> page_shift;
  if (header.pages > files::snapshot_format::most_pages) return host_error::unsupported_operation;
  const u64 maximum = options.maximum.value_or(header.pages);
  if (maximum < header.pages || maximum > files::snapshot_format::most_pages) return Error::invalid_span;
  if (shared && !options.maximum) return Error::invalid_span;
  header.maximum = options.maximum;
  header.shared = shared;
  header.outside = !heap.image_is_inside();
  header.image = image.value();
  header.record_pages = records.size() >> page_shift;
  return files::write_snapshot(header, {state.memory->base(), state.memory->bytes()}, records);
}

namespace host {

/// As long as a memory, and nothing else of it: for records that are looked at before there is one.
class LengthOnly {
 public:
  explicit LengthOnly(u64 bytes) : bytes_(bytes) {}
  u8* base() { return nullptr; }
  u64 bytes() { return bytes_; }
  bool grow(u64) { return false; }

 private:
  u64 bytes_;
};

/// What a memory must be for the heap of a snapshot, as an error; and whether that heap is sound, tried in a memory of this
/// program's own, which is as long and goes again.
inline Error try_snapshot(const files::Snapshot& snapshot, std::span<const u8> records, u8* base,
                          bool is_shared, bool base_is_fixed) {
  const u64 bytes = snapshot.header().memory_bytes();
  const u64 image = snapshot.header().image;
  if (snapshot.header().outside) return Heap::restore_outside(LengthOnly(bytes), records, image).error();
  if (reinterpret_cast<uintptr_t>(base) % alignof(std::max_align_t) != 0) return host_error::unaligned;
  ReservedMemory copy(bytes, bytes);
  if (!copy.valid()) return Error::out_of_memory;
  snapshot.copy_memory(copy.base());
  const Result<Heap> heap = Heap::restore_inside(copy, image);
  if (!heap) return heap.error();
  if (is_shared && !heap.value().is_shared()) return Error::wrong_address_type;
  return heap.value().is_shared() && !base_is_fixed ? host_error::memory_can_move : Error::none;
}

}  // namespace host

/// The heap of a snapshot, in a memory that has nothing in it yet: zeros, and no more pages than the snapshot
/// needs; it is grown. The file may come from anybody: all of it is checked, and so is every invariant of the
/// heap. A heap for several agents wants a memory whose base is fixed, and is that of one of them then, the
/// others being no more.
///
/// All is checked before the memory is touched: what lies in the file is laid out for that once more, in memory that is
/// given back first. Error, with nothing changed: not_a_heap (files::read_snapshot says where the file is wrong),
/// invalid_span (the memory is longer than the snapshot's), out_of_memory, corrupt_image and the others of attach. Only
/// if others change the memory meanwhile can it be one of these when the snapshot's bytes are there already.
template <HostMemory M>
Result<Heap> restore_snapshot(std::span<const u8> file, M&& memory) {
  const auto read = files::read_snapshot(file);
  if (!read) return Error::not_a_heap;
  const files::Snapshot& snapshot = read.value();
  const u64 needed = snapshot.header().pages;
  const u64 have = memory.bytes() >> page_shift;
  if (have > needed) return Error::invalid_span;
  // Of what a short file says of zeros nothing is taken from the system but addresses.
  const u64 record_bytes = snapshot.header().record_memory_bytes();
  if (record_bytes > host::most_record_bytes<u32>) return Error::out_of_memory;
  ReservedMemory laid_out(record_bytes, record_bytes == 0 ? page_bytes : record_bytes);
  if (!laid_out.valid()) return Error::out_of_memory;
  snapshot.copy_records(laid_out.base());
  const std::span<const u8> records(laid_out.base(), record_bytes);
  using Adapter = std::remove_cvref_t<M>;
  const Error error = host::try_snapshot(snapshot, records, memory.base(), detail::is_shared<Adapter>(),
                                         detail::base_is_fixed<Adapter>());
  if (error != Error::none) return error;
  if (have < needed && !memory.grow(needed - have)) return Error::out_of_memory;
  snapshot.copy_memory(memory.base());
  if (snapshot.header().outside)
    return Heap::restore_outside(std::forward<M>(memory), records, snapshot.header().image);
  return Heap::restore_inside(std::forward<M>(memory), snapshot.header().image);
}

}  // namespace allot
