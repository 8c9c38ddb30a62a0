// How jobs become rows, with an engine that only pretends; and one real job, for its function.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { buildModules } from '../lib/build.mjs';
import { checkAgreement, measure } from '../lib/measure.mjs';
import { notesOf } from '../lib/native.mjs';
import { runJob } from '../lib/run_job.mjs';
import { jobs } from '../lib/workloads.mjs';

const job = (name) => jobs.find(({ rows }) => rows.includes(name));
const memory = (peak) => ({ taken: 2 * peak, peak });

function pretend(result) {
  const orders = [];
  const engine = { run: async (order) => (orders.push(order), result) };
  const measured = measure({
    engine,
    jobs: [job('W3')],
    built: () => ({ allot: 'a.wasm', mimalloc: 'm.wasm' }),
    traceOf: () => undefined,
    processes: 2,
    runs: 3,
  });
  return { measured, orders };
}

test('samples of all processes make a row', async () => {
  const { measured, orders } = pretend({
    rows: { W3: { allot: [3, 1, 2], mimalloc: [5, 5, 5] } },
    memory: { allot: memory(100), mimalloc: memory(100) },
    sums: {},
    failed: {},
  });
  const { rows, processes } = await measured;
  assert.equal(processes, 2);
  assert.deepEqual(orders.map(({ turn }) => turn), [0, 1]);
  assert.deepEqual(rows[0], {
    workload: 'W3', allocator: 'allot', metric: 'ns_per_op', median: 2, min: 1, max: 3, unit: 'ns',
  });
  assert.deepEqual(rows.filter(({ metric }) => metric === 'space_ratio').map(({ median }) => median), [2, 2]);
});

test('a peer that traps is told of and has no row; allot may not trap', async () => {
  const result = (failed) => ({ rows: { W3: { allot: [1] } }, memory: { allot: memory(1) }, sums: {}, failed });
  const { failures, rows } = await pretend(result({ mimalloc: 'unreachable' })).measured;
  assert.deepEqual([...failures], [['mimalloc W3', 'unreachable']]);
  assert.ok(rows.every(({ allocator }) => allocator === 'allot'));
  await assert.rejects(pretend(result({ allot: 'unreachable' })).measured, /allot failed W3: unreachable/);
});

test('allocators that were asked different things, or came to different results, are not compared', () => {
  const agreed = { sums: { allot: 7, dlmalloc: 7 }, memory: { allot: memory(9), dlmalloc: memory(9) } };
  checkAgreement(job('lua'), agreed);
  assert.throws(() => checkAgreement(job('lua'), { ...agreed, sums: { allot: 7, dlmalloc: 8 } }), /lua: the result/);
  const peaks = { ...agreed, memory: { allot: memory(9), dlmalloc: memory(8) } };
  assert.throws(() => checkAgreement(job('W3'), peaks), /W3: the peak of live bytes differs: allot 9, dlmalloc 8/);
});

test('a job runs each allocator in turn, and gives times, space and no failure', async () => {
  const names = ['floor', 'lifo', 'dlmalloc', 'allot'];
  const modules = Object.fromEntries(
    Object.entries(buildModules(names)).map(([name, path]) => [name, readFileSync(path)]),
  );
  const batch = job('W4/malloc');
  const result = await runJob({ number: batch.number, runs: 2, turn: 1 }, { modules, traces: {} });
  assert.deepEqual(result.failed, {});
  for (const row of batch.rows) {
    assert.deepEqual(Object.keys(result.rows[row]).sort(), [...names].sort());
    for (const samples of Object.values(result.rows[row])) {
      assert.equal(samples.length, 2);
      assert.ok(samples.every((ns) => ns > 0));
    }
  }
  checkAgreement(batch, result);
  assert.equal(result.memory.allot.peak, 100_000 * 32);
  assert.ok(result.memory.allot.taken >= 100_000 * 32);
});

test('a module that traps is out of its job, and the others go on', async () => {
  const [[, path]] = Object.entries(buildModules(['floor']));
  const floor = readFileSync(path);
  // In its second run it asks for more slots than the harness has.
  let calls = 0;
  const run = (e, timed) => timed('trap', 1, () => e.small_fill(calls++ < 2 ? 1 : 1 << 30));
  const trapping = { ...jobs[0], rows: ['trap'], run };
  const number = jobs.push({ ...trapping, number: jobs.length }) - 1;
  try {
    const result = await runJob({ number, runs: 3, turn: 0 }, { modules: { floor }, traces: {} });
    assert.deepEqual(Object.keys(result.failed), ['floor']);
    assert.deepEqual(result.rows, { trap: {} });
    assert.deepEqual(result.memory, {});
  } finally {
    jobs.pop();
  }
});

test('the native program is told the very calls of a job', () => {
  const { prepare, run, timed } = notesOf(job('W4/malloc'), 2);
  assert.deepEqual(prepare, ['batch_order:2']);
  assert.deepEqual(run.slice(0, 2), ['+batch_malloc', '+batch_free']);
  assert.deepEqual(timed.slice(0, 2).map(({ row }) => row), ['W4/malloc', 'W4/free-random']);
  assert.deepEqual(notesOf(job('W5'), 0).run.slice(0, 2), ['+vector_grow', 'vector_free']);
  assert.deepEqual(notesOf(job('W2/10k'), 0).run, ['+small_churn:10000:1000000']);
});
