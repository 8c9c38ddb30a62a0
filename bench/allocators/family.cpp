// What a C library wants of an allocator that has only malloc, realloc and free.
//
// Yard (bench/). The programs of this bench call those three; the rest is what links.

#include <stddef.h>

extern "C" {
void* malloc(size_t size);
void* realloc(void* block, size_t size);
void free(void* block);

void* calloc(size_t count, size_t size) {
  size_t bytes;
  if (__builtin_mul_overflow(count, size, &bytes)) return nullptr;
  void* block = malloc(bytes);
  if (block) __builtin_memset(block, 0, bytes);
  return block;
}

void* __libc_malloc(size_t size) { return malloc(size); }
void* __libc_calloc(size_t count, size_t size) { return calloc(count, size); }
void __libc_free(void* block) {
  if (block) free(block);
}
}
