// A memory that grows while a worker gets it. V8 does not tell of that growth who was just reading how long the memory is,
// so that atomic instructions trapped in the new pages (docs/threads.md).

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';

import { Heap } from 'allot';

const rounds = 200;
const pages = 48;
const patience = 30_000;

/** Words of the gate: in which round somebody has come to that. */
const places = { sent: 0, taking: 1, grown: 2, used: 3, words: 4 };

test('an agent that comes while the memory grows can use all of it', async () => {
  const gate = new Int32Array(new SharedArrayBuffer(4 * places.words));
  const { port1, port2 } = new MessageChannel();
  const worker = new Worker(new URL('support/late-memory-worker.mjs', import.meta.url), {
    workerData: { port: port2, gate, places, rounds },
    transferList: [port2],
  });
  const end = performance.now() + patience;
  const waitFor = (place, round) => {
    for (let looks = 1; Atomics.load(gate, place) < round; looks++) {
      if (looks % 10_000 === 0) assert.ok(performance.now() < end, `the worker does not come to ${place}`);
    }
  };
  try {
    await once(worker, 'online');
    for (let round = 1; round <= rounds; round++) {
      const heap = Heap.createSync({ shared: true, maximum: pages + 1 });
      port1.postMessage(heap.memory);
      Atomics.store(gate, places.sent, round);
      waitFor(places.taking, round);
      // Not always equally late.
      for (let i = 0; i < 20 * (round % 50); i++) Atomics.load(gate, places.taking);
      heap.grow(pages);
      Atomics.store(gate, places.grown, round);
      waitFor(places.used, round);
      heap.validate();
    }
    const [results] = await once(worker, 'message');
    const bad = results.filter((blocks) => typeof blocks !== 'number' || blocks < 0.9 * pages);
    assert.deepEqual(bad, []);
  } finally {
    await worker.terminate();
    port1.close();
  }
});
