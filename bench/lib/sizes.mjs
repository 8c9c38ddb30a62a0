// What an allocator weighs in a program: a module of malloc, free, realloc, calloc and aligned_alloc and nothing
// else, compiled for size. Rows `wasm_bytes` and `wasm_gzip_bytes` of the workload `code`.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { compileAllocator } from '../peers/as-tlsf.mjs';
import { dlmalloc } from '../peers/wasm.mjs';
import { allocators } from './allocators.mjs';
import { compile, link } from './compile.mjs';
import { output, root } from './paths.mjs';

const family = ['malloc', 'free', 'realloc', 'calloc', 'aligned_alloc'];
const options = ['--strip-all', '--compress-relocations', '-z', 'stack-size=4096'];

// Debian compiled its dlmalloc for speed: for its size the same source is compiled as the others are.
const sourcesOf = { dlmalloc };

/** The yardsticks have no sizes: they are no whole allocators. */
export const hasSize = (name) => allocators[name].kind !== 'reference';

export function measureSizes(names) {
  return names.filter(hasSize).flatMap((allocator) => {
    const bytes = readFileSync(buildSmall(allocator));
    const row = (metric, value) => {
      return { workload: 'code', allocator, metric, median: value, min: value, max: value, unit: 'bytes' };
    };
    return [row('wasm_bytes', bytes.length), row('wasm_gzip_bytes', gzipSync(bytes, { level: 9 }).length)];
  });
}

function buildSmall(name) {
  const module = join(output, 'small', `${name}.wasm`);
  // It has malloc, realloc and free only, and blocks are aligned to 16 bytes whatever one asks.
  if (name === 'as-tlsf') return compileAllocator(module, { flags: ['-O3', '--shrinkLevel', '2'] });
  const build = sourcesOf[name] ?? allocators[name].build;
  const { objects, libraries = [] } = build({ folder: join('small', name), optimize: '-Oz', libc: false });
  const libc = compile(join(root, 'bench/allocators/libc.cpp'), join('small', 'shared'), ['-Oz']);
  const inputs = [...objects, libc, ...libraries];
  return link(module, inputs, [...options, ...family.map((symbol) => `--export=${symbol}`)]);
}
