// A program of Emscripten's with -pthread whose malloc is liballot-threads, in Node.

import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));
/** Debian's Emscripten and what belongs to it, unpacked (tools/dev/lib/emscripten.sh). */
const sdk = join(root, 'build/emscripten');
const folder = mkdtempSync(join(tmpdir(), 'allot-emscripten-'));
after(() => rmSync(folder, { recursive: true }));

/** Runs the SDK's compiler. */
function emcc(...options) {
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
  execFileSync('python3', [join(sdk, 'usr/share/emscripten/emcc.py'), ...options], { env, stdio: ['ignore', 'ignore', 'inherit'] });
}

const program = join(folder, 'program.js');
before(() => {
  assert.ok(existsSync(join(sdk, 'complete')), './dev test wasm unpacks Emscripten first');
  emcc(
    '-O2', '-pthread', '-sMALLOC=none', '-sPTHREAD_POOL_SIZE=4', '-sEXIT_RUNTIME=1',
    '-sALLOW_MEMORY_GROWTH', '-sINITIAL_MEMORY=8388608', '-sMAXIMUM_MEMORY=268435456', '-Wno-pthreads-mem-growth',
    `-I${join(root, 'guest/include')}`, join(root, 'tests/wasm/emscripten_threads.c'),
    join(root, 'build/wasm/liballot-threads.a'), '-o', program,
  );
});

/** The tests of what the program says when Node has these flags. */
function saysWith(...flags) {
  let lines;
  before(() => {
    // Its loader of files mistakes Node's fetch for a browser's.
    const { status, stdout, stderr } = spawnSync(process.execPath, ['--no-experimental-fetch', ...flags, program], {
      encoding: 'utf8',
      timeout: 120_000,
    });
    assert.equal(status, 0, stderr);
    lines = stdout.trim().split('\n').map((line) => JSON.parse(line));
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

describe('liballot-threads as the malloc of Emscripten’s -pthread', () => saysWith());
// That of Node 20 writes over a local of a function that waits (placement/lock.hpp), and Emscripten's optimizer moves
// functions into others.
describe('the same in V8’s baseline compiler', () => saysWith('--liftoff-only'));
