// Purpose: malloc and its family as a guest imports them, answered by a heap of the host's.
// Floor:   door host.
//
// With the image outside, a guest's overflow cannot reach the heap's records, and a guest has no allocator of
// its own. Each function is what the import of that name should call, with wasm32's or wasm64's numbers as
// they come.
#pragma once

#include <allot/host/heap.hpp>

#include <functional>

namespace allot {

/// Told of what a guest was refused: a double free, a foreign address. Nothing has changed then.
using RefusalHandler = std::function<void(Error error, u64 address)>;

template <class Address = u32>
class GuestMalloc {
 public:
  explicit GuestMalloc(Heap heap, RefusalHandler refused = {})
      : heap_(std::move(heap)), refused_(std::move(refused)) {}

  /// 0 when there is no memory, as all of these.
  Address malloc(Address size) { return answer(heap_.allocate(size)); }
  void free(Address address) {
    if (address == 0) return;
    if (const Error error = heap_.deallocate(address); error != Error::none) refuse(error, address);
  }
  Address calloc(Address count, Address size) { return answer(heap_.allocate_zeroed(count, size)); }
  Address realloc(Address address, Address size) {
    return address == 0 ? malloc(size) : answer(heap_.reallocate(address, size), address);
  }
  Address aligned_alloc(Address alignment, Address size) {
    return answer(heap_.allocate_aligned(alignment, size));
  }
  Address malloc_usable_size(Address address) {
    return address == 0 ? 0 : answer(heap_.usable_size(address), address);
  }
  /// The canonical ABI's: cabi_realloc(old, old size, alignment, new size). 0 is for the caller to trap on.
  Address cabi_realloc(Address old, Address, Address alignment, Address size) {
    return old == 0 ? aligned_alloc(alignment, size) : realloc(old, size);
  }

 private:
  Address answer(const Result<u64>& result, Address of = 0) {
    if (result) return static_cast<Address>(result.value());
    const Error error = result.error();
    const bool is_room =
        error == Error::out_of_memory || error == Error::quota_exceeded || error == Error::size_too_large;
    if (!is_room) refuse(error, of);
    return 0;
  }
  void refuse(Error error, Address address) {
    if (refused_) refused_(error, address);
  }

  Heap heap_;
  RefusalHandler refused_;
};

}  // namespace allot
