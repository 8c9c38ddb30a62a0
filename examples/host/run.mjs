#!/usr/bin/env node
// `./dev demo host`: makes the example and runs it. --help tells the options.

import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import '../../tools/closed-pipe.mjs';
import { ensureWasm } from '../demo/build.mjs';
import { loadDataset } from '../demo/lib/dataset.mjs';
import { number, UsageError } from '../demo/lib/options.mjs';
import { build as demoBuild, root } from '../demo/lib/paths.mjs';
import { dataFiles } from '../demo/lib/rows.mjs';
import { Terminal } from '../demo/lib/terminal.mjs';
import { run, SetupError } from '../demo/lib/tools.mjs';

const help = `usage: ./dev demo host [OPTIONS]

A C++ program and SQLite in one heap. SQLite is compiled to WebAssembly with allot's malloc, turned into C by
wasm2c, and linked with the program (examples/host). C++ allocates texts that SQLite frees, and frees what
SQLite allocated; at the end nothing is left. Needs no WebAssembly engine.

  --rows N     load the first N of 135,233 cities only (at least 1)
  --help       this text

The first run compiles SQLite twice, for wasm and from the C that wasm2c made: a minute or two.

exit code: 0 all is well; 1 the heap is not as it must be, or blocks were left;
           2 wrong usage, or something could not be fetched or compiled
`;

const folder = path.join(root, 'build/host-example');
const hint = 'On Debian 12: ./dev demo host, as root, installs what is needed.';

async function ensureProgram(say) {
  say('configure the C++ program');
  const source = path.dirname(fileURLToPath(import.meta.url));
  await run('cmake', ['-S', source, '-B', folder, '-G', 'Ninja', '-DCMAKE_BUILD_TYPE=Release'], { hint });
  say('compile the C++ program, and SQLite from the C that wasm2c makes of it');
  await run('cmake', ['--build', folder], { hint });
  return path.join(folder, 'host');
}

/** The table that the program loads. */
function citiesFile(rows) {
  mkdirSync(demoBuild, { recursive: true });
  const file = path.join(demoBuild, Number.isFinite(rows) ? `cities-${rows}.tsv` : 'cities.tsv');
  writeFileSync(file, dataFiles(loadDataset(rows)).cities);
  return file;
}

async function main(args) {
  const { values } = parseArgs({ args, options: { rows: { type: 'string' }, help: { type: 'boolean' } } });
  if (values.help) {
    process.stdout.write(help);
    return 0;
  }
  const rows = values.rows === undefined ? Infinity : number(values.rows, 'rows', 1);
  const terminal = new Terminal(process.stdout);
  terminal.say('allot: one heap for SQLite in WebAssembly and for C++', { indent: 0, style: 'bold' });
  const program = await terminal.during('make the example', async (say) => {
    await ensureWasm(say);
    return ensureProgram(say);
  });
  terminal.line();
  const child = spawn(program, [citiesFile(rows)], { stdio: ['ignore', 'inherit', 'inherit'] });
  return new Promise((resolve) => child.on('close', (code) => resolve(code ?? 1)));
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  const isUsage = error instanceof UsageError || error.code?.startsWith('ERR_PARSE_ARGS');
  if (isUsage) console.error(`${error.message}\nTry --help.`);
  else if (error instanceof SetupError) console.error(error.message);
  else console.error(error);
  process.exitCode = isUsage || error instanceof SetupError ? 2 : 1;
}
