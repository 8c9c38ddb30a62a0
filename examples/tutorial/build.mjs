#!/usr/bin/env node
// Makes the lesson's three modules: the AssemblyScript guest twice (with a memory of its own, as the chapter has
// it, and for a memory that is given and shared), and the C++ guest, linked with liballot. What is up to date is
// left alone.

import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { make, run, SetupError } from '../demo/lib/tools.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));
const root = path.resolve(here, '../..');
const build = path.join(root, 'build/tutorial');
const library = path.join(root, 'build/wasm32-shared/guest/liballot-threads.a');
const compiler = path.join(here, 'node_modules/assemblyscript/bin/asc.js');
const hint = 'Please run ./dev test tutorial once: it installs what is needed.';

const guest = (name) => path.join(here, 'guests', name);
const made = (name) => path.join(build, name);

/** The most pages that a memory of the lesson may have. Memory and modules must agree about it. */
const maximumPages = 16;

async function assemblyScript(target, options) {
  if (!existsSync(compiler)) await run('npm', ['ci'], { cwd: here, hint: 'It comes with Node.js.' });
  const fixed = ['--optimize', '--runtime', 'stub', '--maximumMemory', `${maximumPages}`];
  const args = [compiler, guest('chapter.ts'), '--outFile', target, ...fixed, ...options];
  await make({ target, command: process.execPath, args, inputs: [guest('chapter.ts')] });
}

// Compiled and linked separately: as a linker, clang runs whatever wasm-opt it finds on the PATH.
async function cpp(target) {
  const objects = ['chapter', 'heap'].map((name) => made(`${name}.o`));
  const flags = [
    ...['--target=wasm32-unknown-unknown', '-std=c++20', '-O2', '-Wall', '-Wextra', '-Werror', '-ffreestanding'],
    ...['-fno-exceptions', '-fno-rtti', '-nostdlib', '-mbulk-memory', '-matomics'],
  ];
  for (const object of objects) {
    const source = guest(`${path.basename(object, '.o')}.cpp`);
    const args = [...flags, '-c', source, '-o', object];
    await make({ target: object, command: 'clang++-19', args, inputs: [source], hint });
  }
  // The linker leaves the first 1024 bytes alone: they are the lesson's. Then come a word of liballot's own, the
  // stack, which ends at a round number, and the heap.
  const names = ['_initialize', 'readMemory', 'writeMemory', 'addressOfLocal', 'squares', 'sum', 'malloc', 'free'];
  const exports = [...names, '__global_base', '__heap_base'].map((name) => `--export=${name}`);
  const memory = ['--import-memory', '--shared-memory', `--max-memory=${maximumPages * 65536}`];
  const options = ['--no-entry', '--strip-all', '-z', 'stack-size=15344', ...memory, ...exports];
  const args = [...options, ...objects, library, '-o', target];
  await make({ target, command: 'wasm-ld-19', args, inputs: [...objects, library], hint });
}

/** The modules' files, by the names that the lesson has for them. */
const modules = { chapter: made('chapter.wasm'), shared: made('shared.wasm'), cpp: made('cpp.wasm') };

export async function ensureModules() {
  for (const file of [library, path.join(root, 'js/dist/index.js')]) {
    if (!existsSync(file)) throw new SetupError(`${path.relative(root, file)} is missing. ${hint}`);
  }
  await assemblyScript(modules.chapter, []);
  const given = ['--importMemory', '--sharedMemory', '--initialMemory', '2', '--enable', 'threads'];
  await assemblyScript(modules.shared, given);
  await cpp(modules.cpp);
}

/** The modules, compiled. */
export async function loadModules() {
  const compile = async ([name, file]) => [name, await WebAssembly.compile(readFileSync(file))];
  return Object.fromEntries(await Promise.all(Object.entries(modules).map(compile)));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    await ensureModules();
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    console.error(error.message);
    process.exitCode = 2;
  }
}
