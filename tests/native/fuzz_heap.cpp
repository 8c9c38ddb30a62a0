// A libFuzzer target: bytes become a form of the heap and a list of operations, which run against the
// model. The first byte chooses the form, each five bytes after it are one operation.
//
// A fuzzer that sees which branches it reached finds sequences that no distribution would make.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "checked_heap.hpp"
#include "operation.hpp"
#include "variants.hpp"

namespace {

using allot_test::Operation;
using allot_test::Plan;
using allot_test::Verb;

// The five bytes of an operation: verb, two bytes of which, mantissa and exponent of a size.
Operation decode(const std::uint8_t* bytes) {
  Operation operation;
  operation.verb = static_cast<Verb>(bytes[0] % allot_test::verb_count);
  operation.which = bytes[1] | std::uint64_t{bytes[2]} << 8;
  const std::uint64_t mantissa = bytes[3];
  const unsigned exponent = bytes[4] % 64;
  // Most exponents make a size of up to half a megabyte, the last few one that no memory has.
  operation.size = exponent < 60 ? mantissa << exponent % 12 : (std::uint64_t{1} << exponent) - 1 - mantissa;
  return operation;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  static const std::vector<allot_test::Variant> variants = allot_test::all_variants();
  const allot_test::Variant& variant = variants[data[0] % variants.size()];
  Plan plan;
  plan.options = variant.options();
  plan.options.begin = std::uint64_t{data[1]} * 300;
  plan.maximum_pages = 24;
  allot_test::with_rig_of(variant, [&]<class Rig>() {
    Rig rig(plan);
    allot_test::CheckedHeap<Rig> heap(rig);
    try {
      for (std::size_t at = 2; at + 5 <= size; at += 5) heap.apply(decode(data + at));
      heap.inspect();
    } catch (const allot_test::Disagreement& disagreement) {
      (void)std::fprintf(stderr, "%s, begin %lu: %s\n", variant.name().c_str(),
                         static_cast<unsigned long>(plan.options.begin), disagreement.what());
      std::abort();
    }
  });
  return 0;
}
