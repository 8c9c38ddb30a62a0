// LocalSharedMemory, rows L7 to L11 of the table of features: views, numbers, atomics, bytes and typed arrays.
// For each row what the original gets wrong is a test of its own.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Heap } from 'allot';
import LocalSharedMemory from 'allot/compat/local-shared-memory';

import { throwsCode } from './support/expect.mjs';
import { changesNothing, integerTypes, notWhole, page, tagOf, testBoth } from './support/local-shared-memory.mjs';
import { can } from './support/runtime.mjs';

// ── L7: copies and views ────────────────────────────────────────────────────────────────────────

testBoth('L7: all four are of the whole allocation if no length is given', (make) => {
  const memory = make();
  const pointer = memory.malloc(24);
  for (let i = 0; i < 24; i++) memory.setUint8(pointer + i, i);
  const bytes = Array.from({ length: 24 }, (_, i) => i);

  const plain = memory.arrayBuffer(pointer);
  assert.equal(tagOf(plain), 'ArrayBuffer');
  assert.deepEqual([...new Uint8Array(plain)], bytes);

  const shared = memory.sharedArrayBuffer(pointer);
  assert.equal(tagOf(shared), tagOf(memory.buffer));
  assert.deepEqual([...new Uint8Array(shared)], bytes);

  const view = memory.dataView(pointer);
  assert.equal(view.byteLength, 24);
  assert.equal(view.getUint8(23), 23);

  const array = memory.arrayView(Uint32Array, pointer);
  assert.equal(array.length, 6);
  assert.equal(array[0], 0x03020100);

  memory.setUint8(pointer, 99);
  assert.equal(new Uint8Array(plain)[0], 0, 'a copy');
  assert.equal(new Uint8Array(shared)[0], 0, 'a copy');
  assert.equal(view.getUint8(0), 99, 'a view');
  assert.equal(array[0], 0x03020163, 'a view');
});

testBoth('L7: a length can be given, at any offset', (make) => {
  const memory = make();
  const pointer = memory.malloc(24);
  assert.equal(memory.arrayBuffer(pointer, 3).byteLength, 3);
  assert.equal(memory.sharedArrayBuffer(pointer, 3).byteLength, 3);
  assert.equal(memory.dataView(pointer + 1, 3).byteLength, 3);
  assert.equal(memory.arrayView(Int16Array, pointer + 2, 3).length, 3);
  assert.equal(memory.arrayView(Float64Array, pointer, 0).length, 0);
  assert.deepEqual([...memory.arrayView(Uint32Array, 0, 2)], [24, 1]);
  assert.equal(memory.arrayBuffer(0, 2 * page).byteLength, 2 * page);
});

testBoth('L7: what is too little for an element at the end of an allocation is left out', (make) => {
  const memory = make();
  const pointer = memory.malloc(15);
  assert.equal(memory.arrayView(Uint32Array, pointer).length, 3);
  assert.equal(memory.arrayView(Float64Array, pointer).length, 1);
});

testBoth('L7: bad offsets, lengths and types are refused', (make) => {
  const memory = make();
  const pointer = memory.malloc(24);
  const methods = {
    arrayBuffer: (...given) => memory.arrayBuffer(...given),
    sharedArrayBuffer: (...given) => memory.sharedArrayBuffer(...given),
    dataView: (...given) => memory.dataView(...given),
    arrayView: (...given) => memory.arrayView(Uint8Array, ...given),
  };
  for (const method of Object.values(methods)) {
    for (const [value, className, code] of notWhole) {
      throwsCode(() => method(value, 1), className, code);
      throwsCode(() => method(value), className, code);
      if (value !== undefined) throwsCode(() => method(pointer, value), className, code);
    }
    throwsCode(() => method(pointer + 8), 'HeapError', 'interior_address');
    throwsCode(() => method(2 * page, 1), 'RangeError', 'out_of_bounds');
    throwsCode(() => method(2 * page - 1, 2), 'RangeError', 'out_of_bounds');
    throwsCode(() => method(2 ** 53, 1), 'RangeError', 'out_of_bounds');
    assert.ok(method(2 * page, 0));
  }
  throwsCode(() => memory.arrayView(Uint16Array, pointer + 1, 2), 'RangeError', 'unaligned');
  throwsCode(() => memory.arrayView(Uint32Array, 2 * page - 4, 2), 'RangeError', 'out_of_bounds');
  for (const type of [undefined, null, 'Uint8Array', {}, Array, DataView, ArrayBuffer, memory.Uint8Array, () => 1]) {
    throwsCode(() => memory.arrayView(type, pointer), 'TypeError', 'wrong_type');
  }
});

test('L7: a subclass of a typed array will do', () => {
  class Bytes extends Uint8Array {}
  const memory = new LocalSharedMemory(1, 1, false);
  assert.ok(memory.arrayView(Bytes, memory.malloc(8)) instanceof Bytes);
});

// ── L8: numbers ─────────────────────────────────────────────────────────────────────────────────

const numbers = {
  Uint8: [1, [0, 200, 255]],
  Int8: [1, [-128, -1, 127]],
  Uint16: [2, [0, 0x1234, 65535]],
  Int16: [2, [-32768, -2, 32767]],
  Uint32: [4, [0, 0x12345678, 0xffffffff]],
  Int32: [4, [-(2 ** 31), -3, 2 ** 31 - 1]],
  BigUint64: [8, [0n, 0x123456789abcdef0n, 2n ** 64n - 1n]],
  BigInt64: [8, [-(2n ** 63n), -4n, 2n ** 63n - 1n]],
  Float32: [4, [0.5, -Infinity, 1 / 3]],
  Float64: [8, [Math.PI, NaN, -0]],
  BigVec128: [16, [0n, 0x0123456789abcdef_fedcba9876543210n, 2n ** 128n - 1n]],
};

for (const [name, [bytes, values]] of Object.entries(numbers)) {
  testBoth(`L8: get${name} and set${name}, at any offset, also 0`, (make) => {
    const memory = make(1, 2);
    const pointer = memory.malloc(64);
    const last = page - bytes;
    for (const offset of [pointer, pointer + 1, pointer + 3, last]) {
      for (const value of values) {
        memory[`set${name}`](offset, value);
        const got = memory[`get${name}`](offset);
        assert.equal(got, name === 'Float32' ? Math.fround(value) : value);
      }
    }
    const before = memory[`get${name}`](0);
    memory[`set${name}`](0, values[1]);
    assert.equal(memory[`get${name}`](0), name === 'Float32' ? Math.fround(values[1]) : values[1]);
    memory[`set${name}`](0, before);

    memory.memset(pointer, 0xff, 64);
    memory[`set${name}`](pointer);
    assert.ok(memory.arrayView(Uint8Array, pointer, bytes).every((byte) => byte === 0), 'a value left out is 0');
    assert.equal(memory.getUint8(pointer + bytes), 0xff);
  });

  testBoth(`L8: get${name} and set${name} refuse bad offsets and values, and write nothing`, (make) => {
    const memory = make(1);
    const zero = typeof values[0] === 'bigint' ? 0n : 0;
    const image = memory.arrayBuffer(0, page);
    for (const [value, className, code] of notWhole) {
      throwsCode(() => memory[`get${name}`](value), className, code);
      throwsCode(() => memory[`set${name}`](value, zero), className, code);
    }
    for (const offset of [page - bytes + 1, page, 2 ** 31, 2 ** 32, 2 ** 53]) {
      throwsCode(() => memory[`get${name}`](offset), 'RangeError', 'out_of_bounds');
      throwsCode(() => memory[`set${name}`](offset, values[2]), 'RangeError', 'out_of_bounds');
    }
    for (const value of [null, '7', {}, typeof zero === 'bigint' ? 7 : 7n]) {
      throwsCode(() => memory[`set${name}`](64, value), 'TypeError', 'wrong_type');
    }
    assert.deepEqual(memory.arrayBuffer(0, page), image);
  });
}

testBoth('L8: numbers lie little-endian', (make) => {
  const memory = make();
  const pointer = memory.malloc(16);
  memory.setUint32(pointer, 0x04030201);
  assert.deepEqual([...memory.arrayView(Uint8Array, pointer, 4)], [1, 2, 3, 4]);
  memory.setBigVec128(pointer, 0x100f0e0d0c0b0a090807060504030201n);
  assert.deepEqual([...memory.arrayView(Uint8Array, pointer)], Array.from({ length: 16 }, (_, i) => i + 1));
});

// ── L9: atomics ─────────────────────────────────────────────────────────────────────────────────

for (const type of integerTypes) {
  testBoth(`L9: atomic operations on ${type.name}`, (make) => {
    const memory = make();
    const pointer = memory.malloc(8);
    const index = pointer / type.BYTES_PER_ELEMENT;
    const big = type === BigInt64Array || type === BigUint64Array;
    const value = (number) => (big ? BigInt(number) : number);
    assert.equal(memory.store(type, index, value(12)), value(12));
    assert.equal(memory.load(type, index), value(12));
    assert.equal(memory.add(type, index, value(30)), value(12));
    assert.equal(memory.sub(type, index, value(2)), value(42));
    assert.equal(memory.and(type, index, value(0b101100)), value(40));
    assert.equal(memory.or(type, index, value(0b11)), value(40));
    assert.equal(memory.xor(type, index, value(1)), value(43));
    assert.equal(memory.exchange(type, index, value(7)), value(42));
    assert.equal(memory.compareExchange(type, index, value(6), value(9)), value(7));
    assert.equal(memory.compareExchange(type, index, value(7), value(9)), value(7));
    assert.equal(memory.load(type, index), value(9));
    assert.equal(memory.arrayView(type, pointer, 1)[0], value(9));
    assert.equal(memory.load(type, 0), memory.arrayView(type, 0, 1)[0], 'index 0');
  });
}

testBoth('L9: floats and clamped bytes too', (make) => {
  const memory = make();
  const pointer = memory.malloc(8);
  for (const type of [Float32Array, Float64Array]) {
    const index = pointer / type.BYTES_PER_ELEMENT;
    memory.store(type, index, 1.5);
    assert.equal(memory.add(type, index, 0.25), 1.5);
    assert.equal(memory.load(type, index), 1.75);
  }
  memory.store(Uint8ClampedArray, pointer, 250);
  memory.add(Uint8ClampedArray, pointer, 100);
  assert.equal(memory.load(Uint8ClampedArray, pointer), 255);
});

testBoth('L9: bad types, indices and values are refused', (make) => {
  const memory = make();
  const pointer = memory.malloc(8);
  memory.setInt32(pointer, 5);
  const index = pointer / 4;
  for (const method of ['add', 'sub', 'and', 'or', 'xor', 'exchange', 'store']) {
    throwsCode(() => memory[method](Array, index, 1), 'TypeError', 'wrong_type');
    throwsCode(() => memory[method]('Int32Array', index, 1), 'TypeError', 'wrong_type');
    for (const [value, className, code] of notWhole) {
      const found = code === 'invalid_number' && Number.isInteger(value) ? 'index_out_of_range' : code;
      throwsCode(() => memory[method](Int32Array, value, 1), className, found);
    }
    throwsCode(() => memory[method](Int32Array, page / 2, 1), 'RangeError', 'index_out_of_range');
    for (const value of [undefined, '1', 1n, null]) {
      throwsCode(() => memory[method](Int32Array, index, value), 'TypeError', 'wrong_type');
    }
    throwsCode(() => memory[method](BigInt64Array, pointer / 8, 1), 'TypeError', 'wrong_type');
  }
  throwsCode(() => memory.load(Int32Array, -1), 'RangeError', 'index_out_of_range');
  throwsCode(() => memory.compareExchange(Int32Array, index, 5, '6'), 'TypeError', 'wrong_type');
  throwsCode(() => memory.compareExchange(Int32Array, index, '5', 6), 'TypeError', 'wrong_type');
  assert.equal(memory.getInt32(pointer), 5);
});

testBoth('L9: notify and isLockFree', (make) => {
  const memory = make();
  const pointer = memory.malloc(8);
  assert.equal(memory.notify(Int32Array, pointer / 4), 0);
  assert.equal(memory.notify(Int32Array, pointer / 4, 1), 0);
  assert.equal(memory.isLockFree(4), Atomics.isLockFree(4));
  assert.equal(memory.isLockFree(3), false);
  throwsCode(() => memory.notify(Int32Array, pointer / 4, -1), 'RangeError', 'invalid_number');
});

test('L9: nobody waits in a memory that is not shared', () => {
  const memory = new LocalSharedMemory(1, 1, false);
  throwsCode(() => memory.wait(Int32Array, memory.malloc(4) / 4, 0), 'TypeError', 'cannot_wait');
});

if (can.shared && can.waitOnThisThread) {
  test('L9: wait', () => {
    const memory = new LocalSharedMemory(1);
    const index = memory.malloc(8) / 4;
    memory.store(Int32Array, index, 3);
    assert.equal(memory.wait(Int32Array, index, 4), 'not-equal');
    assert.equal(memory.wait(Int32Array, index, 3, 1), 'timed-out');
    memory.store(BigInt64Array, index / 2, 3n);
    assert.equal(memory.wait(BigInt64Array, index / 2, 3n, 1), 'timed-out');
  });
}

if (can.shared && can.waitAsync) {
  test('L9: waitAsync and notify', async () => {
    const memory = new LocalSharedMemory(1);
    const index = memory.malloc(4) / 4;
    memory.store(Int32Array, index, 3);
    const { async: isAsync, value } = memory.waitAsync(Int32Array, index, 3);
    assert.equal(isAsync, true);
    assert.equal(memory.notify(Int32Array, index), 1);
    // Deno ends a program that waits for nothing else.
    const alive = setInterval(() => {}, 50);
    try {
      assert.equal(await value, 'ok');
    } finally {
      clearInterval(alive);
    }
  });
}

// ── L10: bytes, and methods of typed arrays ─────────────────────────────────────────────────────

testBoth('L10: memcpy, also where both overlap', (make) => {
  const memory = make();
  const pointer = memory.malloc(16);
  const write = () => memory.memset(pointer, Uint8Array.from({ length: 16 }, (_, i) => i));
  const bytes = () => [...memory.arrayView(Uint8Array, pointer)];
  write();
  assert.equal(memory.memcpy(pointer + 4, pointer, 8), pointer + 4);
  assert.deepEqual(bytes(), [0, 1, 2, 3, 0, 1, 2, 3, 4, 5, 6, 7, 12, 13, 14, 15]);
  write();
  memory.memcpy(pointer, pointer + 4, 8);
  assert.deepEqual(bytes(), [4, 5, 6, 7, 8, 9, 10, 11, 8, 9, 10, 11, 12, 13, 14, 15]);
  memory.memcpy(pointer, pointer + 8, 0);
  assert.equal(bytes()[0], 4);
});

testBoth('L10: memcpy refuses what does not lie in the memory', (make) => {
  const memory = make();
  const pointer = memory.malloc(16);
  const image = memory.arrayBuffer(0, 2 * page);
  for (const [value, className, code] of notWhole) {
    throwsCode(() => memory.memcpy(value, pointer, 4), className, code);
    throwsCode(() => memory.memcpy(pointer, value, 4), className, code);
    throwsCode(() => memory.memcpy(pointer, pointer, value), className, code);
  }
  throwsCode(() => memory.memcpy(2 * page - 3, pointer, 4), 'RangeError', 'out_of_bounds');
  throwsCode(() => memory.memcpy(pointer, 2 * page - 3, 4), 'RangeError', 'out_of_bounds');
  throwsCode(() => memory.memcpy(pointer, pointer, 2 ** 40), 'RangeError', 'out_of_bounds');
  assert.deepEqual(memory.arrayBuffer(0, 2 * page), image);
});

testBoth('L10: memset with a value, as in C', (make) => {
  const memory = make();
  const pointer = memory.malloc(4);
  const bytes = () => [...memory.arrayView(Uint8Array, pointer)];
  memory.memset(pointer, 0, 4);
  assert.equal(memory.memset(pointer + 1, 7, 2), pointer + 1);
  assert.deepEqual(bytes(), [0, 7, 7, 0]);
  memory.memset(pointer, -1, 1);
  memory.memset(pointer + 1, 0x141, 1);
  assert.deepEqual(bytes(), [255, 0x41, 7, 0]);
  memory.memset(pointer, 9, 0);
  assert.deepEqual(bytes(), [255, 0x41, 7, 0]);
});

testBoth('L10: memset with a buffer from elsewhere', (make) => {
  const memory = make();
  const pointer = memory.malloc(8);
  const bytes = () => [...memory.arrayView(Uint8Array, pointer)];
  memory.memset(pointer, 0, 8);
  assert.equal(memory.memset(pointer, Uint8Array.of(1, 2, 3)), pointer);
  assert.deepEqual(bytes(), [1, 2, 3, 0, 0, 0, 0, 0]);
  memory.memset(pointer + 4, Uint8Array.of(7, 8, 9).buffer, 2);
  assert.deepEqual(bytes(), [1, 2, 3, 0, 7, 8, 0, 0]);
  memory.memset(pointer, new DataView(Uint8Array.of(4, 5, 6).buffer, 1));
  assert.deepEqual(bytes(), [5, 6, 3, 0, 7, 8, 0, 0]);
  memory.memset(pointer, Uint16Array.of(0x0201));
  memory.memset(pointer + 2, memory.arrayView(Uint8Array, pointer, 6));
  assert.deepEqual(bytes(), [1, 2, 1, 2, 3, 0, 7, 8], 'from the memory itself, overlapping');
});

testBoth('L10: memset refuses what cannot be', (make) => {
  const memory = make();
  const pointer = memory.malloc(8);
  const image = memory.arrayBuffer(0, 2 * page);
  const source = Uint8Array.of(1, 2, 3);
  for (const [value, className, code] of notWhole) {
    throwsCode(() => memory.memset(value, 1, 1), className, code);
    throwsCode(() => memory.memset(value, source), className, code);
    throwsCode(() => memory.memset(pointer, 1, value), className, code);
    if (value !== undefined) throwsCode(() => memory.memset(pointer, source, value), className, code);
  }
  for (const value of [undefined, null, '1', 1n, {}, [1, 2]]) {
    throwsCode(() => memory.memset(pointer, value, 1), 'TypeError', 'wrong_type');
  }
  throwsCode(() => memory.memset(pointer, 1.5, 1), 'RangeError', 'invalid_number');
  throwsCode(() => memory.memset(pointer, source, 4), 'RangeError', 'out_of_bounds');
  throwsCode(() => memory.memset(2 * page - 2, source), 'RangeError', 'out_of_bounds');
  throwsCode(() => memory.memset(2 * page - 2, 1, 3), 'RangeError', 'out_of_bounds');
  const detached = new ArrayBuffer(8);
  const onDetached = new Uint8Array(detached);
  structuredClone(detached, { transfer: [detached] });
  throwsCode(() => memory.memset(pointer, detached), 'TypeError', 'wrong_type');
  throwsCode(() => memory.memset(pointer, onDetached), 'TypeError', 'wrong_type');
  assert.deepEqual(memory.arrayBuffer(0, 2 * page), image);
});

testBoth('L10: at', (make) => {
  const memory = make();
  memory.malloc(24);
  assert.equal(memory.at(Uint32Array, 0), 24);
  assert.equal(memory.at(Uint32Array, 1), 1);
  memory.setFloat64(2 * page - 8, 2.5);
  assert.equal(memory.at(Float64Array, -1), 2.5);
  for (const index of [2 * page, -2 * page - 1]) {
    throwsCode(() => memory.at(Uint8Array, index), 'RangeError', 'index_out_of_range');
  }
});

testBoth('L10: fill', (make) => {
  const memory = make();
  const pointer = memory.malloc(16);
  memory.memset(pointer, 0, 16);
  const index = pointer / 2;
  const whole = memory.fill(Int16Array, -2, index + 1, index + 3);
  assert.equal(whole.length, memory.buffer.byteLength / 2);
  assert.deepEqual([...memory.arrayView(Int16Array, pointer)], [0, -2, -2, 0, 0, 0, 0, 0]);
  memory.fill(BigUint64Array, 3n, -1);
  assert.equal(memory.getBigUint64(2 * page - 8), 3n);
  throwsCode(() => memory.fill(Uint8Array, 1), 'TypeError', 'wrong_type');
  throwsCode(() => memory.fill(Uint8Array, '1', 100), 'TypeError', 'wrong_type');
  throwsCode(() => memory.fill(Uint8Array, 1n, 100), 'TypeError', 'wrong_type');
  throwsCode(() => memory.fill(BigInt64Array, 1, 100), 'TypeError', 'wrong_type');
  throwsCode(() => memory.fill(Uint8Array, 1, 100, 2 * page + 1), 'RangeError', 'index_out_of_range');
  throwsCode(() => memory.fill(Uint8Array, 1, 2 * page + 1), 'RangeError', 'index_out_of_range');
});

testBoth('L10: copyWithin', (make) => {
  const memory = make();
  const pointer = memory.malloc(16);
  memory.memset(pointer, Uint32Array.of(1, 2, 3, 4));
  const index = pointer / 4;
  memory.copyWithin(Uint32Array, index + 1, index, index + 3);
  assert.deepEqual([...memory.arrayView(Uint32Array, pointer)], [1, 1, 2, 3]);
  memory.copyWithin(Uint32Array, page / 2 - 1, index + 2);
  assert.equal(memory.getUint32(2 * page - 4), 2, 'as many as there is room for');
  throwsCode(() => memory.copyWithin(Uint32Array), 'TypeError', 'wrong_type');
  throwsCode(() => memory.copyWithin(Uint8Array, 2 * page - 3, pointer, pointer + 4), 'RangeError', 'out_of_bounds');
  throwsCode(() => memory.copyWithin(Uint8Array, 2 * page + 1, 0), 'RangeError', 'index_out_of_range');
});

testBoth('L10: subarray', (make) => {
  const memory = make();
  const pointer = memory.malloc(16);
  const view = memory.subarray(Uint32Array, pointer / 4, pointer / 4 + 2);
  assert.equal(view.length, 2);
  assert.equal(view.byteOffset, pointer);
  view[1] = 7;
  assert.equal(memory.getUint32(pointer + 4), 7);
  assert.equal(memory.subarray(Uint8Array).length, 2 * page);
  assert.equal(memory.subarray(Uint8Array, 0, 8).length, 8);
  assert.equal(memory.subarray(Uint8Array, -4).byteOffset, 2 * page - 4);
  throwsCode(() => memory.subarray(Uint8Array, 0, 2 * page + 1), 'RangeError', 'index_out_of_range');
  throwsCode(() => memory.subarray(Uint8Array, 0.5), 'RangeError', 'invalid_number');
  throwsCode(() => memory.subarray(Map, 0), 'TypeError', 'wrong_type');
});

testBoth('L10: set', (make) => {
  const memory = make();
  const pointer = memory.malloc(16);
  memory.memset(pointer, 0, 16);
  memory.set(Float32Array, [1.5, 2.5], pointer / 4);
  memory.set(Uint8Array, Uint16Array.of(1, 2), pointer + 8);
  assert.deepEqual([...memory.arrayView(Float32Array, pointer, 2)], [1.5, 2.5]);
  assert.deepEqual([...memory.arrayView(Uint8Array, pointer + 8, 4)], [1, 2, 0, 0]);
  memory.set(Uint8Array, { length: 1, 0: 9 }, pointer);
  assert.equal(memory.getUint8(pointer), 9);
  memory.set(BigInt64Array, [-1n], pointer / 8);
  assert.equal(memory.getBigInt64(pointer), -1n);

  const image = memory.arrayBuffer(0, 2 * page);
  throwsCode(() => memory.set(Uint8Array, [1]), 'TypeError', 'wrong_type');
  throwsCode(() => memory.set(Uint8Array, [1, '2'], pointer), 'TypeError', 'wrong_type');
  throwsCode(() => memory.set(Uint8Array, [1, 2n], pointer), 'TypeError', 'wrong_type');
  throwsCode(() => memory.set(Uint8Array, BigInt64Array.of(1n), pointer), 'TypeError', 'wrong_type');
  throwsCode(() => memory.set(BigInt64Array, [1n, 2], pointer / 8), 'TypeError', 'wrong_type');
  for (const values of [undefined, null, 5, 'ab', new ArrayBuffer(8), new Set([1])]) {
    throwsCode(() => memory.set(Uint8Array, values, pointer), 'TypeError', 'wrong_type');
  }
  throwsCode(() => memory.set(Uint8Array, [1, 2], 2 * page - 1), 'RangeError', 'out_of_bounds');
  throwsCode(() => memory.set(Uint8Array, [1], 2 * page + 1), 'RangeError', 'index_out_of_range');
  assert.deepEqual(memory.arrayBuffer(0, 2 * page), image);
});

// ── L11: allocating typed arrays ────────────────────────────────────────────────────────────────

const arrayTypes = [...integerTypes, Uint8ClampedArray, Float32Array, Float64Array];
if (can.float16) arrayTypes.push(Float16Array);

for (const type of arrayTypes) {
  testBoth(`L11: memory.${type.name}(n)`, (make) => {
    const memory = make();
    const pointer = memory.malloc(300);
    memory.memset(pointer, 0xff, 300);
    memory.free(pointer);
    const view = memory[type.name](5);
    assert.ok(view instanceof type);
    assert.equal(view.length, 5);
    assert.equal(view.buffer, memory.buffer);
    assert.equal(view.byteOffset % 16, 0);
    assert.ok(view.every((value) => Number(value) === 0), 'all 0');
    assert.equal(memory.sizeof(view.byteOffset), 5 * type.BYTES_PER_ELEMENT);
    memory.free(view.byteOffset);
    for (const [value, className, code] of notWhole) {
      changesNothing(memory, () => memory[type.name](value), className, code);
    }
    changesNothing(memory, () => memory[type.name](0), 'RangeError', 'invalid_number');
    changesNothing(memory, () => memory[type.name](2 ** 32), 'RangeError', 'size_too_large');
    changesNothing(memory, () => memory[type.name](2 ** 20), 'RangeError', 'out_of_memory');
  });
}

testBoth('L11: nothing leaks, whatever was allocated before', (make) => {
  const memory = make();
  const heap = Heap.attachSync(memory);
  for (const bytes of [1, 5, 13]) {
    memory.malloc(bytes, 2);
    const before = heap.stat('live');
    memory.free(memory.Float64Array(3).byteOffset);
    assert.equal(heap.stat('live'), before);
  }
});

if (!can.float16) {
  test('L11: Float16Array, where the engine has none', () => {
    const memory = new LocalSharedMemory(1, 1, false);
    throwsCode(() => memory.Float16Array(1), 'TypeError', 'unsupported_element');
  });
}
