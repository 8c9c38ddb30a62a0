// Purpose: the module for heaps whose image lies in the memory that the module imports. It can be
//          instantiated over any memory at any time: it owns not one byte of it.
// Floor:   abi.
#include <allot/heap/heap.hpp>
#include <allot/memory/wasm.hpp>

namespace {

using ModuleAddress = allot::NativeAddress;
using Place = allot::Inside<allot::WasmMemory, ModuleAddress>;
using ModuleHeap = allot::BasicHeap<Place>;
constexpr bool zero_is_null = true;

ModuleHeap& heap_at(ModuleAddress image) { return *reinterpret_cast<ModuleHeap*>(image); }

}  // namespace

#include "exports.hpp"
#include "inside.hpp"
