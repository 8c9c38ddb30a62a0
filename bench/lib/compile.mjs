// Compiling and linking for wasm32, and nothing of what.

import { basename, extname, join } from 'node:path';
import { make, run } from './make.mjs';
import { output, sysroot } from './paths.mjs';

export const compiler = 'clang++-19';
const cCompiler = 'clang-19';
const linker = 'wasm-ld-19';

// What is ours and knows no C library: the workloads and the allocators that are written here.
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

// What others wrote, in C: for wasi-libc, its warnings none of ours.
const cFlags = ['--target=wasm32-wasi', '-std=gnu17', '-O2', '-mbulk-memory', '-DNDEBUG', '-w'];

/** Compiles one file to build/bench/<folder>; later flags win over the usual ones. Returns the object. */
export function compile(source, folder, flags = []) {
  const isC = extname(source) === '.c';
  const object = join(output, folder, `${basename(source, extname(source))}.o`);
  const listing = `${object}.d`;
  const usual = isC ? cFlags : compilerFlags;
  const command = [isC ? cCompiler : compiler, ...usual, ...flags, '-MMD', '-MF', listing, '-c', source, '-o', object];
  make(object, [source], command, { listing });
  return object;
}

/**
 * Links a module that is a library: no entry, one page of stack below everything else, the heap after the static
 * data. Compiled and linked by separate commands: clang would run any wasm-opt it finds on the PATH over the result.
 */
export function link(module, inputs, options = []) {
  const usual = ['--no-entry', '--gc-sections', '--stack-first', '--export=__heap_base'];
  make(module, inputs, [linker, ...usual, ...options, ...inputs, '-o', module]);
  return module;
}

/** wasi-libc, with its malloc or without, and what the compiler's own code calls (long doubles and the like). */
export const cLibraries = ({ withoutMalloc = false } = {}) => [
  withoutMalloc ? libraryWithoutMalloc() : join(sysroot, 'libc.a'),
  run([cCompiler, '--target=wasm32-wasi', '-print-libgcc-file-name']).trim(),
];

// For an allocator that no object of the link defines: the linker would take the library's.
function libraryWithoutMalloc() {
  const whole = join(sysroot, 'libc.a');
  const library = join(output, 'libc-without-malloc.a');
  make(library, [whole], ['sh', '-c', 'cp "$0" "$1" && llvm-ar-19 d "$1" dlmalloc.o', whole, library]);
  return library;
}

export function compilerVersion() {
  return run([compiler, '--version']).split('\n')[0];
}
