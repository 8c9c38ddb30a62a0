// Lengths about every limit in the package, every alignment, every capacity about the one needed: what
// is written is all of it or nothing, and never a byte more.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { throwsCode } from './support/expect.mjs';
import './support/strict-codecs.mjs';
import { encode, encodings, unitBytes } from './support/text-codecs.mjs';
import { makeHeap, memoryKinds, TextField } from './support/text-heaps.mjs';

/** Numbers of UTF-16 units about which the package, or an engine, changes its way. */
const lengths = [...Array(36).keys(), 47, 48, 49, 63, 64, 65, 66, 127, 128, 129, 255, 256, 4097, 16383, 16384, 16385];

/** Texts of a length: of one byte, two, three and four for a character in UTF-8, and mixed. */
function textsOf(length) {
  const text = (piece) => piece.repeat(Math.ceil(length / piece.length)).slice(0, length);
  return ['x', 'aé', '日本', '😀', 'ab😀é日\ud800'].map(text);
}

for (const kind of memoryKinds) {
  for (const encoding of encodings) {
    test(`${encoding}, ${kind} memory: all lengths, with room to spare and with just enough`, () => {
      const heap = makeHeap(kind);
      const unit = unitBytes[encoding];
      const zeros = new Uint8Array(unit);
      const field = new TextField(heap, 66_000);
      for (const length of lengths) {
        field.at = field.begin + 32 + (length % 4);
        for (const text of textsOf(length)) {
          const bytes = encode(text, encoding);
          const terminated = Uint8Array.from([...bytes, ...zeros]);
          for (const capacity of [undefined, bytes.length, bytes.length + 1, 4 * length + 40]) {
            field.clear();
            assert.equal(heap.writeString(field.at, text, encoding, capacity), bytes.length);
            field.expect(bytes, `${length} units, capacity ${capacity}`);
          }
          for (const capacity of [undefined, terminated.length, terminated.length + 1, 4 * length + 44]) {
            field.clear();
            assert.equal(heap.writeCString(field.at, text, encoding, capacity), bytes.length);
            field.expect(terminated, `${length} units and a terminator, capacity ${capacity}`);
          }
          const back = heap.readString(field.at, bytes.length, encoding);
          assert.deepEqual(encode(back, encoding), bytes);
          assert.equal(heap.readCString(field.at, encoding), back);
        }
      }
    });

    test(`${encoding}, ${kind} memory: less room than needed, and nothing is written`, () => {
      const heap = makeHeap(kind);
      const unit = unitBytes[encoding];
      const field = new TextField(heap, 66_000, 1);
      for (const length of lengths.filter((units) => units > 0)) {
        for (const text of textsOf(length)) {
          const needed = encode(text, encoding).length;
          const message = (bytes, capacity) => new RegExp(`takes ${bytes} bytes; there are ${capacity}`);
          for (const capacity of new Set([needed - 1, needed - unit, needed >> 1, 0])) {
            field.clear();
            throwsCode(
              () => heap.writeString(field.at, text, encoding, capacity),
              'RangeError',
              'string_too_long',
              message(needed, capacity),
            );
            field.expect([], `${length} units, capacity ${capacity}`);
          }
          for (const capacity of new Set([needed + unit - 1, needed, needed - 1, 0])) {
            throwsCode(
              () => heap.writeCString(field.at, text, encoding, capacity),
              'RangeError',
              'string_too_long',
              message(needed + unit, capacity),
            );
            field.expect([], `${length} units and a terminator, capacity ${capacity}`);
          }
        }
      }
    });

    test(`${encoding}, ${kind} memory: no capacity but the end of the memory`, () => {
      const heap = makeHeap(kind);
      const unit = unitBytes[encoding];
      for (const length of lengths.filter((units) => units > 0)) {
        for (const text of textsOf(length)) {
          const bytes = encode(text, encoding);
          const end = heap.buffer.byteLength;
          const at = end - bytes.length;
          heap.bytes(at - 8, bytes.length + 8).fill(0x55);
          if (bytes.length > 0) throwsCode(() => heap.writeString(at + 1, text, encoding), 'RangeError', 'out_of_bounds');
          throwsCode(() => heap.writeCString(at, text, encoding), 'RangeError', 'out_of_bounds');
          throwsCode(() => heap.writeCString(at - unit + 1, text, encoding), 'RangeError', 'out_of_bounds');
          assert.ok(heap.bytes(at - 8, bytes.length + 8).every((byte) => byte === 0x55), 'nothing was written');
          assert.equal(heap.writeCString(at - unit, text, encoding), bytes.length);
          assert.deepEqual(heap.bytes(at - unit, bytes.length).slice(), bytes);
          assert.ok(heap.bytes(end - unit, unit).every((byte) => byte === 0), 'the terminator');
          const read = heap.readCString(at - unit, encoding);
          assert.equal(heap.writeString(at, text, encoding), bytes.length);
          assert.deepEqual(heap.bytes(at, bytes.length).slice(), bytes);
          assert.equal(heap.readString(at, bytes.length, encoding), read);
        }
      }
    });
  }

  test(`every alignment of every encoding, ${kind} memory`, () => {
    const heap = makeHeap(kind);
    const text = 'aligned or not: é日😀'.repeat(20);
    for (const encoding of encodings) {
      const bytes = encode(text, encoding);
      const expected = encoding === 'ascii' || encoding === 'latin1' ? heapFreeText(bytes) : text;
      for (let alignment = 0; alignment < 16; alignment++) {
        const field = new TextField(heap, bytes.length + 4, alignment);
        heap.writeCString(field.at, text, encoding);
        assert.deepEqual(field.bytes(bytes.length), bytes);
        for (const short of [16, 64]) {
          assert.equal(heap.readString(field.at, short, encoding), heap.readCString(field.at, encoding, { maximum: short }));
        }
        assert.equal(heap.readString(field.at, bytes.length, encoding), expected);
        assert.equal(heap.readCString(field.at, encoding), expected);
        field.free();
      }
    }
  });
}

/** What single bytes say. */
function heapFreeText(bytes) {
  return Array.from(bytes, (byte) => String.fromCharCode(byte)).join('');
}

test('a capacity that ends inside a unit', () => {
  const heap = makeHeap('plain');
  const field = new TextField(heap, 64);
  for (const [encoding, text, enough, terminated] of [['utf16', 'ab', 5, 7], ['utf32', 'a', 7, 11]]) {
    const bytes = encode(text, encoding);
    field.clear();
    heap.writeString(field.at, text, encoding, enough);
    field.expect(bytes, encoding);
    heap.writeCString(field.at, text, encoding, terminated);
    field.expect([...bytes, ...new Uint8Array(unitBytes[encoding])], encoding);
    throwsCode(() => heap.writeCString(field.at, text, encoding, enough), 'RangeError', 'string_too_long');
  }
});

test('a single question mark stands for a character of two units', () => {
  const heap = makeHeap('plain');
  const field = new TextField(heap, 64);
  for (const encoding of ['ascii', 'latin1']) {
    field.clear();
    assert.equal(heap.writeString(field.at, 'a😀b\ud83dc', encoding, 5), 5);
    field.expect([0x61, 0x3f, 0x62, 0x3f, 0x63], encoding);
    throwsCode(() => heap.writeString(field.at, 'a😀b\ud83dc', encoding, 4), 'RangeError', 'string_too_long', /takes 5/);
  }
});

for (const kind of memoryKinds) {
  test(`short texts that an encoding has not all of, where there is just enough room, ${kind} memory`, () => {
    const heap = makeHeap(kind);
    const field = new TextField(heap, 200, 1);
    for (const encoding of encodings) {
      for (let length = 1; length <= 33; length++) {
        for (let place = 0; place < length; place++) {
          for (const odd of ['é', 'Ā', '日', '😀', '\ud800']) {
            const text = `${'x'.repeat(place)}${odd}${'y'.repeat(length - place - 1)}`;
            const bytes = encode(text, encoding);
            const terminated = [...bytes, ...Array(unitBytes[encoding]).fill(0)];
            field.clear();
            assert.equal(heap.writeString(field.at, text, encoding, bytes.length), bytes.length);
            field.expect(bytes, `${encoding}: ${text}`);
            field.clear();
            assert.equal(heap.writeCString(field.at, text, encoding, terminated.length), bytes.length);
            field.expect(terminated, `${encoding}: ${text}, with a terminator`);
          }
        }
      }
    }
  });
}
