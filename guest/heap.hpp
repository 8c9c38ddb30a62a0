// Purpose: the one heap of a guest: its image begins where the linker says that data and stack end.
// Floor:   door guest.
#pragma once

#include <allot/heap/heap.hpp>
#include <allot/memory/wasm.hpp>

#ifdef ALLOT_GUEST_THREADS
#include <allot/image/shared.hpp>
#endif

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
#ifdef ALLOT_GUEST_THREADS
  static constexpr bool shared = true;
#endif
};

#ifdef ALLOT_GUEST_THREADS
/// Each thread is an instance of its own, and each instance has these for itself.
#define ALLOT_OF_THREAD __attribute__((address_space(1)))
extern ALLOT_OF_THREAD NativeAddress own_agent;
extern ALLOT_OF_THREAD u32 own_tag;
struct State {
  static NativeAddress agent() { return own_agent; }
  static u32 tag() { return own_tag; }
  static void set(NativeAddress agent, u32 tag) {
    own_agent = agent;
    own_tag = tag;
  }
};
using Heap = BasicHeap<SharedModule<WasmMemory, NativeAddress, WasmWait, State, Traits>>;
#else
#define ALLOT_OF_THREAD
using Heap = BasicHeap<Inside<WasmMemory, NativeAddress, Traits>>;
#endif

/// The image's address is a constant of the linked program: its fields are loads from fixed addresses.
inline Heap& heap() { return *reinterpret_cast<Heap*>(&__heap_base); }

/// The longest block that the fast path hands out, in bytes: 0 until the heap is laid out, and this thread one of
/// its agents. Not a field of the image: the memory may well end where that is to begin, and then nothing there
/// can be read.
extern ALLOT_OF_THREAD u32 tiny_bytes;

/// Lays out the image, in a memory that is long enough for it, unless there is one, and makes this thread an agent
/// of it. Returns whether there is.
bool initialize();
inline bool is_ready() { return tiny_bytes != 0 || initialize(); }

#ifdef ALLOT_GUEST_THREADS
/// How often an operation is tried that needs the heap's lock. Each try has a patience of its own.
inline constexpr u32 patience = 2000;
#endif

/// Called for an address that no block begins at; does not return unless allot_on_error does.
void refuse(Error error, const void* p);

inline void* pointer(Granule g) { return reinterpret_cast<void*>(static_cast<uintptr_t>(heap().address(g))); }
inline NativeAddress address(const void* p) {
  return static_cast<NativeAddress>(reinterpret_cast<uintptr_t>(p));
}

/// The block's address, or null.
inline void* block(Granule g) {
  if (Heap::failed(g)) [[unlikely]]
    return nullptr;
  return pointer(g);
}

}  // namespace allot::guest
