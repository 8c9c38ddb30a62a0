// Rows as text: one table a workload.

import { isPeer } from './allocators.mjs';
import { bestPeer, number as figure, summaryTables } from './summary.mjs';

const columns = ['', 'ns/op', 'min', 'max', '× dlmalloc', '× best peer', 'space'];

export function tables(rows) {
  const timed = rows.filter((row) => row.metric === 'ns_per_op' && !/^(native|host|W3)\//.test(row.workload));
  const workloads = [...new Set(timed.map((row) => row.workload))];
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

/** All figures at a glance, a table for each kind; and each of allot's as its ratio to the best peer's. */
export function summaryText(rows) {
  const parts = summaryTables(rows).map((table) => {
    const lines = table.lines.map(({ label, cells }) => [label, ...cells.map((row) => (row ? figure(row) : ''))]);
    return `${table.title}\n${layout([['', ...table.columns], ...lines])}${ratios(table)}`;
  });
  return parts.join('\n\n');
}

function ratios(table) {
  const own = table.columns.map((name, i) => [name, i]).filter(([name]) => name.startsWith('allot'));
  const lines = table.lines
    .filter((line) => Number.isFinite(bestPeer(table, line)))
    .map((line) => [
      line.label,
      ...own.map(([, i]) => (line.cells[i] ? (line.cells[i].median / bestPeer(table, line)).toFixed(2) : '')),
    ]);
  if (own.length === 0 || lines.length === 0) return '';
  return `\n  × best peer\n${layout([['', ...own.map(([name]) => name)], ...lines])}`;
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
