// A worker that uses heaps whose records were damaged after they were joined, as a guest might do to
// a host. It runs apart from the test so that a call that never ends is noticed, not waited for.

import { parentPort, workerData } from 'node:worker_threads';

import { Heap } from 'allot';

import { makeRandom } from '../../support/random.mjs';

/** A heap with live, free and record blocks in it. */
export function usedHeap(policy) {
  const heap = Heap.createSync({ policy, maximum: 64 });
  const blocks = [];
  for (let i = 0; i < 800; i++) blocks.push(heap.malloc(16 + (i * 53) % 1500));
  for (let i = 0; i < 800; i += 3) heap.free(blocks[i]);
  return heap;
}

/** Copies of a heap's memory, each with one byte of its records changed at random. */
export function* damagedCopies(heap, count, random) {
  const records = [...heap.blocks()].filter(({ kind }) => kind === 'metadata');
  for (let round = 0; round < count; round++) {
    const { byteOffset, byteLength } = random.pick(records);
    const memory = new WebAssembly.Memory({ initial: heap.buffer.byteLength / 65536, maximum: 64 });
    const bytes = new Uint8Array(memory.buffer);
    bytes.set(new Uint8Array(heap.buffer));
    bytes[byteOffset + random.below(byteLength)] ^= 1 + random.below(255);
    yield memory;
  }
}

/** Uses a heap; every call may fail, but only with an error of this package. */
function use(heap, random) {
  for (let i = 0; i < 50; i++) {
    const p = heap.malloc(16 + random.below(2000));
    if (i % 2 === 0) heap.free(p);
  }
  for (const { byteOffset, kind } of heap.blocks()) if (kind === 'live') heap.free(byteOffset);
  heap.validate();
}

if (parentPort !== null && workerData?.policy !== undefined) {
  const random = makeRandom(workerData.seed);
  const heap = usedHeap(workerData.policy);
  let refused = 0;
  for (const memory of damagedCopies(heap, workerData.count, random)) {
    try {
      use(Heap.attachSync(memory, { address: heap.imageAddress, validate: false }), random);
    } catch (error) {
      if (typeof error.code !== 'string') throw error;
      refused++;
    }
  }
  parentPort.postMessage({ refused });
}
