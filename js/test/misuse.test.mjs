// One misuse, one test, named by it. Each must give its own error and leave no trace.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Heap } from 'allot';

import { changesNothing, places, policies, throwsCode } from './support/expect.mjs';

const small = 24;
const large = 200_000;

/** A heap with a few live and a few free blocks, so that an error has something to damage. */
function usedHeap(options) {
  const heap = Heap.createSync({ initial: 16, ...options });
  const blocks = Array.from({ length: 50 }, (_, i) => heap.malloc(16 + i * 20));
  for (let i = 0; i < 50; i += 4) heap.free(blocks[i]);
  return heap;
}

function misuse(name, action) {
  for (const image of places) {
    for (const policy of policies) {
      test(`${name} (${image}, ${policy})`, () => action(usedHeap({ image, policy }), image));
    }
  }
}

/** Expects a `HeapError` that carries the address, and that nothing has changed. */
function refuses(heap, action, code, address) {
  const error = changesNothing(heap, action, 'HeapError', code, new RegExp(String(address)));
  assert.equal(error.address, address);
}

misuse('double free, small', (heap) => {
  const p = heap.malloc(small);
  heap.free(p);
  refuses(heap, () => heap.free(p), 'double_free', p);
});

misuse('double free, large', (heap) => {
  const p = heap.malloc(large);
  heap.free(p);
  refuses(heap, () => heap.free(p), 'double_free', p);
});

misuse('double free after merging', (heap) => {
  const [p, q] = [heap.malloc(small), heap.malloc(small)];
  heap.free(p);
  heap.free(q);
  heap.merge();
  refuses(heap, () => heap.free(q), 'double_free', q);
  refuses(heap, () => heap.free(p), 'double_free', p);
});

misuse('interior free, small', (heap) => {
  const p = heap.malloc(100);
  for (const at of [p + 1, p + 8, p + 15, p + 16, p + 99]) {
    refuses(heap, () => heap.free(at), 'interior_address', at);
  }
});

misuse('interior free, large', (heap) => {
  const p = heap.malloc(large);
  for (const at of [p + 16, p + 4096, p + 65536, p + large - 1]) {
    refuses(heap, () => heap.free(at), 'interior_address', at);
  }
});

misuse('free of what was never allocated', (heap) => {
  const free = [...heap.blocks()].filter(({ kind }) => kind === 'free').at(-1);
  const middle = free.byteOffset + 16 * Math.floor(free.byteLength / 32);
  refuses(heap, () => heap.free(middle), 'double_free', middle);
  refuses(heap, () => heap.free(middle + 5), 'double_free', middle + 5);
});

misuse('free of address 0', (heap, image) => {
  if (image === 'inside') {
    const before = heap.stats();
    heap.free(0);
    assert.deepEqual(heap.stats(), before);
    return;
  }
  // Outside, 0 is the address of a block like any other: live here, then free.
  heap.free(heap.malloc(0));
  for (const { byteOffset, kind } of heap.blocks()) if (kind === 'live') heap.free(byteOffset);
  refuses(heap, () => heap.free(0), 'double_free', 0);
});

misuse('free before the heap', (heap, image) => {
  if (image === 'outside') return; // there is nothing before it
  refuses(heap, () => heap.free(8), 'foreign_address', 8);
});

misuse('free of metadata', (heap, image) => {
  if (image === 'outside') return; // there is none in the memory
  const records = [...heap.blocks()].filter(({ kind }) => kind === 'metadata');
  assert.ok(records.length > 0);
  for (const { byteOffset, byteLength } of records) {
    for (const at of [byteOffset, byteOffset + 16, byteOffset + 5, byteOffset + byteLength - 16]) {
      refuses(heap, () => heap.free(at), 'metadata_address', at);
      refuses(heap, () => heap.realloc(at, 10), 'metadata_address', at);
    }
  }
});

misuse('free past the end of the memory', (heap) => {
  for (const at of [heap.buffer.byteLength, heap.buffer.byteLength + 16, 2 ** 31, 2 ** 32 - 16, 2 ** 32, 2 ** 53]) {
    refuses(heap, () => heap.free(at), 'wild_address', at);
  }
});

misuse('free of memory that the heap has not taken', (heap) => {
  heap.memory.grow(2);
  const at = heap.buffer.byteLength - 4096;
  refuses(heap, () => heap.free(at), 'foreign_address', at);
});

misuse('free of a negative address', (heap) => {
  for (const at of [-1, -16, -(2 ** 31)]) {
    changesNothing(heap, () => heap.free(at), 'RangeError', 'invalid_number', new RegExp(`address is ${at}`));
  }
});

misuse('free of NaN and of fractions', (heap) => {
  const p = heap.malloc(small);
  for (const at of [NaN, Infinity, p + 0.5]) {
    changesNothing(heap, () => heap.free(at), 'RangeError', 'invalid_number', new RegExp(`address is ${at}`));
  }
});

misuse('free of a BigInt, a string, nothing', (heap) => {
  const p = heap.malloc(small);
  for (const at of [BigInt(p), String(p), undefined, null, true, {}, [p], Symbol('p')]) {
    changesNothing(heap, () => heap.free(at), 'TypeError', 'wrong_type', /address must be a number/);
  }
});

misuse('sizes that are no sizes', (heap) => {
  const p = heap.malloc(small);
  const calls = [
    (bad) => heap.malloc(bad),
    (bad) => heap.calloc(bad),
    (bad) => heap.calloc(bad, 8),
    (bad) => heap.calloc(8, bad),
    (bad) => heap.realloc(p, bad),
    (bad) => heap.alignedAlloc(16, bad),
    (bad) => heap.alignedAlloc(bad, 16),
  ];
  for (const call of calls) {
    for (const bad of [-1, -(2 ** 31), NaN, 1.5, Infinity, -Infinity]) {
      changesNothing(heap, () => call(bad), 'RangeError', 'invalid_number', new RegExp(`is ${bad}`));
    }
    for (const bad of [16n, '16', null, {}, [16], true]) {
      changesNothing(heap, () => call(bad), 'TypeError', 'wrong_type', /must be a number, not/);
    }
  }
  changesNothing(heap, () => heap.malloc(), 'TypeError', 'wrong_type', /undefined/);
});

misuse('sizes beyond all memory', (heap) => {
  const p = heap.malloc(small);
  for (const size of [2 ** 32 - 1, 2 ** 32 - 15, 2 ** 32 - 16, 2 ** 32 - 17]) {
    for (const call of [
      () => heap.malloc(size),
      () => heap.calloc(size),
      () => heap.realloc(p, size),
      () => heap.alignedAlloc(16, size),
      () => heap.alignedAlloc(2 ** 31, size),
    ]) {
      const before = heap.stats();
      assert.throws(call, (error) => error instanceof RangeError && /^(size_too_large|out_of_memory)$/.test(error.code));
      assert.deepEqual(heap.stats(), before);
    }
  }
  for (const size of [2 ** 32, 2 ** 53, Number.MAX_VALUE]) {
    changesNothing(heap, () => heap.malloc(size), 'RangeError', 'size_too_large');
    changesNothing(heap, () => heap.realloc(p, size), 'RangeError', 'size_too_large');
  }
});

misuse('realloc of a freed block', (heap) => {
  for (const length of [small, large]) {
    const p = heap.malloc(length);
    heap.free(p);
    refuses(heap, () => heap.realloc(p, 100), 'double_free', p);
  }
});

misuse('realloc of an interior and of a wild address', (heap) => {
  const p = heap.malloc(100);
  refuses(heap, () => heap.realloc(p + 16, 10), 'interior_address', p + 16);
  refuses(heap, () => heap.realloc(2 ** 31, 10), 'wild_address', 2 ** 31);
  refuses(heap, () => heap.realloc(2 ** 33, 10), 'wild_address', 2 ** 33);
});

misuse('sizes of what is no live block', (heap) => {
  const p = heap.malloc(100);
  const q = heap.malloc(100);
  heap.free(q);
  for (const ask of ['sizeof', 'usableSize', 'requestedSize']) {
    if (ask !== 'requestedSize') {
      refuses(heap, () => heap[ask](q), 'double_free', q);
      refuses(heap, () => heap[ask](p + 16), 'interior_address', p + 16);
    }
    refuses(heap, () => heap[ask](2 ** 33), 'wild_address', 2 ** 33);
    changesNothing(heap, () => heap[ask]('16'), 'TypeError', 'wrong_type');
    changesNothing(heap, () => heap[ask](-16), 'RangeError', 'invalid_number');
  }
});

test('a block of another heap', () => {
  const [a, b] = [Heap.createSync(), Heap.createSync({ initial: 4 })];
  for (let i = 0; i < 100; i++) b.malloc(1000);
  const p = b.malloc(16);
  assert.ok(p > a.buffer.byteLength);
  throwsCode(() => a.free(p), 'HeapError', 'wild_address');
});

test('a guest’s overflow does not reach the records of other blocks', () => {
  const heap = Heap.createSync();
  const [p, q, r] = [heap.malloc(32), heap.malloc(32), heap.malloc(32)];
  const free = [...heap.blocks()].at(-1);
  new Uint8Array(heap.buffer, p, free.byteOffset + free.byteLength - p).fill(0xff);
  heap.validate();
  for (const block of [q, p, r]) heap.free(block);
  heap.validate();
});
