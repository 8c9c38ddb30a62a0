/* Replays a recorded trace in a module that wasm2c turned into C, for callgrind to count.
 *
 * Yard (bench/). The argument is the trace's file (lib/traces.mjs). It is replayed once, and then through `measured`,
 * the only function whose instructions are counted, as in instructions.c.
 */
#include <stdio.h>
#include <stdlib.h>

#include "bench.h"

typedef Z_bench_instance_t Module;

__attribute__((noipa)) static void measured(Module* m) {
  Z_benchZ_replay(m);
  __asm__ volatile(""); /* not a tail call: it must return through here for the counting to end */
}

static void load(Module* m, const char* name) {
  u32 header[3]; /* calls, blocks live at once at most, bytes live at most */
  FILE* file = fopen(name, "rb");
  if (!file || fread(header, sizeof header, 1, file) != 1) exit(2);
  u32 at = Z_benchZ_room_for(m, header[0], header[1]);
  if (fread(Z_benchZ_memory(m)->data + at, 2 * sizeof(u32), header[0], file) != header[0]) exit(2);
  fclose(file);
}

int main(int count, char** arguments) {
  static Module module;
  if (count != 2) return 2;
  wasm_rt_init();
  Z_bench_init_module();
  Z_bench_instantiate(&module);
  Z_benchZ_start(&module);
  load(&module, arguments[1]);
  Z_benchZ_replay(&module);
  measured(&module);
  Z_bench_free(&module);
  wasm_rt_free();
  return 0;
}
