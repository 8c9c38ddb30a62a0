// Native programs of the workload modules: wasm2c, then gcc. Repeatable under callgrind.

import { mkdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { buildModules } from './build.mjs';
import { make } from './make.mjs';
import { output, root } from './paths.mjs';

// What calls the module's exports, for each of the guests (guests.mjs) that can be counted.
const mains = {
  workloads: 'instructions.c',
  replay: 'instructions_replay.c',
  sqlite: 'instructions_program.c',
  lua: 'instructions_program.c',
};

/** { allocator: path of its program } */
export function buildPrograms(names, guest = 'workloads', main = mains[guest]) {
  return Object.fromEntries(
    Object.entries(buildModules(names, guest)).map(([name, module]) => [name, buildProgram(name, guest, module, main)]),
  );
}

function buildProgram(name, guest, module, main) {
  const folder = join(output, 'native', ...(guest === 'workloads' ? [] : [guest]), name);
  mkdirSync(folder, { recursive: true });
  const generated = join(folder, 'bench.c');
  const program = join(folder, main === mains[guest] ? 'bench' : basename(main, '.c'));
  const own = [main, 'instructions_memory.c'].map((file) => join(root, 'bench', file));
  make(generated, [module], ['wasm2c', module, '-n', 'bench', '-o', generated]);
  make(
    program,
    [generated, ...own],
    ['gcc', '-O2', '-w', `-I${folder}`, ...own, generated, '-o', program, '-lwasm-rt-impl', '-lm'],
  );
  return program;
}
