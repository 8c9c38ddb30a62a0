// Purpose: the guest's own exported malloc and free as an Allocator.
// Floor:   door host.
//
// What the guest's functions answer is a guest's word: an address must lie in the memory with all of its size
// and be as aligned as malloc promises.
#pragma once

#include <allot/host/allocator.hpp>

#include <functional>
#include <unordered_map>
#include <utility>

namespace allot {

/// The functions that a guest exports. `malloc` and `free` must be there, the others may: reallocate is made
/// of them otherwise, if usable_size is there. Each may run guest code and grow the memory. A malloc that
/// fails gives 0.
struct GuestFunctions {
  std::function<u64(u64 size)> malloc;
  std::function<void(u64 address)> free;
  std::function<u64(u64 address, u64 size)> realloc;
  std::function<u64(u64 alignment, u64 size)> aligned_alloc;
  std::function<u64(u64 address)> usable_size;
  /// Whether the functions take 64-bit numbers (wasm64). Larger sizes are refused otherwise, not cut off.
  bool wide = false;
  /// What a component exports instead of all of these: see from_cabi_realloc.
  std::function<u64(u64 old, u64 old_size, u64 alignment, u64 size)> cabi_realloc;

  /// A component's `cabi_realloc(old, old size, alignment, new size)`, which serves as all of them but free:
  /// the canonical ABI gives nothing back through it, so that a block is kept until the guest ends. It must be told how
  /// long a block was: the heap remembers its own, and knows the usable size of these and can reallocate these only;
  /// any other address is foreign_address.
  static GuestFunctions from_cabi_realloc(const std::function<u64(u64, u64, u64, u64)>& cabi_realloc) {
    // It answers to 0 bytes with an address that is nobody's, or not at all.
    const auto whole = [](u64 size) { return size != 0 ? size : 1; };
    GuestFunctions functions;
    functions.malloc = [cabi_realloc, whole](u64 size) { return cabi_realloc(0, 0, 8, whole(size)); };
    functions.aligned_alloc = [cabi_realloc, whole](u64 alignment, u64 size) {
      return cabi_realloc(0, 0, alignment, whole(size));
    };
    functions.free = [](u64) {};
    functions.cabi_realloc = [cabi_realloc, whole](u64 old, u64 old_size, u64 alignment, u64 size) {
      return cabi_realloc(old, whole(old_size), alignment, whole(size));
    };
    return functions;
  }
};

}  // namespace allot

namespace allot::host {

class GuestAllocator final : public Allocator {
 public:
  GuestAllocator(AnyMemory& memory, GuestFunctions functions)
      : memory_(memory), functions_(std::move(functions)) {}

  Result<u64> allocate(u64 size) override {
    if (too_large(size)) return Error::size_too_large;
    return remembered(checked(functions_.malloc(size), size, least_alignment), size, least_alignment);
  }
  Error deallocate(u64 address) override {
    if (address == 0 || address >= memory_.bytes()) return Error::wild_address;
    if (!known_.empty()) known_.erase(address);
    functions_.free(address);
    return Error::none;
  }
  Result<u64> reallocate(u64 address, u64 size) override {
    if (address == 0 || address >= memory_.bytes()) return Error::wild_address;
    if (too_large(size)) return Error::size_too_large;
    if (functions_.cabi_realloc) return reallocate_known(address, size);
    if (functions_.realloc) return checked(functions_.realloc(address, size), size, least_alignment);
    if (!functions_.usable_size) return host_error::unsupported_operation;
    const Result<u64> old = usable_size(address);
    if (!old) return old;
    if (old.value() >= size) return address;
    const Result<u64> to = allocate(size);
    if (!to) return to;
    // Looked up again: making room may have moved the memory.
    u8* const from_bytes = memory_.locate(address, old.value());
    u8* const to_bytes = memory_.locate(to.value(), old.value());
    if (!from_bytes || !to_bytes) return host_error::bad_allocator;
    __builtin_memmove(to_bytes, from_bytes, old.value());
    functions_.free(address);
    return to;
  }
  Result<u64> allocate_zeroed(u64 count, u64 size) override {
    if (size != 0 && count > ~u64{0} / size) return Error::size_too_large;
    const Result<u64> block = allocate(count * size);
    if (!block) return block;
    u8* const bytes = memory_.locate(block.value(), count * size);
    if (!bytes) return host_error::bad_allocator;
    __builtin_memset(bytes, 0, count * size);
    return block;
  }
  Result<u64> allocate_aligned(u64 alignment, u64 size) override {
    if (!is_power_of_two(alignment)) return Error::invalid_alignment;
    if (alignment <= least_alignment) return allocate(size);
    if (!functions_.aligned_alloc) return host_error::unsupported_operation;
    if (too_large(size) || too_large(alignment)) return Error::size_too_large;
    return remembered(checked(functions_.aligned_alloc(alignment, size), size, alignment), size, alignment);
  }
  Result<u64> usable_size(u64 address) override {
    if (functions_.cabi_realloc) {
      const auto found = known_.find(address);
      return found == known_.end() ? Result<u64>(Error::foreign_address) : Result<u64>(found->second.size);
    }
    if (!functions_.usable_size) return host_error::unsupported_operation;
    if (address == 0 || address >= memory_.bytes()) return Error::wild_address;
    const u64 size = functions_.usable_size(address);
    return size > memory_.bytes() - address ? Result<u64>(host_error::bad_allocator) : Result<u64>(size);
  }

 private:
  // Emscripten's emmalloc aligns to 8 only.
  static constexpr u64 least_alignment = 8;

  bool too_large(u64 number) const { return !functions_.wide && number > 0xFFFFFFFFu; }

  Result<u64> checked(u64 address, u64 size, u64 alignment) {
    if (address == 0) return Error::out_of_memory;
    const u64 have = memory_.bytes();
    if (address % alignment != 0 || size > have || address > have - size) return host_error::bad_allocator;
    return address;
  }

  // What cabi_realloc must be told of a block.
  struct Known {
    u64 size;
    u64 alignment;
  };
  Result<u64> remembered(Result<u64> block, u64 size, u64 alignment) {
    if (block && functions_.cabi_realloc) known_.insert_or_assign(block.value(), Known{size, alignment});
    return block;
  }
  Result<u64> reallocate_known(u64 address, u64 size) {
    const auto found = known_.find(address);
    if (found == known_.end()) return Error::foreign_address;
    // A copy: the guest may call this program, which may allocate, before it answers.
    const Known old = found->second;
    const Result<u64> to =
        checked(functions_.cabi_realloc(address, old.size, old.alignment, size), size, old.alignment);
    if (!to) return to;
    known_.erase(address);
    return remembered(to, size, old.alignment);
  }

  AnyMemory& memory_;
  GuestFunctions functions_;
  std::unordered_map<u64, Known> known_;  // of blocks from cabi_realloc: by their addresses
};

}  // namespace allot::host
