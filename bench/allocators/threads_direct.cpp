// An allocator that is made for threads.
//
// Yard (bench/).

#include <stddef.h>
#include <stdint.h>

extern "C" {
void* malloc(size_t size);
void free(void* block);

void thread_begin(uint32_t) { free(malloc(1)); }
void* thread_malloc(size_t size) { return malloc(size); }
void thread_free(void* block) { free(block); }
}
