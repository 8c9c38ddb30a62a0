// Purpose: what all handles of one heap share, and who keeps a block.
// Floor:   door host.
#pragma once

#include <allot/host/allocator.hpp>
#include <allot/host/events.hpp>

#include <memory>
#include <utility>

namespace allot::host {

/// A memory without a byte: what a handle has that stands for nothing.
class NoMemory final : public AnyMemory {
 public:
  u8* base() override { return nullptr; }
  u64 bytes() override { return 0; }
  bool grow(u64) override { return false; }
  u64 grow_from(u64) override { return ~u64{0}; }
  bool discard(u64, u64) override { return false; }
};
inline AnyMemory& no_memory() {
  static NoMemory none;
  return none;
}

struct State : std::enable_shared_from_this<State> {
  // In this order: the allocator uses the memory.
  std::unique_ptr<AnyMemory> memory;
  std::unique_ptr<Allocator> allocator;
  Events events;
  std::shared_ptr<OutOfMemoryHook> on_oom;  // shared with the call that asks it: it may unset itself
  u64 seen_bytes = 0;  // the memory's length that the handlers know; nobody's while there are none
  bool is_corrupt = false;

  Events::Place subscribe(EventKind kind, EventHandler handler, std::optional<WeakToken> token) {
    // A first handler is told of what happens from now on.
    if (events.empty()) seen_bytes = memory->bytes();
    return events.add(kind, std::move(handler), std::move(token));
  }
  void ask_when_out_of_memory(OutOfMemoryHook hook) {
    on_oom = hook ? std::make_shared<OutOfMemoryHook>(std::move(hook)) : nullptr;
  }

  // A handler, or the hook, may let the last handle go. So whoever tells them keeps this state until it returns, and who
  // calls one of these uses nothing afterwards that a handle keeps, unless it keeps one itself.

  /// An operation that allocates `size` bytes, with the hook asked and the handlers told.
  template <class Operation>
  [[gnu::always_inline]] Result<u64> request(u64 size, Operation operation) {
    const Result<u64> block = operation(*allocator);
    // Without a handler nobody is told, and the engine need not be asked how long its memory is.
    if (block && events.empty()) [[likely]]
      return block;
    return request_again(size, block, operation);
  }
  /// Tells of what has happened to the memory since the last call of the heap.
  void look_at_memory() {
    const u64 now = memory->bytes();
    const u64 before = std::exchange(seen_bytes, now);
    if (now > before && !events.empty()) tell_resize(EventKind::grow, before, now);
  }
  [[gnu::noinline, gnu::cold]] void tell_resize(EventKind kind, u64 before, u64 after) {
    const auto kept = shared_from_this();
    events.tell_resize(kind, before, after);
  }
  Error noted(Error error) {
    if (error == Error::corrupt_image && !is_corrupt) [[unlikely]]
      tell_corrupt(error);
    return error;
  }
  Error deallocate(u64 address) { return noted(allocator->deallocate(address)); }

 private:
  /// What the first attempt came to is told; for as long as the hook says so, others follow.
  template <class Operation>
  [[gnu::noinline, gnu::cold]] Result<u64> request_again(u64 size, Result<u64> block, Operation operation) {
    const auto kept = shared_from_this();
    for (u32 attempt = 1;; ++attempt) {
      look_at_memory();
      if (block) return block;
      if (block.error() != Error::out_of_memory && block.error() != Error::quota_exceeded)
        return noted(block.error());
      const u64 now = memory->bytes();
      const Event event{EventKind::oom, now, now, size, attempt, block.error()};
      events.tell(event);
      const auto hook = on_oom;
      if (!hook || !(*hook)(event)) return block;
      block = operation(*allocator);
    }
  }
  [[gnu::noinline, gnu::cold]] void tell_corrupt(Error error) {
    const auto kept = shared_from_this();
    is_corrupt = true;
    events.tell({EventKind::corrupt, memory->bytes(), memory->bytes(), 0, 0, error});
  }
};

/// A block of a heap, kept or only looked at. Who keeps it gives it back.
class Keep {
 public:
  Keep() = default;
  Keep(std::shared_ptr<State> state, u64 address, bool owner)
      : state_(std::move(state)), address_(address), owner_(owner) {}
  Keep(Keep&& other) noexcept
      : state_(std::move(other.state_)),
        address_(other.address_),
        owner_(std::exchange(other.owner_, false)) {}
  Keep& operator=(Keep&& other) noexcept {
    if (this != &other) {
      (void)free();  // as in the destructor
      state_ = std::move(other.state_);
      address_ = other.address_;
      owner_ = std::exchange(other.owner_, false);
    }
    return *this;
  }
  // A handle that goes has nobody to tell; damage is told to those that subscribed to it.
  ~Keep() { (void)free(); }

  [[nodiscard]] bool is_owner() const { return owner_; }
  [[nodiscard]] u64 address() const { return address_; }
  [[nodiscard]] const std::shared_ptr<State>& state() const { return state_; }

  /// Gives the block back, if it is kept here. When the guest has freed it already that is an error, and nothing happens;
  /// but only until the address is a block's again: that one is freed then, whosever it is.
  Error free() {
    if (!std::exchange(owner_, false)) return Error::none;
    return state_->deallocate(address_);
  }
  /// From now on somebody else gives it back.
  u64 release() {
    owner_ = false;
    return address_;
  }

 private:
  std::shared_ptr<State> state_;
  u64 address_ = 0;
  bool owner_ = false;
};

}  // namespace allot::host
