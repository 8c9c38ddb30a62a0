// How fast JavaScript reads and writes Int32s in a memory: by the heap's methods, through a ref, and
// beside them a bare Int32Array (which goes stale when the memory grows, and reads undefined beyond its
// end) and the npm package wasm-heap-manager.

import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { summary } from './measure.mjs';
import { runChild } from './run_child.mjs';
import { layout } from './table.mjs';

const path = (name) => fileURLToPath(new URL(name, import.meta.url));
const child = path('access_child.mjs');
const heapManager = path('../../tests/npm/node_modules/wasm-heap-manager/dist/exports/Exports.js');

const ways = ['raw', 'allot', 'allot-ref', 'wasm-heap-manager'];

/** Measures in `processes` processes for each way, taking turns. Gives rows as measure() does. */
export function measureAccess({ processes, progress = () => {} }) {
  const present = ways.filter((way) => way !== 'wasm-heap-manager' || existsSync(heapManager));
  const samples = new Map();
  for (let turn = 0; turn < processes; turn++) {
    for (const shared of [false, true]) {
      for (const way of present) {
        progress(`reading and writing, ${turn + 1} of ${processes}: ${way}`);
        const times = runChild(child, { way, shared, runs: 20, heapManager });
        for (const [operation, ns] of Object.entries(times)) {
          const key = JSON.stringify([`${operation}/${shared ? 'shared' : 'plain'}`, way]);
          samples.set(key, [...(samples.get(key) ?? []), ns]);
        }
      }
    }
  }
  return [...samples].map(([key, values]) => {
    const [workload, allocator] = JSON.parse(key);
    return { workload, allocator, metric: 'ns_per_op', ...summary(values), unit: 'ns' };
  });
}

/** A table of what measureAccess found, with the ratios to the bare array. */
export function accessTable(rows) {
  const workloads = [...new Set(rows.map(({ workload }) => workload))].sort();
  const lines = workloads.flatMap((workload) => {
    const mine = rows.filter((row) => row.workload === workload);
    const raw = mine.find(({ allocator }) => allocator === 'raw').median;
    return mine.map(({ allocator, median, min, max }) => [
      `${workload} ${allocator}`,
      median.toFixed(2),
      min.toFixed(2),
      max.toFixed(2),
      (median / raw).toFixed(2),
    ]);
  });
  return `Int32s in a loop, from JavaScript\n${layout([['', 'ns', 'min', 'max', '× raw'], ...lines])}`;
}
