// A worker of compat-local-shared-memory-workers.test.mjs: works on the memory that it is given, and tells
// at the end what it has left there.

import { parentPort, workerData } from 'node:worker_threads';

import LocalSharedMemory from 'allot/compat/local-shared-memory';

import { makeRandom } from '../../support/random.mjs';

const { memory: received, id, operations, longest } = workerData;
const memory = LocalSharedMemory.attach(received);
const random = makeRandom(id * 7919);
const alignments = [16, 16, 16, 1, 2, 64, 3, 256];
const live = [];

/** Refuses to go on when a block is not as this worker left it. */
function check({ offset, length }) {
  const view = memory.arrayView(Uint8Array, offset);
  if (view.length !== length) throw new Error(`${view.length} bytes at ${offset}, not ${length}`);
  if (!view.every((byte) => byte === id)) throw new Error(`somebody else has written to the block at ${offset}`);
}

/** Where memory is scarce, makes room; gives undefined then. */
function attempt(action) {
  try {
    return action();
  } catch (error) {
    if (error.code !== 'out_of_memory') throw error;
    while (live.length > 5) memory.free(live.pop().offset);
    return undefined;
  }
}

for (let i = 0; i < operations; i++) {
  const length = random.percent(90) ? 1 + random.below(200) : 1 + random.below(longest);
  const alignment = random.pick(alignments);
  if (live.length === 0 || random.percent(52)) {
    const offset = attempt(() => memory.malloc(length, alignment));
    if (offset === undefined) continue;
    if (offset % alignment !== 0) throw new Error(`${offset} is not a multiple of ${alignment}`);
    memory.memset(offset, id, length);
    live.push({ offset, length, id });
    continue;
  }
  const place = random.below(live.length);
  const block = live[place];
  check(block);
  if (random.percent(75)) {
    memory.free(block.offset);
    live[place] = live[live.length - 1];
    live.pop();
  } else {
    const offset = attempt(() => memory.realloc(block.offset, length, alignment));
    if (offset === undefined) continue;
    memory.memset(offset, id, length);
    live[place] = { offset, length, id };
  }
}
live.forEach(check);
parentPort.postMessage(live);
