#!/usr/bin/env node
// Makes what the demo runs: fetches SQLite and the data, compiles SQLite once for wasm and links it with
// liballot, with wasi-libc's own malloc, and with a recorder of calls. `--native` also makes the native
// program of the tests.
//
// Run directly, or through ensureWasm() and ensureNative(). What is up to date is left alone.

import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { fetchPackages, packageFolder } from './lib/fetch.mjs';
import { allotLibrary, build, demo, native, shown, wasm } from './lib/paths.mjs';
import { make, SetupError } from './lib/tools.mjs';

const clang = process.env.ALLOT_WASM_CC ?? 'clang-19';
const nativeCompiler = process.env.CC ?? 'gcc';
const hint = 'Please run ./dev build once: it installs what is needed.';

// The same for wasm and native, so that both are the same SQLite.
const sqliteOptions = [
  'SQLITE_OS_OTHER=1', // no files: guest/os.c
  'SQLITE_TEMP_STORE=3', // temporary tables and sorting in memory
  'SQLITE_THREADSAFE=0',
  'SQLITE_DEFAULT_MEMSTATUS=0', // the heap counts better
  'SQLITE_DQS=0',
  'SQLITE_OMIT_LOAD_EXTENSION',
  'SQLITE_OMIT_LOCALTIME',
  'SQLITE_OMIT_WAL',
  'SQLITE_OMIT_DEPRECATED',
  'SQLITE_OMIT_SHARED_CACHE',
  'SQLITE_OMIT_UTF16',
  // As SQLite's own configure finds on Linux: it asks malloc for a block's size, instead of keeping 8 bytes
  // of its own before each block. So what sqlite3_malloc returns is a plain block of the heap.
  'HAVE_MALLOC_H=1',
  'HAVE_MALLOC_USABLE_SIZE=1',
].map((option) => `-D${option}`);

const stackBytes = 256 * 1024;

const source = () => path.join(packageFolder('better-sqlite3'), 'deps/sqlite3');
const own = (name) => path.join(demo, name);
const object = (name) => path.join(build, `${name}.o`);

function compileForWasm(name, file, options, say) {
  const inputs = [file, path.join(source(), 'sqlite3.h'), own('guest/guest.h')];
  return make({
    target: object(name),
    command: clang,
    args: [
      ...['--target=wasm32-wasi', '-O2', '-mbulk-memory', ...options],
      ...['-I', source(), '-c', file, '-o', object(name)],
    ],
    inputs,
    hint,
    onStart: () => say?.(`compile ${path.basename(file)} for wasm32`),
  });
}

// No -O here: with it, clang runs whatever wasm-opt it finds on the PATH.
function link(target, objects, { options = [], libraries = [] }, say) {
  const exports = readFileSync(own('guest/exports.txt'), 'utf8')
    .split('\n')
    .filter((line) => line && !line.startsWith('#'));
  const toLinker = [
    '--no-entry',
    '--import-memory',
    '--stack-first',
    '--strip-all',
    `-zstack-size=${stackBytes}`,
  ];
  return make({
    target,
    command: clang,
    args: [
      ...['--target=wasm32-wasi', '-nostartfiles', ...objects, ...libraries, '-o', target],
      ...[...toLinker, ...options, ...exports.map((name) => `--export=${name}`)].map(
        (option) => `-Wl,${option}`,
      ),
    ],
    inputs: [...objects, ...libraries],
    hint,
    onStart: () => say?.(`link ${shown(target)}`),
  });
}

/** `say` is told what is being done, where something is. */
export async function ensureWasm(say) {
  if (!existsSync(allotLibrary)) throw new SetupError(`${shown(allotLibrary)} is missing. ${hint}`);
  await fetchPackages(() => say?.('fetch SQLite and the data from npm'));
  await compileForWasm('sqlite3', path.join(source(), 'sqlite3.c'), sqliteOptions, say);
  const files = ['os', 'guest', 'replay', 'trace'];
  for (const name of files) await compileForWasm(name, own(`guest/${name}.c`), [], say);
  const objects = ['sqlite3', 'os', 'guest', 'replay'].map(object);
  // The two that are compared: the same objects, and allot's malloc before that of the C library.
  await link(wasm.allot, objects, { libraries: [allotLibrary], options: ['--export=allot_image'] }, say);
  await link(wasm.dlmalloc, objects, {}, say);
  const wrap = ['malloc', 'realloc', 'free'].flatMap((name) => [`--wrap=${name}`, `--export=__wrap_${name}`]);
  await link(wasm.traced, [...objects, object('trace')], { options: wrap }, say);
}

export async function ensureNative(say) {
  await fetchPackages(() => say?.('fetch SQLite and the data from npm'));
  const files = [
    path.join(source(), 'sqlite3.c'),
    ...['guest/os.c', 'guest/guest.c', 'native/main.c'].map(own),
  ];
  await make({
    target: native,
    command: nativeCompiler,
    args: ['-O1', ...sqliteOptions, '-I', source(), ...files, '-lm', '-o', native],
    inputs: [...files, own('guest/guest.h')],
    hint: 'It is needed for the comparison with a native SQLite only.',
    onStart: () => say?.('compile SQLite natively'),
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const started = performance.now();
  const say = (what) =>
    console.log(`${((performance.now() - started) / 1000).toFixed(1).padStart(6)} s  ${what}`);
  try {
    await ensureWasm(say);
    if (process.argv.includes('--native')) await ensureNative(say);
    say('ready');
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    console.error(error.message);
    process.exitCode = 2;
  }
}
