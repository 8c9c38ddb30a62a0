// Purpose: typed access to an array in a guest's memory.
// Floor:   door host.
#pragma once

#include <allot/host/ref.hpp>

#include <algorithm>
#include <span>
#include <vector>

namespace allot {

/// `length()` values of one type, side by side. Every index and every access is checked.
template <GuestValue T>
class ArrayRef : public host::Object {
 public:
  using value_type = T;
  ArrayRef() = default;
  ArrayRef(host::Keep keep, u64 address, u64 length)
      : Object(std::move(keep), address, length * sizeof(T)), length_(length) {}

  [[nodiscard]] u64 length() const { return length_; }

  /// Error: out_of_bounds, freed_block.
  [[gnu::always_inline]] Result<T> read(u64 index) const {
    if (index >= length_) [[unlikely]]
      return refusal();
    return this->template load<T>(end_of(index));
  }
  [[gnu::always_inline]] Error write(u64 index, T value) const {
    if (index >= length_) [[unlikely]]
      return refusal();
    return this->template store<T>(end_of(index), value);
  }
  [[nodiscard]] T get(u64 index) const {
    if (index >= length_) [[unlikely]]
      return refuse<T>(index);
    return this->template load_or_throw<T>(end_of(index));
  }
  void set(u64 index, T value) const {
    if (index >= length_) [[unlikely]]
      return refuse<void>(index);
    this->template store_or_throw<T>(end_of(index), value);
  }

  /// Copies values in from `index` on. All of them or none. Error: out_of_bounds, freed_block.
  Error write_all(std::span<const T> values, u64 index = 0) const {
    if (index > length_ || values.size() > length_ - index) return host_error::out_of_bounds;
    u8* const at = locate(index * sizeof(T), values.size_bytes());
    if (at == nullptr) return why();
    if (!values.empty()) __builtin_memcpy(at, values.data(), values.size_bytes());
    return Error::none;
  }
  /// Copies values out, as many as `values` has room for. What a guest does meanwhile may be in it by halves.
  Error read_all(std::span<T> values, u64 index = 0) const {
    if (index > length_ || values.size() > length_ - index) return host_error::out_of_bounds;
    const u8* const at = locate(index * sizeof(T), values.size_bytes());
    if (at == nullptr) return why();
    if (!values.empty()) __builtin_memcpy(values.data(), at, values.size_bytes());
    return Error::none;
  }
  [[nodiscard]] Result<std::vector<T>> to_vector() const {
    // The length was checked against the memory when the reference was made: a guest cannot make it huge.
    std::vector<T> values(locate(0, byte_length()) ? length_ : 0);
    if (const Error error = read_all(values); error != Error::none) return error;
    if (values.size() != length_) return why();
    return values;
  }
  Error fill(T value) const {
    u8* const at = locate(0, byte_length());
    if (at == nullptr) return why();
    for (u64 i = 0; i < length_; ++i) host::store_value(at + i * sizeof(T), value);
    return Error::none;
  }

  /// One element as a reference of its own, which does not own the block.
  [[nodiscard]] Result<Ref<T>> at(u64 index) const {
    if (index >= length_) return host_error::out_of_bounds;
    if (is_freed()) return host_error::freed_block;
    return Ref<T>(look(), address() + index * sizeof(T));
  }
  /// A part of it, which does not own the block.
  [[nodiscard]] Result<ArrayRef> part(u64 index, u64 length) const {
    if (index > length_ || length > length_ - index) return host_error::out_of_bounds;
    if (is_freed()) return host_error::freed_block;
    return ArrayRef(look(), address() + index * sizeof(T), length);
  }
  [[nodiscard]] Result<AtomicRef<T>> atomic(u64 index) const
    requires AtomicValue<T>
  {
    const Result<Ref<T>> element = at(index);
    if (!element) return element.error();
    return element.value().atomic();
  }

 private:
  // The end of a freed one is behind every memory, and so are the ends of its elements.
  [[gnu::always_inline]] u64 end_of(u64 index) const { return end() - (length_ - 1 - index) * sizeof(T); }
  [[gnu::noinline, gnu::cold]] Error refusal() const {
    return is_freed() ? host_error::freed_block : host_error::out_of_bounds;
  }
  /// Throws. It says that it returns something so that its callers end with it, and need no frame.
  template <class Nothing>
  [[gnu::noinline, gnu::cold]] Nothing refuse(u64 index) const {
    throw HeapFailure(refusal(), address() + index * sizeof(T));
  }

  u64 length_ = 0;
};

}  // namespace allot
