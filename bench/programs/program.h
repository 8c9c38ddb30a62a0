/* What a program of this bench exports. Yard (bench/). */
#ifndef BENCH_PROGRAM_H
#define BENCH_PROGRAM_H

#include <stdint.h>

#define BENCH_EXPORT(name) __attribute__((export_name(#name), used)) name

void __wasm_call_ctors(void);

/* Called once, before anything else: the C library and some allocators have constructors. */
void BENCH_EXPORT(start)(void) { __wasm_call_ctors(); }

/* Does all its work, from nothing to nothing: what it allocated it frees. Returns a sum of its results, which must not
 * depend on the allocator. */
uint32_t BENCH_EXPORT(work)(void);

/* FNV-1a: G. Fowler, L. C. Noll, K.-P. Vo. */
static inline uint32_t sum_of(uint32_t sum, const char* text, uint32_t length) {
  for (uint32_t i = 0; i < length; i++) sum = (sum ^ (uint8_t)text[i]) * 16777619u;
  return sum;
}

#endif
