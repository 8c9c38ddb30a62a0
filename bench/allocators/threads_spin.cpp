// An allocator that knows no threads, under one spin lock.
//
// Yard (bench/). Test, then test-and-set (Larry Rudolph, Zary Segall, 1984), so that who waits only reads.

#include <stddef.h>
#include <stdint.h>

extern "C" {
void* malloc(size_t size);
void free(void* block);
}

namespace {
alignas(64) uint32_t lock;

class Held {
 public:
  Held() {
    while (__atomic_exchange_n(&lock, 1, __ATOMIC_ACQUIRE) != 0) {
      while (__atomic_load_n(&lock, __ATOMIC_RELAXED) != 0) {
      }
    }
  }
  ~Held() { __atomic_store_n(&lock, 0, __ATOMIC_RELEASE); }
};
}  // namespace

extern "C" {
void thread_begin(uint32_t) {}
void* thread_malloc(size_t size) {
  Held held;
  return malloc(size);
}
void thread_free(void* block) {
  Held held;
  free(block);
}
}
