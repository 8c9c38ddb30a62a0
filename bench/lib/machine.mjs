// What a figure was measured on: without it a figure says nothing.

import { execFileSync } from 'node:child_process';
import os from 'node:os';
import { compilerFlags, compilerVersion } from './compile.mjs';
import { root } from './paths.mjs';

/** `engine`: how the engine names itself. */
export function describeMachine(engine) {
  const [cpu] = os.cpus();
  return {
    machine: [
      cpu?.model.trim() ?? 'unknown processor',
      `${os.cpus().length} cores`,
      os.arch(),
      `${os.type()} ${os.release()}`,
    ].join(', '),
    date: new Date().toISOString(),
    commit: commit(),
    compiler: `${compilerVersion()}, ${compilerFlags.join(' ')}`,
    engine,
  };
}

function commit() {
  const git = (...words) =>
    execFileSync('git', ['-C', root, ...words], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  try {
    return git('rev-parse', '--short=12', 'HEAD') + (git('status', '--porcelain') ? ' with changes' : '');
  } catch {
    return 'none';
  }
}
