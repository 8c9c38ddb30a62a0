/* Purpose: the stable boundary: what a wasm build of the heap exports, in C.
   Floor:   abi.
   Read abi/exports.def for the calls, allot/base/errors.def for the error numbers. */
#ifndef ALLOT_ABI_H
#define ALLOT_ABI_H

#include <stddef.h>
#include <stdint.h>

/* Raised when a call changes its meaning or the heap image its layout. */
#define ALLOT_ABI_VERSION 1

typedef uintptr_t allot_address; /* a byte offset in a linear memory */
typedef size_t allot_size;       /* bytes */
typedef uintptr_t allot_result;  /* an address, or (error number << 4) | 15 */
typedef uint32_t allot_status;   /* 0, or an error number */

/* allot_create, `flags`. */
#define ALLOT_RECORD_SIZES 1u

/* allot_attach, `flags`. */
#define ALLOT_MAY_BLOCK 1u

/* allot_reap: what held the lock was about to become an agent. */
#define ALLOT_ATTACHING 64u

/* allot_create, `policy`. */
enum { ALLOT_EXACT = 0, ALLOT_COMPACT = 1, ALLOT_BALANCED = 2, ALLOT_FAST = 3 };

/* allot_block_kind. */
enum {
  ALLOT_BLOCK_FREE = 0,
  ALLOT_BLOCK_LIVE = 1,
  ALLOT_BLOCK_METADATA = 2,
  ALLOT_BLOCK_RESERVED = 3,
  ALLOT_BLOCK_NONE = 4
};

#define ALLOT_ERROR(number, name, js_class, text) ALLOT_ERROR_##name = number,
enum {
  ALLOT_ERROR_none = 0,
#include <allot/base/errors.def>
};
#undef ALLOT_ERROR

#define ALLOT_STATISTIC(number, name, js_name, cost, text) ALLOT_STATISTIC_##name = number,
enum {
#include <allot/base/statistics.def>
};
#undef ALLOT_STATISTIC

#endif
