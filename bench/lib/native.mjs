// The workloads in a native program, with the C library's malloc and with those that stand in for it.
//
// No second description of a workload: a job (workloads.mjs) is run on exports that only note what is called, and the
// notes are what the program (native/run.c) does. Rows are named native/W2/10k.

import { execFile } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { binary } from '../peers/apt.mjs';
import { make } from './make.mjs';
import { Samples } from './measure.mjs';
import { output, root } from './paths.mjs';
import { layout } from './table.mjs';

const folder = join(output, 'native-programs');
const compiler = 'clang++-19';
const flags = ['-O2', '-g0', '-w', '-fno-exceptions', '-fno-rtti', '-fno-threadsafe-statics'];

// What each is: the library that LD_PRELOAD names. glibc is there already.
const preloaded = {
  glibc: () => undefined,
  mimalloc: () => library('libmimalloc2.0', 'libmimalloc.so.2'),
  jemalloc: () => library('libjemalloc2', 'libjemalloc.so.2'),
  tcmalloc: () => library('libtcmalloc-minimal4', 'libtcmalloc_minimal.so.4'),
  allot: buildAllot,
};
export const nativeNames = Object.keys(preloaded);

/** Jobs that need nothing of WebAssembly's. */
const canRun = (job) => job.guest === 'workloads';

export async function measureNative({ jobs, processes, runs, progress = () => {} }) {
  const program = buildProgram();
  const libraries = Object.fromEntries(Object.entries(preloaded).map(([name, find]) => [name, find()]));
  const samples = new Samples();
  for (let turn = 0; turn < processes; turn++) {
    for (const job of jobs.filter(canRun)) {
      const names = nativeNames.map((_, i) => nativeNames[(i + turn) % nativeNames.length]);
      for (const name of names) {
        progress(`native, process ${turn + 1} of ${processes}: ${job.rows.join(' ')} ${name}`);
        const times = await runJob(program, libraries[name], job, runs);
        for (const row of job.rows) samples.add(`native/${row}`, name, 'ns_per_op', 'ns', times[row]);
      }
    }
  }
  return samples.rows();
}

/** ns an operation; allot's also as its ratio to glibc's and to the best of the others. */
export function nativeTable(rows) {
  const names = [...new Set(rows.map(({ workload }) => workload))];
  const lines = names.map((workload) => {
    const of = (name) => rows.find((row) => row.workload === workload && row.allocator === name).median;
    const best = Math.min(...nativeNames.filter((name) => name !== 'allot').map(of));
    const figures = nativeNames.map((name) => of(name).toFixed(of(name) < 100 ? 1 : 0));
    const ratios = [of('glibc'), best].map((other) => (of('allot') / other).toFixed(2));
    return [workload.slice('native/'.length), ...figures, ...ratios];
  });
  if (lines.length === 0) return '';
  const table = layout([['', ...nativeNames, 'allot × glibc', 'allot × best'], ...lines]);
  return `Native mallocs, ns an operation\n${table}`;
}

/** { row: [ns per operation, one a run] } of one job; each of its instances in a process of its own. */
async function runJob(program, preload, job, runs) {
  const sums = {}; // row → for each run { elapsed, operations }
  for (let instance = 0; instance < job.instances; instance++) {
    const { prepare, run, timed } = notesOf(job, instance);
    const env = { ...process.env, ...(preload && { LD_PRELOAD: preload }) };
    const words = [String(runs), ...prepare, '/', ...run];
    const { stdout } = await promisify(execFile)(program, words, { env, maxBuffer: 1 << 26 });
    const [from, ...lines] = stdout.trim().split('\n');
    // A library that could not be loaded is only warned of, and glibc measured in its place.
    if (preload && basename(from) !== basename(preload)) throw new Error(`malloc is from ${from}, not ${preload}`);
    lines.forEach((line, i) => {
      const [elapsed, result] = line.split(' ').map(Number);
      const { row, operations } = timed[i % timed.length];
      const sum = ((sums[row] ??= [])[Math.floor(i / timed.length)] ??= { elapsed: 0, operations: 0 });
      sum.elapsed += elapsed;
      sum.operations += operations ?? result;
    });
  }
  const perOperation = ({ elapsed, operations }) => elapsed / operations;
  return Object.fromEntries(Object.entries(sums).map(([row, of]) => [row, of.map(perOperation)]));
}

/** What a job calls: { prepare, run } as words for the program, and { row, operations } of each timed call. */
export function notesOf(job, instance) {
  const notes = { prepare: [], run: [], timed: [] };
  let words = notes.prepare;
  let mark = '';
  const exports = new Proxy({}, {
    get: (_, name) => (...given) => {
      words.push([mark + name, ...given].join(':'));
      return 0;
    },
  });
  job.prepare(exports, instance, {});
  words = notes.run;
  const timed = (row, operations, call) => {
    mark = '+';
    call(operations);
    mark = '';
    notes.timed.push({ row, operations });
  };
  job.run(exports, timed, instance, {});
  return notes;
}

function buildProgram() {
  const program = join(folder, 'run');
  const objects = ['workloads.cpp', 'native/run.c'].map((file) => {
    const source = join(root, 'bench', file);
    const object = join(folder, `${basename(file).replace(/\.\w+$/, '')}.o`);
    // Or the compiler would drop a malloc whose block is freed at once.
    const language = file.endsWith('.c') ? ['clang-19'] : [compiler, '-std=c++23', '-ffreestanding'];
    make(object, [source], [...language, ...(file.endsWith('.c') ? ['-O2', '-w'] : flags), '-c', source, '-o', object]);
    return object;
  });
  make(program, objects, ['clang-19', ...objects, '-o', program]);
  return program;
}

function buildAllot() {
  const source = join(root, 'bench/native/allot.cpp');
  const made = join(folder, 'liballot-native.so');
  const listing = `${made}.d`;
  const command = [compiler, '-std=c++20', ...flags, '-shared', '-fPIC', '-fno-builtin', '-I', join(root, 'core')];
  make(made, [source], [...command, '-MMD', '-MF', listing, source, '-o', made], { listing });
  return made;
}

function library(name, file) {
  const { folder: unpacked } = binary(name);
  const found = readdirSync(unpacked, { recursive: true }).find((path) => basename(path) === file);
  if (found === undefined || !existsSync(join(unpacked, found))) throw new Error(`${name} has no ${file}`);
  return join(unpacked, found);
}
