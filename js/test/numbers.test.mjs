// Numbers read and written: every type, every growth, every bad argument.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Heap } from 'allot';

import { throwsCode } from './support/expect.mjs';
import { makeGuest } from './support/guest.mjs';

/** Kept apart from the package's own table on purpose: a test must not believe what it tests. */
const elements = [
  { name: 'Int8', bytes: 1, samples: [0, 1, -1, 127, -128], beyond: [[128, -128], [-129, 127], [1.9, 1]] },
  { name: 'Uint8', bytes: 1, samples: [0, 1, 255], beyond: [[256, 0], [-1, 255], [3.7, 3]] },
  { name: 'Int16', bytes: 2, samples: [0, -1, 32767, -32768], beyond: [[32768, -32768], [NaN, 0]] },
  { name: 'Uint16', bytes: 2, samples: [0, 65535], beyond: [[65536, 0], [-1, 65535]] },
  { name: 'Int32', bytes: 4, samples: [0, -1, 2147483647, -2147483648], beyond: [[2 ** 31, -(2 ** 31)]] },
  { name: 'Uint32', bytes: 4, samples: [0, 4294967295], beyond: [[2 ** 32, 0], [-1, 4294967295]] },
  { name: 'BigInt64', bytes: 8, samples: [0n, -1n, 2n ** 63n - 1n, -(2n ** 63n)], beyond: [[2n ** 63n, -(2n ** 63n)]] },
  { name: 'BigUint64', bytes: 8, samples: [0n, 2n ** 64n - 1n], beyond: [[2n ** 64n, 0n], [-1n, 2n ** 64n - 1n]] },
  { name: 'Float32', bytes: 4, samples: [0, -0, 1.5, Infinity, NaN], beyond: [[1.1, Math.fround(1.1)], [1e300, Infinity]] },
  { name: 'Float64', bytes: 8, samples: [0, -0, 1.1, -Infinity, NaN, Number.MAX_VALUE], beyond: [] },
];

const pageBytes = 65536;

for (const { name, bytes, samples, beyond } of elements) {
  const read = (heap, at) => heap[`read${name}`](at);
  const write = (heap, at, value) => heap[`write${name}`](at, value);
  const one = name.startsWith('Big') ? 1n : 1;

  test(`${name}: what is written is read, aligned or not`, () => {
    const heap = Heap.createSync();
    const p = heap.malloc(64);
    for (const at of [p, p + 1, p + 3, p + 7]) {
      for (const value of samples) {
        write(heap, at, value);
        assert.ok(Object.is(read(heap, at), value), `${value} at ${at}`);
      }
      for (const [value, expected] of beyond) {
        write(heap, at, value);
        assert.ok(Object.is(read(heap, at), expected), `${value} at ${at}`);
      }
    }
  });

  test(`${name}: little-endian, and not a byte too many`, () => {
    const heap = Heap.createSync();
    const p = heap.malloc(32);
    const around = new Uint8Array(heap.buffer, p, 32);
    around.fill(0xaa);
    write(heap, p + 8, one);
    const expected = new Uint8Array(32).fill(0xaa);
    new DataView(expected.buffer)[`set${name}`](8, one, true);
    assert.deepEqual(around, expected);
  });

  test(`${name}: the last place in the memory, and one further`, () => {
    const heap = Heap.createSync();
    const end = heap.buffer.byteLength;
    write(heap, end - bytes, one);
    assert.equal(read(heap, end - bytes), one);
    const last = heap.buffer.slice(end - 8);
    for (const at of [end - bytes + 1, end, end + 1, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 53]) {
      throwsCode(() => read(heap, at), 'RangeError', 'out_of_bounds', new RegExp(`read${name}.*${at}`));
      throwsCode(() => write(heap, at, one), 'RangeError', 'out_of_bounds', new RegExp(`write${name}.*${at}`));
    }
    assert.deepEqual(heap.buffer.slice(end - 8), last);
  });

  test(`${name}: survives growth by the script, by a guest and by the heap`, () => {
    const heap = Heap.createSync({ maximum: 100 });
    const p = heap.malloc(16);
    write(heap, p, one);
    const growths = [
      () => heap.memory.grow(1),
      () => makeGuest(heap.memory).grow(2),
      () => heap.malloc(4 * pageBytes),
    ];
    for (const grow of growths) {
      const before = heap.buffer.byteLength;
      grow();
      assert.ok(heap.buffer.byteLength > before);
      assert.equal(read(heap, p), one, 'an old place');
      grow();
      write(heap, heap.buffer.byteLength - bytes, one);
      assert.equal(read(heap, heap.buffer.byteLength - bytes), one, 'a new place');
    }
  });

  test(`${name}: refuses what is no address`, () => {
    const heap = Heap.createSync();
    const before = heap.buffer.slice(0);
    for (const at of [-1, -16, NaN, 1.5, -0.5, Infinity, -Infinity]) {
      throwsCode(() => read(heap, at), 'RangeError', 'invalid_number', new RegExp(`byteOffset is ${at}`));
      throwsCode(() => write(heap, at, one), 'RangeError', 'invalid_number', new RegExp(`byteOffset is ${at}`));
    }
    for (const at of ['16', 16n, null, undefined, {}, [16], true, Symbol('16'), () => 16]) {
      throwsCode(() => read(heap, at), 'TypeError', 'wrong_type', /byteOffset/);
      throwsCode(() => write(heap, at, one), 'TypeError', 'wrong_type', /byteOffset/);
    }
    assert.deepEqual(heap.buffer, before);
  });

  test(`${name}: refuses what is no ${typeof one}`, () => {
    const heap = Heap.createSync();
    const p = heap.calloc(16);
    const others = ['1', null, undefined, {}, true, Symbol('1'), typeof one === 'bigint' ? 1 : 1n];
    for (const value of others) {
      throwsCode(() => write(heap, p, value), 'TypeError', 'wrong_type', /value/);
    }
    assert.deepEqual(new Uint8Array(heap.buffer, p, 16), new Uint8Array(16));
  });
}

test('-0 is the address 0', () => {
  const heap = Heap.createSync({ image: 'outside' });
  heap.writeUint8(-0, 7);
  assert.equal(heap.readUint8(0), 7);
});

test('two heaps do not share a view', () => {
  const [a, b] = [Heap.createSync(), Heap.createSync()];
  const [p, q] = [a.malloc(16), b.malloc(16)];
  a.writeInt32(p, 1);
  b.writeInt32(q, 2);
  a.memory.grow(1);
  assert.equal(a.readInt32(p), 1);
  assert.equal(b.readInt32(q), 2);
});
