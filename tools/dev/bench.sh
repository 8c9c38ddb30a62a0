# summary: measure allot beside the others: workloads, real programs, in the engine you name
#
# usage: ./dev bench [ARGUMENTS]              ARGUMENTS go to bench/run.mjs; --help lists them
#        ./dev bench --native                  native mallocs and a C++ host only: three minutes
#        ./dev bench strings [ARGUMENTS]       reading and writing text from JavaScript: bench/strings.mjs
#        ./dev bench instructions [ARGUMENTS]  counts instructions, exactly repeatable: bench/instructions.mjs
#
# The others are fetched by the first run, from Debian and npm, into build/bench and bench/node_modules (some 300 MB).

task() {
  local groups=(wasm node)
  case ${1:-} in
    strings) ;;
    instructions) groups+=(count bench) ;;
    *) groups+=(count bench host) ;;
  esac
  # The arguments come first, but it takes a Node to look at them.
  node_is_here || ask_once "${groups[@]}"
  need_node
  case ${1:-} in
    instructions | strings) bench_arguments "bench/$1.mjs" "${@:2}" ;;
    *) bench_arguments bench/run.mjs "$@" ;;
  esac
  ask_once "${groups[@]}"
  need wasm
  case ${1:-} in
    instructions)
      need count bench
      npm_install bench && node bench/instructions.mjs "${@:2}"
      ;;
    strings)
      js_build && node bench/strings.mjs "${@:2}"
      ;;
    *)
      need count bench host
      # What JavaScript's reads and writes are compared with comes from npm, and so does the engine.
      js_build && npm_install tests/npm && npm_install bench && npm_install tests/runtimes || return
      bench_engine "$@" || return
      "$root/tests/runtimes/node_modules/n24/bin/node" bench/run.mjs "$@"
      ;;
  esac
}

# bench_arguments PROGRAM ARGUMENTS…   lets the program refuse its arguments, or show its help, before minutes go into
# fetching and building what it needs.
bench_arguments() {
  local word
  for word in "${@:2}"; do
    if [[ $word == -h || $word == --help ]]; then
      node "$@"
      exit
    fi
  done
  ALLOT_ARGUMENTS_ONLY=yes node "$@" || exit
}

# bench_engine ARGUMENTS…   fetches the engine that --engine names; run.mjs refuses what is none.
bench_engine() {
  local engine='' word before=''
  for word in "$@"; do
    [[ $before == --engine ]] && engine=$word
    [[ $word == --engine=* ]] && engine=${word#--engine=}
    before=$word
  done
  case $engine in
    node20)
      [[ $(node --version) == v20.* || -x $build/bench/node20/node_modules/node/bin/node ]] && return
      mkdir -p "$build/bench/node20"
      echo '{"private": true}' >"$build/bench/node20/package.json"
      step 'fetch Node 20 from npm' npm-node20 npm install --prefix "$build/bench/node20" node@20
      ;;
    node26 | bun | deno) npm_install tests/runtimes/more ;;
    chromium | firefox) need browsers ;;
  esac
}
