// One job of a measurement: all allocators side by side, their runs interleaved. Runs in every engine: nothing of
// Node's is used here.

import { jobs } from './workloads.mjs';

/**
 * @param order { number of the job, runs, turn }
 * @param given { modules: { allocator: bytes }, traces: { program: as describeTrace gives it } }
 * @returns { rows: { row: { allocator: [ns per operation, one a run] } }, memory: { allocator: { taken, peak } },
 *   sums: { allocator: what its program's results add up to }, failed: { allocator: why } }
 */
export async function runJob({ number, runs, turn }, { modules, traces }) {
  const job = jobs[number];
  // Space is read after so many runs whatever --runs says, so that it does not depend on it.
  const spaceAfter = Math.min(runs, 3);
  const names = Object.keys(modules);
  const instances = {};
  const sums = {};
  const rows = {};
  const memory = {};
  const failed = {};
  // An allocator that traps, as one does that finds no more memory, is out of this job; the others go on.
  const attempt = (name, action) => {
    if (name in failed) return undefined;
    try {
      return action();
    } catch (error) {
      if (!(error instanceof WebAssembly.RuntimeError)) throw error;
      failed[name] = error.message;
      for (const told of [instances, sums, memory, ...Object.values(rows)]) delete told[name];
      return undefined;
    }
  };
  const compiled = {};
  const makeInstances = async (name) => {
    const made = await instantiate(job, compiled[name]);
    instances[name] = made;
    attempt(name, () => made.forEach((exports, index) => prepare(job, exports, index, traces)));
  };
  const runOnce = async (name) => {
    if (job.fresh && !(name in failed)) await makeInstances(name);
    const sum = (value) => (sums[name] = value >>> 0);
    return attempt(name, () => timeRun(job, instances[name], { traces, sum })) ?? [];
  };

  for (const name of names) {
    compiled[name] = await WebAssembly.compile(modules[name]);
    await makeInstances(name);
  }
  // Once untimed: the engine compiles its best code in the background, and first touches of memory
  // by the operating system (common to all) are not part of an allocator's time.
  for (const name of names) await runOnce(name);
  await new Promise((resolve) => setTimeout(resolve, 20));

  for (let i = 0; i < runs; i++) {
    for (let k = 0; k < names.length; k++) {
      const name = names[(k + i + turn) % names.length];
      for (const [row, sample] of await runOnce(name)) ((rows[row] ??= {})[name] ??= []).push(sample);
    }
    if (i + 1 !== spaceAfter) continue;
    for (const name of names.filter((one) => !(one in failed))) memory[name] = memoryOf(job, instances[name], traces);
  }
  return { rows, memory, sums, failed };
}

function prepare(job, exports, index, traces) {
  exports.start();
  job.prepare(exports, index, { traces });
}

async function instantiate(job, module) {
  const instances = [];
  for (let index = 0; index < job.instances; index++) {
    const { exports } = await WebAssembly.instantiate(module);
    instances.push(exports);
  }
  return instances;
}

function timeRun(job, instances, given) {
  const sums = new Map();
  const timed = (rows, operations, call) => {
    const start = performance.now();
    const result = call(operations);
    const elapsed = performance.now() - start;
    for (const row of [rows].flat()) {
      const sum = sums.get(row) ?? { elapsed: 0, operations: 0 };
      sum.elapsed += elapsed;
      sum.operations += operations ?? result;
      sums.set(row, sum);
    }
  };
  instances.forEach((exports, index) => job.run(exports, timed, index, given));
  return [...sums].map(([row, sum]) => [row, (sum.elapsed * 1e6) / sum.operations]);
}

// Where there are several instances, the one that took most; or all together, where each is a part of the work.
function memoryOf(job, instances, traces) {
  const all = instances.map((exports, index) => ({
    taken: exports.memory.buffer.byteLength - exports.__heap_base.value,
    peak: job.peak(exports, index, { traces }),
  }));
  if (!job.parts) return all.reduce((most, one) => (one.taken > most.taken ? one : most));
  const sum = (field) => all.reduce((total, one) => total + one[field], 0);
  return { taken: sum('taken'), peak: sum('peak'), parts: all };
}
