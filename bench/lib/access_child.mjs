// One process, one way to read and write Int32s in a memory: prints the nanoseconds of each.
//
// Started by access.mjs with { way, shared, runs, heapManager }. A process of its own for each way:
// what an engine has learnt about one must not slow down or speed up the next.

import { begin, byAddress, byIndex, count, raw, time } from './access_loops.mjs';

const { way, shared, runs, heapManager } = JSON.parse(process.argv[2]);
const memory = new WebAssembly.Memory({ initial: 16, maximum: 32, shared });

const ways = {
  async raw() {
    memory.grow(1);
    return { ...raw, subject: new Int32Array(memory.buffer) };
  },
  async allot() {
    const { Heap } = await import('../../js/dist/index.js');
    return { ...byAddress, subject: Heap.createSync({ memory }) };
  },
  async 'allot-ref'() {
    const { Heap } = await import('../../js/dist/index.js');
    return { ...byIndex, subject: Heap.createSync({ memory }).ref(Int32Array, begin, count) };
  },
  async 'wasm-heap-manager'() {
    const { createWasmHeapManager } = await import(heapManager);
    return { ...byAddress, subject: createWasmHeapManager(() => memory.buffer, () => begin, () => {}) };
  },
};

const { read, write, subject } = await ways[way]();
// A memory that has never grown is a special case that engines are faster at; few stay that way.
if (way !== 'raw') memory.grow(1);
const samples = { read: [], write: [] };
// The engine compiles its best code during the first of these, which are thrown away.
for (let i = 0; i < 30 + runs; i++) {
  const [r, w] = [time(read, subject), time(write, subject)];
  if (i < 30) continue;
  samples.read.push(r);
  samples.write.push(w);
}
// The least of a few: what others on the machine cost comes on top.
process.stdout.write(JSON.stringify({ read: Math.min(...samples.read), write: Math.min(...samples.write) }));
