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

/// 0 is C's null, and never a block: where the heap begins at address 0 and its image lies outside, the place there is
/// reserved, and stays so. If a block lies there that the host has allocated, it is when that was freed and a guest would
/// get it.
template <class Address = u32>
class GuestMalloc {
 public:
  /// Keeps the heap. Throws HeapFailure: wrong_address_type, for a heap whose addresses do not fit Address.
  explicit GuestMalloc(Heap heap, RefusalHandler refused = {})
      : heap_(std::move(heap)), refused_(std::move(refused)) {
    if (heap_ && sizeof(Address) < 8 && heap_.state()->allocator->address_type() == AddressType::i64)
      throw HeapFailure(Error::wrong_address_type);
    keep_null_out_of_reach();
  }

  /// 0 when there is no memory, as all of these.
  Address malloc(Address size) {
    return allocated([=](Heap& heap) { return heap.allocate(size); });
  }
  void free(Address address) {
    if (address == 0) return;
    if (const Error error = heap_.deallocate(address); error != Error::none) refuse(error, address);
  }
  Address calloc(Address count, Address size) {
    return allocated([=](Heap& heap) { return heap.allocate_zeroed(count, size); });
  }
  Address realloc(Address address, Address size) {
    if (address == 0) return malloc(size);
    if (null_is_free_) return reallocated(address, size);
    return answer(heap_.reallocate(address, size), address);
  }
  Address aligned_alloc(Address alignment, Address size) {
    return allocated([=](Heap& heap) { return heap.allocate_aligned(alignment, size); });
  }
  Address malloc_usable_size(Address address) {
    return address == 0 ? 0 : answer(heap_.usable_size(address), address);
  }
  /// The canonical ABI's: cabi_realloc(old, old size, alignment, new size). 0 is for the caller to trap on.
  Address cabi_realloc(Address old, Address, Address alignment, Address size) {
    return old == 0 ? aligned_alloc(alignment, size) : realloc(old, size);
  }

 private:
  /// Reserves the place at address 0, if a block could be there and none is.
  void keep_null_out_of_reach() {
    const Result<Block> there = heap_.block_at(0);
    if (!there) return;
    const BlockKind kind = there.value().kind;
    null_is_free_ =
        kind == BlockKind::live || (kind == BlockKind::free && heap_.reserve(0, 1) != Error::none);
  }

  template <class Allocate>
  Address allocated(Allocate allocate) {
    const Result<u64> block = allocate(heap_);
    if (block && block.value() == 0) [[unlikely]]
      return answer(replaced(allocate));
    return answer(block);
  }
  /// Another block in place of the one at 0, which was just allocated.
  template <class Allocate>
  [[gnu::noinline, gnu::cold]] Result<u64> replaced(Allocate allocate) {
    (void)heap_.deallocate(0);
    keep_null_out_of_reach();
    const Result<u64> second = allocate(heap_);
    if (!second || second.value() != 0) return second;
    // What is free there is too short for a span to reserve: it is kept while another block is looked for.
    const Result<u64> third = allocate(heap_);
    (void)heap_.deallocate(0);
    return third;
  }
  /// As realloc, for as long as a block could move to address 0.
  [[gnu::noinline, gnu::cold]] Address reallocated(Address address, Address size) {
    const Result<u64> before = heap_.usable_size(address);
    if (!before) return answer(before, address);
    const bool is_shorter = size != 0 && size <= before.value();
    if (is_shorter || heap_.owns(0)) {
      const Result<u64> block = heap_.reallocate(address, size);
      if (!block || block.value() != 0) return answer(block, address);
      // The out-of-memory hook has freed what lay there.
      address = 0;
    }
    // By hand, so that the old block is there for as long as it is not known where the new one may lie.
    const Address other = malloc(size);
    if (other != 0) (void)heap_.copy(other, address, size < before.value() ? size : before.value());
    if (other != 0 || address == 0) (void)heap_.deallocate(address);
    return other;
  }

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
  bool null_is_free_ = false;  // whether the heap could give out address 0, now or later
};

}  // namespace allot
