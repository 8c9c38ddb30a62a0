// Adopted heaps over more bytes than typed arrays can have elements everywhere: Node 20 has such buffers, and no
// Uint8Array over 4 GiB.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Heap } from 'allot';

import { throwsCode } from './support/expect.mjs';
import { can } from './support/runtime.mjs';

const GiB = 2 ** 30;

/** Of it only what is touched takes room; `undefined` where there is none. */
function makeBuffer() {
  try {
    return new ArrayBuffer(5 * GiB);
  } catch {
    return undefined;
  }
}

const buffer = can.bigMemory ? makeBuffer() : undefined;

if (buffer !== undefined) {
  let top = 4.5 * GiB;
  const blocks = [];
  const make = () =>
    Heap.adopt({
      buffer,
      malloc(byteLength) {
        const address = top;
        top = Math.ceil((top + byteLength) / 16) * 16;
        return address;
      },
      free: (address) => blocks.push(address),
    });
  const border = 4 * GiB;

  for (const encoding of ['utf8', 'utf16', 'utf32', 'latin1', 'ascii']) {
    test(`text in ${encoding} anywhere in 5 GiB`, () => {
      const heap = make();
      const unit = { utf16: 2, utf32: 4 }[encoding] ?? 1;
      const short = encoding === 'ascii' ? 'plain' : 'größe';
      for (const text of [short, '', short.repeat(3000)]) {
        for (const place of [100, 2 * GiB - 8, 2 * GiB + 4, border - 8, border + 1, 5 * GiB - 4 * 15_004]) {
          const byteLength = heap.writeCString(place, text, encoding);
          assert.equal(heap.readCString(place, encoding), text, `${text.length} at ${place}`);
          assert.equal(heap.readString(place, byteLength, encoding), text, `${text.length} at ${place}`);
          assert.equal(heap.readCString(place, encoding, { maximum: unit }), text.slice(0, 1));
          assert.equal(heap.writeString(place, text, encoding), byteLength);
          heap.fill(place, byteLength + unit);
        }
        const ref = heap.allocString(text, encoding);
        assert.ok(ref.byteOffset > border);
        assert.equal(ref.value, text);
        ref.free();
      }
      const end = 5 * GiB;
      heap.fill(end - 64, 64, 1);
      throwsCode(() => heap.readCString(end - 64, encoding), 'RangeError', 'out_of_bounds');
      throwsCode(() => heap.writeCString(end - 4, short, encoding), 'RangeError', 'out_of_bounds');
      throwsCode(() => heap.writeString(end - 4, short, encoding), 'RangeError', 'out_of_bounds');
      throwsCode(() => heap.readString(end - 4, 8, encoding), 'RangeError', 'out_of_bounds');
      assert.ok(heap.bytes(end - 64, 64).every((byte) => byte === 1));
      heap.fill(end - 64, 64);
    });
  }

  test('bytes are copied and filled on both sides of 4 GiB', () => {
    const heap = make();
    const row = Uint8Array.from({ length: 100 }, (_, i) => i + 1);
    const rowAt = (at) => assert.deepEqual([...heap.bytes(at, 100)], [...row], String(at));
    for (const [source, target] of [
      [100, border + 100],
      [border + 100, 100],
      [border - 50, border],
      [border, border - 50],
      [2 * GiB - 50, 2 * GiB - 51],
    ]) {
      heap.bytes(source, 100).set(row);
      heap.copy(target, source, 100);
      rowAt(target);
      heap.fill(target, 100);
      heap.fill(source, 100);
    }
    heap.fill(border - 50, 100, 7);
    assert.ok(heap.bytes(border - 50, 100).every((byte) => byte === 7));
    assert.deepEqual([heap.readUint8(border - 51), heap.readUint8(border + 50)], [0, 0]);
    heap.fill(border - 50, 100);
    throwsCode(() => heap.copy(5 * GiB - 99, 0, 100), 'RangeError', 'out_of_bounds');
    throwsCode(() => heap.fill(5 * GiB - 99, 100), 'RangeError', 'out_of_bounds');
  });

  test('a view that the engine does not give is an error with a code', () => {
    const heap = make();
    for (const view of [() => heap.bytes(0, 5 * GiB), () => heap.view(Uint8Array, 0, 5 * GiB)]) {
      try {
        assert.equal(view().length, 5 * GiB);
      } catch (error) {
        assert.equal(error.code, 'unsupported_operation');
      }
    }
  });

  test('atomics beyond the elements of an array', () => {
    const heap = make();
    for (const [name, one] of [['Int8', 1], ['Uint8Clamped', 1], ['Uint16', 1], ['Float64', 0.5], ['Pointer64', 1n]]) {
      for (const place of [2 * GiB, border - 8, border, 5 * GiB - 8]) {
        heap.atomics.store(name, place, one);
        assert.equal(heap.atomics.add(name, place, one), one);
        assert.equal(heap.atomics.load(name, place), one + one, `${name} at ${place}`);
        heap.fill(place, 8);
      }
      throwsCode(() => heap.atomics.load(name, 5 * GiB), 'RangeError', 'out_of_bounds');
    }
  });

  test('refs, realloc and debugging', () => {
    const heap = make();
    const numbers = heap.alloc(Int32Array, [1, 2, 3]);
    assert.ok(numbers.byteOffset > border);
    assert.deepEqual([...numbers.view], [1, 2, 3]);
    const moved = heap.realloc(numbers.byteOffset, 100);
    assert.deepEqual([heap.readInt32(moved), heap.readInt32(moved + 8)], [1, 3]);
    heap.debug = true;
    const p = heap.malloc(10);
    heap.fill(p, 10, 1);
    const grown = heap.realloc(p, 20);
    assert.deepEqual([...heap.bytes(grown, 10)], new Array(10).fill(1));
    heap.writeUint8(grown + 20, 1);
    throwsCode(() => heap.free(grown), 'HeapError', 'overrun');
    heap.free(grown);
    throwsCode(() => heap.free(grown), 'HeapError', 'double_free');
    heap.debug = false;
    heap.refresh();
  });
}
