// Purpose: any engine's linear memory behind one type, so that heaps and references need not be templates
//          over it.
// Floor:   door host.
//
// An adapter is an allot::LinearMemory: base(), bytes(), grow(pages). It may also have these:
//
//   * static constexpr bool base_is_fixed: growing never moves it, whoever grows it, so that pointers into
//     it stay valid.
//   * static constexpr bool is_shared: several threads may run in it, each with an adapter of its own or with one that
//     they may all use at once. A heap that is made in it is one for several agents. Its base must be fixed.
//   * u64 grow_from(pages): as grow, for memories that others may grow at the same time: the bytes that it had right
//     before, or ~0 when it was refused.
//   * bool discard(at, n): gives the pages wholly in [at, at + n) back to the system. They read 0 then.
//
// A reference reaches a memory whose base is fixed by one comparison and one load: the base never changes,
// and the length that is remembered here is never more than what the memory has. Of one that can move nothing
// is remembered (the length is 0), so that the same comparison leads to the engine each time. Nothing stale
// is ever used, and nobody has to say when a guest has run.
#pragma once

#include <allot/host/errors.hpp>
#include <allot/memory/concept.hpp>

#include <atomic>
#include <concepts>
#include <cstdint>
#include <memory>
#include <type_traits>
#include <utility>

namespace allot {

/// A linear memory of some engine, by way of its adapter.
class AnyMemory {
 public:
  AnyMemory() = default;
  AnyMemory(const AnyMemory&) = delete;
  AnyMemory& operator=(const AnyMemory&) = delete;
  virtual ~AnyMemory() = default;

  /// Where byte 0 lies now.
  virtual u8* base() = 0;
  /// Bytes that it has now.
  virtual u64 bytes() = 0;
  /// Makes it `pages` pages longer; false, with nothing changed, when the engine refuses.
  virtual bool grow(u64 pages) = 0;
  /// The same: the bytes that it had right before those pages, or ~0, when the engine refuses. Where an adapter cannot
  /// tell, as others made it longer at the same moment, ~0 too; whose the pages are is then known to nobody.
  virtual u64 grow_from(u64 pages) = 0;
  /// Gives the system's pages wholly inside [at, at + n) back; they read as zeros from then on. False when
  /// the memory cannot do that.
  virtual bool discard(u64 at, u64 n) = 0;
  /// The engine's memory is about to go: from now on there is not a byte, and the adapter is not asked any
  /// more.
  virtual void detach() { known_.store(0, std::memory_order_relaxed); }

  [[nodiscard]] bool base_is_fixed() const { return fixed_; }
  [[nodiscard]] bool is_shared() const { return shared_; }

  /// Whether the bytes before `end` are known to be there, without asking the engine; known() then says
  /// where.
  [[nodiscard, gnu::always_inline]] bool knows(u64 end) const {
    return end <= known_.load(std::memory_order_relaxed);
  }
  [[nodiscard, gnu::always_inline]] u8* known(u64 end, u64 n) const { return base_ + (end - n); }

  /// Where the `n` bytes lie that end before `end`, or null when the memory has not all of them. `n` must be
  /// at most `end`. The pointer is good until the memory grows.
  u8* before(u64 end, u64 n) { return knows(end) ? known(end, n) : before_slow(end, n); }
  /// The same for the n bytes from `at` on; any numbers.
  u8* locate(u64 at, u64 n) { return n > ~at ? nullptr : before(at + n, n); }

 protected:
  /// Said once, when the memory is made. `base` is null for one that can move.
  void set_kind(u8* base, bool fixed, bool shared) {
    base_ = base != nullptr ? base : nothing;
    fixed_ = fixed;
    shared_ = shared;
  }

 private:
  [[gnu::noinline, gnu::cold]] u8* before_slow(u64 end, u64 n) {
    const u64 have = bytes();
    if (end > have) return nullptr;
    if (fixed_) known_.store(have, std::memory_order_relaxed);
    return base() + (end - n);
  }

  // Where no bytes at address 0 lie when nothing is remembered: a place like any other, and no failure.
  alignas(16) static inline u8 nothing[16];

  u8* base_ = nullptr;
  std::atomic<u64> known_{0};
  bool fixed_ = false;
  bool shared_ = false;
};

namespace detail {

template <class M>
constexpr bool base_is_fixed() {
  if constexpr (requires { M::base_is_fixed; })
    return M::base_is_fixed;
  else
    return false;
}
template <class M>
constexpr bool is_shared() {
  if constexpr (requires { M::is_shared; })
    return M::is_shared;
  else
    return false;
}

/// M: an adapter, kept by value, or a reference to one that the caller keeps.
template <class M>
class ErasedMemory final : public AnyMemory {
  using Adapter = std::remove_reference_t<M>;

 public:
  explicit ErasedMemory(M&& memory) : memory_(std::forward<M>(memory)) {
    constexpr bool fixed = detail::base_is_fixed<Adapter>();
    set_kind(fixed ? memory_.base() : nullptr, fixed, detail::is_shared<Adapter>());
  }
  u8* base() override { return is_there_ ? memory_.base() : nullptr; }
  u64 bytes() override { return is_there_ ? memory_.bytes() : 0; }
  bool grow(u64 pages) override { return is_there_ && memory_.grow(pages); }
  u64 grow_from(u64 pages) override {
    constexpr u64 refused = ~u64{0};
    if (!is_there_) return refused;
    if constexpr (requires {
                    { memory_.grow_from(pages) } -> std::same_as<u64>;
                  }) {
      return memory_.grow_from(pages);
    } else {
      const u64 before = memory_.bytes();
      if (!memory_.grow(pages)) return refused;
      return memory_.bytes() == before + (pages << page_shift) ? before : refused;
    }
  }
  void detach() override {
    is_there_ = false;
    AnyMemory::detach();
  }
  bool discard(u64 at, u64 n) override {
    if (!is_there_) return false;
    if constexpr (requires {
                    { memory_.discard(at, n) } -> std::same_as<bool>;
                  }) {
      return memory_.discard(at, n);
    } else {
      (void)at;
      (void)n;
      return false;
    }
  }

 private:
  M memory_;
  bool is_there_ = true;
};

template <class M>
std::unique_ptr<AnyMemory> erase_type(M&& memory) {
  return std::make_unique<ErasedMemory<M>>(std::forward<M>(memory));
}

}  // namespace detail

/// What a heap can be made over: an adapter, given by reference (it must outlive the heap) or by value.
template <class M>
concept HostMemory = LinearMemory<std::remove_cvref_t<M>>;

}  // namespace allot
