// operator new and delete of each library: a program may replace the plain ones and has then replaced all; the new
// handler is called; what cannot be satisfied traps.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'allot-operators-'));
after(() => rmSync(folder, { recursive: true }));

const wasi = '-L/usr/lib/wasm32-wasi';
const builds = {
  'wasi-libc': { libraries: ['-lallot', wasi, '-lc'], own: true },
  'wasi-libc with libc++abi': { libraries: ['-lallot', wasi, '-lc++', '-lc++abi', '-lc'] },
  'wasi-libc with the operators of libc++abi': { libraries: [wasi, '-lc++', '-lc++abi', '-lallot', '-lc'], theirs: true },
  freestanding: { libraries: ['-lallot-freestanding'], own: true },
  small: { libraries: ['-lallot-small'], own: true },
  threads: {
    libraries: ['-lallot-threads'],
    own: true,
    flags: ['-matomics'],
    link: ['--shared-memory', '--max-memory=6553600'],
  },
};

for (const [name, { libraries, own = false, theirs = false, flags = [], link = [] }] of Object.entries(builds)) {
  /** An instance of the program, compiled with these definitions. */
  function start(...definitions) {
    const object = join(folder, 'program.o');
    const program = join(folder, 'program.wasm');
    const options = ['--target=wasm32-wasi', '-std=c++20', '-O2', '-mbulk-memory', '-fno-exceptions', '-fno-builtin'];
    // Where libc++abi is not there, nor is its handler.
    const handler = own ? ['-DGUEST_FREESTANDING'] : [];
    const source = join(root, 'tests/wasm/guest_operators.cpp');
    execFileSync('clang++-19', [...options, ...flags, ...handler, ...definitions, '-c', source, '-o', object]);
    execFileSync('wasm-ld-19', [
      '--no-entry', '--import-memory', ...link, object, `-L${join(root, 'build/wasm')}`, ...libraries, '-o', program,
    ]);
    const memory = new WebAssembly.Memory({ initial: 4, maximum: 100, shared: name === 'threads' });
    const module = new WebAssembly.Module(readFileSync(program));
    // libc++abi's say what went wrong before they trap.
    const wasi_snapshot_preview1 = Object.fromEntries(
      WebAssembly.Module.imports(module)
        .filter((entry) => entry.module === 'wasi_snapshot_preview1')
        .map((entry) => [entry.name, () => 8]),
    );
    if (own) assert.deepEqual(wasi_snapshot_preview1, {});
    return new WebAssembly.Instance(module, { env: { memory }, wasi_snapshot_preview1 }).exports;
  }
  const holds = (line) => assert.equal(line, 0, `the check in line ${line} of guest_operators.cpp`);

  describe(name, () => {
    // libc++abi without exceptions refuses to be nothrow where new is replaced and nothrow is not.
    if (!theirs) {
      test('replacing the plain operators replaces all', () => holds(start('-DREPLACES_PLAIN').replaced()));
      test('replacing those for arrays replaces these', () => holds(start('-DREPLACES_ARRAY').replaced()));
    }
    test('without a handler nothrow gives null', () => holds(start().without_handler()));
    test('the handler is called until it gives up', () => holds(start().gives_up()));
    test('what the handler frees is found', () => {
      for (const kind of [0, 1, 2, 3]) holds(start().finds_room(kind));
    });
    for (const call of ['traps', 'traps_aligned']) {
      test(`what cannot be satisfied ${call}`, () => assert.throws(() => start()[call](), WebAssembly.RuntimeError));
    }
  });
}
