// Debian's Emscripten and what belongs to it, unpacked and not installed (tools/dev/lib/emscripten.sh).

import assert from 'node:assert/strict';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const sdk = fileURLToPath(new URL('../../../build/emscripten', import.meta.url));

/** Its program of this name, for python3. */
export function emscriptenTool(name) {
  assert.ok(existsSync(join(sdk, 'complete')), './dev test wasm unpacks Emscripten first');
  return join(sdk, `usr/share/emscripten/${name}.py`);
}

/** What it needs in its environment; its configuration is written to `folder`. */
export function emscriptenEnvironment(folder) {
  const config = join(folder, 'config.py');
  writeFileSync(config, [
    `LLVM_ROOT = '${sdk}/usr/lib/llvm-14/bin'`,
    `BINARYEN_ROOT = '${sdk}/usr'`,
    `NODE_JS = '${process.execPath}'`,
    `CACHE = '${sdk}/usr/share/emscripten/cache'`,
    'FROZEN_CACHE = True',
  ].join('\n'));
  const libraries = readdirSync(join(sdk, 'usr/lib')).filter((name) => name.endsWith('-linux-gnu'));
  const env = {
    ...process.env,
    EM_CONFIG: config,
    NODE_PATH: join(sdk, 'usr/share/nodejs'),
    PATH: `${sdk}/usr/bin:${process.env.PATH}`,
    LD_LIBRARY_PATH: [join(sdk, 'usr/lib/llvm-14/lib'), ...libraries.map((name) => join(sdk, 'usr/lib', name))].join(':'),
  };
  delete env.EM_CACHE;
  return env;
}
