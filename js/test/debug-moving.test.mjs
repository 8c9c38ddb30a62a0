// Debugging and a heap that moves: what is watched is the same in the new memory, and nothing is held back there.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Heap, readTrace } from 'allot';

import { places, throwsCode } from './support/expect.mjs';

const settings = [
  true,
  { canaries: true },
  { canaries: 'both' },
  { quarantine: true },
  { poison: true, canaries: 'both' },
];

/** A heap with much to give back: a few blocks at its beginning, some that are held back at its end. */
function wideHeap(image, debug) {
  const heap = Heap.createSync({ image, maximum: 100 });
  heap.debug = debug;
  const kept = Array.from({ length: 20 }, (_, i) => heap.malloc(50 + i));
  kept.forEach((p, i) => heap.fill(p, 50 + i, i + 1));
  const wide = Array.from({ length: 10 }, () => heap.malloc(60_000));
  for (const p of wide) heap.free(p);
  return { heap, kept, last: wide.at(-1) };
}

for (const image of places) {
  for (const debug of settings) {
    test(`watched blocks stay watched (${image}, ${JSON.stringify(debug)})`, () => {
      const { heap, kept } = wideHeap(image, debug);
      const trace = heap.trace();
      const { memory } = heap;
      assert.ok(heap.trim() > 0);
      assert.notEqual(heap.memory, memory);
      heap.validate();
      assert.equal(heap.stat('blocks'), kept.length);
      assert.equal(heap.stats().blocks, kept.length);
      kept.forEach((p, i) => assert.ok(heap.bytes(p, 50 + i).every((byte) => byte === i + 1)));
      const more = heap.malloc(30);
      if (heap.debug.canaries !== false) {
        for (const [p, length] of [[kept[0], 50], [more, 30]]) {
          heap.writeUint8(p + length, 0);
          assert.equal(throwsCode(() => heap.free(p), 'HeapError', 'overrun').cause.offset, length);
          heap.writeUint8(p + length, 0xfd);
        }
      }
      if (heap.debug.quarantine !== false) {
        heap.free(more);
        heap.writeUint8(more + 1, 0);
        throwsCode(() => heap.validate(), 'HeapError', 'use_after_free', /1 byte at 1 of/);
        heap.writeUint8(more + 1, 0xdd);
      } else heap.free(more);
      kept[1] = heap.realloc(kept[1], 70_000); // grows again
      for (const p of kept) heap.free(p);
      const operations = [...readTrace(trace.stop())].map(({ operation }) => operation);
      assert.equal(operations.filter((name) => name === 'free').length >= 21, true, operations.join());
      heap.debug = false;
      assert.equal(heap.stat('live'), 0);
      heap.validate();
      assert.ok(heap.trim() > 0);
    });
  }

  for (const debug of settings) {
    test(`blocks that compact() moves stay watched (${image}, ${JSON.stringify(debug)})`, () => {
      const heap = Heap.createSync({ image, maximum: 100 });
      heap.debug = debug;
      const blocks = Array.from({ length: 60 }, (_, i) => {
        const block = heap.allocRelocatable(100 + 7 * i);
        block.bytes.fill(i + 1);
        return block;
      });
      for (let i = 0; i < 60; i += 2) blocks[i].free();
      const kept = blocks.filter((block) => !block.isFreed);
      const trace = heap.trace();
      assert.ok(heap.compact() > 0);
      heap.validate();
      assert.equal(heap.stat('blocks'), heap.stats().blocks);
      kept.forEach((block, k) => {
        const i = 2 * k + 1;
        assert.equal(heap.readUint32(block.handle), block.byteOffset);
        assert.equal(block.byteLength, 100 + 7 * i);
        assert.ok(block.bytes.every((byte) => byte === i + 1), `block ${i}`);
      });
      if (heap.debug.canaries !== false) {
        for (const { byteOffset, byteLength } of kept) {
          heap.writeUint8(byteOffset + byteLength, 0);
          assert.equal(throwsCode(() => heap.validate(), 'HeapError', 'overrun').address, byteOffset);
          heap.writeUint8(byteOffset + byteLength, 0xfd);
        }
      }
      for (const block of kept) block.free();
      heap.debug = false;
      heap.validate();
      const records = [...readTrace(trace.stop())];
      const moved = records.filter(({ operation, block, address }) => operation === 'realloc' && block !== address);
      assert.ok(moved.length > 10);
    });
  }

  test(`a write after free is told before anything moves (${image})`, () => {
    const { heap, last } = wideHeap(image, true);
    heap.writeUint8(last + 7, 1);
    const { memory } = heap;
    const error = throwsCode(() => heap.trim(), 'HeapError', 'use_after_free', /1 byte at 7 of/);
    assert.equal(error.cause.operation, 'trim');
    assert.equal(heap.memory, memory);
    assert.ok(heap.trim() > 0, 'told once, it is let go');
    heap.validate();
  });
}
