// A libFuzzer target: fuzz_image and fuzz_race for heaps that several agents use. Several hosts are agents of one; what
// a hostile agent may do is written into the image between their calls, or by another thread all the time.
//
// The first byte is that of fuzz_image, the third says how many hosts there are and whether the other thread is.
#include "hostile.hpp"
#include "targets.hpp"

#include <optional>

namespace allot_test {

int fuzz_shared(const std::uint8_t* data, std::size_t size) {
  if (size < 4) return 0;
  Bytes bytes(data, size);
  const u64 form = bytes.take(1);
  const u64 where = bytes.take(1) * 16;
  const u64 company = bytes.take(1);
  SharedMemory memory(2 + form % 3, 12);
  begin_heap(memory, where, form, data, size, 2);
  std::vector<std::unique_ptr<Victim>> victims;
  for (u64 i = 0; i <= (company >> 1 & 3); ++i)
    victims.push_back(std::make_unique<Victim>(memory, where, (form & 0x40) == 0));
  std::optional<Intruder> intruder;
  if (company & 1) intruder.emplace(memory.base() + where, bytes.take(8) | 1, (company & 0x80) != 0);
  for (int steps = 0; bytes.has_more() && steps < 300; ++steps)
    victims[company & 8 ? bytes.take(1) % victims.size() : 0]->step(bytes, !intruder);
  intruder.reset();
  return 0;
}

}  // namespace allot_test
