// Purpose: the same way as in checked.hpp to the records of an image, for the short ways of allocate and deallocate: all
//          that is known of the memory is in registers.
// Floor:   door host.
//
// What a Reach keeps is in memory, and so it is read, counted and written anew with each access: every store into the
// guest's memory could have changed it, for all that a compiler knows. Here it is copied into a local variable, once for a
// call. That holds what checked.hpp promises:
//
//   * Every access is compared with the memory's length, each value is read once, nothing of the image is remembered from
//     one call to the next: where the pages' records and the stacks of hints lie is read, and compared, each time.
//   * Every access is counted. Where all is inlined and there is no loop a compiler knows at each what the count is, and
//     nothing is left of it; a loop that somebody adds is counted, and given up.
//
// A call that finds nothing to do here, or too much, has changed nothing, and is made again by way of a Reach.
#pragma once

#include <allot/host/checked.hpp>

namespace allot::host {

/// The memory as one short call sees it. To be kept in a local variable of which nobody has the address.
class ShortReach {
 public:
  ShortReach() = default;
  /// Of a Reach that was refreshed for this call.
  [[gnu::always_inline]] explicit ShortReach(Reach& reach)
      : reach_(&reach), base_(reach.base_), far_end_(reach.far_end_) {}

  u8* base() const { return base_; }
  template <u64 n, u64 distance = 0>
  [[gnu::always_inline]] u8* at(u64 offset) {
    static_assert(n + distance <= Reach::farthest);
    if (--left_ == 0) [[unlikely]]
      refuse_image();
    // As if all accesses were the widest and the farthest: several to one record are one comparison.
    if (offset >= far_end_ && !reach_->look_again(offset + distance, n)) [[unlikely]]
      refuse_image();
    return base_ + offset + distance;
  }
  /// Whether what lies there, and up to `farthest` bytes behind it, is known to be in the memory.
  [[gnu::always_inline]] bool sees(u64 offset) const { return offset < far_end_; }
  [[gnu::always_inline]] bool sees(CheckedPointerBy<ShortReach> at) const { return sees(at.offset_); }

 private:
  static constexpr u32 most_accesses = 64;

  Reach* reach_ = nullptr;
  u8* base_ = nullptr;
  u64 far_end_ = 0;
  u32 left_ = most_accesses;
};

struct ShortRecords : CheckedRecords {
  using Pointer = CheckedPointerBy<ShortReach>;
};

/// What such a core is able to do: only what images of these policies have in common, which merge nothing at once.
struct ShortTraits : KnownPolicy<Policy::balanced> {};

/// An image inside a memory that is not trusted, for one short call.
template <class Address_>
struct ShortInside {
  using Address = Address_;
  using Ref = RecordRef;
  using Traits = ShortTraits;
  using Access = ShortRecords;
  static constexpr bool inside = true;
  static constexpr bool stateless = false;

  CheckedMemory memory;
  mutable ShortReach reach;

  uintptr_t record_base() const { return reinterpret_cast<uintptr_t>(reach.base()); }
  CheckedPointerBy<ShortReach> record_at(RecordRef ref) const { return {reach, ref}; }
  u64 record_memory_bytes() const { return memory.bytes(); }
  bool grow_records(u64) const { return false; }
  [[noreturn]] void refuse() const { refuse_image(); }
  [[gnu::always_inline]] bool sees(CheckedPointerBy<ShortReach> at) const { return reach.sees(at); }
};

/// The short ways of a heap.
template <class Address>
class ShortHeap : public BasicHeap<ShortInside<Address>> {
  using Base = BasicHeap<ShortInside<Address>>;

 public:
  [[gnu::always_inline]] ShortHeap(Reach& reach, u64 image)
      : Base(ShortInside<Address>{CheckedMemory(reach), ShortReach(reach)}, image) {}

  /// Whether allocating is no more here than finding a block.
  [[nodiscard]] bool records_no_sizes() const {
    return (this->header().flags & image_flag::record_sizes) == 0;
  }
  /// Whether freeing is no more than filing the block.
  [[nodiscard]] bool merges_lazily() const { return this->header().eager_shift != 0; }
  /// Whether a tiny block at `address` is known to be in the memory.
  [[gnu::always_inline]] bool sees_block(u64 address) const {
    static_assert(Base::tiny_bytes <= Reach::farthest);
    return this->place().reach.sees(address);
  }
};

}  // namespace allot::host
