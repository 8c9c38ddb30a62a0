# summary: lay out the C++ as .clang-format says
#
# usage: ./dev format

source tools/dev/lib/sources.sh

task() {
  need check
  local files
  mapfile -t files < <(cpp_sources)
  ((${#files[@]} == 0)) || clang-format-19 -i "${files[@]}"
}
