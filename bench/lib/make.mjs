// Runs a tool only when its output is older than what it was made from.
//
// A target is current when it exists, no input is newer, and the command line that made it was the
// same. Inputs are those given and, for C and C++, every header the compiler itself listed (-MMD).

import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** Returns true if the command had to run. `listing`: the file to which the command writes what it read. */
export function make(target, inputs, command, { listing } = {}) {
  const stamp = `${target}.command`;
  const line = command.join('\n');
  if (isCurrent(target, stamp, line, [...inputs, ...readListing(listing)])) return false;
  mkdirSync(dirname(target), { recursive: true });
  rmSync(stamp, { force: true }); // a command that fails half way must not look current
  run(command);
  writeFileSync(stamp, line);
  return true;
}

export function run([tool, ...options], settings = {}) {
  try {
    return execFileSync(tool, options, {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
      ...settings,
    });
  } catch (error) {
    if (error.code === 'ENOENT') throw new Error(missing(tool));
    throw new Error(`failed: ${tool} ${options.join(' ')}`);
  }
}

const packages = {
  'clang++-19': 'clang-19 libclang-rt-19-dev-wasm32 wasi-libc libc++-19-dev-wasm32',
  'wasm-ld-19': 'lld-19',
  wasm2c: 'wabt',
  gcc: 'gcc libc6-dev',
  valgrind: 'valgrind',
};

function missing(tool) {
  const names = packages[tool];
  const remedy = names ? `; as root: apt-get install -y --no-install-recommends ${names}` : '';
  return `${tool} is not installed${remedy}`;
}

function isCurrent(target, stamp, line, inputs) {
  if (!existsSync(target) || !existsSync(stamp) || readFileSync(stamp, 'utf8') !== line) return false;
  const made = statSync(target).mtimeMs;
  return inputs.every((input) => existsSync(input) && statSync(input).mtimeMs <= made);
}

// The compiler's listing is a make rule: 'target: input input \<newline> input'.
function readListing(file) {
  if (!file || !existsSync(file)) return [];
  const rule = readFileSync(file, 'utf8').replace(/\\\n/g, ' ');
  return rule
    .slice(rule.indexOf(':') + 1)
    .split(/(?<!\\)\s+/)
    .filter(Boolean)
    .map((name) => name.replace(/\\ /g, ' '));
}
