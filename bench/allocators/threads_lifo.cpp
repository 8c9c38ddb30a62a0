// The practical speed limit for threads: free lists of each thread's own, without any check, lock or atomic
// operation. A block that another thread allocated goes to the lists of the one that frees it.
//
// Yard (bench/). One class a granule, up to 1024 bytes: no more than W2 asks for.

#include <stddef.h>
#include <stdint.h>

namespace {

constexpr uint32_t thread_limit = 8;
constexpr uint32_t granule = 16;
constexpr uint32_t header = 4;
constexpr uint32_t classes = 65;
constexpr uint32_t piece = 1024 * 1024;

struct Free {
  Free* next;
};
struct alignas(64) Thread {
  Free* lists[classes];
  uint32_t top;
  uint32_t end;
};
Thread threads[thread_limit];

// In a global of the instance.
__attribute__((address_space(1))) uint32_t own_thread;

__attribute__((noinline)) void* carve(Thread& own, uint32_t number) {
  uint32_t bytes = number * granule;
  if (own.end - own.top < bytes + granule) {
    size_t pages = __builtin_wasm_memory_grow(0, piece / 65536);
    if (pages == size_t(-1)) return nullptr;
    own.top = uint32_t(pages) * 65536;
    own.end = own.top + piece;
  }
  uint32_t* block = reinterpret_cast<uint32_t*>(own.top + granule);
  block[-1] = number;
  own.top += bytes;
  return block;
}

}  // namespace

extern "C" {

void thread_begin(uint32_t thread) { own_thread = thread; }

void* thread_malloc(size_t size) {
  Thread& own = threads[own_thread];
  uint32_t number = (size + header + granule - 1) / granule;
  Free* block = own.lists[number];
  if (!block) return carve(own, number);
  own.lists[number] = block->next;
  return block;
}

void thread_free(void* block) {
  Thread& own = threads[own_thread];
  uint32_t number = static_cast<uint32_t*>(block)[-1];
  static_cast<Free*>(block)->next = own.lists[number];
  own.lists[number] = static_cast<Free*>(block);
}
}
