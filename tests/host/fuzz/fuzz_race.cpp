// A libFuzzer target: while the host works with a heap, another thread writes into its image all the time, as
// a guest's thread can. Nothing may happen but answers and errors.
//
// What the two threads do is a race on purpose; what is tested is that the host uses nothing that it has not
// checked.
#include "hostile.hpp"

#include <atomic>
#include <thread>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace allot_test;
  if (size < 12) return 0;
  Bytes bytes(data, size);
  const u64 form = bytes.take(1);
  const u64 where = bytes.take(1) * 16;
  u64 random = bytes.take(8) | 1;
  const u64 hurry = bytes.take(1);
  FixedMemory memory(2, 12);
  allot::CreateOptions options;
  options.begin = where;
  options.policy = static_cast<allot::Policy>(form >> 2 & 3);
  options.record_sizes = (form & 0x10) != 0;
  options.address = form & 0x20 ? allot::AddressType::i64 : allot::AddressType::i32;
  (void)allot::Heap::create(memory, options);
  Victim victim(memory, where, false);

  std::atomic<bool> done = false;
  u8* const image = memory.base() + where;
  std::thread guest([&done, image, random, hurry]() mutable {
    while (!done.load(std::memory_order_relaxed)) {
      random ^= random << 13, random ^= random >> 7, random ^= random << 17;
      const u64 reach = random & 1 ? sizeof(allot::Header) + sizeof(allot::Agent) : 60000;
      const u64 at = (random >> 8) % reach & ~u64{7};
      const u64 value = tempting(random >> 24);
      // Now wrong, now right again: the checks must meet both.
      u64* const word = reinterpret_cast<u64*>(image + at);
      const u64 before = __atomic_exchange_n(word, value, __ATOMIC_RELAXED);
      if (random >> 60 & 1) __atomic_store_n(word, before, __ATOMIC_RELAXED);
      if (hurry & 1) std::this_thread::yield();
    }
  });
  for (int steps = 0; bytes.has_more() && steps < 200; ++steps) victim.step(bytes, false);
  done = true;
  guest.join();
  return 0;
}
