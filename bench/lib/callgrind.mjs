// How many machine instructions a workload takes, counted by callgrind: the same at every run.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from './make.mjs';
import { readTrace } from './trace_file.mjs';
import { jobs } from './workloads.mjs';

// Fewer operations than where time is measured: a count has no noise, and callgrind is some fifty
// times slower. What runs before the `+` brings the heap into its steady state.
const churn = (kind, live, operations) => ({
  calls: [
    `${kind}_fill:${live}`,
    `${kind}_churn:${live}:${operations}`,
    `+${kind}_churn:${live}:${operations}`,
  ],
  operations,
});
const round = ['batch_malloc', 'batch_free'];
const free = (order) => ({
  calls: [`batch_order:${order}`, ...round, 'batch_malloc', '+batch_free'],
  operations: 100_000,
});

export const counted = {
  ...Object.fromEntries(
    [16, 64, 256, 4096].map((size) => [
      `W1/${size}`,
      { calls: [`pair:${size}:1000`, `+pair:${size}:20000`], operations: 20_000 },
    ]),
  ),
  'W2/1k': churn('small', 1_000, 100_000),
  'W2/10k': churn('small', 10_000, 100_000),
  'W2/100k': churn('small', 100_000, 200_000),
  W3: churn('octave', 10_000, 50_000),
  'W4/malloc': { calls: ['batch_order:0', ...round, '+batch_malloc'], operations: 100_000 },
  'W4/free-fifo': free(0),
  'W4/free-reverse': free(1),
  'W4/free-random': free(2),
  W5: { calls: ['vector_grow', 'vector_free', '+vector_grow'], operations: 64 * 17 },
  W6: churn('large', 64, 2_000),
  'W7/100': churn('small', 100, 50_000),
  'first/W2': { calls: ['+small_fill:100000'], operations: 100_000 },
  'first/W4': { calls: ['batch_order:0', '+batch_malloc'], operations: 100_000 },
};

// The recorded calls of real programs, one by one.
for (const { rows, traces } of jobs.filter(({ guest }) => guest === 'replay')) {
  traces.forEach((trace, i) => (counted[rows[i + 1]] = { guest: 'replay', trace }));
}

/** Whole programs, their own work included: to compile and to count takes minutes, and so only where they are asked for. */
export const countedPrograms = Object.fromEntries(['sqlite', 'lua'].map((name) => [name, { guest: name, trace: name, whole: true }]));

/** Instructions per operation of one workload. `traceOf(program)`: the file of a program's trace. */
export function countInstructions(program, workload, traceOf) {
  const { trace, whole } = counted[workload] ?? countedPrograms[workload];
  const file = trace && traceOf(trace);
  const { calls, operations } = trace
    ? { calls: whole ? [] : [file], operations: readTrace(readFileSync(file)).calls }
    : counted[workload];
  const folder = mkdtempSync(join(tmpdir(), 'allot-bench-'));
  const profile = join(folder, 'profile');
  try {
    const command = ['valgrind', '--tool=callgrind', '--quiet', '--toggle-collect=measured'];
    run([...command, `--callgrind-out-file=${profile}`, program, ...calls], { stdio: ['ignore', 'pipe', 'pipe'] });
    const total = /^(?:totals|summary): (\d+)/m.exec(readFileSync(profile, 'utf8'));
    if (!total || total[1] === '0') throw new Error(`callgrind counted nothing for ${workload}`);
    return Number(total[1]) / operations;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
