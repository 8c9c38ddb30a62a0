# summary: run the tests, all of them or one part
#
# usage: ./dev test            every part but `runtimes`, one after the other
#        ./dev test all        every part; the table at its end shows each runtime
#        ./dev test PART…      some of: check wasm js package demo tutorial bench size browsers runtimes native cli
#
#   check    the quick checks, clang-tidy (over host and command only with `all`), and the tests of the checks themselves
#   wasm     the modules: exports, imports, sections; the guest library in an engine
#   js       the JavaScript package on the Node of the PATH and on Node 24
#   package  what npm packs: contents, types, bundlers; installed in a clean project
#   demo     SQLite with allot as its malloc, its answers compared with a native SQLite; and in one heap with C++
#   tutorial the lesson in Node, and its page in Chromium and Firefox; and the example with a guest written by hand
#   bench    the benchmark's own tests, and the instructions of each workload against their limits (no timing)
#   size     code size against its limits
#   browsers the same files in Chromium (page; isolated worker) and Firefox (isolated page); with `all` in each in page
#            and worker, isolated and not
#   runtimes the same files on Node 22, Node 26, Deno, Bun and WebKit
#   native   the core under ASan and UBSan: model, misuse, memories that refuse or move; the host library over
#            wasm2c, wabt, V8, SpiderMonkey and wasm.h, and images that are damaged while it works on them
#   cli      the command `allot`: real snapshots, traces and modules; damaged files of each kind
#
# A part that fails does not stop the others; but what any of them lacks and ./dev cannot install, it asks for before
# the first. A test that is skipped counts as failed. What `native` and `cli` take long to compile is compiled while the
# parts before them leave a core idle; then those tests of `native` run that are in no hurry.
# build/test/counts holds the counts, build/log what was said.

source tools/dev/check.sh
source tools/dev/size.sh

readonly parts=(check wasm js package demo tutorial bench size browsers runtimes native cli)
readonly not_by_default=runtimes

# What each takes from Debian, to ask for it before the first begins; each sees for itself that it is there.
declare -rA groups_of=(
  [check]='wasm check node native tidy'
  [wasm]='wasm node native tidy emscripten'
  [js]='wasm node'
  [package]='wasm node'
  [demo]='wasm node sqlite host'
  [tutorial]='wasm node browsers wat'
  [bench]='wasm node count host bench'
  [size]='wasm node'
  [browsers]='wasm node browsers'
  [runtimes]='wasm node webkit'
  [native]='native'
  [cli]='wasm node native'
)

task() {
  local wanted=("$@") part status=0
  for part in "${wanted[@]}"; do
    [[ " ${parts[*]} all " == *" $part "* ]] || wrong_usage "there is no part '$part'; there are: ${parts[*]} all"
  done
  if (($# == 0)); then
    for part in "${parts[@]}"; do [[ $part == "$not_by_default" ]] || wanted+=("$part"); done
  elif [[ " ${wanted[*]} " == *' all '* ]]; then
    wanted=("${parts[@]}")
    export ALLOT_TEST_ALL=yes
  fi
  local groups=()
  for part in "${wanted[@]}"; do
    # Words, not one.
    # shellcheck disable=SC2206
    groups+=(${groups_of[$part]})
  done
  ask_once "${groups[@]}"
  counts_begin
  rm -rf "$build/test/runtimes"
  local begin=$SECONDS
  for part in "${wanted[@]}"; do
    # After the checks, which build in the same folder.
    if [[ -z $ahead && $part != check ]]; then native_ahead "${wanted[@]}"; fi
    test_part "$part" || status=1
  done
  counts_table $((SECONDS - begin)) "${wanted[@]}"
  counts_end
  return "$status"
}

# test_part PART   runs it and sees to it that a part that broke down shows in the counts.
test_part() {
  local part=$1 passed failed status=0
  title "$part"
  # A subshell, so that a part that exits takes no other part with it.
  ("test_$part") || status=$?
  read -r passed failed < <(counts_total "$part")
  if ((failed == 0 && (status != 0 || passed == 0))); then
    count "$part" 0 1
    failed=1
  fi
  ((failed == 0))
}

counts_table() {
  local seconds=$1 part passed failed
  shift
  if [[ -d $build/test/runtimes ]]; then
    title 'the JavaScript package'
    node tests/runtimes/table.mjs || true
  fi
  title "after $seconds s"
  for part in "$@"; do
    read -r passed failed < <(counts_total "$part")
    printf '  %-8s %6d passed %6d failed\n' "$part" "$passed" "$failed"
  done
  read -r passed failed < <(counts_total)
  say "$passed passed, $failed failed"
}

# node_tests PART WHAT FILE…   runs test files with node:test and counts them.
node_tests() {
  local part=$1 what=$2 status=0
  shift 2
  step "$what" "test-$part" node --test --test-reporter=spec "$@" || status=$?
  count_node "$part" "$build/log/test-$part.log" "$status"
  return "$status"
}

test_check() {
  local tidy=core
  [[ -z ${ALLOT_TEST_ALL:-} ]] || tidy=all
  check_all "$tidy"
  node_tests check 'the checks themselves' tests/tools/*.test.mjs
}

# The build that goes on beside the first parts: the number of its process, or that there is none.
ahead=''
# What the tests that ran behind it left: .xml, .log, and .status when they have ended.
readonly ahead_tests=$build/test/native-ahead

# native_ahead PART…   begins to build what `native` and `cli` want, if they are among several parts, and then to run
# what of `native` may take its time.
native_ahead() {
  ahead=none
  [[ $# -gt 1 && " $* " =~ ' native '|' cli ' ]] || return 0
  # What goes wrong here goes wrong again in the part itself, which tells.
  (native_configure) || return 0
  mkdir -p "$build/log"
  rm -f "$ahead_tests".*
  # A session of its own, so that it can be ended with all its children.
  # shellcheck disable=SC2016
  ASAN_SYMBOLIZER_PATH=$(command -v llvm-symbolizer-19) setsid nice -n 19 bash -c '
    cmake --build --preset native-debug --parallel "$1" >"$2" 2>&1 || exit
    [[ $3 == yes ]] || exit
    touch "$4.built"
    status=0
    ctest --preset native-debug --label-regex unhurried --parallel "$1" --output-junit "$4.xml" >"$4.log" 2>&1 || status=$?
    echo "$status" >"$4.status"
    ' ahead "$(nproc)" "$build/log/build-native-debug-ahead.log" \
    "$([[ " $* " == *' native '* ]] && echo yes)" "$ahead_tests" </dev/null &
  ahead=$!
  trap 'kill -- "-$ahead" 2>/dev/null || true' EXIT
  say "  native-debug is built meanwhile, with what the next parts leave of the processor"
}

# native_build   what is left to build; and what did not compile ahead is said here.
native_build() {
  native_configure || return
  [[ -z $ahead || $ahead == none ]] || step 'wait for the build that goes on' build-native-debug-wait native_wait
  cmake_build native-debug
}

native_wait() { while [[ ! -e $ahead_tests.built ]] && ahead_lives; do sleep 0.5; done; }
ahead_lives() { kill -0 "$ahead" 2>/dev/null; }

native_configure() {
  need native
  engines_fetch || return
  # With every engine: one that is missing is an error here.
  if ! grep -qsxF "ALLOT_SPIDERMONKEY_ROOT:PATH=$engines_root" "$build/native-debug/CMakeCache.txt"; then
    step 'configure native-debug with every engine' configure-native-engines cmake --preset native-debug \
      -DALLOT_NODE_ROOT="$engines_root" -DALLOT_SPIDERMONKEY_ROOT="$engines_root" -DALLOT_HOST_ENGINES=REQUIRED || return
  fi
}

test_native() {
  local junit=$build/test/native.xml others=() cores status=0 status_ahead=0
  cores=$(nproc)
  native_build || return
  if [[ $ahead != none && -e $ahead_tests.built ]]; then
    others=(--label-exclude unhurried)
    if ahead_lives && ((cores > 1)); then cores=$((cores - 1)); fi
  fi
  rm -f "$junit"
  ASAN_SYMBOLIZER_PATH=$(command -v llvm-symbolizer-19) \
    step 'native tests under ASan and UBSan' test-native \
    ctest --preset native-debug "${others[@]}" --output-junit "$junit" --parallel "$cores" || status=$?
  count_ctest native "$junit" "$status"
  if [[ -n ${others[*]} ]]; then
    step 'native tests that ran meanwhile' test-native-ahead native_told || status_ahead=$?
    count_ctest native "$ahead_tests.xml" "$status_ahead"
  fi
  return $((status | status_ahead))
}

# native_told   what the tests said that ran ahead; their status.
native_told() {
  while ahead_lives; do sleep 0.5; done
  cat "$ahead_tests.log"
  return "$(cat "$ahead_tests.status" || echo 1)"
}

test_cli() {
  js_build && native_build || return
  node_tests cli 'the command' tests/cli/*.test.mjs
}

test_wasm() {
  local preset
  # While native-debug is being built.
  need native tidy
  check_modules wasm
  for preset in wasm32-shared wasm64; do cmake_build "$preset" || return; done
  # Its Node 24 runs what is compiled for wasm64.
  js_build && npm_install tests/runtimes || return
  # The README's example of a host is compiled, too.
  need native emscripten
  emscripten_fetch || return
  node_tests wasm 'modules and guest library' tests/wasm/*.test.mjs
}

test_js() {
  local status=0
  js_build && npm_install tests/npm || return
  tests_on js node node24 || status=$?
  node_tests js 'real packages, by the drop-ins' tests/npm/*.test.mjs || status=$?
  return "$status"
}

test_browsers() {
  need browsers
  js_build && tests_on browsers chromium firefox
}

test_runtimes() {
  need webkit
  js_build && npm_install tests/runtimes/more && tests_on runtimes node22 node26 deno bun webkit
}

# tests_on PART RUNTIME…   the tests of the JavaScript package, and those that see the runner itself fail.
tests_on() {
  local part=$1 status=0 status_of_fixtures=0
  shift
  npm_install tests/runtimes || return
  # Puppeteer wants a newer Node than the package does.
  local runner=$root/tests/runtimes/node_modules/n24/bin/node
  step "the JS package on $*" "test-$part-runtimes" \
    "$runner" tests/runtimes/run.mjs "$@" --counts "$counts" --part "$part" || status=$?
  ALLOT_RUNTIMES=$* step "files that must fail, on $*" "test-$part-fixtures" \
    "$runner" --test --test-reporter=spec tests/runtimes/fixtures.test.mjs || status_of_fixtures=$?
  count_node "$part" "$build/log/test-$part-fixtures.log" "$status_of_fixtures"
  return $((status | status_of_fixtures))
}

test_package() {
  js_build && npm_install tests/package && npm_install tests/runtimes || return
  step 'pack and install the JS package' test-package-install node tests/package/install.mjs || return
  node_tests package 'the packed package' tests/package/*.test.mjs
}

test_demo() {
  local status=0
  js_build || return
  need sqlite host
  node_tests demo 'SQLite in one heap with JavaScript' examples/demo/test.mjs || status=$?
  node_tests demo 'SQLite in one heap with C++' examples/host/test.mjs || status=$?
  return "$status"
}

test_tutorial() {
  local status=0
  need browsers wat
  cmake_build wasm32-shared && js_build && npm_install tests/runtimes && npm_install examples/tutorial || return
  # What drives the browsers wants a newer Node than the oldest that the package runs on.
  step 'the tutorial and the generator, in Node, Chromium and Firefox' test-tutorial \
    "$root/tests/runtimes/node_modules/n24/bin/node" --test --test-reporter=spec \
    examples/tutorial/test.mjs examples/prng/test.mjs || status=$?
  count_node tutorial "$build/log/test-tutorial.log" "$status"
  return "$status"
}

test_bench() {
  local log=$build/log/test-instructions.log passed failed status=0
  need wasm
  need count host bench
  need_node
  npm_install bench || return
  node_tests bench 'the benchmark itself' bench/test/*.test.mjs || status=1
  step 'instructions of each workload' test-instructions node bench/instructions.mjs --check || status=1
  read -r passed failed < <(sed -nE 's/^([0-9]+) passed, ([0-9]+) failed$/\1 \2/p' "$log" | tail -n 1) || true
  count bench "${passed:-0}" "${failed:-1}"
  return "$status"
}

test_size() {
  size_build && size_table
}
