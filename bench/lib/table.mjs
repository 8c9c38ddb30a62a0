// Rows as text: one table a workload.

import { isPeer } from './allocators.mjs';

const columns = ['', 'ns/op', 'min', 'max', '× dlmalloc', '× best peer', 'space'];

export function tables(rows) {
  const workloads = [...new Set(rows.filter((row) => row.metric === 'ns_per_op').map((row) => row.workload))];
  return [...workloads.map((workload) => timeTable(workload, rows)), ...heapTables(rows)].join('\n\n');
}

function timeTable(workload, rows) {
  const times = rows.filter((row) => row.workload === workload && row.metric === 'ns_per_op');
  const time = (name) => times.find((row) => row.allocator === name)?.median;
  const bestPeer = Math.min(...times.filter((row) => isPeer(row.allocator)).map((row) => row.median));
  const lines = times.map((row) => [
    row.allocator,
    number(row.median),
    number(row.min),
    number(row.max),
    ratio(row.median, time('dlmalloc')),
    ratio(row.median, bestPeer),
    spaceOf(workload, row.allocator, rows),
  ]);
  return `${workload}\n${layout([columns, ...lines])}`;
}

// The rows of W4 share one figure for space, kept under 'W4'.
function spaceOf(workload, allocator, rows) {
  const row = rows.find(
    (one) =>
      one.metric === 'space_ratio' &&
      one.allocator === allocator &&
      (one.workload === workload || workload.startsWith(`${one.workload}/`)),
  );
  return row ? row.median.toFixed(3) : '';
}

function heapTables(rows) {
  const heaps = rows.filter((row) => row.metric === 'heap_bytes');
  if (heaps.length === 0) return [];
  const lines = heaps.map((row) => [row.allocator, String(row.median), (row.median / 65536).toFixed(2)]);
  const title = 'Memory of a heap with 100 live blocks, at most 32 KB in all';
  return [`${title}\n${layout([['', 'bytes', 'pages'], ...lines])}`];
}

const number = (value) => (value < 100 ? value.toFixed(1) : value.toFixed(0));
const ratio = (value, base) => (base && Number.isFinite(base) ? (value / base).toFixed(2) : '');

export function layout(lines) {
  const widths = lines[0].map((_, i) => Math.max(...lines.map((line) => line[i].length)));
  return lines
    .map((line) =>
      line
        .map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i])))
        .join('  ')
        .trimEnd(),
    )
    .map((line) => `  ${line}`)
    .join('\n');
}
