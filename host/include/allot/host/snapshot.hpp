// Purpose: taking a snapshot of a heap, and making a heap of one. JavaScript reads and writes the same files.
// Floor:   door host.
// Source:  docs/snapshot-format.md; files/snapshot.hpp is the format.
#pragma once

#include <allot/host/files/snapshot.hpp>
#include <allot/host/heap.hpp>

#include <optional>
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
inline Result<std::vector<u8>> take_snapshot(Heap& heap, const SnapshotOptions& options = {}) {
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

/// The heap of a snapshot, in a memory that has nothing in it yet: zeros, and no more pages than the snapshot
/// needs; it is grown. The file may come from anybody: all of it is checked, and so is every invariant of the
/// heap. A heap for several agents wants a memory whose base is fixed, and is that of one of them then, the
/// others being no more. Error: not_a_heap (files::read_snapshot says where the file is wrong), out_of_memory, corrupt_image
/// and the others of attach.
template <HostMemory M>
Result<Heap> restore_snapshot(std::span<const u8> file, M&& memory) {
  const auto read = files::read_snapshot(file);
  if (!read) return Error::not_a_heap;
  const files::Snapshot& snapshot = read.value();
  const u64 needed = snapshot.header().pages;
  const u64 have = memory.bytes() >> page_shift;
  if (have > needed) return Error::invalid_span;
  if (have < needed && !memory.grow(needed - have)) return Error::out_of_memory;
  snapshot.copy_memory(memory.base());
  if (snapshot.header().outside) {
    std::vector<u8> records(snapshot.header().record_memory_bytes());
    snapshot.copy_records(records.data());
    return Heap::restore_outside(std::forward<M>(memory), records, snapshot.header().image);
  }
  return Heap::restore_inside(std::forward<M>(memory), snapshot.header().image);
}

}  // namespace allot
