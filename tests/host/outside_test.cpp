// Heaps whose image lies in the host: the short ways that it has for the usual ones, beside the core itself, which knows
// nothing of the heap beforehand, over a memory of its own: each call must come to the same. What is live is also kept in
// a map, and what it holds is looked at.
#include <gtest/gtest.h>

#include <allot/heap/heaps.hpp>
#include <allot/host.hpp>

#include <cstring>
#include <iterator>
#include <map>
#include <vector>

#include "../native/random.hpp"
#include "fuzz/hostile.hpp"

namespace allot_test {
namespace {

using allot::Error;
using allot::Heap;
using allot::Options;
using allot::Policy;
using allot::Result;
using allot::Statistic;

constexpr u64 most_pages = 60;

struct Kind {
  Policy policy;
  bool record_sizes;
  allot::AddressType address;
};
std::string name_of(const testing::TestParamInfo<Kind>& info) {
  static constexpr const char* names[] = {"Exact", "Compact", "Balanced", "Fast"};
  return std::string(names[static_cast<u32>(info.param.policy)]) +
         (info.param.record_sizes ? "RecordingSizes" : "") +
         (info.param.address == allot::AddressType::i64 ? "64Bit" : "");
}

template <class Address>
class Pair {
  using Core = allot::OutsideHeap<ExactMemory, allot::ReservedMemory, Address>;

 public:
  Pair(const Kind& kind, u64 quota)
      : records_(page, 64 * page), core_(made_core(kind, quota)), heap_(made_heap(kind, quota)) {}

  void run(Random& random, u32 steps, u64 most_live) {
    for (u32 i = 0; i < steps && !testing::Test::HasFailure(); ++i) {
      const u64 what = random.below(100);
      if (what < 45 || blocks_.empty()) {
        if (blocks_.size() < most_live)
          allocate(random);
        else
          free(random);
      } else if (what < 85) {
        free(random);
      } else if (what < 93) {
        reallocate(random);
      } else if (what < 97) {
        misuse(random);
      } else {
        aligned(random);
      }
    }
    compare();
  }
  /// Goes on with a heap made of the records, as a snapshot would.
  void restore() {
    const auto kept = heap_.state()->allocator->records();
    const std::vector<u8> records(kept.begin(), kept.end());
    heap_ = allot::or_throw(Heap::restore_outside(memory_, records, heap_.image().value()));
  }
  void compare() {
    EXPECT_FALSE(heap_.validate().value());
    for (const Statistic which : {Statistic::managed_bytes, Statistic::live_bytes, Statistic::free_bytes,
                                  Statistic::live_blocks, Statistic::peak_bytes, Statistic::grow_count,
                                  Statistic::top, Statistic::largest_free, Statistic::free_blocks})
      EXPECT_EQ(heap_.statistic(which).value(), core_.statistic(which)) << static_cast<u32>(which);
    EXPECT_EQ(heap_.statistic(Statistic::live_blocks).value(), blocks_.size());
    for (const auto& [at, block] : blocks_) check(at, block);
  }
  void free_all() {
    for (const auto& [at, block] : blocks_) {
      EXPECT_EQ(heap_.deallocate(at), Error::none);
      EXPECT_EQ(core_.deallocate(static_cast<Address>(at)), Error::none);
    }
    blocks_.clear();
    compare();
  }

 private:
  struct Block {
    u64 size;
    u8 mark;
  };

  static Options options_of(const Kind& kind, u64 quota) {
    Options options;
    options.policy = kind.policy;
    options.record_sizes = kind.record_sizes;
    options.quota = quota;
    return options;
  }
  Core made_core(const Kind& kind, u64 quota) {
    return allot::or_throw(Core::create(other_, records_, options_of(kind, quota)));
  }
  Heap made_heap(const Kind& kind, u64 quota) {
    allot::CreateOptions options;
    options.image = allot::ImagePlace::outside;
    options.begin = 0;
    options.policy = kind.policy;
    options.record_sizes = kind.record_sizes;
    options.address = kind.address;
    options.quota = quota;
    return allot::or_throw(Heap::create(memory_, options));
  }

  static u64 any_size(Random& random) {
    switch (random.below(8)) {
      case 0: return random.below(4);
      case 1: return 880 + random.below(40);  // where the shortest way ends
      case 2: return random.below(3000);
      case 3: return random.below(20) == 0 ? tempting(random.next()) : random.below(70'000);
      default: return 1 + random.below(600);
    }
  }
  u8* bytes_at(u64 at) { return memory_.base() + at; }
  void check(u64 at, const Block& block) {
    for (u64 i = 0; i < block.size; i += 1 + i / 8)
      ASSERT_EQ(*bytes_at(at + i), block.mark) << at << '+' << i;
  }
  void keep(u64 at, u64 size) {
    ASSERT_LE(at + size, memory_.bytes());
    const auto next = blocks_.lower_bound(at);
    ASSERT_TRUE(next == blocks_.end() || at + size <= next->first) << at;
    if (next != blocks_.begin()) ASSERT_LE(std::prev(next)->first + std::prev(next)->second.size, at);
    const Block block{size, static_cast<u8>(++marks_)};
    std::memset(bytes_at(at), block.mark, size);
    blocks_[at] = block;
  }
  /// Whether both came to the same block.
  bool same(const Result<u64>& found, const Result<Address>& wanted) {
    EXPECT_EQ(found.error(), wanted.error());
    if (!found || !wanted) return false;
    EXPECT_EQ(found.value(), wanted.value());
    return found.value() == wanted.value();
  }
  auto any_block(Random& random) {
    auto at = blocks_.lower_bound(random.below(memory_.bytes()));
    return at == blocks_.end() ? blocks_.begin() : at;
  }

  void allocate(Random& random) {
    const u64 size = any_size(random);
    const Result<u64> found = heap_.allocate(size);
    if (same(found, core_.allocate(size))) keep(found.value(), size);
  }
  void aligned(Random& random) {
    const u64 size = any_size(random);
    const u64 alignment = u64{1} << random.below(14);
    const Result<u64> found = heap_.allocate_aligned(alignment, size);
    if (!same(found, core_.allocate_aligned(alignment, size))) return;
    EXPECT_EQ(found.value() % alignment, 0U);
    keep(found.value(), size);
  }
  void free(Random& random) {
    const auto block = any_block(random);
    check(block->first, block->second);
    EXPECT_EQ(heap_.deallocate(block->first), Error::none);
    EXPECT_EQ(core_.deallocate(static_cast<Address>(block->first)), Error::none);
    blocks_.erase(block);
  }
  void reallocate(Random& random) {
    const auto old = any_block(random);
    const u64 at = old->first;
    const Block block = old->second;
    const u64 size = any_size(random);
    const Result<u64> found = heap_.reallocate(at, size);
    if (!same(found, core_.reallocate(static_cast<Address>(at), size))) return;
    blocks_.erase(at);
    const u64 kept = std::min(size, block.size);
    check(found.value(), {kept, block.mark});
    keep(found.value(), size);
  }
  void misuse(Random& random) {
    const u64 at = random.below(3) == 0 ? tempting(random.next()) : random.below(memory_.bytes() + page);
    if (blocks_.contains(at)) return;
    const Error error = heap_.deallocate(at);
    EXPECT_NE(error, Error::none) << at;
    if (static_cast<Address>(at) == at) EXPECT_EQ(error, core_.deallocate(static_cast<Address>(at))) << at;
  }

  ExactMemory memory_{1, most_pages};
  ExactMemory other_{1, most_pages};
  allot::ReservedMemory records_;
  Core core_;
  Heap heap_;
  std::map<u64, Block> blocks_;
  u32 marks_ = 0;
};

class HostOutside : public testing::TestWithParam<Kind> {
 public:
  template <class Use>
  void with_pair(u64 quota, Use use) {
    if (GetParam().address == allot::AddressType::i64) {
      Pair<u64> pair(GetParam(), quota);
      use(pair);
    } else {
      Pair<u32> pair(GetParam(), quota);
      use(pair);
    }
  }
};
INSTANTIATE_TEST_SUITE_P(Kinds, HostOutside,
                         testing::Values(Kind{Policy::exact, false, allot::AddressType::i32},
                                         Kind{Policy::compact, false, allot::AddressType::i32},
                                         Kind{Policy::balanced, false, allot::AddressType::i32},
                                         Kind{Policy::balanced, true, allot::AddressType::i32},
                                         Kind{Policy::balanced, false, allot::AddressType::i64},
                                         Kind{Policy::fast, false, allot::AddressType::i32},
                                         Kind{Policy::fast, true, allot::AddressType::i32}),
                         name_of);

TEST_P(HostOutside, DoesAsTheCoreDoes) {
  for (u64 seed = 1; seed <= 2; ++seed) {
    SCOPED_TRACE(seed);
    Random random(seed);
    with_pair(0, [&](auto& pair) {
      pair.run(random, 3000, 20);
      pair.run(random, 3000, 400);
      pair.run(random, 3000, 60);
      pair.free_all();
      pair.run(random, 2000, 200);
    });
  }
}

TEST_P(HostOutside, DoesAsTheCoreDoesWhereThereIsNotEnough) {
  Random random(77);
  with_pair(300'000, [&](auto& pair) {
    pair.run(random, 6000, 4000);
    pair.free_all();
    pair.run(random, 2000, 4000);
  });
}

TEST_P(HostOutside, GoesOnFromItsRecords) {
  if (GetParam().address == allot::AddressType::i64) return;  // snapshots are of 32-bit heaps
  Random random(5);
  with_pair(0, [&](auto& pair) {
    for (int i = 0; i < 6; ++i) {
      pair.run(random, 1000, 200);
      pair.restore();
      pair.compare();
    }
    pair.free_all();
  });
}

// Where nothing of it may be taken for granted.
struct Saved {
  std::vector<u8> records;
  u64 image;
  u64 block;
};
Saved saved_by_core(ExactMemory& memory, const Options& options, u64 image) {
  using Core = allot::OutsideHeap<ExactMemory, allot::ReservedMemory>;
  allot::ReservedMemory records(page, 16 * page);
  Core core = allot::or_throw(Core::create(memory, records, options, image));
  const u64 block = core.allocate(100).value();
  return {{records.base(), records.base() + records.bytes()}, core.image(), block};
}

TEST(HostOutsideRecords, AreTakenWhereverTheImageLies) {
  for (const u64 image : {u64{0}, u64{16}, u64{4096}}) {
    ExactMemory memory(1, 4);
    const Saved saved = saved_by_core(memory, {}, image);
    ASSERT_EQ(saved.image, image);
    Heap heap = allot::or_throw(Heap::restore_outside(memory, saved.records, image));
    EXPECT_EQ(heap.image().value(), image);
    EXPECT_EQ(heap.deallocate(saved.block), Error::none);
    EXPECT_EQ(heap.allocate(100).value(), saved.block);
    EXPECT_FALSE(heap.validate().value());
  }
}

// A heap of an older version, whose policy had other numbers: it goes on borrowing as it did.
TEST(HostOutsideRecords, KeepTheirNumbers) {
  for (const u8 slack : {u8{0}, u8{2}}) {
    ExactMemory memory(1, 4);
    Saved saved = saved_by_core(memory, {}, 0);
    u8* const header = saved.records.data();
    header[offsetof(allot::Header, borrow_add)] = slack;
    header[offsetof(allot::Header, borrow_shift)] = 31;
    reseal(header);
    Heap heap = allot::or_throw(Heap::restore_outside(memory, saved.records, 0));
    // All that is free is a block of 22 granules, and what is too short for 20: without slack it is cut.
    std::vector<u64> filling;
    const u64 block = heap.allocate(22 * 16).value();
    filling.push_back(heap.allocate(16).value());
    ASSERT_EQ(heap.set_maximum(heap.statistic(Statistic::top).value()), Error::none);
    while (const auto more = heap.allocate(16)) filling.push_back(more.value());
    ASSERT_EQ(heap.deallocate(block), Error::none);
    EXPECT_EQ(heap.allocate(20 * 16).value(), block);
    EXPECT_EQ(heap.usable_size(block).value(), (slack == 0 ? 20U : 22U) * 16);
  }
}

TEST(HostOutsideRecords, ThatAreDamagedAreRefused) {
  ExactMemory memory(1, 4);
  const Saved saved = saved_by_core(memory, {}, 0);
  for (u64 at = 0; at < sizeof(allot::Header) + sizeof(allot::Agent); at += 4) {
    std::vector<u8> spoilt = saved.records;
    for (u64 i = 0; i < 4; ++i) spoilt[at + i] ^= 0x5A;
    const auto plain = Heap::restore_outside(memory, spoilt, 0);
    if (at < offsetof(allot::Header, checksum) + 8) EXPECT_FALSE(plain) << at;
    if (plain) EXPECT_FALSE(Heap(plain.value()).validate().value()) << at;
  }
  for (const u64 bytes : {u64{0}, u64{8}, u64{sizeof(allot::Header) - 8}, u64{sizeof(allot::Header)}})
    EXPECT_FALSE(Heap::restore_outside(memory, std::span(saved.records).first(bytes), 0)) << bytes;
  for (const u64 image : {u64{8}, u64{16}, page, page * 4, u64{1} << 40, ~u64{0} - 15})
    EXPECT_FALSE(Heap::restore_outside(memory, saved.records, image)) << image;
}

}  // namespace
}  // namespace allot_test
