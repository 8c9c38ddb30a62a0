// What libFuzzer calls: in each program another target, ALLOT_FUZZ_TARGET.
#include "targets.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return allot_test::ALLOT_FUZZ_TARGET(data, size);
}
