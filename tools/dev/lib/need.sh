# What a task needs from Debian: tools/dev/packages, by group. Installed when missing, by root only.

# missing_packages GROUP…   prints the packages of these groups that are not there, each once.
missing_packages() {
  local group package command wanted=() groups=" $* " enough=''
  # A Node that is new enough is all that its group is for.
  if node_is_here; then enough=node; fi
  while read -r group package command; do
    [[ -n $group && $group != \#* && $group != "$enough" && $groups == *" $group "* ]] || continue
    if [[ -n $command ]] && command -v "$command" >/dev/null; then continue; fi
    wanted+=("$package")
  done <"$root/tools/dev/packages"
  ((${#wanted[@]})) || return 0
  if ! command -v dpkg-query >/dev/null; then
    printf '%s\n' "${wanted[@]}" | sort -u
    return 0
  fi
  # dpkg-query answers for the packages it knows and exits 1 when it does not know one: both are answers.
  local present
  present=$(dpkg-query --show --showformat='${db:Status-Status} ${Package}\n' "${wanted[@]}" 2>/dev/null |
    sed -n 's/^installed //p') || true
  printf '%s\n' "${wanted[@]}" | sort -u | grep -vxF -e "${present:-none}" || true
}

# ask_once GROUP…   where packages are not installed but asked for, asks at once for all that a task will need, and not
# again for each of its steps.
ask_once() {
  if ((EUID == 0)) && command -v apt-get >/dev/null; then return 0; fi
  need "$@"
}

# need GROUP…   returns when every package of these groups is there; else installs them, or says how.
need() {
  local missing
  mapfile -t missing < <(missing_packages "$@")
  ((${#missing[@]})) || return 0
  local install=(apt-get install -y --no-install-recommends "${missing[@]}")
  if ! command -v apt-get >/dev/null; then
    complain "missing, by their Debian names: ${missing[*]}"
    complain "this machine has no apt-get: please install them by its own means, then run this again"
    exit 3
  fi
  if ((EUID != 0)); then
    complain "missing: ${missing[*]}"
    complain "please run:  sudo apt-get update && sudo ${install[*]}"
    exit 3
  fi
  say "missing: ${missing[*]}"
  export DEBIAN_FRONTEND=noninteractive
  step 'update the list of packages' apt-update apt-get update &&
    step "install ${#missing[@]} packages" apt-install "${install[@]}" && return 0
  complain "could not install them; the command was: ${install[*]}"
  exit 3
}

# step_with_lists WHAT LOG COMMAND…   a step that fetches packages; once more with new lists where it fails, as old ones may
# name versions that the archive has no more.
step_with_lists() {
  step "$@" && return 0
  if ((EUID != 0)); then
    complain 'perhaps the lists of packages are old; please run:  sudo apt-get update   and then this again'
    return 3
  fi
  step 'update the list of packages' apt-update apt-get update && step "$1, once more" "${@:2}"
}
