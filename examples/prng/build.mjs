#!/usr/bin/env node
// Assembles prng.wat and writes the library with the module's bytes in it: build/prng/my-prng.mjs, beside a link
// to the package. What is up to date is left alone.

import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { make, SetupError } from '../demo/lib/tools.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));
const root = path.resolve(here, '../..');

export const folder = path.join(root, 'build/prng');
export const library = path.join(folder, 'my-prng.mjs');
export const modulePath = path.join(folder, 'prng.wasm');

const placeholder = '// Compiled WASM module bytes';

/** The text of the library with the bytes in the place that waits for them. */
export function embed(text, bytes) {
  if (!text.includes(placeholder)) throw new Error(`my-prng.mjs has no place for the bytes: ${placeholder}`);
  const lines = [];
  for (let i = 0; i < bytes.length; i += 24) lines.push(`${[...bytes.subarray(i, i + 24)].join(', ')},`);
  return text.replace(placeholder, lines.join('\n    '));
}

export async function build() {
  if (!existsSync(path.join(root, 'js/dist/compat/lewd.js'))) {
    throw new SetupError('js/dist is missing. Please run ./dev build once.');
  }
  const source = path.join(here, 'prng.wat');
  const hint = 'It is in the package wabt: apt-get install wabt';
  await make({ target: modulePath, command: 'wat2wasm', args: [source, '-o', modulePath], inputs: [source], hint });
  const text = embed(readFileSync(path.join(here, 'my-prng.mjs'), 'utf8'), readFileSync(modulePath));
  if (!existsSync(library) || readFileSync(library, 'utf8') !== text) writeFileSync(library, text);
  const link = path.join(folder, 'node_modules/allot');
  mkdirSync(path.dirname(link), { recursive: true });
  if (!existsSync(link)) symlinkSync(path.join(root, 'js'), link, 'junction');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    await build();
    console.log(`${path.relative(process.cwd(), library)} is there.`);
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    console.error(error.message);
    process.exitCode = 2;
  }
}
