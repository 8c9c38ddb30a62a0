// A saved memory with a heap in it, to be damaged and attached to.
#pragma once

#include <gtest/gtest.h>

#include <allot/heap/heaps.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <vector>

#include "pattern.hpp"
#include "rigs.hpp"

namespace allot_test {

// Exactly these bytes and not one more, so that AddressSanitizer sees an access past them.
class SavedMemory {
 public:
  explicit SavedMemory(const std::vector<std::uint8_t>& bytes)
      : size_(bytes.size()), data_(new std::uint8_t[bytes.size()]) {
    if (size_ != 0) std::memcpy(data_.get(), bytes.data(), size_);
  }

  [[nodiscard]] std::uint8_t* base() const { return data_.get(); }
  [[nodiscard]] std::uint64_t bytes() const { return size_; }
  bool grow(std::uint64_t) { return false; }

 private:
  std::uint64_t size_;
  std::unique_ptr<std::uint8_t[]> data_;
};

using SavedHeap = allot::InsideHeap<SavedMemory>;

struct Saved {
  std::vector<std::uint8_t> bytes;
  std::uint64_t image;
};

// A heap that has lived a little: live blocks of many sizes, free ones between them, a reserved span.
inline Saved save_a_heap(std::uint64_t begin = 1024) {
  Plan plan;
  plan.options.begin = begin;
  InsideRig<MovingMemory, std::uint32_t> rig(plan);
  std::vector<std::uint32_t> blocks;
  for (std::uint64_t size = 1; size < 100000; size = size * 5 / 4 + 1) {
    blocks.push_back(rig.heap().allocate(size).value());
  }
  for (std::size_t i = 0; i < blocks.size(); i += 2) {
    EXPECT_EQ(rig.heap().deallocate(blocks[i]), allot::Error::none);
  }
  const std::uint64_t top = rig.heap().statistic(allot::Statistic::top);
  EXPECT_EQ(rig.heap().reserve(top - 2000, top - 1000), allot::Error::none);
  return {rig.everything(), rig.heap().image()};
}

// Attaching to these bytes fails with the error and changes none of them, but for the field in which a
// check notes down where it failed.
inline void expect_not_attached(const std::vector<std::uint8_t>& bytes, std::uint64_t image,
                                allot::Error expected) {
  SavedMemory memory(bytes);
  const auto heap = SavedHeap::attach(memory, image);
  EXPECT_STREQ(allot::name_of(heap.error()), allot::name_of(expected));
  constexpr std::uint64_t note = offsetof(allot::Header, violation_address);
  for (std::uint64_t at = 0; at < bytes.size(); ++at) {
    if (at == image + note) at += sizeof(allot::Header::violation_address);
    if (at < bytes.size() && bytes[at] != memory.base()[at]) FAIL() << "attaching changed byte " << at;
  }
}

}  // namespace allot_test

// Compiled once, in heaps.cpp.
extern template class allot::BasicHeap<allot_test::SavedHeap::place_type>;
