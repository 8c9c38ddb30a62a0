// A guest that is hostile: whatever it does to the records of its heap, the host gives answers and errors, in
// bounds and in time. AddressSanitizer and UndefinedBehaviorSanitizer look on. The fuzzers (fuzz/) look for
// more of this.
#include <gtest/gtest.h>

#include <allot/host.hpp>

#include <chrono>
#include <cstring>
#include <random>
#include <vector>

#include "fuzz/hostile.hpp"

namespace allot_test {
namespace {

using allot::Error;
using allot::Heap;

struct Sound {
  std::vector<u8> bytes;
  u64 image = 48;
};

// A heap that has lived a little.
Sound sound_heap(allot::Policy policy, bool record_sizes) {
  ExactMemory memory(3, 3);
  Sound sound;
  allot::CreateOptions options;
  options.begin = sound.image;
  options.policy = policy;
  options.record_sizes = record_sizes;
  Heap heap = Heap::create(memory, options).value();
  std::vector<u64> blocks;
  for (u64 size = 1; size < 9000; size = size * 5 / 4 + 1) blocks.push_back(heap.allocate(size).value());
  for (std::size_t i = 0; i < blocks.size(); i += 2) EXPECT_EQ(heap.deallocate(blocks[i]), Error::none);
  sound.bytes.assign(memory.base(), memory.base() + memory.bytes());
  return sound;
}

// Everything that a host may ask of a heap, once.
void use(Heap& heap, u64 image) {
  const auto keep = [&](const allot::Result<u64>& block, u64 size) {
    if (!block) return;
    ASSERT_LE(block.value(), heap.memory_bytes());
    ASSERT_LE(size, heap.memory_bytes() - block.value());
    ASSERT_EQ(heap.fill(block.value(), size < 64 ? size : 64, 1), Error::none);
  };
  for (const u64 size : {1U, 100U, 600U, 3000U, 30000U}) keep(heap.allocate(size), size);
  keep(heap.allocate_zeroed(3, 1000), 3000);
  keep(heap.allocate_aligned(1024, 100), 100);
  for (u64 at = image; at < image + 40000; at += 4096 + 16) (void)heap.deallocate(at);
  const auto block = heap.allocate(50);
  if (block) {
    keep(heap.reallocate(block.value(), 5000), 5000);
    (void)heap.usable_size(block.value());
    (void)heap.relocate(block.value(), block.value() + 4096);
  }
  (void)heap.merge();
  (void)heap.reserve(100000, 101000);
  (void)heap.grow(1);
  (void)heap.validate();
  (void)heap.trim();
  for (u32 i = 0; i <= 16; ++i) (void)heap.statistic(static_cast<allot::Statistic>(i));
}

class Hostile : public testing::TestWithParam<std::tuple<allot::Policy, bool>> {
 protected:
  Sound sound = sound_heap(std::get<0>(GetParam()), std::get<1>(GetParam()));

  // Attaches to the heap after `spoil(image)`, without a validation to protect it, and uses it.
  template <class Spoil>
  void survive(Spoil spoil) {
    ExactMemory memory(3, 5);
    std::memcpy(memory.base(), sound.bytes.data(), sound.bytes.size());
    spoil(memory.base() + sound.image);
    allot::AttachOptions options;
    options.image = sound.image;
    options.validate = false;
    auto attached = Heap::attach(memory, options);
    if (attached) use(attached.value(), sound.image);
  }
};

// Each word of the header, of the agent's record and of the page records, with values at which things end.
TEST_P(Hostile, EachWordOfTheRecords) {
  const u64 records = sizeof(allot::Header) + sizeof(allot::Agent);
  for (u64 at = 0; at < records + 6000; at += at < 256 + sizeof(allot::Header) ? 4 : 92) {
    for (const u32 value : {0U, 1U, 127U, 0x7FFFFFFFU, 0xFFFFFF00U, 0xFFFFFFFFU}) {
      survive([&](u8* image) {
        std::memcpy(image + at, &value, 4);
        reseal(image);
      });
      if (HasFatalFailure()) FAIL() << "word " << at << " = " << value;
    }
  }
}

// The same after the host has looked, which it did when it attached.
TEST_P(Hostile, EachWordAfterTheHostHasLooked) {
  for (u64 at = 0; at < sizeof(allot::Header) + 256; at += 4) {
    ExactMemory memory(3, 5);
    std::memcpy(memory.base(), sound.bytes.data(), sound.bytes.size());
    Heap heap = Heap::attach(memory).value();
    const u32 value = at % 8 ? 0xFFFFFFFF : 0x10;
    std::memcpy(memory.base() + sound.image + at, &value, 4);
    use(heap, sound.image);
    if (HasFatalFailure()) FAIL() << "word " << at;
  }
}

TEST_P(Hostile, RandomSteps) {
  std::mt19937_64 random(20261121);
  for (int round = 0; round < 60; ++round) {
    std::vector<u8> bytes(1500);
    for (u8& byte : bytes) byte = static_cast<u8>(random());
    ExactMemory memory(3, 8);
    std::memcpy(memory.base(), sound.bytes.data(), sound.bytes.size());
    Victim victim(memory, sound.image, true);
    Bytes steps(bytes.data(), bytes.size());
    while (steps.has_more()) victim.step(steps, true);
  }
}

INSTANTIATE_TEST_SUITE_P(
    , Hostile,
    testing::Combine(testing::Values(allot::Policy::exact, allot::Policy::balanced), testing::Bool()),
    [](const auto& tested) {
      return std::string(std::get<0>(tested.param) == allot::Policy::exact ? "Exact" : "Balanced") +
             (std::get<1>(tested.param) ? "WithSizes" : "");
    });

// A list that is a circle, and a heap of one-granule blocks that claims to be endless: found in time.
TEST(HostileLists, ACircleDoesNotHang) {
  ExactMemory memory(16, 16);
  allot::CreateOptions options;
  options.begin = 0;
  Heap heap = Heap::create(memory, options).value();
  // The pool of page records leads to itself.
  auto& header = *reinterpret_cast<allot::Header*>(memory.base());
  header.pool = 16384;
  header.pool_count = ~u64{0};
  std::memcpy(memory.base() + 16384, &header.pool, 8);
  reseal(memory.base());
  const auto begin = std::chrono::steady_clock::now();
  for (int i = 0; i < 20; ++i) (void)heap.allocate(60000);
  (void)heap.validate();
  (void)heap.trim();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5));
}

// The agent's record is the last thing in the memory: an index that leaves it leaves the memory.
TEST(HostileLists, AnIndexBehindTheAgentIsRefused) {
  const Sound sound = sound_heap(allot::Policy::balanced, false);
  constexpr u64 bytes = sizeof(allot::Header) + sizeof(allot::Agent);
  for (u64 field = offsetof(allot::Agent, tops); field < offsetof(allot::Agent, quick); field += 1) {
    ExactMemory memory(3, 3);
    std::memcpy(memory.base(), sound.bytes.data(), sound.bytes.size());
    const u64 image = memory.bytes() - bytes;
    std::memcpy(memory.base() + image, sound.bytes.data() + sound.image, bytes);
    const u64 agent = image + sizeof(allot::Header);
    std::memcpy(memory.base() + image + offsetof(allot::Header, self), &image, 8);
    std::memcpy(memory.base() + image + offsetof(allot::Header, agent), &agent, 8);
    reseal(memory.base() + image);
    allot::AttachOptions options;
    options.image = image;
    options.validate = false;
    Heap heap = Heap::attach(memory, options).value();
    memory.base()[agent + field] = 0xFF;
    for (const u64 granules : {1U, 40U, 130U, 500U, 1500U, 3500U}) {
      const auto block = heap.allocate(granules * 16);
      if (block) (void)heap.deallocate(block.value());
    }
    (void)heap.validate();
  }
}

TEST(HostileLists, OnceFoundCorruptNothingIsUsedAnyMore) {
  ExactMemory memory(2, 4);
  allot::CreateOptions options;
  options.begin = 0;
  Heap heap = Heap::create(memory, options).value();
  const u64 block = heap.allocate(100).value();
  auto& header = *reinterpret_cast<allot::Header*>(memory.base());
  const u64 sound = header.page_map;
  header.page_map = u64{1} << 62;
  EXPECT_EQ(heap.deallocate(block), Error::corrupt_image);
  header.page_map = sound;
  EXPECT_EQ(heap.deallocate(block), Error::corrupt_image);
  // Whoever attaches again looks at all of it first.
  EXPECT_EQ(Heap::attach(memory).value().deallocate(block), Error::none);
}

}  // namespace
}  // namespace allot_test
