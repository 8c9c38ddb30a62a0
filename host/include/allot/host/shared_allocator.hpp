// Purpose: the core as an Allocator over an image that several agents use at once: this host is one of them.
// Floor:   door host.
#pragma once

#include <allot/host/checked_shared.hpp>
#include <allot/host/core_allocator.hpp>

#include <algorithm>
#include <array>
#include <chrono>

namespace allot::host {

/// One agent's way to the image: used by one thread at a time. Before join() it only looks.
template <class Address>
class SharedAllocator final
    : public CheckedAllocator<SharedAllocator<Address>, CheckedSharedInside<Address>> {
  using Base = CheckedAllocator<SharedAllocator<Address>, CheckedSharedInside<Address>>;

 public:
  /// What of the image must be in the memory for a call of the core, which looks at the agents' records itself.
  static constexpr u64 least_bytes = sizeof(Header);

  /// The memory's base is fixed.
  SharedAllocator(AnyMemory& memory, u64 image, std::chrono::milliseconds patience)
      : Base(memory, image), patience_(milliseconds(patience)) {
    this->reach().set_patience(patience_);
  }
  ~SharedAllocator() override { leave(); }

  /// Lays out a new image, whose first agent this is. May grow the memory, if it does not fail.
  Error create(const Options& options) {
    return this->lay_out([&](auto& core) {
      const Error error = core.initialize(options);
      return error == Error::none ? became(core, 0) : error;
    });
  }
  /// Looks at an image that is there.
  Error attach() {
    return this->call([](auto& core) { return core.check(); });
  }
  /// Checks every invariant, unless agents are at work: what they have half done would look like damage. An image
  /// that is refused stays as it was, to the last byte.
  Error check(bool is_quiet) {
    return this->call([&](auto& core) {
      for (u32 id = 0; id < agent_capacity && !is_quiet; ++id)
        if (core.agent_figures(id).state == in_use) return Error::none;
      const u64 before = core.last_violation();
      const bool is_sound = core.validate_raw() == 0;
      at(offsetof(Header, violation_address)).template set<u64>(before);
      return is_sound ? Error::none : Error::corrupt_image;
    });
  }
  /// Becomes an agent. May grow the memory.
  Error join() {
    return this->call([&](auto& core) { return join_with(core); });
  }
  /// The same in a copy of a memory, where none of the agents runs: goes on as the first of them. The copy is another
  /// heap, and so it has another identity.
  Error resume() {
    return this->call([&](auto& core) {
      at(image_word::shared_identity).template set<u32>(0);
      for (u32 slot = 0; slot < agent_capacity; ++slot) {
        const AgentFigures agent = core.agent_figures(slot);
        if (agent.state != in_use) continue;
        Error error = Error::none;
        if (id_)
          error = core.reap(agent.number).error();
        else if (error = core.resume(agent.number); error == Error::none)
          error = became(core, agent.number);
        if (error != Error::none) return error;
      }
      return id_ ? Error::none : join_with(core);
    });
  }

  [[nodiscard]] bool is_shared() const override { return true; }
  Result<u32> agent() override { return id_ ? Result<u32>(*id_) : Result<u32>(Error::not_attached); }
  Result<std::vector<AgentStatus>> agents() override {
    std::array<AgentFigures, agent_capacity> found{};
    u32 holder = 0;  // its number + 1
    const Error error = this->call([&](auto& core) {
      for (u32 id = 0; id < agent_capacity; ++id) found[id] = core.agent_figures(id);
      holder = core.lock_holder();
      return Error::none;
    });
    if (error != Error::none) return error;
    std::vector<AgentStatus> list;
    for (const AgentFigures& agent : found) {
      if (agent.state == unused) continue;
      list.push_back({agent.number, agent.state != in_use, agent.pages, agent.live_bytes});
      if (agent.number + 1 == holder) holder = 0;
    }
    if (holder != 0 && slot_of(holder - 1) < agent_capacity) list.push_back({holder - 1, false, 0, 0});
    return list;
  }
  Error reap(u32 agent) override {
    return this->call([&](auto& core) { return core.reap(agent).error(); });
  }

  /// Exact as far as the other agents are quiet, and have taken in what was freed of theirs.
  Result<u64> statistic(Statistic which) override {
    return this->template run<Result<u64>>([&](auto& core) {
      core.collect();
      return Result<u64>(core.statistic(which));
    });
  }

  // What others may be about to use is not given back.
  Result<u64> trim() override { return host_error::unsupported_operation; }

 private:
  // Agent records' states.
  static constexpr u32 unused = 0;
  static constexpr u32 in_use = 1;

  // Who goes does not wait for as long.
  static constexpr u32 leaving_milliseconds = 1000;
  static u32 milliseconds(std::chrono::milliseconds time) {
    constexpr std::chrono::milliseconds most{3'600'000};
    return static_cast<u32>(std::clamp(time, std::chrono::milliseconds{0}, most).count());
  }

  CheckedSharedPointer at(u64 offset) { return {this->reach(), this->image().value() + offset}; }

  template <class Core>
  Error became(Core& core, u32 id) {
    id_ = id;
    return core.set_may_block(true);
  }
  template <class Core>
  Error join_with(Core& core) {
    const Result<u32> id = core.attach();
    return id ? became(core, id.value()) : id.error();
  }

  /// Blocks stay, free pages go to the others. Without the lock they stay, too, until somebody reaps this agent. If that
  /// was done, its record may be another one's.
  void leave() {
    if (!id_ || this->is_corrupt()) return;
    this->reach().set_patience(std::min(patience_, leaving_milliseconds));
    (void)this->call(
        [&](auto& core) { return core.agent_state(*id_) == in_use ? core.detach() : Error::not_attached; });
  }

  u32 patience_;
  std::optional<u32> id_;  // this agent's number, whatever its record says
};

}  // namespace allot::host
