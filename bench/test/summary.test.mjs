// Rows as tables, and tables as pictures.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { plot } from '../lib/plots.mjs';
import { bestPeer, markdown, summaryTables } from '../lib/summary.mjs';
import { tables } from '../lib/table.mjs';

const row = (workload, allocator, median, metric = 'ns_per_op') => {
  return { workload, allocator, metric, median, min: median, max: median * 2, unit: '' };
};
const rows = [
  row('W3', 'lifo', 5), row('W3', 'dlmalloc', 90), row('W3', 'mimalloc', 30), row('W3', 'allot', 60),
  row('W3', 'allot', 1.1234, 'space_ratio'), row('W3', 'mimalloc', 1.5, 'space_ratio'),
  row('native/W3', 'glibc', 80), row('native/W3', 'mimalloc', 20), row('native/W3', 'allot', 10),
];
const table = (name) => summaryTables(rows).find((one) => one.name === name);

test('a table for each kind of figure that there is', () => {
  assert.deepEqual(summaryTables(rows).map(({ name }) => name), ['churn', 'space', 'native']);
  assert.deepEqual(table('churn').columns, ['lifo', 'dlmalloc', 'mimalloc', 'allot']);
});

test('yardsticks are not the best peer, and natively allot is not its own', () => {
  assert.equal(bestPeer(table('churn'), table('churn').lines[0]), 30);
  assert.equal(bestPeer(table('native'), table('native').lines[0]), 20);
});

test("in Markdown allot's figures have their ratio to the best peer", () => {
  const lines = markdown(table('churn')).split('\n');
  assert.equal(lines[2], '| | lifo | dlmalloc | mimalloc | allot |');
  assert.equal(lines[4], '| W3 | 5 | 90 | 30 | 60 (2.00) |');
  assert.match(markdown(table('space')), /\| W3 \| 1\.500 \| 1\.123 \(0\.75\) \|/);
});

test('native figures have no table among those of the modules', () => {
  assert.doesNotMatch(tables(rows), /native/);
  assert.doesNotMatch(tables(rows), /glibc/);
});

test('a plot is an SVG that names every allocator and workload', async () => {
  const svg = await plot(table('churn'));
  assert.match(svg, /^<svg [^]*<\/svg>\n$/);
  for (const name of ['W3', 'lifo', 'dlmalloc', 'mimalloc', 'allot']) assert.ok(svg.includes(`>${name}<`), name);
});

test('by threads, the best peer is the one that does most', () => {
  const mops = (allocator, median) => row('W2x/2', allocator, median, 'mops');
  const [threads] = summaryTables([mops('dlmalloc', 3), mops('mimalloc', 12.345), mops('allot', 24), row('replay', 'allot', 3, 'mops')]);
  assert.equal(threads.name, 'threads');
  assert.deepEqual(threads.lines.map(({ label }) => label), ['W2x/2']);
  assert.equal(bestPeer(threads, threads.lines[0]), 12.345);
  assert.match(markdown(threads), /\| W2x\/2 \| 24\.00 \(1\.94\) \| 3\.00 \| 12\.35 \|/);
});
