// Where a null-terminated text ends: its terminator at every place, and none where there should be one.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { throwsCode } from './support/expect.mjs';
import './support/strict-codecs.mjs';
import { encode, encodings, unitBytes } from './support/text-codecs.mjs';
import { makeHeap, memoryKinds } from './support/text-heaps.mjs';

const lengths = [...Array(70).keys(), 127, 128, 129, 1023, 1024, 1025, 4095, 4096, 4097, 4100, 12_000];

for (const kind of memoryKinds) {
  for (const encoding of encodings) {
    const unit = unitBytes[encoding];

    test(`${encoding}, ${kind} memory: a terminator at every place, from every address`, () => {
      const heap = makeHeap(kind);
      const p = heap.malloc(50_100);
      for (const length of lengths) {
        for (let at = p; at < p + 8; at++) {
          // What lies before and behind must not count: zeros before, other text behind.
          heap.bytes(at - 8, 8).fill(0);
          heap.bytes(at, (length + 8) * unit).fill(0x41);
          if (unit > 1) heap.bytes(at, (length + 8) * unit).forEach((_, i, bytes) => (bytes[i] = i % unit === 0 ? 0x41 : 0));
          heap.bytes(at + length * unit, unit).fill(0);
          const text = heap.readCString(at, encoding);
          if (text !== 'A'.repeat(length)) assert.fail(`${length} units at ${at - p}: read ${text.length}`);
        }
      }
    });

    test(`${encoding}, ${kind} memory: reading stops at the maximum`, () => {
      const heap = makeHeap(kind);
      const p = heap.malloc(50_100) + 1;
      const count = 9000;
      heap.writeCString(p, 'x'.repeat(count), encoding);
      for (const units of [0, 1, 2, 7, 8, 15, 16, 31, 32, 33, 63, 64, 65, 500, 4096, 8999, 9000]) {
        for (let extra = 0; extra < unit; extra++) {
          assert.equal(heap.readCString(p, encoding, { maximum: units * unit + extra }).length, units);
        }
      }
      assert.equal(heap.readCString(p, encoding, { maximum: 50_000 }).length, count);
      assert.equal(heap.readCString(p, encoding, { maximum: Infinity }).length, count);
      assert.equal(heap.readCString(p, encoding, { maximum: 2 ** 53 - 1 }).length, count, 'beyond the memory');
      assert.equal(heap.readCString(p, encoding, { maximum: undefined }).length, count);
    });

    test(`${encoding}, ${kind} memory: no terminator before the memory ends`, () => {
      const heap = makeHeap(kind);
      const end = heap.buffer.byteLength;
      for (const bytes of [1, 2, 3, 4, 5, 8, 31, 32, 33, 64, 65, 4096, 4097, 9000, 20_001]) {
        const at = end - bytes;
        heap.bytes(at, bytes).fill(0x41);
        throwsCode(() => heap.readCString(at, encoding), 'RangeError', 'out_of_bounds', /no terminator/);
        throwsCode(() => heap.readCString(at, encoding, { maximum: bytes + unit }), 'RangeError', 'out_of_bounds');
        const whole = bytes - (bytes % unit);
        const options = { maximum: whole };
        assert.equal(heap.readCString(at, encoding, options), heap.readString(at, whole, encoding), 'a maximum will do');
        if (whole === 0) continue;
        heap.bytes(at + whole - unit, unit).fill(0);
        assert.equal(heap.readCString(at, encoding), heap.readString(at, whole - unit, encoding), 'the last place');
      }
      throwsCode(() => heap.readCString(end, encoding), 'RangeError', 'out_of_bounds');
      throwsCode(() => heap.readCString(end + 1, encoding, { maximum: 0 }), 'RangeError', 'out_of_bounds');
      assert.equal(heap.readCString(end, encoding, { maximum: 0 }), '');
    });

    test(`${encoding}, ${kind} memory: units that are zero in part are no terminators`, () => {
      const heap = makeHeap(kind);
      const p = heap.malloc(1000);
      // Every byte of each unit is once the only one that is not zero.
      const codes = encoding === 'utf32' ? [0x41, 0x4100, 0x100000, 0x10ffff] : [0x41, 0x100, 0x4100, 0xff00];
      const fitting = codes.filter((code) => unit > 1 || code < 0x80);
      for (const code of fitting) {
        for (const length of [1, 2, 3, 5, 17, 40]) {
          const text = String.fromCodePoint(code).repeat(length);
          for (let at = p; at < p + 8; at++) {
            heap.writeCString(at, text, encoding);
            assert.equal(heap.readCString(at, encoding), text);
          }
        }
      }
    });
  }
}

test('utf16: the halves of two units that are zero together are no terminator', () => {
  const heap = makeHeap('plain');
  const p = heap.malloc(64);
  for (let at = p; at < p + 4; at++) {
    heap.bytes(at, 8).set([1, 0, 0, 1, 2, 0, 0, 0]);
    assert.equal(heap.readCString(at, 'utf16'), '\u0001\u0100\u0002');
  }
});

test('utf8: bytes about zero are not mistaken for it', () => {
  const heap = makeHeap('plain');
  const p = heap.malloc(600);
  // Borrowing in the search for a zero byte goes from byte to byte: 0x01, 0x80 and 0x81 are the ones to fear.
  for (const pattern of [[0x01, 0x80], [0x80, 0x01], [0x01], [0x81, 0x80, 0x01, 0x7f], [0xff, 0x01], [0x01, 0x01, 0x00]]) {
    for (let at = p; at < p + 4; at++) {
      const bytes = Uint8Array.from({ length: 200 }, (_, i) => pattern[i % pattern.length]);
      bytes[199] = 0;
      heap.bytes(at, 200).set(bytes);
      const expected = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes.slice(0, bytes.indexOf(0)));
      assert.equal(heap.readCString(at), expected);
    }
  }
});

test('an empty text, and one of terminators', () => {
  const heap = makeHeap('plain');
  const p = heap.malloc(64);
  for (const encoding of encodings) {
    heap.fill(p, 64, 0x55);
    assert.equal(heap.writeCString(p, '', encoding, unitBytes[encoding]), 0);
    assert.deepEqual(heap.bytes(p, 5).slice(), Uint8Array.from({ length: 5 }, (_, i) => (i < unitBytes[encoding] ? 0 : 0x55)));
    assert.equal(heap.readCString(p, encoding), '');
    assert.equal(heap.writeCString(p, '\0\0', encoding), encode('\0\0', encoding).length);
    assert.equal(heap.readCString(p, encoding), '');
  }
});
