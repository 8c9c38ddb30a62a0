/* Runs a whole program (SQLite's work, or Lua's) in a module that wasm2c turned into C, for callgrind to count.
 *
 * Yard (bench/). No arguments. Its first run is counted, through `measured`, as in instructions.c: a second one would take
 * a minute more, and tell the same.
 */
#include <stdio.h>

#include "bench.h"

typedef Z_bench_instance_t Module;

__attribute__((noipa)) static void measured(Module* m) {
  u32 sum = Z_benchZ_work(m);
  printf("%u\n", sum); /* and so no tail call: it must return through here for the counting to end */
}

int main(void) {
  static Module module;
  wasm_rt_init();
  Z_bench_init_module();
  Z_bench_instantiate(&module);
  Z_benchZ_start(&module);
  measured(&module);
  Z_bench_free(&module);
  wasm_rt_free();
  return 0;
}
