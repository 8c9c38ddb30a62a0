// Purpose: host containers in a guest's memory: a std::pmr::memory_resource and a standard allocator.
// Floor:   door host.
//
// Containers keep native pointers, so that the memory's base must be fixed. What a container stores lies
// where the guest can change it: keep plain values in a std::vector or a string, whose own pointers stay in
// the host. A list or a map keeps native pointers between its nodes, in the guest's memory: only for guests
// that are trusted.
#pragma once

#include <allot/host/heap.hpp>

#include <memory_resource>
#include <new>

namespace allot {

namespace host {

inline void* allocate_native(State& state, std::size_t bytes, std::size_t alignment) {
  const Result<u64> block = alignment <= granule_bytes ? state.allocator->allocate(bytes)
                                                       : state.allocator->allocate_aligned(alignment, bytes);
  if (!block) throw std::bad_alloc();
  u8* const at = state.memory->locate(block.value(), bytes);
  if (at == nullptr || reinterpret_cast<uintptr_t>(at) % alignment != 0) throw std::bad_alloc();
  return at;
}
inline void deallocate_native(State& state, void* at) noexcept {
  (void)state.deallocate(static_cast<u64>(static_cast<u8*>(at) - state.memory->base()));
}
inline std::shared_ptr<State> state_for_pointers(const Heap& heap) {
  if (!heap) throw HeapFailure(host_error::no_memory);
  if (!heap.base_is_fixed()) throw HeapFailure(host_error::memory_can_move);
  return heap.state();
}

}  // namespace host

/// Throws std::bad_alloc when the heap refuses, and HeapFailure (memory_can_move) from its constructor.
class memory_resource final : public std::pmr::memory_resource {
 public:
  explicit memory_resource(const Heap& heap) : state_(host::state_for_pointers(heap)) {}

 private:
  void* do_allocate(std::size_t bytes, std::size_t alignment) override {
    return host::allocate_native(*state_, bytes, alignment);
  }
  void do_deallocate(void* at, std::size_t, std::size_t) override { host::deallocate_native(*state_, at); }
  bool do_is_equal(const std::pmr::memory_resource& other) const noexcept override {
    const auto* const same = dynamic_cast<const memory_resource*>(&other);
    return same != nullptr && same->state_ == state_;
  }
  std::shared_ptr<host::State> state_;
};

/// std::vector<int, allot::allocator<int>> v(allot::allocator<int>(heap));
template <class T>
class allocator {
 public:
  using value_type = T;
  explicit allocator(const Heap& heap) : state_(host::state_for_pointers(heap)) {}
  template <class U>
  allocator(const allocator<U>& other) noexcept : state_(other.state_) {}  // NOLINT: as the standard asks

  [[nodiscard]] T* allocate(std::size_t n) {
    if (n > ~std::size_t{0} / sizeof(T)) throw std::bad_array_new_length();
    return static_cast<T*>(host::allocate_native(*state_, n * sizeof(T), alignof(T)));
  }
  void deallocate(T* at, std::size_t) noexcept { host::deallocate_native(*state_, at); }

  template <class U>
  friend bool operator==(const allocator& a, const allocator<U>& b) {
    return a.state_ == b.state_;
  }

 private:
  template <class U>
  friend class allocator;
  std::shared_ptr<host::State> state_;
};

}  // namespace allot
