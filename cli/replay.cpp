// `allot replay`: a recorded trace on the placement policies, side by side.
#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "commands.hpp"
#include "file.hpp"
#include "json.hpp"
#include "replay_heap.hpp"
#include "survey.hpp"
#include "table.hpp"

namespace allot::cli {

namespace {

/// Runs it so often, and keeps the shortest time: the others are the same with disturbances.
ReplayResult best_of(const TracePlan& plan, Policy policy, unsigned repeat) {
  ReplayResult best = replay_once(plan, policy);
  for (unsigned i = 1; i < repeat; ++i) {
    const double again = replay_once(plan, policy).milliseconds;
    best.milliseconds = std::min(best.milliseconds, again);
  }
  return best;
}

const char* name_of_policy(const ReplayResult& result) {
  return policy_name(static_cast<u32>(result.policy));
}

Json result_json(const ReplayResult& result) {
  return {{"policy", name_of_policy(result)},
          {"operations", result.operations},
          {"skipped", result.skipped},
          {"refused", result.refused},
          {"granted", result.granted},
          {"sameAddress", result.same_address},
          {"moved", result.moved},
          {"peakBytes", result.peak_asked},
          {"peakBlocks", result.peak_blocks},
          {"peakLive", result.peak_live},
          {"leftBlocks", result.left_blocks},
          {"leftBytes", result.left_asked},
          {"memory", result.memory},
          {"metadata", result.records},
          {"free", result.free},
          {"largestFree", result.largest_free},
          {"fragmentation", result.external_fragmentation()},
          {"milliseconds", result.milliseconds}};
}

std::string time_text(double milliseconds) {
  return milliseconds < 1        ? fmt::format("{:.1f} us", milliseconds * 1000)
         : milliseconds < 10'000 ? fmt::format("{:.2f} ms", milliseconds)
                                 : fmt::format("{:.2f} s", milliseconds / 1000);
}

std::string text_of_results(const TracePlan& plan, const std::vector<ReplayResult>& results,
                            const ReplayOptions& options, u64 file_bytes, const Style& style) {
  const ReplayResult& first = results.front();
  std::string out = style.title(printable(options.file)) +
                    fmt::format(": a trace of a heap, {} in {}", counted(plan.records, "record", "records"),
                                size_text(file_bytes));
  if (plan.has_times) out += fmt::format(", over {:.3f} s", static_cast<double>(plan.microseconds) / 1e6);
  out += fmt::format("\n\nThe program asked for {} at most at one time, in up to {}.\n",
                     size_text(first.peak_asked), counted(first.peak_blocks, "block", "blocks"));
  out += first.operations == 1 ? "1 operation is done again"
                               : with_commas(first.operations) + " operations are done again";
  if (first.skipped)
    out += first.skipped == 1 ? "; 1 record is left out"
                              : "; " + with_commas(first.skipped) + " records are left out";
  out += ".\n\n";

  Table shown("<>>>>>>>");
  shown.head({"policy", "memory taken", "beyond the need", "free at the end", "fragmented", "moved", "time",
              "each"});
  for (const ReplayResult& result : results) {
    const double beyond = static_cast<double>(result.memory) - static_cast<double>(result.peak_asked);
    shown.row(
        {name_of_policy(result), size_text(result.memory),
         result.peak_asked == 0
             ? "-"
             : fmt::format("{:+.1f} %", 100 * beyond / static_cast<double>(result.peak_asked)),
         size_text(result.free), percent(result.external_fragmentation(), 1), with_commas(result.moved),
         time_text(result.milliseconds),
         result.operations == 0
             ? "-"
             : fmt::format("{:.0f} ns", result.milliseconds * 1e6 / static_cast<double>(result.operations))});
  }
  out += shown.text(style) + "\n";
  if (results.size() > 1) {
    const auto [least, most] = std::minmax_element(
        results.begin(), results.end(), [](const auto& a, const auto& b) { return a.memory < b.memory; });
    const auto fastest = std::min_element(results.begin(), results.end(), [](const auto& a, const auto& b) {
      return a.milliseconds < b.milliseconds;
    });
    out += least->memory == most->memory
               ? "All need the same memory."
               : fmt::format("Least memory: {}.", style.good(name_of_policy(*least)));
    out += fmt::format(" Fastest: {}.\n", style.good(name_of_policy(*fastest)));
  }
  for (const ReplayResult& result : results)
    if (result.refused)
      out += style.bad(fmt::format("{}: {} refused here.\n", name_of_policy(result),
                                   counted(result.refused, "operation was", "operations were")));
  out += style.faint(
      "Memory taken: all that the heap took, its own records too. Beyond the need: how much that is above "
      "the most\n"
      "that was asked for at one time. Fragmented: the part of the free memory at the end that is not in one "
      "piece.\n"
      "Moved: blocks that had to be copied when they were resized. Time: placing the blocks, without their "
      "content.\n");
  return out;
}

std::optional<Policy> policy_of(const std::string& name) {
  for (u32 i = 0; i < policy_count; ++i)
    if (name == policy_name(i)) return static_cast<Policy>(i);
  return std::nullopt;
}

}  // namespace

ExitCode replay(const ReplayOptions& options, const Style& style) {
  const std::vector<u8> file = read_file(options.file);
  if (!files::is_trace(file)) throw not_a("a trace", options.file, file);
  const TracePlan plan = plan_trace(options.file, file);
  std::vector<Policy> policies;
  for (const std::string& name : options.policies)
    if (const auto policy = policy_of(name);
        policy && std::find(policies.begin(), policies.end(), *policy) == policies.end())
      policies.push_back(*policy);
  if (policies.empty()) policies = {Policy::exact, Policy::compact, Policy::balanced, Policy::fast};

  std::vector<ReplayResult> results;
  results.reserve(policies.size());
  for (const Policy policy : policies) results.push_back(best_of(plan, policy, options.repeat));
  if (!options.json) {
    write_output(text_of_results(plan, results, options, file.size(), style));
    return exit_good;
  }
  Json json{{"file", options.file}, {"kind", "replay"}, {"bytes", file.size()}, {"records", plan.records}};
  json["microseconds"] = plan.has_times ? Json(plan.microseconds) : Json(nullptr);
  json["policies"] = Json::array();
  for (const ReplayResult& result : results) json["policies"].push_back(result_json(result));
  write_output(json_text(json));
  return exit_good;
}

}  // namespace allot::cli
