// The forms a heap can have, as parameters of GoogleTest: image inside or outside, 32- or 64-bit
// addresses, policy, requested sizes recorded or not.
#pragma once

#include <gtest/gtest.h>

#include <allot/heap/heaps.hpp>

#include <cstdint>
#include <ostream>
#include <string>
#include <vector>

#include "memories.hpp"
#include "rigs.hpp"

namespace allot_test {

struct Variant {
  bool inside;
  bool wide;  // 64-bit addresses
  allot::Policy policy;
  bool record_sizes;

  [[nodiscard]] std::string name() const {
    constexpr const char* policies[] = {"exact", "compact", "balanced", "fast"};
    return std::string(inside ? "inside" : "outside") + (wide ? "_u64_" : "_u32_") +
           policies[static_cast<unsigned>(policy)] + (record_sizes ? "_sizes" : "");
  }

  [[nodiscard]] allot::Options options() const {
    allot::Options options;
    options.begin = 1024;
    options.policy = policy;
    options.record_sizes = record_sizes;
    return options;
  }

  friend std::ostream& operator<<(std::ostream& out, const Variant& variant) { return out << variant.name(); }
};

// Calls `body.operator()<Rig>()` with the rig type of the variant.
template <class Memory = MovingMemory, class Body>
void with_rig_of(const Variant& variant, Body body) {
  if (variant.inside) {
    if (variant.wide) return body.template operator()<InsideRig<Memory, std::uint64_t>>();
    return body.template operator()<InsideRig<Memory, std::uint32_t>>();
  }
#ifdef ALLOT_TEST_INSIDE_ONLY
  ADD_FAILURE() << "not compiled here: " << variant;
#else
  if (variant.wide) return body.template operator()<OutsideRig<Memory, std::uint64_t>>();
  return body.template operator()<OutsideRig<Memory, std::uint32_t>>();
#endif
}

inline std::vector<Variant> all_variants() {
  std::vector<Variant> variants;
  for (const bool inside : {true, false}) {
#ifdef ALLOT_TEST_INSIDE_ONLY
    if (!inside) continue;
#endif
    for (const bool wide : {false, true}) {
      for (const auto policy :
           {allot::Policy::exact, allot::Policy::compact, allot::Policy::balanced, allot::Policy::fast}) {
        for (const bool record_sizes : {false, true}) {
          variants.push_back({inside, wide, policy, record_sizes});
        }
      }
    }
  }
  return variants;
}

// The two places of an image; enough where neither the policy nor the address type matters.
inline std::vector<Variant> both_places() {
  return {{true, false, allot::Policy::balanced, false}, {false, false, allot::Policy::balanced, false}};
}

inline std::vector<Variant> every_policy() {
  std::vector<Variant> variants;
  for (const Variant& variant : all_variants()) {
    if (!variant.wide && !variant.record_sizes) variants.push_back(variant);
  }
  return variants;
}

inline std::string variant_name(const testing::TestParamInfo<Variant>& info) { return info.param.name(); }

}  // namespace allot_test

// A suite of tests that run on each of `variants`.
#define ALLOT_TEST_SUITE(suite, variants)                              \
  class suite : public testing::TestWithParam<allot_test::Variant> {}; \
  INSTANTIATE_TEST_SUITE_P(Each, suite, testing::ValuesIn(variants), allot_test::variant_name)
