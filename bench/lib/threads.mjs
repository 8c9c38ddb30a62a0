// W2 by one thread and by two: rows W2/own/1, W2/own/2, W2x/1, W2x/2 with the metric `mops` (million times a free and
// a malloc, a second, by all threads together), and W2/own, W2x with `scaling`: how many times as much two do as one.
//
// Each allocator is made fit for threads in its own way: allot by its guest library for threads, mimalloc by its own
// build with atomic operations and thread-local variables, the others by one spin lock around them.

import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import * as peers from '../peers/wasm.mjs';
import { allocators as all } from './allocators.mjs';
import { compile, link } from './compile.mjs';
import { output, root, sysroot } from './paths.mjs';
import { Samples } from './measure.mjs';
import { runChild } from './run_child.mjs';
import { layout } from './table.mjs';

const child = fileURLToPath(new URL('threads_child.mjs', import.meta.url));
const here = (path) => join(root, 'bench', path);
const atomics = '-matomics';
const folderOf = (name) => join('threads', name);

const glue = (name, flags = []) => compile(here(`allocators/threads_${name}.cpp`), 'threads', [atomics, ...flags]);

/** An allocator of the other workloads, as it is there, behind a lock. */
const locked = (name) => ({
  kind: all[name].kind,
  build() {
    const { objects, libraries = [] } = all[name].build({ folder: name, optimize: '-O2', libc: false });
    return [...objects, glue('spin'), ...libraries];
  },
});

/** wasi-libc's errno is one for all threads in the library, and thread-local in its headers: so this one has its own. */
const ownErrno = ['-include', here('peers/mimalloc/errno.h')];

/** By name; all of them are asked for the same. */
export const threadAllocators = {
  lifo: { kind: 'reference', build: () => [glue('lifo')] },
  allot: {
    kind: 'allot',
    build() {
      const { objects } = all['allot-threads'].build({ folder: folderOf('allot'), optimize: '-O2', libc: false, flags: [atomics] });
      return [...objects, glue('allot'), glue('direct')];
    },
  },
  'allot-locked': locked('allot'),
  dlmalloc: locked('dlmalloc'),
  emmalloc: locked('emmalloc'),
  mimalloc: {
    kind: 'peer',
    build() {
      const { objects, libraries } = peers.mimalloc({ folder: folderOf('mimalloc'), optimize: '-O2', flags: [atomics, ...ownErrno] });
      return [...objects, glue('direct'), ...libraries];
    },
  },
};

export const threadAllocatorNames = Object.keys(threadAllocators);
export const threadWorkloads = ['W2/own/1', 'W2/own/2', 'W2x/1', 'W2x/2'];

/** Most pages that a memory may have, here and in the module. */
const mostPages = 8192;

function buildModule(name) {
  const harness = [compile(here('threads.cpp'), 'threads', [atomics]), compile(here('allocators/libc.cpp'), 'shared')];
  const inputs = [...new Set([...harness, ...threadAllocators[name].build()])];
  return link(join(output, folderOf(`${name}.wasm`)), inputs, [
    '-z', 'stack-size=65536', '--import-memory', '--shared-memory', `--max-memory=${mostPages * 65536}`,
    // What others have compiled knows no atomic operations, and is never run by two at a time.
    '--no-check-features', '--export=__stack_pointer', '--export-if-defined=__wasm_init_tls',
  ]);
}

/** Builds what is out of date; gives { allocator: path of its module }. */
export function buildThreadModules(names = threadAllocatorNames) {
  return Object.fromEntries(names.map((name) => [name, buildModule(name)]));
}

/** Measures in `processes` fresh processes. Gives the rows, and why an allocator could not take part. */
export function measureThreads({ names = threadAllocatorNames, workloads = threadWorkloads, processes, runs, operations = 500_000, progress = () => {} }) {
  const modules = buildThreadModules(names);
  const samples = new Samples();
  const failures = new Map();
  for (let turn = 0; turn < processes; turn++) {
    progress(`threads, ${turn + 1} of ${processes}`);
    const order = { modules, workloads, runs, operations, turn, mostPages };
    for (const { allocator, workload, mops, error } of runChild(child, order)) {
      if (error !== undefined) {
        if (threadAllocators[allocator].kind !== 'peer') throw new Error(`${allocator} failed ${workload}: ${error}`);
        failures.set(`${allocator} ${workload}`, error);
        continue;
      }
      samples.add(workload, allocator, 'mops', 'Mop/s', mops);
    }
  }
  const rows = samples.rows();
  return { rows: [...rows, ...scalingOf(rows)], failures };
}

/** How many times as much two threads do as one; of the medians. */
function scalingOf(rows) {
  return rows.flatMap(({ workload, allocator, median }) => {
    if (!workload.endsWith('/1')) return [];
    const of = workload.slice(0, -2);
    const two = rows.find((row) => row.workload === `${of}/2` && row.allocator === allocator)?.median;
    if (two === undefined) return [];
    const ratio = Number((two / median).toPrecision(3));
    return [{ workload: of, allocator, metric: 'scaling', median: ratio, min: ratio, max: ratio, unit: 'times' }];
  });
}

/** A line an allocator: what one thread does, what two do, and the ratio. */
export function threadTable(rows) {
  const of = (workload, metric) => rows.filter((row) => row.workload === workload && row.metric === metric);
  const figure = (workload, metric, allocator) => of(workload, metric).find((row) => row.allocator === allocator)?.median.toFixed(2) ?? '';
  const names = [...new Set(rows.map(({ allocator }) => allocator))];
  const lines = names.map((name) => [
    name,
    ...['W2/own', 'W2x'].flatMap((workload) => [
      figure(`${workload}/1`, 'mops', name), figure(`${workload}/2`, 'mops', name), figure(workload, 'scaling', name),
    ]),
  ]);
  const head = ['', 'W2 own, 1', '2 threads', '×', 'W2x, 1', '2 threads', '×'];
  return `Threads: million times a free and a malloc, a second\n${layout([head, ...lines])}`;
}
