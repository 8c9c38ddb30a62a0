// What is held back, for how long, and that nobody goes short for it.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Heap } from 'allot';

import { changesNothing, places, throwsCode } from './support/expect.mjs';

/** Addresses of blocks that are held back: live to another heap object, but not to this one. */
function heldBy(heap) {
  const seen = ({ byteOffset, kind }) => (kind === 'live' ? [byteOffset] : []);
  const mine = new Set([...heap.blocks()].flatMap(seen));
  return [...Heap.attachSync(heap.memory).blocks()].flatMap(seen).filter((p) => !mine.has(p));
}

test('the first in is the first out, by number', () => {
  const heap = Heap.createSync();
  heap.debug = { quarantine: { blocks: 3 } };
  const blocks = Array.from({ length: 6 }, () => heap.malloc(40));
  blocks.forEach((p, i) => {
    heap.free(p);
    assert.deepEqual(heldBy(heap), blocks.slice(Math.max(0, i - 2), i + 1).sort((a, b) => a - b));
  });
  heap.debug = { quarantine: { blocks: 1 } };
  assert.deepEqual(heldBy(heap), [blocks[5]]);
  heap.debug = false;
  assert.deepEqual(heldBy(heap), []);
});

test('and by bytes; a block that alone is too long is not held at all', () => {
  const heap = Heap.createSync();
  heap.debug = { quarantine: { byteLength: 320 } };
  const blocks = [160, 160, 160, 16, 336, 320].map((byteLength) => heap.malloc(byteLength));
  assert.deepEqual(blocks.map((p) => heap.usableSize(p)), [160, 160, 160, 16, 336, 320], 'as the test needs them');
  const expected = [[0], [0, 1], [1, 2], [2, 3], [2, 3], [5]];
  blocks.forEach((p, i) => {
    heap.free(p);
    assert.deepEqual(heldBy(heap), expected[i].map((j) => blocks[j]).sort((a, b) => a - b), `after ${i}`);
  });
});

test('an address that is held back is not handed out', () => {
  for (const policy of ['exact', 'balanced', 'fast']) {
    const heap = Heap.createSync({ policy });
    heap.debug = { quarantine: { blocks: 8 } };
    const recent = [];
    for (let i = 0; i < 500; i++) {
      const p = heap.malloc(100);
      assert.ok(!recent.includes(p), `${p} again`);
      heap.free(p);
      recent.push(p);
      if (recent.length > 8) recent.shift();
    }
    assert.ok(heap.buffer.byteLength === 65536, 'and they come round');
  }
});

for (const image of places) {
  test(`a heap that is full gives up what is held back (${image})`, () => {
    const heap = Heap.createSync({ image, initial: 1, maximum: 1 });
    heap.debug = true;
    const fill = () => {
      const blocks = [];
      throwsCode(() => {
        for (;;) blocks.push(heap.malloc(1000));
      }, 'RangeError', 'out_of_memory', /malloc\(1000\): .* \(and 16 guard bytes\)/);
      return blocks;
    };
    const first = fill();
    assert.ok(first.length > 40);
    for (const p of first) heap.free(p);
    assert.equal(heap.stat('live'), 0);
    const second = fill();
    assert.ok(second.length >= first.length);
    changesNothing(heap, () => heap.calloc(100, 1000), 'RangeError', 'out_of_memory', /calloc\(100, 1000\)/);
    changesNothing(heap, () => heap.realloc(second[0], 60_000), 'RangeError', 'out_of_memory', /realloc\(\d+, 60000\)/);
    changesNothing(heap, () => heap.alignedAlloc(64, 60_000), 'RangeError', 'out_of_memory', /alignedAlloc\(64, 60000\)/);
    for (const p of second) heap.free(p);
    heap.free(heap.malloc(40_000));
    heap.debug = false;
    assert.equal(heap.stat('live'), 0);
  });

  test(`a block grows in place where there is no room to move it (${image})`, () => {
    const heap = Heap.createSync({ image, initial: 1, maximum: 1 });
    heap.debug = true;
    const p = heap.malloc(20_000);
    heap.fill(p, 20_000, 3);
    const q = heap.realloc(p, 40_000);
    assert.ok(heap.bytes(q, 20_000).every((byte) => byte === 3));
    assert.ok(heap.bytes(q + 20_000, 20_000).every((byte) => byte === 0xcd));
    heap.writeUint8(q + 40_000, 0);
    throwsCode(() => heap.free(q), 'HeapError', 'overrun', /at 40000 of/);
    heap.free(q);
  });

  test(`a quota counts what is held back only until it is needed (${image})`, () => {
    const heap = Heap.createSync({ image, quota: 10_000 });
    heap.debug = true;
    for (let i = 0; i < 100; i++) heap.free(heap.malloc(900));
    const blocks = Array.from({ length: 10 }, () => heap.malloc(900));
    throwsCode(() => heap.malloc(900), 'RangeError', 'quota_exceeded');
    for (const p of blocks) heap.free(p);
  });

  test(`a span is reserved over what is held back (${image})`, () => {
    const heap = Heap.createSync({ image, initial: 4 });
    heap.debug = true;
    const blocks = Array.from({ length: 100 }, () => heap.malloc(500));
    for (const p of blocks) heap.free(p);
    const begin = Math.min(...blocks);
    heap.reserve(begin, begin + 30_000);
    heap.unreserve(begin);
    const p = heap.malloc(10);
    throwsCode(() => heap.reserve(p, p + 16), 'HeapError', 'span_in_use');
    heap.validate();
  });
}

test('what cannot be asked for lets nothing go', () => {
  const heap = Heap.createSync();
  heap.debug = true;
  const p = heap.malloc(40);
  heap.free(p);
  throwsCode(() => heap.snapshot({ free: 'no' }), 'TypeError', 'wrong_type');
  throwsCode(() => heap.snapshot({ fre: true }), 'TypeError', 'invalid_option');
  throwsCode(() => (heap.debug = { quarantine: { blocks: 0 }, canaries: 1 }), 'TypeError', 'invalid_option');
  assert.deepEqual(heldBy(heap), [p]);
  heap.snapshot();
  assert.deepEqual(heldBy(heap), []);
});

test('a write after free is told when the block leaves, whoever makes it leave; then it is let go', () => {
  const cases = {
    free(heap) {
      heap.free(heap.malloc(40));
    },
    malloc(heap) {
      heap.malloc(50_000);
    },
    realloc(heap, p, other) {
      heap.realloc(other, 50_000);
    },
    reserve(heap, p) {
      heap.reserve(p, p + 64);
    },
    snapshot(heap) {
      heap.snapshot();
    },
    debug(heap) {
      heap.debug = false;
    },
  };
  for (const [operation, leave] of Object.entries(cases)) {
    const heap = Heap.createSync({ initial: 1, maximum: 1 });
    heap.debug = { quarantine: { blocks: operation === 'free' ? 1 : 100 } };
    const other = heap.malloc(16);
    const p = heap.malloc(40);
    heap.free(p);
    if (operation === 'malloc' || operation === 'realloc') heap.free(heap.malloc(30_000));
    heap.writeUint8(p + 39, 0);
    const error = throwsCode(() => leave(heap, p, other), 'HeapError', 'use_after_free', /1 byte at 39 of/);
    assert.equal(error.cause.operation, operation);
    assert.equal(error.address, p);
    leave(heap, p, other);
    assert.ok(!heldBy(heap).includes(p), operation);
    heap.validate();
  }
});
