// How the cost of an operation grows with the number of live blocks: of the rows growth/100 to growth/4M the ratio of each
// allocator's time to its own with 100 live, as rows of the metric `growth`. Misses of the cache are in it, for which no
// allocator can help; how many there are at least, `lifo` tells.

import { layout } from './table.mjs';

const base = 'growth/100';

export function growthRows(rows) {
  const times = rows.filter(({ workload, metric }) => workload.startsWith('growth/') && metric === 'ns_per_op');
  return times.flatMap(({ workload, allocator, median }) => {
    const own = times.find((row) => row.workload === base && row.allocator === allocator);
    if (own === undefined) return [];
    const ratio = Number((median / own.median).toPrecision(3));
    return [{ workload, allocator, metric: 'growth', median: ratio, min: ratio, max: ratio, unit: 'times' }];
  });
}

/** A line an allocator: how many times as long as with 100 live, and behind the last how many times lifo's growth that is. */
export function growthTable(rows) {
  const all = rows.filter(({ metric }) => metric === 'growth');
  const labels = [...new Set(all.map(({ workload }) => workload))];
  const most = labels.at(-1);
  const lifo = all.find((row) => row.workload === most && row.allocator === 'lifo')?.median;
  const lines = [...new Set(all.map(({ allocator }) => allocator))].map((name) => {
    const of = (label) => all.find((row) => row.workload === label && row.allocator === name)?.median;
    const last = of(most);
    return [
      name,
      ...labels.map((label) => of(label)?.toFixed(2) ?? ''),
      last !== undefined && lifo !== undefined ? (last / lifo).toFixed(2) : '',
    ];
  });
  if (lines.length === 0) return '';
  const head = ['', ...labels.map((label) => label.slice('growth/'.length)), '× lifo'];
  return `Growth of cost: a free and a malloc of 1 to 64 bytes with so many live, times that with 100\n${layout([head, ...lines])}`;
}
