// Debugging beside what else a heap does: hooks that are called in the middle of a request, scratch blocks, scopes.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Heap } from 'allot';

import { places, throwsCode } from './support/expect.mjs';

const settings = [
  true,
  { canaries: true },
  { canaries: 'both' },
  { quarantine: true },
  { poison: true, canaries: 'both' },
];

/** A full heap that is debugged: `last` is a block of it. */
function fullHeap(image, debug) {
  const heap = Heap.createSync({ image, initial: 1, maximum: 1 });
  heap.debug = debug;
  const blocks = [];
  throwsCode(() => {
    for (;;) blocks.push(heap.malloc(2000));
  }, 'RangeError', 'out_of_memory');
  return { heap, blocks, last: blocks.at(-1) };
}

for (const image of places) {
  test(`what is held back is given up before a hook is asked (${image})`, () => {
    const { heap, blocks } = fullHeap(image, true);
    let asked = 0;
    heap.onoom = () => {
      asked++;
      return false;
    };
    for (const p of blocks) heap.free(p);
    heap.malloc(30_000);
    assert.equal(asked, 0);
    throwsCode(() => heap.malloc(40_000), 'RangeError', 'out_of_memory');
    assert.equal(asked, 1);
  });

  for (const debug of settings) {
    const name = `${image}, ${JSON.stringify(debug)}`;

    test(`a hook frees blocks, and the request is met (${name})`, () => {
      const { heap, blocks } = fullHeap(image, debug);
      heap.onoom = () => {
        for (const p of blocks.splice(0, 5)) heap.free(p);
        return true;
      };
      const p = heap.malloc(6000);
      heap.fill(p, 6000, 1);
      const at = blocks.pop();
      heap.fill(at, 2000, 7);
      const longer = heap.realloc(at, 7000);
      assert.ok(heap.bytes(longer, 2000).every((byte) => byte === 7));
      heap.validate();
      for (const block of [p, longer, ...blocks]) heap.free(block);
      heap.debug = false;
      assert.equal(heap.stat('live'), 0);
    });

    test(`a hook frees the very block that is to become longer (${name})`, () => {
      const { heap, blocks, last } = fullHeap(image, debug);
      heap.onoom = () => {
        for (const p of blocks.splice(0)) heap.free(p);
        return true;
      };
      const error = throwsCode(() => heap.realloc(last, 20_000), 'HeapError', 'double_free');
      assert.ok(error.message.startsWith(`realloc(${last}, 20000): `) && error.address === last, error.message);
      heap.validate();
      assert.equal(heap.stat('blocks'), 0);
      assert.equal(heap.stat('live'), 0);
      heap.debug = false;
      assert.equal(heap.stats().live, 0);
      heap.free(heap.malloc(40_000));
    });

    test(`a hook switches everything off in the middle of a request (${name})`, () => {
      const { heap, blocks } = fullHeap(image, debug);
      heap.onoom = () => {
        heap.debug = false;
        for (const p of blocks.splice(0, 8)) heap.free(p);
        return true;
      };
      const p = heap.malloc(9000);
      assert.ok(heap.usableSize(p) >= 9000);
      heap.fill(p, 9000, 1);
      heap.validate();
      for (const block of [p, ...blocks]) heap.free(block);
      assert.equal(heap.stat('blocks'), 0);
      assert.equal(heap.stats().live, 0);
      heap.free(heap.malloc(100));
    });
  }

  test(`a scratch block is anybody’s: nobody watches it (${image})`, () => {
    const heap = Heap.createSync({ image });
    heap.debug = { poison: true, canaries: 'both' };
    const trace = heap.trace({ live: false });
    const p = heap.scratch(100);
    heap.fill(p, 100, 1);
    heap.validate();
    const q = heap.malloc(100);
    heap.free(q);
    heap.validate();
    assert.equal(trace.records, 2);
    trace.stop();
  });

  test(`what a scope frees is looked at, too (${image})`, () => {
    const heap = Heap.createSync({ image });
    const told = [];
    heap.debug = { canaries: true, quarantine: true, onFault: ({ code, operation }) => told.push([code, operation]) };
    const p = heap.scope((scope) => {
      const block = scope.malloc(20);
      heap.writeUint8(block + 20, 0);
      return block;
    });
    assert.deepEqual(told, [['overrun', 'free']]);
    heap.writeUint8(p + 3, 1);
    heap.validate();
    assert.deepEqual(told[1], ['use_after_free', 'validate']);
  });
}
