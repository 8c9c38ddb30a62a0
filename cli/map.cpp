// `allot map`: the picture of a heap, as SVG or as a page with the SVG in it.
#include <fmt/format.h>

#include <algorithm>

#include "commands.hpp"
#include "file.hpp"
#include "picture.hpp"

namespace allot::cli {

namespace {

std::string without_folder(const std::string& path) {
  const std::size_t slash = path.find_last_of('/');
  return slash == std::string::npos ? path : path.substr(slash + 1);
}

std::string page_around(const std::string& name, const std::string& svg) {
  return fmt::format(
      "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>The heap of "
      "{0}</title>\n"
      "<meta name=\"viewport\" content=\"width=device-width\">\n"
      "<style>body {{ margin: 0; background: #fff; color: #000 }} svg {{ max-width: 100%; height: auto "
      "}}</style>\n"
      "</head>\n<body>\n{1}</body>\n</html>\n",
      escaped(printable(name)), svg);
}

}  // namespace

ExitCode map(const MapOptions& options) {
  const std::vector<u8> file = read_file(options.file);
  if (!files::is_snapshot(file)) throw not_a("a snapshot", options.file, file);
  const auto read = files::read_snapshot(file);
  if (!read) throw malformed(options.file, read.fault());
  const files::Snapshot& snapshot = read.value();
  const Survey heap = survey(options.file, snapshot);
  const std::string shown = printable(options.file);
  if (!heap.has_blocks)
    throw Failure(
        exit_damage,
        fmt::format("{0}: the heap is damaged, and its blocks cannot be told; `allot inspect {0}` says how",
                    shown));
  const u64 memory = snapshot.header().memory_bytes();
  const View view{options.begin, std::min(options.end, memory)};
  if (view.begin >= view.end)
    throw Failure(exit_usage,
                  fmt::format("{}: there is nothing from {} to {}; the memory ends at {}", shown,
                              address_text(options.begin), address_text(view.end), address_text(memory)));
  const std::string name = without_folder(options.file);
  const std::string svg = draw(name, snapshot.header(), heap, view);
  if (options.output == "-")
    write_output(svg);
  else
    write_file(options.output, options.output.ends_with(".svg") ? svg : page_around(name, svg));
  return heap.is_sound() ? exit_good : exit_damage;
}

}  // namespace allot::cli
