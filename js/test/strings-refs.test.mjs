// Refs to text: allocated ones, fields of structs, and what is at an address.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Heap, Ref, StringRef, struct } from 'allot';

import { changesNothing, throwsCode } from './support/expect.mjs';
import { can } from './support/runtime.mjs';
import './support/strict-codecs.mjs';
import { encode, encodings, unitBytes } from './support/text-codecs.mjs';

const texts = ['', 'a', 'short', 'x'.repeat(31), 'x'.repeat(32), 'x'.repeat(33), 'long '.repeat(3000)];

test('allocString makes a block of its own, with a terminator behind the text', () => {
  const heap = Heap.createSync({ maximum: 100, policy: 'exact' });
  for (const encoding of encodings) {
    const unit = unitBytes[encoding];
    const own = ['ascii', 'latin1'].includes(encoding) ? texts : [...texts, 'é日😀', '\ufeff'];
    for (const text of own) {
      // What lay there before must not be what ends the text.
      const old = heap.malloc(encode(text, encoding).length + unit);
      heap.fill(old, heap.usableSize(old), 0x41);
      heap.free(old);
      const blocks = heap.stat('blocks');
      const string = heap.allocString(text, encoding);
      const bytes = encode(text, encoding);
      assert.ok(string instanceof StringRef && string instanceof Ref);
      assert.equal(heap.stat('blocks'), blocks + 1);
      assert.equal(string.value, text);
      assert.equal(string.read(), text);
      assert.equal(string.encoding, encoding);
      assert.equal(string.byteLength, bytes.length);
      assert.equal(string.length, bytes.length / unit);
      assert.equal(string.capacity, bytes.length + unit);
      assert.deepEqual(string.bytes.slice(), bytes);
      assert.ok(heap.bytes(string.byteOffset + bytes.length, unit).every((byte) => byte === 0));
      assert.equal(heap.readString(string.byteOffset, string.byteLength, encoding), text);
      assert.equal(heap.readCString(string.byteOffset, encoding), text);
      assert.ok(heap.usableSize(string.byteOffset) >= string.capacity);
      string.free();
      assert.equal(heap.stat('blocks'), blocks);
    }
  }
  heap.validate();
});

test('a ref is a view on the bytes of its text', () => {
  const heap = Heap.createSync();
  for (const [encoding, array] of [['utf8', Uint8Array], ['latin1', Uint8Array], ['utf16', Uint16Array], ['utf32', Uint32Array]]) {
    const string = heap.allocString('abc', encoding);
    assert.equal(string.buffer, heap.buffer);
    assert.deepEqual(new Uint8Array(string.buffer, string.byteOffset, string.byteLength).slice(), encode('abc', encoding));
    const view = string.encodedView;
    assert.equal(view.constructor, array);
    assert.equal(view.buffer, heap.buffer);
    assert.deepEqual([...view], [0x61, 0x62, 0x63]);
    string.value = 'b';
    assert.deepEqual([...string.encodedView], [0x62]);
    assert.equal(string.byteLength, unitBytes[encoding]);
  }
});

test('what does not fit is not written', () => {
  const heap = Heap.createSync();
  for (const encoding of encodings) {
    const string = heap.allocString('12345', encoding);
    string.value = 'abc';
    assert.equal(string.value, 'abc');
    assert.equal(string.write('ABCDE'), string);
    assert.equal(string.value, 'ABCDE');
    const wide = encoding === 'utf8' ? 'abécd' : 'sixbyt';
    for (const text of [wide, '123456', 'x'.repeat(100), 'x'.repeat(20_000)]) {
      const before = heap.bytes(string.byteOffset, 32).slice();
      changesNothing(heap, () => (string.value = text), 'RangeError', 'string_too_long');
      throwsCode(() => string.write(text), 'RangeError', 'string_too_long', /write/);
      assert.deepEqual(heap.bytes(string.byteOffset, 32).slice(), before);
    }
    for (const text of [1, null, undefined, {}]) throwsCode(() => (string.value = text), 'TypeError', 'wrong_type', /text/);
    assert.equal(string.value, 'ABCDE');
    string.value = '';
    assert.equal(string.value, '');
    assert.equal(string.length, 0);
  }
});

test('a block for a text that is yet to come', () => {
  const heap = Heap.createSync();
  for (const encoding of encodings) {
    const unit = unitBytes[encoding];
    const string = heap.allocString({ byteLength: 8 * unit }, encoding);
    assert.equal(string.capacity, 8 * unit);
    assert.equal(string.value, '');
    string.value = '7 chars';
    assert.equal(string.value, '7 chars');
    throwsCode(() => string.write('8 chars!'), 'RangeError', 'string_too_long', new RegExp(`takes ${9 * unit} bytes; there are ${8 * unit}`));
    heap.fill(string.byteOffset, string.capacity, 0x41);
    assert.equal(string.length, 8, 'it never looks beyond its capacity');
    string.value = 'ab';
    string.clear();
    assert.equal(string.value, '');
    assert.ok(heap.bytes(string.byteOffset, string.capacity).every((byte) => byte === 0));
  }
});

test('a ref stays good when the memory grows', () => {
  for (const shared of can.shared ? [false, true] : [false]) {
    const heap = Heap.createSync({ maximum: 20, shared });
    const string = heap.allocString('before');
    heap.memory.grow(3);
    assert.equal(string.value, 'before');
    heap.malloc(3 * 65536);
    string.value = 'after!';
    assert.equal(string.value, 'after!');
    assert.equal(string.byteLength, 6);
  }
});

test('a ref whose block was freed throws', () => {
  const heap = Heap.createSync();
  const frees = [(string) => string.free(), (string) => heap.free(string), (string) => heap.free(string.byteOffset)];
  for (const free of frees) {
    const string = heap.allocString('text');
    free(string);
    const uses = [
      () => string.value,
      () => (string.value = 'a'),
      () => string.read(),
      () => string.write('a'),
      () => string.byteLength,
      () => string.length,
      () => string.byteOffset,
      () => string.encodedView,
      () => string.bytes,
      () => string.buffer,
      () => string.clear(),
      () => string.free(),
    ];
    const blocks = heap.stat('blocks');
    for (const use of uses) throwsCode(use, 'HeapError', 'freed_ref');
    assert.equal(string.isFreed, true);
    assert.equal(heap.stat('blocks'), blocks);
  }
});

test('what is malformed is refused where that was asked for', () => {
  const heap = Heap.createSync();
  changesNothing(heap, () => heap.allocString('\ud800', 'utf8', { fatal: true }), 'TypeError', 'malformed_text', /U\+D800 at index 0/);
  changesNothing(heap, () => heap.allocString('é', 'ascii', { fatal: true }), 'TypeError', 'malformed_text', /U\+00E9 at index 0/);
  changesNothing(heap, () => heap.allocString('a', 'utf8', { fatal: 1 }), 'TypeError', 'wrong_type');
  changesNothing(heap, () => heap.allocString('a', 'utf8', { keepSurrogates: true }), 'TypeError', 'invalid_option');
  changesNothing(heap, () => heap.allocString({ byteLength: 8 }, 'utf8', { fatal: 1 }), 'TypeError', 'wrong_type');

  const strict = heap.allocString('good', 'utf8', { fatal: true });
  throwsCode(() => (strict.value = 'a\udc00'), 'TypeError', 'malformed_text', /U\+DC00 at index 1/);
  assert.equal(strict.value, 'good');
  heap.writeUint8(strict.byteOffset + 1, 0xff);
  throwsCode(() => strict.value, 'TypeError', 'malformed_text', /FF at \d+, byte 1 of the text/);
  assert.equal(strict.read({}), 'g\ufffdod');

  const options = { fatal: false };
  const lax = heap.allocString('good', 'utf8', options);
  heap.writeUint8(lax.byteOffset + 1, 0xff);
  options.fatal = true; // the caller's to change, without a word to the ref
  assert.equal(lax.value, 'g\ufffdod');

  const kept = heap.allocString('a\ud800', 'utf16', { keepSurrogates: true });
  assert.equal(kept.value, 'a\ud800');
  kept.value = '\udc00b';
  assert.equal(kept.value, '\udc00b');
  assert.equal(kept.read({}), '\ufffdb');

  const replaced = heap.allocString('a\ud800');
  assert.equal(replaced.value, 'a\ufffd');
  throwsCode(() => replaced.write('\ud800', { fatal: true }), 'TypeError', 'malformed_text');
  assert.equal(replaced.value, 'a\ufffd');
});

test('a text in a struct may fill its field', () => {
  const heap = Heap.createSync();
  const type = struct({ before: 'Uint8', name: { string: 'utf8', byteLength: 8 }, after: 'Uint32' });
  const item = heap.alloc(type, { before: 255, name: '', after: 0xffffffff });
  const name = item.part('name');
  assert.ok(name instanceof StringRef);
  for (const text of ['', 'a', '1234567', '12345678', 'éééé', '日本é']) {
    heap.bytes(name.byteOffset, 8).fill(0x78);
    name.value = text;
    assert.equal(name.value, text);
    assert.equal(item.name, text);
    assert.equal(name.byteLength, encode(text, 'utf8').length);
  }
  name.value = '12345678';
  for (const text of ['123456789', '日本日', 'x'.repeat(50)]) {
    throwsCode(() => (name.value = text), 'RangeError', 'string_too_long', /there are 8/);
    assert.equal(name.value, '12345678');
  }
  assert.equal(item.before, 255);
  assert.equal(item.after, 0xffffffff);
});
