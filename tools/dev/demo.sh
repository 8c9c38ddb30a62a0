# summary: SQLite on real data, its malloc and JavaScript in one heap, with pictures of that heap
#
# usage: ./dev demo [ARGUMENTS]        ARGUMENTS go to examples/demo/run.mjs
#        ./dev demo host [ARGUMENTS]   the same SQLite in one heap with a C++ program: examples/host/run.mjs
#
# The first run compiles SQLite (a minute or two); later runs start at once. What the arguments are:
# `node examples/demo/run.mjs --help` and `./dev demo host --help`.

task() {
  local groups=(wasm node)
  [[ ${1:-} != host ]] || groups+=(host)
  ask_once "${groups[@]}"
  js_build || return
  if [[ ${1:-} == host ]]; then
    need host
    node examples/host/run.mjs "${@:2}"
  else
    node examples/demo/run.mjs "$@"
  fi
}
