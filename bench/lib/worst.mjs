// How long a single operation of W3 takes at worst: rows W3/p99.99 and W3/max, and W3/median to compare them with.

import { buildPrograms } from './programs.mjs';
import { run } from './make.mjs';
import { Samples } from './measure.mjs';

/** In `processes` processes for each allocator, taking turns. */
export function measureWorst(names, { processes, progress = () => {} }) {
  const programs = buildPrograms(names, 'workloads', 'worst.c');
  const samples = new Samples();
  for (let turn = 0; turn < processes; turn++) {
    for (const name of names) {
      progress(`worst operation, ${turn + 1} of ${processes}: ${name}`);
      const [median, high, most] = run([programs[name]]).trim().split(' ').map(Number);
      for (const [row, ns] of Object.entries({ median, 'p99.99': high, max: most })) {
        samples.add(`W3/${row}`, name, 'ns_per_op', 'ns', [ns]);
      }
    }
  }
  return samples.rows();
}
