// What each guest library wants from whoever links it: its C library's names, and nothing of a compiler's runtime. And
// a program for wasm64, where the compiler would like to have one.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'allot-symbols-'));
after(() => rmSync(folder, { recursive: true }));

const linkers = ['__heap_base', '__stack_pointer', '__indirect_function_table'];
const emscripten = ['__errno_location', 'emscripten_notify_memory_growth'];
const archives = {
  'build/wasm/liballot.a': ['errno', '_ZTH5errno'], // the second is weak
  'build/wasm/liballot-freestanding.a': [],
  'build/wasm/liballot-small.a': [],
  'build/wasm/liballot-threads.a': [],
  'build/wasm/liballot-emscripten.a': emscripten,
  'build/wasm/liballot-emscripten-threads.a': emscripten,
  'build/wasm32-shared/guest/liballot-freestanding.a': [],
  'build/wasm64/guest/liballot-freestanding.a': [],
};

const names = (...options) => execFileSync('llvm-nm-19', ['--format=just-symbols', ...options], { encoding: 'utf8' })
  .split('\n')
  .filter((line) => line && !line.endsWith(':'));

describe('what is undefined in', () => {
  for (const [archive, allowed] of Object.entries(archives)) {
    test(archive, () => {
      const own = new Set(names('--defined-only', join(root, archive)));
      const wanted = names('--undefined-only', join(root, archive)).filter((name) => !own.has(name));
      const known = new Set([...linkers, ...allowed, '__cxa_new_handler']); // libc++abi's, and weak
      assert.deepEqual(wanted.filter((name) => !known.has(name)), []);
    });
  }
});

for (const [target, node, libraries] of [
  ['wasm32', process.execPath, 'build/wasm'],
  // Node has wasm64 since version 24.
  ['wasm64', join(root, 'tests/runtimes/node_modules/n24/bin/node'), 'build/wasm64/guest'],
]) {
  test(`products of sizes that are too long give null (${target})`, () => {
    const object = join(folder, 'sizes.o');
    const program = join(folder, `${target}.wasm`);
    const source = join(root, 'tests/wasm/guest_sizes.c');
    const options = [`--target=${target}-unknown-unknown`, '-O2', '-ffreestanding', '-fno-builtin', '-mbulk-memory'];
    execFileSync('clang-19', [...options, '-c', source, '-o', object]);
    execFileSync('wasm-ld-19', [
      `-m${target}`, '--no-entry', object, `-L${join(root, libraries)}`, '-lallot-freestanding', '-o', program,
    ]);
    const script = join(folder, 'run.cjs');
    writeFileSync(script, `
      const bytes = require('node:fs').readFileSync(process.argv[2]);
      const guest = new WebAssembly.Instance(new WebAssembly.Module(bytes));
      console.log(guest.exports.run());
    `);
    assert.equal(execFileSync(node, [script, program], { encoding: 'utf8' }), '0\n', 'the line of guest_sizes.c');
  });
}
