#include "inspect.hpp"

#include <allot/host/files/wasm.hpp>

#include <fmt/format.h>

#include "file.hpp"

namespace allot::cli {

std::string more_rows(std::size_t rows, const InspectOptions& options, const Style& style) {
  if (options.all || rows <= rows_by_default) return "";
  return style.faint(
      fmt::format("  ... and {} more; --all lists them\n", with_commas(rows - rows_by_default)));
}

ExitCode inspect(const InspectOptions& options, const Style& style) {
  const std::vector<u8> file = read_file(options.file);
  if (files::is_snapshot(file)) {
    const auto snapshot = files::read_snapshot(file);
    if (!snapshot) throw malformed(options.file, snapshot.fault());
    const Described described = describe_snapshot(snapshot.value(), options, style);
    write_output(described.text);
    return described.code;
  }
  if (files::is_trace(file)) {
    files::TraceReader trace(file);
    write_output(describe_trace(trace, file.size(), options, style));
    return exit_good;
  }
  if (files::is_wasm(file)) {
    const auto module = files::read_wasm(file);
    if (!module) throw malformed(options.file, module.fault());
    write_output(describe_module(module.value(), options, style));
    return exit_good;
  }
  throw malformed(
      options.file,
      {0,
       "it begins neither as a WebAssembly module (00 61 73 6D), nor as a snapshot or a trace (\"allot\")"});
}

}  // namespace allot::cli
