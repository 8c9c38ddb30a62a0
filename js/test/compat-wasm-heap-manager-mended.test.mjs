// What the package wasm-heap-manager promises and does not do, and the drop-in does. Every test names the
// releases of the package that fail it: 0.2.2, whose documentation is the one that most users have, and 0.5.1.
// tests/npm/wasm-heap-manager.test.mjs runs this file against both and sees to it that exactly these fail.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { can } from './support/runtime.mjs';
import { encodings, makeManager, manager, types } from './support/wasm-heap-manager.mjs';

const { createWasmHeapManager } = manager;
const both = '0.2.2, 0.5.1';

/** @param {string} releases the releases that fail it */
const mended = (releases, title, body) => test(`${title} [${releases}]`, body);

const unchanged = (read, action) => {
  const before = read();
  assert.throws(action, Error);
  assert.deepEqual(read(), before);
};

const string = (name) => ({
  read: `readNullTerminated${name}String`,
  write: `writeNullTerminated${name}String`,
  alloc: `allocNullTerminated${name}String`,
  wrap: `wrapNullTerminated${name}String`,
});

// ── Reading, writing, viewing ─────────────────────────────────────────────────────────────────────

mended('0.2.2', 'a read at an address that is not aligned gives the value', () => {
  const { heap, memory } = makeManager();
  new Uint8Array(memory.buffer).set([1, 2, 3, 4, 5, 6, 7, 8], 65);
  assert.equal(heap.readUint16(65), 0x0201);
  assert.equal(heap.readInt32(65), 0x04030201);
  assert.equal(heap.readBigUint64(65), 0x0807060504030201n);
});

mended('0.2.2', 'a write at an address that is not aligned arrives', () => {
  const { heap, bytes } = makeManager();
  heap.writeInt32(65, 0x04030201);
  assert.deepEqual(bytes(64, 6), [0, 1, 2, 3, 4, 0]);
  const ref = heap.wrapFloat64(81);
  ref.value = 1.5;
  assert.equal(ref.value, 1.5);
});

mended(both, 'a read outside the memory is an error, not undefined', () => {
  const { heap } = makeManager();
  for (const { name } of types) {
    assert.throws(() => heap[`read${name}`](65536), Error, name);
    assert.throws(() => heap[`read${name}`](-8), Error, name);
  }
});

mended(both, 'a write outside the memory is an error, not lost', () => {
  const { heap } = makeManager();
  for (const { name, values } of types) {
    assert.throws(() => heap[`write${name}`](65536, values[0]), Error, name);
    assert.throws(() => heap[`write${name}`](-8, values[0]), Error, name);
  }
});

mended(both, 'a view that does not lie in the memory is an error, not a shorter one', () => {
  const { heap } = makeManager();
  for (const { name, bytes } of types) assert.throws(() => heap[`view${name}Array`](65536 - bytes, 2), Error, name);
});

mended('0.2.2', 'a view at an address that is not aligned is an error, not one of other bytes', () => {
  const { heap } = makeManager();
  assert.throws(() => heap.viewInt32Array(65, 1), Error);
});

mended('0.2.2', 'an atomic access at an address that is not aligned is an error, not one to other bytes', () => {
  const { heap } = makeManager();
  unchanged(
    () => heap.readInt32(64),
    () => heap.writeInt32Atomic(65, 1),
  );
  assert.throws(() => heap.readFloat32Atomic(66), Error);
});

mended('0.2.2', 'a clamped byte is rounded by an atomic write as by any other', () => {
  const { heap } = makeManager();
  heap.writeUint8ClampedAtomic(64, 1.5);
  assert.equal(heap.readUint8ClampedAtomic(64), 2);
});

mended('0.2.2', 'a 64-bit pointer that is no safe number is an error, not another number', () => {
  const { heap } = makeManager();
  heap.writeBigUint64(64, 2n ** 60n + 1n);
  assert.throws(() => heap.readPointer53(64), Error);
});

mended(both, 'a number that is no address of 32 bits is not cut off to one, whose block would be freed', () => {
  const { heap, record } = makeManager();
  const victim = heap.allocInt32(7);
  const far = victim.address + 2 ** 32;
  assert.throws(() => heap.allocPointer32(far).free({ freePointedAddress: true }), Error);
  const ref = heap.allocPointer32();
  const array = heap.allocPointer32Array(1);
  for (const wrong of [far, -(2 ** 31) - 1, 1.5, NaN, Infinity]) {
    for (const write of [
      () => heap.writePointer32(ref.address, wrong),
      () => heap.writePointer32Atomic(ref.address, wrong),
      () => (ref.value = wrong),
      () => ref.write(wrong),
      () => ref.writeAtomic(wrong),
      () => array.writeAt(0, wrong),
      () => array.writeAtomicAt(0, wrong),
    ]) {
      assert.throws(write, Error);
      assert.deepEqual([ref.value, array.readAt(0)], [0, 0]);
    }
  }
  assert.ok(!record.freed.includes(victim.address));
  assert.equal(victim.value, 7);
});

mended(both, 'a BigInt that is no address of 64 bits is not cut off to one', () => {
  const { heap } = makeManager();
  const ref = heap.allocPointer64(64n);
  for (const wrong of [2n ** 64n, 2n ** 64n + 64n, -(2n ** 63n) - 1n]) {
    unchanged(() => ref.value, () => ref.write(wrong));
    unchanged(() => ref.value, () => ref.writeAtomic(wrong));
    assert.throws(() => heap.allocPointer64(wrong), Error);
  }
});

mended(both, 'elements of another type are an error, not 0 or another number', () => {
  const { heap, record } = makeManager();
  for (const elements of [[undefined], [{}], ['7'], [null], [true]]) {
    assert.throws(() => heap.allocInt32Array(elements), Error);
    assert.throws(() => heap.allocPointer32Array(elements), Error);
  }
  assert.deepEqual(record.asked, []);
});

mended(both, 'an array of Pointer53 takes numbers', () => {
  const { heap } = makeManager();
  assert.equal(heap.allocPointer53Array([16, 2 ** 40]).readAt(1), 2 ** 40);
});

mended(both, 'a negative Pointer53 is not written', () => {
  const { heap } = makeManager();
  unchanged(
    () => heap.readBigUint64(64),
    () => heap.writePointer53(64, -1),
  );
});

// ── Growth ────────────────────────────────────────────────────────────────────────────────────────

if (can.shared) {
  mended(both, 'growth of a shared memory is noticed: reads and writes', () => {
    const { heap, memory } = makeManager({ shared: true });
    memory.grow(1);
    heap.writeInt32(65536, 42);
    assert.equal(heap.readInt32(65536), 42);
    assert.equal(heap.heapInt8.length, 2 * 65536);
  });

  mended(both, 'growth of a shared memory is noticed: views, arrays and strings', () => {
    const { heap } = makeManager({ shared: true });
    const array = heap.allocUint8Array(70000);
    assert.equal(array.view.length, 70000);
    assert.equal(array.writeAt(69999, 7).readAt(69999), 7);
    const text = 'x'.repeat(70000);
    assert.equal(heap.allocNullTerminatedUtf8String(text).value, text);
  });

  mended(both, 'strings in a shared memory, where the platform refuses to decode and encode there', () => {
    // As Chromium and Firefox do it.
    const { decode } = TextDecoder.prototype;
    const { encodeInto } = TextEncoder.prototype;
    const refuse = (view) => {
      // Not by class: a page that is not cross-origin isolated has none by that name.
      if (Object.prototype.toString.call(view?.buffer) !== '[object SharedArrayBuffer]') return;
      throw new TypeError('The provided view must not be shared.');
    };
    TextDecoder.prototype.decode = function (...parameters) {
      refuse(parameters[0]);
      return decode.apply(this, parameters);
    };
    TextEncoder.prototype.encodeInto = function (...parameters) {
      refuse(parameters[1]);
      return encodeInto.apply(this, parameters);
    };
    try {
      const { heap } = makeManager({ shared: true });
      for (const { name, text } of encodings) {
        for (const each of [text, text.repeat(500)]) assert.equal(heap[string(name).alloc](each).value, each, name);
      }
    } finally {
      Object.assign(TextDecoder.prototype, { decode });
      Object.assign(TextEncoder.prototype, { encodeInto });
    }
  });
}

mended(both, 'elements that lie in the heap itself are copied, though it grows', () => {
  const { heap } = makeManager();
  const first = heap.allocUint8Array(70000);
  first.writeAt(5, 7);
  assert.equal(heap.allocUint8Array(first.view).readAt(5), 7);
});

// ── Strings ───────────────────────────────────────────────────────────────────────────────────────

for (const { name, text } of encodings) {
  const { read, write, alloc } = string(name);

  mended(
    name === 'Utf8' ? both : '0.5.1',
    `${name}: a string is written without a third argument, as documented`,
    () => {
      const { heap } = makeManager();
      heap[write](64, text);
      assert.equal(heap[read](64), text);
    },
  );

  mended('0.2.2', `${name}: ref.value = a longer string does not run into the next block`, () => {
    const { heap } = makeManager();
    const ref = heap[alloc](4);
    const longer = 'x'.repeat(ref.allocatedElementCount);
    ref.value = 'abc';
    unchanged(
      () => [...heap.viewUint8Array(ref.address, 64)].slice(ref.allocatedByteCount),
      () => {
        ref.value = longer;
      },
    );
  });
}

mended('0.2.2', 'Ascii: a string and its terminator stay within the capacity', () => {
  const { heap, bytes } = makeManager({ dirty: true });
  for (const capacity of [3, 5])
    unchanged(
      () => bytes(64, 40),
      () => heap.writeNullTerminatedAsciiString(64, 'hello', capacity),
    );
});

mended(both, 'a string that does not fit leaves what was there', () => {
  const { heap } = makeManager();
  heap.writeNullTerminatedUtf8String(64, 'before', 10);
  unchanged(
    () => heap.readNullTerminatedUtf8String(64),
    () => heap.writeNullTerminatedUtf8String(64, 'ééééé', 8),
  );
});

for (const { name } of encodings.filter(({ name }) => name === 'Utf8' || name === 'Utf16')) {
  mended(both, `${name}: a byte order mark is a character, and stays`, () => {
    const { heap } = makeManager();
    const { read, write } = string(name);
    heap[write](64, '\ufeffx', 10);
    assert.equal(heap[read](64), '\ufeffx');
  });
}

mended(both, 'Utf16: a lone surrogate stays', () => {
  const { heap } = makeManager();
  heap.writeNullTerminatedUtf16String(64, 'a\ud800b', 10);
  assert.equal(heap.readNullTerminatedUtf16String(64), 'a\ud800b');
});

mended(both, 'Utf32: what is no code point is replaced, not an error', () => {
  const { heap, memory } = makeManager();
  new Uint32Array(memory.buffer).set([0x110000, 0x61], 16);
  assert.equal(heap.readNullTerminatedUtf32String(64), '\ufffda');
});

mended(both, 'a string that is allocated by its length ends, though blocks are not cleared', () => {
  const { heap } = makeManager({ dirty: true, options: { clearAllocatedRegions: false } });
  for (const { name } of encodings) assert.equal(heap[string(name).alloc](3).value, '', name);
});

// ── Arrays ────────────────────────────────────────────────────────────────────────────────────────

mended(both, 'an index outside the array is an error, not the neighbour', () => {
  const { heap } = makeManager();
  for (const { name, values } of types) {
    const refs = [0, 1, 2].map(() => heap[`alloc${name}Array`](2));
    const read = () => refs.map((ref) => [...ref.view]);
    for (const index of [-1, 2, 0.5]) {
      unchanged(read, () => refs[1].writeAt(index, values[0]));
      unchanged(read, () => refs[1].writeAtomicAt(index, values[0]));
      assert.throws(() => refs[1].readAt(index), Error);
      assert.throws(() => refs[1].readAtomicAt(index), Error);
    }
  }
});

mended(both, 'an array of a negative or broken length is an error', () => {
  const { heap, record } = makeManager();
  for (const count of [-1, 1.5, NaN]) assert.throws(() => heap.allocInt32Array(count), Error);
  assert.equal(record.asked.length, 0);
});

// ── Allocation ────────────────────────────────────────────────────────────────────────────────────

mended('0.2.2', 'out of memory is an error, and nothing is written at address 0', () => {
  const { heap, bytes } = makeManager({ maximum: 1, dirty: true });
  unchanged(
    () => bytes(0, 64),
    () => heap.allocInt32Array(100000),
  );
  unchanged(
    () => bytes(0, 64),
    () => heap.allocNullTerminatedUtf8String(100000),
  );
});

mended(both, 'a first value that cannot be written does not lose its block', () => {
  const { heap, record } = makeManager();
  assert.throws(() => heap.allocBigInt64(5), TypeError);
  assert.equal(record.freed.length, 1);
  assert.equal(heap.allocatedHeapRefs.length, 0);
});

mended(both, 'an option that is undefined has its default', () => {
  const { heap } = makeManager({ options: { trackAllocations: undefined } });
  heap.allocInt8();
  assert.equal(heap.allocatedHeapRefs.length, 1);
});

// ── Freeing ───────────────────────────────────────────────────────────────────────────────────────

mended('0.2.2', 'free(address), then freeAll(): the block is freed once', () => {
  const { heap, record } = makeManager();
  heap.free(heap.allocInt32(1).address);
  heap.freeAll();
  assert.equal(record.freed.length, 1);
});

mended(both, 'free(address) twice: the second is reported and not performed', () => {
  const { heap, record } = makeManager();
  const { address } = heap.allocInt32(1);
  heap.free(address);
  assert.throws(() => heap.free(address), Error);
  assert.equal(record.freed.length, 1);
});

mended(both, 'ref.free() twice: the second is reported', () => {
  const { heap, record } = makeManager();
  const ref = heap.allocInt32(1);
  ref.free();
  assert.throws(() => ref.free(), Error);
  assert.throws(() => heap.free(ref), Error);
  assert.equal(record.freed.length, 1);
});

mended(both, 'two refs to a block: it is freed once', () => {
  const { heap, record } = makeManager();
  const ref = heap.allocInt32(1);
  heap.wrapInt32(ref.address).free();
  assert.ok(ref.isFreed);
  heap.freeAll();
  assert.equal(record.freed.length, 1);
});

mended(both, 'a block that was allocated again at the same place is not freed by the ref to the one before', () => {
  let freed = 0;
  const buffer = new ArrayBuffer(256);
  const heap = createWasmHeapManager(
    () => buffer,
    () => 64,
    () => {
      freed++;
    },
  );
  const before = heap.allocInt32(1);
  heap.allocInt32(2);
  assert.throws(() => before.free(), Error);
  heap.freeAll();
  assert.equal(freed, 1);
});

mended(both, "another manager's ref is not freed by the wrong deallocator", () => {
  const [mine, other] = [makeManager(), makeManager()];
  const ref = other.heap.allocInt32(1);
  assert.throws(() => mine.heap.free(ref), Error);
  assert.deepEqual(mine.record.freed, []);
});

mended(both, 'a pointer frees what it points to, when that is wanted', () => {
  const { heap, record } = makeManager();
  const { address } = heap.allocInt32(1);
  const pointer = heap.allocPointer32(address);
  const own = pointer.address;
  pointer.free({ freePointedAddress: true });
  assert.deepEqual(record.freed, [address, own]);
});

mended('0.2.2', 'an array of pointers frees what they point to, and freeAll() does not free that again', () => {
  const { heap, record } = makeManager();
  const targets = [heap.allocInt32(1), heap.allocInt32(2)];
  const array = heap.allocPointer32Array(Uint32Array.from(targets, ({ address }) => address));
  array.free({ freeElements: true });
  heap.freeAll();
  assert.equal(record.freed.length, 3);
  assert.equal(new Set(record.freed).size, 3);
});

mended(both, 'an array of pointers does not free one block twice', () => {
  const { heap, record } = makeManager();
  const array = heap.allocPointer32Array(Uint32Array.of(104, 104));
  assert.throws(() => array.free({ freeElements: true }), Error);
  assert.deepEqual(record.freed, []);
});

// ── Arenas ────────────────────────────────────────────────────────────────────────────────────────

mended(both, 'an arena that replaces its buffer is noticed without pollingMode always', () => {
  const arena = new manager.ArrayBufferArenaAllocator(64);
  const heap = createWasmHeapManager(
    () => arena.heap,
    (size) => arena.allocate(size),
    () => {},
  );
  const number = heap.allocInt32(5);
  const array = heap.allocUint8Array(1000);
  number.value = 6;
  assert.equal(array.view.length, 1000);
  assert.equal(new Int32Array(arena.heap)[number.address / 4], 6);
});

mended(both, 'an arena does not take a negative size, which would hand out what is in use', () => {
  for (const arena of [
    new manager.ArrayBufferArenaAllocator(256),
    new manager.WasmMemoryArenaAllocator(new WebAssembly.Memory({ initial: 1 })),
  ]) {
    arena.allocate(32);
    const next = arena.currentAllocationAddress;
    for (const size of [-16, NaN]) assert.throws(() => arena.allocate(size), Error);
    assert.equal(arena.allocate(8), next);
  }
});

mended(both, 'an arena in a memory grows without a word', () => {
  const said = [];
  const { log } = console;
  console.log = (...words) => said.push(words);
  try {
    new manager.WasmMemoryArenaAllocator(new WebAssembly.Memory({ initial: 1 })).allocate(100000);
  } finally {
    console.log = log;
  }
  assert.deepEqual(said, []);
});

// ── Names ─────────────────────────────────────────────────────────────────────────────────────────

mended(both, 'the names of the documentation: ClampedUint8, allocatedByteSize, encodedByteLength', () => {
  const { heap } = makeManager();
  heap.writeClampedUint8(64, 300);
  assert.equal(heap.readClampedUint8(64), 255);
  assert.equal(heap.viewClampedUint8Array(64, 1)[0], 255);
  assert.equal(heap.wrapClampedUint8(64).value, 255);
  assert.equal(heap.allocClampedUint8(-1).value, 0);
  assert.equal(heap.allocClampedUint8Array(2).allocatedByteSize, 2);
  assert.equal(heap.wrapClampedUint8Array(64, 1).readAt(0), 255);
  assert.equal(heap.allocNullTerminatedUtf16String('abc').encodedByteLength, 6);
});

mended('0.5.1', 'the names of the documentation: BigUint128LE, BigUint256LE', () => {
  const { heap } = makeManager();
  heap.writeBigUint128LE(64, 2n ** 100n);
  assert.equal(heap.readBigUint128LE(64), 2n ** 100n);
  heap.writeBigUint256LE(64, 2n ** 200n);
  assert.equal(heap.readBigUint256LE(64), 2n ** 200n);
});
