// Purpose: the linear memory of any engine with the standard C API (wasm.h): Wasmtime, Wasmer, WAMR,
//          WasmEdge.
// Floor:   door host.
// Assumes: the engine's wasm.h is found by #include <wasm.h>, or ALLOT_WASM_C_HEADER names it.
//
// The API does not say whether a memory moves when it grows; so it is taken to.
#pragma once

#include <allot/memory/concept.hpp>

#ifdef ALLOT_WASM_C_HEADER
#include ALLOT_WASM_C_HEADER
#else
#include <wasm.h>
#endif

namespace allot {

class WasmCMemory {
 public:
  explicit WasmCMemory(wasm_memory_t* memory) : memory_(memory) {}
  u8* base() { return reinterpret_cast<u8*>(wasm_memory_data(memory_)); }
  u64 bytes() { return wasm_memory_data_size(memory_); }
  bool grow(u64 pages) {
    return pages <= 0xFFFFFFFFu && wasm_memory_grow(memory_, static_cast<wasm_memory_pages_t>(pages));
  }

 private:
  wasm_memory_t* memory_;
};
static_assert(LinearMemory<WasmCMemory>);

/// The memory stays the caller's.
inline WasmCMemory wasm_c_memory(wasm_memory_t* memory) { return WasmCMemory(memory); }

}  // namespace allot
