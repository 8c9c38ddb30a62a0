# Emscripten and the LLVM and Binaryen that belong to it: Debian's, unpacked and not installed. On the PATH its wasm-opt
# would be run by other compilers.

readonly emscripten_root=$build/emscripten

# emscripten_fetch   unpacks it into build/emscripten, once. No root needed.
emscripten_fetch() {
  [[ -e $emscripten_root/complete ]] && return 0
  if ! command -v apt-get >/dev/null || ! command -v dpkg-deb >/dev/null; then
    complain 'the test with Emscripten needs Debian'\''s, which is fetched: no apt-get here'
    return 3
  fi
  step_with_lists 'fetch and unpack Emscripten' emscripten emscripten_unpack
}

emscripten_unpack() {
  local archive wanted
  wanted=(emscripten binaryen node-acorn clang-14 lld-14 llvm-14 libllvm14 libclang-cpp14 libclang-common-14-dev)
  rm -rf "$emscripten_root"
  mkdir -p "$emscripten_root"
  (cd "$emscripten_root" && apt-get download "${wanted[@]}") || return
  for archive in "$emscripten_root"/*.deb; do dpkg-deb --extract "$archive" "$emscripten_root" || return; done
  rm -f "$emscripten_root"/*.deb
  touch "$emscripten_root/complete"
}
