// The drop-in for wasm-heap-manager: heaps over 4 GiB, addresses of 64 bits, and addresses above 2 GiB that
// WebAssembly hands out as negative numbers.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { throwsCode } from './support/expect.mjs';
import { can } from './support/runtime.mjs';
import { encodings, manager, types } from './support/wasm-heap-manager.mjs';

const { createWasmHeapManager } = manager;
const fourGiB = 2 ** 32;

/** Something over 4 GiB, of which only what is touched takes room; `undefined` where there is none. */
function makeLarge() {
  const attempts = [
    () => (can.memory64 ? new WebAssembly.Memory({ address: 'i64', initial: 65538n, maximum: 65540n }) : undefined),
    () => ({ buffer: new ArrayBuffer(fourGiB + 2 * 65536) }),
  ];
  for (const attempt of attempts) {
    try {
      // Some give the buffer, but no typed array that long: that must do.
      const found = attempt();
      if (found?.buffer.byteLength === fourGiB + 2 * 65536) return found;
    } catch {
      // This engine or this machine does not give so much; perhaps in the other way.
    }
  }
  return undefined;
}

const large = can.bigMemory ? makeLarge() : undefined;

if (large !== undefined) {
  const freed = [];
  let next = fourGiB + 8192;
  const heap = createWasmHeapManager(
    () => large.buffer,
    (size) => {
      const address = next;
      next += Math.ceil(size / 16) * 16;
      return address;
    },
    (address) => {
      freed.push(address);
    },
  );

  test('over 4 GiB: numbers, arrays and views on both sides of the border', () => {
    for (const { name, bytes, values, stored } of types) {
      const [first, second] = values;
      for (const address of [fourGiB - bytes, fourGiB - 1, fourGiB, fourGiB + 4096]) {
        heap.viewUint8Array(address - fourGiB + 64, 16).fill(0);
        heap[`write${name}`](address, first);
        assert.equal(heap[`read${name}`](address), first, `${name} at ${address}`);
        const ref = heap[`wrap${name}`](address).write(second);
        assert.equal(ref.value, second);
        // Not what lies 4 GiB before.
        if (address >= fourGiB) assert.equal(heap.readUint8(address - fourGiB), 0);
      }
      heap[`write${name}Atomic`](fourGiB + 64, first);
      assert.equal(heap[`read${name}Atomic`](fourGiB + 64), first);
      const array = heap[`wrap${name}Array`](fourGiB - 8 * bytes, 16);
      array.writeAt(12, first).writeAtomicAt(3, second);
      assert.deepEqual([array.readAt(12), array.readAtomicAt(3), array.view[12]], [first, second, stored(first)]);
      throwsCode(() => heap[`read${name}`](fourGiB + 2 * 65536), 'RangeError', 'out_of_bounds');
      throwsCode(() => heap[`read${name}`](2 ** 53 - 1), 'RangeError', 'out_of_bounds');
    }
    heap.writeBigUint256(fourGiB + 3, 2n ** 255n + 1n);
    assert.equal(heap.readBigUint256(fourGiB + 3), 2n ** 255n + 1n);
  });

  test('over 4 GiB: strings', () => {
    for (const { name, text } of encodings) {
      for (const address of [fourGiB - 8, fourGiB + 4096]) {
        heap[`writeNullTerminated${name}String`](address, text);
        assert.equal(heap[`readNullTerminated${name}String`](address), text);
      }
      const ref = heap[`allocNullTerminated${name}String`](text);
      assert.equal(ref.value, text);
    }
  });

  test('over 4 GiB: a string that nothing ends, and one low in the memory', () => {
    for (const { name, bytes, text } of encodings) {
      heap[`writeNullTerminated${name}String`](64, text);
      assert.equal(heap[`readNullTerminated${name}String`](64), text);
      assert.equal(heap[`wrapNullTerminated${name}String`](64).value, text);
      const end = heap.heapGetter().byteLength;
      heap.viewUint8Array(end - 64, 64).fill(1);
      throwsCode(() => heap[`readNullTerminated${name}String`](end - 8 * bytes), 'RangeError', 'out_of_bounds');
      throwsCode(() => heap[`writeNullTerminated${name}String`](end - bytes, text), 'RangeError', 'string_too_long');
      assert.equal(heap.readUint8(end - 1), 1);
    }
  });

  test('over 4 GiB: all of it as a typed array, or an error with a code', () => {
    for (const { name } of types.filter(({ name }) => !name.startsWith('Pointer'))) {
      let whole;
      try {
        whole = heap[`heap${name}`];
      } catch (error) {
        assert.equal(error.code, 'unsupported_operation', name);
        continue;
      }
      assert.equal(whole.byteLength, heap.heapGetter().byteLength, name);
    }
  });

  test('over 4 GiB: allocated, pointed to and freed', () => {
    const targets = [heap.allocInt32(1), heap.allocFloat64Array(Float64Array.of(1, 2))];
    const addresses = targets.map(({ address }) => address);
    assert.ok(addresses.every((address) => address > fourGiB));
    const pointers = heap.allocPointer53Array(addresses);
    assert.equal(pointers.readAt(1), addresses[1]);
    assert.deepEqual([...heap.wrapPointer64Array(pointers.address, 2).view], addresses.map(BigInt));
    const own = pointers.address;
    pointers.free({ freeElements: true });
    assert.deepEqual(freed.slice(-3), [...addresses, own]);
    assert.ok(targets.every((ref) => ref.isFreed));
    const byNumber = heap.allocInt32(1);
    heap.free(byNumber.address);
    assert.ok(byNumber.isFreed);
    heap.freeAll();
    assert.equal(new Set(freed).size, freed.length);
  });
}

// (module (memory (export "memory") i64 1)
//   (global $next (mut i64) (i64.const 64)) (global $freed (export "freed") (mut i64) (i64.const 0))
//   (func (export "malloc") (param i64) (result i64)
//     (global.get $next) (global.set $next (i64.add (global.get $next) (local.get 0))))
//   (func (export "free") (param i64) (global.set $freed (local.get 0))))
const wideModule = Uint8Array.of(
  0,
  97,
  115,
  109,
  1,
  0,
  0,
  0,
  1,
  10,
  2,
  96,
  1,
  126,
  1,
  126,
  96,
  1,
  126,
  0, // types
  3,
  3,
  2,
  0,
  1, // functions
  5,
  3,
  1,
  4,
  1, // memory
  6,
  12,
  2,
  126,
  1,
  66,
  192,
  0,
  11,
  126,
  1,
  66,
  0,
  11, // globals
  7,
  34,
  4,
  6,
  109,
  101,
  109,
  111,
  114,
  121,
  2,
  0,
  5,
  102,
  114,
  101,
  101,
  100,
  3,
  1,
  6,
  109,
  97,
  108,
  108,
  111,
  99,
  0,
  0,
  4,
  102,
  114,
  101,
  101,
  0,
  1, // exports
  10,
  20,
  2,
  11,
  0,
  35,
  0,
  35,
  0,
  32,
  0,
  124,
  36,
  0,
  11,
  6,
  0,
  32,
  0,
  36,
  1,
  11, // code
);

if (can.memory64) {
  test('a module with 64-bit addresses, whose functions take and give BigInts', () => {
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(wideModule));
    const heap = createWasmHeapManager(() => exports.memory.buffer, exports.malloc, exports.free);
    const ref = heap.allocFloat64(1.5);
    assert.deepEqual([ref.address, ref.value, heap.allocInt8().address], [64, 1.5, 72]);
    ref.free();
    assert.equal(exports.freed.value, 64n);
  });
}

if (can.bigMemory) {
  test('an address above 2 GiB that arrives as a negative number', () => {
    const memory = new WebAssembly.Memory({ initial: 40000 });
    const address = 2 ** 31 + 4096;
    const freed = [];
    const heap = createWasmHeapManager(
      () => memory.buffer,
      () => address | 0,
      (at) => freed.push(at),
    );
    const ref = heap.allocInt32(5);
    assert.deepEqual([ref.address, ref.value], [address, 5]);
    ref.free();
    assert.deepEqual(freed, [address]);
  });
}
