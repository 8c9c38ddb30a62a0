// The benchmark's random numbers: xorshift32 (G. Marsaglia, 2003).
#pragma once

#include <stdint.h>

class Random {
 public:
  constexpr explicit Random(uint32_t seed = 2463534242) : state_(seed) {}
  uint32_t next() {
    state_ ^= state_ << 13;
    state_ ^= state_ >> 17;
    state_ ^= state_ << 5;
    return state_;
  }
  // Below `limit`, by a multiplication: a division would cost more than a fast malloc.
  uint32_t below(uint32_t limit) { return uint32_t((uint64_t(next()) * limit) >> 32); }

 private:
  uint32_t state_;
};
