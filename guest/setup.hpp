// Purpose: laying out the guest's heap, and what happens when a bad address is freed.
// Floor:   door guest.
#pragma once

#include "heap.hpp"
#include "include/allot/guest.h"

namespace allot::guest {
namespace {

#ifdef ALLOT_GUEST_THREADS
/// How often an operation is tried that needs the heap's lock. Each try has a patience of its own.
constexpr u32 patience = 2000;

u32 making = 0;  // 1: a thread has begun to make the heap, and may have done

/// Makes the heap, if no other thread has, and this thread an agent of it.
bool join_heap(u64 begin) {
  if (!heap().laid_out() && __atomic_exchange_n(&making, 1, __ATOMIC_SEQ_CST) == 0) {
    if (heap().initialize_raw(begin, 0, 0, 0, ALLOT_GUEST_POLICY, false) == Error::none) {
      (void)heap().set_may_block(allot_may_block() != 0);  // refused to who is no agent only
      return true;
    }
    __atomic_store_n(&making, 0, __ATOMIC_SEQ_CST);
    return false;
  }
  // The other thread is at work: laying out takes microseconds. (An engine that looks only once waits here to the end, and
  // joins then.)
  for (u32 i = 0; i < patience * 1000 && !heap().laid_out(); ++i) __asm__ volatile("" ::: "memory");
  for (u32 i = 0; i < patience; ++i) {
    const auto number = heap().attach(allot_may_block() != 0);
    if (number.error() != Error::lock_held) return static_cast<bool>(number);
  }
  return false;
}
#endif

/// Whether the memory has the bytes of the header. The linker ends the memory at the page in which data and stack
/// end: perhaps at the header's very first byte.
bool has_header() {
  const uintptr_t last =
      reinterpret_cast<uintptr_t>(&__heap_base + (sizeof(Header) - 1));  // the linker adds that
  return __builtin_wasm_memory_size(0) > last >> page_shift;
}

/// Lays out the image, in a memory that is long enough for it, unless there is one, and makes this thread an agent
/// of it. Returns whether there is.
[[gnu::noinline]] bool initialize() {
  if (small_code && tiny_bytes != 0) return true;
  const uintptr_t begin = reinterpret_cast<uintptr_t>(&__heap_base);
  if (!has_header() && !Memory{}.grow(1)) return false;
#ifdef ALLOT_GUEST_THREADS
  if (!join_heap(begin)) return false;
#else
  // Somebody else may have made the heap already: the host, or another module over this memory. One for several agents
  // is not ours to change: there are others in it, and none of them would know of us.
  if (heap().laid_out() ? !heap().is_of_kind()
                        : heap().initialize_raw(begin, 0, 0, 0, ALLOT_GUEST_POLICY, false) != Error::none)
    return false;
#endif
  tiny_bytes = Heap::tiny_bytes;
  return true;
}
bool is_ready() { return (!small_code && tiny_bytes != 0) || initialize(); }

/// Called for an address that no block begins at; does not return unless allot_on_error does.
[[gnu::noinline]] void refuse(Error error, const void* p) {
  // Read by a host after the trap: see docs/heap-image.md, last_error.
  if (has_header()) heap().note_error(error, address(p));
  allot_on_error(static_cast<uint32_t>(error), reinterpret_cast<uintptr_t>(p));
}

/// Refuses what lies below the heap, but for null.
[[gnu::noinline]] void refuse_below(const void* p) {
  if (p) refuse(Error::foreign_address, p);
}

}  // namespace
}  // namespace allot::guest

extern "C" {

#ifdef ALLOT_GUEST_THREADS
__attribute__((weak)) int allot_may_block(void) { return 0; }

int allot_thread(void) {
  if (!allot::guest::is_ready()) return -1;
  const auto number = allot::guest::heap().agent_number();
  return number ? static_cast<int>(number.value()) : -1;
}

int allot_thread_exit(void) {
  using namespace allot;
  Error error = Error::lock_held;
  for (u32 i = 0; i < guest::patience && error == Error::lock_held; ++i) error = guest::heap().detach();
  if (error == Error::none) guest::tiny_bytes = 0;
  return error == Error::none || error == Error::not_attached ? 0 : -1;
}

int allot_thread_died(int thread) {
  using namespace allot;
  // Whoever makes the heap may have ended or only be slow: nobody else can tell.
  if (static_cast<u32>(thread) == attaching_agent && !guest::heap().laid_out()) {
    __atomic_store_n(&guest::making, 0, __ATOMIC_SEQ_CST);
    return 0;
  }
  if (!guest::is_ready()) return -1;
  for (u32 i = 0; i < guest::patience; ++i) {
    const auto lost = guest::heap().reap(static_cast<u32>(thread));
    if (lost.error() != Error::lock_held) return lost ? 0 : -1;
  }
  return -1;
}
#endif

__attribute__((weak)) void allot_on_error(uint32_t, uintptr_t) { __builtin_trap(); }

uintptr_t allot_image(void) {
  allot::guest::initialize();
  return reinterpret_cast<uintptr_t>(&__heap_base);
}

}  // extern "C"
