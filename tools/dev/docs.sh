# summary: make the documentation of the JavaScript API: docs/api/index.html
#
# usage: ./dev docs            TypeDoc, from the comments in js/src; the folder is not committed
#        ./dev docs --check    makes nothing, but complains about what is not documented or leads nowhere

task() {
  case ${1:-} in
    '') docs_make ;;
    --check) docs_make --emit none ;;
    *) wrong_usage 'usage: ./dev docs [--check]' ;;
  esac
}

docs_make() {
  need_node
  npm_install tools/docs && step 'read the API' docs docs_read "$@"
}

# docs_read [OPTION…]   as TypeDoc's. The embedded modules need not be built: a declaration stands in for them.
docs_read() { node tools/docs/node_modules/typedoc/bin/typedoc --options tools/docs/typedoc.json "$@"; }
