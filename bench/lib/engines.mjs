// The engines that a measurement can run in: how each is found and started.
//
// open() gives { title, run(order), close() }: the order is what runJob takes, and the paths of modules and traces.

import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { runtimes } from '../../tests/runtimes/runtimes.mjs';
import { output, root } from './paths.mjs';

const child = fileURLToPath(new URL('child.mjs', import.meta.url));
const execute = promisify(execFile);

export const engineNames = ['node24', 'node20', 'node26', 'bun', 'deno', 'chromium', 'firefox'];
export const usualEngine = 'node24';

export function checkEngine(name) {
  if (!engineNames.includes(name)) throw new RangeError(`no engine '${name}'; there are ${engineNames.join(' ')}`);
  return name;
}

/** Installing is ./dev bench's: with `--engine` it fetches what that engine needs. */
export async function openEngine(name) {
  if (name === 'chromium' || name === 'firefox') return (await import('./browser.mjs')).openInBrowser(name);
  const { program, args = [] } = name === 'node20' ? await node20() : runtimes.find(({ id }) => id === name);
  if (!program.includes('/') || existsSync(program)) return openProcess(program, args);
  throw new Error(`${name} is not installed: ./dev bench --engine ${name} fetches it`);
}

// The package's oldest Node may be the one on the PATH, or the one that ./dev fetched to run itself.
async function node20() {
  const fetched = ['bench/node20', 'tools/node'].map((folder) => {
    return join(root, 'build', folder, 'node_modules/node/bin/node');
  });
  for (const program of ['node', ...fetched.filter(existsSync)]) {
    const { stdout } = await execute(program, ['--version']);
    if (stdout.startsWith('v20.')) return { program };
  }
  return { program: fetched[0] };
}

/** Each order in a process of its own. */
async function openProcess(program, args) {
  const settings = {
    maxBuffer: 1 << 26,
    env: { ...process.env, NO_COLOR: '1', DENO_NO_UPDATE_CHECK: '1', DENO_DIR: join(output, 'deno') },
  };
  const run = async (order) => {
    try {
      const { stdout } = await execute(program, [...args, child, JSON.stringify(order)], settings);
      return JSON.parse(stdout);
    } catch (error) {
      const why = error.stderr?.trim() || (error.code ?? error.signal);
      throw new Error(`a measuring process ended: ${why ?? error.message}`, { cause: error });
    }
  };
  return { title: await run({ describe: true }), run, close() {} };
}
