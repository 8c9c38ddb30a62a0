// A C++ host's blocks in its guest: the table, and the instructions, which are the same at every run.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { countHost, hostTable } from '../lib/host.mjs';
import { bestPeer, summaryTables } from '../lib/summary.mjs';

const row = (workload, allocator, median) => {
  return { workload: `host/${workload}`, allocator, metric: 'ns_per_op', median, min: median, max: median, unit: 'ns' };
};

test('the table tells how many times faster each way is', () => {
  const rows = [row('W3', 'dlmalloc', 100), row('W3', 'allot-outside', 25), row('W3', 'allot-inside', 50)];
  assert.match(hostTable(rows), /W3 +100\.0 +50\.0 \(2\.00\) +25\.0 \(4\.00\)$/);
  assert.match(hostTable([...rows, row('W3', 'floor', 10)]), /W3 +10\.0 +100\.0 +50\.0 \(2\.25\) +25\.0 \(6\.00\)$/);
  const [table] = summaryTables(rows);
  assert.equal(table.name, 'host');
  assert.equal(bestPeer(table, table.lines[0]), 100);
  assert.equal(hostTable([]), '');
});

test('a host that keeps the records takes three fifths of a call of dlmalloc, and one that checks them five sixths', () => {
  const count = () => countHost({ ways: ['dlmalloc', 'allot-inside', 'allot-outside'], of: ['W2/10k'] });
  const [dlmalloc, inside, outside] = count().map(({ median }) => median);
  assert.ok(outside < 0.6 * dlmalloc, `${outside} of ${dlmalloc}`);
  assert.ok(inside < 0.833 * dlmalloc, `${inside} of ${dlmalloc}`);
  assert.deepEqual(count().map(({ median }) => median), [dlmalloc, inside, outside]);
});
