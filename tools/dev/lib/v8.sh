# V8 for a C++ program: Debian's libnode, unpacked. Installing it would put another Node in the place of the one that is
# there.

readonly v8_root=$build/v8

# v8_fetch   unpacks libnode and those of its libraries that are not installed into build/v8, once. No root needed.
v8_fetch() {
  [[ -e $v8_root/complete ]] && return 0
  if ! command -v apt-get >/dev/null || ! command -v dpkg-deb >/dev/null; then
    complain 'the tests with V8 need libnode, which is fetched from Debian: this machine has no apt-get'
    return 3
  fi
  # Once more with new lists: old ones may name versions that the archive has no more.
  step 'fetch and unpack V8 (libnode)' v8 v8_unpack && return 0
  ((EUID == 0)) && step 'update the list of packages' apt-update apt-get update &&
    step 'fetch and unpack V8 (libnode) again' v8 v8_unpack
}

v8_unpack() {
  local libraries=(libc-ares2 libbrotli1 libnghttp2-14 libuv1 libicu72 libssl3) library wanted archive
  wanted=(libnode-dev libnode108 libuv1-dev)
  for library in "${libraries[@]}"; do
    [[ $(dpkg-query --show --showformat='${db:Status-Status}' "$library" 2>/dev/null) == installed ]] ||
      wanted+=("$library")
  done
  rm -rf "$v8_root"
  mkdir -p "$v8_root"
  (cd "$v8_root" && apt-get download "${wanted[@]}") || return
  for archive in "$v8_root"/*.deb; do dpkg-deb --extract "$archive" "$v8_root" || return; done
  rm -f "$v8_root"/*.deb
  touch "$v8_root/complete"
}
