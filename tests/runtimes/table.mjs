#!/usr/bin/env node
// The table runtime × suite of what run.mjs kept: passed / failed / not applicable.
//
//   tests/runtimes/table.mjs [FOLDER]      the folder is build/test/runtimes unless another is named
//
// Not applicable is a test that another runtime of the table ran: here its file left it out, or the whole
// suite is for Node alone.

import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

import { suites } from './suites.mjs';

const root = fileURLToPath(new URL('../../', import.meta.url));
const folder = resolve(process.argv[2] ?? join(root, 'build/test/runtimes'));

const kept = (existsSync(folder) ? readdirSync(folder) : [])
  .filter((name) => name.endsWith('.json'))
  .map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')))
  .sort((a, b) => a.order - b.order);

/** Every test of a suite that any of the runtimes ran, as `file › name`. */
function testsOf(suite, runs) {
  const tests = { all: new Set(), passed: 0, failed: 0 };
  for (const { files } of runs) {
    for (const { file, suite: its, passed, failed } of files) {
      if (its !== suite) continue;
      for (const name of [...passed, ...failed]) tests.all.add(`${file} › ${name}`);
      tests.passed += passed.length;
      tests.failed += failed.length;
    }
  }
  return tests;
}

if (kept.length > 0) {
  const used = suites.filter((suite) => testsOf(suite, kept).all.size > 0);
  const totals = new Map(used.map((suite) => [suite, testsOf(suite, kept).all.size]));
  const rows = [['', ...used.map((suite) => `${suite} (${totals.get(suite)})`)]];
  for (const run of kept) {
    const cells = used.map((suite) => {
      const { passed, failed, all } = testsOf(suite, [run]);
      return `${passed} / ${failed} / ${totals.get(suite) - all.size}`;
    });
    rows.push([run.title, ...cells]);
  }
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  console.log('  passed / failed / not applicable');
  for (const row of rows) {
    console.log(`  ${row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join('   ')}`);
  }
}
