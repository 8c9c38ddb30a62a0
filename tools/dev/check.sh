# summary: format, lint, layer rule, generated files, export list, shell: a matter of seconds
#
# usage: ./dev check            the quick checks
#        ./dev check --tidy     these, then clang-tidy over the native code (two minutes)
#
# Each check reports by itself; the task fails when one of them does.

source tools/dev/lib/sources.sh
source tools/dev/docs.sh

task() {
  local tidy=''
  case ${1:-} in
    '') ;;
    --tidy) tidy=all ;;
    *) wrong_usage 'usage: ./dev check [--tidy]' ;;
  esac
  local groups=(wasm check node)
  [[ -z $tidy ]] || groups+=(native tidy)
  ask_once "${groups[@]}"
  counts_begin
  check_all "$tidy"
  if [[ -n $tidy ]]; then check_modules check; fi
  local passed failed
  read -r passed failed < <(counts_total)
  counts_end
  say "$passed checks passed, $failed failed"
  ((failed == 0))
}

# check_all [TIDY]   runs every check and counts each as one test. TIDY: clang-tidy over the headers of the `core`, or over
# `all`.
check_all() {
  need wasm check
  if [[ -n ${1:-} ]]; then need native tidy; fi
  need_node
  npm_install js && npm_install tools/docs || return
  check_one 'format of C++ (./dev format mends it)' format check_format
  check_one 'layer rule' layers node tools/check-layers.mjs
  check_one 'generated files are fresh' generated node tools/generate.mjs --check
  check_one 'modules define the export list' exports check_exports
  check_one 'shell scripts' shell check_shell
  check_one 'links between documents' links node tools/check-links.mjs
  check_one 'TypeScript, and the tests of types' typescript npm run check --prefix js
  check_one 'documentation of the JavaScript API' docs docs_read --emit none
  if [[ -n ${1:-} ]]; then check_one 'clang-tidy' tidy check_tidy "$1"; fi
}

# check_modules PART   clang-tidy over the modules and the guest library, which make use of all of the core. Apart, as one
# of them takes a minute, and leaves a processor to others. Needs what check_all TIDY does.
check_modules() { PART=$1 check_one 'clang-tidy over the modules' tidy-modules check_tidy_modules; }

check_one() {
  local what=$1 log=check-$2
  shift 2
  if step "$what" "$log" "$@"; then count "${PART:-check}" 1 0; else count "${PART:-check}" 0 1; fi
}

check_format() {
  local files
  mapfile -t files < <(cpp_sources)
  ((${#files[@]})) || return
  # One line for each file is enough: it is mended by a command, not by hand.
  clang-format-19 --dry-run -Werror "${files[@]}" 2>&1 |
    sed -nE 's/^([^:]+:[0-9]+):[0-9]+: error: .*/\1 is not laid out as .clang-format says/p' | sort -t: -k1,1 -u
  return "${PIPESTATUS[0]}"
}

# Without linking: each module, as it is now, defines exactly the functions of the table.
check_exports() {
  local module defined listed object=$build/check/exports.o
  mkdir -p "${object%/*}"
  local -a tables
  for module in inside outside shared; do
    tables=(abi/exports.def)
    [[ $module == shared ]] && tables+=(abi/shared-exports.def)
    listed=$(sed -nE 's/^ALLOT_EXPORT\([^,]+, *([a-z0-9_]+) *,.*/\1/p' "${tables[@]}" | sort)
    [[ -n $listed ]] || return
    clang++-19 --target=wasm32-unknown-unknown -std=c++20 -O0 -ffreestanding -fno-exceptions -fno-rtti -nostdlib \
      -mbulk-memory -matomics -Icore -Iabi -c "abi/modules/$module.cpp" -o "$object" || return
    defined=$(llvm-nm-19 --defined-only --extern-only --format=just-symbols "$object" | grep '^allot_' | sort)
    echo "abi/modules/$module.cpp (+) against ${tables[*]} (-):"
    diff --unified=0 <(echo "$listed") <(echo "$defined") || return
  done
}

check_shell() {
  local files
  mapfile -t files < <(shell_sources)
  local file
  for file in "${files[@]}"; do bash -n "$file" || return; done
  shellcheck --severity=style "${files[@]}"
}

# The headers of the core one by one, those of the host library by the one that includes them all and those of its
# engines; the command.
# The tests are left out: with GoogleTest and the standard library in each, they take many minutes.
check_tidy() {
  cmake --preset native-debug && cmake --build --preset native-debug --target all_verify_interface_header_sets || return
  tidy build/native-debug core/ || return
  [[ $1 != all ]] || { tidy build/native-debug '(allot/host\.hpp\.cxx$|/cli/[a-z_]+\.cpp$)' && tidy_engines; }
}

check_tidy_modules() { cmake --preset wasm32 && tidy build/wasm32 '(abi|guest)/.*\.cpp$' 1; }

# Those of V8 and SpiderMonkey are there after ./dev test native.
tidy_engines() {
  local headers=(host/include/allot/host/memories/{wabt,wasm2c,wasm_c}.hpp)
  [[ -e $engines_root/complete ]] && headers+=(host/include/allot/host/memories/{v8,spidermonkey}.hpp)
  clang-tidy-19 --quiet "${headers[@]}" -- -x c++ -std=c++20 -Icore -Ihost/include -isystem /usr/include/utf8cpp \
    -isystem "$engines_root/usr/include/node" -isystem "$engines_root/usr/include/mozjs-102" \
    '-DALLOT_WASM_C_HEADER=<wabt/wasm.h>'
}

# tidy FOLDER WHICH [N]   the files of a build whose path matches WHICH, N for each run of clang-tidy: few where they take
# long, so that no core is left with nothing to do.
tidy() {
  sed -nE 's/^ *"file": "(.*)",?$/\1/p' "$1/compile_commands.json" | grep -v -e /tests/ -e /empty.cpp | grep -E "$2" |
    sort -u | xargs -P "$(nproc)" -n "${3:-4}" clang-tidy-19 -p "$1" --quiet
}
