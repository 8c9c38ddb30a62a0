// The few C library functions that an allocator's own object calls.
//
// Yard (bench/). Linked before any C library, with every allocator: so all of them copy and clear
// with the same two instructions (memory.copy, memory.fill), and only malloc itself is compared.
// wasi-libc's own memcpy is a loop, which would count against dlmalloc in W5.

#include <stddef.h>

extern "C" {
void* memcpy(void* to, const void* from, size_t length) { return __builtin_memcpy(to, from, length); }
void* memmove(void* to, const void* from, size_t length) { return __builtin_memmove(to, from, length); }
void* memset(void* to, int value, size_t length) { return __builtin_memset(to, value, length); }
[[noreturn]] void abort() { __builtin_trap(); }
}
