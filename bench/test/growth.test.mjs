// How cost grows with the number of live blocks: the ratios, their table, and that every job of it can be run.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { buildModules } from '../lib/build.mjs';
import { growthRows, growthTable } from '../lib/growth.mjs';
import { measure } from '../lib/measure.mjs';
import { runJob } from '../lib/run_job.mjs';
import { summaryTables } from '../lib/summary.mjs';
import { jobs, quickNames, workloadNames } from '../lib/workloads.mjs';

const growing = jobs.filter(({ rows }) => rows[0].startsWith('growth/'));
const row = (workload, allocator, median) => {
  return { workload, allocator, metric: 'ns_per_op', median, min: median, max: median, unit: 'ns' };
};

test("growth is an allocator's time as a ratio to its own with 100 live, and to lifo's growth", () => {
  const times = [
    row('growth/100', 'lifo', 4), row('growth/4M', 'lifo', 40), row('growth/100', 'allot', 20), row('growth/4M', 'allot', 300),
    row('growth/4M', 'emmalloc', 1), row('W2/10k', 'lifo', 5),
  ];
  const rows = growthRows(times);
  assert.deepEqual(rows.map(({ workload, allocator, median }) => [workload, allocator, median]), [
    ['growth/100', 'lifo', 1], ['growth/4M', 'lifo', 10], ['growth/100', 'allot', 1], ['growth/4M', 'allot', 15],
  ]);
  assert.ok(rows.every(({ metric, unit }) => metric === 'growth' && unit === 'times'));
  assert.match(growthTable(rows), /allot +1\.00 +15\.00 +1\.50$/m);
  assert.deepEqual(summaryTables(rows).map(({ name }) => name), ['growth']);
  assert.equal(growthTable([]), '');
});

test('it goes up to four million, for which a quick run has no time', () => {
  assert.deepEqual(growing.map(({ rows }) => rows[0].slice(7)), ['100', '10k', '100k', '1M', '4M']);
  for (const { rows } of growing) assert.ok(workloadNames.includes(rows[0]) && !quickNames.includes(rows[0]));
});

test('four million blocks find room, each allocator in a process of its own', async () => {
  const job = growing.at(-1);
  const orders = [];
  const engine = {
    async run({ modules, ...order }) {
      orders.push(Object.keys(modules));
      const bytes = Object.fromEntries(Object.entries(modules).map(([name, path]) => [name, readFileSync(path)]));
      return runJob(order, { modules: bytes, traces: {} });
    },
  };
  const built = buildModules(['lifo', 'allot'], 'growth');
  const { rows, failures } = await measure({ engine, jobs: [job], built: () => built, traceOf: () => undefined, processes: 1, runs: 1 });
  assert.deepEqual(orders, [['lifo'], ['allot']]);
  assert.deepEqual([...failures], []);
  const times = rows.filter(({ metric }) => metric === 'ns_per_op');
  assert.deepEqual(times.map(({ workload, allocator }) => `${workload} ${allocator}`), ['growth/4M lifo', 'growth/4M allot']);
  assert.ok(times.every(({ median }) => median > 0));
});
