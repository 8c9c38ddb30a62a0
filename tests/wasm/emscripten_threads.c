/* A program for Emscripten's -pthread whose malloc is liballot-threads: threads come and go, leave each other blocks and
   free what they find. Says in lines of JSON what happened, for emscripten.test.mjs. */
#include <allot/guest.h>
#include <emscripten/threading.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* `together`: after so many operations each thread waits for the others. However they are scheduled, each then finds
   blocks that others have left: nearly all slots are hit that often. */
enum { threads = 4, rounds = 3, slots = 64, operations = 10000, together = 500, comings = 5000 };

static _Atomic(unsigned char*) slot[slots];
static atomic_uint faults; /* blocks that were not as they had been left, and mallocs that gave null */
static atomic_uint foreign; /* blocks of other threads that a thread freed or reallocated */
static atomic_uint refused; /* calls of allot_on_error */
static pthread_key_t at_end;
static pthread_barrier_t meeting;

int allot_may_block(void) { return !emscripten_is_main_browser_thread(); }
void allot_on_error(uint32_t error, uintptr_t address) { refused += error != 0 && address != 0; }

/* Waits until all threads are here. */
static void meet(void) { pthread_barrier_wait(&meeting); }

static void leave(void* unused) {
  (void)unused;
  faults += allot_thread_exit() != 0;
}

/* A block says its length and its thread, and fills the rest with a byte made of the length. */
static unsigned char* filled(unsigned char* block, uint32_t length, uint32_t me) {
  if (!block) return block;
  const uint32_t head[2] = {length, me};
  memcpy(block, head, sizeof head);
  memset(block + sizeof head, (int)(length * 7 + 1), length - sizeof head);
  return block;
}
static int intact(const unsigned char* block, uint32_t most) {
  uint32_t head[2];
  memcpy(head, block, sizeof head);
  for (uint32_t i = sizeof head; i < head[0] && i < most; ++i)
    if (block[i] != (unsigned char)(head[0] * 7 + 1)) return 0;
  return 1;
}

/* This thread becomes an agent, and none again: each takes the heap's lock, and has to wait for it at times. */
static void come_and_go(uint32_t me) {
  for (int i = 0; i < comings; ++i) {
    unsigned char* block = filled(malloc(100), 100, me);
    faults += !block || !intact(block, 100);
    free(block);
    faults += allot_thread_exit() != 0;
  }
}

static void* work(void* seed_of) {
  uint32_t seed = (uint32_t)(uintptr_t)seed_of;
  const uint32_t me = seed;
  meet();
  come_and_go(me);
  meet();
  pthread_setspecific(at_end, &at_end);
  for (int i = 0; i < operations; ++i) {
    if (i % together == 0) meet();
    seed = seed * 1664525 + 1013904223;
    const uint32_t length = 8 + (seed >> 8 & 15 ? seed >> 12 & 1023 : seed >> 12 & 65535);
    unsigned char* mine = filled(malloc(length), length, me);
    faults += !mine;
    unsigned char* found = atomic_exchange(&slot[(seed >> 4 & 0xffff) % slots], mine);
    if (!found) continue;
    uint32_t head[2];
    memcpy(head, found, sizeof head);
    foreign += head[1] != me;
    faults += !intact(found, head[0]);
    if (seed & 1) {
      unsigned char* moved = realloc(found, head[0] / 2 + 100);
      faults += !moved || !intact(moved, head[0] / 2 + 100);
      found = moved;
    }
    free(found);
  }
  meet(); /* nobody's number is given back, to be the next thread's, before all have one */
  return (void*)(intptr_t)allot_thread();
}

static void churn(void) {
  pthread_barrier_init(&meeting, NULL, threads);
  for (int round = 0; round < rounds; ++round) {
    pthread_t thread[threads];
    printf("{\"agents\": [");
    for (uintptr_t i = 0; i < threads; ++i)
      if (pthread_create(&thread[i], NULL, work, (void*)(1 + i + threads * (uintptr_t)round))) exit(2);
    for (int i = 0; i < threads; ++i) {
      void* agent;
      pthread_join(thread[i], &agent);
      printf("%s%d", i == 0 ? "" : ", ", (int)(intptr_t)agent);
    }
    printf("]}\n");
  }
  for (int i = 0; i < slots; ++i) free(atomic_exchange(&slot[i], NULL));
  printf("{\"main\": %d, \"faults\": %u, \"foreign\": %u}\n", allot_thread(), faults, foreign);
}

/* A thread fills a block that is longer than the memory was; this one reads and frees it, once. */
static void* grow(void* length) {
  unsigned char* block = malloc((size_t)(uintptr_t)length);
  if (block) memset(block, 0x5a, (size_t)(uintptr_t)length);
  return block;
}
static void large(size_t length) {
  const size_t before = __builtin_wasm_memory_size(0);
  pthread_t thread;
  void* block;
  if (pthread_create(&thread, NULL, grow, (void*)(uintptr_t)length)) exit(2);
  pthread_join(thread, &block);
  const unsigned char* bytes = block;
  size_t right = 0;
  for (size_t i = 0; bytes && i < length; ++i) right += bytes[i] == 0x5a;
  free(block);
  free(block);
  printf("{\"grown\": %d, \"right\": %d, \"refused\": %u}\n", __builtin_wasm_memory_size(0) > before,
         right == length, refused);
}

void* emscripten_builtin_malloc(size_t);
void* emscripten_builtin_memalign(size_t, size_t);
void emscripten_builtin_free(void*);

/* What the runtime calls is this library's, too: what one gives the other takes. */
static void builtin(void) {
  void* block = emscripten_builtin_malloc(100);
  void* aligned = emscripten_builtin_memalign(4096, 5000);
  const int is_aligned = aligned != NULL && (uintptr_t)aligned % 4096 == 0;
  free(block);
  emscripten_builtin_free(aligned);
  printf("{\"aligned\": %d, \"refused\": %u}\n", is_aligned, refused);
}

int main(void) {
  if (pthread_key_create(&at_end, leave)) return 2;
  builtin();
  churn();
  large(40 << 20);
  return 0;
}
