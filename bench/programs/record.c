/* Tells JavaScript of every call to malloc, realloc and free that a program makes.
 *
 * Yard (bench/). Linked into a module of its own, with the linker's --wrap: what is timed has none of this.
 */
#include <stddef.h>
#include <stdint.h>

__attribute__((import_module("bench"), import_name("record"))) void record(uint32_t kind, const void* before,
                                                                           const void* after, size_t size);

void* __real_malloc(size_t size);
void* __real_calloc(size_t count, size_t size);
void* __real_realloc(void* block, size_t size);
void __real_free(void* block);

void* __wrap_malloc(size_t size) {
  void* block = __real_malloc(size);
  record(0, 0, block, size);
  return block;
}

void* __wrap_calloc(size_t count, size_t size) {
  void* block = __real_calloc(count, size);
  record(0, 0, block, count * size);
  return block;
}

void* __wrap_realloc(void* block, size_t size) {
  void* moved = __real_realloc(block, size);
  record(1, block, moved, size);
  return moved;
}

void __wrap_free(void* block) {
  record(2, block, 0, 0);
  __real_free(block);
}
