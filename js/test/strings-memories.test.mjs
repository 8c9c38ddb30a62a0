// Text in memories that change: grown by the heap, by the script, by a guest, by another agent; made
// resizable and fixed again; shared; and larger than any other.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Heap } from 'allot';

import { throwsCode } from './support/expect.mjs';
import { makeGuest } from './support/guest.mjs';
import './support/strict-codecs.mjs';
import { encode, encodings } from './support/text-codecs.mjs';
import { can } from './support/runtime.mjs';
import { makeHeap, memoryKinds } from './support/text-heaps.mjs';

const pageBytes = 65536;
const texts = ['', 'short', 'é日😀', 'long enough for the platform: é日😀'.repeat(4), 'x'.repeat(5000)];

/** Writes, reads and reads up to the terminator. */
function roundTrip(heap, at, text, encoding) {
  const bytes = encode(text, encoding);
  assert.equal(heap.writeCString(at, text, encoding), bytes.length);
  assert.deepEqual(heap.bytes(at, bytes.length).slice(), bytes);
  if (encoding === 'ascii' || encoding === 'latin1') return;
  assert.equal(heap.readString(at, bytes.length, encoding), text);
  assert.equal(heap.readCString(at, encoding), text);
}

for (const kind of memoryKinds) {
  test(`${kind} memory: growth between any two calls, by anyone`, () => {
    const heap = makeHeap(kind);
    const p = heap.malloc(25_000);
    const growths = [
      () => heap.memory.grow(1),
      ...(kind === 'shared' ? [] : [() => makeGuest(heap.memory).grow(1)]),
      () => heap.malloc(4 * pageBytes),
      () => heap.memory.grow(0),
    ];
    for (const grow of growths) {
      for (const encoding of encodings) {
        for (const text of texts) {
          grow();
          heap.writeCString(p, text, encoding);
          grow();
          const read = heap.readCString(p, encoding);
          grow();
          assert.equal(heap.readString(p, encode(text, encoding).length, encoding), read);
          if (heap.buffer.byteLength > 80 * pageBytes) return;
        }
      }
    }
  });

  test(`${kind} memory: what was just grown can be used at once`, () => {
    for (const encoding of encodings) {
      const zero = encode('\0', encoding).length;
      for (const text of texts) {
        const heap = makeHeap(kind);
        heap.writeString(heap.malloc(16), 'seen', encoding); // the heap has looked at its memory
        const end = heap.buffer.byteLength;
        const length = encode(text, encoding).length;
        heap.memory.grow(1);
        roundTrip(heap, end - 1, text, encoding);
        heap.memory.grow(1);
        assert.equal(heap.readString(end + pageBytes, 4 * zero, encoding), '\0\0\0\0');
        heap.memory.grow(1);
        assert.equal(heap.readCString(end + 2 * pageBytes, encoding), '');
        heap.memory.grow(1);
        assert.equal(heap.writeString(end + 3 * pageBytes - 1, text, encoding, length + 1), length);
        heap.memory.grow(1);
        throwsCode(() => heap.writeString(end + 5 * pageBytes, 'abcd', encoding), 'RangeError', 'out_of_bounds');
      }
    }
  });

  test(`${kind} memory: a text whose terminator lies in what was just grown`, () => {
    for (const encoding of encodings) {
      for (const fill of [1, 40, 5000]) {
        const heap = makeHeap(kind);
        const unit = encode('\0', encoding).length;
        const at = heap.buffer.byteLength - fill * unit;
        heap.bytes(at, fill * unit).forEach((_, i, bytes) => (bytes[i] = i % unit === 0 ? 0x41 : 0));
        throwsCode(() => heap.readCString(at, encoding), 'RangeError', 'out_of_bounds');
        heap.memory.grow(1);
        assert.equal(heap.readCString(at, encoding), 'A'.repeat(fill));
      }
    }
  });
}

const becomesResizable = () => {
  for (const shared of can.shared ? [false, true] : [false]) {
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 50, shared });
    const heap = Heap.createSync({ memory });
    const p = heap.malloc(25_000);
    for (const encoding of encodings) {
      for (const text of texts) {
        roundTrip(heap, p, text, encoding);
        memory.toResizableBuffer();
        assert.equal(heap.buffer.resizable ?? heap.buffer.growable, true);
        roundTrip(heap, p, text, encoding);
        if (heap.buffer.byteLength < 40 * pageBytes) memory.grow(1);
        roundTrip(heap, heap.buffer.byteLength - 25_000, text, encoding);
        memory.toFixedLengthBuffer();
        roundTrip(heap, p, text, encoding);
      }
    }
  }
};

if (can.resizable) test('a memory that becomes resizable, and fixed again', becomesResizable);

test('two heaps do not share what they know of their memories', () => {
  const [a, b] = [makeHeap('plain'), makeHeap(memoryKinds.at(-1))];
  const [p, q] = [a.malloc(64), b.malloc(64)];
  a.writeCString(p, 'first');
  b.writeCString(q, 'second');
  a.memory.grow(1);
  assert.equal(a.readCString(p), 'first');
  assert.equal(b.readCString(q), 'second');
});

/** Texts at some addresses, and at the memory's end. */
function useFar(heap, addresses) {
  const end = heap.buffer.byteLength;
  for (const encoding of encodings) {
    for (const text of texts) {
      for (const at of [...addresses, end - 25_000]) roundTrip(heap, at, text, encoding);
      const bytes = encode(text, encoding);
      assert.equal(heap.writeString(end - bytes.length, text, encoding), bytes.length);
      assert.deepEqual(heap.bytes(end - bytes.length, bytes.length).slice(), bytes);
    }
    heap.bytes(end - 9000, 9000).fill(0x41);
    throwsCode(() => heap.readCString(end - 9000, encoding), 'RangeError', 'out_of_bounds');
    throwsCode(() => heap.writeString(end - 3, 'abcd', encoding), 'RangeError', 'out_of_bounds');
    throwsCode(() => heap.readString(end, 4, encoding), 'RangeError', 'out_of_bounds');
    throwsCode(() => heap.writeString(end - 8, 'a', encoding, 9), 'RangeError', 'out_of_bounds');
  }
}

const above2GiB = () => {
  const heap = Heap.createSync({ memory: new WebAssembly.Memory({ initial: 65536 }), end: pageBytes });
  useFar(heap, [2 ** 31 - 7, 2 ** 31 + 1, 2 ** 32 - 65537]);
};

if (can.bigMemory) test('text above 2 GiB', above2GiB);

const above4GiB = () => {
  const memory = new WebAssembly.Memory({ initial: 81920n, address: 'i64' });
  const heap = Heap.adopt({ memory, malloc: () => 2 ** 32 + 4096, free: () => undefined }, { address: 'i64' });
  useFar(heap, [2 ** 32 - 11, 2 ** 32 + 1, 5 * 2 ** 30 - 40_001]);
  const string = heap.allocString('far away', 'utf16');
  assert.equal(string.byteOffset, 2 ** 32 + 4096);
  assert.equal(string.value, 'far away');
};

if (can.memory64 && can.bigMemory) test('text above 4 GiB', above4GiB);
