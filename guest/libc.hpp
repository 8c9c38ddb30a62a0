// Purpose: what malloc owes the C library that it is linked with: errno, and word of a memory that has grown.
// Floor:   door guest.
//
// ALLOT_FREESTANDING: there is none. ALLOT_EMSCRIPTEN: Emscripten's. Otherwise wasi-libc.
#pragma once

#include <allot/memory/wasm.hpp>

#ifdef ALLOT_EMSCRIPTEN
#include <stddef.h>
extern "C" {
int* __errno_location(void);
void emscripten_notify_memory_growth(size_t memory);
}
#elif !defined(ALLOT_FREESTANDING)
#include <errno.h>
#endif

namespace allot::guest {

// WASI's, which wasi-libc and Emscripten share, and posix_memalign returns without either; Linux has others.
constexpr int no_memory = 48;
constexpr int invalid_argument = 28;

#ifdef ALLOT_FREESTANDING
constexpr bool has_errno = false;
inline void set_errno(int) {}
#else
constexpr bool has_errno = true;
inline void set_errno(int number) {
#ifdef ALLOT_EMSCRIPTEN
  *__errno_location() = number;
#else
  static_assert(no_memory == ENOMEM && invalid_argument == EINVAL);
  errno = number;
#endif
}
#endif

#if defined(ALLOT_EMSCRIPTEN) && !defined(ALLOT_GUEST_THREADS)
/// Emscripten's JavaScript has views of the memory, which a growth empties. (With threads it looks before each access
/// whether another has grown the memory.)
class Memory : public WasmMemory {
 public:
  bool grow(u64 pages) const {
    if (!WasmMemory::grow(pages)) return false;
    emscripten_notify_memory_growth(0);
    return true;
  }
};
#else
using Memory = WasmMemory;
#endif

}  // namespace allot::guest
