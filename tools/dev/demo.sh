# summary: SQLite on real data, its malloc and JavaScript in one heap, with pictures of that heap
#
# usage: ./dev demo [ARGUMENTS]     ARGUMENTS go to examples/demo/run.mjs
#
# The first run compiles SQLite (a minute or two); later runs start at once.

task() {
  js_build || return
  node examples/demo/run.mjs "$@"
}
