// The figures of a whole run as tables, workload by allocator: for the terminal, for docs/benchmarks and for plots.

import { allocatorNames, isPeer } from './allocators.mjs';
import { hostWays } from './host.mjs';
import { nativeNames } from './native.mjs';
import { threadAllocatorNames } from './threads.mjs';

/**
 * Every table: `name` of its files, `title`, `columns` (allocators) and `lines`, { label, cells: [row or undefined] }.
 * Tables without a figure are left out.
 */
export function summaryTables(rows) {
  const wasm = rows.filter(({ workload }) => !/^(native|host)\//.test(workload));
  const times = (pattern) => wasm.filter((row) => row.metric === 'ns_per_op' && pattern.test(row.workload));
  const of = (metric) => wasm.filter((row) => row.metric === metric);
  const native = rows
    .filter(({ workload }) => workload.startsWith('native/'))
    .map((row) => ({ ...row, workload: row.workload.slice('native/'.length) }));
  const named = [
    ['pairs', 'W1: malloc and free of one size, ns', times(/^W1\//)],
    ['churn', 'W2, W3, W7: churn, ns for a free and a malloc', times(/^(W2\/\d|W3$|W7\/)/)],
    ['growth', 'Growth of cost: ns for a free and a malloc of 1 to 64 bytes with so many live ÷ ns with 100', of('growth')],
    ['worst', 'W3 in C (wasm2c): a single free and malloc, ns; growth of memory apart', times(/^W3\//)],
    ['batch', 'W4: 100,000 blocks of 32 bytes, ns a call', times(/^W4\//)],
    ['first', "The first 100,000 blocks of a heap, as W2 and W4 ask for them, ns a malloc; the system's pages included", times(/^first\//)],
    ['long', 'W5: growth by realloc; W6: long blocks, ns', times(/^W[56]$/)],
    ['programs', 'Real programs, and their calls alone, ns for each of these calls', times(/^(sqlite|lua|replay)/)],
    ['js', 'From JavaScript: malloc(64) and free, ns; floor: two empty calls', times(/^JS\//)],
    ['space', 'Space: memory taken ÷ the most bytes requested and live', of('space_ratio')],
    ['small-heap', 'Memory of a heap with 100 live blocks, 32 KB at most, bytes', of('heap_bytes')],
    ['code', 'Code of malloc, free, realloc, calloc and aligned_alloc, -Oz, bytes', of('wasm_bytes')],
    ['code-gzip', 'The same, compressed, bytes', of('wasm_gzip_bytes')],
    ['instructions', 'Instructions an operation (wasm2c, callgrind)', of('instructions')],
  ];
  const tables = named.map(([name, title, of]) => table(name, title, allocatorNames, of));
  tables.push(table('native', 'Native: the same workloads with native mallocs, ns', nativeNames, native));
  const threads = rows.filter(({ metric, workload }) => metric === 'mops' && /^W2(\/own|x)\//.test(workload));
  const byThreads = 'Threads: W2 by 1 and 2, million times a free and a malloc, a second (more is better)';
  tables.push({ ...table('threads', byThreads, threadAllocatorNames, threads), moreIsBetter: true });
  const host = (metric) =>
    rows
      .filter((row) => row.workload.startsWith('host/') && row.metric === metric)
      .map((row) => ({ ...row, workload: row.workload.slice('host/'.length) }));
  const inGuest = 'A C++ host in its guest (wasm2c)';
  tables.push(table('host', `${inGuest}: a free and an allocation, ns`, hostWays, host('ns_per_op')));
  tables.push(table('host-instructions', `${inGuest}: the same, instructions`, hostWays, host('instructions')));
  return tables.filter(({ lines }) => lines.length > 0);
}

function table(name, title, known, rows) {
  const columns = known.filter((one) => rows.some(({ allocator }) => allocator === one));
  const labels = [...new Set(rows.map(({ workload }) => workload))];
  const find = (workload, column) => rows.find((row) => row.workload === workload && row.allocator === column);
  const lines = labels.map((label) => ({ label, cells: columns.map((column) => find(label, column)) }));
  return { name, title, columns, lines };
}

/** The best of a line's figures that another allocator than allot and the yardsticks reached; not finite without one. */
export function bestPeer({ name, columns, moreIsBetter }, { cells }) {
  const others = (column) => {
    if (name.startsWith('host')) return column === 'dlmalloc'; // what a host has without allot
    return name === 'native' ? column !== 'allot' : isPeer(column);
  };
  const figures = cells.filter((row, i) => row && others(columns[i])).map(({ median }) => median);
  return moreIsBetter ? Math.max(...figures) : Math.min(...figures);
}

/** As Markdown; each figure of allot's with its ratio to the best peer's. */
export function markdown(table) {
  const { title, columns, lines } = table;
  const head = `| |${columns.map((column) => ` ${column} |`).join('')}`;
  const body = lines.map((line) => {
    const best = bestPeer(table, line);
    const cells = line.cells.map((row, i) => ` ${cellText(row, columns[i], best)} |`);
    return `| ${line.label} |${cells.join('')}`;
  });
  return [`## ${title}`, '', head, `|---|${columns.map(() => '---:|').join('')}`, ...body, ''].join('\n');
}

function cellText(row, column, best) {
  if (row === undefined) return '';
  const ratio = column.startsWith('allot') && Number.isFinite(best) ? ` (${(row.median / best).toFixed(2)})` : '';
  return number(row) + ratio;
}

export function number({ median, metric }) {
  if (metric === 'space_ratio') return median.toFixed(3);
  if (metric === 'growth' || metric === 'mops') return median.toFixed(2);
  if (Number.isInteger(median) || median >= 100) return median.toFixed(0);
  return median.toFixed(1);
}
