// Purpose: the commands, each with what it was called with.
// Floor:   cli.
#pragma once

#include <allot/base/types.hpp>

#include <string>
#include <vector>

#include "exit_code.hpp"
#include "text.hpp"

namespace allot::cli {

struct InspectOptions {
  std::string file;
  bool json = false;
  bool all = false;  // all blocks, imports, exports …, not only the first ones
};
struct ReplayOptions {
  std::string file;
  bool json = false;
  std::vector<std::string> policies;  // in the order of the table; none: all
  unsigned repeat = 5;
};
struct MapOptions {
  std::string file;
  std::string output;        // a name that ends with .svg or .html, or "-"
  u64 begin = 0;             // what is drawn: addresses from here
  u64 end = ~u64{0};         // up to, not including, this one
};

// Each writes to standard output and gives the exit code, or throws Failure.
ExitCode inspect(const InspectOptions& options, const Style& style);
ExitCode replay(const ReplayOptions& options, const Style& style);
ExitCode map(const MapOptions& options);

}  // namespace allot::cli
