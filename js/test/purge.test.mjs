// Giving free pages inside the memory back: engines that can are rare, so that one is played here.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Heap } from 'allot';

import { places } from './support/expect.mjs';

const pageBytes = 65536;

/** A memory that can discard, as the proposal says: whole pages become zero. */
function discarding(initial) {
  const memory = new WebAssembly.Memory({ initial });
  const calls = [];
  memory.discard = (byteOffset, byteLength) => {
    assert.ok(byteOffset % pageBytes === 0 && byteLength % pageBytes === 0 && byteLength > 0);
    new Uint8Array(memory.buffer, byteOffset, byteLength).fill(0);
    calls.push({ byteOffset, byteLength });
  };
  return { memory, calls };
}

for (const image of places) {
  test(`whole free pages are given back, and nothing else (${image})`, () => {
    const { memory, calls } = discarding(1);
    const heap = Heap.createSync({ memory, image });
    const blocks = Array.from({ length: 8 }, (_, i) => {
      const at = heap.malloc(3 * pageBytes);
      heap.fill(at, 3 * pageBytes, i + 1);
      return at;
    });
    blocks.sort((a, b) => a - b);
    for (const i of [1, 2, 5]) heap.free(blocks[i]);
    const { byteLength } = heap.buffer;
    const bytes = heap.purge();
    heap.validate();
    assert.equal(heap.buffer.byteLength, byteLength);
    assert.equal(bytes, calls.reduce((sum, call) => sum + call.byteLength, 0));
    assert.ok(bytes >= 7 * pageBytes && bytes <= heap.stat('free'), `${bytes} bytes`);
    for (const i of [0, 3, 4, 6, 7]) {
      const value = heap.readUint8(blocks[i]);
      assert.ok(heap.bytes(blocks[i], 3 * pageBytes).every((byte) => byte === value && byte > 0), `block ${i}`);
    }
    for (const { byteOffset, byteLength: length } of calls) {
      const inside = [...heap.blocks()].some((block) => {
        return block.kind === 'free' && block.byteOffset <= byteOffset &&
          byteOffset + length <= block.byteOffset + block.byteLength;
      });
      assert.ok(inside, `${byteOffset} is free`);
    }
    // They can be used again.
    const again = heap.malloc(6 * pageBytes);
    heap.fill(again, 6 * pageBytes, 9);
    heap.validate();
  });

  test(`where the engine cannot, nothing happens (${image})`, () => {
    const heap = Heap.createSync({ image });
    heap.free(heap.malloc(10 * pageBytes));
    if (typeof heap.memory.discard === 'function') assert.ok(heap.purge() > 0);
    else assert.equal(heap.purge(), 0);
    heap.validate();
  });
}
