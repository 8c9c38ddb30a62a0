// Several agents of one heap, driven by one thread, and the model of what they have together.
#pragma once

#include <allot/heap/shared_heaps.hpp>
#include <allot/memory/shared_mapping.hpp>

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "../model.hpp"
#include "../pattern.hpp"
#include "../random.hpp"
#include "../walk.hpp"

namespace allot_test {

template <class Heap_>
class AgentsOf {
 public:
  using Heap = Heap_;

  AgentsOf(std::size_t agents, const allot::Options& options, std::uint64_t initial_pages,
           std::uint64_t maximum_pages)
      : memory_(initial_pages * allot::page_bytes, maximum_pages * allot::page_bytes) {
    const auto first = Heap::create(memory_, options);
    if (!first) disagree("create: ", allot::name_of(first.error()));
    heaps_.push_back(first.value());
    while (heaps_.size() < agents) heaps_.push_back(joined());
  }

  [[nodiscard]] std::size_t size() const { return heaps_.size(); }
  Heap& operator[](std::size_t i) { return heaps_[i]; }
  allot::SharedMapping& memory() { return memory_; }
  std::uint8_t* at(std::uint64_t address) { return memory_.base() + address; }

  /// A further agent, which is not in the list.
  Heap joined() {
    auto heap = Heap::open(memory_, heaps_[0].image());
    if (!heap) disagree("open: ", allot::name_of(heap.error()));
    const auto number = heap.value().attach();
    if (!number) disagree("attach: ", allot::name_of(number.error()));
    return heap.value();
  }

  /// Every agent takes in what others have freed.
  void settle() {
    for (Heap& heap : heaps_) heap.collect();
  }

  void validate() {
    const allot::Violation violation = heaps_[0].validate();
    if (violation)
      disagree("validate() finds invariant ", violation.number, " broken at ", violation.address);
  }

 private:
  allot::SharedMapping memory_;
  std::vector<Heap> heaps_;
};

using SharedTestHeap = allot::SharedHeap<allot::SharedMapping, allot::FutexWait>;
using Agents = AgentsOf<SharedTestHeap>;

}  // namespace allot_test
