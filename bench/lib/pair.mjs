// What a malloc and a free cost when JavaScript calls them: rows JS/pair. `allot` by the methods of its Heap, the others as
// the exports of a module; `floor` are two exported functions that do nothing, which is what two calls cost by themselves.

import { fileURLToPath } from 'node:url';

import { buildModules } from './build.mjs';
import { Samples } from './measure.mjs';
import { runChild } from './run_child.mjs';
import { layout } from './table.mjs';

const child = fileURLToPath(new URL('pair_child.mjs', import.meta.url));
const workload = 'JS/pair';

export const pairAllocators = ['floor', 'allot', 'dlmalloc', 'emmalloc', 'mimalloc'];

/** Measures in `processes` processes for each allocator, taking turns. Gives rows as measure() does. */
export function measurePair({ names = pairAllocators, processes, runs = 20, progress = () => {} }) {
  const wanted = pairAllocators.filter((name) => names.includes(name));
  const modules = buildModules(wanted.filter((name) => name !== 'allot'), 'calls');
  const samples = new Samples();
  for (let turn = 0; turn < processes; turn++) {
    for (const allocator of wanted) {
      progress(`calls from JavaScript, ${turn + 1} of ${processes}: ${allocator}`);
      samples.add(workload, allocator, 'ns_per_op', 'ns', [runChild(child, { module: modules[allocator], runs })]);
    }
  }
  return samples.rows();
}

/** A line an allocator, with what it takes more than two empty calls. */
export function pairTable(rows) {
  const mine = rows.filter((row) => row.workload === workload);
  const floor = mine.find(({ allocator }) => allocator === 'floor')?.median;
  const lines = mine.map(({ allocator, median, min, max }) => [
    allocator,
    ...[median, min, max].map((ns) => ns.toFixed(1)),
    floor === undefined ? '' : (median - floor).toFixed(1),
  ]);
  return lines.length === 0 ? '' : `malloc(64) and free from JavaScript\n${layout([['', 'ns', 'min', 'max', '− two empty calls'], ...lines])}`;
}
