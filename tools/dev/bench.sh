# summary: measure allot beside the other allocators, in one process
#
# usage: ./dev bench [ARGUMENTS]              ARGUMENTS go to bench/run.mjs; --help lists them
#        ./dev bench instructions [ARGUMENTS]  counts instructions, exactly repeatable: bench/instructions.mjs

task() {
  need wasm
  need_node
  if [[ ${1:-} == instructions ]]; then
    need count
    node bench/instructions.mjs "${@:2}"
  else
    node bench/run.mjs "$@"
  fi
}
