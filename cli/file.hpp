// Purpose: whole files, in and out.
// Floor:   cli.
#pragma once

#include <allot/host/files/fault.hpp>

#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "exit_code.hpp"

namespace allot::cli {

/// Ends the command: what to say, and with which exit code.
struct Failure : std::runtime_error {
  Failure(ExitCode with, const std::string& message) : std::runtime_error(message), code(with) {}
  ExitCode code;
};

/// A file's bytes; of one that is of no format that this command knows, or longer than it says, some of the first. Throws
/// Failure.
std::vector<u8> read_file(const std::string& path);
/// Writes a file, all of it or none: what was there before stays until then. Throws Failure.
void write_file(const std::string& path, std::string_view content);
/// Writes to standard output. Throws Failure.
void write_output(std::string_view content);
/// The failure for a file that breaks a rule of its format.
Failure malformed(const std::string& path, const files::FileFault& fault);

/// The same for one that is no `wanted` at all; says what it is instead, if that is known.
Failure not_a(const char* wanted, const std::string& path, std::span<const u8> file);

}  // namespace allot::cli
