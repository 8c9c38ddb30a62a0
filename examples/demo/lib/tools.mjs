// Running other programs, and not running them again when nothing changed.

import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** Something that the user has to put right; shown without a stack trace, exit code 2. */
export class SetupError extends Error {}

/**
 * Runs a program to its end. Rejects with what it wrote when it fails or is not there. `hint` says what to do
 * about a program that is missing.
 */
export function run(command, args, { cwd, hint = '' } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    child.stdout.on('data', (data) => (output += data));
    child.stderr.on('data', (data) => (output += data));
    child.on('error', (error) =>
      reject(
        new SetupError(error.code === 'ENOENT' ? `${command} is not installed. ${hint}` : error.message),
      ),
    );
    child.on('close', (code) => {
      if (code === 0) resolve(output);
      else reject(new SetupError(`${[command, ...args].join(' ')}\nended with code ${code}:\n${output}`));
    });
  });
}

/**
 * Makes `target` by `command` unless it is there and was made by the same command from the same bytes. That
 * is remembered beside it, in a file `target.made-from`. Returns whether it had to be made.
 */
export async function make({ target, command, args, inputs, hint, onStart }) {
  const hash = createHash('sha256').update(JSON.stringify([command, args]));
  for (const input of inputs) hash.update(readFileSync(input));
  const key = hash.digest('hex');
  const record = `${target}.made-from`;
  if (existsSync(target) && existsSync(record) && readFileSync(record, 'utf8') === key) return false;
  mkdirSync(path.dirname(target), { recursive: true });
  onStart?.();
  await run(command, args, { hint });
  writeFileSync(record, key);
  return true;
}
