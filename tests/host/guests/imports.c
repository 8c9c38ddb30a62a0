/* A guest without an allocator: it asks its host for one. */
#include <stddef.h>
#include <stdint.h>

__attribute__((import_module("env"), import_name("malloc"))) void* malloc(size_t);
__attribute__((import_module("env"), import_name("free"))) void free(void*);

#define EXPORT(name) __attribute__((export_name(#name)))

extern char __heap_base;
EXPORT(heap_base) uintptr_t heap_base(void) { return (uintptr_t)&__heap_base; }
EXPORT(sum) int32_t sum(const int32_t* values, size_t count) {
  int32_t total = 0;
  for (size_t i = 0; i < count; ++i) total += values[i];
  return total;
}
/* count numbers 0, 1, 2 ... in a block of the host's. */
EXPORT(numbers) int32_t* numbers(int32_t count) {
  int32_t* const block = malloc((size_t)count * sizeof *block);
  for (int32_t i = 0; block && i < count; ++i) block[i] = i;
  return block;
}
EXPORT(drop) void drop(void* block) { free(block); }
EXPORT(grow) size_t grow(size_t pages) { return __builtin_wasm_memory_grow(0, pages); }
