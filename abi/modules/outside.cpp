// Purpose: the module for heaps whose image lies in the module's own memory, while the managed memory
//          is somebody else's and reached only through four imports.
// Floor:   abi.
#include <allot/heap/heap.hpp>
#include <allot/memory/wasm.hpp>

#define ALLOT_IMPORT(name) __attribute__((import_module("env"), import_name(#name)))
extern "C" {
ALLOT_IMPORT(foreign_bytes) double foreign_bytes(void);
ALLOT_IMPORT(foreign_grow) __UINT32_TYPE__ foreign_grow(__UINT32_TYPE__ pages);
ALLOT_IMPORT(foreign_fill) void foreign_fill(__UINTPTR_TYPE__ address, __UINTPTR_TYPE__ length);
ALLOT_IMPORT(foreign_copy)
void foreign_copy(__UINTPTR_TYPE__ to, __UINTPTR_TYPE__ from, __UINTPTR_TYPE__ length);
extern char __heap_base;
}

namespace {

using ModuleAddress = allot::NativeAddress;

/// The memory that the host manages through this module.
class ForeignMemory {
 public:
  static constexpr bool stateless = true;
  allot::u64 bytes() const { return static_cast<allot::u64>(foreign_bytes()); }
  bool grow(allot::u64 pages) const {
    return pages <= 0xFFFFFFFFu && foreign_grow(static_cast<allot::u32>(pages)) != 0;
  }
  void zero(allot::u64 at, allot::u64 n) const {
    foreign_fill(static_cast<ModuleAddress>(at), static_cast<ModuleAddress>(n));
  }
  void copy(allot::u64 to, allot::u64 from, allot::u64 n) const {
    foreign_copy(static_cast<ModuleAddress>(to), static_cast<ModuleAddress>(from),
                 static_cast<ModuleAddress>(n));
  }
};

using Place = allot::Outside<ForeignMemory, allot::WasmMemory, ModuleAddress>;
using ModuleHeap = allot::BasicHeap<Place>;
constexpr bool zero_is_null = false;  // address 0 is a block like any other here

ModuleHeap& heap_at(ModuleAddress image) { return *reinterpret_cast<ModuleHeap*>(image); }

}  // namespace

#include "exports.hpp"

allot_result allot_create(allot_address image, allot_address begin, allot_address end, allot_address maximum,
                          uint32_t policy, uint32_t flags) {
  const u64 at = image != 0 ? round_up(image, granule_bytes)
                            : round_up(reinterpret_cast<uintptr_t>(&__heap_base), granule_bytes);
  ModuleHeap& heap = heap_at(static_cast<ModuleAddress>(at));
  const Error error = heap.initialize_raw(begin, end, maximum, 0, policy, flags & ALLOT_RECORD_SIZES);
  return error == Error::none ? static_cast<allot_result>(at) : failure(error);
}

// Images of this kind lie where this module put them; there is nothing to search in.
allot_result allot_find(allot_address) { return failure(Error::not_a_heap); }
