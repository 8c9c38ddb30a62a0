// Links every program (guests.mjs) with every allocator.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { allocators } from './allocators.mjs';
import { link } from './compile.mjs';
import { guests } from './guests.mjs';
import { output, sysroot } from './paths.mjs';

/** Builds what is out of date of one program; returns { allocator: path of its module }. */
export function buildModules(names, guest = 'workloads') {
  if (!existsSync(join(sysroot, 'libc.a'))) {
    throw new Error(
      'wasi-libc is not installed; as root: apt-get install -y --no-install-recommends wasi-libc',
    );
  }
  const program = guests[guest];
  const able = names.filter((name) => !program.without?.includes(name));
  return Object.fromEntries(able.map((name) => [name, buildModule(name, guest)]));
}

function buildModule(name, guest) {
  const program = guests[guest];
  const { build, merge } = allocators[name];
  // With and without a C library: two builds of an allocator. Programs of one kind share theirs.
  const folder = join(program.libc ? 'with-libc' : '.', name);
  const { objects, libraries = [], options = [] } = build({ folder, optimize: '-O2', libc: program.libc });
  const ofProgram = program.libraries?.({ withoutMalloc: Boolean(merge) }) ?? [];
  const inputs = unique([...program.objects(), ...objects, ...libraries, ...ofProgram]);
  const module = join(output, ...(guest === 'workloads' ? [] : [guest]), `${name}.wasm`);
  const all = ['-z', `stack-size=${program.stackBytes ?? 65536}`, ...(program.options ?? []), ...options];
  if (!merge) return link(module, inputs, all);
  return merge(module, link(module.replace(/\.wasm$/, '-before.wasm'), inputs, all));
}

// What both a program and its allocator ask for is linked once.
const unique = (values) => [...new Set(values)];
