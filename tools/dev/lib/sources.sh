# The files that are ours: what git knows or would add; in a copy without git, everything but what is made.

# sources PATTERN…   prints the paths that match one of the shell patterns, one a line.
sources() {
  local path pattern
  while IFS= read -r path; do
    for pattern in "$@"; do
      # shellcheck disable=SC2053
      if [[ $path == $pattern && -f $path ]]; then
        printf '%s\n' "$path"
        break
      fi
    done
  done < <(all_sources)
}

all_sources() {
  git ls-files --cached --others --exclude-standard 2>/dev/null && return
  find . \( -name .git -o -name node_modules -o -name build -o -name dist -o -name fetched \) -prune -o -type f -print |
    sed 's|^\./||'
}

cpp_sources() { sources '*.cpp' '*.hpp' '*.h' '*.c'; }
shell_sources() { sources dev .ci/run '*.sh'; }
