// What a malloc and a free cost from JavaScript: a row for each allocator, and the table.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { measurePair, pairAllocators, pairTable } from '../lib/pair.mjs';
import { summaryTables } from '../lib/summary.mjs';

test('a pair from JavaScript: a row for each allocator, allot by its Heap', () => {
  const rows = measurePair({ processes: 1, runs: 1 });
  assert.deepEqual(rows.map(({ workload, allocator }) => `${workload} ${allocator}`), pairAllocators.map((name) => `JS/pair ${name}`));
  for (const { metric, unit, min, median, max } of rows) {
    assert.deepEqual([metric, unit], ['ns_per_op', 'ns']);
    assert.ok(min > 0 && min <= median && median <= max);
  }
  assert.deepEqual(summaryTables(rows).map(({ name }) => name), ['js']);
  assert.deepEqual(measurePair({ names: ['lifo'], processes: 1, runs: 1 }), []);
});

test('the table tells what is beyond two empty calls', () => {
  const row = (allocator, median) => ({ workload: 'JS/pair', allocator, metric: 'ns_per_op', median, min: median, max: median });
  assert.match(pairTable([row('floor', 6), row('allot', 20)]), /allot +20\.0 +20\.0 +20\.0 +14\.0$/m);
  assert.equal(pairTable([]), '');
});
