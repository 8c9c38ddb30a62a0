// The drop-in for wasm-heap-manager: each of its types, read, written, viewed, allocated and wrapped, on plain
// and shared memory, with growth in between.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { throwsCode } from './support/expect.mjs';
import { makeManager, memories, types } from './support/wasm-heap-manager.mjs';

for (const { kind, shared } of memories) {
  for (const { name, bytes, array, values, stored, zero } of types) {
    const title = `${name}, ${kind} memory`;
    const [first, second] = values;

    test(`${title}: read and write at any address, and after growth`, () => {
      const { heap, memory } = makeManager({ shared });
      for (const address of [64, 129, 65536 - bytes]) {
        assert.equal(heap[`write${name}`](address, first), undefined);
        assert.equal(heap[`read${name}`](address), first);
        const element = new array(memory.buffer.slice(address, address + bytes))[0];
        assert.equal(element, stored(first));
      }
      memory.grow(1);
      assert.equal(heap[`read${name}`](64), first);
      heap[`write${name}`](65536 + 3, second);
      assert.equal(heap[`read${name}`](65536 + 3), second);
      // The first access beyond the old end is the one that must notice.
      memory.grow(1);
      heap[`write${name}`](3 * 65536 - bytes, second);
      assert.equal(heap[`read${name}`](3 * 65536 - bytes), second);
    });

    test(`${title}: outside the memory, and what is no address`, () => {
      const { heap } = makeManager({ shared });
      const { [`read${name}`]: read, [`write${name}`]: write } = heap;
      throwsCode(() => read.call(heap, 65537 - bytes), 'RangeError', 'out_of_bounds');
      throwsCode(() => write.call(heap, 65537 - bytes, first), 'RangeError', 'out_of_bounds');
      for (const address of [-bytes, NaN, 1.5, Infinity]) {
        throwsCode(() => read.call(heap, address), 'RangeError', 'invalid_number');
        throwsCode(() => write.call(heap, address, first), 'RangeError', 'invalid_number');
      }
      throwsCode(() => read.call(heap, '16'), 'TypeError', 'wrong_type');
      throwsCode(() => write.call(heap, 16), 'TypeError', 'wrong_type');
      throwsCode(() => write.call(heap, 16, zero === 0n ? 1 : 1n), 'TypeError', 'wrong_type');
      assert.ok(heap.heapUint8.every((byte) => byte === 0));
    });

    test(`${title}: atomics, aligned only`, () => {
      const { heap, memory } = makeManager({ shared });
      assert.equal(heap[`write${name}Atomic`](64, first), undefined);
      assert.equal(heap[`read${name}Atomic`](64), first);
      assert.equal(heap[`read${name}`](64), first);
      memory.grow(1);
      heap[`write${name}Atomic`](65536, second);
      assert.equal(heap[`read${name}Atomic`](65536), second);
      if (bytes > 1) {
        throwsCode(() => heap[`read${name}Atomic`](65), 'RangeError', 'unaligned');
        throwsCode(() => heap[`write${name}Atomic`](65, first), 'RangeError', 'unaligned');
      }
      throwsCode(() => heap[`read${name}Atomic`](2 * 65536), 'RangeError', 'out_of_bounds');
      throwsCode(() => heap[`write${name}Atomic`](64, zero === 0n ? 1 : 1n), 'TypeError', 'wrong_type');
      assert.equal(heap[`read${name}`](64), first);
    });

    test(`${title}: views`, () => {
      const { heap, memory } = makeManager({ shared });
      heap[`write${name}`](64, first);
      const view = heap[`view${name}Array`](64, 3);
      assert.ok(view instanceof array);
      assert.deepEqual([view.byteOffset, view.length, view[0]], [64, 3, stored(first)]);
      view[1] = stored(second);
      assert.equal(heap[`read${name}`](64 + bytes), second);
      memory.grow(1);
      assert.equal(heap[`view${name}Array`](65536 + 64, 2).length, 2);
      assert.equal(heap[`view${name}Array`](64, 1)[0], stored(first));
      throwsCode(() => heap[`view${name}Array`](2 * 65536 - bytes, 2), 'RangeError', 'out_of_bounds');
      throwsCode(() => heap[`view${name}Array`](64, -1), 'RangeError', 'invalid_number');
      throwsCode(() => heap[`view${name}Array`](64, 1.5), 'RangeError', 'invalid_number');
      throwsCode(() => heap[`view${name}Array`](64), 'TypeError', 'wrong_type');
      if (bytes > 1) throwsCode(() => heap[`view${name}Array`](65, 1), 'RangeError', 'unaligned');
    });

    test(`${title}: allocated and wrapped`, () => {
      const { heap, memory, record } = makeManager({ shared });
      const empty = heap[`alloc${name}`]();
      const ref = heap[`alloc${name}`](first);
      assert.deepEqual(record.asked, [bytes, bytes]);
      assert.equal(empty.value, zero);
      assert.equal(ref.value, first);
      assert.equal(ref.read(), first);
      assert.equal(ref.readAtomic(), first);
      assert.equal(ref.write(second), ref);
      assert.equal(heap[`read${name}`](ref.address), second);
      assert.equal(ref.writeAtomic(first), ref);
      assert.deepEqual(
        [ref.allocatedByteCount, ref.allocatedByteSize, ref.allocatedBytesView.length],
        [bytes, bytes, bytes],
      );
      assert.deepEqual([ref.isFreed, ref.isNotFreed], [false, true]);

      const wrapped = heap[`wrap${name}`](ref.address);
      assert.equal(wrapped.constructor, ref.constructor);
      memory.grow(1);
      wrapped.value = second;
      assert.equal(ref.value, second);
      ref.clear();
      assert.equal(wrapped.value, zero);
      heap[`wrap${name}`](65536 + 8).value = first;
      assert.equal(heap[`read${name}`](65536 + 8), first);

      const { address } = ref;
      ref.free();
      assert.deepEqual([ref.isFreed, ref.isNotFreed, ref.address], [true, false, 0]);
      assert.deepEqual(record.freed, [address]);
      for (const use of [
        () => ref.value,
        () => {
          ref.value = first;
        },
        () => ref.read(),
        () => ref.readAtomic(),
        () => ref.write(first),
        () => ref.writeAtomic(first),
        () => ref.clear(),
        () => ref.allocatedBytesView,
      ]) {
        throwsCode(use, 'HeapError', 'freed_ref');
      }
    });

    test(`${title}: arrays`, () => {
      const { heap, memory, record } = makeManager({ shared });
      const ref = heap[`alloc${name}Array`](3);
      const elements = array.from([first, second], stored);
      const copy = heap[`alloc${name}Array`](elements);
      assert.deepEqual(record.asked, [3 * bytes, 2 * bytes]);
      assert.deepEqual(
        [...ref.view],
        [0, 0, 0].map(() => array.from([zero], stored)[0]),
      );
      assert.deepEqual(copy.view.slice(), elements);
      assert.deepEqual([ref.elementCount, ref.bytesPerElement, ref.allocatedByteCount], [3, bytes, 3 * bytes]);
      assert.equal(ref.writeAt(2, second), ref);
      assert.equal(ref.readAt(2), second);
      assert.equal(ref.writeAtomicAt(0, first), ref);
      assert.equal(ref.readAtomicAt(0), first);
      memory.grow(1);
      assert.deepEqual([ref.readAt(0), ref.readAt(1), ref.readAtomicAt(2)], [first, zero, second]);
      assert.deepEqual(copy.view.slice(), elements);

      const wrapped = heap[`wrap${name}Array`](copy.address, 2);
      assert.equal(wrapped.constructor, copy.constructor);
      assert.equal(wrapped.readAt(1), second);
      const beyond = heap[`wrap${name}Array`](65536 - bytes, 2);
      beyond.writeAt(1, first);
      assert.equal(heap[`read${name}`](65536), first);

      for (const index of [-1, 3, 0.5, NaN, '0', undefined]) {
        for (const use of [
          () => ref.readAt(index),
          () => ref.readAtomicAt(index),
          () => ref.writeAt(index, first),
          () => ref.writeAtomicAt(index, first),
        ]) {
          throwsCode(use, 'RangeError', 'index_out_of_range');
        }
      }
      ref.clear();
      assert.ok(ref.allocatedBytesView.every((byte) => byte === 0));
      assert.deepEqual(copy.view.slice(), elements);
      ref.free();
      for (const use of [() => ref.view, () => ref.readAt(0), () => ref.writeAt(0, first), () => ref.clear()]) {
        throwsCode(use, 'HeapError', 'freed_ref');
      }
      assert.equal(ref.elementCount, 3);
    });

    test(`${title}: arrays of what is no count, and of no element`, () => {
      const { heap, record } = makeManager({ shared });
      for (const count of [-1, 1.5, NaN]) {
        throwsCode(() => heap[`alloc${name}Array`](count), 'RangeError', 'invalid_number');
        throwsCode(() => heap[`wrap${name}Array`](64, count), 'RangeError', 'invalid_number');
      }
      for (const count of [undefined, null, 'many', {}]) {
        throwsCode(() => heap[`alloc${name}Array`](count), 'TypeError', 'wrong_type');
      }
      assert.deepEqual(record.asked, []);
      const none = heap[`alloc${name}Array`](0);
      const next = heap[`alloc${name}`]();
      assert.notEqual(none.address, next.address);
      assert.equal(none.view.length, 0);
      none.free();
      next.free();
      assert.equal(record.freed.length, 2);
    });
  }

  test(`128 and 256 bits, ${kind} memory: little-endian, at any address, modulo their bits`, () => {
    const { heap, memory } = makeManager({ shared });
    for (const bits of [128n, 256n]) {
      const bytes = Number(bits) / 8;
      const value = (1n << (bits - 1n)) + (0x1234n << 40n) + 5n;
      for (const [read, write] of [
        [`readBigUint${bits}`, `writeBigUint${bits}`],
        [`readBigUint${bits}LE`, `writeBigUint${bits}LE`],
      ]) {
        for (const address of [64, 129, memory.buffer.byteLength - bytes]) {
          assert.equal(heap[write](address, value), undefined);
          assert.equal(heap[read](address), value);
          assert.deepEqual([heap.readUint8(address), heap.readUint8(address + bytes - 1)], [5, 0x80]);
        }
        heap[write](64, -1n);
        assert.equal(heap[read](64), (1n << bits) - 1n);
        heap[write](64, (1n << bits) + 5n);
        assert.equal(heap[read](64), 5n);
        memory.grow(1);
        heap[write](memory.buffer.byteLength - 65536, value);
        assert.equal(heap[read](memory.buffer.byteLength - 65536), value);
        throwsCode(() => heap[read](memory.buffer.byteLength - 8), 'RangeError', 'out_of_bounds');
        throwsCode(() => heap[write](memory.buffer.byteLength - 8, value), 'RangeError', 'out_of_bounds');
        throwsCode(() => heap[write](64, 5), 'TypeError', 'wrong_type');
        assert.equal(heap.readUint8(memory.buffer.byteLength - 8), 0);
      }
    }
  });
}

test('integers out of range wrap around, clamped bytes are clamped, fractions are cut or rounded', () => {
  const { heap } = makeManager();
  const { heap: atomic } = makeManager();
  for (const [name, given, found] of [
    ['Int8', 200, -56],
    ['Uint8', 300, 44],
    ['Uint8', 1.9, 1],
    ['Int16', 40000, -25536],
    ['Int32', 2 ** 31, -(2 ** 31)],
    ['Uint32', -1, 2 ** 32 - 1],
    ['Pointer32', -1, 2 ** 32 - 1],
    ['Pointer32', -(2 ** 31), 2 ** 31],
    ['BigInt64', 2n ** 63n, -(2n ** 63n)],
    ['BigUint64', -1n, 2n ** 64n - 1n],
    ['Pointer64', -1n, 2n ** 64n - 1n],
    ['Float32', 1.1, Math.fround(1.1)],
    ...[
      [300, 255],
      [-5, 0],
      [1.5, 2],
      [2.5, 2],
      [0.5, 0],
      [NaN, 0],
      [Infinity, 255],
    ].map((pair) => ['Uint8Clamped', ...pair]),
    ['Float64', NaN, NaN],
    ['Float32', -0, -0],
  ]) {
    heap[`write${name}`](64, given);
    assert.ok(Object.is(heap[`read${name}`](64), found), `${name} ${given}`);
    atomic[`write${name}Atomic`](64, given);
    assert.ok(Object.is(atomic[`read${name}Atomic`](64), found), `${name} ${given}, atomically`);
  }
});

test('Pointer32 and Pointer64: only what is an address, signed or not', () => {
  const { heap } = makeManager();
  for (const [name, address, wrong] of [
    ['Pointer32', 16, [2 ** 32, 2 ** 32 + 16, -(2 ** 31) - 1, 1.5, NaN, Infinity, -Infinity]],
    ['Pointer64', 16n, [2n ** 64n, 2n ** 64n + 16n, -(2n ** 63n) - 1n]],
  ]) {
    heap[`write${name}`](64, address);
    for (const after of ['', 'Atomic']) {
      for (const value of wrong) {
        throwsCode(() => heap[`write${name}${after}`](64, value), 'RangeError', 'invalid_number', new RegExp(String(value)));
      }
      for (const value of ['16', null, undefined, {}, typeof address === 'bigint' ? 16 : 16n]) {
        throwsCode(() => heap[`write${name}${after}`](64, value), 'TypeError', 'wrong_type');
      }
    }
    assert.equal(heap[`read${name}`](64), address);
  }
});

test('Pointer53: only what is a safe number', () => {
  const { heap } = makeManager();
  heap.writePointer53(64, 2 ** 53 - 1);
  for (const bad of [-1, 2 ** 53, NaN, 1.5]) {
    throwsCode(() => heap.writePointer53(64, bad), 'RangeError', 'invalid_number');
    throwsCode(() => heap.writePointer53Atomic(64, bad), 'RangeError', 'invalid_number');
    throwsCode(() => heap.allocPointer53(bad), 'RangeError', 'invalid_number');
  }
  assert.equal(heap.readPointer53(64), 2 ** 53 - 1);
  heap.writeBigUint64(64, 2n ** 53n);
  throwsCode(() => heap.readPointer53(64), 'RangeError', 'unsafe_pointer');
  throwsCode(() => heap.readPointer53Atomic(64), 'RangeError', 'unsafe_pointer');
  throwsCode(() => heap.wrapPointer53Array(64, 1).readAt(0), 'RangeError', 'unsafe_pointer');
});

test('an array from other elements: a list, another typed array, one that lies in the heap itself', () => {
  const { heap } = makeManager();
  assert.deepEqual([...heap.allocInt32Array([1, 2, 3]).view], [1, 2, 3]);
  assert.deepEqual([...heap.allocInt32Array(Float64Array.of(1, 2.9)).view], [1, 2]);
  const first = heap.allocUint8Array(Uint8Array.of(4, 5, 6));
  // The allocation grows the memory, which would leave this view empty.
  const large = heap.allocUint8Array(65536 - 64);
  large.view[0] = 9;
  assert.deepEqual([...heap.allocUint8Array(first.view).view], [4, 5, 6]);
  assert.equal(heap.allocUint8Array(heap.viewUint8Array(0, 65536)).readAt(large.address), 9);
});

test('elements of another type are refused before anything is allocated', () => {
  const { heap, record } = makeManager();
  const others = ['7', '', null, undefined, {}, [], true, Symbol('7')];
  for (const { name, array, values, stored } of types) {
    const [one, two] = values;
    const isBig = typeof one === 'bigint';
    const alloc = (elements) => heap[`alloc${name}Array`](elements);
    const isOther = name === 'Pointer53' ? [] : [isBig ? 7 : 7n];
    for (const other of [...others, ...isOther]) {
      throwsCode(() => alloc([one, other]), 'TypeError', 'wrong_type', /elements\[1\]/);
      throwsCode(() => alloc({ length: 2, 0: other, 1: one }), 'TypeError', 'wrong_type', /elements\[0\]/);
    }
    throwsCode(() => alloc([, one]), 'TypeError', 'wrong_type', /elements\[0\]/);
    if (name !== 'Pointer53') {
      const wrong = stored(isBig ? Int32Array.of(1) : BigInt64Array.of(1n));
      throwsCode(() => alloc(wrong), 'TypeError', 'wrong_type', /elements\[0\]/);
    }
    for (const wrong of ['12', null, undefined, true, {}, new DataView(new ArrayBuffer(8)), heap]) {
      throwsCode(() => alloc(wrong), 'TypeError', 'wrong_type');
    }
    for (const length of [-1, 1.5, NaN, Infinity]) throwsCode(() => alloc({ length }), 'RangeError', 'invalid_number');
    const detached = array.of(stored(one));
    structuredClone(detached, { transfer: [detached.buffer] });
    throwsCode(() => alloc(detached), 'TypeError', 'wrong_type', /detached/);
    assert.deepEqual(record.asked, []);
    const ref = alloc([one, two]);
    assert.deepEqual([ref.readAt(0), ref.readAt(1)], [one, two], name);
    assert.deepEqual([...alloc(ref.view).view], [stored(one), stored(two)], name);
    record.asked.length = 0;
  }
});

test('arrays of pointers take what is an address, and nothing else', () => {
  const { heap, record } = makeManager();
  for (const [name, good, wrong] of [
    ['Pointer32', [[-1, 2 ** 32 - 1], [-(2 ** 31), 2 ** 31], [5, 5]], [2 ** 32, -(2 ** 31) - 1, 1.5, NaN, Infinity]],
    ['Pointer53', [[2 ** 53 - 1, 2 ** 53 - 1], [16n, 16]], [2 ** 53, -1, 1.5, NaN, -1n, 2n ** 53n]],
    ['Pointer64', [[-1n, 2n ** 64n - 1n], [16n, 16n]], [2n ** 64n, -(2n ** 63n) - 1n]],
  ]) {
    const alloc = (elements) => heap[`alloc${name}Array`](elements);
    record.asked.length = 0;
    for (const value of wrong) throwsCode(() => alloc([good[0][0], value]), 'RangeError', 'invalid_number', /elements\[1\]/);
    if (name !== 'Pointer64') throwsCode(() => alloc(Float64Array.of(0.5)), 'RangeError', 'invalid_number');
    if (name === 'Pointer53') throwsCode(() => alloc(BigInt64Array.of(-1n)), 'RangeError', 'invalid_number');
    assert.deepEqual(record.asked, []);
    const ref = alloc(good.map(([given]) => given));
    assert.deepEqual(good.map((_, i) => ref.readAt(i)), good.map(([, found]) => found));
  }
  assert.equal(heap.allocPointer53Array(Float64Array.of(1, 2)).readAt(1), 2);
  assert.equal(heap.allocPointer32Array(Int32Array.of(-16)).readAt(0), 2 ** 32 - 16);
});

test('the names of the documentation are those of the code', () => {
  const { heap } = makeManager();
  heap.writeClampedUint8(64, 300);
  assert.deepEqual([heap.readClampedUint8(64), heap.readUint8Clamped(64)], [255, 255]);
  heap.writeClampedUint8Atomic(64, 7.5);
  assert.equal(heap.readClampedUint8Atomic(64), 8);
  assert.equal(heap.allocClampedUint8(300).value, 255);
  assert.equal(heap.wrapClampedUint8(64).value, 8);
  assert.ok(heap.viewClampedUint8Array(64, 2) instanceof Uint8ClampedArray);
  assert.equal(heap.allocClampedUint8Array(2).elementCount, 2);
  assert.deepEqual([...heap.allocClampedUint8Array(Uint8ClampedArray.of(1, 2)).view], [1, 2]);
  assert.equal(heap.wrapClampedUint8Array(64, 2).readAt(0), 8);
});
