// Takes memories, each in the moment in which its sender is about to grow it, and uses all of each.

import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';

import { Heap } from 'allot';

const { port, gate, places, rounds } = workerData;
const waitFor = (place, round) => { while (Atomics.load(gate, place) < round); };

function useAll(memory) {
  const heap = Heap.attachSync(memory, { validate: false });
  const blocks = [];
  try {
    for (;;) blocks.push(heap.malloc(60_000));
  } catch (error) {
    if (error.code !== 'out_of_memory') throw error;
  }
  for (const block of blocks) heap.writeUint32(block + 59_996, block);
  heap.detach();
  return blocks.length;
}

const results = [];
for (let round = 1; round <= rounds; round++) {
  waitFor(places.sent, round);
  // Without going through the event loop, so that this and the growth come at the same time.
  Atomics.store(gate, places.taking, round);
  const { message: memory } = receiveMessageOnPort(port);
  waitFor(places.grown, round);
  try {
    results.push(useAll(memory));
  } catch ({ code, message }) {
    results.push(`${code}: ${message}`);
  }
  Atomics.store(gate, places.used, round);
}
parentPort.postMessage(results);
