/* Purpose: what a C or C++ guest may use besides malloc and its family: if it is linked with liballot, and
            allot_resolve in any case.
   Floor:   door guest. */
#ifndef ALLOT_GUEST_H
#define ALLOT_GUEST_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The address of the heap's image, laid out now if nothing was allocated before. Export it
   (-Wl,--export=allot_image) to let JavaScript or a host attach without searching the memory. */
uintptr_t allot_image(void);

/* Called when free, realloc or malloc_usable_size gets an address that no live block begins at, with the error's number
   (allot/base/errors.def) and the address; the heap is unchanged. free_sized and free_aligned_sized call it, too, where
   the block is shorter than they are told (invalid_span) or does not begin at such a multiple (invalid_alignment). The
   default traps, as a program that frees what it does not own is wrong. Define it to log, count or ignore; returning
   ignores: nothing is freed then, realloc gives null and malloc_usable_size 0. */
void allot_on_error(uint32_t error, uintptr_t address);

/* Of liballot-threads only, the library for guests whose threads share a memory: instances of the same module, one
   a thread. A thread becomes an agent of the heap when it allocates for the first time; to free it need not be one. */

/* Whether the calling thread may block while another one holds the heap's lock. The default says no, as a page's
   main thread must not, and looks again and again instead; define it to say yes where it is so. */
int allot_may_block(void);

/* The calling thread's number, which no other ever has, for allot_thread_died; -1 when it could not become an agent. */
int allot_thread(void);

/* Call it at the end of a thread that allocated: its free memory is the others' then. Blocks stay. 0, or -1 when
   the lock could not be had. */
int allot_thread_exit(void);

/* Call it for a thread that has ended without that, wherever it was; never for one that still runs. 0, or -1 when
   there is no such thread. 64 stands for one that ended in its first allocation, before anybody knew its number; no
   other thread may be in its first one then. */
int allot_thread_died(int thread);

/* A block that JavaScript may move (heap.allocRelocatable, heap.compact) has a handle, which stays. */
typedef uintptr_t allot_handle;

/* Where the block with this handle is now; null once it was freed. Good until the guest returns to JavaScript
   or calls it: then the block may be elsewhere. */
static inline void* allot_resolve(allot_handle handle) {
#ifdef __cplusplus
  const uintptr_t at = *reinterpret_cast<const uint32_t*>(handle); /* NOLINT(performance-no-int-to-ptr) */
  return reinterpret_cast<void*>(at); /* NOLINT(performance-no-int-to-ptr) */
#else
  return (void*)(uintptr_t)*(const uint32_t*)handle; /* NOLINT(performance-no-int-to-ptr) */
#endif
}

#ifdef __cplusplus
}
#endif
#endif
