/* Times every single operation of W3 in a module that wasm2c turned into C: how long one can take at worst.
 *
 * Yard (bench/). The requests are the same at every run, so what an operation takes is the least of what it took in
 * several runs, each in a fresh instance: an interrupt hits another one each time. Operations that
 * grow the memory are counted apart. Prints nanoseconds: the median, the 99.99th percentile, the most, and how many grew.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "bench.h"

enum { live = 10000, operations = 500000, runs = 5 };

typedef Z_bench_instance_t Module;

static uint32_t least[operations];

static uint64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

static int compare(const void* a, const void* b) {
  uint32_t x = *(const uint32_t*)a, y = *(const uint32_t*)b;
  return (x > y) - (x < y);
}

/* The system gives memory when it is first touched: here, and not while an operation is timed. Returns its end. */
static uint64_t touch(Module* m, uint64_t from) {
  volatile uint8_t* data = Z_benchZ_memory(m)->data;
  uint64_t end = Z_benchZ_memory(m)->pages * UINT64_C(65536);
  for (; from < end; from += 4096) data[from] = data[from];
  return end;
}

/* Returns how many operations grew the memory. */
static uint32_t run(Module* m) {
  uint32_t grown = 0;
  uint64_t touched;
  Z_benchZ_start(m);
  Z_benchZ_octave_fill(m, live);
  Z_benchZ_octave_churn(m, live, operations);
  touched = touch(m, 0);
  for (uint32_t i = 0; i < operations; i++) {
    u32 pages = Z_benchZ_memory(m)->pages;
    uint64_t begin = now();
    Z_benchZ_octave_churn(m, live, 1);
    uint64_t elapsed = now() - begin;
    if (Z_benchZ_memory(m)->pages != pages) {
      grown++;
      elapsed = 0;
      touched = touch(m, touched);
    }
    if (elapsed < least[i]) least[i] = (uint32_t)elapsed;
  }
  return grown;
}

int main(void) {
  uint32_t grown = 0;
  wasm_rt_init();
  Z_bench_init_module();
  for (uint32_t i = 0; i < operations; i++) least[i] = UINT32_MAX;
  for (int i = 0; i < runs; i++) {
    Module* module = calloc(1, sizeof *module);
    Z_bench_instantiate(module);
    grown = run(module);
    Z_bench_free(module);
    free(module);
  }
  qsort(least, operations, sizeof *least, compare);
  printf("%u %u %u %u\n", least[operations / 2], least[operations - operations / 10000],
         least[operations - 1], grown);
  wasm_rt_free();
  return 0;
}
