// A libFuzzer target: a guest that writes what it likes into its image, or brings arbitrary bytes as one, and
// a host that goes on working with it. Nothing may happen but answers and errors.
//
// The first byte chooses: the bytes are the image themselves, or a sound heap is made first and each six
// bytes are a step: a call of the host, or a write into the image.
#include "hostile.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace allot_test;
  if (size < 3) return 0;
  Bytes bytes(data, size);
  const u64 form = bytes.take(1);
  const u64 where = bytes.take(1) * 16;
  ExactMemory memory(2 + form % 3, 12);
  if (form & 0x80) {
    // What the guest says lies in its memory as it is; half of the steps work on it.
    const u64 count = std::min<u64>(size, memory.bytes() - where);
    std::memcpy(memory.base() + where, data, count);
    if (form & 0x40) {
      // A header that would pass, to get beyond it.
      auto& header = *reinterpret_cast<allot::Header*>(memory.base() + where);
      header.magic = allot::image_magic;
      header.version = allot::image_version;
      header.self = where;
      header.header_bytes = sizeof(allot::Header);
      header.address_bytes = form & 0x20 ? 8 : 4;
      header.outside = 0;
      reseal(memory.base() + where);
    }
  } else {
    allot::CreateOptions options;
    options.begin = where;
    options.policy = static_cast<allot::Policy>(form >> 2 & 3);
    options.record_sizes = (form & 0x10) != 0;
    options.address = form & 0x20 ? allot::AddressType::i64 : allot::AddressType::i32;
    (void)allot::Heap::create(memory, options);
  }
  Victim victim(memory, where, (form & 0x40) == 0);
  for (int steps = 0; bytes.has_more() && steps < 400; ++steps) victim.step(bytes, true);
  return 0;
}
