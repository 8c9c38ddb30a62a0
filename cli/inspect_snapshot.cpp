// What `allot inspect` says of a snapshot. The JSON has the names of the JavaScript API: heap.report(),
// heap.blocks(), heap.stats().
#include <fmt/format.h>

#include <algorithm>

#include "inspect.hpp"
#include "json.hpp"
#include "survey.hpp"
#include "table.hpp"

namespace allot::cli {

namespace {

using files::SnapshotHeader;

struct StatisticName {
  const char* name;
  Statistic which;
  bool is_walked;
};
constexpr bool O1 = false, WALK = true;
constexpr StatisticName statistic_names[] = {
#define ALLOT_STATISTIC(number, name, js_name, cost, text) {#js_name, Statistic::name, cost},
#include <allot/base/statistics.def>
#undef ALLOT_STATISTIC
};

const char* kind_words(BlockKind kind) {
  switch (kind) {
    case BlockKind::live: return "live";
    case BlockKind::free: return "free";
    case BlockKind::metadata: return "the heap's own records";
    case BlockKind::reserved: return "reserved, left alone";
    default: return "";
  }
}

Json classes_json(const std::vector<SizeClass>& classes) {
  Json list = Json::array();
  for (const SizeClass& entry : classes)
    list.push_back({{"from", entry.from},
                    {"below", 2 * entry.from},
                    {"blocks", entry.blocks},
                    {"byteLength", entry.bytes}});
  return list;
}

std::string as_json(const SnapshotHeader& header, u64 file_bytes, const Survey& heap,
                    const InspectOptions& options) {
  Json json{{"file", options.file}, {"kind", "snapshot"}, {"bytes", file_bytes}};
  json["sound"] = heap.is_sound();
  json["violation"] = nullptr;
  if (heap.refused != Error::none)
    json["violation"] = {{"code", name_of(heap.refused)}, {"text", text_of(heap.refused)}};
  else if (heap.violation)
    json["violation"] = {{"code", "corrupt_image"},
                         {"rule", heap.violation.number},
                         {"text", rule_text(heap.violation.number)},
                         {"address", heap.violation.address}};
  json["memory"] = header.memory_bytes();
  json["memoryMaximum"] = header.maximum ? Json(*header.maximum * page_bytes) : Json(nullptr);
  json["shared"] = header.shared;
  json["image"] = header.outside ? "outside" : "inside";
  json["imageAddress"] = header.image;
  json["recordMemory"] = header.record_memory_bytes();
  json["withoutFree"] = header.without_free;
  if (heap.refused != Error::none) return json_text(json);

  json["policy"] = policy_name(heap.policy);
  json["guestError"] = nullptr;
  if (const auto& refused = heap.guest_error)
    json["guestError"] = {{"code", name_of(refused->error)}, {"address", refused->address}};
  Json statistics;
  for (const auto& [name, which, is_walked] : statistic_names) {
    const bool is_unlimited = which == Statistic::quota_bytes && heap.figure(which) == ~u64{0};
    if (!is_walked || heap.has_blocks)
      statistics[name] = is_unlimited ? Json(nullptr) : Json(heap.figure(which));
  }
  json["statistics"] = statistics;
  if (heap.agents) {
    Json agents = Json::array();
    for (const AgentStatus& agent : *heap.agents)
      agents.push_back({{"id", agent.id},
                        {"orphan", agent.is_orphan},
                        {"pages", agent.pages},
                        {"live", agent.live_bytes}});
    json["agents"] = std::move(agents);
  }
  if (!heap.has_blocks) return json_text(json);

  const u64 runs = heap.figure(Statistic::free_blocks);
  const auto internal = heap.internal_fragmentation();
  json["fragmentation"] = {
      {"external", heap.external_fragmentation()},
      {"freeRuns", runs},
      {"largestFree", heap.figure(Statistic::largest_free)},
      {"meanFreeRun",
       runs == 0 ? 0.0 : static_cast<double>(heap.figure(Statistic::free_bytes)) / static_cast<double>(runs)},
      {"internal", internal ? Json(*internal) : Json(nullptr)}};
  json["histogram"] = {{"live", classes_json(heap.live_sizes)}, {"free", classes_json(heap.free_sizes)}};
  Json blocks = Json::array();
  for (const Run& run : heap.runs)
    blocks.push_back({{"byteOffset", run.address}, {"byteLength", run.bytes}, {"kind", kind_name(run.kind)}});
  json["blocks"] = std::move(blocks);
  return json_text(json);
}

std::string verdict(const Survey& heap, const Style& style) {
  if (heap.refused != Error::none)
    return style.bad("No heap can be opened in it") +
           fmt::format(": {}: {}.\n", name_of(heap.refused), text_of(heap.refused));
  if (!heap.violation) return style.good("The heap is sound") + ": all its rules hold.\n";
  std::string out =
      style.bad("The heap is damaged") + fmt::format(": at address {} it breaks rule {}:\n  {}.\n",
                                                     address_text(heap.violation.address),
                                                     heap.violation.number, rule_text(heap.violation.number));
  if (!heap.has_blocks)
    out += "Its records cannot be trusted as far as to list its blocks. The figures are what they say.\n";
  return out;
}

std::string usage_table(const SnapshotHeader& header, const Survey& heap, const Style& style) {
  const u64 memory = header.memory_bytes();
  const auto whole = static_cast<double>(memory);
  const auto share = [&](u64 bytes) { return percent(static_cast<double>(bytes), whole); };
  const u64 live = heap.figure(Statistic::live_bytes), free = heap.figure(Statistic::free_bytes);
  const u64 records = heap.figure(Statistic::metadata_bytes),
            reserved = heap.figure(Statistic::reserved_bytes);
  Table table("<>>><");
  const auto row = [&](const char* what, u64 bytes, std::string note) {
    table.row({what, size_text(bytes), with_commas(bytes), share(bytes), std::move(note)});
  };
  table.head({"memory", "size", "bytes", "share", ""});
  row("live", live, counted(heap.figure(Statistic::live_blocks), "block", "blocks"));
  row("free", free,
      heap.has_blocks ? "in " + counted(heap.figure(Statistic::free_blocks), "piece", "pieces") : "");
  row("the heap's records", records, header.outside ? "they lie in a memory of their own" : "");
  if (reserved) row("reserved", reserved, "left alone on request");
  const u64 all = live + free + records + reserved;
  if (memory > all) row("not the heap's", memory - all, "");
  row("in all", memory, counted(header.pages, "page", "pages") + " of 64 KiB");
  return table.text(style);
}

std::string facts_table(const SnapshotHeader& header, const Survey& heap, const Style& style) {
  Table table("<<");
  table.row({"placement policy", policy_name(heap.policy)});
  table.row({"its records", header.outside ? fmt::format("outside, in a memory of {} of their own",
                                                         size_text(header.record_memory_bytes()))
                                           : "inside the memory, at address " + address_text(header.image)});
  table.row({"addresses in use", fmt::format("{} to {}", address_text(heap.figure(Statistic::begin)),
                                             address_text(heap.figure(Statistic::top)))});
  table.row({"most bytes ever live", size_text(heap.figure(Statistic::peak_bytes))});
  table.row({"taken more memory", counted(heap.figure(Statistic::grow_count), "time", "times")});
  const u64 quota = heap.figure(Statistic::quota_bytes);
  table.row({"limit of live bytes", quota == ~u64{0} ? "none" : size_text(quota)});
  table.row({"grows up to address", address_text(heap.figure(Statistic::maximum_bytes))});
  table.row({"memory may grow to",
             header.maximum ? size_text(*header.maximum * page_bytes) : "as much as the engine grants"});
  table.row({"shared by threads", header.shared ? "yes" : "no"});
  if (const auto& refused = heap.guest_error)
    table.row({"a guest was refused", fmt::format("{} at {}: {}", name_of(refused->error),
                                                  address_text(refused->address), text_of(refused->error))});
  if (header.without_free) table.row({"free memory's content", "left out of the snapshot (zeros)"});
  return table.text(style);
}

std::string agent_table(const std::vector<AgentStatus>& agents, const Style& style) {
  Table table("><>>");
  table.head({"number", "state", "pages", "live"});
  for (const AgentStatus& agent : agents)
    table.row({with_commas(agent.id), agent.is_orphan ? "has ended, its blocks are here" : "at work",
               with_commas(agent.pages), size_text(agent.live_bytes)});
  return table.text(style);
}

std::string fragmentation_lines(const Survey& heap) {
  const u64 free = heap.figure(Statistic::free_bytes);
  std::string out =
      free == 0 ? "  no memory is free\n"
                : fmt::format("  the longest free piece has {}; {} of the free memory is in other pieces\n",
                              size_text(heap.figure(Statistic::largest_free)),
                              percent(heap.external_fragmentation(), 1));
  if (const auto internal = heap.internal_fragmentation())
    out += fmt::format(
        "  {} of the live bytes was not asked for: blocks are multiples of 16 bytes, and some are longer\n",
        percent(*internal, 1));
  return out;
}

std::string histogram(const Survey& heap, const Style& style) {
  std::map<u64, std::pair<SizeClass, SizeClass>> rows;
  for (const SizeClass& entry : heap.live_sizes) rows[entry.from].first = entry;
  for (const SizeClass& entry : heap.free_sizes) rows[entry.from].second = entry;
  u64 most = 1;
  for (const auto& [from, row] : rows) most = std::max(most, row.first.blocks);
  Table out(">>>>><");
  out.head({"at least", "less than", "live blocks", "their bytes", "free pieces", ""});
  for (const auto& [from, row] : rows) {
    const u64 bar = (row.first.blocks * 24 + most - 1) / most;
    out.row({size_text(from), size_text(2 * from), with_commas(row.first.blocks), size_text(row.first.bytes),
             with_commas(row.second.blocks), std::string(static_cast<std::size_t>(bar), '#')});
  }
  return out.text(style);
}

std::string block_table(const Survey& heap, const InspectOptions& options, const Style& style) {
  Table out("<>><");
  out.head({"address", "bytes", "size", "what"});
  const std::size_t shown = options.all ? heap.runs.size() : std::min(heap.runs.size(), rows_by_default);
  for (std::size_t i = 0; i < shown; ++i) {
    const Run& run = heap.runs[i];
    out.row({address_text(run.address), with_commas(run.bytes), run.bytes < 1024 ? "" : size_text(run.bytes),
             kind_words(run.kind)});
  }
  return out.text(style) + more_rows(heap.runs.size(), options, style);
}

}  // namespace

Described describe_snapshot(const files::Snapshot& snapshot, const InspectOptions& options,
                            const Style& style) {
  const SnapshotHeader& header = snapshot.header();
  const Survey heap = survey(options.file, snapshot);
  const ExitCode code = heap.is_sound() ? exit_good : exit_damage;
  if (options.json) return {as_json(header, snapshot.file_bytes(), heap, options), code};

  std::string out = style.title(printable(options.file)) +
                    fmt::format(": a snapshot of a memory of {} and the heap in it, {} in the file\n\n",
                                size_text(header.memory_bytes()), size_text(snapshot.file_bytes()));
  out += verdict(heap, style);
  if (heap.refused != Error::none) return {out, code};
  const auto section = [&](const char* title, const std::string& text) {
    out += "\n" + style.title(title) + "\n" + text;
  };
  section("How the memory is used", usage_table(header, heap, style));
  section("The heap", facts_table(header, heap, style));
  if (heap.agents) section("Its agents", agent_table(*heap.agents, style));
  if (heap.has_blocks) {
    section("Fragmentation", fragmentation_lines(heap));
    section("Sizes", histogram(heap, style));
    section("Blocks, and pieces of free memory", block_table(heap, options, style));
  }
  return {out, code};
}

}  // namespace allot::cli
