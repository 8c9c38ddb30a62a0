// allot's core as the malloc of a native program: balanced, in memory that is reserved once.
//
// Yard (bench/). A library for LD_PRELOAD. The core is written for linear memories; here one stands in for the
// program's own, so that it can be measured beside the mallocs of operating systems. One thread only.

#include <errno.h>
#include <stddef.h>

#include <new>

#include <allot/heap/heaps.hpp>
#include <allot/memory/reserved.hpp>

namespace {

using namespace allot;

struct Traits {
  static constexpr bool exact = false;
  static constexpr bool sizes = false;
  static constexpr int policy = static_cast<int>(Policy::balanced);
};
using Heap = InsideHeap<ReservedMemory, u32, Traits>;

struct Process {
  ReservedMemory memory{page_bytes, u64{1} << 32};
  Heap heap;

  Process() {
    if (!memory.valid()) __builtin_trap();
    auto made = Heap::create(memory);
    if (!made) __builtin_trap();
    heap = made.value();
  }
};

// Made by the first call, which comes before the constructors of this library may have run; never destroyed.
Process& process() {
  alignas(Process) static unsigned char room[sizeof(Process)];
  static Process* made = nullptr;
  if (!made) [[unlikely]]
    made = new (room) Process;
  return *made;
}

u32 address(void* block) { return static_cast<u32>(static_cast<u8*>(block) - process().memory.base()); }

void* pointer(Granule g) {
  Process& p = process();
  if (Heap::failed(g)) [[unlikely]] {
    errno = ENOMEM;
    return nullptr;
  }
  return p.memory.base() + p.heap.address(g);
}

}  // namespace

extern "C" {
void* malloc(size_t size) { return pointer(process().heap.allocate_raw(size)); }
void free(void* block) {
  if (block && process().heap.deallocate(address(block)) != Error::none) __builtin_trap();
}
void* realloc(void* block, size_t size) {
  if (!block) return malloc(size);
  return pointer(process().heap.reallocate_raw(address(block), size));
}
void* calloc(size_t count, size_t size) { return pointer(process().heap.allocate_zeroed_raw(count, size)); }
void* aligned_alloc(size_t alignment, size_t size) {
  return pointer(process().heap.allocate_aligned_raw(alignment, size));
}
void* memalign(size_t alignment, size_t size) { return aligned_alloc(alignment, size); }
int posix_memalign(void** out, size_t alignment, size_t size) {
  void* block = aligned_alloc(alignment, size);
  if (!block) return ENOMEM;
  *out = block;
  return 0;
}
}
