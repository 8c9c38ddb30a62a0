// Bytes in bulk: bytes, view, copy, fill, refresh. The oracle is a plain array.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Heap } from 'allot';

import { copyOf, sameBytes, writesNothing } from './support/bytes.mjs';
import { throwsCode } from './support/expect.mjs';
import { makeRandom } from './support/random.mjs';
import { can } from './support/runtime.mjs';

const pageBytes = 65536;

/** A test on every kind of memory that a heap can have here. */
function everyMemory(name, action) {
  test(name, () => action((options) => Heap.createSync({ maximum: 40, ...options })));
  if (can.shared) test(`${name} (shared)`, () => action((options) => Heap.createSync({ shared: true, maximum: 40, ...options })));
}

const notAddresses = [-1, -16, -(2 ** 31), NaN, 1.5, Infinity, -Infinity];
const notNumbers = ['16', 16n, null, undefined, {}, [16], true, Symbol('16')];

// ── bytes and view ──────────────────────────────────────────────────────────────────────────────

everyMemory('bytes are the memory itself', (make) => {
  const heap = make();
  const p = heap.malloc(100);
  const bytes = heap.bytes(p + 3, 50);
  assert.ok(bytes instanceof Uint8Array);
  assert.equal(bytes.length, 50);
  assert.equal(bytes.byteOffset, p + 3);
  assert.equal(bytes.buffer, heap.buffer);
  bytes.forEach((_, i) => (bytes[i] = i * 3));
  for (let i = 0; i < 50; i++) assert.equal(heap.readUint8(p + 3 + i), i * 3);
});

everyMemory('bytes after a growth are those of now', (make) => {
  const heap = make();
  const end = heap.buffer.byteLength;
  throwsCode(() => heap.bytes(end, 1), 'RangeError', 'out_of_bounds', /bytes: .*1 byte from/);
  heap.memory.grow(1);
  heap.bytes(end, pageBytes).fill(7);
  heap.grow(1);
  assert.ok(heap.bytes(end, pageBytes).every((byte) => byte === 7));
  assert.equal(heap.bytes(0, heap.buffer.byteLength).length, end + 2 * pageBytes);
});

everyMemory('bytes: bounds and bad arguments', (make) => {
  const heap = make();
  const end = heap.buffer.byteLength;
  assert.equal(heap.bytes(end, 0).length, 0, 'nothing, at the end, is inside');
  assert.equal(heap.bytes(-0, 4).byteOffset, 0);
  for (const [at, length] of [[end, 1], [end + 1, 0], [0, end + 1], [end - 3, 4], [16, 2 ** 53], [2 ** 53, 16], [2 ** 32, 0]]) {
    throwsCode(() => heap.bytes(at, length), 'RangeError', 'out_of_bounds', /bytes/);
  }
  for (const bad of notAddresses) {
    throwsCode(() => heap.bytes(bad, 4), 'RangeError', 'invalid_number', /byteOffset/);
    throwsCode(() => heap.bytes(16, bad), 'RangeError', 'invalid_number', /byteLength/);
  }
  for (const bad of notNumbers) {
    throwsCode(() => heap.bytes(bad, 4), 'TypeError', 'wrong_type', /byteOffset/);
    throwsCode(() => heap.bytes(16, bad), 'TypeError', 'wrong_type', /byteLength/);
  }
});

const arrays = [
  Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array, Uint32Array, Float32Array, Float64Array,
  BigInt64Array, BigUint64Array, ...(can.float16 ? [Float16Array] : []),
];

everyMemory('view: every typed array', (make) => {
  const heap = make();
  const p = heap.calloc(256);
  for (const array of arrays) {
    const view = heap.view(array, p + 32, 9);
    assert.equal(Object.getPrototypeOf(view), array.prototype);
    assert.equal(view.length, 9);
    assert.equal(view.byteOffset, p + 32);
    assert.equal(view.buffer, heap.buffer);
    const one = array.name.startsWith('Big') ? 1n : 1;
    view[2] = one;
    assert.equal(heap[`read${array.name.replace('Array', '')}`](p + 32 + 2 * array.BYTES_PER_ELEMENT), one);
    view[2] = typeof one === 'bigint' ? 0n : 0;
  }
});

everyMemory('view: unaligned, out of bounds, bad arguments', (make) => {
  const heap = make();
  const end = heap.buffer.byteLength;
  for (const array of arrays) {
    const bytes = array.BYTES_PER_ELEMENT;
    assert.equal(heap.view(array, end, 0).length, 0);
    assert.equal(heap.view(array, end - bytes, 1).length, 1);
    for (let off = 1; off < bytes; off++) {
      const error = throwsCode(() => heap.view(array, 64 + off, 1), 'RangeError', 'unaligned', new RegExp(`view.*${64 + off}`));
      assert.match(error.message, new RegExp(`${bytes} bytes`));
    }
    for (const [at, length] of [[end, 1], [end - bytes, 2], [0, end / bytes + 1], [2 ** 32, 0], [0, 2 ** 53]]) {
      throwsCode(() => heap.view(array, at, length), 'RangeError', 'out_of_bounds', /view/);
    }
    for (const bad of notAddresses) {
      throwsCode(() => heap.view(array, bad, 1), 'RangeError', 'invalid_number', /byteOffset/);
      throwsCode(() => heap.view(array, 64, bad), 'RangeError', 'invalid_number', /length/);
    }
    for (const bad of notNumbers) {
      throwsCode(() => heap.view(array, bad, 1), 'TypeError', 'wrong_type', /byteOffset/);
      throwsCode(() => heap.view(array, 64, bad), 'TypeError', 'wrong_type', /length/);
    }
  }
  for (const bad of [undefined, null, 'Int32', 4, {}, new Int32Array(1), DataView, Map, class {}, () => 1]) {
    throwsCode(() => heap.view(bad, 64, 1), 'TypeError', 'wrong_type', /type/);
  }
});

everyMemory('view after a growth is one of now', (make) => {
  const heap = make();
  const end = heap.buffer.byteLength;
  heap.memory.grow(1);
  heap.view(Float64Array, end, pageBytes / 8).fill(0.5);
  heap.malloc(5 * pageBytes);
  assert.ok(heap.view(Float64Array, end, pageBytes / 8).every((value) => value === 0.5));
});

// ── copy and fill ───────────────────────────────────────────────────────────────────────────────

everyMemory('copy: against an array, overlapping in both directions', (make) => {
  const heap = make();
  const length = 200;
  const p = heap.malloc(length);
  const random = makeRandom(5);
  let model = Array.from({ length }, () => random.below(256));
  heap.bytes(p, length).set(model);
  for (let round = 0; round < 2000; round++) {
    const count = random.below(random.percent(50) ? 20 : length);
    const [to, from] = [random.below(length - count + 1), random.below(length - count + 1)];
    assert.equal(heap.copy(p + to, p + from, count), undefined);
    const moved = model.slice(from, from + count);
    model = [...model.slice(0, to), ...moved, ...model.slice(to + count)];
    sameBytes(heap.bytes(p, length), Uint8Array.from(model), `${count} bytes from ${from} to ${to}`);
  }
});

everyMemory('copy across a page that has just been grown', (make) => {
  const heap = make();
  const end = heap.buffer.byteLength;
  const p = heap.malloc(1000);
  heap.fill(p, 1000, 9);
  throwsCode(() => heap.copy(end - 500, p, 1000), 'RangeError', 'out_of_bounds');
  heap.memory.grow(1);
  heap.copy(end - 500, p, 1000);
  assert.ok(heap.bytes(end - 500, 1000).every((byte) => byte === 9));
});

everyMemory('copy and fill: what is outside or no number changes nothing', (make) => {
  const heap = make();
  const end = heap.buffer.byteLength;
  heap.fill(end - 1000, 1000, 0x5a);
  const q = end - 900;
  const outside = [
    () => heap.copy(end - 10, q, 11),
    () => heap.copy(q, end - 10, 11),
    () => heap.copy(end, q, 1),
    () => heap.copy(q, end, 1),
    () => heap.copy(2 ** 32, q, 1),
    () => heap.copy(q, 2 ** 32, 1),
    () => heap.copy(q, q, 2 ** 53),
    () => heap.copy(2 ** 53, q, 0),
    () => heap.fill(end - 10, 11, 1),
    () => heap.fill(end, 1, 1),
    () => heap.fill(end + 1, 0, 1),
    () => heap.fill(2 ** 32 + q, 1, 1),
    () => heap.fill(q, 2 ** 53, 1),
  ];
  for (const action of outside) assert.equal(writesNothing(heap, action).code, 'out_of_bounds', String(action));
  const calls = [
    (bad) => heap.copy(bad, q, 4), (bad) => heap.copy(q, bad, 4), (bad) => heap.copy(q, q + 8, bad),
    (bad) => heap.fill(bad, 4, 1), (bad) => heap.fill(q, bad, 1),
  ];
  for (const call of calls) {
    for (const bad of notAddresses) assert.equal(writesNothing(heap, () => call(bad)).code, 'invalid_number', String(call));
    for (const bad of notNumbers) assert.equal(writesNothing(heap, () => call(bad)).code, 'wrong_type', String(call));
  }
  for (const bad of notAddresses) assert.equal(writesNothing(heap, () => heap.fill(q, 4, bad)).code, 'invalid_number');
  for (const bad of ['7', 7n, null, {}]) assert.equal(writesNothing(heap, () => heap.fill(q, 4, bad)).code, 'wrong_type');
});

everyMemory('fill: against an array; 0 by default; of a larger value the lowest eight bits', (make) => {
  const heap = make();
  const length = 100;
  const p = heap.malloc(length);
  const random = makeRandom(6);
  const model = new Array(length).fill(0);
  heap.fill(p, length);
  for (let round = 0; round < 1000; round++) {
    const count = random.below(length);
    const at = random.below(length - count + 1);
    const value = random.percent(80) ? random.below(256) : random.word();
    assert.equal(heap.fill(p + at, count, value), undefined);
    model.fill(value % 256, at, at + count);
    sameBytes(heap.bytes(p, length), Uint8Array.from(model), `${count} times ${value} at ${at}`);
  }
  heap.fill(p, length, 2 ** 40 + 3);
  assert.ok(heap.bytes(p, length).every((byte) => byte === 3));
  heap.fill(p, length);
  assert.ok(heap.bytes(p, length).every((byte) => byte === 0));
});

everyMemory('nothing can be copied and filled anywhere inside', (make) => {
  const heap = make();
  const before = copyOf(heap.buffer);
  const end = heap.buffer.byteLength;
  heap.copy(end, 0, 0);
  heap.copy(0, end, 0);
  heap.fill(end, 0, 1);
  sameBytes(heap.buffer, before);
});

// ── refresh ─────────────────────────────────────────────────────────────────────────────────────

test('refresh: a buffer that was replaced while the old one stayed alive', () => {
  let now = new ArrayBuffer(64);
  const heap = Heap.adopt({ buffer: () => now, malloc: () => 16, free() {} });
  heap.writeInt32(16, 1);
  heap.atomics.store('Int32', 20, 2);
  const ref = heap.ref(Int32Array, 16, 2);
  assert.deepEqual([...ref.view], [1, 2]);
  const old = now;
  now = new ArrayBuffer(128);
  new Int32Array(now, 16, 2).set([3, 4]);
  assert.equal(heap.buffer, now);
  heap.refresh();
  assert.equal(heap.readInt32(16), 3);
  assert.equal(heap.atomics.load('Int32', 20), 4);
  assert.deepEqual([...ref.view], [3, 4]);
  heap.writeInt32(16, 5);
  heap.atomics.store('Int32', 20, 6);
  ref.view[1] = 7;
  assert.deepEqual([...new Int32Array(old, 16, 2)], [1, 2], 'the old one is left alone');
  assert.deepEqual([...new Int32Array(now, 16, 2)], [5, 7]);
});

test('refresh where nothing has changed keeps everything as it is', () => {
  const heap = Heap.createSync();
  const ref = heap.alloc(Int32Array, [1, 2, 3]);
  const { view } = ref;
  heap.refresh();
  assert.equal(ref.view, view);
  assert.equal(heap.atomics.load('Int32', ref.byteOffset), 1);
});

test('bytes, copy and fill look at the buffer of now without being told', () => {
  let now = new ArrayBuffer(64);
  const heap = Heap.adopt({ buffer: () => now, malloc: () => 16, free() {} });
  heap.fill(0, 64, 1);
  now = new ArrayBuffer(128);
  heap.fill(100, 20, 2);
  heap.copy(0, 100, 20);
  assert.equal(heap.bytes(0, 1)[0], 2);
  assert.equal(heap.view(Uint8Array, 100, 1)[0], 2);
});

if (can.resizable) {
  test('a memory whose buffer grows in place', () => {
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 40 });
    const heap = Heap.createSync({ memory });
    const p = heap.malloc(64);
    heap.writeInt32(p, 1);
    heap.atomics.store('Int32', p + 4, 2);
    const resizable = memory.toResizableBuffer();
    assert.equal(heap.readInt32(p), 1);
    assert.equal(heap.atomics.load('Int32', p + 4), 2);
    for (let round = 0; round < 3; round++) {
      const end = resizable.byteLength;
      heap.grow(1);
      assert.equal(heap.buffer, resizable);
      heap.writeFloat64(end + pageBytes - 8, 0.5);
      heap.atomics.add('BigInt64', end, 3n);
      heap.fill(end + 8, 100, 7);
      heap.copy(end + 200, end, 100);
      assert.equal(heap.readFloat64(end + pageBytes - 8), 0.5);
      assert.equal(heap.view(BigInt64Array, end + 200, 1)[0], 3n);
      throwsCode(() => heap.readInt8(end + pageBytes), 'RangeError', 'out_of_bounds');
      throwsCode(() => heap.atomics.load('Int8', end + pageBytes), 'RangeError', 'out_of_bounds');
    }
  });
}
