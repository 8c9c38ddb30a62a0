// Purpose: what `allot inspect` says of each kind of file.
// Floor:   cli.
#pragma once

#include <allot/host/files/snapshot.hpp>
#include <allot/host/files/trace.hpp>
#include <allot/host/files/wasm_module.hpp>

#include <string>

#include "commands.hpp"

namespace allot::cli {

/// Rows of a list that are shown without --all.
inline constexpr std::size_t rows_by_default = 20;

std::string describe_module(const files::WasmModule& module, const InspectOptions& options,
                            const Style& style);

struct Described {
  std::string text;
  ExitCode code;
};
Described describe_snapshot(const files::Snapshot& snapshot, const InspectOptions& options,
                            const Style& style);
/// Reads all of the trace. Throws Failure where it is wrong.
std::string describe_trace(files::TraceReader& trace, u64 file_bytes, const InspectOptions& options,
                           const Style& style);

/// The line under a list of which only the first rows are shown; nothing if it is whole.
std::string more_rows(std::size_t rows, const InspectOptions& options, const Style& style);

}  // namespace allot::cli
