// UTF-8 strings read and written.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Heap } from 'allot';

import { changesNothing, throwsCode } from './support/expect.mjs';
import { makeRandom } from './support/random.mjs';

const samples = ['', 'a', 'héllo', '日本語', '😀 in a string', 'a\0b', '\ufeffmark', 'x'.repeat(100_000)];

test('what is written is read', () => {
  const heap = Heap.createSync();
  const p = heap.malloc(400_000);
  for (const text of samples) {
    const written = heap.writeString(p, text);
    assert.equal(written, new TextEncoder().encode(text).length);
    assert.equal(heap.readString(p, written), text);
    assert.equal(heap.readString(p, written, 'utf8'), text);
  }
});

test('random strings, at any offset, with just enough room', () => {
  const random = makeRandom(7);
  const heap = Heap.createSync();
  const p = heap.malloc(4096);
  for (let round = 0; round < 2000; round++) {
    const points = Array.from({ length: random.below(60) }, () =>
      random.pick([random.below(128), random.below(0x800), random.below(0xd800), 0x10000 + random.below(0xfffff)]),
    );
    const text = String.fromCodePoint(...points);
    const bytes = new TextEncoder().encode(text);
    const at = p + random.below(100);
    new Uint8Array(heap.buffer, p, 4096).fill(0xee);
    assert.equal(heap.writeString(at, text, 'utf8', bytes.length), bytes.length);
    assert.equal(heap.readString(at, bytes.length), text);
    assert.equal(heap.readUint8(at + bytes.length), 0xee, 'the byte behind it');
  }
});

test('a string that does not fit is not written at all', () => {
  const heap = Heap.createSync();
  const p = heap.malloc(32);
  const bytes = new Uint8Array(heap.buffer, p, 32);
  for (const [text, capacity] of [['héllo', 5], ['é', 1], ['😀', 3], ['a', 0], ['x'.repeat(33), 32]]) {
    bytes.fill(0x55);
    throwsCode(() => heap.writeString(p, text, 'utf8', capacity), 'RangeError', 'string_too_long', /takes \d+ bytes/);
    assert.ok(bytes.every((byte) => byte === 0x55));
  }
});

test('a string that reaches beyond the memory is not written at all', () => {
  const heap = Heap.createSync();
  const end = heap.buffer.byteLength;
  heap.writeUint32(end - 4, 0x55555555);
  throwsCode(() => heap.writeString(end - 4, 'héllo'), 'RangeError', 'out_of_bounds');
  throwsCode(() => heap.writeString(end - 4, 'a', 'utf8', 5), 'RangeError', 'out_of_bounds');
  throwsCode(() => heap.writeString(end + 1, ''), 'RangeError', 'out_of_bounds');
  assert.equal(heap.readUint32(end - 4), 0x55555555);
  assert.equal(heap.writeString(end - 4, 'abcd'), 4);
  assert.equal(heap.writeString(end, ''), 0);
  assert.equal(heap.readString(end, 0), '');
  throwsCode(() => heap.readString(end - 4, 5), 'RangeError', 'out_of_bounds');
  throwsCode(() => heap.readString(end + 1, 0), 'RangeError', 'out_of_bounds');
  throwsCode(() => heap.readString(16, 2 ** 40), 'RangeError', 'size_too_large');
});

test('lone surrogates and malformed bytes become U+FFFD', () => {
  const heap = Heap.createSync();
  const p = heap.malloc(32);
  assert.equal(heap.writeString(p, 'a\ud800b\udfffc'), 9);
  assert.equal(heap.readString(p, 9), 'a\ufffdb\ufffdc');
  new Uint8Array(heap.buffer, p).set([0x61, 0xff, 0xe2, 0x82, 0x62]);
  assert.equal(heap.readString(p, 5), 'a\ufffd\ufffdb');
});

test('survives growth', () => {
  const heap = Heap.createSync();
  const { byteOffset, byteLength } = heap.allocString('before');
  heap.memory.grow(3);
  assert.equal(heap.readString(byteOffset, byteLength), 'before');
  const end = heap.buffer.byteLength;
  assert.equal(heap.writeString(end - 5, 'after'), 5);
  assert.equal(heap.readString(end - 5, 5), 'after');
});

test('allocString makes a block of its own, with a zero behind the text', () => {
  const heap = Heap.createSync({ maximum: 20 });
  for (const text of samples) {
    const blocks = heap.stat('blocks');
    const string = heap.allocString(text);
    assert.equal(heap.stat('blocks'), blocks + 1);
    assert.equal(heap.readString(string.byteOffset, string.byteLength), text);
    assert.equal(heap.readUint8(string.byteOffset + string.byteLength), 0);
    assert.ok(heap.usableSize(string.byteOffset) > string.byteLength);
    heap.free(string.byteOffset);
  }
  heap.validate();
});

test('allocString that finds no room changes nothing', () => {
  const heap = Heap.createSync({ maximum: 1 });
  changesNothing(heap, () => heap.allocString('x'.repeat(100_000)), 'RangeError', 'out_of_memory');
});

test('bad arguments are refused', () => {
  const heap = Heap.createSync();
  const p = heap.malloc(16);
  for (const text of [1, 1n, null, undefined, {}, ['a'], Symbol('a')]) {
    throwsCode(() => heap.writeString(p, text), 'TypeError', 'wrong_type', /text/);
    throwsCode(() => heap.allocString(text), 'TypeError', 'wrong_type', /text/);
  }
  for (const at of [-1, NaN, 0.5]) {
    throwsCode(() => heap.writeString(at, 'a'), 'RangeError', 'invalid_number');
    throwsCode(() => heap.readString(at, 1), 'RangeError', 'invalid_number');
    throwsCode(() => heap.readString(p, at), 'RangeError', 'invalid_number');
    throwsCode(() => heap.writeString(p, 'a', 'utf8', at), 'RangeError', 'invalid_number');
  }
  for (const at of ['16', 16n, null, {}]) {
    throwsCode(() => heap.writeString(at, 'a'), 'TypeError', 'wrong_type');
    throwsCode(() => heap.readString(at, 1), 'TypeError', 'wrong_type');
    throwsCode(() => heap.readString(p, at), 'TypeError', 'wrong_type');
    throwsCode(() => heap.writeString(p, 'a', 'utf8', at), 'TypeError', 'wrong_type');
  }
  for (const encoding of ['utf16', 'UTF8', '']) {
    throwsCode(() => heap.readString(p, 1, encoding), 'RangeError', 'unsupported_encoding');
    throwsCode(() => heap.writeString(p, 'a', encoding), 'RangeError', 'unsupported_encoding');
    throwsCode(() => heap.allocString('a', encoding), 'RangeError', 'unsupported_encoding');
  }
  throwsCode(() => heap.readString(p, 1, 8), 'TypeError', 'wrong_type');
});
