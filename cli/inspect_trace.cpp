// What `allot inspect` says of a trace: how often each operation is in it.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "file.hpp"
#include "inspect.hpp"
#include "json.hpp"
#include "table.hpp"

namespace allot::cli {

std::string describe_trace(files::TraceReader& trace, u64 file_bytes, const InspectOptions& options,
                           const Style& style) {
  using files::TraceOperation;
  struct Count {
    u64 records = 0;
    u64 refused = 0;
  };
  std::array<Count, files::trace_operation_count> counts;
  std::vector<files::TraceRecord> marks;
  u64 microseconds = 0;
  for (files::TraceRecord record; trace.next(record);) {
    Count& count = counts[static_cast<std::size_t>(record.operation)];
    ++count.records;
    count.refused += record.refused;
    microseconds = record.microseconds;
    if (record.operation == TraceOperation::mark) marks.push_back(record);
  }
  if (!trace.ok()) throw malformed(options.file, trace.fault());

  if (options.json) {
    Json operations = Json::object();
    for (u32 i = 1; i < counts.size(); ++i)
      if (counts[i].records)
        operations[files::name_of(static_cast<TraceOperation>(i))] = {{"records", counts[i].records},
                                                                      {"refused", counts[i].refused}};
    Json json{{"file", options.file}, {"kind", "trace"}, {"bytes", file_bytes}, {"records", trace.records()}};
    json["microseconds"] = trace.has_times() ? Json(microseconds) : Json(nullptr);
    json["operations"] = operations;
    json["marks"] = Json::array();
    for (const auto& mark : marks) json["marks"].push_back(mark.text);
    return json_text(json);
  }
  std::string out = style.title(printable(options.file)) +
                    fmt::format(": a trace of a heap, {} in {}",
                                counted(trace.records(), "record", "records"), size_text(file_bytes));
  if (trace.has_times()) out += fmt::format(", over {:.3f} s", static_cast<double>(microseconds) / 1e6);
  out += "\n\n";
  Table table("<>>");
  table.head({"operation", "records", "of them refused"});
  for (u32 i = 1; i < counts.size(); ++i)
    if (counts[i].records)
      table.row({files::name_of(static_cast<TraceOperation>(i)), with_commas(counts[i].records),
                 with_commas(counts[i].refused)});
  out += table.text(style);
  if (!marks.empty()) {
    out += "\n" + style.title("Marks") + "\n";
    const std::size_t shown = options.all ? marks.size() : std::min(marks.size(), rows_by_default);
    for (std::size_t i = 0; i < shown; ++i) out += "  " + printable(marks[i].text) + "\n";
    out += more_rows(marks.size(), options, style);
  }
  return out + "\n`allot replay` tells what each placement policy would make of it.\n";
}

}  // namespace allot::cli
