// Runs the children, one after another, and turns their samples into rows.
//
// A row is { workload, allocator, metric, median, min, max, unit }. Every child is one process for
// one job; processes of different jobs alternate, so that a slow minute of the machine spreads.

import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const child = fileURLToPath(new URL('child.mjs', import.meta.url));

/**
 * Measures `jobs` in `processes` processes each. With `seconds`, another round of processes is begun
 * only when it would end in that time, going by those before; the first is always made.
 * Returns the rows, and how many processes there were for each job.
 */
export function measure({ jobs, modules, processes, runs, seconds = Infinity, progress = () => {} }) {
  const begin = performance.now();
  const samples = new Map();
  const add = (workload, allocator, metric, unit, values) => {
    const key = JSON.stringify([workload, allocator, metric]);
    if (!samples.has(key)) samples.set(key, { workload, allocator, metric, unit, values: [] });
    samples.get(key).values.push(...values);
  };
  let turn = 0;
  for (; turn < processes; turn++) {
    const elapsed = (performance.now() - begin) / 1000;
    if (turn > 0 && (elapsed * (turn + 1)) / turn > seconds) break;
    for (const job of jobs) {
      progress(`process ${turn + 1} of ${processes}: ${job.rows.join(' ')}`);
      const { rows, memory } = runChild({ number: job.number, modules, runs, turn });
      for (const workload of job.rows) {
        for (const [allocator, values] of Object.entries(rows[workload])) {
          add(workload, allocator, 'ns_per_op', 'ns', values);
        }
      }
      for (const [allocator, { taken, peak }] of Object.entries(memory)) {
        if (allocator === 'floor') continue; // it takes no memory
        if (job.space) add(job.space, allocator, 'space_ratio', 'ratio', [taken / peak]);
        if (job.heapBytes) add(job.space, allocator, 'heap_bytes', 'bytes', [taken]);
      }
    }
  }
  const rows = [...samples.values()].map(({ values, unit, ...row }) => ({
    ...row,
    ...summary(values),
    unit,
  }));
  return { rows, processes: turn };
}

function runChild(order) {
  const done = spawnSync(process.execPath, [child, JSON.stringify(order)], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (done.status !== 0)
    throw new Error(`a measuring process ended with ${done.signal ?? `status ${done.status}`}`);
  return JSON.parse(done.stdout);
}

export function summary(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const median = sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  return { median: round(median), min: round(sorted[0]), max: round(sorted.at(-1)) };
}

// Four digits are more than a timing holds; whole bytes stay whole.
const round = (value) => (Number.isInteger(value) ? value : Number(value.toPrecision(4)));
