// Purpose: heaps over memories that the caller owns: what a native program uses.
// Floor:   heap.
#pragma once

#include <allot/heap/heap.hpp>

namespace allot {

/// A heap whose image lies in the memory it manages.
template <LinearMemory Memory, class Address_ = u32, class Traits = AllTraits>
class InsideHeap : public BasicHeap<Inside<Borrowed<Memory>, Address_, Traits>> {
  using Place = Inside<Borrowed<Memory>, Address_, Traits>;
  using Base = BasicHeap<Place>;

 public:
  /// A new heap from options.begin upward; for its errors see BasicHeap::initialize. The memory must
  /// outlive the heap.
  static Result<InsideHeap> create(Memory& memory, const Options& options = {}) {
    InsideHeap heap(memory, Base::first_usable(options.begin));
    if (const Error error = heap.initialize(options); error != Error::none) return error;
    return heap;
  }
  /// The heap whose image lies at `image`. Its header is checked; call validate() for the rest.
  static Result<InsideHeap> attach(Memory& memory, u64 image) {
    InsideHeap heap(memory, image);
    if (const Error error = heap.check(); error != Error::none) return error;
    return heap;
  }
  InsideHeap() = default;

 private:
  InsideHeap(Memory& memory, RecordRef image) : Base(Place{Borrowed<Memory>(memory)}, image) {}
};

/// A heap whose image lies in a memory of its own: the managed one is all the user's, from address 0.
template <LinearMemory Memory, LinearMemory Records, class Address_ = u32, class Traits = AllTraits>
class OutsideHeap : public BasicHeap<Outside<Borrowed<Memory>, Borrowed<Records>, Address_, Traits>> {
  using Place = Outside<Borrowed<Memory>, Borrowed<Records>, Address_, Traits>;
  using Base = BasicHeap<Place>;

 public:
  /// The image is laid out at offset `image` (a multiple of 16) of `records`, which is this heap's alone
  /// from there on.
  static Result<OutsideHeap> create(Memory& memory, Records& records, const Options& options = {},
                                    u64 image = 0) {
    OutsideHeap heap(memory, records, image);
    if (const Error error = heap.initialize(options); error != Error::none) return error;
    return heap;
  }
  static Result<OutsideHeap> attach(Memory& memory, Records& records, u64 image = 0) {
    OutsideHeap heap(memory, records, image);
    if (const Error error = heap.check(); error != Error::none) return error;
    return heap;
  }
  OutsideHeap() = default;

 private:
  OutsideHeap(Memory& memory, Records& records, RecordRef image)
      : Base(Place{Borrowed<Memory>(memory), Borrowed<Records>(records)}, image) {}
};

}  // namespace allot
