// Purpose: a span of a guest's bytes that knows when growth made it stale.
// Floor:   door host.
#pragma once

#include <allot/host/state.hpp>
#include <allot/host/values.hpp>

#include <span>

namespace allot {

/// Bytes or values of a guest, as a native pointer and a length, for code that wants these: made by
/// heap.span.
///
/// It remembers where the memory lay. Each use compares that with where it lies now; when the memory has
/// moved, the use is refused (stale_span) instead of touching what lies there today. `refresh` makes it good
/// again. A memory whose base is fixed never makes a span stale.
template <class T>
class CheckedSpan {
 public:
  CheckedSpan() = default;
  CheckedSpan(std::shared_ptr<host::State> state, u64 address, u64 length)
      : state_(std::move(state)), address_(address), length_(length) {
    refresh();
  }

  [[nodiscard]] u64 address() const { return address_; }
  [[nodiscard]] u64 length() const { return length_; }
  /// Whether the memory lies elsewhere now, or is too short.
  [[nodiscard]] bool is_stale() const { return data_ == nullptr || find() != data_; }
  /// Looks where the bytes are now. False when the memory does not have them any more.
  bool refresh() {
    data_ = find();
    return data_ != nullptr;
  }

  /// The span, good until the next call into the guest or the heap. Error: stale_span.
  [[nodiscard]] Result<std::span<T>> get() const {
    if (is_stale()) return host_error::stale_span;
    return std::span<T>(reinterpret_cast<T*>(data_), length_);
  }
  [[nodiscard]] Result<T> read(u64 index) const {
    if (index >= length_) return host_error::out_of_bounds;
    if (is_stale()) return host_error::stale_span;
    return host::load_value<T>(data_ + index * sizeof(T));
  }
  Error write(u64 index, T value) const {
    if (index >= length_) return host_error::out_of_bounds;
    if (is_stale()) return host_error::stale_span;
    host::store_value(data_ + index * sizeof(T), value);
    return Error::none;
  }

 private:
  [[nodiscard]] u8* find() const {
    if (!state_) return nullptr;
    u8* const found = state_->memory->locate(address_, length_ * sizeof(T));
    return reinterpret_cast<uintptr_t>(found) % alignof(T) == 0 ? found : nullptr;
  }

  std::shared_ptr<host::State> state_;
  u64 address_ = 0;
  u64 length_ = 0;
  u8* data_ = nullptr;
};

}  // namespace allot
