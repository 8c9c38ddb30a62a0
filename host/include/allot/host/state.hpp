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

struct State {
  // In this order: the allocator uses the memory.
  std::unique_ptr<AnyMemory> memory;
  std::unique_ptr<Allocator> allocator;
  Events events;
  OutOfMemoryHook on_oom;
  u64 seen_bytes = 0;  // the memory's length that the handlers know; nobody's while there are none
  bool is_corrupt = false;

  Events::Place subscribe(EventKind kind, EventHandler handler, std::optional<WeakToken> token) {
    // A first handler is told of what happens from now on.
    if (events.empty()) seen_bytes = memory->bytes();
    return events.add(kind, std::move(handler), std::move(token));
  }
  /// Tells of what has happened to the memory since the last call of the heap.
  void look_at_memory() {
    const u64 now = memory->bytes();
    const u64 before = std::exchange(seen_bytes, now);
    if (now > before && !events.empty()) events.tell_resize(EventKind::grow, before, now);
  }
  Error noted(Error error) {
    if (error == Error::corrupt_image && !is_corrupt) {
      is_corrupt = true;
      events.tell({EventKind::corrupt, memory->bytes(), memory->bytes(), 0, 0, error});
    }
    return error;
  }
  Error deallocate(u64 address) { return noted(allocator->deallocate(address)); }
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
      free();
      state_ = std::move(other.state_);
      address_ = other.address_;
      owner_ = std::exchange(other.owner_, false);
    }
    return *this;
  }
  ~Keep() { free(); }

  [[nodiscard]] bool is_owner() const { return owner_; }
  [[nodiscard]] u64 address() const { return address_; }
  [[nodiscard]] const std::shared_ptr<State>& state() const { return state_; }

  /// Gives the block back, if it is kept here. What the guest has freed already is an error, and nothing
  /// happens.
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
