// A heap whose agents can be ended before any one of their stores: how, and the memory for it.
#pragma once

#include <allot/heap/shared_heaps.hpp>
#include <allot/memory/shared_mapping.hpp>

#include <cstdint>
#include <cstring>
#include <vector>

namespace allot_test {

/// What is thrown where an agent ends.
struct Dead {};

/// Counts the stores and the atomic operations, and ends the agent before one of them.
struct DyingSteps {
  static inline std::uint64_t done = 0;
  static inline std::uint64_t last = ~std::uint64_t{0};  // the step that is not taken any more

  static void before_load(std::uintptr_t) {}
  static void before_store(std::uintptr_t) { step(); }
  static void before_atomic(std::uintptr_t) { step(); }
  static void step() {
    if (++done == last) throw Dead{};
  }

  /// Lets what follows end before its n-th step.
  static void end_at(std::uint64_t n) {
    done = 0;
    last = n;
  }
  static void live_on() { last = ~std::uint64_t{0}; }
};

/// A memory that can be put back to what it was. Growing it is a step like others, with an end before it and
/// one behind it, and so is filling a block with zeros.
class DyingMemory {
 public:
  DyingMemory(std::uint64_t initial, std::uint64_t maximum) : data_(maximum), bytes_(initial) {}

  std::uint8_t* base() { return data_.data(); }
  std::uint64_t bytes() { return bytes_; }
  bool grow(std::uint64_t pages) { return grow_from(pages) != ~std::uint64_t{0}; }
  std::uint64_t grow_from(std::uint64_t pages) {
    DyingSteps::step();
    const std::uint64_t before = bytes_;
    if (pages > (data_.size() - bytes_) / allot::page_bytes) return ~std::uint64_t{0};
    bytes_ += pages * allot::page_bytes;
    DyingSteps::step();
    return before;
  }

  void zero(std::uint64_t at, std::uint64_t n) {
    DyingSteps::step();
    std::memset(base() + at, 0, n);
    DyingSteps::step();
  }

  struct Snapshot {
    std::vector<std::uint8_t> data;
  };
  Snapshot snapshot() const {
    return {std::vector(data_.begin(), data_.begin() + static_cast<long>(bytes_))};
  }
  void restore(const Snapshot& to) {
    std::memcpy(data_.data(), to.data.data(), to.data.size());
    if (bytes_ > to.data.size()) std::memset(data_.data() + to.data.size(), 0, bytes_ - to.data.size());
    bytes_ = to.data.size();
  }

 private:
  std::vector<std::uint8_t> data_;
  std::uint64_t bytes_;
};

using DyingHeap =
    allot::SharedHeap<DyingMemory, allot::FutexWait, std::uint32_t, allot::SharedTraits, DyingSteps>;

}  // namespace allot_test
