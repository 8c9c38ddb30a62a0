# summary: run the tests, all of them or one part
#
# usage: ./dev test            every part, one after the other
#        ./dev test all        the same, and clang-tidy over the tests too (minutes)
#        ./dev test PART       one of: check native wasm js demo bench size
#
#   check    the quick checks, clang-tidy, and the tests of the checks themselves
#   native   the core under ASan and UBSan: model, misuse, memories that refuse or move
#   wasm     the modules: exports, imports, sections; the guest library in an engine
#   js       the package, on this Node
#   demo     SQLite with allot as its malloc, its answers compared with a native SQLite
#   bench    the benchmark's own tests, and the instructions of each workload against their limits (no timing)
#   size     code size against its limits
#
# A part that fails does not stop the others. A test that is skipped counts as failed.
# build/test/counts holds the counts, build/log what was said.

source tools/dev/check.sh
source tools/dev/size.sh

readonly parts=(check native wasm js demo bench size)

task() {
  local wanted=("${@:-all}") part status=0
  if [[ ${1:-} == all ]]; then export ALLOT_TEST_ALL=yes; fi
  for part in "${wanted[@]}"; do
    [[ " ${parts[*]} all " == *" $part "* ]] || wrong_usage "there is no part '$part'; there are: ${parts[*]} all"
  done
  [[ " ${wanted[*]} " == *' all '* ]] && wanted=("${parts[@]}")
  counts_begin
  local begin=$SECONDS
  for part in "${wanted[@]}"; do test_part "$part" || status=1; done
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
  check_all --tidy
  node_tests check 'the checks themselves' tests/tools/*.test.mjs
}

test_native() {
  local junit=$build/test/native.xml status=0
  cmake_build native-debug || return
  rm -f "$junit"
  ASAN_SYMBOLIZER_PATH=$(command -v llvm-symbolizer-19) \
    step 'native tests under ASan and UBSan' test-native \
    ctest --preset native-debug --output-junit "$junit" --parallel "$(nproc)" || status=$?
  count_ctest native "$junit" "$status"
  return "$status"
}

test_wasm() {
  local preset
  for preset in wasm32-shared wasm64; do cmake_build "$preset" || return; done
  js_build || return
  # The README's example of a host is compiled, too.
  need native
  node_tests wasm 'modules and guest library' tests/wasm/*.test.mjs
}

test_js() {
  local status=0
  js_build || return
  step 'the JS package' test-js npm test --prefix js || status=$?
  count_node js "$build/log/test-js.log" "$status"
  return "$status"
}

test_demo() {
  js_build || return
  need sqlite
  node_tests demo 'SQLite in one heap with JavaScript' examples/demo/test.mjs
}

test_bench() {
  local log=$build/log/test-instructions.log passed failed status=0
  need wasm
  need count
  need_node
  node_tests bench 'the benchmark itself' bench/test/*.test.mjs || status=1
  step 'instructions of each workload' test-instructions node bench/instructions.mjs --check || status=1
  read -r passed failed < <(sed -nE 's/^([0-9]+) passed, ([0-9]+) failed$/\1 \2/p' "$log" | tail -n 1) || true
  count bench "${passed:-0}" "${failed:-1}"
  return "$status"
}

test_size() {
  cmake_build wasm32 && size_table
}
