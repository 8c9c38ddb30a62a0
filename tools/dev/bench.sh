# summary: measure allot beside the others, in one process each
#
# usage: ./dev bench [ARGUMENTS]              ARGUMENTS go to bench/run.mjs; --help lists them
#        ./dev bench strings [ARGUMENTS]       reading and writing text from JavaScript: bench/strings.mjs
#        ./dev bench instructions [ARGUMENTS]  counts instructions, exactly repeatable: bench/instructions.mjs

task() {
  need wasm
  need_node
  case ${1:-} in
    instructions)
      need count
      node bench/instructions.mjs "${@:2}"
      ;;
    strings)
      js_build && node bench/strings.mjs "${@:2}"
      ;;
    *)
      # What JavaScript's reads and writes are compared with comes from npm.
      js_build && npm_install tests/npm && node bench/run.mjs "$@"
      ;;
  esac
}
