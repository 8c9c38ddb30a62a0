// Text read and written: what every encoding has in common, and every bad argument.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Heap } from 'allot';

import { changesNothing, throwsCode } from './support/expect.mjs';
import { makeRandom } from './support/random.mjs';
import { encode, encodings, unitBytes } from './support/text-codecs.mjs';

const ascii = ['', 'a', 'plain ASCII', 'a\0b', 'x'.repeat(32), 'x'.repeat(33), 'line\r\n', 'x'.repeat(100_000)];
const samples = {
  ascii,
  latin1: [...ascii, 'héllo', 'ÿ\u0080\u009f', 'é'.repeat(5000)],
  utf8: [...ascii, 'héllo', '日本語', '😀 in a string', '\ufeffmark', 'é日😀'.repeat(9000)],
};
samples.utf16 = samples.utf32 = samples.utf8;

for (const encoding of encodings) {
  test(`${encoding}: what is written is read`, () => {
    const heap = Heap.createSync({ maximum: 100 });
    const p = heap.malloc(500_000);
    for (const text of samples[encoding]) {
      for (const at of [p, p + 1, p + 2, p + 3]) {
        const written = heap.writeString(at, text, encoding);
        assert.equal(written, encode(text, encoding).length);
        assert.equal(heap.readString(at, written, encoding), text);
        assert.equal(heap.readString(at, written, encoding, { fatal: true }), text);
        assert.equal(heap.writeCString(at, text, encoding, undefined, { fatal: true }), written);
        assert.equal(heap.readCString(at, encoding), text.slice(0, (text + '\0').indexOf('\0')));
      }
    }
  });
}

test('utf8 is the default', () => {
  const heap = Heap.createSync();
  const p = heap.malloc(32);
  assert.equal(heap.writeCString(p, 'é日'), 5);
  assert.equal(heap.readCString(p), 'é日');
  assert.equal(heap.readString(p, 5), 'é日');
  assert.equal(heap.writeString(p, '😀'), 4);
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
    const encoding = random.pick(['utf8', 'utf16', 'utf32']);
    const bytes = encode(text, encoding);
    const at = p + random.below(100);
    heap.fill(p, 4096, 0xee);
    assert.equal(heap.writeString(at, text, encoding, bytes.length), bytes.length);
    assert.equal(heap.readString(at, bytes.length, encoding), text);
    assert.equal(heap.readUint8(at + bytes.length), 0xee, 'the byte behind it');
  }
});

test('a string that does not fit is not written at all', () => {
  const heap = Heap.createSync();
  const p = heap.malloc(32);
  const bytes = heap.bytes(p, 32);
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
  for (const encoding of encodings) {
    throwsCode(() => heap.writeString(end - 4, 'hello', encoding), 'RangeError', 'out_of_bounds', /memory has 65536/);
    throwsCode(() => heap.writeCString(end - 4, 'hell', encoding), 'RangeError', 'out_of_bounds');
    throwsCode(() => heap.writeString(end - 4, 'a', encoding, 5), 'RangeError', 'out_of_bounds');
    throwsCode(() => heap.writeString(end + 1, '', encoding), 'RangeError', 'out_of_bounds');
    throwsCode(() => heap.writeString(2 ** 40, 'a', encoding), 'RangeError', 'out_of_bounds');
    throwsCode(() => heap.writeString(end - 4, 'x'.repeat(60_000), encoding), 'RangeError', 'out_of_bounds');
    throwsCode(() => heap.readString(end - 4, 8, encoding), 'RangeError', 'out_of_bounds');
    throwsCode(() => heap.readString(end + 1, 0, encoding), 'RangeError', 'out_of_bounds');
    throwsCode(() => heap.readString(2 ** 53 - 1, 4, encoding), 'RangeError', 'out_of_bounds');
    throwsCode(() => heap.readString(16, 2 ** 40, encoding), 'RangeError', 'size_too_large');
    assert.equal(heap.writeString(end, '', encoding), 0);
    assert.equal(heap.readString(end, 0, encoding), '');
  }
  assert.equal(heap.readUint32(end - 4), 0x55555555);
  assert.equal(heap.writeString(end - 4, 'abcd'), 4);
  assert.equal(heap.readString(end - 4, 4), 'abcd');
});

test('lone surrogates and malformed bytes become U+FFFD', () => {
  const heap = Heap.createSync();
  const p = heap.malloc(32);
  assert.equal(heap.writeString(p, 'a\ud800b\udfffc'), 9);
  assert.equal(heap.readString(p, 9), 'a\ufffdb\ufffdc');
  heap.bytes(p, 5).set([0x61, 0xff, 0xe2, 0x82, 0x62]);
  assert.equal(heap.readString(p, 5), 'a\ufffd\ufffdb');
});

test('a byte order mark is a character like any other', () => {
  const heap = Heap.createSync();
  const p = heap.malloc(256);
  for (const encoding of ['utf8', 'utf16', 'utf32']) {
    for (const text of ['\ufeff', '\ufeffshort', '\ufeff\ufeff', `\ufeff${'long'.repeat(12)}`, '\ufffe']) {
      const length = heap.writeString(p, text, encoding);
      assert.equal(heap.readString(p, length, encoding), text);
      assert.equal(heap.readString(p, length, encoding, { fatal: true }), text);
    }
  }
});

test('units that are not whole are refused, in words that say so', () => {
  const heap = Heap.createSync();
  const p = heap.malloc(32);
  for (const [encoding, length] of [['utf16', 1], ['utf16', 5], ['utf32', 1], ['utf32', 2], ['utf32', 7]]) {
    const unit = unitBytes[encoding];
    const message = new RegExp(`byteLength is ${length}.*${encoding}.* ${unit} bytes`);
    throwsCode(() => heap.readString(p, length, encoding), 'RangeError', 'invalid_number', message);
  }
});

test('bad arguments are refused', () => {
  const heap = Heap.createSync();
  const p = heap.malloc(16);
  const calls = {
    writeString: (text, at, encoding, capacity, options) => heap.writeString(at, text, encoding, capacity, options),
    writeCString: (text, at, encoding, capacity, options) => heap.writeCString(at, text, encoding, capacity, options),
    readString: (text, at, encoding, length = 4, options) => heap.readString(at, length, encoding, options),
    readCString: (text, at, encoding, maximum, options) => heap.readCString(at, encoding, { ...options, maximum }),
  };
  const before = new Uint8Array(heap.buffer.slice(0));
  for (const [name, call] of Object.entries(calls)) {
    const message = new RegExp(name);
    for (const encoding of encodings) {
      for (const at of [-1, NaN, 0.5, Infinity]) {
        throwsCode(() => call('a', at, encoding), 'RangeError', 'invalid_number', message);
        if (at < Infinity || name !== 'readCString') {
          throwsCode(() => call('a', p, encoding, at), 'RangeError', 'invalid_number', message);
        }
      }
      for (const at of ['16', 16n, null, {}, [1], true, Symbol('16')]) {
        throwsCode(() => call('a', at, encoding), 'TypeError', 'wrong_type', message);
        throwsCode(() => call('a', p, encoding, at), 'TypeError', 'wrong_type', message);
      }
      for (const options of [{ fatal: 1 }, { fatal: 'yes' }, { fatal: null }, { keepSurrogates: 1 }]) {
        throwsCode(() => call('a', p, encoding, undefined, options), 'TypeError', 'wrong_type', message);
      }
    }
    for (const encoding of ['ascii', 'latin1', 'utf8']) {
      const options = { keepSurrogates: true };
      throwsCode(() => call('a', p, encoding, undefined, options), 'TypeError', 'invalid_option', /utf16 and utf32/);
    }
    for (const encoding of ['utf-16', 'UTF8', '', 'utf16le', 'toString', '__proto__']) {
      throwsCode(() => call('a', p, encoding), 'RangeError', 'unsupported_encoding', message);
    }
    for (const encoding of [8, null, {}, Symbol('utf8')]) {
      throwsCode(() => call('a', p, encoding), 'TypeError', 'wrong_type', message);
    }
  }
  for (const options of [null, true, 1, 'fatal']) {
    throwsCode(() => heap.readString(p, 1, 'utf8', options), 'TypeError', 'wrong_type', /options/);
    throwsCode(() => heap.writeString(p, 'a', 'utf8', 16, options), 'TypeError', 'wrong_type', /options/);
    throwsCode(() => heap.readCString(p, 'utf8', options), 'TypeError', 'wrong_type', /options/);
  }
  for (const text of [1, 1n, null, undefined, {}, ['a'], Symbol('a')]) {
    throwsCode(() => heap.writeString(p, text), 'TypeError', 'wrong_type', /text/);
    throwsCode(() => heap.writeCString(p, text, 'utf16'), 'TypeError', 'wrong_type', /text/);
  }
  assert.ok(before.every((byte, at) => heap.readUint8(at) === byte), 'nothing was changed');
});

test('options that grow the memory while they are looked at do no harm', () => {
  const heap = Heap.createSync({ maximum: 10 });
  const p = heap.malloc(16);
  const options = () => ({
    get fatal() {
      heap.memory.grow(1);
      return true;
    },
  });
  assert.equal(heap.writeCString(p, 'grown', 'utf8', 16, options()), 5);
  assert.equal(heap.readString(p, 5, 'utf8', options()), 'grown');
  assert.equal(heap.readCString(p, 'utf8', options()), 'grown');
});

test('a string that cannot be allocated changes nothing', () => {
  const heap = Heap.createSync({ maximum: 1 });
  changesNothing(heap, () => heap.allocString('x'.repeat(100_000)), 'RangeError', 'out_of_memory');
  changesNothing(heap, () => heap.allocString('a', 'utf7'), 'RangeError', 'unsupported_encoding');
  changesNothing(heap, () => heap.allocString(1), 'TypeError', 'wrong_type');
});
