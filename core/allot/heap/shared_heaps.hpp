// Purpose: a heap that several agents of a native program, or several processes, use at once.
// Floor:   heap.
#pragma once

#include <allot/heap/heap.hpp>
#include <allot/image/shared.hpp>

namespace allot {

/// One agent's way to a heap in a memory that others use too: each has an object of its own, used by one thread
/// at a time. `Wait` says how this machine waits (memory/shared_mapping.hpp). docs/threads.md.
template <LinearMemory Memory, class Wait, class Address_ = u32, class Traits = SharedTraits,
          class Steps = NoSteps>
class SharedHeap : public BasicHeap<SharedInside<Borrowed<Memory>, Address_, Wait, Traits, Steps>> {
  using Place = SharedInside<Borrowed<Memory>, Address_, Wait, Traits, Steps>;
  using Base = BasicHeap<Place>;

 public:
  /// A new heap, whose first agent the caller is. For its errors see BasicHeap::initialize; the span ends with a
  /// page. The memory must outlive the heap.
  static Result<SharedHeap> create(Memory& memory, const Options& options = {}) {
    SharedHeap heap(memory, Base::first_usable(options.begin));
    if (const Error error = heap.initialize(options); error != Error::none) return error;
    return heap;
  }
  /// The heap whose image lies at `image`; the caller is no agent of it before attach(). Error: as check().
  static Result<SharedHeap> open(Memory& memory, u64 image) {
    SharedHeap heap(memory, image);
    if (const Error error = heap.check(); error != Error::none) return error;
    return heap;
  }
  SharedHeap() = default;

 private:
  SharedHeap(Memory& memory, RecordRef image)
      : Base(Place{Borrowed<Memory>(memory), 0, page_record::nobody}, image) {}
};

}  // namespace allot
