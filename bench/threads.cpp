// W2 by several threads at once, each an instance over one shared memory, and nothing of any allocator.
//
// Yard (bench/). Compiled once to one object, which is then linked with every allocator and with what makes that one
// fit for threads (allocators/threads_*.cpp): thread_begin, thread_malloc and thread_free.
//
// W2/own: every thread has 10,000 slots of its own, frees a random one and fills it again: what it frees it has
// allocated. W2x: 10,000 slots are everybody's; a thread puts a new block into a random one by an atomic exchange
// and frees what was there: with two threads half of that is the other's.

#include <stddef.h>
#include <stdint.h>

#include "random.hpp"

extern "C" {
void thread_begin(uint32_t thread);
void* thread_malloc(size_t size);
void thread_free(void* block);
void __wasm_call_ctors();
}
#define BENCH_EXPORT(result, name) extern "C" __attribute__((export_name(#name), used)) result name

namespace {

constexpr uint32_t thread_limit = 8;
constexpr uint32_t slot_count = 10000;
constexpr uint32_t stack_bytes = 64 * 1024;

uint8_t* own[thread_limit][slot_count];
uint8_t* shared[slot_count];
alignas(16) uint8_t stacks[thread_limit][stack_bytes];
// Thread-local variables, for allocators that have some.
alignas(64) uint8_t locals[thread_limit][4096];

Random random_of(uint32_t thread) { return Random(2463534242u + 977 * thread); }

uint8_t* made(Random& random) {
  uint32_t size = 1 + random.next() % 512;
  uint8_t* block = static_cast<uint8_t*>(thread_malloc(size));
  if (!block) __builtin_trap();
  block[0] = uint8_t(size);
  return block;
}

}  // namespace

BENCH_EXPORT(uint32_t, stack_end)(uint32_t thread) { return uint32_t(&stacks[thread][0]) + stack_bytes; }
BENCH_EXPORT(uint32_t, locals_of)(uint32_t thread) { return uint32_t(&locals[thread][0]); }

// The first thread's before any other's.
BENCH_EXPORT(void, begin)(uint32_t thread) {
  if (thread == 0) __wasm_call_ctors();
  thread_begin(thread);
}

BENCH_EXPORT(void, own_fill)(uint32_t thread) {
  Random random = random_of(thread);
  for (uint8_t*& slot : own[thread]) slot = made(random);
}
BENCH_EXPORT(void, own_churn)(uint32_t thread, uint32_t operations) {
  Random random = random_of(thread);
  uint8_t** slots = own[thread];
  for (uint32_t i = 0; i < operations; ++i) {
    uint8_t*& slot = slots[random.below(slot_count)];
    thread_free(slot);
    slot = made(random);
  }
}

// Each thread fills its part.
BENCH_EXPORT(void, shared_fill)(uint32_t thread, uint32_t threads) {
  Random random = random_of(thread);
  for (uint32_t i = thread; i < slot_count; i += threads) shared[i] = made(random);
}
BENCH_EXPORT(void, shared_churn)(uint32_t thread, uint32_t operations) {
  Random random = random_of(thread);
  for (uint32_t i = 0; i < operations; ++i) {
    uint32_t chosen = random.below(slot_count);
    thread_free(__atomic_exchange_n(&shared[chosen], made(random), __ATOMIC_ACQ_REL));
  }
}
