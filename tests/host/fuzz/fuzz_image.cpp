// A libFuzzer target: a guest that writes what it likes into its image, or brings arbitrary bytes as one, and
// a host that goes on working with it. Nothing may happen but answers and errors.
//
// The first byte chooses: the bytes are the image themselves, or a sound heap is made first and each six
// bytes are a step: a call of the host, or a write into the image.
#include "hostile.hpp"
#include "targets.hpp"

namespace allot_test {
namespace {

template <class Memory>
void run(Bytes& bytes, u64 form, const std::uint8_t* data, std::size_t size) {
  const u64 where = bytes.take(1) * 16;
  Memory memory(2 + form % 3, 12);
  begin_heap(memory, where, form, data, size, 0);
  Victim victim(memory, where, (form & 0x40) == 0);
  for (int steps = 0; bytes.has_more() && steps < 400; ++steps) victim.step(bytes, true);
}

}  // namespace

int fuzz_image(const std::uint8_t* data, std::size_t size) {
  if (size < 3) return 0;
  Bytes bytes(data, size);
  const u64 form = bytes.take(1);
  // Of a memory that stays where it is more is remembered from call to call.
  if (size % 2 == 0)
    run<ExactMemory>(bytes, form, data, size);
  else
    run<FixedMemory>(bytes, form, data, size);
  return 0;
}

}  // namespace allot_test
