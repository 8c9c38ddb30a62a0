// Runs one file of tests in a process of its own, which is ended with all its children when its time is up.

import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

import { FileRun, fromLine } from './events.mjs';

const running = new Set();

function kill(child) {
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}

/** Ends what is still running: for the runner's own end. */
export function killAll() {
  for (const child of running) kill(child);
}

/**
 * @param {{ command: string[], env?: Record<string, string>, cwd: string, seconds: number, mayBeEmpty: boolean }} how
 * @returns {Promise<FileRun>}
 */
export function runInProcess({ command, env, cwd, seconds, mayBeEmpty }) {
  const run = new FileRun(mayBeEmpty);
  const [program, ...rest] = command;
  // A group of its own, so that its children end with it.
  const child = spawn(program, rest, {
    cwd,
    // NODE_TEST_CONTEXT would make a Node write for the node:test that runs this runner.
    env: { ...process.env, NODE_TEST_CONTEXT: undefined, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  running.add(child);
  const said = [];
  const keep = (line) => {
    if (said.push(line) > 200) said.shift();
  };
  createInterface({ input: child.stdout }).on('line', (line) => {
    const event = fromLine(line);
    if (event) run.hear(event);
    else keep(line);
  });
  createInterface({ input: child.stderr }).on('line', keep);
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    kill(child);
  }, seconds * 1000);
  return new Promise((resolve) => {
    const end = (problem) => {
      clearTimeout(timer);
      running.delete(child);
      kill(child);
      resolve(run.end(problem && [problem, ...said].join('\n')));
    };
    child.on('error', (error) => end(`cannot start ${program}: ${error.message}`));
    child.on('close', (code, signal) => {
      if (late) end(`it did not end within ${seconds} s`);
      else if (signal) end(`it was ended by ${signal}`);
      else if (code !== 0) end(`exit code ${code}`);
      else end(undefined);
    });
  });
}
