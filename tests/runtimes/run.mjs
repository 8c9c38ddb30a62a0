#!/usr/bin/env node
// Runs the tests of the JavaScript package on the runtimes that are named: the same files everywhere.
//
//   tests/runtimes/run.mjs RUNTIME… [--only PART,PART] [--counts FILE --part NAME]
//
//   --only      files whose name contains one of these
//   --counts    appends `NAME PASSED FAILED` to FILE, for each runtime a line
//   --tests, --results    other folders than js/test and build/test/runtimes
//   --seconds, --minutes  the most that a file, and the whole run, may take
//
// It needs Node 22 or newer and a built package (`./dev build`). What failed is printed with its stack; what ran
// is kept in build/test/runtimes, from which table.mjs makes its table. Exits 1 when a test failed.

import { appendFileSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { FileRun } from './events.mjs';
import { runInBrowser } from './in-browser.mjs';
import { runOnNode, runOnOther } from './in-process.mjs';
import { killAll } from './process.mjs';
import { runtimes } from './runtimes.mjs';
import { soakSeconds } from './settings.mjs';
import { testFiles } from './suites.mjs';

const root = fileURLToPath(new URL('../../', import.meta.url));

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    only: { type: 'string' },
    counts: { type: 'string' },
    part: { type: 'string', default: 'js' },
    tests: { type: 'string', default: 'js/test' },
    results: { type: 'string', default: 'build/test/runtimes' },
    seconds: { type: 'string', default: String(180 + 8 * Number(soakSeconds)) },
    minutes: { type: 'string', default: String(20 + Number(soakSeconds)) },
  },
});
const chosen = positionals.map((id) => runtimes.find((runtime) => runtime.id === id));
if (chosen.length === 0 || chosen.includes(undefined)) {
  const ids = runtimes.map(({ id }) => id).join(' ');
  console.error(`usage: tests/runtimes/run.mjs RUNTIME… [--only PART]; there are: ${ids}`);
  process.exit(2);
}

const files = testFiles(join(root, values.tests), values.only);
if (files.length === 0) {
  console.error(`no file of ${values.tests} has ${values.only} in its name`);
  process.exit(2);
}
const results = join(root, values.results);
mkdirSync(results, { recursive: true });
let failures = 0;

/** Where a run stands in the table. */
function orderOf(id) {
  const [name, setting = 0] = id.split('-');
  return 10 * runtimes.findIndex((runtime) => runtime.id === name) + Number(setting);
}

/** Prints what became of one runtime and keeps it. */
function report({ id, title, begin, runs }) {
  const seconds = Math.round((performance.now() - begin) / 1000);
  const passed = runs.reduce((sum, { run }) => sum + run.passed.length, 0);
  const failed = runs.reduce((sum, { run }) => sum + run.failed.length, 0);
  failures += failed;
  for (const { file, run } of runs) {
    for (const { name, error } of run.failed) {
      console.log(`\n✗ ${title} › ${file} › ${name}\n${error.replace(/^/gm, '    ')}`);
    }
  }
  console.log(`${title}: ${passed} passed, ${failed} failed, in ${runs.length} files (${seconds} s)`);
  if (values.counts) appendFileSync(values.counts, `${values.part} ${passed} ${failed}\n`);
  const kept = runs.map(({ file, suite, run }) => ({
    file,
    suite,
    milliseconds: Math.round(run.milliseconds),
    passed: run.passed,
    failed: run.failed.map(({ name }) => name),
  }));
  writeFileSync(join(results, `${id}.json`), JSON.stringify({ title, order: orderOf(id), files: kept }));
}

const context = {
  root,
  tests: values.tests,
  files,
  results,
  seconds: Number(values.seconds),
  report,
};

/** A runtime that cannot even be started has failed, and the others are run all the same. */
async function runOn(runtime) {
  const begin = performance.now();
  const how = { node: runOnNode, other: runOnOther, browser: runInBrowser }[runtime.kind];
  try {
    await how(runtime, context);
  } catch (error) {
    const runs = [{ file: '(all files)', suite: 'api', run: new FileRun().end(error.stack) }];
    report({ id: runtime.id, title: runtime.id, begin, runs });
  }
}

const tooLong = () => {
  console.error(`the whole run did not end within ${values.minutes} minutes`);
  process.exit(1);
};
setTimeout(tooLong, Number(values.minutes) * 60_000).unref();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => process.exit(1));
process.on('exit', killAll);

for (const { id } of chosen) {
  for (const old of readdirSync(results)) {
    if (old === `${id}.json` || (old.startsWith(`${id}-`) && old.endsWith('.json'))) rmSync(join(results, old));
  }
}
// A process runs two files at a time, a browser one: so processes take turns, and browsers go side by side.
for (const runtime of chosen.filter(({ kind }) => kind !== 'browser')) await runOn(runtime);
await Promise.all(chosen.filter(({ kind }) => kind === 'browser').map(runOn));
process.exit(failures > 0 ? 1 : 0);
