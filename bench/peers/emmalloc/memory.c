/* The memory under emmalloc's sbrk.
 *
 * Yard (bench/). Grows by whole pages and no more. The SDK's own, in JavaScript, takes a fifth of the memory more
 * than was asked at each growth: with it emmalloc would take more space, and ask less often.
 */
#include "platform.h"

enum { page = 65536 };

size_t emscripten_get_heap_size(void) { return __builtin_wasm_memory_size(0) * page; }

size_t emscripten_get_heap_max(void) { return 0xffff0000u; }

int emscripten_resize_heap(size_t bytes) {
  size_t pages = (bytes - emscripten_get_heap_size() + page - 1) / page;
  return __builtin_wasm_memory_grow(0, pages) != (size_t)-1;
}
