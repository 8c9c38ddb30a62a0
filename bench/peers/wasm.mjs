// The peers that run in WebAssembly, from their authors' sources: what is compiled, and how.
//
// Each takes { folder, optimize } and gives { objects, libraries }: what is linked before the C library. `versions`
// tells whose source it is.

import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { cLibraries, compile } from '../lib/compile.mjs';
import { run } from '../lib/make.mjs';
import { root } from '../lib/paths.mjs';
import { binary, source } from './apt.mjs';

const here = (path) => join(root, 'bench/peers', path);

/** mimalloc as its own build makes it for WASI: everything in one file, overriding malloc. */
export function mimalloc({ folder, optimize, flags: more = [] }) {
  const { folder: sources } = source('mimalloc');
  const flags = ['-DMI_MALLOC_OVERRIDE', '-I', join(sources, 'include'), optimize, ...more];
  const objects = [
    compile(join(sources, 'src/static.c'), folder, flags),
    compile(here('mimalloc/aligned_alloc.c'), folder, [optimize, ...more]),
    compile(join(root, 'bench/programs/wasi.c'), 'shared'),
  ];
  return { objects, libraries: cLibraries() };
}

// The headers of Emscripten's SDK that emmalloc.c and sbrk.c include, all told by platform.h.
const headers = ['unistd.h', 'memory.h', 'assert.h', 'malloc.h', 'emscripten.h'].concat(
  ['heap.h', 'threading.h'].map((name) => `emscripten/${name}`),
);

const sdkFiles = ['emmalloc.c', 'sbrk.c'].map((name) => `usr/share/emscripten/system/lib/${name}`);
const emscripten = () => binary('emscripten', sdkFiles);

export function emmalloc({ folder, optimize }) {
  const { folder: sources } = emscripten();
  const empty = join(sources, 'empty');
  for (const header of headers) {
    mkdirSync(dirname(join(empty, header)), { recursive: true });
    writeFileSync(join(empty, header), '');
  }
  // It reads one memory as different types: with strict aliasing, clang 19 breaks it.
  const target = ['--target=wasm32-unknown-emscripten', '-ffreestanding', '-fno-strict-aliasing'];
  const flags = [...target, '-include', here('emmalloc/platform.h'), '-I', empty, optimize];
  const files = [...sdkFiles.map((file) => join(sources, file)), here('emmalloc/memory.c')];
  return { objects: files.map((file) => compile(file, folder, flags)) };
}

/** wasi-libc's dlmalloc from its source: for its size only. What is timed is the one that Debian compiled. */
export function dlmalloc({ folder, optimize }) {
  const { folder: sources } = source('wasi-libc');
  const flags = ['-I', join(sources, 'dlmalloc/include'), optimize];
  const objects = [compile(join(sources, 'dlmalloc/src/dlmalloc.c'), folder, flags)];
  return { objects, libraries: cLibraries() };
}

export const versions = {
  mimalloc: () => `mimalloc ${source('mimalloc').version}`,
  emmalloc: () => `Emscripten ${emscripten().version}`,
  dlmalloc: () => `wasi-libc ${run(['dpkg-query', '--show', '--showformat=${Version}', 'wasi-libc'])}`,
};
