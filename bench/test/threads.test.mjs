// Every allocator that is made fit for threads does W2 by one thread and by two, and says how fast.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { measureThreads, threadAllocatorNames, threadTable, threadWorkloads } from '../lib/threads.mjs';

test('threads: a row for each workload and allocator, and how it scales', () => {
  const { rows, failures } = measureThreads({ processes: 1, runs: 1, operations: 20_000 });
  assert.deepEqual([...failures], []);
  for (const allocator of threadAllocatorNames) {
    for (const workload of threadWorkloads) {
      const [row, ...others] = rows.filter((one) => one.workload === workload && one.allocator === allocator);
      assert.deepEqual(others, []);
      assert.equal(row.metric, 'mops');
      assert.ok(row.min > 0 && row.min <= row.median && row.median <= row.max, JSON.stringify(row));
    }
    for (const workload of ['W2/own', 'W2x']) {
      const row = rows.find((one) => one.workload === workload && one.allocator === allocator);
      assert.equal(row.metric, 'scaling');
      const of = (threads) => rows.find((one) => one.workload === `${workload}/${threads}` && one.allocator === allocator).median;
      assert.ok(Math.abs(row.median - of(2) / of(1)) < 0.01 * row.median + 0.01);
    }
  }
  const table = threadTable(rows);
  for (const allocator of threadAllocatorNames) assert.ok(table.includes(allocator));
});
