# summary: code size of the modules and of malloc and its family, against limits
#
# usage: ./dev size     the limits are in tools/size-limits.mjs

task() {
  cmake_build wasm32 && node tools/size.mjs
}

size_table() { node tools/size.mjs --counts "$counts"; }
