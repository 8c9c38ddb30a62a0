// Who writes where nothing is his is found out, whichever byte it is, and told with the place and the bytes.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Heap } from 'allot';

import { places, throwsCode } from './support/expect.mjs';
import { can } from './support/runtime.mjs';

const kinds = places.map((image) => [image, { image }]);
if (can.shared) kinds.push(['shared', { shared: true, maximum: 100 }]);

/** A fault as the cause of an error tells it, in plain values. */
function faultOf(error) {
  const { found, ...rest } = error.cause;
  return { ...rest, found: [...found] };
}

/** Expects a fault, and its place in the message too. */
function finds(action, code, byteOffset, expected) {
  const error = throwsCode(action, 'HeapError', code);
  assert.equal(error.address, byteOffset);
  const fault = faultOf(error);
  for (const [name, value] of Object.entries({ code, byteOffset, ...expected })) {
    assert.deepEqual(fault[name], value, `${name} of ${error.message}`);
  }
  assert.match(error.message, new RegExp(`at ${fault.offset} of the block at ${byteOffset}, which has ${fault.byteLength}: `));
}

for (const [kind, options] of kinds) {
  test(`an overrun, at every offset behind blocks of every length (${kind})`, () => {
    const heap = Heap.createSync(options);
    for (const canaries of ['after', 'both']) {
      heap.debug = { canaries };
      for (const byteLength of [0, 1, 15, 16, 17, 31, 32, 100, 3000]) {
        for (let beyond = 0; beyond < 16; beyond++) {
          const p = heap.malloc(byteLength);
          assert.equal(p % 16, 0);
          const offset = byteLength + beyond;
          heap.writeUint8(p + offset, beyond);
          const expected = { byteLength, offset, length: 1, found: [beyond], expected: 0xfd };
          finds(() => heap.validate(), 'overrun', p, { ...expected, operation: 'validate' });
          finds(() => heap.free(p), 'overrun', p, { ...expected, operation: 'free' });
          finds(() => heap.validate(), 'overrun', p, expected); // nothing has changed
          heap.free(p); // told once
          heap.validate();
        }
      }
    }
    assert.equal(heap.stat('live'), 0);
  });

  test(`an underrun, at every offset before a block (${kind})`, () => {
    const heap = Heap.createSync(options);
    heap.debug = { canaries: 'both' };
    for (const byteLength of [0, 1, 16, 100]) {
      for (let before = 1; before <= 16; before++) {
        const p = heap.malloc(byteLength);
        heap.writeUint8(p - before, 0x42);
        const expected = { byteLength, offset: -before, length: 1, found: [0x42] };
        finds(() => heap.realloc(p, 10), 'overrun', p, { ...expected, operation: 'realloc' });
        finds(() => heap.validate(), 'overrun', p, expected);
        heap.free(p);
      }
    }
    for (const alignment of [32, 64, 4096]) {
      const p = heap.alignedAlloc(alignment, 10);
      assert.equal(p % alignment, 0);
      heap.writeUint8(p - alignment, 1);
      finds(() => heap.free(p), 'overrun', p, { offset: -alignment, length: 1 });
      heap.free(p);
    }
    heap.validate();
    assert.equal(heap.stat('live'), 0);
  });

  test(`with guards behind only, an underrun is found in the block before (${kind})`, () => {
    const heap = Heap.createSync(options);
    heap.debug = { canaries: true };
    const blocks = Array.from({ length: 20 }, (_, i) => heap.malloc(i * 5)).sort((a, b) => a - b);
    const ends = new Map([...heap.blocks()].map(({ byteOffset, byteLength }) => [byteOffset, byteOffset + byteLength]));
    let neighbours = 0;
    for (let i = 1; i < blocks.length; i++) {
      if (ends.get(blocks[i - 1]) !== blocks[i]) continue;
      neighbours++;
      heap.writeUint8(blocks[i] - 1, 0);
      finds(() => heap.free(blocks[i - 1]), 'overrun', blocks[i - 1], { length: 1 });
      heap.writeUint8(blocks[i] - 1, 0xfd);
    }
    assert.ok(neighbours > 4);
    heap.validate();
  });

  test(`a write after free, at every offset (${kind})`, () => {
    const heap = Heap.createSync(options);
    for (const debug of [{ poison: true }, { quarantine: true }, { poison: { freed: 0xee }, canaries: 'both' }]) {
      heap.debug = debug;
      const expected = debug.poison?.freed ?? 0xdd;
      for (let offset = 0; offset < 40; offset++) {
        const p = heap.malloc(40);
        heap.free(p);
        heap.writeUint8(p + offset, 7);
        finds(() => heap.validate(), 'use_after_free', p, { offset, length: 1, found: [7], expected, operation: 'validate' });
        finds(() => heap.validate(), 'use_after_free', p, { offset });
        heap.writeUint8(p + offset, expected);
        heap.validate();
        // Also when it leaves, whatever makes it leave. That it was told by validate() counts.
        const q = heap.malloc(24);
        heap.free(q);
        heap.writeUint8(q + 3, 8);
        finds(() => (heap.debug = { quarantine: { blocks: 0 } }), 'use_after_free', q, { operation: 'debug' });
        heap.debug = { quarantine: { blocks: 0 } };
        heap.debug = debug;
        assert.equal(heap.stat('blocks'), 0);
      }
    }
  });

  test(`several bytes are told from the first to the last, at most 64 with their values (${kind})`, () => {
    const heap = Heap.createSync(options);
    heap.debug = true;
    const p = heap.malloc(10);
    heap.writeUint8(p + 11, 1);
    heap.writeUint8(p + 13, 2);
    finds(() => heap.free(p), 'overrun', p, { offset: 11, length: 3, found: [1, 0xfd, 2] });
    const q = heap.malloc(300);
    heap.free(q);
    heap.fill(q + 100, 100, 0x11);
    const error = throwsCode(() => heap.validate(), 'HeapError', 'use_after_free', /100 bytes at 100 of .*: (11 ){16}…, not dd/);
    assert.equal(error.cause.length, 100);
    assert.equal(error.cause.found.length, 64);
    heap.fill(q, 1, 1);
    assert.equal(error.cause.found[0], 0x11, 'a copy');
    assert.equal(Object.prototype.toString.call(error.cause.found.buffer), '[object ArrayBuffer]');
  });

  test(`every way to allocate has its guards, and keeps them when it gets another length (${kind})`, () => {
    for (const canaries of ['after', 'both']) {
      const heap = Heap.createSync(options);
      heap.debug = { canaries };
      const ways = {
        malloc: () => [heap.malloc(50), 50],
        calloc: () => [heap.calloc(5, 7), 35],
        alignedAlloc: () => [heap.alignedAlloc(128, 33), 33],
        realloc: () => [heap.realloc(heap.malloc(20), 77), 77],
        shrink: () => [heap.realloc(heap.malloc(2000), 77), 77],
        alloc: () => [heap.alloc(Int32Array, 5).byteOffset, 20],
      };
      for (const [name, make] of Object.entries(ways)) {
        const [p, length] = make();
        assert.equal(heap.usableSize(p), length, name);
        heap.fill(p, length, 0x77);
        heap.validate();
        heap.writeUint8(p + length, 0);
        finds(() => heap.realloc(p, 1000), 'overrun', p, { byteLength: length, offset: length, operation: 'realloc' });
        const q = heap.realloc(p, 1000);
        assert.ok(heap.bytes(q, length).every((byte) => byte === 0x77), name);
        heap.writeUint8(q + 1000, 0);
        finds(() => heap.free(q), 'overrun', q, { offset: 1000 });
        heap.free(q);
      }
    }
  });

  test(`what blocks are filled with (${kind})`, () => {
    const heap = Heap.createSync(options);
    const all = (p, length, byte) => heap.bytes(p, length).every((found) => found === byte);
    heap.debug = { poison: true, quarantine: false };
    const p = heap.malloc(100);
    assert.ok(all(p, heap.usableSize(p), 0xcd), 'malloc');
    const q = heap.alignedAlloc(64, 100);
    assert.ok(all(q, 100, 0xcd), 'alignedAlloc');
    const zeroed = heap.calloc(10, 10);
    assert.ok(all(zeroed, 100, 0), 'calloc');
    heap.fill(p, 100, 1);
    const longer = heap.realloc(p, 300);
    assert.ok(all(longer, 100, 1) && all(longer + 112, 188, 0xcd), 'realloc');
    const length = heap.usableSize(longer);
    heap.free(longer);
    assert.ok(all(longer, length, 0xdd), 'free, without a quarantine');
    heap.debug = { poison: { allocated: 1, freed: 2 }, canaries: 'both' };
    const r = heap.malloc(50);
    assert.ok(all(r, 50, 1) && all(r + 50, 14, 0xfd) && all(r - 16, 16, 0xfd));
    heap.free(r);
    assert.ok(all(r - 16, 80, 2));
    heap.debug = { quarantine: true };
    const s = heap.malloc(50);
    heap.fill(s, 50, 9);
    heap.free(s);
    assert.ok(all(s, 50, 0xdd), 'a quarantine fills, or it would notice nothing');
  });
}

test('a handler is told in place of an error, and the operation goes on', () => {
  const heap = Heap.createSync();
  const told = [];
  heap.debug = { poison: true, canaries: 'both', onFault: (fault) => told.push([fault.code, fault.operation, fault.offset]) };
  const [p, q] = [heap.malloc(10), heap.malloc(20)];
  heap.writeUint8(p + 10, 0);
  heap.writeUint8(p - 1, 0);
  heap.free(p);
  assert.deepEqual(told, [['overrun', 'free', -1], ['overrun', 'free', 10]]);
  assert.equal(heap.stat('blocks'), 1);
  told.length = 0;
  heap.writeUint8(p, 0);
  heap.writeUint8(q + 25, 0);
  heap.validate();
  assert.deepEqual(told, [['use_after_free', 'validate', 0], ['overrun', 'validate', 25]]);
  told.length = 0;
  const moved = heap.realloc(q, 30);
  assert.deepEqual(told, [['overrun', 'realloc', 25]]);
  assert.notEqual(moved, q);
  heap.free(moved);
  heap.debug = false;
  assert.equal(heap.stat('live'), 0);
});

test('a handler may validate: it is told of each other fault once, and not of its own again', () => {
  const heap = Heap.createSync();
  const told = [];
  heap.debug = {
    poison: true,
    canaries: true,
    quarantine: true,
    onFault: ({ byteOffset, operation }) => {
      told.push([byteOffset, operation]);
      heap.validate();
    },
  };
  const [p, q, r, s] = [3, 4, 5, 6].map((bytes) => {
    const block = heap.malloc(bytes);
    heap.writeUint8(block + bytes, 0);
    return block;
  });
  heap.free(p);
  assert.deepEqual(told, [[p, 'free'], [q, 'validate'], [r, 'validate'], [s, 'validate']]);
  told.length = 0;
  heap.free(q);
  assert.deepEqual(told, [], 'told once');
  heap.writeUint8(q, 1);
  heap.validate();
  const each = told.map(([byteOffset]) => byteOffset);
  assert.deepEqual([...new Set(each)].sort((a, b) => a - b), [q, r, s]);
  assert.ok(told.length < 10, `${told.length}`);
  heap.free(r);
  heap.free(s);
});

test('what a handler throws is thrown, and nothing has changed', () => {
  const heap = Heap.createSync();
  const stop = new Error('stop');
  heap.debug = { canaries: true, onFault: () => { throw stop; } };
  const p = heap.malloc(10);
  heap.writeUint8(p + 12, 0);
  assert.throws(() => heap.free(p), (error) => error === stop);
  assert.equal(heap.sizeof(p), 10);
  heap.free(p);
  assert.equal(heap.stat('live'), 0);
});

test('a handler may use the heap: free the very block, allocate, switch everything off', () => {
  for (const canaries of ['after', 'both']) {
    const heap = Heap.createSync();
    const make = (onFault) => {
      heap.debug = { poison: true, canaries, onFault };
      const p = heap.malloc(10);
      heap.writeUint8(p + 10, 0);
      return p;
    };
    const p = make((fault) => heap.free(fault.byteOffset));
    throwsCode(() => heap.free(p), 'HeapError', 'double_free');
    const q = make((fault) => heap.free(heap.realloc(fault.byteOffset, 100)));
    throwsCode(() => heap.realloc(q, 20), 'HeapError', 'double_free');
    const r = make(() => (heap.debug = false));
    heap.free(r);
    assert.equal(heap.stat('live'), 0);
    const s = make(() => heap.malloc(5000));
    heap.validate();
    heap.free(s);
    assert.equal(heap.stat('blocks'), 2);
    // Freed blocks that leave while a handler empties the quarantine.
    heap.debug = { quarantine: { blocks: 2 }, onFault: () => (heap.debug = { quarantine: { blocks: 0 } }) };
    const blocks = [1, 2, 3, 4].map((n) => heap.malloc(n));
    heap.free(blocks[0]);
    heap.free(blocks[1]);
    heap.writeUint8(blocks[0], 0);
    heap.free(blocks[2]);
    heap.free(blocks[3]);
    assert.equal(heap.stat('blocks'), 2);
    heap.validate();
  }
});
