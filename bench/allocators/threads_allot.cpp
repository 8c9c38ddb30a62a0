// allot's build for shared heaps: each thread is an agent.
//
// Yard (bench/). Linked with abi/modules/shared.cpp, whose image lies at the first address that it may use.

#include <allot/abi.h>
#include <stddef.h>
#include <stdint.h>

extern "C" {
extern uint8_t __heap_base;
#define ALLOT_EXPORT(result, name, parameters) result name parameters;
#include "../../abi/exports.def"
#include "../../abi/shared-exports.def"
#undef ALLOT_EXPORT
}

namespace {
allot_address heap() { return (allot_address(&__heap_base) + 15) & ~allot_address(15); }
constexpr uint32_t balanced = 2;
}  // namespace

extern "C" {

void thread_begin(uint32_t thread) {
  if (thread != 0) {
    if (allot_attach(heap(), 1) < 0) __builtin_trap();
    return;
  }
  if (allot_create(0, heap(), 0, 0, balanced, 0) != heap()) __builtin_trap();
  allot_may_block(heap(), 1);
}

void* thread_malloc(size_t size) {
  allot_result block = allot_malloc(heap(), size);
  return (block & 15) != 0 ? nullptr : reinterpret_cast<void*>(block);
}

void thread_free(void* block) { allot_free(heap(), allot_address(block)); }
}
