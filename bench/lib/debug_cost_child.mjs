// One process, one state of debugging: prints the nanoseconds of a malloc and a free.
//
// Started by debug_cost.mjs with { state, runs }. A process of its own for each state: what an engine has learnt
// about one must not slow down or speed up the next.

import { Heap } from '../../js/dist/index.js';

const slots = 1000;
const pairs = 10_000;

/** Switches a state on; what it gives, if anything, is called between two runs. */
const states = {
  never: () => undefined,
  'off again'(heap) {
    for (const debug of [true, { canaries: 'both' }, { poison: true }]) {
      heap.debug = debug;
      work(heap, new Array(slots).fill(0));
    }
    const trace = heap.trace();
    work(heap, new Array(slots).fill(0));
    trace.stop();
    heap.debug = false;
  },
  poison(heap) {
    heap.debug = { poison: true, quarantine: false };
  },
  quarantine(heap) {
    heap.debug = { quarantine: true };
  },
  canaries(heap) {
    heap.debug = { canaries: true };
  },
  everything(heap) {
    heap.debug = true;
  },
  trace(heap) {
    let trace = heap.trace({ live: false });
    return () => {
      trace.stop(); // or it takes more memory with each run
      trace = heap.trace({ live: false });
    };
  },
};

/** Frees a random slot and allocates 1 to 512 bytes into it, again and again; then frees all. */
function work(heap, blocks) {
  let random = 0x9e3779b9;
  for (let i = 0; i < pairs; i++) {
    random ^= random << 13;
    random ^= random >>> 17;
    random ^= random << 5;
    const slot = (random >>> 0) % slots;
    if (blocks[slot] !== 0) heap.free(blocks[slot]);
    blocks[slot] = heap.malloc(1 + ((random >>> 8) & 511));
  }
  for (let slot = 0; slot < slots; slot++) {
    if (blocks[slot] !== 0) heap.free(blocks[slot]);
    blocks[slot] = 0;
  }
}

function time(heap) {
  const blocks = new Array(slots).fill(0);
  const start = performance.now();
  work(heap, blocks);
  return ((performance.now() - start) * 1e6) / pairs;
}

const { state, runs } = JSON.parse(process.argv[2]);
const heap = Heap.createSync();
const between = states[state](heap);
let least = Infinity;
// The engine compiles its best code during the first of these, which are thrown away.
for (let i = 0; i < 20 + runs; i++) {
  const ns = time(heap);
  if (i >= 20) least = Math.min(least, ns);
  between?.();
}
// The least of a few: what others on the machine cost comes on top.
process.stdout.write(JSON.stringify(least));
