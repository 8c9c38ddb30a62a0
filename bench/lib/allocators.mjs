// The allocators by name: what each is compiled from, or which object of which library it is.

import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { root, sysroot } from './paths.mjs';

const own = (name) => ({ kind: 'reference', sources: () => [join(root, 'bench/allocators', `${name}.cpp`)] });

// The guest library's own sources, so that a measurement never runs on a stale library.
// The numbers are those of allot::Policy.
const allot = (policy) => ({
  kind: 'allot',
  sources: () => sourcesIn('guest'),
  defines: [`ALLOT_GUEST_POLICY=${policy}`, 'ALLOT_FREESTANDING'],
});

export const allocators = {
  floor: own('floor'),
  lifo: own('lifo'),
  dlmalloc: {
    kind: 'peer',
    sources: () => [],
    libraries: () => [join(sysroot, 'libc.a')],
  },
  'allot-exact': allot(0),
  'allot-compact': allot(1),
  allot: allot(2),
  'allot-fast': allot(3),
};

export const allocatorNames = Object.keys(allocators);

/** Floor and lifo are yardsticks, and allot's variants are not compared with themselves. */
export const isPeer = (name) => allocators[name].kind === 'peer';

export function checkAllocators(names) {
  for (const name of names) {
    if (!Object.hasOwn(allocators, name)) {
      throw new RangeError(`no allocator '${name}'; there are ${allocatorNames.join(' ')}`);
    }
  }
  return names;
}

function sourcesIn(folder) {
  const path = join(root, folder);
  const files = existsSync(path) ? readdirSync(path).filter((file) => file.endsWith('.cpp')) : [];
  if (files.length === 0) throw new Error(`nothing to build allot from: no .cpp file in ${folder}/`);
  return files.sort().map((file) => join(path, file));
}
