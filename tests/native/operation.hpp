// One operation on a heap as plain data: what to do and two numbers that say with which block and
// how many bytes. A test is a list of these, so the same list can be made by a seeded generator
// (mixes.hpp), by rapidcheck (which shrinks it) or by a fuzzer (from bytes), replayed on any heap and
// cut down to the few steps that matter (reduce.hpp).
#pragma once

#include <cstdint>
#include <ostream>

namespace allot_test {

enum class Verb : std::uint8_t {
  allocate,
  allocate_zeroed,
  allocate_aligned,
  reallocate,
  relocate,
  deallocate,
  deallocate_wrongly,
  reallocate_wrongly,
  reserve,
  unreserve,
  set_quota,
  set_maximum,
  merge,
  grow,
  reattach,
  inspect,  // validate, walk, and compare every byte with the model
};

inline constexpr unsigned verb_count = 16;

inline const char* name_of(Verb verb) {
  constexpr const char* names[verb_count] = {"allocate",
                                             "allocate_zeroed",
                                             "allocate_aligned",
                                             "reallocate",
                                             "relocate",
                                             "deallocate",
                                             "deallocate_wrongly",
                                             "reallocate_wrongly",
                                             "reserve",
                                             "unreserve",
                                             "set_quota",
                                             "set_maximum",
                                             "merge",
                                             "grow",
                                             "reattach",
                                             "inspect"};
  return names[static_cast<unsigned>(verb) % verb_count];
}

struct Operation {
  Verb verb = Verb::inspect;
  std::uint64_t which = 0;  // chooses a live block, an alignment, a kind of mistake
  std::uint64_t size = 0;   // bytes

  friend bool operator==(const Operation&, const Operation&) = default;
};

inline std::ostream& operator<<(std::ostream& out, const Operation& operation) {
  return out << name_of(operation.verb) << " {" << operation.which << ", " << operation.size << '}';
}

}  // namespace allot_test
