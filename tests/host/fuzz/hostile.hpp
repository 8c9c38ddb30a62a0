// What a hostile guest does to its heap, as a list of steps read from bytes: for the fuzzers and the tests.
#pragma once

#include <allot/host.hpp>

#if defined(__SANITIZE_ADDRESS__)
#define ALLOT_TEST_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ALLOT_TEST_ASAN 1
#endif
#endif
#ifdef ALLOT_TEST_ASAN
#include <sanitizer/asan_interface.h>
#endif

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <thread>
#include <vector>

namespace allot_test {

using allot::u16;
using allot::u32;
using allot::u64;
using allot::u8;

inline constexpr u64 page = 65536;

// Exactly as long as it says, so that AddressSanitizer sees an access past its end. Moves when it grows.
class ExactMemory {
 public:
  ExactMemory(u64 pages, u64 most) : most_(most * page), bytes_(pages * page), data_(new u8[bytes_]()) {}
  u8* base() { return data_.get(); }
  u64 bytes() { return bytes_; }
  bool grow(u64 pages) {
    if (pages > (most_ - bytes_) / page) return false;
    const u64 more = bytes_ + pages * page;
    std::unique_ptr<u8[]> moved(new u8[more]());
    std::memcpy(moved.get(), data_.get(), bytes_);
    data_ = std::move(moved);
    bytes_ = more;
    return true;
  }
  bool discard(u64 at, u64 n) {
    if (n > bytes_ || at > bytes_ - n) return false;
    std::memset(base() + at, 0, n);
    return true;
  }

 private:
  u64 most_;
  u64 bytes_;
  std::unique_ptr<u8[]> data_;
};

// Never moves, so that another thread may write while it grows. AddressSanitizer sees an access past its end: what is
// behind is poisoned.
template <bool shared>
class MemoryThatStays {
 public:
  static constexpr bool base_is_fixed = true;
  static constexpr bool is_shared = shared;
  MemoryThatStays(u64 pages, u64 most) : most_(most * page), bytes_(pages * page), data_(new u8[most_]()) {
    poison();
  }
  ~MemoryThatStays() { unpoison(most_); }
  MemoryThatStays(const MemoryThatStays&) = delete;
  MemoryThatStays& operator=(const MemoryThatStays&) = delete;
  u8* base() { return data_.get(); }
  u64 bytes() { return bytes_; }
  bool grow(u64 pages) { return grow_from(pages) != ~u64{0}; }
  u64 grow_from(u64 pages) {
    if (pages > (most_ - bytes_) / page) return ~u64{0};
    const u64 before = bytes_;
    bytes_ = before + pages * page;
    unpoison(bytes_);
    return before;
  }

 private:
#ifdef ALLOT_TEST_ASAN
  void poison() { ASAN_POISON_MEMORY_REGION(data_.get() + bytes_, most_ - bytes_); }
  void unpoison(u64 bytes) { ASAN_UNPOISON_MEMORY_REGION(data_.get(), bytes); }
#else
  void poison() {}
  void unpoison(u64) {}
#endif
  u64 most_;
  std::atomic<u64> bytes_;
  std::unique_ptr<u8[]> data_;
};
using FixedMemory = MemoryThatStays<false>;
using SharedMemory = MemoryThatStays<true>;  // several threads may run in it

// What the header's checksum would have to be.
inline u64 seal_of(const u8* image) {
  u64 hash = allot::image_seal;
  for (u64 at = 0; at < offsetof(allot::Header, checksum); at += 8) {
    u64 word = 0;
    std::memcpy(&word, image + at, 8);
    hash = (hash ^ word) * 0x100000001B3ull;
    hash ^= hash >> 29;
  }
  return hash;
}
inline void reseal(u8* image) {
  const u64 seal = seal_of(image);
  std::memcpy(image + offsetof(allot::Header, checksum), &seal, 8);
}

// A number that is often one at which something ends.
inline u64 tempting(u64 random) {
  static constexpr u64 ends[] = {
      0,          1,          2,          15,         16,           31,           32,           127,
      128,        129,        255,        256,        4095,         4096,         65535,        65536,
      0x7FFFFFFF, 0x80000000, 0xFFFFFF00, 0xFFFFFFFF, u64{1} << 32, u64{1} << 48, u64{1} << 63, ~u64{0}};
  return random % 3 == 0 ? random >> 2 : ends[(random >> 2) % std::size(ends)] + random % 3 - 1;
}

// What a run of the fuzzers begins with: the bytes themselves as an image, or (bit 7 of `form` clear) a sound heap that
// the other bits choose. `outside` is the header's word for the kind of heap.
template <class Memory>
void begin_heap(Memory& memory, u64 where, u64 form, const u8* data, std::size_t size, u8 outside) {
  if (form & 0x80) {
    // What the guest says lies in its memory as it is; half of the steps work on it.
    const u64 count = std::min<u64>(size, memory.bytes() - where);
    std::memcpy(memory.base() + where, data, count);
    if ((form & 0x40) == 0) return;
    // A header that would pass, to get beyond it.
    auto& header = *reinterpret_cast<allot::Header*>(memory.base() + where);
    header.magic = allot::image_magic;
    header.version = allot::image_version;
    header.self = where;
    header.header_bytes = sizeof(allot::Header);
    header.address_bytes = form & 0x20 ? 8 : 4;
    header.outside = outside;
    if (outside == 2) header.lock = 0;
    reseal(memory.base() + where);
    return;
  }
  allot::CreateOptions options;
  options.begin = where;
  options.policy = static_cast<allot::Policy>(form >> 2 & 3);
  options.record_sizes = (form & 0x10) != 0;
  options.address = form & 0x20 ? allot::AddressType::i64 : allot::AddressType::i32;
  options.patience = std::chrono::milliseconds{0};
  (void)allot::Heap::create(memory, options);
}

// Reads bytes until there are none; then zeros.
class Bytes {
 public:
  Bytes(const u8* data, std::size_t size) : data_(data), end_(data + size) {}
  bool has_more() const { return data_ < end_; }
  u64 take(unsigned count) {
    u64 value = 0;
    for (unsigned i = 0; i < count && data_ < end_; ++i) value |= u64{*data_++} << 8 * i;
    return value;
  }

 private:
  const u8* data_;
  const u8* end_;
};

[[noreturn]] inline void give_up(const char* why) {
  (void)std::fprintf(stderr, "%s\n", why);
  std::abort();
}

// A thread of the guest that writes into an image all the time, for as long as this lives.
class Intruder {
 public:
  Intruder(u8* image, u64 random, bool yields)
      : thread_([this, image, random, yields]() mutable {
          while (!done_.load(std::memory_order_relaxed)) {
            random ^= random << 13, random ^= random >> 7, random ^= random << 17;
            const u64 reach = random & 1 ? sizeof(allot::Header) + sizeof(allot::Agent) : 60000;
            const u64 at = (random >> 8) % reach & ~u64{7};
            const u64 value = tempting(random >> 24);
            // Now wrong, now right again: the checks must meet both.
            u64* const word = reinterpret_cast<u64*>(image + at);
            const u64 before = __atomic_exchange_n(word, value, __ATOMIC_RELAXED);
            if (random >> 60 & 1) __atomic_store_n(word, before, __ATOMIC_RELAXED);
            if (yields) std::this_thread::yield();
          }
        }) {}
  Intruder(const Intruder&) = delete;
  Intruder& operator=(const Intruder&) = delete;
  ~Intruder() {
    done_ = true;
    thread_.join();
  }

 private:
  std::atomic<bool> done_ = false;
  std::thread thread_;
};

// A heap whose memory is spoilt between the calls.
class Victim {
 public:
  // Over a memory with a heap of its own, or with the given bytes and an image said to lie at `image`.
  template <class Memory>
  Victim(Memory& memory, u64 image, bool validate)
      : image_(image),
        base_([&memory] { return memory.base(); }),
        bytes_([&memory] { return memory.bytes(); }) {
    attach_ = [this, &memory](bool check) {
      allot::AttachOptions options;
      options.image = image_;
      options.validate = check;
      // Nobody is there who could give a lock back.
      options.patience = std::chrono::milliseconds{0};
      auto made = allot::Heap::attach(memory, options);
      heap_ = made ? made.value() : allot::Heap();
    };
    attach_(validate);
  }

  allot::Heap& heap() { return heap_; }

  // One step of whatever the bytes say. `may_spoil` is false where another thread does that.
  void step(Bytes& bytes, bool may_spoil) {
    const u64 verb = bytes.take(1) % 28;
    const u64 which = bytes.take(2);
    const u64 number = bytes.take(3);
    switch (verb) {
      case 0:
      case 1:
      case 2: keep(heap_.allocate(number % 3000), number % 3000); break;
      case 3: keep(heap_.allocate(number), number); break;
      case 4: keep(heap_.allocate(tempting(number)), 0); break;
      case 5:
      case 6:
      case 7:
      case 8: (void)heap_.deallocate(known(which)); break;
      case 9: (void)heap_.deallocate(tempting(number << 4)); break;
      case 10: keep(heap_.reallocate(known(which), number % 100000), number % 100000); break;
      case 11: keep(heap_.allocate_aligned(u64{1} << which % 24, number % 5000), number % 5000); break;
      case 12: keep(heap_.allocate_zeroed(which % 64, number % 5000), which % 64 * (number % 5000)); break;
      case 13: {
        const auto size = heap_.usable_size(known(which));
        if (size) touch(known(which), size.value());
        break;
      }
      case 14: (void)heap_.validate(); break;
      case 15: {
        u64 end = 0;
        (void)heap_.walk([&](const allot::Block& block) {
          if (block.address < end || block.size > bytes_()) give_up("a walk went back");
          end = block.address + block.size;
        });
        break;
      }
      case 16:
        for (u32 i = 0; i <= 16; ++i) (void)heap_.statistic(static_cast<allot::Statistic>(i));
        (void)heap_.agents();
        break;
      case 17: (void)heap_.reserve(number & 0xFFFFF, (number & 0xFFFFF) + which); break;
      case 18: (void)heap_.unreserve(number & 0xFFFFF); break;
      case 19: (void)heap_.grow(which % 5); break;
      case 20: (void)heap_.trim(); break;
      case 21:
        (void)heap_.merge();
        (void)heap_.reap(static_cast<u32>(which % 66));
        break;
      case 22: (void)heap_.purge(); break;
      case 23: (void)heap_.relocate(known(which), known(static_cast<u64>(number)) + (which & 0xF0)); break;
      case 24:
        (void)heap_.set_quota(number);
        (void)heap_.set_maximum(which << 8);
        break;
      case 25: attach_(number % 2 == 0); break;
      default:
        if (may_spoil) spoil(which, number);
    }
  }

  // Writes something into the image: a field of the header or the agent, or anything in the first pages.
  void spoil(u64 which, u64 number) {
    const u64 have = bytes_();
    u8* const base = base_();
    const u64 width = u64{1} << which % 4;
    // Half of them into the header and the agent, the other half into the records behind.
    const u64 reach = which % 8 < 4 ? sizeof(allot::Header) + sizeof(allot::Agent) : 60000;
    const u64 at = image_ + (which >> 3) * width % reach;
    if (at + width > have) return;
    const u64 value = tempting(number);
    std::memcpy(base + at, &value, width);
    if (number % 4 != 0 && image_ + sizeof(allot::Header) <= have) reseal(base + image_);
  }

 private:
  u64 known(u64 which) const { return blocks_.empty() ? which << 4 : blocks_[which % blocks_.size()]; }
  void keep(const allot::Result<u64>& block, u64 size) {
    if (!block) return;
    touch(block.value(), size);
    if (blocks_.size() < 4096) blocks_.push_back(block.value());
  }
  // What a host gets it may write to, all of it; that this spoils a spoilt heap's records is no news.
  void touch(u64 address, u64 size) {
    const u64 have = bytes_();
    if (size > have || address > have - size) give_up("a block does not lie in the memory");
    const auto span = heap_.span(address, size);
    if (!span) give_up("a block has no span");
    const auto bytes = span.value().get().value();
    if (!bytes.empty()) bytes[0] = bytes[bytes.size() - 1] = 0x5A;
  }

  u64 image_;
  std::function<u8*()> base_;
  std::function<u64()> bytes_;
  std::function<void(bool)> attach_;
  allot::Heap heap_;
  std::vector<u64> blocks_;
};

}  // namespace allot_test
