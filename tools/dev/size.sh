# summary: code size of the modules, of malloc and its family, and of the JavaScript that an import brings
#
# usage: ./dev size     the limits are in tools/size-limits.mjs

task() {
  (($# == 0)) || wrong_usage 'usage: ./dev size'
  ask_once wasm node
  size_build && node tools/size.mjs
}

# The bundler of the package's tests minifies.
size_build() { js_build && npm_install tests/package; }

size_table() { node tools/size.mjs --counts "$counts"; }
