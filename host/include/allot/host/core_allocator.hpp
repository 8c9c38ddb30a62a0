// Purpose: the core as an Allocator; and over an image inside the guest's memory, every access checked.
// Floor:   door host.
#pragma once

#include <allot/heap/heap.hpp>
#include <allot/host/allocator.hpp>
#include <allot/host/checked.hpp>

#include <memory>
#include <optional>

// In the way of every call of a heap. (And for lambdas, which C++20 gives no place for such an attribute.)
#define ALLOT_INLINE __attribute__((always_inline))

namespace allot::host {

/// What all have in common: `Derived` runs a call of the core, behind its checks, by run(operation), which gives what
/// the operation gives or an error.
template <class Derived, class Address>
class CoreAllocator : public Allocator {
 public:
  Result<u64> allocate(u64 size) override {
    return block([&](auto& core) ALLOT_INLINE { return core.allocate(size); }, size);
  }
  Error deallocate(u64 address) override {
    return with(address, [](auto& core, Address p) ALLOT_INLINE { return core.deallocate(p); });
  }
  Result<u64> reallocate(u64 address, u64 size) override {
    if (!fits(address)) return Error::wild_address;
    return block([&](auto& core) { return core.reallocate(static_cast<Address>(address), size); }, size);
  }
  Result<u64> allocate_zeroed(u64 count, u64 size) override {
    return block([&](auto& core) { return core.allocate_zeroed(count, size); }, count * size);
  }
  Result<u64> allocate_aligned(u64 alignment, u64 size) override {
    const Result<u64> found = block([&](auto& core) { return core.allocate_aligned(alignment, size); }, size);
    if (found && found.value() % alignment != 0) return self().found_corrupt();
    return found;
  }
  Result<u64> usable_size(u64 address) override {
    return with_result(address, [&](auto& core, Address p) { return within(address, core.usable_size(p)); });
  }
  Result<u64> requested_size(u64 address) override {
    return with_result(address,
                       [&](auto& core, Address p) { return within(address, core.requested_size(p)); });
  }
  Result<u64> statistic(Statistic which) override {
    return self().template run<Result<u64>>([&](auto& core) { return Result<u64>(core.statistic(which)); });
  }
  Result<Block> block_at(u64 address) override {
    return self().template run<Result<Block>>(
        [&](auto& core) { return Result<Block>(core.block_at(address)); });
  }
  Result<Block> block_around(u64 address) override {
    return self().template run<Result<Block>>(
        [&](auto& core) { return Result<Block>(core.block_around(address)); });
  }
  Result<Violation> validate() override {
    return self().template run<Result<Violation>>(
        [](auto& core) { return Result<Violation>(core.validate()); });
  }
  Error relocate(u64 from, u64 to) override {
    if (!fits(to)) return Error::invalid_span;
    return with(from, [&](auto& core, Address p) { return core.relocate(p, static_cast<Address>(to)); });
  }
  Error reserve(u64 begin, u64 end) override {
    return call([&](auto& core) { return core.reserve(begin, end); });
  }
  Error unreserve(u64 begin) override {
    return call([&](auto& core) { return core.unreserve(begin); });
  }
  Error grow(u64 pages) override {
    return call([&](auto& core) { return core.grow(pages); });
  }
  Result<u64> trim() override {
    return self().template run<Result<u64>>([](auto& core) { return Result<u64>(core.trim()); });
  }
  Error merge() override {
    return call([](auto& core) {
      core.merge();
      return Error::none;
    });
  }
  Error set_maximum(u64 address) override {
    return call([&](auto& core) { return core.set_maximum(address); });
  }
  [[nodiscard]] AddressType address_type() const override {
    return sizeof(Address) == 8 ? AddressType::i64 : AddressType::i32;
  }
  Error set_quota(u64 bytes) override {
    return call([&](auto& core) { return core.set_quota(bytes); });
  }

 protected:
  CoreAllocator() = default;
  template <class Operation>
  ALLOT_INLINE Error call(Operation operation) {
    return self().template run<Error>(operation);
  }

 private:
  Derived& self() { return static_cast<Derived&>(*this); }

  static bool fits(u64 address) { return static_cast<Address>(address) == address; }
  template <class Operation>
  ALLOT_INLINE Error with(u64 address, Operation operation) {
    if (!fits(address)) return Error::wild_address;
    return call([&](auto& core) ALLOT_INLINE { return operation(core, static_cast<Address>(address)); });
  }
  template <class Operation>
  Result<u64> with_result(u64 address, Operation operation) {
    if (!fits(address)) return Error::wild_address;
    return self().template run<Result<u64>>(
        [&](auto& core) { return operation(core, static_cast<Address>(address)); });
  }

  /// A block that the core found. In an image that a guest can reach the addresses are a guest's word: what is
  /// given out is looked at once more.
  template <class Operation>
  ALLOT_INLINE Result<u64> block(Operation operation, u64 size) {
    const Result<Address> found = self().template run<Result<Address>>(operation);
    if (!found) return found.error();
    const u64 address = found.value();
    if constexpr (Derived::is_trusted) return address;
    if (address % granule_bytes != 0 || self().memory().locate(address, size) == nullptr) [[unlikely]]
      return self().found_corrupt();
    return address;
  }
  /// A size that the core says a block has must fit behind its address.
  Result<u64> within(u64 address, Result<u64> size) {
    if (!size) return size;
    if (self().memory().locate(address, size.value()) == nullptr) return self().found_corrupt();
    return size;
  }
};

/// The image lies in the guest's memory and is not trusted.
template <class Derived, class Place>
class CheckedAllocator : public CoreAllocator<Derived, typename Place::Address> {
 public:
  static constexpr bool is_trusted = false;

  [[nodiscard]] Result<u64> image() const override { return u64{core_.image()}; }
  [[nodiscard]] bool image_is_inside() const override { return true; }

  AnyMemory& memory() const { return reach_.memory(); }

  /// Once an image was found to be wrong, nothing in it is used any more.
  Error found_corrupt() {
    corrupt_ = true;
    return Error::corrupt_image;
  }

  /// Lays out a new image by an operation of the core, which looks at its options before it grows the memory.
  template <class Operation>
  Error lay_out(Operation operation) {
    reach_.refresh_for_new();
    try {
      return operation(core_);
    } catch (const CorruptImage&) {
      return found_corrupt();
    }
  }
  template <class Answer, class Operation>
  Answer run(Operation operation) {
    if (corrupt_ || !reach_.refresh(core_.image(), Derived::least_bytes)) return found_corrupt();
    try {
      return operation(core_);
    } catch (const CorruptImage&) {
      return found_corrupt();
    }
  }

 protected:
  using Core = BasicHeap<Place>;

  /// The memory outlives the allocator. Nothing is looked at yet.
  CheckedAllocator(AnyMemory& memory, u64 image)
      : reach_(memory), core_(Place{CheckedMemory(reach_)}, image) {}

  Reach& reach() { return reach_; }
  [[nodiscard]] bool is_corrupt() const { return corrupt_; }

 private:
  Reach reach_;
  Core core_;
  bool corrupt_ = false;
};

/// One agent alone uses it.
template <class Address>
class InsideAllocator final : public CheckedAllocator<InsideAllocator<Address>, CheckedInside<Address>> {
 public:
  /// What of the image must be in the memory for a call of the core.
  static constexpr u64 least_bytes = sizeof(Header) + sizeof(Agent);

  InsideAllocator(AnyMemory& memory, u64 image)
      : CheckedAllocator<InsideAllocator<Address>, CheckedInside<Address>>(memory, image) {}

  /// Lays out a new image. May grow the memory, if it does not fail.
  Error create(const Options& options) {
    return this->lay_out([&](auto& core) { return core.initialize(options); });
  }
  /// Looks at an image that is there.
  Error attach() {
    return this->call([](auto& core) { return core.check(); });
  }
};

}  // namespace allot::host

#undef ALLOT_INLINE
