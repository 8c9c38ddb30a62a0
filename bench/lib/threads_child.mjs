// One process of measuring threads: for every workload and allocator a fresh memory and fresh instances in two
// workers that stay. Told by its parent through one JSON argument; answers with one line of JSON:
// [{ allocator, workload, mops: [of each run] }].

import { readFileSync } from 'node:fs';
import { Worker } from 'node:worker_threads';

const { modules, workloads, runs, operations, turn, mostPages } = JSON.parse(process.argv[2]);
const most = Math.max(...workloads.map((workload) => Number(workload.split('/').at(-1))));
const workers = Array.from({ length: most }, () => new Worker(new URL('threads_worker.mjs', import.meta.url)));
const compiled = Object.fromEntries(Object.entries(modules).map(([name, path]) => [name, new WebAssembly.Module(readFileSync(path))]));

const ask = (worker, message) =>
  new Promise((resolve, reject) => {
    worker.once('message', ({ error, ...answer }) => (error === undefined ? resolve(answer) : reject(new Error(error))));
    worker.postMessage(message);
  });

async function measure(name, workload) {
  const threads = Number(workload.split('/').at(-1));
  const kind = workload.startsWith('W2x') ? 'shared' : 'own';
  const memory = new WebAssembly.Memory({ initial: 64, maximum: mostPages, shared: true });
  const gate = new Int32Array(new SharedArrayBuffer(8));
  const team = workers.slice(0, threads);
  // The first alone, as it makes the heap.
  for (const [thread, worker] of team.entries()) {
    await ask(worker, { do: 'begin', module: compiled[name], memory, gate, thread, threads, kind });
  }
  const mops = [];
  for (let run = -2; run < runs; run++) {
    Atomics.store(gate, 0, 0);
    const times = await Promise.all(team.map((worker) => ask(worker, { do: 'run', operations })));
    const milliseconds = Math.max(...times.map(({ end }) => end)) - Math.min(...times.map(({ begin }) => begin));
    if (run >= 0) mops.push((threads * operations) / milliseconds / 1000); // those before have warmed it up
  }
  return mops;
}

const names = Object.keys(modules);
const results = [];
for (const workload of workloads) {
  for (let i = 0; i < names.length; i++) {
    const allocator = names[(i + turn) % names.length];
    try {
      results.push({ allocator, workload, mops: await measure(allocator, workload) });
    } catch (error) {
      results.push({ allocator, workload, error: error.message });
    }
  }
}
console.log(JSON.stringify(results));
process.exit(0);
