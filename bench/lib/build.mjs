// Builds the workloads' object once, and links it with each allocator.

import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { allocators } from './allocators.mjs';
import { make, run } from './make.mjs';
import { output, root, sysroot } from './paths.mjs';

export const compiler = 'clang++-19';
const linker = 'wasm-ld-19';
export const compilerFlags = [
  '--target=wasm32-wasi',
  '-std=c++23',
  '-O2',
  '-mbulk-memory',
  '-ffreestanding',
  '-nostdlib',
  '-fno-exceptions',
  '-fno-rtti',
  '-fno-threadsafe-statics',
];
const includes = ['core', 'abi', 'guest/include'].map((folder) => `-I${join(root, folder)}`);

/** Builds what is out of date; returns { allocator: path of its module }. */
export function buildModules(names) {
  if (!existsSync(join(sysroot, 'libc.a'))) {
    throw new Error(
      'wasi-libc is not installed; as root: apt-get install -y --no-install-recommends wasi-libc',
    );
  }
  const shared = ['workloads.cpp', 'allocators/libc.cpp'].map((file) =>
    compile(join(root, 'bench', file), 'shared'),
  );
  return Object.fromEntries(names.map((name) => [name, buildModule(name, shared)]));
}

function buildModule(name, shared) {
  const { sources, defines = [], libraries = () => [] } = allocators[name];
  const objects = [...shared, ...sources().map((source) => compile(source, name, defines))];
  const inputs = [...objects, ...libraries()];
  const module = join(output, `${name}.wasm`);
  // One page of stack below everything else; the heap begins after the static data. Compiled and
  // linked by separate commands: clang would run any wasm-opt it finds on the PATH over the result.
  make(module, inputs, [
    linker,
    '--no-entry',
    '--gc-sections',
    '--stack-first',
    '-z',
    'stack-size=65536',
    '--export=__heap_base',
    ...inputs,
    '-o',
    module,
  ]);
  return module;
}

function compile(source, folder, defines = []) {
  const object = join(output, folder, `${basename(source, '.cpp')}.o`);
  const listing = `${object}.d`;
  make(
    object,
    [source],
    [
      compiler,
      ...compilerFlags,
      ...includes,
      ...defines.map((define) => `-D${define}`),
      '-MMD',
      '-MF',
      listing,
      '-c',
      source,
      '-o',
      object,
    ],
    { listing },
  );
  return object;
}

export function compilerVersion() {
  return run([compiler, '--version']).split('\n')[0];
}
