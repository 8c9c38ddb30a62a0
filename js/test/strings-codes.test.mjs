// Every character there is, and every malformed sequence of a different kind, in all encodings: in
// short texts, which the package decodes itself, and in long ones, which it leaves to the platform.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Heap } from 'allot';

import { throwsCode } from './support/expect.mjs';
import { makeRandom } from './support/random.mjs';
import { decode, encode, encodings, findUnfit, unitBytes } from './support/text-codecs.mjs';

const lastCode = 0x10ffff;

/** Strings that together hold every code point (surrogates too) in order, a space between any two of them. */
function* everyCode(count) {
  for (let code = 0; code <= lastCode; code += count) {
    let text = '';
    for (let i = code; i < Math.min(code + count, lastCode + 1); i++) text += `${String.fromCodePoint(i)} `;
    yield text;
  }
}

const same = (a, b) => a.length === b.length && a.every((byte, i) => byte === b[i]);

/** Expects a text to be written and read as the definitions have it. */
function check(heap, at, text, encoding, keep = false) {
  const options = keep ? { keepSurrogates: true } : undefined;
  const bytes = encode(text, encoding, keep);
  const written = heap.writeString(at, text, encoding, bytes.length, options);
  assert.equal(written, bytes.length);
  if (!same(heap.bytes(at, written), bytes)) assert.fail(`${encoding} writes ${JSON.stringify(text)} wrongly`);
  assert.equal(heap.readString(at, written, encoding, options), decode(bytes, encoding, keep).text);
}

for (const encoding of encodings) {
  test(`${encoding}: every code point, in short texts`, () => {
    const heap = Heap.createSync();
    const at = heap.malloc(1024);
    for (const text of everyCode(encoding === 'utf8' ? 6 : 8)) check(heap, at, text, encoding);
  });

  test(`${encoding}: every code point, in long texts`, () => {
    const heap = Heap.createSync();
    const at = heap.malloc(65_000);
    for (const text of everyCode(5000)) check(heap, at, text, encoding);
  });
}

for (const encoding of ['utf16', 'utf32']) {
  test(`${encoding}: lone surrogates that are to be kept come back, everywhere in a text`, () => {
    const heap = Heap.createSync({ maximum: 10 });
    const at = heap.malloc(140_000);
    for (const surrogates of ['\ud800', '\udfff', '\udc00\ud800', '\ud83d\ud83d\ude00']) {
      for (const length of [0, 1, 7, 15, 16, 17, 31, 32, 33, 16382, 16383, 16384, 32768]) {
        for (const text of [surrogates + 'x'.repeat(length), 'x'.repeat(length) + surrogates]) {
          for (const fatal of [false, true]) {
            const options = { keepSurrogates: true, fatal };
            const written = heap.writeString(at, text, encoding, undefined, options);
            assert.equal(written, encode(text, encoding, true).length);
            assert.equal(heap.readString(at, written, encoding, options), text);
          }
        }
      }
    }
  });

  test(`${encoding}: a terminated text with lone surrogates that are to be kept`, () => {
    const heap = Heap.createSync();
    const at = heap.malloc(256);
    heap.writeCString(at, 'a\ud800', encoding, undefined, { keepSurrogates: true });
    assert.equal(heap.readCString(at, encoding, { keepSurrogates: true }), 'a\ud800');
    assert.equal(heap.readCString(at, encoding), 'a\ufffd');
    throwsCode(() => heap.readCString(at, encoding, { fatal: true }), 'TypeError', 'malformed_text', /byte \d+ of the text/);
  });
}

test('lone surrogates anywhere in a text, at all lengths about the limits of short and chunk', () => {
  const heap = Heap.createSync({ maximum: 10 });
  const at = heap.malloc(140_000);
  const lengths = [...Array(70).keys(), 16382, 16383, 16384, 32768];
  for (const encoding of encodings) {
    for (const length of lengths) {
      for (const piece of ['\ud800', '\udfff', '😀', '\ude00\ud83d', '\ud83d\ud83d\ude00']) {
        for (const before of new Set([0, Math.min(1, length), length >> 1, length])) {
          check(heap, at, 'x'.repeat(before) + piece + 'x'.repeat(length - before), encoding);
        }
      }
    }
  }
});

test('ascii and latin1: bytes that would be something in UTF-8 are not taken for it', () => {
  const heap = Heap.createSync();
  const at = heap.malloc(20_000);
  const sequences = ['é', '日', '😀', '\ufffd'].map((piece) => encode(piece, 'utf8'));
  for (const bytes of [...sequences, [0xe9], [0x80, 0x80], [0xff], [0xe2, 0x82]]) {
    for (const length of [0, 1, 31, 32, 33, 50, 16383, 16384]) {
      const all = Uint8Array.from([...new Uint8Array(length).fill(0x78), ...bytes, 0x79]);
      heap.bytes(at, all.length).set(all);
      for (const encoding of ['ascii', 'latin1']) {
        assert.equal(heap.readString(at, all.length, encoding), decode(all, encoding).text);
      }
    }
  }
});

// ── Malformed bytes ─────────────────────────────────────────────────────────────────────────────

const platform = new TextDecoder('utf-8', { ignoreBOM: true });

/** One byte of each kind that the definition of UTF-8 tells apart, and their neighbours. */
const kinds = [
  ...[0x00, 0x41, 0x7f, 0x80, 0x81, 0x8f, 0x90, 0x91, 0x9f, 0xa0, 0xa1, 0xbf, 0xc0, 0xc1, 0xc2, 0xc3, 0xdf],
  ...Array.from({ length: 32 }, (_, i) => 0xe0 + i),
];

/** Reads sequences of equal length, each with a stroke behind it, in short texts; compares with the platform. */
function checkSequences(heap, at, sequences, count, length) {
  const step = length + 1;
  const expected = platform.decode(sequences.subarray(0, count * step)).split('|');
  const perText = Math.floor(32 / step);
  heap.bytes(at, count * step).set(sequences.subarray(0, count * step));
  for (let i = 0; i < count; i += perText) {
    const here = Math.min(perText, count - i);
    const text = heap.readString(at + i * step, here * step);
    if (text !== `${expected.slice(i, i + here).join('|')}|`) {
      assert.fail(`read ${JSON.stringify(text)} from ${sequences.subarray(i * step, (i + here) * step)}`);
    }
  }
}

test('utf8: every sequence of one and two bytes is read as TextDecoder reads it', () => {
  const heap = Heap.createSync({ maximum: 10 });
  const at = heap.malloc(200_000);
  const one = Uint8Array.from({ length: 512 }, (_, i) => (i % 2 === 0 ? i >> 1 : 0x7c));
  one[2 * 0x7c] = 0x7d; // not the stroke itself
  checkSequences(heap, at, one, 256, 1);
  const two = new Uint8Array(65536 * 3);
  for (let i = 0; i < 65536; i++) two.set([i >> 8, i & 255, 0x7c].map((byte, k) => (k < 2 && byte === 0x7c ? 0x7d : byte)), 3 * i);
  checkSequences(heap, at, two, 65536, 2);
});

test('utf8: every sequence of three bytes that begins with another kind of byte', () => {
  const heap = Heap.createSync({ maximum: 10 });
  const at = heap.malloc(65536 * 4);
  const three = new Uint8Array(65536 * 4);
  for (const first of kinds) {
    for (let i = 0; i < 65536; i++) {
      const [second, third] = [i >> 8, i & 255];
      three[4 * i] = first;
      three[4 * i + 1] = second === 0x7c ? 0x7d : second;
      three[4 * i + 2] = third === 0x7c ? 0x7d : third;
      three[4 * i + 3] = 0x7c;
    }
    checkSequences(heap, at, three, 65536, 3);
  }
});

test('utf8: sequences of four bytes of all kinds', () => {
  const heap = Heap.createSync({ maximum: 10 });
  const at = heap.malloc(200_000);
  const four = new Uint8Array(kinds.length ** 2 * 5);
  for (const first of kinds) {
    for (const second of kinds) {
      let to = 0;
      for (const third of kinds) for (const fourth of kinds) to = (four.set([first, second, third, fourth, 0x7c], to), to + 5);
      checkSequences(heap, at, four, kinds.length ** 2, 4);
    }
  }
});

test('malformed bytes at random, in texts of all lengths, replaced and refused', () => {
  const random = makeRandom(11);
  const heap = Heap.createSync();
  const at = heap.malloc(20_000) + 1;
  for (const encoding of encodings) {
    const unit = unitBytes[encoding];
    // Mostly sound, or nearly every text would be malformed in its first bytes.
    const sound = encode('aé日😀 '.repeat(100), encoding);
    for (let round = 0; round < 2000; round++) {
      const length = unit * (round % 10 === 0 ? random.below(400) : random.below(24));
      const bytes = sound.slice(0, length).map((byte) => (random.percent(4) ? random.pick([random.below(256), random.pick(kinds)]) : byte));
      if (encoding === 'utf8' && random.percent(30)) bytes.copyWithin(0, random.below(length + 1)); // begins inside one
      heap.bytes(at, length).set(bytes);
      const { text, malformedAt } = decode(bytes, encoding);
      assert.equal(heap.readString(at, length, encoding), text);
      if (encoding === 'utf8') assert.equal(platform.decode(bytes), text, 'the definition and the platform agree');
      const strict = () => heap.readString(at, length, encoding, { fatal: true });
      if (malformedAt < 0) assert.equal(strict(), text);
      else throwsCode(strict, 'TypeError', 'malformed_text', new RegExp(`at ${at + malformedAt}, byte ${malformedAt} of`));
    }
  }
});

test('characters that an encoding does not have, replaced and refused', () => {
  const random = makeRandom(12);
  const heap = Heap.createSync();
  const at = heap.malloc(20_000);
  const pieces = ['a', 'bc', 'é', 'ÿ', 'Ā', '日', '😀', '\ud800', '\udc00'];
  for (const encoding of encodings) {
    for (let round = 0; round < 1000; round++) {
      const chosen = random.percent(50) ? pieces.slice(0, 2) : pieces;
      const count = round % 10 === 0 ? random.below(3000) : random.below(30);
      const text = Array.from({ length: count }, () => (random.percent(90) ? 'x' : random.pick(chosen))).join('');
      const unfit = findUnfit(text, encoding);
      const bytes = encode(text, encoding);
      heap.fill(at, bytes.length + 1, 0x55);
      const strict = () => heap.writeString(at, text, encoding, undefined, { fatal: true });
      if (unfit < 0) {
        assert.equal(strict(), bytes.length);
      } else {
        throwsCode(strict, 'TypeError', 'malformed_text', new RegExp(`U\\+[0-9A-F]{4,6} at index ${unfit} is`));
        assert.ok(heap.bytes(at, bytes.length).every((byte) => byte === 0x55), 'nothing was written');
        assert.equal(heap.writeString(at, text, encoding), bytes.length);
      }
      if (!same(heap.bytes(at, bytes.length), bytes)) assert.fail(`${encoding} of ${JSON.stringify(text)}`);
    }
  }
});
