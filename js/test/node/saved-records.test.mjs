// What JavaScript saves of a heap's hint stacks, to put it back when a move fails, is all of them. Their length is found in
// the heap itself: docs/heap-image.md.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Heap } from 'allot';

// What a build makes is not there when the sources are checked.
const part = (name) => import(new URL(`../../dist/${name}.js`, import.meta.url).href);
const { imageWords } = await part('generated/image-words');
const { hintBytes } = await part('moving/records');

const sizes = 128;

/** The places that the stacks of a heap have, and how many bytes all take: up to the end above the last. */
function hintsOf(heap) {
  const header = new DataView(heap.buffer, heap.imageAddress);
  const at = Number(header.getBigUint64(imageWords.hints, true));
  const words = new Uint32Array(heap.buffer, at);
  let place = -1;
  for (let ends = 0; ends <= sizes; ends++) do place++; while (words[2 * place + 1] !== 1);
  return { places: header.getUint16(imageWords.hint_cap, true), bytes: 8 * (place + 1) };
}

/** Allocates until the heap has grown, for short blocks of several sizes, of which some are free. */
function growForShort(heap) {
  const from = heap.buffer.byteLength;
  for (let i = 0; heap.buffer.byteLength === from; i++) {
    const block = heap.malloc(100 + 16 * (i % 5));
    if (i % 8 === 0) heap.free(block);
  }
}

test('the hint stacks are as long as they are taken for, however many places they have', () => {
  assert.deepEqual(hintsOf(Heap.createSync({ policy: 'exact' })), { places: 0, bytes: hintBytes(0) });
  const heap = Heap.createSync({ maximum: 10_000 });
  const seen = [];
  while (seen.at(-1) !== 1024) {
    const { places, bytes } = hintsOf(heap);
    if (seen.at(-1) !== places) seen.push(places);
    assert.equal(hintBytes(places), bytes, `${places} places`);
    heap.malloc(heap.buffer.byteLength / 8); // nobody touches it
    growForShort(heap);
  }
  assert.deepEqual(seen, [8, 16, 32, 64, 128, 256, 512, 1024]);
});
