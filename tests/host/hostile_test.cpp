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
  u64 long_block = 0;  // a live one, of the first agent
};

// Calls use(memory): one in which a heap is for several agents, or one that moves when it grows.
template <class Use>
void in_memory(bool shared, u64 pages, u64 most, Use use) {
  if (shared) {
    SharedMemory memory(pages, most);
    use(memory);
  } else {
    ExactMemory memory(pages, most);
    use(memory);
  }
}

// Nobody is there who could give a lock back.
constexpr std::chrono::milliseconds no_patience{0};

allot::AttachOptions attaching(u64 image, bool validate) {
  allot::AttachOptions options;
  options.image = image;
  options.validate = validate;
  options.patience = no_patience;
  return options;
}

// A heap that has lived a little. If it is for several agents, one of them has gone and left blocks, one is at work,
// and each has freed some of the others'.
Sound sound_heap(allot::Policy policy, bool record_sizes, bool shared) {
  Sound sound;
  in_memory(shared, 3, shared ? 8 : 3, [&](auto& memory) {
    allot::CreateOptions options;
    options.begin = sound.image;
    options.policy = policy;
    options.record_sizes = record_sizes;
    Heap heap = Heap::create(memory, options).value();
    Heap others[2];
    for (Heap& other : others)
      if (shared) other = Heap::attach(memory).value();
    std::vector<u64> blocks;
    for (u64 size = 1; size < 9000; size = size * 5 / 4 + 1) {
      Heap& by = shared && blocks.size() % 3 != 0 ? others[blocks.size() % 3 - 1] : heap;
      blocks.push_back(by.allocate(size).value());
    }
    for (std::size_t i = 0; i < blocks.size(); i += 2) EXPECT_EQ(heap.deallocate(blocks[i]), Error::none);
    sound.long_block = heap.allocate(5000).value();
    others[1] = Heap();
    EXPECT_FALSE(heap.validate().value());
    sound.bytes.assign(memory.base(), memory.base() + memory.bytes());
  });
  return sound;
}

// Everything that a host may ask of a heap, once.
void use(Heap& heap, const Sound& sound) {
  const u64 image = sound.image;
  const auto keep = [&](const allot::Result<u64>& block, u64 size) {
    if (!block) return;
    ASSERT_LE(block.value(), heap.memory_bytes());
    ASSERT_LE(size, heap.memory_bytes() - block.value());
    ASSERT_EQ(heap.fill(block.value(), size < 64 ? size : 64, 1), Error::none);
  };
  // Before anything else: what waits in front has yet to be what the image says.
  (void)heap.deallocate(sound.long_block);
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
  (void)heap.agents();
  for (const u32 agent : {1U, 2U, allot::joining_agent}) (void)heap.reap(agent);
  keep(heap.allocate(20000), 20000);
  // Until short blocks make the heap grow.
  for (int i = 0; i < 80; ++i) keep(heap.allocate(2000), 2000);
}

class Hostile : public testing::TestWithParam<std::tuple<allot::Policy, bool, bool>> {
 protected:
  bool shared = std::get<2>(GetParam());
  Sound sound = sound_heap(std::get<0>(GetParam()), std::get<1>(GetParam()), shared);
  u64 pages = sound.bytes.size() / page;
  u64 agent_bytes = shared ? allot::shared_agent_bytes : sizeof(allot::Agent);

  // Attaches to the heap after `spoil(image)`, without a validation to protect it, and uses it.
  template <class Spoil>
  void survive(Spoil spoil) {
    in_memory(shared, pages, pages + 2, [&](auto& memory) {
      std::memcpy(memory.base(), sound.bytes.data(), sound.bytes.size());
      spoil(memory.base() + sound.image);
      auto attached = Heap::attach(memory, attaching(sound.image, false));
      if (attached) use(attached.value(), sound);
    });
  }
};

// Each word of the header, of the agent's record and of the page records, with values at which things end.
TEST_P(Hostile, EachWordOfTheRecords) {
  const u64 records = sizeof(allot::Header) + agent_bytes;
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

// A memory in which a word changes at the n-th time that somebody asks how long it is.
template <bool shared>
class MeddlingMemory : public allot_test::MemoryThatStays<shared> {
 public:
  using allot_test::MemoryThatStays<shared>::MemoryThatStays;
  u64 bytes() {
    if (++asked_ == when_) {
      const u32 value = ~u32{0};
      std::memcpy(this->base() + at_, &value, sizeof value);
    }
    return allot_test::MemoryThatStays<shared>::bytes();
  }
  void meddle(u64 at, u64 when) {
    at_ = at;
    when_ = when;
    asked_ = 0;
  }
  [[nodiscard]] u64 asked() const { return asked_; }

 private:
  u64 at_ = 0;
  u64 when_ = 0;
  u64 asked_ = 0;
};

// A validation ends in time that is linear in the memory, whatever word of the header says something else all at once.
TEST_P(Hostile, EachWordWhileTheHostLooks) {
  const auto look = [&](auto& memory) {
    for (u64 at = 0; at < sizeof(allot::Header); at += 4) {
      for (const u32 when :
           {1U, 2U, 3U, 4U, 5U, 6U, 7U, 8U, 9U, 10U, 12U, 16U, 24U, 40U, 80U, 160U, 320U, 640U}) {
        std::memcpy(memory.base(), sound.bytes.data(), sound.bytes.size());
        memory.meddle(0, 0);  // not yet
        Heap heap = Heap::attach(memory, attaching(sound.image, false)).value();
        memory.meddle(sound.image + at, when);
        (void)heap.validate();
        ASSERT_LT(memory.asked(), pages * page / 16) << "word " << at << " at " << when;
      }
    }
  };
  if (shared) {
    MeddlingMemory<true> memory(pages, pages + 2);
    look(memory);
  } else {
    MeddlingMemory<false> memory(pages, pages + 2);
    look(memory);
  }
}

// The same after the host has looked, which it did when it attached.
TEST_P(Hostile, EachWordAfterTheHostHasLooked) {
  const auto look_and_spoil = [&](auto& memory, u64 at) {
    std::memcpy(memory.base(), sound.bytes.data(), sound.bytes.size());
    Heap heap = Heap::attach(memory, attaching(sound.image, true)).value();
    const u32 value = at % 8 ? 0xFFFFFFFF : 0x10;
    std::memcpy(memory.base() + sound.image + at, &value, 4);
    use(heap, sound);
  };
  for (u64 at = 0; at < sizeof(allot::Header) + 256; at += 4) {
    in_memory(shared, pages, pages + 2, [&](auto& memory) { look_and_spoil(memory, at); });
    // Of a memory that stays where it is more is remembered.
    FixedMemory fixed(pages, pages + 2);
    if (!shared) look_and_spoil(fixed, at);
    if (HasFatalFailure()) FAIL() << "word " << at;
  }
}

// All records of agents, the host's own too, wherever they lie.
TEST_P(Hostile, EachWordOfTheAgents) {
  if (!shared) return;
  for (u32 id = 0; id < 3; ++id) {
    u64 agent = 0;
    std::memcpy(&agent, sound.bytes.data() + sound.image + offsetof(allot::Header, agent) + 8 * id, 8);
    for (u64 at = 0; at < agent_bytes; at += at < 64 || at >= sizeof(allot::Agent) ? 4 : 332) {
      for (const u32 value : {0U, 1U, 3U, 4U, 0x7FFFFFFFU, 0xFFFFFFFFU}) {
        survive([&](u8* image) { std::memcpy(image - sound.image + agent + at, &value, 4); });
        if (HasFatalFailure()) FAIL() << "agent " << id << ", word " << at << " = " << value;
      }
    }
  }
}

TEST_P(Hostile, RandomSteps) {
  std::mt19937_64 random(20261121);
  for (int round = 0; round < 60; ++round) {
    std::vector<u8> bytes(1500);
    for (u8& byte : bytes) byte = static_cast<u8>(random());
    in_memory(shared, pages, pages + 5, [&](auto& memory) {
      std::memcpy(memory.base(), sound.bytes.data(), sound.bytes.size());
      Victim victim(memory, sound.image, true);
      Bytes steps(bytes.data(), bytes.size());
      while (steps.has_more()) victim.step(steps, true);
    });
  }
}

INSTANTIATE_TEST_SUITE_P(, Hostile,
                         testing::Combine(testing::Values(allot::Policy::exact, allot::Policy::balanced),
                                          testing::Bool(), testing::Bool()),
                         [](const auto& tested) {
                           return std::string(std::get<0>(tested.param) == allot::Policy::exact
                                                  ? "Exact"
                                                  : "Balanced") +
                                  (std::get<1>(tested.param) ? "WithSizes" : "") +
                                  (std::get<2>(tested.param) ? "ForSeveralAgents" : "");
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

// Stacks that are said to have no places, or any number of them; and records that are as long as a page.
TEST(HostileLists, NumbersThatAHeapGrowsByDoNotHang) {
  for (const u32 kind : {0U, 1U, 2U, 3U}) {
    ExactMemory memory(1, 64);
    allot::CreateOptions options;
    options.begin = 0;
    Heap heap = Heap::create(memory, options).value();
    auto& header = *reinterpret_cast<allot::Header*>(memory.base());
    auto& agent = *reinterpret_cast<allot::Agent*>(memory.base() + sizeof(allot::Header));
    if (kind < 2) agent.hint_cap = kind == 0 ? 0 : 0xFFFF;
    if (kind >= 2) header.record_bytes = kind == 2 ? 0xFFFF : 0xFFFFFFFF;
    if (kind >= 2) header.pool_count = 0;
    reseal(memory.base());
    const auto begin = std::chrono::steady_clock::now();
    for (int i = 0; i < 3000; ++i) (void)heap.allocate(700);
    (void)heap.allocate_aligned(page, 5 * page);
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5)) << kind;
    EXPECT_TRUE(kind < 2 || heap.allocate(700).error() == Error::corrupt_image) << kind;
  }
}

// The same of what agents share: the list of free pages, the telling of what was freed, a lock that is never given
// back, or by somebody who cannot be.
TEST(HostileLists, WhatAgentsShareDoesNotHang) {
  for (const int kind : {0, 1, 2, 3, 4, 5, 6}) {
    SharedMemory memory(16, 200);
    allot::CreateOptions options;
    options.begin = 0;
    options.patience = std::chrono::milliseconds{10};
    Heap heap = Heap::create(memory, options).value();
    {
      // Leaves free pages.
      Heap other = Heap::attach(memory).value();
      ASSERT_EQ(other.deallocate(other.allocate(20 * page).value()), Error::none);
    }
    const u64 block = heap.allocate(1000).value();
    auto& header = *reinterpret_cast<allot::SharedHeader<allot::SharedCells<allot::NoSteps>>*>(memory.base());
    const auto record = [&](u64 number) {
      u32 ref = 0;
      std::memcpy(&ref, memory.base() + header.page_map + 4 * number, 4);
      return memory.base() + ref;
    };
    const u32 first = header.free_run;
    ASSERT_GT(first, 0U);
    const auto begin = std::chrono::steady_clock::now();
    switch (kind) {
      case 0:  // a run that is followed by itself
        std::memcpy(record(first - 1) + allot::page_record::run_next, &first, 4);
        break;
      case 1: {  // a run that is longer than any heap
        const u32 pages = 0xFFFFFFFF;
        std::memcpy(record(first - 1) + allot::page_record::run_pages, &pages, 4);
        break;
      }
      case 2:  // everything was freed by others
        for (u64 i = 0; i < 16; ++i)
          std::memset(record(i) + allot::page_record::remote, 0xFF, allot::page_record::remote_bytes);
        break;
      case 3: header.lock = 33; break;
      case 4: header.lock = 0x7FFFFFFF; break;
      case 5: header.record_bytes = 0; break;
      default: {  // bins of very long blocks are said to hold some
        const u64 large = heap.allocate(100 * page).value();
        auto& agent = *reinterpret_cast<allot::Agent*>(memory.base() + header.agent[0]);
        agent.octaves = 1u << 20;
        (void)heap.deallocate(large);
      }
    }
    for (int i = 0; i < 60; ++i) {
      (void)heap.allocate(60000);
      (void)heap.grow(1);
    }
    (void)heap.deallocate(block);
    (void)heap.validate();
    (void)heap.merge();
    (void)heap.reap(1);
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(15)) << kind;
  }
}

// Who only looks is no agent, as nobody is: a page of nobody's with a block in it must not lead to a record at 0.
TEST(HostileLists, WhoOnlyLooksHasNoRecord) {
  SharedMemory memory(2, 64);
  allot::CreateOptions options;
  options.begin = page;
  std::memset(memory.base(), 0x77, page);
  Heap heap = Heap::create(memory, options).value();
  const u64 block = heap.allocate(100).value();
  allot::AttachOptions looking;
  looking.join = false;
  Heap looker = Heap::attach(memory, looking).value();
  auto& header = *reinterpret_cast<allot::Header*>(memory.base() + page);
  u32 ref = 0;
  std::memcpy(&ref, memory.base() + header.page_map + 4 * (block / page - 1), 4);
  std::memcpy(memory.base() + ref + allot::page_record::owner, &allot::page_record::nobody, 4);
  EXPECT_EQ(looker.deallocate(block), Error::corrupt_image);
  for (u64 at = 0; at < page; ++at) ASSERT_EQ(memory.base()[at], 0x77) << at;
}

// An atomic operation at an address that is no multiple of its size is none, on some machines.
TEST(HostileLists, ARecordBetweenTwoWordsIsRefused) {
  SharedMemory memory(2, 64);
  allot::CreateOptions options;
  options.begin = 0;
  Heap heap = Heap::create(memory, options).value();
  Heap other = Heap::attach(memory).value();
  const u64 room = heap.allocate(10000).value();
  const u64 block = other.allocate(100).value();
  // The record of the other's page is a copy: at a multiple of 8 it will do, at one of 4 it will not.
  u8* const base = memory.base();
  auto& header = *reinterpret_cast<allot::Header*>(base);
  u8* const entry = base + header.page_map + 4 * (block / page);
  u32 ref = 0;
  std::memcpy(&ref, entry, 4);
  for (const u32 at : {static_cast<u32>(room) + 8, static_cast<u32>(room) + 4004}) {
    std::memcpy(base + at, base + ref, 1584);
    std::memcpy(entry, &at, 4);
    const Error expected = at % 8 == 0 ? Error::none : Error::corrupt_image;
    EXPECT_EQ(heap.deallocate(block), expected);
  }
}

// The agent's record is the last thing in the memory: an index that leaves it leaves the memory.
TEST(HostileLists, AnIndexBehindTheAgentIsRefused) {
  const Sound sound = sound_heap(allot::Policy::balanced, false, false);
  constexpr u64 bytes = sizeof(allot::Header) + sizeof(allot::Agent);
  u64 refused = 0;
  for (u64 field = offsetof(allot::Agent, front); field < offsetof(allot::Agent, quick); field += 1) {
    ExactMemory memory(3, 3);
    std::memcpy(memory.base(), sound.bytes.data(), sound.bytes.size());
    const u64 image = memory.bytes() - bytes;
    std::memcpy(memory.base() + image, sound.bytes.data() + sound.image, bytes);
    const u64 agent = image + sizeof(allot::Header);
    const auto put = [&](u64 offset, u64 value, u64 width = 8) {
      std::memcpy(memory.base() + image + offset, &value, width);
    };
    put(offsetof(allot::Header, self), image);
    put(offsetof(allot::Header, begin), image);
    put(offsetof(allot::Header, agent), agent);
    // It says that it is of the last page alone.
    put(offsetof(allot::Header, origin), 2 * page);
    put(offsetof(allot::Header, top), 3 * page);
    put(offsetof(allot::Header, granules), page / 16, 4);
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
    // (Where that byte leads nowhere outside, the damage may be another one: most lists are of another heap.)
    refused += heap.allocate(16).error() == Error::corrupt_image;
  }
  EXPECT_GT(refused, 30U);
}

template <class Memory>
void once_found_corrupt() {
  Memory memory(2, 4);
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
  EXPECT_EQ(heap.allocate(100).error(), Error::corrupt_image);
  // Whoever attaches again looks at all of it first.
  EXPECT_EQ(Heap::attach(memory).value().deallocate(block), Error::none);
}
TEST(HostileLists, OnceFoundCorruptNothingIsUsedAnyMore) {
  once_found_corrupt<ExactMemory>();
  once_found_corrupt<FixedMemory>();
}

// --- The short ways of allocate and deallocate, of a memory that never moves -----------------------

// A heap in the first page of two, with blocks of 100 bytes that were freed.
struct Short {
  Short() {
    allot::CreateOptions options;
    options.begin = 0;
    options.end = page;
    heap = Heap::create(memory, options).value();
    for (u64& block : blocks) block = heap.allocate(100).value();
    EXPECT_EQ(heap.deallocate(blocks[0]), Error::none);
    EXPECT_EQ(heap.allocate(100).value(), blocks[0]);
    for (std::size_t i = 0; i < 4; ++i) EXPECT_EQ(heap.deallocate(blocks[i]), Error::none);
  }
  allot::Header& header() { return *reinterpret_cast<allot::Header*>(memory.base()); }
  allot::Agent& agent() { return *reinterpret_cast<allot::Agent*>(memory.base() + sizeof(allot::Header)); }
  u32& top() { return reinterpret_cast<u32*>(agent().tops)[100 / 16]; }
  u32& page_entry() { return *reinterpret_cast<u32*>(memory.base() + header().page_map); }

  FixedMemory memory{2, 4};
  Heap heap;
  u64 blocks[8] = {};
};

// What leads to the records is looked at by each call, however often the host has called before.
TEST(HostileShortCalls, WhatChangesBetweenTwoCallsIsLookedAtAgain) {
  constexpr u64 end = 2 * page;
  for (const u64 wrong : {end - 1024, end - 1023, end - 528, end - 521, end - 8, end - 7, end - 1, end,
                          end + 1, u64{0x7FFFFFF0}, u64{0xFFFFFBFF}, u64{0xFFFFFFF8}, u64{0xFFFFFFFF}}) {
    for (const int what : {0, 1, 2, 3, 4}) {
      for (const bool frees : {false, true}) {
        Short s;
        switch (what) {
          case 0: s.header().page_map = wrong; break;
          case 1: s.header().page_map = wrong << 32; break;
          case 2: s.page_entry() = static_cast<u32>(wrong); break;
          case 3: s.top() = static_cast<u32>(wrong); break;
          default:  // the hint at the top is of a granule of which there is no page
            std::memcpy(s.memory.base() + s.top(), &wrong, 4);
        }
        for (int times = 0; times < 3; ++times) {
          if (frees) {
            (void)s.heap.deallocate(s.blocks[5]);
          } else if (const auto block = s.heap.allocate(100)) {
            EXPECT_LE(block.value(), end - 100) << what;
          }
        }
        if (what < 2 && wrong >= end) {
          EXPECT_EQ(s.heap.deallocate(s.blocks[6]), Error::corrupt_image);
        }
      }
    }
  }
}

// A block that does not lie in the memory is none, whatever the records say of it.
TEST(HostileShortCalls, ABlockOutsideTheMemoryIsNotGivenOut) {
  Short s;
  // The page behind the memory has the first one's record.
  const u32 record = s.page_entry();
  std::memcpy(s.memory.base() + s.header().page_map + 4 * 2, &record, 4);
  const u32 hint = 2 << 12 | static_cast<u32>(s.blocks[3] / 16);
  std::memcpy(s.memory.base() + s.top(), &hint, 4);
  EXPECT_EQ(s.heap.allocate(100).error(), Error::corrupt_image);
  EXPECT_EQ(s.heap.allocate(100).error(), Error::corrupt_image);
}

// What a short way does not see is no error: records that lie at the memory's very end.
TEST(HostileShortCalls, RecordsAtTheVeryEndAreRecords) {
  constexpr u32 bytes = allot::page_record::base_bytes;
  for (const u32 from_end : {bytes, bytes + 8, 1584U, 4096U}) {
    Short s;
    const u32 copy = static_cast<u32>(2 * page) - from_end;
    std::memcpy(s.memory.base() + copy, s.memory.base() + s.page_entry(), bytes);
    s.page_entry() = copy;
    for (std::size_t i = 0; i < 4; ++i) EXPECT_EQ(s.heap.allocate(100).value(), s.blocks[3 - i]);
    for (const u64 block : s.blocks) EXPECT_EQ(s.heap.deallocate(block), Error::none);
    for (const u64 block : s.blocks) EXPECT_EQ(s.heap.deallocate(block), Error::double_free);
    for (int i = 0; i < 8; ++i) EXPECT_TRUE(s.heap.allocate(100));
  }
}
// The same of stacks of hints, which do not even begin within sight.
TEST(HostileShortCalls, HintsAtTheVeryEndAreHints) {
  for (const u32 from_end : {8U, 16U, 24U, 1024U, 1032U}) {
    Short s;
    // Four hints, between two ends.
    const u32 end = static_cast<u32>(2 * page) - from_end;
    std::memset(s.memory.base() + end, 0, from_end);
    u32 stop[2] = {0, 1};
    std::memcpy(s.memory.base() + end, stop, 8);
    std::memcpy(s.memory.base() + end - 40, stop, 8);
    std::memcpy(s.memory.base() + end - 32, s.memory.base() + s.top() - 24, 32);
    s.top() = end - 8;
    const u64 taken = s.heap.allocate(100).value();
    EXPECT_EQ(taken, s.blocks[3]);
    EXPECT_EQ(s.heap.deallocate(taken), Error::none);
    EXPECT_EQ(s.heap.deallocate(taken), Error::double_free);
    for (std::size_t i = 0; i < 4; ++i) EXPECT_EQ(s.heap.allocate(100).value(), s.blocks[3 - i]);
    // The stack is full: these are freed, and hinted at nowhere.
    for (std::size_t i = 0; i < 6; ++i) EXPECT_EQ(s.heap.deallocate(s.blocks[i]), Error::none);
  }
}

// The guest has grown the memory and has its blocks, and their records, where the host has not looked yet.
TEST(HostileShortCalls, WhatTheGuestHasGrownIsThere) {
  FixedMemory memory(2, 1000);
  Heap host = Heap::create(memory).value();
  Heap guest = Heap::attach(memory).value();
  const u64 first = host.allocate(100).value();
  EXPECT_EQ(host.deallocate(first), Error::none);
  for (int round = 0; round < 10; ++round) {
    std::vector<u64> blocks;
    const u64 before = memory.bytes();
    while (memory.bytes() == before) blocks.push_back(guest.allocate(16 + blocks.size() % 50 * 16).value());
    for (int i = 0; i < 500; ++i) blocks.push_back(guest.allocate(16 + blocks.size() % 50 * 16).value());
    for (std::size_t i = blocks.size(); i-- != 0;) {
      ASSERT_EQ(host.deallocate(blocks[i]), Error::none);
      ASSERT_TRUE(i % 3 != 0 || host.allocate(16 + i % 50 * 16));
    }
    ASSERT_FALSE(host.validate().value());
  }
}

// A loop that somebody adds there would end.
TEST(HostileShortCalls, AccessesAreCounted) {
  Short s;
  const auto memory = allot::detail::erase_type<FixedMemory&>(s.memory);
  allot::host::Reach reach(*memory);
  ASSERT_TRUE(reach.refresh(0, 16));
  allot::host::ShortReach seen(reach);
  int made = 0;
  EXPECT_THROW(for (;; ++made)(void) seen.at<1>(0), allot::host::CorruptImage);
  EXPECT_GT(made, 20);
  EXPECT_LT(made, 1000);
  // Nor does an access leave the memory that nobody has asked about.
  allot::host::ShortReach other(reach);
  EXPECT_EQ(other.at<8>(2 * page - 8), s.memory.base() + 2 * page - 8);
  EXPECT_THROW((void)other.at<8>(2 * page - 7), allot::host::CorruptImage);
  EXPECT_THROW((void)(other.at<1, 520>(2 * page - 520)), allot::host::CorruptImage);
}

// The header may say another policy, or that sizes are recorded, from one call to the next.
TEST(HostileShortCalls, AnotherKindOfHeapIsAnotherWay) {
  Short s;
  s.header().eager_shift = 0;
  EXPECT_EQ(s.heap.deallocate(s.blocks[4]), Error::none);
  s.header().policy = static_cast<u8>(allot::Policy::exact);
  EXPECT_EQ(s.heap.deallocate(s.blocks[5]), Error::none);
  s.header().flags = allot::image_flag::record_sizes;
  (void)s.heap.allocate(100);
  (void)s.heap.requested_size(s.blocks[7]);
  EXPECT_EQ(s.heap.deallocate(s.blocks[4]), Error::double_free);
}

}  // namespace
}  // namespace allot_test
