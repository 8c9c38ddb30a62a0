// Counts of instructions as rows: a count is exact, so its median, least and most are one number.

import { isPeer } from './allocators.mjs';
import { counted, countedPrograms, countInstructions } from './callgrind.mjs';
import { buildPrograms } from './programs.mjs';
import { buildTrace } from './traces.mjs';

/** `wanted(allocator, workload)` tells what to count; whole programs only with `programs`. */
export function instructionRows(names, workloads, { wanted = () => true, programs = false, progress = () => {} } = {}) {
  const table = { ...counted, ...(programs && countedPrograms) };
  const built = {};
  const programsOf = (guest = 'workloads') => (built[guest] ??= buildPrograms(names, guest));
  const rows = [];
  for (const workload of workloads.filter((name) => Object.hasOwn(table, name))) {
    for (const allocator of names.filter((name) => wanted(name, workload))) {
      progress(`instructions: ${workload} ${allocator}`);
      const program = programsOf(table[workload].guest)[allocator];
      if (program === undefined) continue; // floor runs no program
      const value = countOrNone(program, allocator, workload);
      if (value === undefined) continue;
      const same = { median: value, min: value, max: value };
      rows.push({ workload, allocator, metric: 'instructions', ...same, unit: 'instructions/op' });
    }
  }
  return rows;
}

// A peer may not be able to do a workload (mimalloc runs out of memory in W6); allot must.
function countOrNone(program, allocator, workload) {
  try {
    return Number(countInstructions(program, workload, buildTrace).toFixed(1));
  } catch (error) {
    if (!isPeer(allocator)) throw error;
    return undefined;
  }
}
