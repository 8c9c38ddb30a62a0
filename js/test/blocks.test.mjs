// Allocating, reallocating, freeing; sizes; the walk; statistics; limits; reserved spans.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Heap } from 'allot';

import { changesNothing, places, policies, portrait, throwsCode } from './support/expect.mjs';

const pageBytes = 65536;

/** Runs a test for every place of the image and every policy. */
function everyHeap(name, action) {
  for (const image of places) {
    for (const policy of policies) {
      test(`${name} (${image}, ${policy})`, () => {
        action((options = {}) => Heap.createSync({ image, policy, ...options }), { image, policy });
      });
    }
  }
}

everyHeap('malloc gives separate blocks, aligned, large enough', (make) => {
  const heap = make();
  const blocks = [1, 15, 16, 17, 100, 1000, 5000, 70_000, 300_000].map((length) => {
    const p = heap.malloc(length);
    assert.equal(p % 16, 0);
    assert.ok(heap.usableSize(p) >= length);
    assert.equal(heap.sizeof(p), heap.usableSize(p));
    new Uint8Array(heap.buffer, p, length).fill(length % 251);
    return { p, length };
  });
  for (const { p, length } of blocks) {
    assert.ok(new Uint8Array(heap.buffer, p, length).every((byte) => byte === length % 251));
    heap.free(p);
  }
  assert.equal(heap.stat('live'), 0);
  heap.validate();
});

everyHeap('malloc(0) gives blocks of their own', (make) => {
  const heap = make();
  const [p, q] = [heap.malloc(0), heap.malloc(0)];
  assert.notEqual(p, q);
  assert.ok(heap.usableSize(p) >= 16);
  heap.free(p);
  heap.free(q);
});

everyHeap('calloc clears memory that was used before', (make) => {
  const heap = make();
  for (const length of [1, 24, 400, 3000, 40_000]) {
    const p = heap.malloc(length);
    new Uint8Array(heap.buffer, p, heap.usableSize(p)).fill(0xff);
    heap.free(p);
    const q = heap.calloc(length, 1);
    assert.ok(new Uint8Array(heap.buffer, q, length).every((byte) => byte === 0), String(length));
    heap.free(q);
  }
  assert.ok(heap.usableSize(heap.calloc(100, 8)) >= 800);
  assert.ok(heap.usableSize(heap.calloc(100)) >= 100);
  heap.calloc(0, 8);
  heap.calloc(8, 0);
  heap.validate();
});

everyHeap('calloc refuses a product that does not fit', (make) => {
  const heap = make({ maximum: 10 });
  for (const [count, length] of [[65536, 65536], [2 ** 31, 2], [2 ** 32 - 1, 2 ** 32 - 1], [3, 0x55555556]]) {
    changesNothing(heap, () => heap.calloc(count, length), 'RangeError', 'size_too_large', /calloc/);
  }
});

everyHeap('realloc keeps the bytes, whichever way it goes', (make) => {
  const heap = make();
  let p = heap.malloc(64);
  let length = 64;
  const bytes = (count) => new Uint8Array(heap.buffer, p, count);
  bytes(64).forEach((_, i, view) => (view[i] = i + 1));
  heap.malloc(16); // something behind it
  for (const next of [65, 1000, 100, 100_000, 3000, 64, 500, 20]) {
    p = heap.realloc(p, next);
    assert.ok(heap.usableSize(p) >= next);
    const kept = Math.min(length, next, 20);
    assert.deepEqual(bytes(kept), Uint8Array.from({ length: kept }, (_, i) => i + 1), String(next));
    length = next;
    heap.validate();
  }
  assert.equal(heap.stat('blocks'), 2);
});

test('realloc grows in place when the neighbour is free', () => {
  const heap = Heap.createSync({ policy: 'exact' });
  const [p, q] = [heap.malloc(64), heap.malloc(64)];
  heap.malloc(16);
  heap.free(q);
  assert.equal(heap.realloc(p, 128), p);
});

everyHeap('realloc to 0 keeps a block; realloc of no block is malloc with the image inside', (make, { image }) => {
  const heap = make();
  const p = heap.realloc(heap.malloc(100), 0);
  assert.ok(heap.usableSize(p) >= 16);
  assert.equal(heap.stat('blocks'), 1);
  heap.free(p);
  if (image === 'inside') {
    const q = heap.realloc(0, 50);
    assert.ok(heap.usableSize(q) >= 50);
    heap.free(q);
  }
  assert.equal(heap.stat('live'), 0);
});

everyHeap('alignedAlloc keeps every alignment', (make) => {
  const heap = make();
  for (let power = 0; power <= 20; power++) {
    for (const length of [1, 100, 5000]) {
      const p = heap.alignedAlloc(2 ** power, length);
      assert.equal(p % Math.max(16, 2 ** power), 0, `2^${power}`);
      assert.ok(heap.usableSize(p) >= length);
      heap.writeUint8(p + length - 1, 1);
      if (length !== 100) heap.free(p);
    }
    heap.validate();
  }
});

everyHeap('alignedAlloc refuses what is no power of two', (make) => {
  const heap = make();
  for (const alignment of [0, 3, 24, 100, 2 ** 31 + 1, 2 ** 32 - 1, 2 ** 32, 2 ** 40]) {
    changesNothing(heap, () => heap.alignedAlloc(alignment, 16), 'RangeError', 'invalid_alignment');
  }
});

everyHeap('sizes are remembered when asked to', (make) => {
  const heap = make({ recordSizes: true });
  for (const length of [0, 1, 15, 16, 17, 31, 500, 5000, 70_001]) {
    const p = heap.malloc(length);
    assert.equal(heap.requestedSize(p), length);
    assert.equal(heap.sizeof(p), length);
    assert.ok(heap.usableSize(p) >= length);
    const q = heap.realloc(p, length + 7);
    assert.equal(heap.requestedSize(q), length + 7);
  }
  assert.equal(heap.requestedSize(heap.calloc(3, 7)), 21);
  assert.equal(heap.requestedSize(heap.alignedAlloc(256, 33)), 33);
  heap.validate();
});

test('requestedSize of a heap that does not remember', () => {
  const heap = Heap.createSync();
  const p = heap.malloc(33);
  throwsCode(() => heap.requestedSize(p), 'HeapError', 'not_recorded');
  assert.ok(heap.sizeof(p) >= 33);
});

everyHeap('the walk covers the managed memory without a gap, and agrees with the figures', (make) => {
  const heap = make();
  const live = [];
  for (let i = 0; i < 500; i++) live.push(heap.malloc(16 + (i * 37) % 700));
  for (let i = 0; i < 500; i += 3) heap.free(live[i]);
  const stats = heap.stats();
  const sums = { live: 0, free: 0, metadata: 0, reserved: 0 };
  let at = stats.begin;
  let previous;
  for (const { byteOffset, byteLength, kind } of heap.blocks()) {
    assert.equal(byteOffset, at);
    assert.ok(byteLength > 0 && byteLength % 16 === 0);
    assert.ok(!(kind === 'free' && previous === 'free'), 'free neighbours are joined');
    sums[kind] += byteLength;
    at += byteLength;
    previous = kind;
  }
  assert.equal(at, stats.top);
  assert.deepEqual(sums, {
    live: stats.live, free: stats.free, metadata: stats.metadata, reserved: stats.reserved,
  });
});

everyHeap('every block can be freed while walking', (make) => {
  const heap = make();
  for (let i = 0; i < 1000; i++) heap.malloc(16 + (i * 37) % 900);
  let freed = 0;
  for (const { byteOffset, kind } of heap.blocks()) {
    if (kind !== 'live') continue;
    heap.free(byteOffset);
    freed++;
  }
  assert.equal(freed, 1000);
  assert.equal(heap.stat('live'), 0);
  heap.validate();
});

everyHeap('allocating while walking ends', (make) => {
  const heap = make({ maximum: 10 });
  for (let i = 0; i < 100; i++) heap.malloc(100);
  let steps = 0;
  for (const { kind } of heap.blocks()) {
    if (kind === 'free' && steps < 50) heap.malloc(32);
    assert.ok(++steps < 1000);
  }
  heap.validate();
});

everyHeap('merge changes nothing but the order of free memory', (make) => {
  const heap = make();
  const blocks = Array.from({ length: 1000 }, () => heap.malloc(48));
  for (const p of blocks) heap.free(p);
  const before = portrait(heap);
  heap.merge();
  heap.validate();
  assert.deepEqual(portrait(heap), before);
  assert.equal(heap.stat('freeBlocks'), [...heap.blocks()].filter(({ kind }) => kind === 'free').length);
});

everyHeap('stats: every figure, and stat gives the same', (make) => {
  const heap = make();
  const [p, q] = [heap.malloc(100), heap.malloc(1000)];
  heap.free(p);
  const stats = heap.stats();
  for (const [name, value] of Object.entries(stats)) {
    assert.equal(typeof value, 'number');
    assert.equal(heap.stat(name), value, name);
  }
  assert.equal(stats.blocks, 1);
  assert.equal(stats.live, heap.usableSize(q));
  assert.ok(stats.peak >= stats.live + 112);
  assert.equal(stats.live + stats.free + stats.metadata, stats.managed);
  assert.equal(stats.usedSpan, stats.live);
  assert.ok(stats.tailFree <= stats.largestFree || stats.headFree <= stats.largestFree);
  for (const name of ['nothing', '', 'toString', 0, undefined]) {
    throwsCode(() => heap.stat(name), 'TypeError', 'invalid_option');
  }
});

everyHeap('the quota holds to the byte, and can be changed', (make) => {
  const heap = make({ quota: 1600 });
  const blocks = Array.from({ length: 10 }, () => heap.malloc(160));
  assert.equal(heap.stat('live'), 1600);
  changesNothing(heap, () => heap.malloc(1), 'RangeError', 'quota_exceeded');
  changesNothing(heap, () => heap.calloc(1), 'RangeError', 'quota_exceeded');
  changesNothing(heap, () => heap.alignedAlloc(64, 1), 'RangeError', 'quota_exceeded');
  changesNothing(heap, () => heap.realloc(blocks[0], 500), 'RangeError', 'quota_exceeded');
  heap.free(blocks.pop());
  heap.malloc(100);
  heap.quota = 100_000;
  assert.equal(heap.quota, 100_000);
  heap.malloc(50_000);
  heap.quota = 16;
  changesNothing(heap, () => heap.malloc(1), 'RangeError', 'quota_exceeded');
  heap.free(blocks.pop());
  heap.quota = Infinity;
  assert.equal(heap.quota, Infinity);
  heap.malloc(200_000);
  heap.validate();
});

everyHeap('the soft maximum holds, and can be changed', (make) => {
  const heap = make({ softMaximum: 2 * pageBytes });
  while (heap.stat('free') > 2000 || heap.buffer.byteLength < 2 * pageBytes) heap.malloc(1000);
  changesNothing(heap, () => heap.malloc(pageBytes), 'RangeError', 'out_of_memory');
  assert.equal(heap.buffer.byteLength, 2 * pageBytes);
  heap.softMaximum = 4 * pageBytes;
  assert.equal(heap.softMaximum, 4 * pageBytes);
  heap.malloc(pageBytes);
  heap.softMaximum = Infinity;
  assert.equal(heap.softMaximum, Infinity);
  heap.malloc(10 * pageBytes);
  heap.validate();
});

test('limits that cannot be are refused', () => {
  const heap = Heap.createSync();
  for (const name of ['quota', 'softMaximum']) {
    for (const value of [-1, NaN, 1.5, -Infinity]) {
      throwsCode(() => (heap[name] = value), 'RangeError', 'invalid_number');
    }
    for (const value of ['1', 1n, null, undefined, {}]) {
      throwsCode(() => (heap[name] = value), 'TypeError', 'wrong_type');
    }
    assert.equal(heap[name], Infinity);
  }
});

everyHeap('a reserved span is left alone until it is given back', (make) => {
  const heap = make({ initial: 4, maximum: 4 });
  const [begin, end] = [pageBytes + 512, pageBytes + 20_000];
  heap.reserve(begin, end);
  heap.validate();
  const spans = [...heap.blocks()].filter(({ kind }) => kind === 'reserved');
  assert.deepEqual(spans, [{ byteOffset: begin, byteLength: end - begin, kind: 'reserved' }]);
  assert.equal(heap.stat('reserved'), end - begin);
  new Uint8Array(heap.buffer, begin, end - begin).fill(0xcd);

  const blocks = [];
  throwsCode(() => {
    for (;;) blocks.push(heap.malloc(300));
  }, 'RangeError', 'out_of_memory');
  for (const p of blocks) {
    assert.ok(p + heap.usableSize(p) <= begin || p >= end);
    new Uint8Array(heap.buffer, p, 300).fill(0xff);
  }
  assert.ok(new Uint8Array(heap.buffer, begin, end - begin).every((byte) => byte === 0xcd));
  changesNothing(heap, () => heap.free(begin), 'HeapError', 'foreign_address');
  changesNothing(heap, () => heap.reserve(begin, end), 'HeapError', 'span_in_use');
  changesNothing(heap, () => heap.reserve(begin - 1000, begin), 'HeapError', 'span_in_use');

  heap.unreserve(begin);
  heap.validate();
  assert.equal(heap.stat('reserved'), 0);
  heap.malloc(10_000);
  heap.validate();
});

everyHeap('spans that cannot be are refused', (make) => {
  const heap = make();
  for (const [begin, end] of [[5000, 5000], [5000, 4000], [0, 2 ** 32], [2 ** 33, 2 ** 34]]) {
    changesNothing(heap, () => heap.reserve(begin, end), 'RangeError', 'invalid_span');
  }
  for (const bad of [-1, NaN, 0.5]) {
    changesNothing(heap, () => heap.reserve(bad, 5000), 'RangeError', 'invalid_number');
    changesNothing(heap, () => heap.reserve(5000, bad), 'RangeError', 'invalid_number');
    changesNothing(heap, () => heap.unreserve(bad), 'RangeError', 'invalid_number');
  }
  for (const bad of ['5000', 5000n, null, undefined]) {
    changesNothing(heap, () => heap.reserve(bad, 6000), 'TypeError', 'wrong_type');
    changesNothing(heap, () => heap.unreserve(bad), 'TypeError', 'wrong_type');
  }
  const p = heap.malloc(100);
  changesNothing(heap, () => heap.unreserve(p), 'RangeError', 'invalid_span');
  changesNothing(heap, () => heap.reserve(p, p + 100), 'HeapError', 'span_in_use');
});

everyHeap('exact placement takes the best fit, the lowest address among equals', (make, { policy }) => {
  if (policy !== 'exact') return;
  const heap = make();
  const sizes = [64, 16, 48, 16, 64, 16, 48, 16, 1024, 16];
  const blocks = sizes.map((length) => heap.malloc(length));
  for (let i = 0; i < blocks.length; i += 2) heap.free(blocks[i]);
  assert.equal(heap.malloc(48), blocks[2]);
  assert.equal(heap.malloc(33), blocks[6]);
  assert.equal(heap.malloc(48), blocks[0], 'the smallest that holds it, then the lowest');
  assert.equal(heap.malloc(64), blocks[4]);
  assert.equal(heap.malloc(500), blocks[8]);
});
