// Purpose: what the command ends with, for scripts; docs/cli.md says the same.
// Floor:   cli.
#pragma once

namespace allot::cli {

enum ExitCode : int {
  exit_good = 0,
  exit_damage = 1,      // the file could be read, and the heap in it breaks a rule
  exit_usage = 2,       // the command was called wrongly
  exit_unreadable = 3,  // a file is not there, cannot be read, or is not what it should be
  exit_unwritable = 4,  // the output cannot be written
  exit_internal = 70,   // a mistake in the command itself (EX_SOFTWARE)
};

}  // namespace allot::cli
