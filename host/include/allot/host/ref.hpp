// Purpose: typed access to one value in a guest's memory.
// Floor:   door host.
#pragma once

#include <allot/host/atomic.hpp>
#include <allot/host/state.hpp>
#include <allot/host/values.hpp>

namespace allot {

namespace host {

/// What every reference is made of: the memory, where the object ends, how long it is, and who keeps its
/// block. It says where the object ends because one comparison then tells whether all of it is there.
class Object {
 public:
  /// The object's address, a byte offset in the guest's memory.
  [[nodiscard]] u64 address() const { return address_; }
  [[nodiscard]] u64 byte_length() const { return bytes_; }
  /// Whether the block goes when this reference does.
  [[nodiscard]] bool is_owner() const { return keep_.is_owner(); }
  [[nodiscard]] bool is_freed() const { return end_ == freed; }

  /// Gives the block back; every later access is freed_block. Error: what the heap says, for instance
  /// double_free when the guest was quicker, and the address is no other block's yet. A reference that does not own its
  /// block only forgets it.
  Error free() {
    end_ = freed;
    return keep_.free();
  }
  /// The block stays when this reference goes: a guest is to free it. Returns its address.
  u64 release() { return keep_.release(); }

 protected:
  static constexpr u64 freed = ~u64{0};

  Object() = default;
  Object(Keep keep, u64 address, u64 bytes)
      : memory_(keep.state()->memory.get()),
        end_(address + bytes),
        address_(address),
        bytes_(bytes),
        keep_(std::move(keep)) {}
  Object(Object&& other) noexcept
      : memory_(std::exchange(other.memory_, &no_memory())),
        end_(std::exchange(other.end_, freed)),
        address_(other.address_),
        bytes_(other.bytes_),
        keep_(std::move(other.keep_)) {}
  Object& operator=(Object&& other) noexcept {
    if (this != &other) {
      keep_ = std::move(other.keep_);
      memory_ = std::exchange(other.memory_, &no_memory());
      end_ = std::exchange(other.end_, freed);
      address_ = other.address_;
      bytes_ = other.bytes_;
    }
    return *this;
  }
  ~Object() = default;

  [[nodiscard]] AnyMemory& memory() const { return *memory_; }
  [[nodiscard]] u64 end() const { return end_; }
  /// Somebody who only looks at a part of it.
  [[nodiscard]] Keep look() const { return {keep_.state(), address_, false}; }

  /// The value that ends before `end`, which lies in the object or behind every memory. The fast half is all
  /// that stands in the caller.
  template <GuestValue T>
  [[nodiscard, gnu::always_inline]] Result<T> load(u64 end) const {
    if (memory_->knows(end)) [[likely]]
      return load_value<T>(memory_->known(end, sizeof(T)));
    return load_slow<T>(end);
  }
  template <GuestValue T>
  [[gnu::always_inline]] Error store(u64 end, T value) const {
    if (!memory_->knows(end)) [[unlikely]]
      return store_slow<T>(value, end);
    store_value(memory_->known(end, sizeof(T)), value);
    return Error::none;
  }

  /// The same for those that throw. What is thrown names the address, which is found out when it is needed: a caller
  /// that had it ready would pay for it each time.
  template <GuestValue T>
  [[gnu::always_inline]] T load_or_throw(u64 end) const {
    if (memory_->knows(end)) [[likely]]
      return load_value<T>(memory_->known(end, sizeof(T)));
    return load_or_refuse<T>(end);
  }
  template <GuestValue T>
  [[gnu::always_inline]] void store_or_throw(u64 end, T value) const {
    if (!memory_->knows(end)) [[unlikely]]
      return store_or_refuse<T>(value, end);
    store_value(memory_->known(end, sizeof(T)), value);
  }

  /// Where `n` bytes at an offset that was checked lie, or null.
  [[nodiscard]] u8* locate(u64 offset, u64 n) const {
    return end_ == freed ? nullptr : memory_->locate(address_ + offset, n);
  }
  [[nodiscard, gnu::noinline, gnu::cold]] Error why() const {
    return end_ == freed ? host_error::freed_block : host_error::out_of_bounds;
  }

 private:
  template <GuestValue T>
  [[gnu::noinline, gnu::cold]] Result<T> load_slow(u64 end) const {
    const u8* const at = memory_->before(end, sizeof(T));
    return at == nullptr ? Result<T>(why()) : Result<T>(load_value<T>(at));
  }
  template <GuestValue T>
  [[gnu::noinline, gnu::cold]] Error store_slow(T value, u64 end) const {
    u8* const at = memory_->before(end, sizeof(T));
    if (at == nullptr) return why();
    store_value(at, value);
    return Error::none;
  }

  template <GuestValue T>
  [[gnu::noinline, gnu::cold]] T load_or_refuse(u64 end) const {
    return or_throw(load_slow<T>(end), address_of<T>(end));
  }
  template <GuestValue T>
  [[gnu::noinline, gnu::cold]] void store_or_refuse(T value, u64 end) const {
    or_throw(store_slow<T>(value, end), address_of<T>(end));
  }
  /// Also of a reference that was freed, whose end lies behind every memory: how far before it is the same.
  template <GuestValue T>
  [[nodiscard]] u64 address_of(u64 end) const {
    return address_ + bytes_ - (end_ - end) - sizeof(T);
  }

  AnyMemory* memory_ = &no_memory();
  u64 end_ = freed;
  u64 address_ = 0;
  u64 bytes_ = 0;
  Keep keep_;
};

}  // namespace host

/// A value in a guest's memory: read and written where it is, never kept here. A guest may change it at any
/// time; each read reads once. From heap.make it owns its block, from heap.at it only looks.
template <GuestValue T>
class Ref : public host::Object {
 public:
  using value_type = T;
  Ref() = default;
  Ref(host::Keep keep, u64 address) : Object(std::move(keep), address, sizeof(T)) {}

  /// Error: freed_block, out_of_bounds. A comparison and a load, where the memory's base is fixed.
  [[gnu::always_inline]] Result<T> read() const { return load<T>(end()); }
  /// Error: freed_block, out_of_bounds. A comparison and a store.
  [[gnu::always_inline]] Error write(T value) const { return store<T>(end(), value); }
  /// The same for programs that handle errors in one place: throws HeapFailure.
  [[nodiscard]] T get() const { return load_or_throw<T>(end()); }
  void set(T value) const { store_or_throw<T>(end(), value); }

  /// The value as std::atomic_ref sees it. Error: unaligned, freed_block, out_of_bounds.
  [[nodiscard]] Result<AtomicRef<T>> atomic() const
    requires AtomicValue<T>
  {
    if (address() % sizeof(T) != 0) return host_error::unaligned;
    if (memory().before(end(), sizeof(T)) == nullptr) return why();
    return AtomicRef<T>(look(), end());
  }
};

}  // namespace allot
