// The `allot` command: looks at modules, heaps and traces in files.
//
// This file is its command line; what the commands do stands in a file of its own each.
#include <CLI/CLI.hpp>

#include <charconv>
#include <cstdio>
#include <new>
#include <sstream>
#include <string>
#include <system_error>

#include "commands.hpp"
#include "file.hpp"

namespace {

using namespace allot::cli;

constexpr const char* exit_codes =
    "Exit codes: 0 good; 1 the heap in the file is damaged; 2 wrong usage; 3 a file cannot be read or is\n"
    "malformed; 4 the output cannot be written; 70 a fault of allot itself.";

// What CLI11 complains about, as a line and a hint.
int complain(const CLI::App& app, const CLI::Error& error) {
  if (error.get_exit_code() == static_cast<int>(CLI::ExitCodes::Success)) {
    std::ostringstream asked_for;  // help, version
    const int code = app.exit(error, asked_for);
    write_output(asked_for.str());
    return code;
  }
  std::string name = "allot";
  for (const CLI::App* sub : app.get_subcommands()) name += " " + sub->get_name();
  std::string what = error.what();
  // What CLI11 calls a missing subcommand.
  if (app.get_subcommands().empty() && error.get_name() == "RequiredError") {
    const auto unknown = app.remaining();
    what = unknown.empty() ? "which command? inspect, replay or map"
                           : "there is no command '" + printable(unknown.front()) + "'";
  }
  (void)std::fprintf(stderr, "allot: %s\nTry: %s --help\n", printable(what).c_str(), name.c_str());
  return exit_usage;
}

CLI::Option* add_json(CLI::App* command, bool& json) {
  return command->add_flag("--json", json, "Print JSON, for programs");
}

// An address as it is typed. CLI11's own numbers are not used: they take -1, and what 64 bits do not hold, for the
// largest there is.
CLI::Option* add_address(CLI::App* command, const char* name, allot::u64& address, const std::string& what) {
  const auto read = [name, &address](const std::string& typed) {
    const bool is_hexadecimal = typed.starts_with("0x") || typed.starts_with("0X");
    const char* const end = typed.data() + typed.size();
    const auto [behind, error] =
        std::from_chars(typed.data() + (is_hexadecimal ? 2 : 0), end, address, is_hexadecimal ? 16 : 10);
    if (error != std::errc() || behind != end)
      throw CLI::ValidationError(
          name, "an address is a number from 0 to 0xffffffffffffffff, such as 65536 or 0x10000: " + typed);
  };
  return command->add_option_function<std::string>(name, read, what)->type_name("ADDRESS");
}

// CLI11's own choice of values takes the numbers that they stand for, too, and says so at length.
void add_colour(CLI::App& app, Style::When& colour) {
  const auto read = [&colour](const std::string& typed) {
    if (typed == "auto")
      colour = Style::When::automatic;
    else if (typed == "always")
      colour = Style::When::always;
    else if (typed == "never")
      colour = Style::When::never;
    else
      throw CLI::ValidationError("--color", "it is auto, always or never: " + typed);
  };
  app.add_option_function<std::string>("--color", read,
                                       "Colours: auto (on a terminal, unless NO_COLOR is set), always, never")
      ->type_name("WHEN");
}

int run(int count, char** arguments) {
  CLI::App app(
      "allot looks at WebAssembly modules, and at heaps and allocation traces that were saved from them.\n",
      "allot");
  app.set_version_flag("-V,--version", "allot " ALLOT_VERSION, "Print the version");
  app.set_help_flag("-h,--help", "Print this help");
  app.get_formatter()->column_width(30);
  app.require_subcommand(1);
  app.footer(
      std::string(
          "Examples:\n"
          "  allot inspect guest.wasm          what the module needs, and where a heap can live in it\n"
          "  allot inspect heap.snapshot       whether the heap is sound; its blocks and figures\n"
          "  allot replay app.trace            which placement policy suits this program?\n"
          "  allot map heap.snapshot -o heap.svg\n\n"
          "Snapshots and traces are what heap.snapshot() and heap.trace() of the npm package `allot` "
          "give.\n\n") +
      exit_codes);

  Style::When colour = Style::When::automatic;
  add_colour(app, colour);
  app.fallthrough();

  InspectOptions inspected;
  CLI::App* const inspect_command =
      app.add_subcommand("inspect", "Say what is in a module, a snapshot or a trace");
  inspect_command->add_option("FILE", inspected.file, "A WebAssembly module, a snapshot or a trace")
      ->required()
      ->type_name("");
  add_json(inspect_command, inspected.json);
  inspect_command->add_flag("-a,--all", inspected.all, "List everything, not only the first 20 of each");
  inspect_command->footer(std::string("Examples:\n"
                                      "  allot inspect guest.wasm\n"
                                      "  allot inspect heap.snapshot --all\n"
                                      "  allot inspect heap.snapshot --json | jq .statistics.live\n"
                                      "  allot inspect heap.snapshot > /dev/null || echo damaged\n\n") +
                          exit_codes);

  ReplayOptions replayed;
  CLI::App* const replay_command =
      app.add_subcommand("replay", "Do a recorded trace again with each placement policy, and compare");
  replay_command->add_option("TRACE", replayed.file, "A trace")->required()->type_name("");
  replay_command
      ->add_option("-p,--policy", replayed.policies,
                   "Only this policy: exact, compact, balanced or fast; may be repeated")
      ->check(CLI::IsMember({"exact", "compact", "balanced", "fast"}).description(""))
      ->allow_extra_args(false)
      ->type_name("POLICY");
  replay_command
      ->add_option("-r,--repeat", replayed.repeat, "Measure so often and take the shortest time; default 5")
      ->check(CLI::Range(1u, 1000u).description(""))
      ->type_name("N");
  add_json(replay_command, replayed.json);
  replay_command->footer(
      std::string("Examples:\n"
                  "  allot replay app.trace\n"
                  "  allot replay app.trace -p exact -p fast\n"
                  "  allot replay app.trace --json | jq '.policies[] | {policy, memory}'\n\n") +
      exit_codes);

  MapOptions mapped;
  CLI::App* const map_command = app.add_subcommand("map", "Draw the heap in a snapshot");
  map_command->add_option("SNAPSHOT", mapped.file, "A snapshot")->required()->type_name("");
  map_command
      ->add_option("-o,--output", mapped.output,
                   "Where to: a name ending with .svg or .html; - for SVG to standard output")
      ->required()
      ->type_name("FILE")
      ->check([](const std::string& name) {
        return name == "-" || name.ends_with(".svg") || name.ends_with(".html")
                   ? std::string()
                   : "its name ends neither with .svg nor with .html: " + name;
      });
  add_address(map_command, "--from", mapped.begin, "Draw from this address on");
  add_address(map_command, "--to", mapped.end, "Draw up to this address");
  map_command->footer(std::string("Examples:\n"
                                  "  allot map heap.snapshot -o heap.svg\n"
                                  "  allot map heap.snapshot -o heap.html\n"
                                  "  allot map heap.snapshot -o part.svg --from 0x10000 --to 0x20000\n\n") +
                      exit_codes);

  try {
    app.parse(count, arguments);
  } catch (const CLI::Error& error) {
    return complain(app, error);
  }
  const Style style(colour);
  if (*inspect_command) return inspect(inspected, style);
  if (*replay_command) return replay(replayed, style);
  return map(mapped);
}

}  // namespace

int main(int count, char** arguments) {
  try {
    return run(count, arguments);
  } catch (const Failure& failure) {
    (void)std::fprintf(stderr, "allot: %s\n", failure.what());
    return failure.code;
  } catch (const std::bad_alloc&) {
    (void)std::fprintf(stderr, "allot: there is not enough memory for this file\n");
    return exit_unreadable;
  } catch (...) {
    (void)std::fprintf(stderr, "allot: a fault of allot itself\n");
    return exit_internal;
  }
}
