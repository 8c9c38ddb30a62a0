// A heap together with the memories it needs, in one of the forms a heap can have. Tests are written
// once over a rig and run on all of them (variants.hpp).
#pragma once

#include <allot/heap/heaps.hpp>

#include <cstdint>
#include <stdexcept>
#include <utility>
#include <vector>

#include "memories.hpp"
#include "naive_heap.hpp"

namespace allot_test {

// What a rig is made of; the defaults suit most tests.
struct Plan {
  allot::Options options{};
  std::uint64_t initial_pages = 1;
  std::uint64_t maximum_pages = 1024;
  std::uint64_t refused_growth = 0;  // for a RefusingMemory
};

template <class Memory>
Memory make_memory(const Plan& plan) {
  return Memory(plan.initial_pages, plan.maximum_pages);
}
template <>
inline RefusingMemory make_memory(const Plan& plan) {
  return {plan.initial_pages, plan.maximum_pages, plan.refused_growth};
}

template <class Heap>
Heap obtained(const allot::Result<Heap>& heap) {
  if (!heap) throw std::runtime_error(allot::name_of(heap.error()));
  return heap.value();
}

// An image inside the managed memory.
template <class Memory, class Address_>
class InsideRig {
 public:
  using Address = Address_;
  using MemoryType = Memory;
  using Heap = allot::InsideHeap<Memory, Address>;
  static constexpr bool image_is_inside = true;

  explicit InsideRig(const Plan& plan) : InsideRig(make_memory<Memory>(plan), plan.options) {}

  InsideRig(Memory memory, const allot::Options& options)
      : memory_(std::move(memory)),
        records_(options.record_sizes),
        heap_(obtained(Heap::create(memory_, options))) {}

  // A heap in a memory of the test's; the second memory is for images outside.
  static allot::Result<Heap> create(Memory& memory, MovingMemory&, const allot::Options& options) {
    return Heap::create(memory, options);
  }

  InsideRig(const InsideRig&) = delete;  // the heap refers to the memory beside it
  InsideRig& operator=(const InsideRig&) = delete;

  Heap& heap() { return heap_; }
  const Heap& heap() const { return heap_; }
  Memory& memory() { return memory_; }
  [[nodiscard]] bool records() const { return records_; }

  // Forgets the heap object and makes one from the image: all state must be in the image.
  void reattach() { heap_ = obtained(Heap::attach(memory_, heap_.image())); }

  // Every byte that the heap could have changed.
  std::vector<std::uint8_t> everything() { return {memory_.base(), memory_.base() + memory_.bytes()}; }

 private:
  Memory memory_;
  bool records_;
  Heap heap_;
};

// An image in a memory of its own.
template <class Memory, class Address_>
class OutsideRig {
 public:
  using Address = Address_;
  using MemoryType = Memory;
  using Heap = allot::OutsideHeap<Memory, MovingMemory, Address>;
  static constexpr bool image_is_inside = false;

  explicit OutsideRig(const Plan& plan) : OutsideRig(make_memory<Memory>(plan), plan.options) {}

  OutsideRig(Memory memory, const allot::Options& options)
      : memory_(std::move(memory)),
        image_memory_(1, 1024),
        records_(options.record_sizes),
        heap_(obtained(Heap::create(memory_, image_memory_, options))) {}

  static allot::Result<Heap> create(Memory& memory, MovingMemory& image_memory,
                                    const allot::Options& options) {
    return Heap::create(memory, image_memory, options);
  }

  OutsideRig(const OutsideRig&) = delete;
  OutsideRig& operator=(const OutsideRig&) = delete;

  Heap& heap() { return heap_; }
  const Heap& heap() const { return heap_; }
  Memory& memory() { return memory_; }
  MovingMemory& image_memory() { return image_memory_; }
  [[nodiscard]] bool records() const { return records_; }

  void reattach() { heap_ = obtained(Heap::attach(memory_, image_memory_, heap_.image())); }

  std::vector<std::uint8_t> everything() {
    std::vector<std::uint8_t> bytes(memory_.base(), memory_.base() + memory_.bytes());
    bytes.insert(bytes.end(), image_memory_.base(), image_memory_.base() + image_memory_.bytes());
    return bytes;
  }

 private:
  Memory memory_;
  MovingMemory image_memory_;
  bool records_;
  Heap heap_;
};

// The naive heap, right or with one fault.
template <Fault fault>
class NaiveRig {
 public:
  using Address = std::uint32_t;
  using Heap = NaiveHeap<MovingMemory, Address, fault>;

  explicit NaiveRig(const Plan& plan)
      : memory_(plan.initial_pages, plan.maximum_pages), heap_(Heap::create(memory_, plan.options).value()) {}

  NaiveRig(const NaiveRig&) = delete;
  NaiveRig& operator=(const NaiveRig&) = delete;

  Heap& heap() { return heap_; }
  const Heap& heap() const { return heap_; }
  MovingMemory& memory() { return memory_; }
  [[nodiscard]] bool records() const { return false; }
  void reattach() {}  // no image to attach to

 private:
  MovingMemory memory_;
  Heap heap_;
};

}  // namespace allot_test

#ifndef ALLOT_TEST_HEAPS_HERE
// Compiled once for all files of tests, in heaps.cpp.
namespace allot {

extern template class BasicHeap<allot_test::InsideRig<allot_test::MovingMemory, u32>::Heap::place_type>;
extern template class BasicHeap<allot_test::InsideRig<allot_test::MovingMemory, u64>::Heap::place_type>;
extern template class BasicHeap<allot_test::OutsideRig<allot_test::MovingMemory, u32>::Heap::place_type>;
extern template class BasicHeap<allot_test::OutsideRig<allot_test::MovingMemory, u64>::Heap::place_type>;

}  // namespace allot
#endif
