/* What Emscripten's headers would tell emmalloc.c and sbrk.c: both are compiled for wasm32 without that SDK.
 *
 * Yard (bench/). Included before everything else; the headers of the SDK that they name are empty files.
 */
#pragma once
#include <stddef.h>
#include <stdint.h>

#define EMSCRIPTEN_KEEPALIVE __attribute__((used))
#define EMSCRIPTEN_NO_ERRNO 1
#define static_assert _Static_assert
#define assert(condition) ((void)0)
#define MAIN_THREAD_ASYNC_EM_ASM(...) ((void)0)
#define EM_ASM(...) ((void)0)
#define EM_ASM_DOUBLE(...) 0.0

void* sbrk(intptr_t increment);
size_t emscripten_get_heap_size(void);
size_t emscripten_get_heap_max(void);
int emscripten_resize_heap(size_t bytes);
void* memcpy(void* to, const void* from, size_t length);
void* memset(void* to, int value, size_t length);

struct mallinfo {
  int arena, ordblks, smblks, hblks, hblkhd, usmblks, fsmblks, uordblks, fordblks, keepcost;
};
