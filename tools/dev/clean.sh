# summary: remove what was built; with --all also what was downloaded
#
# usage: ./dev clean           build/, js/dist and docs/api, but not a Node that was fetched
#        ./dev clean --all     these, every node_modules, and what the demo and the benchmarks fetched

task() {
  case ${1:-} in
    '')
      [[ ! -d build ]] || find build -mindepth 1 -maxdepth 1 ! -name tools -exec rm -rf {} +
      rm -rf js/dist js/LICENSE docs/api
      ;;
    --all)
      rm -rf build js/dist js/LICENSE docs/api js/node_modules bench/node_modules bench/fetched
      rm -rf examples/*/node_modules examples/*/fetched
      rm -rf tests/*/node_modules tests/runtimes/more/node_modules tools/docs/node_modules
      ;;
    *) wrong_usage 'usage: ./dev clean [--all]' ;;
  esac
}
