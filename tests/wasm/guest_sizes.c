/* Products of sizes that are longer than a size, for guest-symbols.test.mjs. run() returns 0, or the line of the first
   check that does not hold. */
#include <stddef.h>
#include <stdint.h>

void* calloc(size_t, size_t);
void* reallocarray(void*, size_t, size_t);
void free(void*);

#define CHECK(condition) \
  if (!(condition)) return __LINE__

static const size_t half = (size_t)1 << (sizeof(size_t) * 4);

__attribute__((export_name("run"))) int run(void) {
  unsigned char* block = calloc(7, 9);
  CHECK(block);
  for (size_t i = 0; i < 63; ++i) CHECK(block[i] == 0);
  CHECK(!calloc(half, half) && !calloc(half * 4, half - 1) && !calloc(SIZE_MAX, 2) && !calloc(2, SIZE_MAX));
  CHECK(!reallocarray(block, half, half) && !reallocarray(block, SIZE_MAX / 8, 9));
  block = reallocarray(block, 100, 9);
  CHECK(block && block[62] == 0);
  free(block);
  /* One long factor is no long product. */
  void* none = calloc(half * 2, 0);
  CHECK(none);
  free(none);
  none = calloc(0, half * 2);
  CHECK(none);
  free(none);
  return 0;
}
