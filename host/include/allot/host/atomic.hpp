// Purpose: a value in a guest's memory with the operations and orders of std::atomic_ref.
// Floor:   door host.
//
// What threads of the guest do with wasm's atomic instructions and what is done here is sequentially
// consistent with each other by default.
#pragma once

#include <allot/host/state.hpp>
#include <allot/host/values.hpp>

#include <atomic>

namespace allot {

/// Made by Ref::atomic() and ArrayRef::atomic(), which have looked at alignment and bounds. Operations throw
/// HeapFailure if the memory has become shorter since.
template <GuestValue T>
class AtomicRef {
 public:
  using value_type = T;
  static constexpr bool is_always_lock_free = std::atomic_ref<T>::is_always_lock_free;

  AtomicRef() = default;
  AtomicRef(host::Keep look, u64 end) : keep_(std::move(look)), end_(end) {}

  [[nodiscard]] T load(std::memory_order order = std::memory_order_seq_cst) const {
    return with([=](auto value) { return value.load(order); });
  }
  void store(T desired, std::memory_order order = std::memory_order_seq_cst) const {
    with([=](auto value) {
      value.store(desired, order);
      return 0;
    });
  }
  T exchange(T desired, std::memory_order order = std::memory_order_seq_cst) const {
    return with([=](auto value) { return value.exchange(desired, order); });
  }
  /// True when the value was `expected`, and is `desired` now; else expected is set to what it was.
  bool compare_exchange(T& expected, T desired, std::memory_order order = std::memory_order_seq_cst) const {
    return with([&](auto value) { return value.compare_exchange_strong(expected, desired, order); });
  }
  T fetch_add(T by, std::memory_order order = std::memory_order_seq_cst) const
    requires std::is_arithmetic_v<T>
  {
    return with([=](auto value) { return value.fetch_add(by, order); });
  }
  T fetch_sub(T by, std::memory_order order = std::memory_order_seq_cst) const
    requires std::is_arithmetic_v<T>
  {
    return with([=](auto value) { return value.fetch_sub(by, order); });
  }
  T fetch_and(T by, std::memory_order order = std::memory_order_seq_cst) const
    requires std::is_integral_v<T>
  {
    return with([=](auto value) { return value.fetch_and(by, order); });
  }
  T fetch_or(T by, std::memory_order order = std::memory_order_seq_cst) const
    requires std::is_integral_v<T>
  {
    return with([=](auto value) { return value.fetch_or(by, order); });
  }
  T fetch_xor(T by, std::memory_order order = std::memory_order_seq_cst) const
    requires std::is_integral_v<T>
  {
    return with([=](auto value) { return value.fetch_xor(by, order); });
  }

 private:
  template <class Use>
  auto with(Use use) const {
    u8* const at = keep_.state() ? keep_.state()->memory->before(end_, sizeof(T)) : nullptr;
    if (at == nullptr) throw HeapFailure(host_error::out_of_bounds, end_ - sizeof(T));
    return use(std::atomic_ref<T>(*reinterpret_cast<T*>(at)));
  }

  host::Keep keep_;
  u64 end_ = 0;
};

}  // namespace allot
