# V8 and SpiderMonkey for a C++ program: Debian's libnode and libmozjs, unpacked and not installed. libnode would put another
# Node in the place of the one that is there, and neither is needed for anything but the tests of the host library.

readonly engines_root=$build/engines

# engines_fetch   unpacks both, with those of their libraries that are not installed, into build/engines, once. No root
# needed.
engines_fetch() {
  [[ -e $engines_root/complete ]] && return 0
  if ! command -v apt-get >/dev/null || ! command -v dpkg-deb >/dev/null; then
    complain 'the tests with V8 and SpiderMonkey need libnode and libmozjs, which are fetched from Debian: no apt-get here'
    return 3
  fi
  step_with_lists 'fetch and unpack V8 and SpiderMonkey' engines engines_unpack
}

engines_unpack() {
  local libraries=(libc-ares2 libbrotli1 libnghttp2-14 libuv1 libicu72 libssl3 zlib1g) library wanted archive
  wanted=(libnode-dev libnode108 libuv1-dev libmozjs-102-dev libmozjs-102-0)
  for library in "${libraries[@]}"; do
    [[ $(dpkg-query --show --showformat='${db:Status-Status}' "$library" 2>/dev/null) == installed ]] ||
      wanted+=("$library")
  done
  rm -rf "$engines_root"
  mkdir -p "$engines_root"
  (cd "$engines_root" && apt-get download "${wanted[@]}") || return
  for archive in "$engines_root"/*.deb; do dpkg-deb --extract "$archive" "$engines_root" || return; done
  rm -f "$engines_root"/*.deb
  touch "$engines_root/complete"
}
