// AssemblyScript's allocator. Its compiler makes whole modules, not objects for the linker: one is made whose static
// data lies where the other ends, and the two are merged into one.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { make } from '../lib/make.mjs';
import { root } from '../lib/paths.mjs';

const installed = (path) => join(root, 'bench/node_modules', path);
const source = join(root, 'bench/peers/as-tlsf/allocator.ts');
const page = 65536;
const most = 65535; // pages

/** What the linker is told: malloc, free and realloc are to come, and so is the memory. */
export const linkOptions = ['--import-memory', '--allow-undefined'];

export function version() {
  return `AssemblyScript ${JSON.parse(readFileSync(installed('assemblyscript/package.json'), 'utf8')).version}`;
}

/** Compiles the allocator: all there is of it when no `memoryBase` is given. */
export function compileAllocator(module, { memoryBase = 0, flags = ['-O3'] } = {}) {
  const asc = installed('assemblyscript/bin/asc.js');
  if (!existsSync(asc)) throw new Error('as-tlsf wants AssemblyScript: npm ci --prefix bench (./dev bench does it)');
  const place = memoryBase > 0 ? ['--memoryBase', memoryBase, '--initialMemory', Math.ceil(memoryBase / page)] : [];
  const options = ['--runtime', 'minimal', '--use', 'abort=', ...flags, ...place.map(String)];
  // asc names files relative to where it runs.
  make(module, [source, asc], [process.execPath, asc, source, ...options, '--outFile', module]);
  return module;
}

// What clang and asc use of WebAssembly beyond its first version.
const features = ['bulk-memory', 'sign-ext', 'nontrapping-float-to-int', 'mutable-globals'].map(
  (name) => `--enable-${name}`,
);

/** Merges a module that was linked with `linkOptions` with the allocator. */
export function merge(module, from) {
  const allocator = compileAllocator(module.replace(/\.wasm$/, '-allocator.wasm'), { memoryBase: heapBase(from) });
  // The one is called `env`, which is where the other imports from. Nothing is optimized: what was linked stays so.
  const tool = installed('binaryen/bin/wasm-merge');
  const command = [process.execPath, tool, from, 'program', allocator, 'env', ...features, '-o', module];
  make(module, [from, allocator], command);
  return module;
}

function heapBase(path) {
  const module = new WebAssembly.Module(readFileSync(path));
  const imports = {};
  for (const { module: from, name, kind } of WebAssembly.Module.imports(module)) {
    if (from !== 'env' || (kind !== 'function' && kind !== 'memory')) {
      throw new Error(`${path} imports a ${kind} ${from}.${name}, which nothing here gives it`);
    }
    imports[name] = kind === 'memory' ? new WebAssembly.Memory({ initial: 2048, maximum: most }) : () => 0;
  }
  return new WebAssembly.Instance(module, { env: imports }).exports.__heap_base.value;
}
