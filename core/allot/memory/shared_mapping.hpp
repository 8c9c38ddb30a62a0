// Purpose: a memory that several threads or processes of this machine use at once, and how they wait.
// Floor:   memory. Native (Linux) only.
#pragma once

#include <linux/futex.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#include <allot/base/bits.hpp>
#include <allot/memory/concept.hpp>

namespace allot {

/// A mapping that processes forked from this one share. Its base never moves, and it grows for all of them at
/// once. Returned to the system when the process that made it destroys it.
class SharedMapping {
 public:
  static constexpr bool base_is_fixed = true;
  static constexpr bool is_shared = true;

  /// Both rounded up to pages. `valid()` is false when the system refused, and when `initial` is more than `maximum`:
  /// it has no bytes then, and cannot grow.
  SharedMapping(u64 initial, u64 maximum) {
    // Looked at before they are rounded: beyond it 0 would come out.
    constexpr u64 most = detail::most_bytes_of_pages(control_bytes);
    if (initial > most || maximum > most) return;
    const u64 want = round_up(maximum, page_bytes);
    const u64 first = round_up(initial, page_bytes);
    if (first > want) return;
    void* const at = mmap(nullptr, control_bytes + want, PROT_READ | PROT_WRITE,
                          MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (at == MAP_FAILED) return;
    control_ = static_cast<u64*>(at);
    reserved_ = want;
    *control_ = first;
  }
  ~SharedMapping() {
    if (control_) munmap(control_, control_bytes + reserved_);
  }
  /// The memory stays where it is and is the new object's; the old one is not valid any more, and has no bytes. A heap
  /// keeps a pointer to its memory: move it before there is one, or into the heap.
  SharedMapping(SharedMapping&& other) noexcept : control_(other.control_), reserved_(other.reserved_) {
    other.control_ = nullptr;
    other.reserved_ = 0;
  }
  SharedMapping(const SharedMapping&) = delete;
  SharedMapping& operator=(const SharedMapping&) = delete;

  bool valid() const { return control_ != nullptr; }
  u8* base() { return control_ ? reinterpret_cast<u8*>(control_) + control_bytes : nullptr; }
  u64 bytes() { return control_ ? __atomic_load_n(control_, __ATOMIC_SEQ_CST) : 0; }
  bool grow(u64 pages) { return grow_from(pages) != ~u64{0}; }
  /// The bytes that it had before, or ~0 when it cannot grow so far.
  u64 grow_from(u64 pages) {
    if (!control_) return ~u64{0};
    u64 have = bytes();
    do {
      if (pages > (reserved_ - have) >> page_shift) return ~u64{0};
    } while (!__atomic_compare_exchange_n(control_, &have, have + (pages << page_shift), false,
                                          __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST));
    return have;
  }

 private:
  static constexpr u64 control_bytes = page_bytes;

  u64* control_ = nullptr;  // one page before the memory: how long it is
  u64 reserved_ = 0;
};

static_assert(LinearMemory<SharedMapping>);

/// How an agent of this machine waits: a futex, which works between processes too.
struct FutexWait {
  static void wait(uintptr_t at, u32 value, u32 milliseconds) {
    const timespec span{static_cast<time_t>(milliseconds / 1000),
                        static_cast<long>(milliseconds % 1000) * 1000000};
    syscall(SYS_futex, at, FUTEX_WAIT, value, &span, nullptr, 0);
  }
  static void wake(uintptr_t at) { syscall(SYS_futex, at, FUTEX_WAKE, 1, nullptr, nullptr, 0); }
  static void pause() {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#endif
  }
};

}  // namespace allot
