# Node 20 or newer, and what npm installs for a folder.

readonly oldest_node=20
readonly own_node=$build/tools/node

# Locks must not name the registry they were made with: it differs from machine to machine.
export npm_config_omit_lockfile_registry_resolved=true
export npm_config_audit=false npm_config_fund=false npm_config_update_notifier=false

node_is_new_enough() {
  command -v node >/dev/null &&
    (($(node --version | sed 's/^v\([0-9]*\).*/\1/') >= oldest_node))
}

# node_is_here   with npm. One that was fetched is put on the PATH.
node_is_here() {
  local own=$own_node/node_modules/node/bin
  if [[ -x $own/node && :$PATH: != *":$own:"* ]]; then PATH=$own:$PATH; fi
  node_is_new_enough && command -v npm >/dev/null
}

# need_node   puts a Node that is new enough on the PATH. Debian 12 has 18, whose npm can fetch a newer one.
need_node() {
  if node_is_here; then return 0; fi
  need node
  node_is_new_enough && return 0
  mkdir -p "$own_node"
  [[ -e $own_node/package.json ]] || echo '{"private": true}' >"$own_node/package.json"
  if ! step "fetch Node $oldest_node from npm" npm-node npm install --prefix "$own_node" "node@$oldest_node"; then
    complain "please install Node $oldest_node or newer, and npm, then run this again"
    exit 3
  fi
  PATH=$own_node/node_modules/node/bin:$PATH
  node_is_new_enough || {
    complain "the Node that npm fetched does not run here; please install Node $oldest_node or newer"
    exit 3
  }
}

# npm_install FOLDER   installs what FOLDER/package.json asks for, unless that was done since it changed.
npm_install() {
  local folder=$1 done=$1/node_modules/.package-lock.json
  [[ -e $done && ! $folder/package.json -nt $done && ! $folder/package-lock.json -nt $done ]] && return 0
  local how=install
  [[ -e $folder/package-lock.json ]] && how=ci
  step "npm $how in $folder" "npm-${folder//\//-}" npm "$how" --prefix "$folder" || return
  # A package.json without dependencies leaves no record of its own.
  mkdir -p "$folder/node_modules" && touch "$done"
}
