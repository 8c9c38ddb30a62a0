# Configure and build by a preset of CMakePresets.json.

# cmake_build PRESET   configures when needed, then builds. Output: build/PRESET, build/log.
cmake_build() {
  local preset=$1
  case $preset in
    wasm*) need wasm && need_node ;;
    *) need native ;;
  esac
  # Ninja configures again by itself when a CMake file changed; the presets it does not know of.
  if [[ ! -e $build/$preset/build.ninja || CMakePresets.json -nt $build/$preset/build.ninja ]]; then
    step "configure $preset" "configure-$preset" cmake --preset "$preset" || return
  fi
  step "build $preset" "build-$preset" cmake --build --preset "$preset"
}

# js_build   the wasm modules, then the package made of them.
js_build() {
  cmake_build wasm32 && npm_install js && step 'build the JS package' js-build npm run build --prefix js
}
