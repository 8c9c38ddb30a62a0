// Native programs of the workload modules: wasm2c, then gcc. Repeatable under callgrind.

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { buildModules } from './build.mjs';
import { make } from './make.mjs';
import { output, root } from './paths.mjs';

/** { allocator: path of its program } */
export function buildPrograms(names) {
  return Object.fromEntries(
    Object.entries(buildModules(names)).map(([name, module]) => [name, buildProgram(name, module)]),
  );
}

function buildProgram(name, module) {
  const folder = join(output, 'native', name);
  mkdirSync(folder, { recursive: true });
  const generated = join(folder, 'bench.c');
  const program = join(folder, 'bench');
  const own = ['instructions.c', 'instructions_memory.c'].map((file) => join(root, 'bench', file));
  make(generated, [module], ['wasm2c', module, '-n', 'bench', '-o', generated]);
  make(
    program,
    [generated, ...own],
    ['gcc', '-O2', '-w', `-I${folder}`, ...own, generated, '-o', program, '-lwasm-rt-impl', '-lm'],
  );
  return program;
}
