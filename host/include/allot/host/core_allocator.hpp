// Purpose: the core as an Allocator; and over an image inside the guest's memory, every access checked.
// Floor:   door host.
#pragma once

#include <allot/heap/heap.hpp>
#include <allot/host/allocator.hpp>
#include <allot/host/checked.hpp>
#include <allot/host/checked_short.hpp>

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
    seen_ = false;
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
  /// Whether a short call may be made without another look. What was seen once of a memory whose base is fixed holds until
  /// the image is found to be wrong.
  [[nodiscard]] bool is_seen() const { return seen_; }
  /// Looks at what run() does. Whether a short call may be made now.
  bool see() {
    const bool there = !corrupt_ && reach_.refresh(core_.image(), Derived::least_bytes);
    seen_ = there && reach_.memory().base_is_fixed();
    return there;
  }

 private:
  Reach reach_;
  Core core_;
  bool corrupt_ = false;
  bool seen_ = false;
};

/// One agent alone uses it.
template <class Address>
class InsideAllocator final : public CheckedAllocator<InsideAllocator<Address>, CheckedInside<Address>> {
 public:
  /// What of the image must be in the memory for a call of the core.
  static constexpr u64 least_bytes = sizeof(Header) + sizeof(Agent);

  InsideAllocator(AnyMemory& memory, u64 image)
      : CheckedAllocator<InsideAllocator<Address>, CheckedInside<Address>>(memory, image), image_(image) {}

  /// Lays out a new image. May grow the memory, if it does not fail.
  Error create(const Options& options) {
    return this->lay_out([&](auto& core) { return core.initialize(options); });
  }
  /// Looks at an image that is there.
  Error attach() {
    return this->call([](auto& core) { return core.check(); });
  }

  Result<u64> allocate(u64 size) override {
    if (size - 1 >= Short::tiny_bytes || !this->is_seen()) [[unlikely]]
      return allocate_unseen(size);
    return allocate_short(size);
  }
  Error deallocate(u64 address) override {
    const Address p = static_cast<Address>(address);
    if (p != address) [[unlikely]]
      return Error::wild_address;
    if (!this->is_seen()) [[unlikely]]
      return deallocate_unseen(p);
    return deallocate_short(p);
  }

 private:
  using Short = ShortHeap<Address>;

  // The short ways, of a memory that was looked at. All else is in functions of their own, to which they jump: so they save
  // no registers for those, nor for what is thrown.
  ALLOT_INLINE Result<u64> allocate_short(u64 size) {
    u64 address = 0;
    bool is_seen = false;
    bool is_found = false;
    try {
      Short core(this->reach(), image_);
      Granule g = 0;
      if (core.records_no_sizes() && core.allocate_tiny_again(static_cast<u32>(size), g)) [[likely]] {
        is_found = true;
        address = core.address(g);
        is_seen = core.sees_block(address);
      }
    } catch (const CorruptImage&) {
      return this->found_corrupt();
    }
    if (!is_found) [[unlikely]]
      return allocate_rest(size);
    if (!is_seen) [[unlikely]]
      return found(address, size);
    return address;
  }
  ALLOT_INLINE Error deallocate_short(Address p) {
    Address start = 0;
    Way way = Way::any;
    try {
      Short core(this->reach(), image_);
      if (core.merges_lazily()) [[likely]] {
        const auto rest = [&](Address found) {
          start = found;
          way = Way::rest;
          return Error::none;
        };
        way = Way::done;
        (void)core.deallocate_or(p, rest);
      }
    } catch (const CorruptImage&) {
      return this->found_corrupt();
    }
    if (way == Way::any) [[unlikely]]
      return deallocate_any(p);
    if (way == Way::rest) [[unlikely]]
      return deallocate_rest(p, start);
    return Error::none;
  }
  enum class Way { done, rest, any };

  [[gnu::noinline]] Result<u64> allocate_unseen(u64 size) {
    if (size - 1 < Short::tiny_bytes && this->see()) return allocate_short(size);
    return allocate_rest(size);
  }
  [[gnu::noinline]] Error deallocate_unseen(Address p) {
    return this->see() ? deallocate_short(p) : deallocate_any(p);
  }
  /// As block(): the memory may have become longer since it was looked at.
  [[gnu::noinline]] Result<u64> found(u64 address, u64 size) {
    if (this->memory().locate(address, size) == nullptr) return this->found_corrupt();
    return address;
  }
  [[gnu::noinline]] Result<u64> allocate_rest(u64 size) {
    const auto found = [&](auto& core) -> Result<Address> {
      const bool is_plain = size - 1 < Short::tiny_bytes && !core.records_requested();
      const Granule g =
          is_plain ? core.allocate_tiny_otherwise(static_cast<u32>(size)) : core.allocate_sized(size);
      if (core.failed(g)) return core.error_of(g);
      return core.address(g);
    };
    return this->block(found, size);
  }
  [[gnu::noinline]] Error deallocate_rest(Address p, Address start) {
    return this->call([&](auto& core) { return core.deallocate_rest(p, start); });
  }
  [[gnu::noinline]] Error deallocate_any(Address p) {
    return this->call([&](auto& core) { return core.deallocate(p); });
  }

  const u64 image_;
};

}  // namespace allot::host

#undef ALLOT_INLINE
