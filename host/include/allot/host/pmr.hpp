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

/// Where a block lies, or null, with the block given back, where that is not a multiple of `alignment`.
inline u8* as_native(State& state, u64 block, u64 bytes, u64 alignment) {
  u8* const at = state.memory->locate(block, bytes);
  if (at != nullptr && reinterpret_cast<uintptr_t>(at) % alignment == 0) [[likely]]
    return at;
  (void)state.deallocate(block);
  return nullptr;
}

/// A block at a native pointer that is a multiple of more than every block is. Null when there is none.
[[gnu::noinline, gnu::cold]] inline u8* allocate_aligned_native(State& state, u64 bytes, u64 alignment) {
  const u64 base = reinterpret_cast<uintptr_t>(state.memory->base());
  if (base % alignment == 0) {
    const auto block =
        state.request(bytes, [=](Allocator& a) { return a.allocate_aligned(alignment, bytes); });
    return block ? as_native(state, block.value(), bytes, alignment) : nullptr;
  }
  // An aligned address is no aligned pointer: the base itself is not. One of those in a block that is longer by as much
  // is, and as it is freed by its pointer the block has to begin there. What is behind it goes first, so that the rest
  // fits where it lay.
  if (bytes == 0) bytes = 1;
  if (bytes > ~u64{0} - alignment) return nullptr;
  const auto block =
      state.request(bytes + alignment, [=](Allocator& a) { return a.allocate(bytes + alignment); });
  if (!block) return nullptr;
  const u64 from = block.value();
  const u64 to = round_up(from + base, alignment) - base;
  const Result<u64> same = state.allocator->reallocate(from, bytes);
  if (!same || (to != same.value() && state.allocator->relocate(same.value(), to) != Error::none)) {
    (void)state.deallocate(same ? same.value() : from);
    return nullptr;
  }
  return as_native(state, to, bytes, alignment);
}

inline void* allocate_native(State& state, std::size_t bytes, std::size_t alignment) {
  u8* at = nullptr;
  if (alignment <= granule_bytes) [[likely]] {
    const auto block = state.request(bytes, [=](Allocator& a) { return a.allocate(bytes); });
    if (!block) throw std::bad_alloc();
    at = as_native(state, block.value(), bytes, alignment);
  }
  // A guest's own allocator may align to less.
  if (at == nullptr) [[unlikely]]
    at = allocate_aligned_native(state, bytes, alignment);
  if (at == nullptr) throw std::bad_alloc();
  return at;
}
inline void deallocate_native(State& state, void* at) noexcept {
  (void)state.deallocate(reinterpret_cast<uintptr_t>(at) - reinterpret_cast<uintptr_t>(state.memory->base()));
}
inline std::shared_ptr<State> state_for_pointers(const Heap& heap) {
  if (!heap) throw HeapFailure(host_error::no_memory);
  if (!heap.base_is_fixed()) throw HeapFailure(host_error::memory_can_move);
  return heap.state();
}

}  // namespace host

/// Throws std::bad_alloc when the heap refuses (after its out-of-memory hook was asked), also an alignment that the
/// memory's base does not have, in a guest's own allocator; and HeapFailure (memory_can_move) from its constructor. Keeps
/// the heap.
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
