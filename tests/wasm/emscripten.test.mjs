// Programs of Emscripten's whose malloc is liballot-emscripten, or with -pthread liballot-emscripten-threads, in Node.

import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { emscriptenEnvironment, emscriptenTool } from './support/emscripten.mjs';

const root = fileURLToPath(new URL('../../', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'allot-emscripten-'));
after(() => rmSync(folder, { recursive: true }));

/** Runs the SDK's compiler. */
function emcc(...options) {
  execFileSync('python3', [emscriptenTool('emcc'), ...options], {
    env: emscriptenEnvironment(folder),
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

/** What a program of Emscripten's says when Node has these flags: each line is JSON. */
function run(program, ...flags) {
  // Its loader of files mistakes Node's fetch for a browser's.
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--no-experimental-fetch', ...flags, program], {
    encoding: 'utf8',
    timeout: 120_000,
  });
  assert.equal(status, 0, stderr);
  return stdout.trim().split('\n').map((line) => JSON.parse(line));
}

const common = ['-O2', '-sMALLOC=none', '-sEXIT_RUNTIME=1', '-sALLOW_MEMORY_GROWTH', '-sINITIAL_MEMORY=8388608', '-sMAXIMUM_MEMORY=268435456'];
const threads = ['-pthread', '-Wno-pthreads-mem-growth'];

for (const [name, library, flags] of [
  ['liballot-emscripten', 'liballot-emscripten.a', []],
  ['the same with exceptions', 'liballot-emscripten.a', ['-fexceptions', '-DWITH_EXCEPTIONS']],
  ['liballot-emscripten-threads with exceptions', 'liballot-emscripten-threads.a', ['-fexceptions', '-DWITH_EXCEPTIONS', ...threads]],
]) {
  describe(name, () => {
    let said;
    before(() => {
      const program = join(folder, 'program.js');
      emcc(...common, ...flags, '-sEXPORTED_FUNCTIONS=_main,_malloc,_free', '-std=c++17',
        join(root, 'tests/wasm/emscripten_program.cpp'), join(root, 'build/wasm', library), '-o', program);
      said = Object.assign({}, ...run(program));
    });
    test('the views of JavaScript follow the memory, and its blocks are ours', () => {
      assert.deepEqual([said.grown, said.seen, said.theirs], [1, 1, 1]);
    });
    test('errno says why there is no block', () => {
      const [none, invalid] = [48, 28];
      assert.deepEqual([said.malloc, said.calloc, said.realloc, said.aligned, said.alignment], [none, none, none, none, invalid]);
    });
    if (flags.includes('-fexceptions')) {
      test('new calls the handler, and throws', () => assert.deepEqual([said.quiet, said.handled, said.caught], [1, 2, 3]));
    }
    test('the C library allocates here by its own names, and at the end what is registered runs', () => {
      assert.deepEqual([said.locale, said.line, said.exits, said.destroyed], [1, 7, 40, 100]);
    });
  });
}

const program = join(folder, 'threads.js');
before(() => {
  emcc(
    ...common, ...threads, '-sPTHREAD_POOL_SIZE=4', `-I${join(root, 'guest/include')}`,
    join(root, 'tests/wasm/emscripten_threads.c'), join(root, 'build/wasm/liballot-emscripten-threads.a'), '-o', program,
  );
});

/** The tests of what the program says when Node has these flags. */
function saysWith(...flags) {
  let lines;
  before(() => {
    lines = run(program, ...flags);
  });

  test('each thread is an agent, and gives its record back at its end', () => {
    const rounds = lines.filter(({ agents }) => agents);
    assert.equal(rounds.length, 3);
    for (const { agents } of rounds) {
      assert.equal(new Set(agents).size, 4, `${agents}`);
      // Where their records are: docs/threads.md.
      const slots = agents.map((agent) => agent % 128);
      assert.deepEqual(slots.sort(), [1, 2, 3, 4], `${agents}`);
    }
    assert.equal(lines.find(({ main }) => main !== undefined).main, 0);
  });

  test('blocks keep what is in them, whoever resizes and frees them', () => {
    const { faults, foreign } = lines.find(({ main }) => main !== undefined);
    assert.equal(faults, 0);
    assert.ok(foreign > 10_000, `${foreign} blocks were another thread’s`);
  });

  test('a thread grows the memory for all; a block is freed once', () => {
    assert.deepEqual(lines.find(({ grown }) => grown !== undefined), { grown: 1, right: 1, refused: 1 });
  });

  test('what the runtime allocates comes from the same heap', () => {
    assert.deepEqual(lines.find(({ aligned }) => aligned !== undefined), { aligned: 1, refused: 0 });
  });
}

describe('threads that come and go with liballot-emscripten-threads', () => saysWith());
// That of Node 20 writes over a local of a function that waits (placement/lock.hpp), and Emscripten's optimizer moves
// functions into others.
describe('the same in V8’s baseline compiler', () => saysWith('--liftoff-only'));
