// Purpose: who is told when the memory changes its size, runs out, or turns out to be spoilt.
// Floor:   door host.
//
// Handlers and the hook are kept by the heap until their Subscription or Token ends. They may do anything: use the
// heap, end themselves, let the last handle of the heap go. Two things they must not do:
//
//   * Own what keeps the heap: a Heap, a reference or a block by value. The heap keeps them, and neither would ever go.
//     Capture these by reference, and end the handler when they go.
//   * Throw, unless the program can do without what they interrupt. An exception comes out of the call of the heap that
//     told them, which has done its work: what it allocated is nobody's then. Out of a block's or a reference's
//     destructor or assignment, or a container's, which free, none can come: the program ends.
#pragma once

#include <allot/base/error.hpp>
#include <allot/host/token.hpp>

#include <algorithm>
#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace allot {

enum class EventKind {
  grow,  // the memory has become longer: by the heap, by the guest, by anybody
  trim,  // the heap has given up pages at its end; the engine decides whether the memory becomes shorter
  resize,  // either
  oom,  // a request could not be met
  corrupt,  // the image breaks its rules; the heap refuses all work from now on
};

struct Event {
  EventKind kind;
  u64 old_bytes = 0;  // of the memory, or for oom and corrupt as it is
  u64 new_bytes = 0;
  u64 requested = 0;  // oom: bytes that were asked for
  u32 attempt = 0;  // oom: how often this request has failed, from 1 up
  Error error = Error::none;
};

/// Told, with the heap in order. What it may not do stands above.
using EventHandler = std::function<void(const Event&)>;
/// Asked when a request cannot be met: true says that there may be room now, and has the heap try again.
using OutOfMemoryHook = std::function<bool(const Event&)>;

namespace host {

/// The handlers of one heap.
class Events {
  struct Entry {
    Events* events;  // null once they are gone
    EventKind kind;
    EventHandler handler;
    std::optional<WeakToken> token;
    bool gone = false;
  };

 public:
  using Place = std::weak_ptr<Entry>;

  Events() = default;
  Events(const Events&) = delete;
  Events& operator=(const Events&) = delete;
  ~Events() {
    // What goes with a handler may be the end of another one's subscription.
    for (const auto& entry : entries_) entry->events = nullptr;
  }

  [[nodiscard]] bool empty() const { return entries_.empty(); }

  Place add(EventKind kind, EventHandler handler, std::optional<WeakToken> token) {
    entries_.push_back(std::make_shared<Entry>(Entry{this, kind, std::move(handler), token}));
    const Place place = entries_.back();
    if (token) token->at_end([place] { remove(place); });
    return place;
  }
  /// The handler is told no more, and goes at once; while it is told, right after that.
  static void remove(const Place& place) {
    const auto entry = place.lock();
    if (!entry) return;
    entry->gone = true;
    if (entry->events == nullptr) return;
    auto& all = std::exchange(entry->events, nullptr)->entries_;
    // It is kept here until the list is whole again: what goes with it may use the list.
    all.erase(std::find(all.begin(), all.end(), entry));
  }

  /// Handlers may add and remove handlers, and use the heap. Whoever calls this keeps the heap.
  void tell(const Event& event) {
    if (entries_.empty()) return;
    const auto now = entries_;
    for (const auto& entry : now) {
      const bool is_over = entry->gone || (entry->token && entry->token->expired());
      if (!is_over && entry->kind == event.kind) entry->handler(event);
    }
  }
  void tell_resize(EventKind kind, u64 before, u64 after) {
    tell({kind, before, after});
    tell({EventKind::resize, before, after});
  }

 private:
  std::vector<std::shared_ptr<Entry>> entries_;
};

}  // namespace host

/// Keeps a handler told; when it is destroyed the handler is told no more, and goes. It may outlive the heap.
class [[nodiscard]] Subscription {
 public:
  Subscription() = default;
  explicit Subscription(host::Events::Place place) : place_(std::move(place)) {}
  Subscription(Subscription&& other) noexcept : place_(std::exchange(other.place_, {})) {}
  Subscription& operator=(Subscription&& other) noexcept {
    if (this != &other) {
      cancel();
      place_ = std::exchange(other.place_, {});
    }
    return *this;
  }
  ~Subscription() { cancel(); }
  void cancel() { host::Events::remove(std::exchange(place_, {})); }

 private:
  host::Events::Place place_;
};

}  // namespace allot
