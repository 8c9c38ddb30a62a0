// One process of a measurement: one job, all allocators side by side, their runs interleaved.
//
// Told by its parent through one JSON argument; answers with one line of JSON:
// { rows: { row: { allocator: [ns per operation, one a run] } }, memory: { allocator: { taken, peak } } }

import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { jobs } from './workloads.mjs';

const { number, modules, runs, turn } = JSON.parse(process.argv[2]);
const job = jobs[number];

// Space is read after so many runs whatever --runs says, so that it does not depend on it.
const spaceAfter = Math.min(runs, 3);

const names = Object.keys(modules);
const instances = Object.fromEntries(names.map((name) => [name, instantiate(modules[name])]));

// Once untimed: the engine compiles its best code in the background, and first touches of memory
// by the operating system (common to all) are not part of an allocator's time.
for (const name of names) runOnce(name);
await sleep(20);

const rows = {};
const memory = {};
for (let i = 0; i < runs; i++) {
  for (let k = 0; k < names.length; k++) {
    const name = names[(k + i + turn) % names.length];
    for (const [row, sample] of runOnce(name)) ((rows[row] ??= {})[name] ??= []).push(sample);
  }
  if (i + 1 === spaceAfter) for (const name of names) memory[name] = memoryOf(name);
}
console.log(JSON.stringify({ rows, memory }));

function instantiate(path) {
  const module = new WebAssembly.Module(readFileSync(path));
  return Array.from({ length: job.instances }, (_, index) => {
    const { exports } = new WebAssembly.Instance(module);
    job.prepare(exports, index);
    return exports;
  });
}

function runOnce(name) {
  const sums = new Map();
  const timed = (row, operations, call) => {
    const start = performance.now();
    const result = call(operations);
    const elapsed = performance.now() - start;
    const sum = sums.get(row) ?? { elapsed: 0, operations: 0 };
    sum.elapsed += elapsed;
    sum.operations += operations ?? result;
    sums.set(row, sum);
  };
  instances[name].forEach((exports, index) => job.run(exports, timed, index));
  return [...sums].map(([row, sum]) => [row, (sum.elapsed * 1e6) / sum.operations]);
}

// The instance that took most, where there are several.
function memoryOf(name) {
  const all = instances[name].map((exports) => ({
    taken: exports.memory.buffer.byteLength - exports.__heap_base.value,
    peak: exports.peak_bytes(),
  }));
  return all.reduce((most, one) => (one.taken > most.taken ? one : most));
}
