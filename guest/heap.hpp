// Purpose: the one heap of a guest: its image begins where the linker says that data and stack end.
// Floor:   door guest.
//
// All of it belongs to one source file, malloc.cpp: what only one can see, the compiler makes smaller by a tenth. It
// knows then that there is one heap, and passes its address on to nobody.
#pragma once

#include <allot/heap/heap.hpp>

#ifdef ALLOT_GUEST_THREADS
#include <allot/image/shared.hpp>
#endif

#include "libc.hpp"

// The policy is fixed when the library is compiled, so that its numbers become constants.
#ifndef ALLOT_GUEST_POLICY
#define ALLOT_GUEST_POLICY 2
#endif

extern "C" alignas(16) char __heap_base;  // the linker's: a multiple of 16, above data and stack

#ifdef ALLOT_GUEST_THREADS
/// Each thread is an instance of its own, and each instance has these for itself.
#define ALLOT_OF_THREAD __attribute__((address_space(1)))
#else
#define ALLOT_OF_THREAD
#endif

namespace allot::guest {

/// The longest block that the fast path hands out, in bytes: 0 until the heap is laid out, and this thread one of
/// its agents. Not a field of the image: the memory may well end where that is to begin, and then nothing there
/// can be read. (Not hidden: of what has two values only, the compiler makes a flag, and the comparison two.)
ALLOT_OF_THREAD u32 tiny_bytes;

namespace {

struct Traits : KnownPolicy<Policy{ALLOT_GUEST_POLICY}> {
  static char* image() { return &__heap_base; }
#ifdef ALLOT_GUEST_THREADS
  static constexpr bool shared = true;
#endif
};

#ifdef ALLOT_GUEST_THREADS
ALLOT_OF_THREAD NativeAddress own_agent;
ALLOT_OF_THREAD u32 own_tag;
struct State {
  static NativeAddress agent() { return own_agent; }
  static u32 tag() { return own_tag; }
  static void set(NativeAddress agent, u32 tag) {
    own_agent = agent;
    own_tag = tag;
  }
};
using Heap = BasicHeap<SharedModule<Memory, NativeAddress, WasmWait, State, Traits>>;
#else
using Heap = BasicHeap<Inside<Memory, NativeAddress, Traits>>;
#endif

/// The image's address is a constant of the linked program: its fields are loads from fixed addresses.
Heap& heap() { return *reinterpret_cast<Heap*>(&__heap_base); }

void* pointer(Granule g) { return reinterpret_cast<void*>(static_cast<uintptr_t>(heap().address(g))); }
NativeAddress address(const void* p) { return static_cast<NativeAddress>(reinterpret_cast<uintptr_t>(p)); }

/// Whether `p` lies below the heap: null, and what is data or stack.
bool is_below(const void* p) { return address(p) < reinterpret_cast<uintptr_t>(&__heap_base); }

/// The block's address, or null.
ALLOT_ONCE_IF_SMALL void* block(Granule g) {
  if (Heap::failed(g)) [[unlikely]]
    return nullptr;
  return pointer(g);
}

}  // namespace
}  // namespace allot::guest
