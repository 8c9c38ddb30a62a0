// A libFuzzer target: while the host works with a heap, another thread writes into its image all the time, as
// a guest's thread can. Nothing may happen but answers and errors.
//
// What the two threads do is a race on purpose; what is tested is that the host uses nothing that it has not
// checked.
#include "hostile.hpp"
#include "targets.hpp"

namespace allot_test {

int fuzz_race(const std::uint8_t* data, std::size_t size) {
  if (size < 12) return 0;
  Bytes bytes(data, size);
  const u64 form = bytes.take(1);
  const u64 where = bytes.take(1) * 16;
  const u64 random = bytes.take(8) | 1;
  const u64 hurry = bytes.take(1);
  FixedMemory memory(2, 12);
  allot::CreateOptions options;
  options.begin = where;
  options.policy = static_cast<allot::Policy>(form >> 2 & 3);
  options.record_sizes = (form & 0x10) != 0;
  options.address = form & 0x20 ? allot::AddressType::i64 : allot::AddressType::i32;
  (void)allot::Heap::create(memory, options);
  Victim victim(memory, where, false);

  const Intruder intruder(memory.base() + where, random, (hurry & 1) != 0);
  for (int steps = 0; bytes.has_more() && steps < 200; ++steps) victim.step(bytes, false);
  return 0;
}

}  // namespace allot_test
