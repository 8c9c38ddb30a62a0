// Purpose: who is told when the memory changes its size, runs out, or turns out to be spoilt.
// Floor:   door host.
#pragma once

#include <allot/base/error.hpp>
#include <allot/host/token.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace allot {

enum class EventKind {
  grow,     // the memory has become longer: by the heap, by the guest, by anybody
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

using EventHandler = std::function<void(const Event&)>;
/// Asked when a request cannot be met: true says that there may be room now, and has the heap try again.
using OutOfMemoryHook = std::function<bool(const Event&)>;

namespace host {

/// The handlers of one heap.
class Events {
  struct Entry {
    EventKind kind;
    EventHandler handler;
    std::optional<WeakToken> token;
    bool gone = false;
  };

 public:
  using Place = std::weak_ptr<Entry>;

  [[nodiscard]] bool empty() const { return entries_.empty(); }

  Place add(EventKind kind, EventHandler handler, std::optional<WeakToken> token) {
    entries_.push_back(std::make_shared<Entry>(Entry{kind, std::move(handler), std::move(token)}));
    return entries_.back();
  }
  static void remove(const Place& place) {
    if (const auto entry = place.lock()) entry->gone = true;
  }

  /// Handlers may add and remove handlers, and use the heap.
  void tell(const Event& event) {
    if (entries_.empty()) return;
    std::erase_if(entries_,
                  [](const auto& entry) { return entry->gone || (entry->token && entry->token->expired()); });
    const auto now = entries_;
    for (const auto& entry : now)
      if (!entry->gone && entry->kind == event.kind) entry->handler(event);
  }
  void tell_resize(EventKind kind, u64 before, u64 after) {
    tell({kind, before, after});
    tell({EventKind::resize, before, after});
  }

 private:
  std::vector<std::shared_ptr<Entry>> entries_;
};

}  // namespace host

/// Keeps a handler told; when it is destroyed the handler is told no more.
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
