/* Runs calls of a workload module that wasm2c turned into C, for callgrind to count.
 *
 * Yard (bench/). Each argument is a call, `name:argument:argument`. A call with a `+` before its
 * name goes through `measured`, the only function whose instructions are counted (callgrind's
 * --toggle-collect). Compiled with the generated bench.c, one program an allocator.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"

typedef Z_bench_instance_t Module;

static void call(Module* m, const char* name, u32 a, u32 b) {
  if (!strcmp(name, "pair"))
    Z_benchZ_pair(m, a, b);
  else if (!strcmp(name, "small_fill"))
    Z_benchZ_small_fill(m, a);
  else if (!strcmp(name, "small_churn"))
    Z_benchZ_small_churn(m, a, b);
  else if (!strcmp(name, "octave_fill"))
    Z_benchZ_octave_fill(m, a);
  else if (!strcmp(name, "octave_churn"))
    Z_benchZ_octave_churn(m, a, b);
  else if (!strcmp(name, "large_fill"))
    Z_benchZ_large_fill(m, a);
  else if (!strcmp(name, "large_churn"))
    Z_benchZ_large_churn(m, a, b);
  else if (!strcmp(name, "batch_order"))
    Z_benchZ_batch_order(m, a);
  else if (!strcmp(name, "batch_malloc"))
    Z_benchZ_batch_malloc(m);
  else if (!strcmp(name, "batch_free"))
    Z_benchZ_batch_free(m);
  else if (!strcmp(name, "vector_grow"))
    Z_benchZ_vector_grow(m);
  else if (!strcmp(name, "vector_free"))
    Z_benchZ_vector_free(m);
  else {
    fprintf(stderr, "no call '%s'\n", name);
    exit(2);
  }
}

__attribute__((noinline)) static void measured(Module* m, const char* name, u32 a, u32 b) {
  call(m, name, a, b);
  __asm__ volatile(""); /* not a tail call: it must return through here for the counting to end */
}

int main(int count, char** arguments) {
  static Module module;
  wasm_rt_init();
  Z_bench_init_module();
  Z_bench_instantiate(&module);
  Z_benchZ_start(&module);
  for (int i = 1; i < count; ++i) {
    int counted = arguments[i][0] == '+';
    char* name = strtok(arguments[i] + counted, ":");
    char* first = strtok(NULL, ":");
    char* second = strtok(NULL, ":");
    u32 a = first ? (u32)strtoul(first, NULL, 10) : 0;
    u32 b = second ? (u32)strtoul(second, NULL, 10) : 0;
    (counted ? measured : call)(&module, name, a, b);
  }
  Z_bench_free(&module);
  wasm_rt_free();
  return 0;
}
