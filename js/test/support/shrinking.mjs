// What the tests of shrinking share.

import assert from 'node:assert/strict';

import { Heap } from 'allot';

const pageBytes = 65536;

/** Makes a heap some pages larger; they are free then. */
export function puffUp(heap, pages = 8) {
  heap.free(heap.malloc(pages * pageBytes));
}

/** A heap that has pages to give back, and what makes it one. */
export function puffed(options = {}, pages = 8) {
  const heap = Heap.createSync(options);
  puffUp(heap, pages);
  return heap;
}

/** Trims, and expects that to have done what it says. Gives how many pages. */
export function trimmed(heap) {
  const [old, before] = [heap.memory, heap.buffer];
  const byteLength = before.byteLength;
  const pages = heap.trim();
  heap.validate();
  assert.equal(pages > 0, heap.memory !== old, 'another memory, if anything was given back');
  if (pages === 0) {
    assert.equal(heap.buffer, before);
    return 0;
  }
  assert.equal(before.byteLength, 0, 'views of before are detached');
  assert.equal(heap.trim(), 0, 'nothing is left to give back');
  assert.ok(heap.buffer.byteLength >= byteLength - pages * pageBytes);
  return pages;
}

/** Has every new memory refused while something runs. */
export function withoutMemory(action) {
  const { Memory } = WebAssembly;
  WebAssembly.Memory = class extends Memory {
    constructor() {
      throw new RangeError('no memory today');
    }
  };
  try {
    return action();
  } finally {
    WebAssembly.Memory = Memory;
  }
}
