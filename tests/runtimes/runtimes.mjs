// The runtimes that the JavaScript package must run on, and what each must be able to do. A test that asks for
// more is not applicable there; a runtime that can do less than it must fails (js/test/runtime.test.mjs).

import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('.', import.meta.url));
const installed = (path) => join(here, path);

const always = ['agents', 'bigMemory', 'shared', 'waitAsync'];
const threads = ['cloneShared', 'sendShared', 'waitOnThisThread'];
const newest = ['float16', 'memory64', 'multiMemory'];

function nodeCan(major) {
  const can = [...always, ...threads];
  if (major >= 22) can.push('multiMemory');
  if (major >= 24) can.push('float16', 'memory64');
  if (major >= 26) can.push('resizable');
  return can;
}

// `./dev test all` says so: it has the time.
const inEverySetting = process.env.ALLOT_TEST_ALL === 'yes';

/**
 * Each browser runs every file in the page and in a worker. With the time for it, it does so both where
 * memory can be shared with other agents (cross-origin isolated) and where not; else only in the settings
 * that are named as usual, and in a second one only the files that ask what the runtime can do.
 */
function browser(name, can, usual = ['worker, isolated', 'page']) {
  const settings = [];
  for (const isolated of [true, false]) {
    for (const where of ['page', 'worker']) {
      const title = `${where}${isolated ? ', isolated' : ''}`;
      if (!inEverySetting && !usual.includes(title)) continue;
      settings.push({
        title,
        in: where,
        isolated,
        inPart: !inEverySetting && settings.length !== 0,
        can: (version) => can({ isolated, worker: where === 'worker', major: Number(/\d+/.exec(version)) }),
      });
    }
  }
  return { id: name, kind: 'browser', settings };
}

const processes = [
  // The one on the PATH, which is also the one that runs the random tests in full.
  { id: 'node', kind: 'node', program: 'node', operations: undefined },
  { id: 'node22', kind: 'node', program: installed('more/node_modules/n22/bin/node') },
  { id: 'node24', kind: 'node', program: installed('node_modules/n24/bin/node') },
  { id: 'node26', kind: 'node', program: installed('more/node_modules/n26/bin/node') },
  {
    id: 'deno',
    kind: 'other',
    program: installed('more/node_modules/.bin/deno'),
    args: ['run', '--quiet', '--no-config', '--no-lock', '--no-remote', '--no-npm', '--allow-all'],
    can: [...always, ...threads, ...newest, 'resizable'],
  },
  {
    id: 'bun',
    kind: 'other',
    program: installed('more/node_modules/.bin/bun'),
    args: ['run', '--no-install'],
    can: [...always, ...threads, 'float16', 'multiMemory', 'resizable'],
  },
];

const browserCan = ({ isolated, worker }) => [
  ...always, ...newest, 'resizable',
  ...(isolated ? ['cloneShared', 'sendShared'] : []),
  ...(worker ? ['waitOnThisThread'] : []),
];

// Debian 12 has had Firefox 140, which has neither yet, and 153.
const firefoxCan = ({ isolated, worker, major }) => {
  const less = worker ? ['agents', 'sendShared'] : [];
  if (major < 145) less.push('resizable', 'waitAsync');
  return browserCan({ isolated, worker }).filter((what) => !less.includes(what));
};

const browsers = [
  browser('chromium', browserCan),
  // No agents from a worker: see js/test/support/runtime.mjs.
  browser('firefox', firefoxCan, ['page, isolated']),
  // Told to have SharedArrayBuffer (webkit.mjs), which it then shares in every page.
  browser('webkit', ({ worker }) => [...always, 'sendShared', ...(worker ? ['waitOnThisThread'] : [])]),
];

export const runtimes = [...processes, ...browsers];

/** Asks a runtime for its name and version, such as `Node 20.20.2`. */
export function describe({ kind, id, program }) {
  const said = execFileSync(program, ['--version'], { encoding: 'utf8' });
  const version = /\d+\.\d+\.\d+/.exec(said)?.[0] ?? said.trim();
  const name = kind === 'node' ? 'Node' : id === 'deno' ? 'Deno' : 'Bun';
  return { title: `${name} ${version}`, can: kind === 'node' ? nodeCan(Number(version.split('.')[0])) : undefined };
}
