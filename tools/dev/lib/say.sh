# What a person sees: colours on a terminal only, one line for each long step, the log where it failed.

if [[ -t 1 && -z ${NO_COLOR:-} && ${TERM:-dumb} != dumb ]]; then
  bold=$'\e[1m' red=$'\e[31m' green=$'\e[32m' plain=$'\e[0m' on_terminal=yes
else
  bold='' red='' green='' plain='' on_terminal=''
fi
readonly bold red green plain on_terminal

title() { printf '\n%s%s%s\n' "$bold" "$*" "$plain"; }
say() { printf '%s\n' "$*"; }
complain() { printf '%s%s%s\n' "$red" "$*" "$plain" >&2; }

wrong_usage() {
  complain "$*"
  exit 2
}

# Says every now and then that a step is still going on, for as long as the shell that started it lives.
tick() {
  local what=$1 begin=$SECONDS pause=60
  [[ -n $on_terminal ]] && pause=1
  # The sleep outlives the ticker by a while and must not keep anybody's pipe open.
  while sleep "$pause" >/dev/null 2>&1 && kill -0 $$ 2>/dev/null; do
    if [[ -n $on_terminal ]]; then
      printf '\r  %s … %d s ' "$what" $((SECONDS - begin))
    else
      printf '  %s … still going on after %d s\n' "$what" $((SECONDS - begin))
    fi
  done
}

# step WHAT LOG COMMAND…   runs COMMAND with its output in build/log/LOG.log; shows the end of that when
# it fails, and returns its exit code. The command stays in the foreground, so that Ctrl-C reaches it.
step() {
  local what=$1 log=$build/log/$2.log
  shift 2
  mkdir -p "$build/log"
  local begin=$SECONDS status=0 ticker
  [[ -n $on_terminal ]] && printf '  %s … ' "$what"
  tick "$what" &
  ticker=$!
  # A ticker is told to end, not waited for: the sleep in it may take a minute.
  # shellcheck disable=SC2064
  trap "kill $ticker 2>/dev/null" EXIT
  "$@" >"$log" 2>&1 </dev/null || status=$?
  trap - EXIT
  kill "$ticker" 2>/dev/null
  wait "$ticker" 2>/dev/null || true
  [[ -n $on_terminal ]] && printf '\r\e[K'
  if ((status == 0)); then
    printf '  %sdone%s %s (%d s)\n' "$green" "$plain" "$what" $((SECONDS - begin))
  else
    printf '  %sfailed%s %s (exit code %d after %d s); the end of %s:\n' \
      "$red" "$plain" "$what" "$status" $((SECONDS - begin)) "${log#"$root"/}"
    tail -n 80 "$log" | sed 's/^/    /'
  fi
  return "$status"
}
