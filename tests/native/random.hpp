// Numbers that are random enough, and the same for the same seed on every machine.
//
// Not <random>: its distributions differ between standard libraries, and a failing seed must fail
// again elsewhere. The generator is SplitMix64 (Steele, Lea, Flood 2014, "Fast splittable
// pseudorandom number generators", figure 17).
#pragma once

#include <cstdint>
#include <cstdlib>
#include <ctime>
#include <string>
#include <string_view>

namespace allot_test {

class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}

  std::uint64_t next() {
    std::uint64_t mixed = state_ += 0x9e3779b97f4a7c15U;
    mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9U;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebU;
    return mixed ^ (mixed >> 31);
  }

  // A number in [0, bound). The slight bias of the remainder does not matter here.
  std::uint64_t below(std::uint64_t bound) { return next() % bound; }

  // A number in [low, high], all equally likely.
  std::uint64_t between(std::uint64_t low, std::uint64_t high) { return low + below(high - low + 1); }

  // A number in [1, 2^bits), every power of two equally likely: many small ones, a few big ones.
  std::uint64_t log_uniform(unsigned bits) {
    const std::uint64_t power = std::uint64_t{1} << below(bits);
    return power + below(power);
  }

  bool one_in(std::uint64_t n) { return below(n) == 0; }

 private:
  std::uint64_t state_;
};

// The seed of this run: the number in the environment variable ALLOT_SEED, a fresh one when it says
// "random", else always the same one, so that a plain test run repeats exactly.
inline std::uint64_t run_seed() {
  // NOLINTNEXTLINE(concurrency-mt-unsafe): the tests have one thread, and nobody sets variables.
  const char* text = std::getenv("ALLOT_SEED");
  if (text == nullptr || *text == '\0') return 20260101;
  if (std::string_view(text) == "random") {
    static const auto now = static_cast<std::uint64_t>(std::time(nullptr));
    return now;
  }
  return std::strtoull(text, nullptr, 0);
}

// The seed of one test: the run's seed stirred with the test's name, so that every test sees other
// numbers but the one environment variable decides them all.
inline std::uint64_t seed_for(std::string_view name) {
  std::uint64_t hash = run_seed();
  for (const char letter : name) {
    hash = Random(hash ^ static_cast<unsigned char>(letter)).next();
  }
  return hash;
}

inline std::string seed_advice() { return "to repeat: ALLOT_SEED=" + std::to_string(run_seed()); }

}  // namespace allot_test
