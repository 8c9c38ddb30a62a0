// Makes lists of operations from a seed, in the mixes of sizes and verbs that programs show.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "operation.hpp"
#include "random.hpp"

namespace allot_test {

enum class Sizes {
  small,        // 0 to 256 bytes, all equally likely
  log_uniform,  // 1 byte to 64 KiB, every power of two equally likely
  big,          // 4 KiB to 512 KiB
  same,         // always the same
  phases,       // small, then log-uniform, then big ones, freeing most in between
};

struct Mix {
  Sizes sizes;
  const char* name;
  unsigned most_live;  // where allocating and freeing are in balance
};

inline constexpr std::array mixes = {
    Mix{Sizes::small, "small", 600}, Mix{Sizes::log_uniform, "log_uniform", 200}, Mix{Sizes::big, "big", 30},
    Mix{Sizes::same, "same", 600},   Mix{Sizes::phases, "phases", 200},
};

class OperationMaker {
 public:
  OperationMaker(const Mix& mix, std::uint64_t seed) : mix_(mix), random_(seed) {
    same_size_ = random_.between(1, 300);
  }

  std::vector<Operation> make(std::size_t count) {
    std::vector<Operation> operations;
    operations.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
      if (i % 1024 == 0) phase_ = random_.next();
      operations.push_back(next());
    }
    operations.push_back({Verb::inspect, 0, 0});
    return operations;
  }

 private:
  // How often each verb comes, in 256; the rest allocates or frees. See limits and spans below.
  Operation next() {
    const std::uint64_t which = random_.next() >> 8;
    const std::uint64_t dice = random_.below(256);
    if (dice < 150) return balanced(which);
    if (dice < 166) return allocation(Verb::allocate_zeroed, which);
    if (dice < 182) return allocation(Verb::allocate_aligned, which);
    if (dice < 218) return {Verb::reallocate, which, size()};
    if (dice < 232) return {Verb::deallocate_wrongly, which, random_.below(1 << 20)};
    if (dice < 238) return {Verb::reallocate_wrongly, which, random_.below(1 << 20)};
    if (dice < 246) return {Verb::relocate, which, random_.below(1 << 20)};
    return seldom(which);
  }

  // The rare verbs. A quota or maximum is soon lifted again, else most of a run would be refusals.
  Operation seldom(std::uint64_t which) {
    const std::uint64_t room = random_.below(1 << 18);
    switch (random_.below(32)) {
      case 0: return {Verb::set_quota, random_.below(3), room};
      case 1: return {Verb::set_maximum, random_.below(3), room};
      case 2:
      case 3: return {Verb::set_quota, 0, 0};
      case 4:
      case 5: return {Verb::set_maximum, 0, 0};
      case 6: return {Verb::reserve, which, random_.below(5000)};
      case 7:
      case 8: return {Verb::unreserve, which, 0};
      case 9:
      case 10: return {Verb::merge, 0, 0};
      case 11: return {Verb::reattach, 0, 0};
      case 12: return {Verb::inspect, 0, 0};
      case 13: return {Verb::allocate, which, impossible_size()};
      case 14: return {Verb::grow, which, 0};
      default: return balanced(which);
    }
  }

  // Allocates or frees so that the number of live blocks wanders around the mix's target. The maker
  // only guesses that number: refusals are not known here, and need not be.
  Operation balanced(std::uint64_t which) {
    const bool frees = random_.below(2ULL * most_live()) < live_;
    if (frees && live_ > 0) {
      --live_;
      return {Verb::deallocate, which, 0};
    }
    return allocation(Verb::allocate, which);
  }

  Operation allocation(Verb verb, std::uint64_t which) {
    ++live_;
    return {verb, which, size()};
  }

  std::uint64_t most_live() const {
    const bool is_ebb = mix_.sizes == Sizes::phases && phase_ % 3 == 0;
    return is_ebb ? mix_.most_live / 16 + 1 : mix_.most_live;
  }

  std::uint64_t size() {
    Sizes sizes = mix_.sizes;
    if (sizes == Sizes::phases) sizes = static_cast<Sizes>(phase_ % 7 == 0 ? 2 : phase_ % 2);
    switch (sizes) {
      case Sizes::small: return random_.between(0, 256);
      case Sizes::log_uniform: return random_.log_uniform(16);
      case Sizes::big: return random_.between(4096, 524288);
      default: return same_size_;
    }
  }

  // Sizes near the powers of two where a careless sum wraps around.
  std::uint64_t impossible_size() {
    constexpr std::array<unsigned, 5> bits = {31, 32, 33, 63, 64};
    const unsigned bit = bits[random_.below(bits.size())];
    const std::uint64_t power = bit == 64 ? 0 : std::uint64_t{1} << bit;
    return power - random_.between(1, 40);
  }

  Mix mix_;
  Random random_;
  std::uint64_t same_size_ = 0;
  std::uint64_t phase_ = 0;
  std::uint64_t live_ = 0;
};

}  // namespace allot_test
