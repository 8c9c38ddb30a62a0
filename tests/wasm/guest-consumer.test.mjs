// The guest libraries in a project of somebody else's: installed, and by add_subdirectory.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));
const source = join(root, 'tests/wasm/consumer');
const folder = mkdtempSync(join(tmpdir(), 'allot-consumer-'));
after(() => rmSync(folder, { recursive: true }));

const cmake = (...options) => execFileSync('cmake', options, { encoding: 'utf8' });

/** Configures, builds and runs the project. */
function consumer(name, ...options) {
  const build = join(folder, name);
  const toolchain = `-DCMAKE_TOOLCHAIN_FILE=${join(source, 'toolchain.cmake')}`;
  cmake('-S', source, '-B', build, '-G', 'Ninja', toolchain, ...options);
  cmake('--build', build);
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(readFileSync(join(build, 'consumer'))));
  exports._initialize();
  assert.equal(exports.run(), 1);
  return build;
}

test('the installed package', () => {
  const prefix = join(folder, 'prefix');
  cmake('--install', join(root, 'build/wasm32'), '--prefix', prefix);
  consumer('installed', `-DCMAKE_PREFIX_PATH=${prefix}`);
});

test('a folder of the project, of which only what is linked is built', () => {
  const build = consumer('added', `-DALLOT_SOURCE=${root}`);
  assert.ok(existsSync(join(build, 'allot/guest/liballot.a')));
  for (const other of ['allot/guest/liballot-threads.a', 'allot/abi/modules']) assert.ok(!existsSync(join(build, other)), other);
});

test('the header by itself, in every language and with every warning that its users may have', () => {
  const warnings = ['-Wall', '-Wextra', '-Wpedantic', '-Wconversion', '-Wsign-conversion', '-Wshadow', '-Wundef', '-Wcast-qual', '-Werror'];
  const input = `#include <allot/guest.h>
#include <allot/guest.h>
void* resolved(allot_handle handle);
void* resolved(allot_handle handle) { return allot_resolve(handle); }
`;
  const languages = [
    ...['c99', 'c11', 'c2x'].map((standard) => ['-x', 'c', `-std=${standard}`, '-Wstrict-prototypes']),
    ...['c++11', 'c++17', 'c++23'].map((standard) => ['-x', 'c++', `-std=${standard}`, '-Wold-style-cast']),
  ];
  for (const target of ['wasm32-unknown-unknown', 'wasm64-unknown-unknown']) {
    for (const language of languages) {
      const options = [`--target=${target}`, '-ffreestanding', `-I${join(root, 'guest/include')}`, ...warnings, ...language];
      execFileSync('clang-19', [...options, '-fsyntax-only', '-'], { input });
    }
  }
});
