# summary: lay out the C++ as .clang-format says
#
# usage: ./dev format

source tools/dev/lib/sources.sh

task() {
  (($# == 0)) || wrong_usage 'usage: ./dev format'
  need check
  local files
  mapfile -t files < <(cpp_sources)
  ((${#files[@]} == 0)) || clang-format-19 -i "${files[@]}"
}
