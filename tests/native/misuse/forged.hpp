// Images that somebody has made up: every number may be another one, and the checksum is right again.
#pragma once

#include <allot/heap/heaps.hpp>
#include <allot/heap/shared_heaps.hpp>
#include <allot/memory/reserved.hpp>
#include <allot/memory/shared_mapping.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "memories.hpp"

namespace allot_test {

inline constexpr std::uint64_t forged_limit = 256 * page_bytes;

using ForgedInsideHeap = allot::InsideHeap<allot::ReservedMemory>;
using ForgedOutsideHeap = allot::OutsideHeap<allot::ReservedMemory, allot::ReservedMemory>;
using ForgedSharedHeap = allot::SharedHeap<allot::SharedMapping, allot::FutexWait>;

/// How each of them is made, and where its records lie.
template <class Heap_>
struct Forgery;
template <>
struct Forgery<ForgedInsideHeap> {
  using Memory = allot::ReservedMemory;
  static Memory new_memory() { return {page_bytes, forged_limit}; }
  static ForgedInsideHeap make(Memory& memory, allot::ReservedMemory&, const allot::Options& options) {
    return ForgedInsideHeap::create(memory, options).value();
  }
  static std::uint8_t* base(Memory& memory, allot::ReservedMemory&) { return memory.base(); }
};
template <>
struct Forgery<ForgedOutsideHeap> {
  using Memory = allot::ReservedMemory;
  static Memory new_memory() { return {page_bytes, forged_limit}; }
  static ForgedOutsideHeap make(Memory& memory, allot::ReservedMemory& records,
                                const allot::Options& options) {
    return ForgedOutsideHeap::create(memory, records, options).value();
  }
  static std::uint8_t* base(Memory&, allot::ReservedMemory& records) { return records.base(); }
};
template <>
struct Forgery<ForgedSharedHeap> {
  using Memory = allot::SharedMapping;
  static Memory new_memory() { return {page_bytes, forged_limit}; }
  static ForgedSharedHeap make(Memory& memory, allot::ReservedMemory&, const allot::Options& options) {
    return ForgedSharedHeap::create(memory, options).value();
  }
  static std::uint8_t* base(Memory& memory, allot::ReservedMemory&) { return memory.base(); }
};

/// What a forger has of a heap: its memories, and their bytes by Ref.
template <class Heap_>
class Forged {
 public:
  using Heap = Heap_;

  explicit Forged(const allot::Options& options = {})
      : heap_(Forgery<Heap>::make(memory, records, options)) {}

  Heap& heap() { return heap_; }
  std::uint8_t* at(std::uint64_t ref) { return Forgery<Heap>::base(memory, records) + ref; }
  template <class Word>
  Word read(std::uint64_t ref) {
    Word word;
    std::memcpy(&word, at(ref), sizeof word);
    return word;
  }
  template <class Word>
  void write(std::uint64_t ref, Word word) {
    std::memcpy(at(ref), &word, sizeof word);
  }
  allot::Header& header() { return *reinterpret_cast<allot::Header*>(at(heap_.image())); }
  allot::Agent& agent() { return *reinterpret_cast<allot::Agent*>(at(header().agent[0])); }
  std::uint32_t record_of_page(std::uint32_t page) {
    return read<std::uint32_t>(header().page_map + page * sizeof(std::uint32_t));
  }
  void set_record_of_page(std::uint32_t page, std::uint64_t ref) {
    write(header().page_map + page * sizeof(std::uint32_t), static_cast<std::uint32_t>(ref));
  }

  void seal() {
    std::uint64_t hash = allot::image_seal;
    for (std::uint64_t i = 0; i < offsetof(allot::Header, checksum); i += 8) {
      hash = (hash ^ read<std::uint64_t>(heap_.image() + i)) * 0x100000001B3;
      hash ^= hash >> 29;
    }
    header().checksum = hash;
  }
  /// The number of the invariant that the image breaks.
  std::uint32_t violation() {
    seal();
    return heap_.validate().number;
  }

  allot::ReservedMemory records{0, 1U << 26U};
  typename Forgery<Heap>::Memory memory = Forgery<Heap>::new_memory();

 private:
  Heap heap_;
};

using ForgedInside = Forged<ForgedInsideHeap>;
using ForgedOutside = Forged<ForgedOutsideHeap>;
using ForgedShared = Forged<ForgedSharedHeap>;

}  // namespace allot_test
