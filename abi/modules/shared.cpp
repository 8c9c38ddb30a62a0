// Purpose: the module for heaps that several agents use at once, whose image lies in the memory that the module
//          imports. Each instance is one agent.
// Floor:   abi.
#include <allot/abi.h>
#include <allot/heap/heap.hpp>
#include <allot/image/shared.hpp>
#include <allot/memory/wasm.hpp>

namespace {

using ModuleAddress = allot::NativeAddress;

/// The Ref of this instance's agent record, or 0, and what its pages say of their owner: in globals of the instance.
__attribute__((address_space(1))) ModuleAddress own_agent;
__attribute__((address_space(1))) uint32_t own_tag;

struct State {
  static ModuleAddress agent() { return own_agent; }
  static uint32_t tag() { return own_tag; }
  static void set(ModuleAddress agent, uint32_t tag) {
    own_agent = agent;
    own_tag = tag;
  }
};
using Place = allot::SharedModule<allot::WasmMemory, ModuleAddress, allot::WasmWait, State>;
using ModuleHeap = allot::BasicHeap<Place>;
constexpr bool zero_is_null = true;
// A record of an agent that is at work.
constexpr uint32_t in_use = 1;

ModuleHeap& heap_at(ModuleAddress image) { return *reinterpret_cast<ModuleHeap*>(image); }

}  // namespace

#define ALLOT_EXPORT(result, name, parameters) \
  extern "C" __attribute__((export_name(#name))) result name parameters;
#include "../shared-exports.def"
#undef ALLOT_EXPORT

#include "exports.hpp"
#include "inside.hpp"

double allot_attach(allot_address heap, uint32_t flags) {
  return number(heap_at(heap).attach((flags & ALLOT_MAY_BLOCK) != 0));
}
double allot_resume(allot_address heap, uint32_t agent) {
  if (heap_at(heap).agent_state(agent) != in_use) return negative(Error::no_such_agent);
  const uint32_t slot = allot::slot_of(agent);
  auto ref = static_cast<ModuleAddress>(
      load<u64>(static_cast<uintptr_t>(heap) + offsetof(Header, agent) + 8 * slot));
  // clang-19 makes one copy from memory to memory of a load and a store to a global; this comes between.
  __asm__ volatile("" : "+r"(ref));
  State::set(ref, slot + 1);
  return agent;
}
allot_status allot_detach(allot_address heap) { return status(heap_at(heap).detach()); }
double allot_reap(allot_address heap, uint32_t agent) { return number(heap_at(heap).reap(agent)); }
double allot_agent(allot_address heap) { return number(heap_at(heap).agent_number()); }
uint32_t allot_agent_at(allot_address heap, uint32_t slot) {
  const allot::AgentFigures found = heap_at(heap).agent_figures(slot);
  return found.state == in_use ? found.number : ~0u;
}
allot_status allot_may_block(allot_address heap, uint32_t yes) {
  return status(heap_at(heap).set_may_block(yes != 0));
}
uint32_t allot_lock_holder(allot_address heap) { return heap_at(heap).lock_holder(); }
uint32_t allot_collect(allot_address heap) { return heap_at(heap).collect(); }
