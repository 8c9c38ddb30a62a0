#!/usr/bin/env node
// Code size: what each artefact and each import weighs, raw and compressed, and the limits that some must keep.
//
//   tools/size.mjs [--counts FILE]     prints the table; exits 1 when a limit is passed or a file is missing
//
// With --counts it appends a line `size PASSED FAILED` to FILE, one test for each limit.

import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { gzipSync } from 'node:zlib';

import './closed-pipe.mjs';
import { limits } from './size-limits.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const { values } = parseArgs({ options: { counts: { type: 'string' } } });

/** What a bundler makes of a user's line of code; it finds the package where js/package.json stands. */
function bundle(code) {
  const { buildSync } = createRequire(join(root, 'tests/package/package.json'))('esbuild');
  const { outputFiles } = buildSync({
    stdin: { contents: code, resolveDir: join(root, 'js') },
    bundle: true,
    format: 'esm',
    platform: 'neutral',
    minify: true,
    write: false,
    logLevel: 'silent',
  });
  return outputFiles[0].contents;
}

function read({ file, code }) {
  if (code !== undefined) return bundle(code);
  if (!existsSync(join(root, file))) throw new Error(`missing: ${file}`);
  return readFileSync(join(root, file));
}

function weigh({ name, raw, gzip, ...what }) {
  let bytes;
  try {
    bytes = read(what);
  } catch (error) {
    return { name, verdict: error.message.split('\n').slice(0, 2).join(' '), failed: true };
  }
  const packed = gzipSync(bytes, { level: 9 }).length;
  const over = [];
  if (bytes.length > raw) over.push(`raw over ${raw}`);
  if (packed > gzip) over.push(`gzip over ${gzip}`);
  const limited = raw !== undefined || gzip !== undefined;
  const allowed = [raw && `raw ${raw}`, gzip && `gzip ${gzip}`].filter(Boolean).join(', ');
  return {
    name,
    raw: bytes.length,
    gzip: packed,
    verdict: over.length > 0 ? over.join(', ') : limited ? `within ${allowed}` : '',
    limited,
    failed: over.length > 0,
  };
}

const rows = limits.map(weigh);
const width = Math.max(...rows.map(({ name }) => name.length));
const cell = (value) => String(value ?? '').padStart(8);
console.log(`  ${'bytes'.padEnd(width)} ${cell('raw')} ${cell('gzip')}   limit`);
for (const { name, raw, gzip, verdict } of rows) {
  console.log(`  ${name.padEnd(width)} ${cell(raw)} ${cell(gzip)}   ${verdict}`.trimEnd());
}
const failed = rows.filter((row) => row.failed).length;
const passed = rows.filter((row) => row.limited && !row.failed).length;
if (values.counts) appendFileSync(values.counts, `size ${passed} ${failed}\n`);
process.exitCode = failed > 0 ? 1 : 0;
