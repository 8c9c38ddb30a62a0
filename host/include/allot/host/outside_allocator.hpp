// Purpose: the core over an image outside the guest's memory, in the host: no guest can reach it, and it is trusted.
// Floor:   door host.
#pragma once

#include <allot/host/core_allocator.hpp>
#include <allot/memory/reserved.hpp>

#include <algorithm>
#include <memory>
#include <optional>
#include <span>

namespace allot::host {

/// The memory of the records. Where it lies is in the heap itself: reading it is one load.
class KeptRecords {
 public:
  static constexpr bool stateless = false;

  KeptRecords() = default;
  explicit KeptRecords(ReservedMemory& memory) : base_(memory.base()), memory_(&memory) {}
  u8* base() const { return base_; }
  u64 bytes() const { return memory_->bytes(); }
  bool grow(u64 pages) const { return memory_->grow(pages); }
  void zero(u64 at, u64 n) const { __builtin_memset(base_ + at, 0, n); }
  void copy(u64 to, u64 from, u64 n) const { __builtin_memmove(base_ + to, base_ + from, n); }

 private:
  static_assert(ReservedMemory::base_is_fixed);
  u8* base_ = nullptr;
  ReservedMemory* memory_ = nullptr;
};

/// Records take a hundredth of what they describe: enough for the largest memory. Only address space.
template <class Address>
inline constexpr u64 most_record_bytes = u64{1} << (sizeof(Address) == 4 ? 28 : 32);

/// Any heap.
template <class Address>
using OutsidePlace = Outside<Borrowed<AnyMemory>, KeptRecords, Address, HostTraits>;

/// What nearly all heaps are: of a policy that is known here, sizes not recorded, and the image at the beginning of its
/// memory. An allocation need not look at any of that then, which makes it a fifth shorter.
template <class Address, Policy known>
struct PlainOutsidePlace : Outside<Borrowed<AnyMemory>, KeptRecords, Address, KnownPolicy<known>> {
  static constexpr RecordRef fixed_image = 0;
};

template <class Place>
class OutsideAllocator final : public CoreAllocator<OutsideAllocator<Place>, typename Place::Address> {
  using Address = typename Place::Address;
  using Core = BasicHeap<Place>;
  static constexpr bool is_plain = !Place::Traits::sizes;

 public:
  static constexpr bool is_trusted = true;

  explicit OutsideAllocator(AnyMemory& memory) : memory_(memory), records_(0, records_limit) {}

  Error create(const Options& options) {
    if (!records_.valid()) return Error::out_of_memory;
    core_ = core_at(0);
    return core_.initialize(options);
  }
  /// The heap whose records a snapshot has kept: `bytes` of them, copied.
  Error attach(std::span<const u8> records, u64 image) {
    const u64 bytes = records.size();
    if (!records_.valid() || bytes > records_limit || !records_.grow((bytes + page_bytes - 1) >> page_shift))
      return Error::out_of_memory;
    copy_used(records);
    core_ = core_at(image);
    if (const Error error = core_.check(); error != Error::none) return error;
    // They come from a file, and are trusted from here on.
    return core_.validate() ? Error::corrupt_image : Error::none;
  }

  Result<u64> allocate(u64 size) override {
    if constexpr (is_plain) {
      Granule g = 0;
      if (size - 1 < Core::tiny_bytes && core_.allocate_tiny_again(static_cast<u32>(size), g)) [[likely]]
        return u64{core_.address(g)};
      return allocate_rest(size);
    } else {
      return CoreAllocator<OutsideAllocator, Address>::allocate(size);
    }
  }
  Error deallocate(u64 address) override {
    const Address p = static_cast<Address>(address);
    if (p != address) [[unlikely]]
      return Error::wild_address;
    return core_.deallocate_or(p, [this, p](Address start) { return deallocate_rest(p, start); });
  }

  [[nodiscard]] Result<u64> image() const override { return u64{core_.image()}; }
  [[nodiscard]] std::span<const u8> records() override { return {records_.base(), records_.bytes()}; }

  AnyMemory& memory() const { return memory_; }
  Error found_corrupt() { return Error::corrupt_image; }

  template <class Answer, class Operation>
  Answer run(Operation operation) {
    return operation(core_);
  }

 private:
  static constexpr u64 records_limit = most_record_bytes<Address>;

  /// Pages of zeros are left as they are: nothing has touched them yet.
  void copy_used(std::span<const u8> records) {
    constexpr u64 unit = 4096;
    for (u64 at = 0; at < records.size(); at += unit) {
      const auto part = records.subspan(at, std::min(unit, records.size() - at));
      if (std::ranges::any_of(part, [](u8 byte) { return byte != 0; }))
        __builtin_memcpy(records_.base() + at, part.data(), part.size());
    }
  }

  Core core_at(u64 image) {
    Place place;
    place.memory = Borrowed<AnyMemory>(memory_);
    place.records = KeptRecords(records_);
    return Core(place, image);
  }
  // Functions of their own, so that the short way saves no registers for them.
  [[gnu::noinline]] Result<u64> allocate_rest(u64 size) {
    return core_.allocate_by_length(
        size, [this](Granule g) { return result_of(g); },
        [this](u32 length) { return result_of(core_.allocate_long_otherwise(length)); },
        [this](u64 any) { return result_of(core_.allocate_sized(any)); });
  }
  [[gnu::noinline]] Error deallocate_rest(Address p, Address start) {
    return core_.deallocate_rest(p, start);
  }
  Result<u64> result_of(Granule g) const {
    if (Core::failed(g)) [[unlikely]]
      return Core::error_of(g);
    return u64{core_.address(g)};
  }

  AnyMemory& memory_;
  ReservedMemory records_;
  Core core_;
};

/// use.operator()<Place>() for the place that suits best: of a plain heap its policy is given. Each costs whoever includes
/// this the time to compile the core once more: for 64-bit addresses there is only the one for all heaps.
template <class Address, class Use>
auto use_outside_place(std::optional<Policy> plain, Use use) {
  if constexpr (sizeof(Address) == 4) {
    if (plain == Policy::balanced)
      return use.template operator()<PlainOutsidePlace<Address, Policy::balanced>>();
    if (plain == Policy::fast) return use.template operator()<PlainOutsidePlace<Address, Policy::fast>>();
  }
  return use.template operator()<OutsidePlace<Address>>();
}

/// A new heap whose image lies in the host.
template <class Address>
Result<std::unique_ptr<Allocator>> create_outside(AnyMemory& memory, const Options& options) {
  const std::optional<Policy> plain = options.record_sizes ? std::nullopt : std::optional(options.policy);
  return use_outside_place<Address>(plain, [&]<class Place>() -> Result<std::unique_ptr<Allocator>> {
    auto made = std::make_unique<OutsideAllocator<Place>>(memory);
    if (const Error error = made->create(options); error != Error::none) return error;
    return std::unique_ptr<Allocator>(std::move(made));
  });
}

/// The policy of kept records, if they are those of a plain heap. They may say anything: what is chosen by this checks
/// them itself.
inline std::optional<Policy> plain_policy(std::span<const u8> records, u64 image) {
  if (image != 0 || records.size() < sizeof(Header)) return std::nullopt;
  Header header;
  __builtin_memcpy(&header, records.data(), sizeof(Header));
  if (header.policy >= policy_count || (header.flags & image_flag::record_sizes) != 0) return std::nullopt;
  // An older version may have given the policy other numbers, which the heap keeps.
  const PolicyNumbers numbers = numbers_of(header.policy);
  if (header.borrow_shift != numbers.borrow_shift || header.borrow_add != numbers.borrow_add ||
      header.eager_shift != numbers.eager_shift || header.step_shift != numbers.step_shift)
    return std::nullopt;
  return static_cast<Policy>(header.policy);
}

/// The heap whose records were kept.
template <class Address>
Result<std::unique_ptr<Allocator>> attach_outside(AnyMemory& memory, std::span<const u8> records, u64 image) {
  return use_outside_place<Address>(
      plain_policy(records, image), [&]<class Place>() -> Result<std::unique_ptr<Allocator>> {
        auto made = std::make_unique<OutsideAllocator<Place>>(memory);
        if (const Error error = made->attach(records, image); error != Error::none) return error;
        return std::unique_ptr<Allocator>(std::move(made));
      });
}

}  // namespace allot::host
