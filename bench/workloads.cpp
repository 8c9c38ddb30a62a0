// The workloads W1 to W7, and nothing of any allocator.
//
// Yard (bench/). Compiled once to one object, which is then linked with every allocator, so that
// all of them are called by the very same machine code. It knows malloc, free and realloc only.
//
// Assumptions: freestanding, so that the compiler cannot drop a malloc whose block is freed at
// once. The harness takes no memory from the allocator: its tables are static, below __heap_base,
// and so outside the space that is charged to the allocator. Time is taken by the caller, around
// an exported call. The random numbers begin with the same seed in every instance.

#include <stddef.h>
#include <stdint.h>

#include "random.hpp"

extern "C" {
void* malloc(size_t size);
void free(void* block);
void* realloc(void* block, size_t size);
}

#ifdef __wasm__
extern "C" void __wasm_call_ctors();
#define BENCH_EXPORT(result, name) extern "C" __attribute__((export_name(#name), used)) result name
#else
#define BENCH_EXPORT(result, name) extern "C" result name
#endif

namespace {

constexpr uint32_t kib = 1024;
constexpr uint32_t mib = 1024 * kib;

struct Slot {
  uint8_t* block;
  uint32_t size;
};

// The big tables are whole pages, and so is the stack: the heap then begins a few hundred bytes
// after a page's start, and no allocator gains or loses a page by where the harness ends.
#ifdef BENCH_GROWTH
constexpr uint32_t slot_limit = 4 * mib;
#else
constexpr uint32_t slot_limit = mib;
#endif
static_assert(sizeof(Slot) * slot_limit % (64 * kib) == 0);
Slot slots[slot_limit];

Random random_state;

// Bytes requested and not yet freed, and the most there ever were.
struct Requested {
  uint32_t live = 0;
  uint32_t peak = 0;

  void change(uint32_t before, uint32_t now) {
    live += now - before;
    if (live > peak) peak = live;
  }
};
Requested requested;

// Writing through address 0 does not trap in WebAssembly, so an allocator that fails would pass
// for a fast one.
uint8_t* checked(void* block) {
  if (!block) __builtin_trap();
  return static_cast<uint8_t*>(block);
}

void fill_slot(Slot& slot, uint32_t size) {
  slot.block = checked(malloc(size));
  slot.block[0] = uint8_t(size);
  slot.size = size;
}

// The state is kept in locals while a loop runs; stores into blocks could alias the globals.
template <class Size>
void fill(uint32_t count, Size size) {
  if (count > slot_limit) __builtin_trap();
  Random random = random_state;
  Requested sum = requested;
  for (uint32_t i = 0; i < count; ++i) {
    fill_slot(slots[i], size(random));
    sum.change(0, slots[i].size);
  }
  random_state = random;
  requested = sum;
}

template <class Size>
void churn(uint32_t count, uint32_t operations, Size size) {
  Random random = random_state;
  Requested sum = requested;
  for (uint32_t i = 0; i < operations; ++i) {
    Slot& slot = slots[random.below(count)];
    uint32_t before = slot.size;
    free(slot.block);
    fill_slot(slot, size(random));
    sum.change(before, slot.size);
  }
  random_state = random;
  requested = sum;
}

uint32_t uniform_small(Random& random) { return 1 + random.next() % 512; }

[[maybe_unused]] uint32_t uniform_tiny(Random& random) { return 1 + random.next() % 64; }

// The octave is uniform over 8..16 Ki, the size uniform within it: 8..32767.
uint32_t uniform_octave(Random& random) {
  uint32_t octave = uint32_t(8) << random.below(12);
  return octave | (random.next() & (octave - 1));
}

uint32_t uniform_large(Random& random) { return 64 * kib + random.below(4 * mib - 64 * kib + 1); }

constexpr uint32_t batch = 100000;
uint32_t order[7 * 64 * kib / sizeof(uint32_t)];
static_assert(batch <= sizeof(order) / sizeof(uint32_t));

constexpr uint32_t vectors = 64;
constexpr uint32_t first_capacity = 16;
constexpr uint32_t last_capacity = 1 * mib;

}  // namespace

// Called once, before anything else: some allocators have constructors. (As the linker sees them called, it does
// not call them around every export.)
BENCH_EXPORT(void, start)() {
#ifdef __wasm__
  __wasm_call_ctors();
#endif
}

// W1: a block is allocated and freed again, nothing else is live.
BENCH_EXPORT(void, pair)(uint32_t size, uint32_t operations) {
  for (uint32_t i = 0; i < operations; ++i) {
    uint8_t* block = checked(malloc(size));
    block[0] = uint8_t(i);
    free(block);
  }
}

// W2 and W7: a random slot is freed and allocated anew, 1..512 bytes.
BENCH_EXPORT(void, small_fill)(uint32_t count) { fill(count, uniform_small); }
BENCH_EXPORT(void, small_churn)(uint32_t count, uint32_t operations) {
  churn(count, operations, uniform_small);
}

// The same with 1..64 bytes and up to four million slots, for how the cost grows with their number. Only there: the table
// of slots is four times as long.
#ifdef BENCH_GROWTH
BENCH_EXPORT(void, tiny_fill)(uint32_t count) { fill(count, uniform_tiny); }
BENCH_EXPORT(void, tiny_churn)(uint32_t count, uint32_t operations) {
  churn(count, operations, uniform_tiny);
}
#endif

// W3: the same, with sizes over twelve octaves.
BENCH_EXPORT(void, octave_fill)(uint32_t count) { fill(count, uniform_octave); }
BENCH_EXPORT(void, octave_churn)(uint32_t count, uint32_t operations) {
  churn(count, operations, uniform_octave);
}

// W6: the same, 64 KiB to 4 MiB.
BENCH_EXPORT(void, large_fill)(uint32_t count) { fill(count, uniform_large); }
BENCH_EXPORT(void, large_churn)(uint32_t count, uint32_t operations) {
  churn(count, operations, uniform_large);
}

// W4: many equal blocks, freed in the order of allocation (0), in reverse (1) or at random (2).
BENCH_EXPORT(void, batch_order)(uint32_t kind) {
  for (uint32_t i = 0; i < batch; ++i) order[i] = kind == 1 ? batch - 1 - i : i;
  if (kind != 2) return;
  for (uint32_t i = batch - 1; i > 0; --i) {
    uint32_t other = random_state.below(i + 1);
    uint32_t kept = order[i];
    order[i] = order[other];
    order[other] = kept;
  }
}
BENCH_EXPORT(void, batch_malloc)() {
  for (uint32_t i = 0; i < batch; ++i) fill_slot(slots[i], 32);
  requested.change(0, batch * 32);
}
BENCH_EXPORT(void, batch_free)() {
  for (uint32_t i = 0; i < batch; ++i) free(slots[order[i]].block);
  requested.change(batch * 32, 0);
}

// W5: vectors that double by realloc, a random one at a time. Returns the number of calls made.
BENCH_EXPORT(uint32_t, vector_grow)() {
  uint32_t growing[vectors];
  for (uint32_t i = 0; i < vectors; ++i) {
    growing[i] = i;
    slots[i] = {nullptr, 0};
  }
  uint32_t calls = 0;
  for (uint32_t left = vectors; left > 0; ++calls) {
    uint32_t chosen = random_state.below(left);
    Slot& slot = slots[growing[chosen]];
    uint32_t size = slot.size ? slot.size * 2 : first_capacity;
    slot.block = checked(slot.size ? realloc(slot.block, size) : malloc(size));
    slot.block[0] = uint8_t(size);
    slot.block[size - 1] = uint8_t(size);
    requested.change(slot.size, size);
    slot.size = size;
    if (size == last_capacity) growing[chosen] = growing[--left];
  }
  return calls;
}
BENCH_EXPORT(void, vector_free)() {
  for (uint32_t i = 0; i < vectors; ++i) {
    free(slots[i].block);
    requested.change(slots[i].size, 0);
  }
}

BENCH_EXPORT(uint32_t, peak_bytes)() { return requested.peak; }
