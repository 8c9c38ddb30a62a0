// What a C++ host pays for a block in its guest's memory (wasm2c): calling the guest's malloc, or using the host
// library. Rows host/W2/10k and so on, in nanoseconds and in instructions.

import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { allocators } from './allocators.mjs';
import { compile, link } from './compile.mjs';
import { make, run } from './make.mjs';
import { Samples } from './measure.mjs';
import { output, root } from './paths.mjs';
import { layout } from './table.mjs';

const folder = join(output, 'host');
export const hostWays = ['floor', 'dlmalloc', 'dlmalloc-adopted', 'allot-called', 'allot-inside', 'allot-outside'];
// Operations of a timed run; a count needs fewer.
const workloads = { 'W1/64': 2_000_000, 'W2/10k': 1_000_000, 'W2/100k': 1_000_000, W3: 500_000 };
const counted = 100_000;
export const hostWorkloads = Object.keys(workloads);

/** `processes` for each way and workload, taking turns. */
export function measureHost({ of = hostWorkloads, processes, runs, progress = () => {} }) {
  const program = buildHost();
  const samples = new Samples();
  for (let turn = 0; turn < processes; turn++) {
    for (const workload of of) {
      const operations = workloads[workload];
      const ways = hostWays.map((_, i) => hostWays[(i + turn) % hostWays.length]);
      for (const way of ways) {
        progress(`host, process ${turn + 1} of ${processes}: ${workload} ${way}`);
        const lines = run([program, way, workload, String(operations), String(runs)]).trim().split('\n');
        const times = lines.map((line) => Number(line) / operations);
        samples.add(`host/${workload}`, way, 'ns_per_op', 'ns', times);
      }
    }
  }
  return samples.rows();
}

/** The same counted by callgrind, exactly repeatable. */
export function countHost({ ways = hostWays, of = hostWorkloads, progress = () => {} } = {}) {
  const program = buildHost();
  return of.flatMap((workload) =>
    ways.map((way) => {
      progress(`instructions: host ${workload} ${way}`);
      const value = Number((instructionsOf([program, way, workload, String(counted), '1']) / counted).toFixed(1));
      const same = { median: value, min: value, max: value };
      return { workload: `host/${workload}`, allocator: way, metric: 'instructions', ...same, unit: 'instructions/op' };
    }),
  );
}

function instructionsOf(command) {
  const scratch = mkdtempSync(join(tmpdir(), 'allot-bench-'));
  const profile = join(scratch, 'profile');
  try {
    const count = ['valgrind', '--tool=callgrind', '--quiet', '--toggle-collect=*measured*'];
    execFileSync(count[0], [...count.slice(1), `--callgrind-out-file=${profile}`, ...command], { stdio: 'ignore' });
    const total = /^(?:totals|summary): (\d+)/m.exec(readFileSync(profile, 'utf8'));
    if (!total || total[1] === '0') throw new Error(`callgrind counted nothing for ${command.join(' ')}`);
    return Number(total[1]);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** How many times faster than a call of the guest's dlmalloc each way is, the harness itself taken from both. */
export function hostTable(rows) {
  const ways = hostWays.filter((way) => way !== 'floor' && way !== 'dlmalloc');
  const value = (workload, metric, way) =>
    rows.find((row) => row.workload === workload && row.metric === metric && row.allocator === way)?.median;
  const lines = (metric, digits) =>
    hostWorkloads
      .map((name) => `host/${name}`)
      .filter((name) => value(name, metric, 'dlmalloc') !== undefined)
      .map((name) => {
        const base = value(name, metric, 'dlmalloc');
        const floor = value(name, metric, 'floor') ?? 0;
        const cells = ways.map((way) => {
          const one = value(name, metric, way);
          return one === undefined ? '' : `${one.toFixed(digits)} (${((base - floor) / (one - floor)).toFixed(2)})`;
        });
        return [name.slice('host/'.length), floor === 0 ? '' : floor.toFixed(digits), base.toFixed(digits), ...cells];
      });
  const parts = [
    ['ns_per_op', 'ns for a free and an allocation', 1],
    ['instructions', 'instructions', 0],
  ].flatMap(([metric, unit, digits]) => {
    const found = lines(metric, digits);
    if (found.length === 0) return [];
    return `A C++ host in its guest (wasm2c), ${unit}; how many times dlmalloc's speed, both above the floor\n${layout([
      ['', 'floor', 'dlmalloc', ...ways],
      ...found,
    ])}`;
  });
  return parts.join('\n\n');
}

/** The program with both guests in it. */
function buildHost() {
  mkdirSync(folder, { recursive: true });
  const guests = ['dlmalloc', 'allot'].map(buildGuest);
  const program = join(folder, 'host');
  const source = join(root, 'bench/native/host.cpp');
  const listing = `${program}.d`;
  const includes = [join(root, 'host/include'), join(root, 'core'), folder].map((path) => `-I${path}`);
  const command = ['clang++-19', '-std=c++20', '-O2', ...includes, '-MMD', '-MF', listing, source, ...guests];
  make(program, [source, ...guests], [...command, '-o', program, '-lwasm-rt-impl', '-lm'], { listing });
  return program;
}

/** A guest that is malloc and free, as an object file. */
function buildGuest(allocator) {
  const name = `${allocator}_guest`;
  const { objects, libraries = [] } = allocators[allocator].build({ folder: join('host', allocator), optimize: '-O2' });
  const libc = compile(join(root, 'bench/allocators/libc.cpp'), 'shared');
  const module = join(folder, `${name}.wasm`);
  link(module, [...objects, libc, ...libraries], ['-z', 'stack-size=65536', '--export=malloc', '--export=free']);
  const generated = join(folder, `${name}.c`);
  make(generated, [module], ['wasm2c', module, '-n', name, '-o', generated]);
  const object = join(folder, `${name}.o`);
  make(object, [generated], ['gcc', '-O2', '-w', `-I${folder}`, '-c', generated, '-o', object]);
  return object;
}
