/* A guest whose threads share a memory: they allocate, leave each other blocks, and free what they find. */
#include <allot/guest.h>
#include <stddef.h>
#include <stdint.h>

void* malloc(size_t);
void* realloc(void*, size_t);
void free(void*);

#define EXPORT(name) __attribute__((export_name(#name))) name

enum { slots = 64 };
static unsigned char* slot[slots];
static _Thread_local int unused; /* no thread-local storage is needed for the heap */

int allot_may_block(void) { return 1; }

/* A block says its length in its first four bytes and fills the rest with a byte made of it. */
static unsigned char* filled(unsigned char* block, uint32_t length) {
  if (!block) return block;
  *(uint32_t*)block = length;
  for (uint32_t i = 4; i < length; ++i) block[i] = (unsigned char)(length * 7 + 1);
  return block;
}
static int intact(const unsigned char* block) {
  const uint32_t length = *(const uint32_t*)block;
  for (uint32_t i = 4; i < length; ++i)
    if (block[i] != (unsigned char)(length * 7 + 1)) return 0;
  return 1;
}

/* Returns how many blocks were not as they had been left. */
uint32_t EXPORT(work)(uint32_t seed, uint32_t operations) {
  uint32_t faults = 0;
  for (uint32_t i = 0; i < operations; ++i) {
    seed = seed * 1664525 + 1013904223;
    const uint32_t length = 4 + (seed >> 8 & 15 ? seed >> 12 & 1023 : seed >> 12 & 65535);
    unsigned char* mine = filled(malloc(length), length);
    unsigned char* found = __atomic_exchange_n(&slot[(seed >> 4 & 0xffff) % slots], mine, __ATOMIC_SEQ_CST);
    if (!found) continue;
    faults += !intact(found);
    if (seed & 1) {
      free(found);
    } else {
      unsigned char* moved = realloc(found, length + 100);
      faults += !moved || (*(uint32_t*)moved < length + 100 ? !intact(moved) : 0);
      free(moved);
    }
  }
  return faults + (uint32_t)unused;
}

void EXPORT(empty)(void) {
  for (int i = 0; i < slots; ++i) free(__atomic_exchange_n(&slot[i], NULL, __ATOMIC_SEQ_CST));
}
uintptr_t EXPORT(image)(void) { return allot_image(); }
int EXPORT(thread)(void) { return allot_thread(); }
int EXPORT(leave)(void) { return allot_thread_exit(); }
int EXPORT(died)(int thread) { return allot_thread_died(thread); }
uintptr_t EXPORT(take)(uint32_t length) { return (uintptr_t)malloc(length); }
void EXPORT(give)(uintptr_t block) { free((void*)block); }
