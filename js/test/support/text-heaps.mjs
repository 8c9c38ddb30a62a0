// Heaps in every kind of memory that the engine has, and bytes in them to write text into, with
// others around that nobody may touch.

import assert from 'node:assert/strict';

import { Heap } from 'allot';

import { can } from './runtime.mjs';

const guard = 0xa5;

/** The kinds of memory: what differs for text is how their buffers grow and who may use them. */
export const memoryKinds = ['plain', ...(can.shared ? ['shared'] : []), ...(can.resizable ? ['resizable'] : [])];

/** A heap in a memory of one kind, which can grow to 100 pages. */
export function makeHeap(kind, initial = 2) {
  const memory = new WebAssembly.Memory({ initial, maximum: 100, shared: kind === 'shared' });
  const heap = Heap.createSync({ memory });
  if (kind === 'resizable') memory.toResizableBuffer();
  return heap;
}

/** Whether two arrays of bytes, each alone in its buffer, are the same. */
function sameWords(a, b) {
  const words = a.length >> 2;
  const [wordsOfA, wordsOfB] = [new Int32Array(a.buffer, 0, words), new Int32Array(b.buffer, 0, words)];
  for (let i = 0; i < words; i++) if (wordsOfA[i] !== wordsOfB[i]) return false;
  for (let i = 4 * words; i < a.length; i++) if (a[i] !== b[i]) return false;
  return a.length === b.length;
}

/** Bytes in a heap for a text, with guards before and behind them. */
export class TextField {
  #guards;

  constructor(heap, byteLength, alignment = 0) {
    this.heap = heap;
    this.byteLength = byteLength;
    this.begin = heap.malloc(byteLength + 64 + 16);
    this.at = this.begin + 32 + alignment;
    this.clear();
  }

  /** All bytes, guards and those between, become the guard's. */
  clear() {
    this.heap.fill(this.begin, this.byteLength + 64 + 16, guard);
  }

  /** A copy of the first bytes. */
  bytes(byteLength = this.byteLength) {
    return this.heap.bytes(this.at, byteLength).slice();
  }

  /** Puts bytes there. */
  set(bytes) {
    this.heap.bytes(this.at, bytes.length).set(bytes);
  }

  /** Expects exactly these bytes, and that all others around them are as they were. */
  expect(expected, message) {
    const around = this.heap.bytes(this.begin, this.byteLength + 64 + 16).slice();
    const offset = this.at - this.begin;
    // Mostly all is well, which is seen fastest by words.
    const should = this.#should(around.length);
    should.set(expected, offset);
    const isSame = sameWords(around, should);
    should.fill(guard, offset, offset + expected.length);
    if (isSame) return;
    for (let i = 0; i < around.length; i++) {
      const inside = i >= offset && i < offset + expected.length;
      const byte = inside ? expected[i - offset] : guard;
      if (around[i] !== byte) {
        assert.fail(`${message}: byte ${i - offset} is ${around[i]}, not ${byte} (${expected.length} were to be written)`);
      }
    }
    assert.fail(`${message}: words differ, bytes do not`);
  }

  /** Guards, as many as there are bytes around; whoever writes among them puts them back. */
  #should(byteLength) {
    if (this.#guards?.length !== byteLength) this.#guards = new Uint8Array(byteLength).fill(guard);
    return this.#guards;
  }

  free() {
    this.heap.free(this.begin);
  }
}
