// Cuts a failing list of operations down to a short one that still fails (Zeller, Hildebrandt 2002,
// "Simplifying and isolating failure-inducing input": delta debugging), and prints it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <sstream>
#include <string>
#include <vector>

#include "operation.hpp"
#include "replay.hpp"

namespace allot_test {

// `fails(operations)` says whether a list fails; it must fail for the list given.
template <class Fails>
std::vector<Operation> reduce(std::vector<Operation> operations, Fails fails) {
  for (std::size_t chunk = operations.size() / 2; chunk > 0;) {
    bool shorter = false;
    for (std::size_t at = 0; at < operations.size();) {
      const auto begin = operations.begin() + static_cast<std::ptrdiff_t>(at);
      const std::size_t length = std::min(chunk, operations.size() - at);
      std::vector<Operation> rest(operations.begin(), begin);
      rest.insert(rest.end(), begin + static_cast<std::ptrdiff_t>(length), operations.end());
      if (fails(rest)) {
        operations = std::move(rest);
        shorter = true;
      } else {
        at += length;
      }
    }
    if (!shorter || chunk > operations.size()) chunk /= 2;
  }
  return operations;
}

// What a person needs to repeat a failure: the shortest way found to it, and how it ends.
template <class Rig>
std::string explain(const Plan& plan, const std::vector<Operation>& operations) {
  constexpr unsigned seconds = 10;  // for one try; a whole run takes less than one
  const auto few = reduce(operations, [&plan](const std::vector<Operation>& some) {
    return !replay_apart<Rig>(plan, some, seconds, Noise::hidden).empty();
  });
  std::ostringstream text;
  text << replay_apart<Rig>(plan, few, seconds) << "\nafter " << few.size() << " operations:\n";
  for (const Operation& operation : few) text << "  " << operation << '\n';
  return text.str();
}

}  // namespace allot_test
