// What the fuzzers run, each on the bytes that libFuzzer made.
#pragma once

#include <cstddef>
#include <cstdint>

namespace allot_test {

int fuzz_image(const std::uint8_t* data, std::size_t size);
int fuzz_race(const std::uint8_t* data, std::size_t size);
int fuzz_shared(const std::uint8_t* data, std::size_t size);

}  // namespace allot_test
