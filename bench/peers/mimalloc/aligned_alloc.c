/* The one function of the family that mimalloc does not override for WASI. Yard (bench/). */
#include <stddef.h>

void* mi_aligned_alloc(size_t alignment, size_t size);
void* aligned_alloc(size_t alignment, size_t size) { return mi_aligned_alloc(alignment, size); }
