// Purpose: the memory that a WebAssembly module itself runs on (its memory 0).
// Floor:   memory. Compiled for wasm32 and wasm64 only.
#pragma once

#include <allot/base/bits.hpp>
#include <allot/memory/concept.hpp>

namespace allot {

/// Stateless: a module has one memory 0, and its byte 0 is at pointer 0.
class WasmMemory {
 public:
  static constexpr bool stateless = true;
  u8* base() const { return nullptr; }
  u64 bytes() const { return static_cast<u64>(__builtin_wasm_memory_size(0)) << page_shift; }
  bool grow(u64 pages) const {
    if (pages > 0xFFFFFFFFu) return false;
    return __builtin_wasm_memory_grow(0, static_cast<size_t>(pages)) != ~static_cast<size_t>(0);
  }
  /// The same for a memory that others may grow at the same time: the bytes that it had before, or ~0.
  u64 grow_from(u64 pages) const {
    if (pages > 0xFFFFFFFFu) return ~u64{0};
    const size_t before = __builtin_wasm_memory_grow(0, static_cast<size_t>(pages));
    return before == ~size_t{0} ? ~u64{0} : static_cast<u64>(before) << page_shift;
  }
  /// Has the engine look how long a shared memory is now. V8 knows the length of each instance's memory, by which it checks
  /// atomic instructions; that stays too short where somebody else grows the memory while this agent is given it.
  void refresh() const { (void)__builtin_wasm_memory_grow(0, 0); }
  void zero(u64 at, u64 n) const {
    __builtin_memset(reinterpret_cast<void*>(static_cast<uintptr_t>(at)), 0, static_cast<size_t>(n));
  }
  void copy(u64 to, u64 from, u64 n) const {
    __builtin_memmove(reinterpret_cast<void*>(static_cast<uintptr_t>(to)),
                      reinterpret_cast<const void*>(static_cast<uintptr_t>(from)), static_cast<size_t>(n));
  }
  /// The same for whole granules that do not overlap. Engines call a function of theirs for memory.copy and
  /// memory.fill, which takes longer than to copy a few here.
  void zero_granules(u64 at, u64 n) const {
    if (small_code || n > few_bytes) return zero(at, n);
    const uintptr_t end = static_cast<uintptr_t>(at + n);
    // Or the compiler would make it memory.fill.
    const u64 nothing = opaque(u64{0});
    for (uintptr_t to = static_cast<uintptr_t>(at); to != end; to += granule_bytes) {
      store<u64>(to, nothing);
      store<u64>(to + 8, nothing);
    }
  }
  void copy_granules(u64 to, u64 from, u64 n) const {
    if (small_code || n > few_bytes) return copy(to, from, n);
    uintptr_t at = static_cast<uintptr_t>(to);
    const uintptr_t end = static_cast<uintptr_t>(from + n);
    for (uintptr_t next = static_cast<uintptr_t>(from); next != end; next += granule_bytes) {
      const u64 first = load<u64>(next);
      const u64 second = load<u64>(next + 8);
      store<u64>(at, first);
      store<u64>(at + 8, second);
      at += granule_bytes;
    }
  }

 private:
  static constexpr u64 few_bytes = 128;
};

/// How an agent waits in a shared memory. Costs nothing while nobody waits.
struct WasmWait {
  /// Waits while the word at `at` holds `value`, for so many milliseconds at most. Never on a thread that may
  /// not block: the engine would trap. Without atomic instructions there is nobody to wait for.
  static void wait([[maybe_unused]] uintptr_t at, [[maybe_unused]] u32 value,
                   [[maybe_unused]] u32 milliseconds) {
#ifdef __wasm_atomics__
    wait_nanoseconds(at, value, static_cast<int64_t>(milliseconds) * 1000000);
#endif
  }
  static void wake([[maybe_unused]] uintptr_t at) {
#ifdef __wasm_atomics__
    __builtin_wasm_memory_atomic_notify(reinterpret_cast<int*>(at), 1);
#endif
  }
  static void pause() {}

#ifdef __wasm_atomics__
 private:
  // Alone: see Lock::wait_for_lock.
  [[gnu::noinline]] static void wait_nanoseconds(uintptr_t at, u32 value, int64_t nanoseconds) {
    __builtin_wasm_memory_atomic_wait32(reinterpret_cast<int*>(at), static_cast<int>(value), nanoseconds);
  }
#endif
};

}  // namespace allot
