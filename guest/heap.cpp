// Purpose: laying out the guest's heap, and what happens when a bad address is freed.
// Floor:   door guest.
#include "heap.hpp"

#include "include/allot/guest.h"

namespace allot::guest {

u32 tiny_bytes = 0;

[[gnu::noinline]] bool initialize() {
  const u64 begin = reinterpret_cast<uintptr_t>(&__heap_base);
  WasmMemory memory;
  // The linker ends the memory at the page in which data and stack end: perhaps at its very first byte.
  if (memory.bytes() < begin + sizeof(Header) && !memory.grow(1)) return false;
  // Somebody else may have made the heap already: the host, or another module over this memory.
  if (!heap().laid_out() && heap().initialize_raw(begin, 0, 0, 0, ALLOT_GUEST_POLICY, false) != Error::none)
    return false;
  tiny_bytes = Heap::tiny_bytes;
  return true;
}

[[gnu::noinline]] void refuse(Error error, const void* p) {
  // Read by a host after the trap: see docs/heap-image.md, last_error.
  heap().note_error(error, address(p));
  allot_on_error(static_cast<uint32_t>(error), reinterpret_cast<uintptr_t>(p));
}

}  // namespace allot::guest

extern "C" {

__attribute__((weak)) void allot_on_error(uint32_t, uintptr_t) { __builtin_trap(); }

uintptr_t allot_image(void) {
  allot::guest::initialize();
  return reinterpret_cast<uintptr_t>(&__heap_base);
}

}  // extern "C"
