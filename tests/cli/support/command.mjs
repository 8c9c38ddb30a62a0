// Runs the command `allot` that was built, on files in a folder of the test's own.
//
// ALLOT_BUILD: the build tree; else that of the preset native-debug.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after } from 'node:test';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../../../', import.meta.url));
const build = resolve(root, process.env.ALLOT_BUILD ?? 'build/native-debug');
export const programs = { allot: join(build, 'cli/allot'), mutateFiles: join(build, 'tests/cli/mutate_files') };
for (const program of Object.values(programs)) {
  assert.ok(existsSync(program), `${program} is not there: cmake --build --preset native-debug --target allot_cli mutate_files`);
}

export const folder = mkdtempSync(join(tmpdir(), 'allot-cli-'));
after(() => rmSync(folder, { recursive: true }));

/** Writes a file into the folder and gives its name. */
export function file(name, bytes) {
  writeFileSync(join(folder, name), bytes);
  return name;
}

export const read = (name) => readFileSync(join(folder, name), 'utf8');

/** Runs the command in the folder, for a minute at most. */
export function run(args, environment = {}) {
  const { PATH, HOME } = process.env;
  const { status, signal, stdout, stderr } = spawnSync(programs.allot, args, {
    cwd: folder,
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
    timeout: 60_000, // nothing takes a second; a signal ends what does not come to an end
    env: { PATH, HOME, ...environment },
  });
  assert.equal(signal, null, stderr);
  assert.doesNotMatch(stderr, /Sanitizer|runtime error/);
  return { status, stdout, stderr };
}

/** What it prints with --json. */
export function runJson(args, status = 0) {
  const result = run([...args, '--json']);
  assert.equal(result.status, status, result.stderr);
  return JSON.parse(result.stdout);
}
