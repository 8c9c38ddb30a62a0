// Tests of the demo: SQLite with allot's malloc gives the rows that a native SQLite gives, the heap is sound
// all the way, and nothing is left. The same data and the same SQL files on both sides.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { before, describe, test } from 'node:test';
import { ensureNative, ensureWasm } from './build.mjs';
import { loadDataset } from './lib/dataset.mjs';
import { startGuest, startTracedGuest } from './lib/guest.mjs';
import { liveBlocks } from './lib/leaks.mjs';
import { build, demo, native, sql, wasm } from './lib/paths.mjs';
import { cover, kindOf, runsOf } from './lib/picture.mjs';
import { dataFiles, exactResults } from './lib/rows.mjs';
import { run } from './lib/tools.mjs';
import { replay } from './lib/trace.mjs';
import { phases, runWorkload } from './lib/workload.mjs';

let dataset;

before(async () => {
  await ensureWasm();
  await ensureNative();
  dataset = loadDataset();
});

async function nativeResults() {
  mkdirSync(build, { recursive: true });
  const files = Object.entries(dataFiles(dataset)).map(([name, text]) => {
    const file = path.join(build, `${name}.tsv`);
    writeFileSync(file, text);
    return file;
  });
  return run(native, [...files, sql('schema'), sql('indexes'), sql('queries')]);
}

describe('the workload', () => {
  test('gives the rows of a native SQLite, with either malloc', async () => {
    const expected = await nativeResults();
    assert.ok(expected.split('\n').length > 40);
    for (const kind of ['allot', 'dlmalloc']) {
      const { results } = runWorkload(await startGuest(kind), dataset);
      assert.equal(exactResults(results), expected, kind);
    }
  });

  test('leaves a sound heap after every phase, and an empty one at the end', async () => {
    const guest = await startGuest('allot');
    const seen = [];
    runWorkload(guest, dataset, {
      after(phase) {
        seen.push(phase);
        guest.heap.validate();
        assertAddsUp(guest);
      },
    });
    assert.deepEqual(
      seen,
      phases.map(({ name }) => name),
    );
    assert.deepEqual(liveBlocks(guest), []);
    const { live, blocks, peak } = guest.heap.stats();
    assert.equal(live, 0);
    assert.equal(blocks, 0);
    assert.ok(peak > 16 * dataset.cities.length);
  });

  // Merging is lazy, and metadata that growth once placed stays where it is: a second run does not find
  // memory as the first one did, and may take some more. But it must not go on taking.
  test('can be run again and again in the same guest, within a quarter more memory', async () => {
    const guest = await startGuest('allot');
    runWorkload(guest, dataset);
    const first = guest.pages();
    for (let again = 0; again < 3; again++) runWorkload(guest, dataset);
    assert.deepEqual(liveBlocks(guest), []);
    assert.ok(guest.pages() <= first * 1.25, `${first} pages at first, ${guest.pages()} in the end`);
  });

  test('makes calls that, made again without SQLite, leave an empty heap', async () => {
    const few = { ...dataset, cities: dataset.cities.slice(0, 5000) };
    const { trace, ...traced } = await startTracedGuest();
    runWorkload(traced, few);
    assert.ok(trace.count > 3 * few.cities.length);
    const guest = await startGuest('allot');
    replay(guest, trace);
    assert.deepEqual(liveBlocks(guest), []);
    guest.heap.validate();
  });
});

describe('one heap, two sides', () => {
  test('the guest imports nothing but the memory', () => {
    for (const kind of ['allot', 'dlmalloc']) {
      const module = new WebAssembly.Module(readFileSync(wasm[kind]));
      assert.deepEqual(WebAssembly.Module.imports(module), [
        { module: 'env', name: 'memory', kind: 'memory' },
      ]);
    }
  });

  test("what JavaScript allocates lies in the guest's heap", async () => {
    const { heap, exports, layout, memory } = await startGuest('allot');
    const ours = heap.malloc(1000);
    const theirs = exports.malloc(1000) >>> 0;
    const live = [...heap.blocks()].filter(({ kind }) => kind === 'live');
    assert.deepEqual(
      live.map(({ byteOffset }) => byteOffset).sort((a, b) => a - b),
      [ours, theirs].sort((a, b) => a - b),
    );
    for (const { byteOffset, byteLength } of live) {
      assert.ok(byteOffset >= layout.heapBegin);
      assert.ok(byteLength >= 1000);
      assert.ok(byteOffset + byteLength <= memory.buffer.byteLength);
    }
    assert.ok(Math.abs(ours - theirs) >= 1000);
  });

  test("either side frees the other's blocks, and a second free is found", async () => {
    const { heap, exports } = await startGuest('allot');
    const ours = heap.malloc(40);
    exports.free(ours);
    assert.throws(() => heap.free(ours), { name: 'HeapError', code: 'double_free', address: ours });
    const theirs = exports.malloc(40) >>> 0;
    heap.free(theirs);
    assert.throws(() => exports.free(theirs), WebAssembly.RuntimeError);
    assert.equal(heap.stats().blocks, 0);
    heap.validate();
  });
});

describe('the picture', () => {
  test('covers every byte of the memory once', async () => {
    const guest = await startGuest('allot');
    runWorkload(
      guest,
      { ...dataset, cities: dataset.cities.slice(0, 3000) },
      {
        after() {
          const byteLength = guest.memory.buffer.byteLength;
          let at = 0;
          for (const { begin, end } of runsOf(guest)) {
            assert.equal(begin, at);
            at = end;
          }
          assert.equal(at, byteLength);
          for (const cell of cover(runsOf(guest), byteLength, 4096)) {
            assert.equal(
              Object.values(cell).reduce((sum, n) => sum + n, 0),
              4096,
            );
          }
        },
      },
    );
  });

  test('shows what most of a run is, and hides no live block in free memory', () => {
    assert.equal(kindOf({ free: 4096 }), 'free');
    assert.equal(kindOf({ free: 4080, live: 16 }), 'part');
    assert.equal(kindOf({ live: 4096 }), 'live');
    assert.equal(kindOf({ metadata: 3000, free: 1096 }), 'metadata');
    assert.equal(kindOf({ stack: 2048, data: 2048 }), 'stack');
    assert.equal(kindOf({ untaken: 4096 }), 'untaken');
  });
});

describe('the command', () => {
  test('exits with 0 without a terminal, in plain text', async () => {
    const { code, stdout, stderr } = await command('--rows', '3000', '--runs', '1');
    assert.equal(stderr, '');
    assert.equal(code, 0);
    assert.doesNotMatch(stdout, /\x1b|\r/);
    assert.match(stdout, /nothing is left allocated/);
    assert.match(stdout, /linear memory at the end/);
  });

  test('keeps to the width it is given', async () => {
    const { code, stdout } = await command('--rows', '3000', '--runs', '1', '--width', '60');
    assert.equal(code, 0);
    for (const line of stdout.split('\n')) assert.ok([...line].length <= 60, line);
  });

  test('reports leaks by address and size, and exits with 1', async () => {
    const { code, stdout } = await command('--rows', '3000', '--runs', '0', '--leak');
    assert.equal(code, 1);
    assert.match(stdout, /3 blocks \(.*\) were never freed/);
    assert.match(stdout, /0x[0-9a-f]{8} +[\d.]+ (B|KiB) +forgotten 1/);
  });

  test('explains itself, and refuses what it does not know', async () => {
    const { code, stdout } = await command('--help');
    assert.equal(code, 0);
    assert.match(stdout, /^usage: .\/dev demo/);
    for (const wrong of [['--nonsense'], ['--runs', 'many'], ['--rows', '0'], ['extra']]) {
      const answer = await command(...wrong);
      assert.equal(answer.code, 2, wrong.join(' '));
      assert.match(answer.stderr, /Try --help/);
    }
  });
});

function assertAddsUp({ heap, memory }) {
  const { live, free, metadata, managed, blocks, begin, top, reserved } = heap.stats();
  assert.equal(live + free + metadata, managed);
  assert.equal(begin + managed + reserved, top);
  assert.ok(top <= memory.buffer.byteLength);
  const walked = { live: 0, free: 0, metadata: 0, reserved: 0 };
  let count = 0;
  for (const { byteLength, kind } of heap.blocks()) {
    walked[kind] += byteLength;
    if (kind === 'live') count++;
  }
  assert.deepEqual(walked, { live, free, metadata, reserved });
  assert.equal(count, blocks);
}

function command(...args) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [path.join(demo, 'run.mjs'), ...args]);
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (data) => (stdout += data));
    child.stderr.on('data', (data) => (stderr += data));
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
}
