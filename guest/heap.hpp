// Purpose: the one heap of a guest: its image begins where the linker says that data and stack end.
// Floor:   door guest.
#pragma once

#include <allot/heap/heap.hpp>
#include <allot/memory/wasm.hpp>

// The policy is fixed when the library is compiled, so that its numbers become constants.
#ifndef ALLOT_GUEST_POLICY
#define ALLOT_GUEST_POLICY 2
#endif

extern "C" char __heap_base;  // the linker's: a multiple of 16, above data and stack

namespace allot::guest {

struct Traits {
  static constexpr bool exact = ALLOT_GUEST_POLICY == 0;
  static constexpr bool sizes = false;
  static constexpr int policy = ALLOT_GUEST_POLICY;
};
using Heap = BasicHeap<Inside<WasmMemory, NativeAddress, Traits>>;

/// The image's address is a constant of the linked program: its fields are loads from fixed addresses.
inline Heap& heap() { return *reinterpret_cast<Heap*>(&__heap_base); }

/// Lays out the image if there is none yet. Returns whether it did. A heap that was never laid out is
/// all zeros: its stacks are empty and its quota is 0, so that every call fails without touching
/// anything, and comes here. The fast paths need no test for it.
bool initialize();

/// Called for an address that no block begins at; does not return unless allot_on_error does.
void refuse(Error error, const void* p);

inline void* pointer(Granule g) { return reinterpret_cast<void*>(static_cast<uintptr_t>(heap().address(g))); }
inline NativeAddress address(const void* p) {
  return static_cast<NativeAddress>(reinterpret_cast<uintptr_t>(p));
}

/// The block, or what `again` gives once a heap is laid out, or null.
template <class Again>
[[gnu::always_inline]] inline void* block_or(Granule g, Again again) {
  if (Heap::failed(g)) [[unlikely]] {
    if (!initialize()) return nullptr;
    g = again();
    if (Heap::failed(g)) return nullptr;
  }
  return pointer(g);
}

}  // namespace allot::guest
