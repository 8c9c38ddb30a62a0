/* Tells JavaScript of every call that SQLite makes to malloc, realloc and free. Linked into a module of
 * its own, with the linker's --wrap: the modules that are timed have none of this. */
#include <stdint.h>
#include <stdlib.h>

__attribute__((import_module("env"), import_name("traced"))) void traced(uint32_t kind, const void* before,
                                                                         const void* after, size_t size);

void* __real_malloc(size_t size);
void* __real_realloc(void* block, size_t size);
void __real_free(void* block);

void* __wrap_malloc(size_t size) {
  void* block = __real_malloc(size);
  traced(0, 0, block, size);
  return block;
}

void* __wrap_realloc(void* block, size_t size) {
  void* moved = __real_realloc(block, size);
  traced(1, block, moved, size);
  return moved;
}

void __wrap_free(void* block) {
  traced(2, block, 0, 0);
  __real_free(block);
}
