// What debugging costs a malloc and a free from JavaScript: a heap that never had it, one that had all of it
// and switched it off, and each of its parts. Off, it must cost nothing: the heap calls its allocator
// directly then.

import { fileURLToPath } from 'node:url';

import { summary } from './measure.mjs';
import { runChild } from './run_child.mjs';
import { layout } from './table.mjs';

const child = fileURLToPath(new URL('debug_cost_child.mjs', import.meta.url));
const workload = 'debugging/pair';
const states = ['never', 'off again', 'trace', 'poison', 'quarantine', 'canaries', 'everything'];

/** Measures in `processes` processes for each state, taking turns. Gives rows as measure() does. */
export function measureDebugCost({ processes, runs = 20, progress = () => {} }) {
  const samples = new Map(states.map((state) => [state, []]));
  for (let turn = 0; turn < processes; turn++) {
    for (const [state, values] of samples) {
      progress(`debugging, ${turn + 1} of ${processes}: ${state}`);
      values.push(runChild(child, { state, runs }));
    }
  }
  return [...samples].map(([state, values]) => {
    return { workload, allocator: state, metric: 'ns_per_op', ...summary(values), unit: 'ns' };
  });
}

/** A table of what measureDebugCost found, with the ratios to a heap that never had debugging. */
export function debugCostTable(rows) {
  const never = rows.find(({ allocator }) => allocator === 'never').median;
  const lines = rows.map(({ allocator, median, min, max }) => [
    allocator,
    ...[median, min, max].map((ns) => ns.toFixed(1)),
    (median / never).toFixed(2),
  ]);
  const table = layout([['', 'ns', 'min', 'max', '× never'], ...lines]);
  return `malloc and free from JavaScript, by what is watched\n${table}`;
}
