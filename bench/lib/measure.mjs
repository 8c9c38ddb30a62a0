// Runs the jobs, one after another, and turns their samples into rows.
//
// A row is { workload, allocator, metric, median, min, max, unit }. Every job is done in a fresh process (or page);
// processes of different jobs alternate, so that a slow minute of the machine spreads.

import { isPeer } from './allocators.mjs';

/**
 * Measures `jobs` in `processes` processes each. `built(guest)` tells { allocator: path of its module }, `traceOf` the
 * file of a program's trace. With `seconds`, another round of processes is begun only when it would end in that time,
 * going by those before; the first is always made. Returns the rows, how many processes there were for each job, and
 * which peers could not do a workload: a Map of 'allocator workload' to why.
 */
export async function measure({
  engine, jobs, built, traceOf, processes, runs, seconds = Infinity, progress = () => {},
}) {
  const begin = performance.now();
  const samples = new Samples();
  const failures = new Map();
  let turn = 0;
  for (; turn < processes; turn++) {
    const elapsed = (performance.now() - begin) / 1000;
    if (turn > 0 && (elapsed * (turn + 1)) / turn > seconds) break;
    for (const job of jobs) {
      const modules = built(job.guest);
      if (Object.keys(modules).length === 0) continue; // none of the allocators that are named can run it
      progress(`process ${turn + 1} of ${processes}: ${job.rows.join(' ')}`);
      const traces = Object.fromEntries(job.traces.map((name) => [name, traceOf(name)]));
      const result = await runJob(engine, job, { modules, traces, runs, turn });
      checkAgreement(job, result);
      for (const [name, why] of Object.entries(result.failed)) {
        if (!isPeer(name)) throw new Error(`${name} failed ${job.rows[0]}: ${why}`);
        failures.set(`${name} ${job.rows[0]}`, why);
      }
      addResult(samples, job, result);
    }
  }
  return { rows: samples.rows(), processes: turn, failures };
}

/** All allocators in one process; or each in its own, one after the other, where together they take too much memory. */
async function runJob(engine, { number, apart }, { modules, ...given }) {
  if (!apart) return engine.run({ number, modules, ...given });
  const names = Object.keys(modules);
  const whole = { rows: {}, memory: {}, sums: {}, failed: {} };
  for (let i = 0; i < names.length; i++) {
    const name = names[(i + given.turn) % names.length];
    const { rows, ...rest } = await engine.run({ number, modules: { [name]: modules[name] }, ...given });
    for (const [row, values] of Object.entries(rows)) Object.assign((whole.rows[row] ??= {}), values);
    for (const [what, values] of Object.entries(rest)) Object.assign(whole[what], values);
  }
  return whole;
}

/** Every allocator must have been asked the same and every program have come to the same results. */
export function checkAgreement(job, { sums, memory }) {
  const peaks = Object.fromEntries(Object.entries(memory).map(([name, { peak }]) => [name, peak]));
  for (const [what, values] of Object.entries({ result: sums, 'peak of live bytes': peaks })) {
    if (new Set(Object.values(values)).size <= 1) continue;
    const told = Object.entries(values).map(([name, value]) => `${name} ${value}`);
    throw new Error(`${job.rows[0]}: the ${what} differs: ${told.join(', ')}`);
  }
}

function addResult(samples, job, { rows, memory }) {
  for (const workload of job.rows) {
    for (const [allocator, values] of Object.entries(rows[workload] ?? {})) {
      samples.add(workload, allocator, 'ns_per_op', 'ns', values);
      for (const [metric, { unit, of }] of Object.entries(job.derived ?? {})) {
        samples.add(workload, allocator, metric, unit, values.map(of));
      }
    }
  }
  for (const [allocator, { taken, peak, parts = [] }] of Object.entries(memory)) {
    if (allocator === 'floor') continue; // it takes no memory
    const space = (row, of) => samples.add(row, allocator, 'space_ratio', 'ratio', [of.taken / of.peak]);
    if (job.space) space(job.space, { taken, peak });
    parts.forEach((part, i) => space(job.parts[i], part));
    if (job.heapBytes) samples.add(job.space, allocator, 'heap_bytes', 'bytes', [taken]);
  }
}

/** Samples by workload, allocator and metric; in the order in which they first came. */
export class Samples {
  #all = new Map();

  add(workload, allocator, metric, unit, values) {
    const key = JSON.stringify([workload, allocator, metric]);
    if (!this.#all.has(key)) this.#all.set(key, { workload, allocator, metric, unit, values: [] });
    this.#all.get(key).values.push(...values);
  }

  rows() {
    return [...this.#all.values()].map(({ values, unit, ...row }) => ({ ...row, ...summary(values), unit }));
  }
}

export function summary(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const median = sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  return { median: round(median), min: round(sorted[0]), max: round(sorted.at(-1)) };
}

// Four digits are more than a timing holds; whole bytes stay whole.
const round = (value) => (Number.isInteger(value) ? value : Number(value.toPrecision(4)));
