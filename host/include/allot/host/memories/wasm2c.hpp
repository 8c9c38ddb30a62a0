// Purpose: the linear memory of a guest compiled by wasm2c.
// Floor:   door host.
// Assumes: wabt's runtime header wasm-rt.h, whose configuration is that of the runtime that is linked.
#pragma once

#include <allot/memory/concept.hpp>

#include <wasm-rt.h>

namespace allot {

class Wasm2cMemory {
 public:
  // With the signal handler the runtime reserves all of the address space that a memory can ever have;
  // without, it calls realloc.
#if WASM_RT_MEMCHECK_SIGNAL_HANDLER
  static constexpr bool base_is_fixed = true;
#endif

  explicit Wasm2cMemory(wasm_rt_memory_t* memory) : memory_(memory) {}
  u8* base() { return memory_->data; }
  // Not `size`: it has 32 bits, and says 0 for 4 GiB.
  u64 bytes() { return u64{memory_->pages} << page_shift; }
  bool grow(u64 pages) {
    // The runtime refuses what is over the maximum, and adds two 32-bit numbers to see it.
    return pages <= 65536 && wasm_rt_grow_memory(memory_, static_cast<uint32_t>(pages)) != ~uint32_t{0};
  }

 private:
  wasm_rt_memory_t* memory_;
};
static_assert(LinearMemory<Wasm2cMemory>);

/// The memory that an instance exports: wasm2c_memory(Z_guestZ_memory(&instance)).
inline Wasm2cMemory wasm2c_memory(wasm_rt_memory_t* memory) { return Wasm2cMemory(memory); }

}  // namespace allot
