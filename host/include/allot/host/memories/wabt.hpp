// Purpose: the linear memory of a guest in wabt's interpreter.
// Floor:   door host.
// Assumes: wabt 1.0.32. The memory object outlives the heap (hold it by a wabt::interp::Memory::Ptr).
#pragma once

#include <allot/memory/concept.hpp>

#include <wabt/interp/interp.h>

namespace allot {

/// A vector's bytes: they move when it grows.
class WabtMemory {
 public:
  explicit WabtMemory(wabt::interp::Memory& memory) : memory_(&memory) {}
  u8* base() { return memory_->UnsafeData(); }
  u64 bytes() { return memory_->ByteSize(); }
  bool grow(u64 pages) { return wabt::Succeeded(memory_->Grow(pages)); }

 private:
  wabt::interp::Memory* memory_;
};
static_assert(LinearMemory<WabtMemory>);

inline WabtMemory wabt_memory(wabt::interp::Memory& memory) { return WabtMemory(memory); }

}  // namespace allot
