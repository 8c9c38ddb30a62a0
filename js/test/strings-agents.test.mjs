// Text that another agent changes while it is read or written.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Heap } from 'allot';

import { can, startAgent } from './support/runtime.mjs';
import './support/strict-codecs.mjs';
import { encodings, unitBytes } from './support/text-codecs.mjs';

/** Words that the agents tell each other with: that it has begun, and that it is to end. */
const begun = 16;
const ended = 20;

/** In the other agent: writes two patterns of bytes in turn, one byte after the other, until told to end. */
function flicker({ memory, at, patterns, begun, ended }) {
  const bytes = new Uint8Array(memory.buffer);
  const words = new Int32Array(memory.buffer);
  let rounds = 0;
  while (Atomics.load(words, ended / 4) === 0) {
    for (const pattern of patterns) for (let i = 0; i < pattern.length; i++) bytes[at + i] = pattern[i];
    if (rounds++ === 100) Atomics.store(words, begun / 4, 1);
  }
  return rounds;
}

/** Runs `use(heap, at)` while the bytes from `at` on flicker between patterns. */
async function whileFlickering(patterns, use) {
  const memory = new WebAssembly.Memory({ initial: 4, maximum: 4, shared: true });
  const heap = Heap.createSync({ memory, begin: 65536 });
  const at = heap.malloc(patterns[0].length + 64) + 16;
  const words = new Int32Array(memory.buffer);
  const { result } = startAgent(flicker, { memory, at, patterns, begun, ended });
  try {
    while (Atomics.load(words, begun / 4) === 0) {
      await Promise.race([result, new Promise((resolve) => setTimeout(resolve, 2))]);
    }
    use(heap, at);
  } finally {
    Atomics.store(words, ended / 4, 1);
    await result;
  }
}

/** Bytes that repeat a pattern, with a terminator of four bytes at their end. */
const repeat = (pattern, byteLength) =>
  Uint8Array.from({ length: byteLength }, (_, i) => (i < byteLength - 4 ? pattern[i % pattern.length] : 0));

async function terminators() {
  for (const byteLength of [24, 60, 204, 8004]) {
    // Text and terminators, in turn: whichever is found, what is read ends before it.
    const patterns = [repeat([0x41, 0x41, 0x41, 0x41], byteLength), repeat([0x41, 0, 0, 0, 0, 0, 0, 0], byteLength)];
    await whileFlickering(patterns, (heap, at) => {
      for (let round = 0; round < 1500; round++) {
        for (const encoding of encodings) {
          const text = heap.readCString(at, encoding);
          if (text.includes('\0')) assert.fail(`${encoding}: a terminator inside a text of ${text.length}`);
          assert.ok(text.length <= (byteLength - 4) / unitBytes[encoding]);
        }
      }
    });
  }
}

async function sequences() {
  // Whatever bytes of the two are read, they decode to these, or to U+FFFD where they do not fit together.
  const patterns = [repeat([0xc3, 0xa9, 0x61, 0x62], 404), repeat([0x61, 0x62, 0xc3, 0xa9], 404)];
  await whileFlickering(patterns, (heap, at) => {
    for (let round = 0; round < 3000; round++) {
      for (const byteLength of [4, 16, 28, 32, 64, 400]) {
        const text = heap.readString(at, byteLength);
        if (!/^[ab\u00e9\ufffd]*$/.test(text)) assert.fail(`read ${JSON.stringify(text)}`);
        assert.ok(text.length >= byteLength / 2 && text.length <= byteLength);
      }
    }
  });
}

async function neighbours() {
  const patterns = [new Uint8Array(400).fill(0x41), new Uint8Array(400).fill(0xff)];
  await whileFlickering(patterns, (heap, at) => {
    const before = heap.bytes(at - 16, 16);
    const behind = heap.bytes(at + 400, 32);
    before.fill(0x55);
    behind.fill(0x55);
    for (let round = 0; round < 2000; round++) {
      for (const encoding of encodings) {
        const length = (round * 7) % (400 / unitBytes[encoding]);
        heap.writeCString(at, 'x'.repeat(length), encoding, 400);
        heap.writeString(at, 'é😀'.repeat(length / 8), encoding, 400);
      }
    }
    assert.ok([...before, ...behind].every((byte) => byte === 0x55));
  });
}

if (can.sendShared) {
  test('a terminator that comes and goes is never inside the text', terminators);
  test('a text that changes while it is read is decoded as some text', sequences);
  test('a text that changes while it is written reaches nothing else', neighbours);
}
