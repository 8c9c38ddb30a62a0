// allot's core as the malloc of a native program: balanced, in address space that is reserved once.
//
// Yard (bench/). A library for LD_PRELOAD. The core is written for linear memories; here the process's own address
// space is one, from address 0 up, so that an address is a pointer, and the heap lies at a place that the compiler
// knows, as it does in a wasm module: no pointer to it is loaded. One thread only.

#include <errno.h>
#include <stddef.h>
#include <sys/mman.h>

#include <allot/heap/heaps.hpp>

namespace {

using namespace allot;

// Where nothing else is mapped: programs, libraries and stacks lie far above.
constexpr u64 heap_begin = u64{1} << 30;
constexpr u64 heap_limit = u64{1} << 32;

// A MiB: the system makes its pages only when they are touched. (glibc takes 132 KiB at a time.)
constexpr u64 first_pages = 16;

u64 memory_end = heap_begin;

struct ProcessMemory {
  static constexpr bool stateless = true;
  u8* base() const { return nullptr; }
  u64 bytes() const { return memory_end; }
  bool grow(u64 pages) const {
    const u64 more = pages << page_shift;
    if (more > heap_limit - memory_end) return false;
    void* const at = reinterpret_cast<void*>(memory_end);
    if (mprotect(at, more, PROT_READ | PROT_WRITE) != 0) return false;
    memory_end += more;
    return true;
  }
  void zero(u64 at, u64 n) const { __builtin_memset(reinterpret_cast<void*>(at), 0, n); }
  void copy(u64 to, u64 from, u64 n) const {
    __builtin_memmove(reinterpret_cast<void*>(to), reinterpret_cast<const void*>(from), n);
  }
};

using Heap = BasicHeap<Inside<ProcessMemory, u32, KnownPolicy<Policy::balanced>>>;

Heap& heap() { return *reinterpret_cast<Heap*>(heap_begin); }

// Sizes up to this one, above 0, need no look at anything; 0 as long as there is no heap.
u64 tiny_bytes = 0;

[[gnu::noinline, gnu::cold]] void lay_out() {
  void* const wanted = reinterpret_cast<void*>(heap_begin);
  const int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE;
  if (mmap(wanted, heap_limit - heap_begin, PROT_NONE, flags, -1, 0) != wanted ||
      !ProcessMemory().grow(first_pages))
    __builtin_trap();
  Options options;
  options.begin = heap_begin;
  if (heap().initialize(options) != Error::none) __builtin_trap();
  tiny_bytes = Heap::tiny_bytes;
}
// The first call comes before the constructors of this library may have run.
void make_ready() {
  if (tiny_bytes == 0) [[unlikely]]
    lay_out();
}

u32 address(void* block) { return static_cast<u32>(reinterpret_cast<uintptr_t>(block)); }

[[gnu::noinline, gnu::cold]] void* no_memory() {
  errno = ENOMEM;
  return nullptr;
}
void* block_at(Granule g) { return reinterpret_cast<void*>(uintptr_t{heap().address(g)}); }
void* pointer(Granule g) {
  if (Heap::failed(g)) [[unlikely]]
    return no_memory();
  return block_at(g);
}

[[gnu::noinline]] void* allocate_any(size_t size) {
  make_ready();
  return pointer(heap().allocate_sized(size));
}
[[gnu::noinline]] void* allocate_long(u32 size) { return pointer(heap().allocate_long_otherwise(size)); }
// As in the guest library.
[[gnu::noinline]] void* allocate(size_t size) {
  if (tiny_bytes == 0) return allocate_any(size);
  return heap().allocate_by_length(size, block_at, allocate_long, allocate_any);
}

[[gnu::noinline]] Error free_rest(void* block, u32 start) {
  if (heap().deallocate_rest(address(block), start) != Error::none) [[unlikely]]
    __builtin_trap();
  return Error::none;
}

}  // namespace

extern "C" {
void* malloc(size_t size) {
  Granule g = 0;
  if (size - 1 < tiny_bytes && heap().allocate_tiny_again(static_cast<u32>(size), g)) [[likely]]
    return block_at(g);
  return allocate(size);
}
void free(void* block) {
  // One comparison for two things: a null pointer, and what cannot be a block of the heap.
  if (reinterpret_cast<uintptr_t>(block) - heap_begin >= heap_limit - heap_begin) [[unlikely]] {
    if (block) __builtin_trap();
    return;
  }
  (void)heap().deallocate_or(address(block), [block](u32 start) { return free_rest(block, start); });
}
void* realloc(void* block, size_t size) {
  if (!block) return malloc(size);
  return pointer(heap().reallocate_raw(address(block), size));
}
void* calloc(size_t count, size_t size) {
  make_ready();
  return pointer(heap().allocate_zeroed_raw(count, size));
}
void* aligned_alloc(size_t alignment, size_t size) {
  make_ready();
  return pointer(heap().allocate_aligned_raw(alignment, size));
}
void* memalign(size_t alignment, size_t size) { return aligned_alloc(alignment, size); }
int posix_memalign(void** out, size_t alignment, size_t size) {
  void* block = aligned_alloc(alignment, size);
  if (!block) return ENOMEM;
  *out = block;
  return 0;
}
}
