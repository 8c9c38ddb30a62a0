// The floor: an allocator that does nothing. What is measured with it is the harness itself.
//
// Yard (bench/). Every block is the same static megabyte, the largest that W5 writes to the end of;
// larger requests (W6) have only their first byte written.

#include <stddef.h>
#include <stdint.h>

static uint8_t block[1024 * 1024];

extern "C" {
void* malloc(size_t) { return block; }
void free(void*) {}
void* realloc(void*, size_t) { return block; }
}
