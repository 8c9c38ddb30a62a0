// LocalSharedMemory, rows L12 to L13 of the table of features: joining from elsewhere, free, realloc and growth.
// For each row what the original gets wrong is a test of its own.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Heap } from 'allot';
import LocalSharedMemory from 'allot/compat/local-shared-memory';

import { throwsCode } from './support/expect.mjs';
import { changesNothing, notWhole, page, testBoth } from './support/local-shared-memory.mjs';
import { can } from './support/runtime.mjs';

// ── L12: attach ─────────────────────────────────────────────────────────────────────────────────

if (can.cloneShared && can.sendShared) {
  test('L12: a clone is the same heap once it is attached', () => {
    const memory = new LocalSharedMemory(2, 4);
    const pointer = memory.malloc(24);
    memory.setInt32(pointer, 42);
    const clone = structuredClone(memory);
    assert.equal(clone.malloc, undefined, 'a clone is a plain memory');
    const attached = LocalSharedMemory.attach(clone);
    assert.equal(attached, clone);
    assert.ok(attached instanceof LocalSharedMemory);
    assert.equal(attached.sizeof(pointer), 24);
    assert.equal(attached.getInt32(pointer), 42);
    const other = attached.malloc(100);
    assert.equal(memory.sizeof(other), 100);
    assert.deepEqual(memory.allocs(), attached.allocs());
    attached.free(pointer);
    throwsCode(() => memory.free(pointer), 'HeapError', 'double_free');
    assert.deepEqual([...memory.ai32], [100, 1]);
  });

  test('L12: what one grows, the other has', () => {
    const memory = new LocalSharedMemory(3, 8);
    const attached = LocalSharedMemory.attach(structuredClone(memory));
    assert.equal(attached.grow(2), 3);
    const pointer = attached.malloc(150_000);
    memory.setInt32(pointer + 149_996, 7);
    assert.equal(attached.getInt32(pointer + 149_996), 7);
    memory.free(pointer);
    assert.equal(attached.load(Int32Array, (5 * page - 4) / 4), memory.load(Int32Array, (5 * page - 4) / 4));
  });
}

test('L12: attach gives what is attached already as it is', () => {
  class Mine extends LocalSharedMemory {}
  const memory = new Mine(1, 1, false);
  assert.equal(LocalSharedMemory.attach(memory), memory);
  assert.ok(memory instanceof Mine);
});

test('L12: attach of a subclass gives an instance of it', () => {
  class Mine extends LocalSharedMemory {}
  const memory = Object.setPrototypeOf(new LocalSharedMemory(1, 1, false), WebAssembly.Memory.prototype);
  assert.equal(Mine.attach(memory), memory);
  assert.ok(memory instanceof Mine);
});

test('L12: attach refuses what is no such memory, and leaves it as it is', () => {
  const { prototype } = LocalSharedMemory;
  for (const value of [undefined, null, 7, {}, new ArrayBuffer(65536), LocalSharedMemory, prototype]) {
    throwsCode(() => LocalSharedMemory.attach(value), 'TypeError', 'wrong_type');
  }
  const impostor = { buffer: new ArrayBuffer(page), [Symbol.toStringTag]: 'WebAssembly.Memory' };
  throwsCode(() => LocalSharedMemory.attach(impostor), 'TypeError', 'wrong_type');
  for (const memory of [
    new WebAssembly.Memory({ initial: 0 }),
    new WebAssembly.Memory({ initial: 1 }),
    Heap.createSync().memory,
  ]) {
    throwsCode(() => LocalSharedMemory.attach(memory), 'HeapError', 'not_a_heap');
    assert.equal(Object.getPrototypeOf(memory), WebAssembly.Memory.prototype);
  }
});

test('L12: a damaged heap is not attached', () => {
  const memory = new LocalSharedMemory(1, 1, false);
  const plain = new WebAssembly.Memory({ initial: 1 });
  new Uint8Array(plain.buffer).set(new Uint8Array(memory.buffer));
  new Uint8Array(plain.buffer).fill(0xff, 100, 120);
  throwsCode(() => LocalSharedMemory.attach(plain), 'HeapError', 'corrupt_image');
});

test('L12: a saved memory goes on where it was', () => {
  const memory = new LocalSharedMemory(1, 1, false);
  const pointer = memory.malloc(24);
  memory.setInt32(pointer, 42);
  const plain = new WebAssembly.Memory({ initial: 1 });
  new Uint8Array(plain.buffer).set(new Uint8Array(memory.buffer));
  const restored = LocalSharedMemory.attach(plain);
  assert.deepEqual(restored.allocs(), memory.allocs());
  restored.free(pointer);
  assert.deepEqual([...restored.ai32], [0, 0]);
});

test('L12: methods on what is no such memory are refused', () => {
  const { malloc, getInt32, allocs } = LocalSharedMemory.prototype;
  for (const value of [{}, undefined, 7, LocalSharedMemory.prototype]) {
    for (const method of [malloc, getInt32, allocs]) {
      throwsCode(() => method.call(value, 16), 'TypeError', 'wrong_type');
    }
  }
  throwsCode(() => malloc.call(new WebAssembly.Memory({ initial: 1 }), 16), 'HeapError', 'not_a_heap');
});

// ── L13: free, realloc, growth ──────────────────────────────────────────────────────────────────

testBoth('L13: free gives the room back', (make) => {
  const memory = make(1);
  for (let i = 0; i < 1000; i++) {
    const pointer = memory.malloc(30_000);
    memory.setUint8(pointer + 29_999, 1);
    memory.free(pointer);
  }
  assert.deepEqual([...memory.ai32], [0, 0]);
  memory.free(0);
});

testBoth('L13: realloc keeps the data, in place or not', (make) => {
  const memory = make(10);
  const pattern = (pointer, from, to) => {
    for (let i = from; i < to; i++) memory.setUint8(pointer + i, (i * 7) & 255);
  };
  const check = (pointer, bytes) => {
    for (let i = 0; i < bytes; i++) assert.equal(memory.getUint8(pointer + i), (i * 7) & 255);
  };
  for (const alignment of [16, 2, 64, 24]) {
    let pointer = memory.malloc(100, alignment);
    pattern(pointer, 0, 100);
    const steps = [[50, alignment], [5000, alignment], [5000, 256], [20, alignment], [60_000, 16], [1, 16]];
    for (const [bytes, next] of steps) {
      const before = memory.sizeof(pointer);
      const blocked = memory.malloc(10); // so that some must move
      pointer = memory.realloc(pointer, bytes, next);
      assert.equal(pointer % next, 0);
      assert.equal(memory.sizeof(pointer), bytes);
      check(pointer, Math.min(before, bytes));
      pattern(pointer, 0, bytes);
      memory.free(blocked);
      assert.deepEqual([...memory.ai32], [bytes, 1]);
      assert.equal(memory.allocs().length, 1);
    }
    memory.free(pointer);
  }
  const pointer = memory.realloc(0, 10);
  assert.equal(memory.sizeof(pointer), 10);
});

testBoth('L13: realloc copies no more than there was', (make) => {
  const memory = make();
  const low = memory.malloc(45_000);
  let last;
  throwsCode(() => {
    for (;;) last = Math.max(last ?? 0, memory.malloc(3000));
  }, 'RangeError', 'out_of_memory');
  memory.fill(Uint8Array, 5, last, last + 3000);
  memory.free(low);
  assert.ok(last + 40_000 > memory.buffer.byteLength);
  const moved = memory.realloc(last, 40_000, 64);
  assert.ok(memory.arrayView(Uint8Array, moved, 3000).every((byte) => byte === 5));
});

testBoth('L13: realloc that is refused changes nothing', (make) => {
  const memory = make();
  const pointer = memory.malloc(40);
  memory.memset(pointer, 7, 40);
  for (const [value, className, code] of notWhole) {
    changesNothing(memory, () => memory.realloc(pointer, value), className, code);
    changesNothing(memory, () => memory.realloc(value, 10), className, code);
  }
  changesNothing(memory, () => memory.realloc(pointer, 0), 'RangeError', 'invalid_number');
  changesNothing(memory, () => memory.realloc(pointer, 10, 0), 'RangeError', 'invalid_alignment');
  changesNothing(memory, () => memory.realloc(pointer + 16, 10), 'HeapError', 'interior_address');
  for (const alignment of [16, 64]) {
    changesNothing(memory, () => memory.realloc(pointer, 2 ** 20, alignment), 'RangeError', 'out_of_memory');
    changesNothing(memory, () => memory.realloc(pointer, 2 ** 32 - 1, alignment), 'RangeError', 'size_too_large');
  }
  memory.free(pointer);
  throwsCode(() => memory.realloc(pointer, 10), 'HeapError', 'double_free');
});

testBoth('L13: malloc grows the memory up to its maximum, and methods go on', (make) => {
  const memory = make(1, 4);
  const first = memory.malloc(1000);
  memory.setInt32(first, 42);
  const pointer = memory.malloc(150_000);
  assert.ok(memory.buffer.byteLength >= 3 * page);
  assert.equal(memory.getInt32(first), 42);
  memory.setInt32(pointer + 149_996, 7);
  assert.equal(memory.getInt32(pointer + 149_996), 7);
  assert.equal(memory.load(Int32Array, (pointer + 149_996) / 4), 7);
  assert.equal(memory.arrayView(Uint8Array, pointer).length, 150_000);
  assert.equal(memory.allocs().length, 2);
  throwsCode(() => memory.malloc(150_000), 'RangeError', 'out_of_memory');
});

testBoth('L13: what grow adds is for malloc', (make) => {
  const memory = make(1, 3);
  const stale = memory.arrayView(Uint32Array, 0, 2);
  assert.equal(memory.grow(0), 1);
  assert.equal(memory.grow(2), 1);
  assert.equal(memory.buffer.byteLength, 3 * page);
  assert.notEqual(stale.buffer, memory.buffer);
  const pointer = memory.malloc(120_000);
  memory.setUint8(pointer + 119_999, 1);
  assert.deepEqual([...memory.arrayView(Uint32Array, 0, 2)], [120_000, 1]);
  changesNothing(memory, () => memory.grow(1), 'RangeError', 'out_of_memory');
  for (const [value, className, code] of notWhole) changesNothing(memory, () => memory.grow(value), className, code);
  for (const pages of [65536, 65537, 2 ** 32, 2 ** 53]) {
    changesNothing(memory, () => memory.grow(pages), 'RangeError', 'out_of_memory');
  }
});
