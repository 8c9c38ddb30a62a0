// Makes the recorded calls of a program again, and nothing else: what remains of it when its own work is taken away.
//
// Yard (bench/). Compiled once, linked with every allocator; the tables are static, as those of workloads.cpp are,
// and so outside the space that is charged to the allocator. lib/traces.mjs tells how a call is recorded.
//
// Assumptions: a trace that is whole: every block is freed at its end, and fits into the tables (checked).

#include <stddef.h>
#include <stdint.h>

extern "C" {
void* malloc(size_t size);
void free(void* block);
void* realloc(void* block, size_t size);
void __wasm_call_ctors();
}

#define BENCH_EXPORT(result, name) extern "C" __attribute__((export_name(#name), used)) result name

namespace {

enum Kind : uint32_t { call_malloc = 0, call_realloc = 1, call_free = 2 };

struct Call {
  uint32_t slot_and_kind;  // slot << 2 | kind
  uint32_t size;
};

constexpr uint32_t call_limit = 1 << 21;
constexpr uint32_t slot_limit = 1 << 19;
Call calls[call_limit];
uint8_t* slots[slot_limit];

// The tables are whole pages, and so is the stack: as in workloads.cpp the heap begins just after a page's start.
uint32_t call_count;

}  // namespace

BENCH_EXPORT(void, start)() { __wasm_call_ctors(); }

// Where the calls are to be written. Traps for a trace that is too long.
BENCH_EXPORT(Call*, room_for)(uint32_t count, uint32_t blocks) {
  if (count > call_limit || blocks > slot_limit) __builtin_trap();
  call_count = count;
  return calls;
}

// The first byte of every block is written, as the first thing that any program does.
BENCH_EXPORT(void, replay)() {
  for (uint32_t i = 0; i < call_count; ++i) {
    const Call call = calls[i];
    uint8_t*& slot = slots[call.slot_and_kind >> 2];
    switch (call.slot_and_kind & 3) {
      case call_free: free(slot); continue;
      case call_realloc: slot = static_cast<uint8_t*>(realloc(slot, call.size)); break;
      default: slot = static_cast<uint8_t*>(malloc(call.size));
    }
    if (!slot) __builtin_trap();
    *slot = uint8_t(i);
  }
}
