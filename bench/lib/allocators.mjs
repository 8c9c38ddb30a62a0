// The allocators by name: what each is compiled from, or which object of which library it is.
//
// build({ folder, optimize, libc }) gives { objects, libraries, options }: what is linked before the C library.
// `folder` is where the objects go, `optimize` the compiler's -O2 or -Oz; with `libc` the allocator is to stand in
// for all of the C library's. An allocator with `merge` comes as a module of its own. from() says whose it is.

import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import * as asTlsf from '../peers/as-tlsf.mjs';
import * as peers from '../peers/wasm.mjs';
import { compile } from './compile.mjs';
import { root, sysroot } from './paths.mjs';

const here = (name) => join(root, 'bench/allocators', `${name}.cpp`);
const includes = ['core', 'abi', 'guest/include'].map((folder) => `-I${join(root, folder)}`);

const own = (name) => ({
  kind: 'reference',
  build: ({ folder, optimize, libc }) => ({
    objects: [name, ...(libc ? ['family'] : [])].map((file) => compile(here(file), folder, [optimize])),
  }),
});

// The guest library's own sources, so that a measurement never runs on a stale library.
// The numbers are those of allot::Policy.
const allot = (policy, define = []) => ({
  kind: 'allot',
  build({ folder, optimize, libc, flags: more = [] }) {
    const defines = [`-DALLOT_GUEST_POLICY=${policy}`, ...define, ...(libc ? [] : ['-DALLOT_FREESTANDING'])];
    const flags = [...includes, ...defines, ...more, optimize];
    return { objects: sourcesIn('guest').map((file) => compile(file, folder, flags)) };
  },
});

export const allocators = {
  floor: own('floor'),
  lifo: own('lifo'),
  dlmalloc: {
    kind: 'peer',
    from: peers.versions.dlmalloc,
    build: () => ({ objects: [], libraries: [join(sysroot, 'libc.a')] }),
  },
  emmalloc: { kind: 'peer', from: peers.versions.emmalloc, build: peers.emmalloc },
  mimalloc: { kind: 'peer', from: peers.versions.mimalloc, build: peers.mimalloc },
  'as-tlsf': {
    kind: 'peer',
    from: asTlsf.version,
    merge: asTlsf.merge,
    build: ({ folder, optimize, libc }) => ({
      objects: libc ? [compile(here('family'), folder, [optimize])] : [],
      options: asTlsf.linkOptions,
    }),
  },
  'allot-exact': allot(0),
  'allot-compact': allot(1),
  allot: allot(2),
  'allot-fast': allot(3),
  // What one thread pays for others that might come; without atomic instructions, which wasm2c does not know.
  'allot-threads': allot(2, ['-DALLOT_GUEST_THREADS']),
};

export const allocatorNames = Object.keys(allocators);

/** Floor and lifo are yardsticks, and allot's variants are not compared with themselves. */
export const isPeer = (name) => allocators[name]?.kind === 'peer';

/** Whose versions of the peers were measured, in one line. */
export const describePeers = (names) =>
  names.filter((name) => allocators[name].from).map((name) => `${name}: ${allocators[name].from()}`).join(', ');

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
