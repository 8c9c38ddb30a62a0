// A memory that a heap has left is collected: nothing of the package holds it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

import { Heap } from 'allot';

import { places } from '../support/expect.mjs';
import { puffUp } from '../support/shrinking.mjs';
import { beginBehindData, statefulBytes } from '../support/stateful.mjs';

setFlagsFromString('--expose-gc');
const gc = runInNewContext('gc');

/** Gives how many of them are not collected after a while. */
async function countLeft(references) {
  for (let i = 0; i < 20; i++) {
    // Whoever looks at a reference holds the thing until his task has ended: first all are collected.
    gc();
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  return references.filter((reference) => reference.deref() !== undefined).length;
}

/** In a function of its own, so that nothing of the first memory stays on the stack. */
function setUp(image) {
  const heap = Heap.createSync({ image, ...beginBehindData, track: true });
  heap.debug = { poison: true };
  heap.on('resize', () => undefined);
  const kept = heap.alloc(Int32Array, [1, 2, 3]);
  assert.equal(heap.atomics.load('Int32', kept.byteOffset), 1);
  heap.imports.free(heap.imports.malloc(100));
  const log = () => undefined;
  const module = new WebAssembly.Module(statefulBytes());
  const make = () => new WebAssembly.Instance(module, { env: { memory: heap.memory, log } });
  const raw = { instance: heap.bind(make, () => (raw.instance = make())) };
  // What is given holds the memory; what is kept of it must not.
  const first = heap.instantiateSync(statefulBytes(), { env: { memory: heap.memory, log } });
  const { table } = first.exports;
  const bound = [
    first,
    heap.instantiateSync(module, { env: { ...heap.imports, log, table } }),
    heap.instantiateSync(module, { env: { log } }),
    heap.instantiateSync(module, () => ({ env: { memory: heap.memory, log } })),
  ];
  return { heap, kept, raw, bound };
}

function trim(heap) {
  const left = new WeakRef(heap.memory);
  puffUp(heap);
  assert.ok(heap.trim() > 0);
  return left;
}

for (const image of places) {
  test(`memories that were left are collected (${image})`, async () => {
    const { heap, kept, raw, bound } = setUp(image);
    const left = [1, 2, 3, 4].map(() => trim(heap));
    heap.free(heap.malloc(16)); // what debugging has looked at last
    assert.equal(await countLeft(left), 0);
    for (const { exports } of [...bound, raw.instance]) assert.equal(exports.next(), 1);
    assert.equal(kept.view[2], 3);
  });
}
