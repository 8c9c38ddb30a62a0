// Node, Deno and Bun: each file of tests in a process of its own, two at a time.

import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

import { packageEntries, placeOrExplain } from './place.mjs';
import { runInProcess } from './process.mjs';
import { describe } from './runtimes.mjs';
import { settingsFor } from './settings.mjs';

const here = (name) => new URL(name, import.meta.url);

/** Two at a time; the results in order. */
async function each(items, action) {
  const waiting = [...items.entries()];
  const done = [];
  const work = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) done[next[0]] = await action(next[1]);
  };
  await Promise.all([work(), work()]);
  return done;
}

/** Node runs the files as they are, with its own node:test. */
export async function runOnNode(runtime, { root, tests, files, seconds, report }) {
  const begin = performance.now();
  const { title, can } = describe(runtime);
  const runs = await each(files, async ({ file, suite, mayBeEmpty }) => ({
    file,
    suite,
    run: await runInProcess({
      command: [runtime.program, `--test-reporter=${here('node-reporter.mjs')}`, join(root, tests, file)],
      env: settingsFor(can, runtime.id === 'node'),
      cwd: join(root, 'js'),
      seconds,
      mayBeEmpty,
    }),
  }));
  report({ id: runtime.id, title, begin, runs });
}

/** Copies of the universal tests for a runtime that does not find the package by its name. */
function placeAll({ root, tests, results }, packages) {
  const folder = join(results, 'placed');
  rmSync(folder, { recursive: true, force: true });
  const addresses = {
    ...packages,
    'node:test': here('collector.mjs').href,
    'node:assert/strict': 'node:assert/strict',
  };
  for (const file of readdirSync(join(root, tests), { recursive: true })) {
    if (!file.endsWith('.mjs') || file.startsWith('node/')) continue;
    const to = join(folder, file);
    mkdirSync(dirname(to), { recursive: true });
    const text = readFileSync(join(root, tests, file), 'utf8');
    writeFileSync(to, placeOrExplain(text, addresses, `${tests}/${file}`));
  }
  return folder;
}

export async function runOnOther(runtime, context) {
  const { root, files, seconds, report } = context;
  const begin = performance.now();
  const { title } = describe(runtime);
  const packages = Object.fromEntries(
    Object.entries(packageEntries(root)).map(([name, file]) => [name, pathToFileURL(join(root, 'js', file)).href]),
  );
  const folder = placeAll(context, packages);
  const given = { root: pathToFileURL(root).href, packages, settings: settingsFor(runtime.can, false) };
  const env = {
    ALLOT_TEST: JSON.stringify(given),
    NO_COLOR: '1',
    DENO_NO_UPDATE_CHECK: '1',
    DENO_DIR: join(root, 'build/runtimes/deno'),
  };
  const runs = await each(files.filter(({ suite }) => suite !== 'node'), async ({ file, suite, mayBeEmpty }) => ({
    file,
    suite,
    run: await runInProcess({
      command: [runtime.program, ...runtime.args, fileURLToPath(here('child.mjs')), join(folder, file)],
      env,
      cwd: root,
      seconds,
      mayBeEmpty,
    }),
  }));
  report({ id: runtime.id, title, begin, runs });
}
