// Purpose: laying out the guest's heap, and what happens when a bad address is freed.
// Floor:   door guest.
#include "heap.hpp"

#include "include/allot/guest.h"

namespace allot::guest {

[[gnu::noinline]] bool initialize() {
  if (heap().laid_out()) return false;
  const u64 begin = reinterpret_cast<uintptr_t>(&__heap_base);
  return heap().initialize_raw(begin, 0, 0, 0, ALLOT_GUEST_POLICY, false) == Error::none;
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
