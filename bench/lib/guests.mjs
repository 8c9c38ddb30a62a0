// The programs that are linked with every allocator, each compiled once: the workloads, the replay of recorded
// calls, SQLite and Lua.
//
// `libc`: needs a C library, whose malloc the allocator replaces; without it there is only allocators/libc.cpp.

import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { source } from '../peers/apt.mjs';
import { cLibraries, compile } from './compile.mjs';
import { root } from './paths.mjs';

const here = (path) => join(root, 'bench', path);
const libc = () => compile(here('allocators/libc.cpp'), 'shared');
const wasi = () => compile(here('programs/wasi.c'), 'shared');

const sqliteOptions = [
  'SQLITE_OS_OTHER=1', // no files: examples/demo/guest/os.c
  'SQLITE_TEMP_STORE=3', // temporary tables and sorting in memory
  'SQLITE_THREADSAFE=0',
  'SQLITE_DEFAULT_MEMSTATUS=0',
  'SQLITE_OMIT_LOAD_EXTENSION',
  'SQLITE_OMIT_LOCALTIME',
  'SQLITE_OMIT_WAL',
  'SQLITE_OMIT_DEPRECATED',
  'SQLITE_OMIT_SHARED_CACHE',
].map((option) => `-D${option}`);

const sqlite = {
  libc: true,
  without: ['floor'],
  stackBytes: 256 * 1024,
  objects() {
    const sources = here('node_modules/better-sqlite3/deps/sqlite3');
    if (!existsSync(sources)) {
      throw new Error("SQLite's source is missing: npm ci --prefix bench (./dev bench does it)");
    }
    const flags = [...sqliteOptions, '-I', sources];
    const files = [join(sources, 'sqlite3.c'), here('programs/sqlite.c'), join(root, 'examples/demo/guest/os.c')];
    return [...files.map((file) => compile(file, 'sqlite', flags)), libc(), wasi()];
  },
  libraries: cLibraries,
};

// Its compiler, its readers of files and of the environment stay out: the scripts use the language and its
// libraries of strings, tables and numbers.
const luaWithout = ['lua.c', 'luac.c', 'liolib.c', 'loslib.c', 'loadlib.c', 'linit.c', 'ldblib.c', 'lcorolib.c'];

const lua = {
  libc: true,
  without: ['floor'],
  stackBytes: 256 * 1024,
  objects() {
    const sources = join(source('lua5.4').folder, 'src');
    // No error ends a script and no coroutine yields, so there is nothing to jump back to; and the same numbers at
    // every run.
    const flags = ['-I', here('programs/lua'), '-DLUAI_THROW(L,c)=__builtin_trap()', '-DLUAI_TRY(L,c,a)={a}'].concat(
      ['-Dluai_jmpbuf=int', '-Dluai_makeseed(L)=42u', '-Dl_randomizePivot()=0u', '-I', sources],
    );
    const files = readdirSync(sources).filter((file) => file.endsWith('.c') && !luaWithout.includes(file));
    return [
      ...files.sort().map((file) => compile(join(sources, file), 'lua', flags)),
      compile(here('programs/lua.c'), 'lua', [...flags, '-std=gnu2x', '-Wno-c23-extensions']),
      libc(),
      wasi(),
    ];
  },
  libraries: cLibraries,
};

export const guests = {
  workloads: { libc: false, objects: () => [compile(here('workloads.cpp'), 'shared'), libc()] },
  replay: { libc: false, objects: () => [compile(here('programs/replay.cpp'), 'shared'), libc()] },
  growth: { libc: false, objects: () => [compile(here('workloads.cpp'), 'growth', ['-DBENCH_GROWTH']), libc()] },
  // Nothing but the allocator, for JavaScript to call.
  calls: {
    libc: false,
    options: ['--export=malloc', '--export=free'],
    objects: () => [compile(here('calls.cpp'), 'shared'), libc()],
  },
  sqlite,
  lua,
};
