// `allot replay` does to a heap what replayTrace of the package does, and says the same of it.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { file, run, runJson } from './support/command.mjs';
import { crc32 } from './support/crc32.mjs';
import { Heap, policies, replayTrace, small, used } from './support/heaps.mjs';

const same = {
  operations: 'operations',
  skipped: 'skipped',
  refused: 'refused',
  granted: 'granted',
  sameAddress: 'sameAddress',
  moved: 'moved',
  peakBytes: 'peakBytes',
  leftBlocks: 'leftBlocks',
  leftBytes: 'leftBytes',
};

/** What the package makes of a trace, and the memory that it took. */
function inJavaScript(trace, policy) {
  const heap = Heap.createSync({ policy });
  const statistics = replayTrace(trace, heap);
  return { ...statistics, memory: heap.stat('top'), peakLive: heap.stat('peak') };
}

function compare(name, trace) {
  const { policies: results, records } = runJson(['replay', file(name, trace), '--repeat', '1']);
  assert.ok(records > 0);
  assert.deepEqual(results.map(({ policy }) => policy), policies);
  for (const result of results) {
    const expected = inJavaScript(trace, result.policy);
    for (const [key, other] of Object.entries(same)) assert.equal(result[key], expected[other], `${result.policy}: ${key}`);
    assert.equal(result.memory, expected.memory, result.policy);
    assert.equal(result.peakLive, expected.peakLive, result.policy);
    assert.ok(result.milliseconds > 0);
  }
  return results;
}

for (const policy of policies) {
  test(`a trace of a heap with policy ${policy}`, () => {
    const { trace } = used({ policy }, { times: policy === 'fast' });
    const results = compare('app.trace', trace);
    // Where it was recorded, every block lies where it lay.
    const own = results.find((result) => result.policy === policy);
    assert.ok(own.sameAddress > 600);
  });
}

test('a trace that begins with live blocks, on a heap elsewhere', () => {
  const { heap } = used({ begin: 100_000 });
  const trace = heap.trace();
  for (let i = 0; i < 100; i++) heap.malloc(i);
  for (const { byteOffset, kind } of [...heap.blocks()]) if (kind === 'live') heap.free(byteOffset);
  const [result] = compare('live.trace', trace.stop());
  assert.equal(result.leftBlocks, 0);
});

test('a trace with refusals for want of memory', () => {
  const heap = Heap.createSync({ maximum: 2 });
  const trace = heap.trace();
  const p = heap.malloc(50_000);
  assert.throws(() => heap.malloc(100_000), { code: 'out_of_memory' });
  assert.throws(() => heap.realloc(p, 200_000), { code: 'out_of_memory' });
  heap.free(p);
  const [result] = compare('refused.trace', trace.stop());
  assert.equal(result.granted, 1);
});

test('a trace of a heap that somebody else uses, too', () => {
  const heap = Heap.createSync({ policy: 'exact' });
  const other = Heap.attachSync(heap.memory);
  const trace = heap.trace();
  const blocks = [100, 200, 300].map((size) => heap.malloc(size));
  other.free(blocks[1]);
  assert.equal(heap.malloc(190), blocks[1]); // the same address once more
  other.free(blocks[0]);
  assert.equal(heap.realloc(blocks[2], 64), blocks[2]);
  const long = heap.malloc(1000);
  other.free(long);
  heap.realloc(blocks[2], 1200);
  const [result] = compare('shared.trace', trace.stop());
  assert.ok(result.leftBlocks >= 2);
});

test('a trace of an allocator that takes any alignment, and any count of nothing', () => {
  const records = [
    [4, 3, 100, 2], // alignedAlloc(3, 100), which was done
    [4, 0, 100, 16],
    [4, 32, 100, 16],
    [5, 15], // free of the second
    [2, 0x80, 0x80, 0x80, 0x80, 0x20, 0, 64], // calloc(2 ** 33, 0)
    [0x24, 3, 100, 13, ...new TextEncoder().encode('out_of_memory')],
    [0x24, 0, 100, 13, ...new TextEncoder().encode('out_of_memory')],
    [1, 8, 16],
  ];
  const trace = Uint8Array.from([...small().trace.subarray(0, 16), ...records.flat(), 0, records.length, 0, 0, 0, 0]);
  new DataView(trace.buffer).setUint32(trace.length - 4, crc32(trace.subarray(0, -4)), true);
  const [{ operations, refused, granted, skipped, leftBlocks }] = compare('any.trace', trace);
  assert.deepEqual({ operations, refused, granted, skipped, leftBlocks }, { operations: 7, refused: 3, granted: 0, skipped: 1, leftBlocks: 2 });
});

test('one policy, or some, in the order in which they are named', () => {
  file('app.trace', used().trace);
  const named = (...args) => runJson(['replay', 'app.trace', '-r1', ...args]).policies.map(({ policy }) => policy);
  assert.deepEqual(named('-p', 'fast'), ['fast']);
  assert.deepEqual(named('-p', 'fast', '--policy', 'exact', '-p', 'fast'), ['fast', 'exact']);
});

test('in words', () => {
  file('app.trace', used({}, { times: true }).trace);
  const { status, stdout } = run(['replay', 'app.trace']);
  assert.equal(status, 0);
  assert.match(stdout, /^app\.trace: a trace of a heap, [\d,]+ records in \d+\.\d KiB, over \d+\.\d{3} s\n/);
  for (const policy of policies) assert.match(stdout, new RegExp(`^  ${policy} +\\d+\\.\\d KiB +\\+\\d+\\.\\d % `, 'm'));
  assert.match(stdout, /Least memory: \w+\. Fastest: \w+\.|All need the same memory\. Fastest: /);
});

test('a huge request takes no real memory', () => {
  const heap = Heap.createSync({ maximum: 2 });
  const trace = heap.trace();
  assert.throws(() => heap.calloc(1, 3 * 2 ** 30), { code: 'out_of_memory' });
  assert.throws(() => heap.malloc(2 ** 40));
  const { policies: results } = runJson(['replay', file('huge.trace', trace.stop())]);
  assert.equal(results[0].granted, 1);
});

test('`allot inspect` counts the operations of a trace', () => {
  const found = runJson(['inspect', file('app.trace', used().trace)]);
  assert.deepEqual(found.operations.free, { records: 401, refused: 1 });
  assert.deepEqual(found.marks, ['the most']);
  assert.equal(found.microseconds, null);
  assert.equal(run(['inspect', 'app.trace']).status, 0);
});
