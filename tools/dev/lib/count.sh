# How the parts of a test run report: lines `PART PASSED FAILED` in a file of the run's own, so that two runs
# at a time do not mix; at the end it becomes build/test/counts.
# Whatever did not run counts as failed: a skipped test is a test that nobody ran.

readonly counts=$build/test/counts.$$

counts_begin() {
  mkdir -p "${counts%/*}"
  : >"$counts"
}

counts_end() { mv "$counts" "${counts%.*}"; }

# count PART PASSED FAILED
count() { printf '%s %d %d\n' "$1" "$2" "$3" >>"$counts"; }

# counts_total [PART]   prints "PASSED FAILED", of one part or of all.
counts_total() {
  awk -v part="${1:-}" 'part == "" || $1 == part { passed += $2; failed += $3 } END { print passed + 0, failed + 0 }' \
    "$counts"
}

# count_node PART LOG STATUS   counts from the summaries that node:test wrote into LOG, as TAP or as `spec`.
count_node() {
  local part=$1 log=$2 status=$3 passed=0 failed=0 word number
  while read -r word number; do
    case $word in
      pass) passed=$((passed + number)) ;;
      *) failed=$((failed + number)) ;;
    esac
  done < <(sed -nE 's/^(#|ℹ) (pass|fail|cancelled|skipped|todo) ([0-9]+)$/\2 \3/p' "$log")
  if ((passed + failed == 0 || (status != 0 && failed == 0))); then failed=$((failed + 1)); fi
  count "$part" "$passed" "$failed"
}

# count_ctest PART JUNIT STATUS   counts from the first line of the JUnit file that ctest wrote.
count_ctest() {
  local part=$1 junit=$2 status=$3 tests failed
  tests=$(junit_attribute tests "$junit")
  failed=$(($(junit_attribute failures "$junit") + $(junit_attribute disabled "$junit") + $(junit_attribute skipped "$junit")))
  local passed=$((tests - failed))
  if ((tests == 0 || (status != 0 && failed == 0))); then failed=$((failed + 1)); fi
  count "$part" "$passed" "$failed"
}

junit_attribute() {
  local value=''
  [[ -e $2 ]] && value=$(grep -m1 -oE "\\b$1=\"[0-9]+\"" "$2" | tr -dc 0-9)
  printf '%s' "${value:-0}"
}
