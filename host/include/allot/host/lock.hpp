// Purpose: one agent at a time in a heap that several share: the lock that JavaScript's agents take, too.
// Floor:   door host.
// Source:  js/src/lock.ts; Ulrich Drepper, "Futexes Are Tricky" (2004), the third mutex.
//
// The lock is a word of the image: 0 free, 1 held, 2 held and waited for. A native thread cannot wake who
// waits with Atomics.wait; JavaScript's agents look again by themselves after a tenth of a second.
#pragma once

#include <allot/host/memory.hpp>
#include <allot/image/layout.hpp>

#include <chrono>
#include <cstddef>
#include <thread>

namespace allot::host {

/// Holds the lock of an image for as long as it lives. `error()` says whether it has it.
class HeldLock {
 public:
  HeldLock() = default;
  /// `word` lies in a memory that is shared, at a multiple of 4. Gives up after a while.
  explicit HeldLock(u32* word) {
    u32 seen = 0;
    for (int i = 0; i < spins; ++i) {
      seen = 0;
      if (__atomic_compare_exchange_n(word, &seen, u32{1}, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED)) {
        word_ = word;
        return;
      }
      if (seen > 2) {
        error_ = Error::corrupt_image;
        return;
      }
    }
    const auto end = std::chrono::steady_clock::now() + patience;
    while (__atomic_exchange_n(word, u32{2}, __ATOMIC_ACQUIRE) != 0) {
      if (std::chrono::steady_clock::now() > end) {
        error_ = host_error::lock_held;
        return;
      }
      std::this_thread::sleep_for(pause);
    }
    word_ = word;
  }
  HeldLock(const HeldLock&) = delete;
  HeldLock& operator=(const HeldLock&) = delete;
  ~HeldLock() {
    if (word_) __atomic_store_n(word_, u32{0}, __ATOMIC_RELEASE);
  }
  [[nodiscard]] Error error() const { return error_; }

 private:
  static constexpr int spins = 100;
  static constexpr auto patience = std::chrono::seconds(5);
  static constexpr auto pause = std::chrono::microseconds(50);

  u32* word_ = nullptr;
  Error error_ = Error::none;
};

}  // namespace allot::host
