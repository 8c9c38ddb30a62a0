# summary: compile: the wasm modules, the guest library and the JS package, or one preset
#
# usage: ./dev build            build/wasm/*.wasm and *.a, then js/dist
#        ./dev build PRESET     one of native-debug, native-release, wasm32, wasm32-shared, wasm64
#        ./dev build js         the JS package and what it needs
#        ./dev build all        everything

readonly presets=(native-debug native-release wasm32 wasm32-shared wasm64)

task() {
  local what=${1:-js} preset
  (($# <= 1)) || wrong_usage 'usage: ./dev build [PRESET]'
  case $what in
    js)
      ask_once wasm node
      js_build
      ;;
    all)
      ask_once native wasm node
      for preset in "${presets[@]}"; do cmake_build "$preset" || return; done
      js_build
      ;;
    *)
      [[ " ${presets[*]} " == *" $what "* ]] || wrong_usage "there is no preset '$what'; there are: ${presets[*]}"
      [[ $what != wasm* ]] || ask_once wasm node
      cmake_build "$what"
      ;;
  esac
}
