#!/usr/bin/env node
// Embeds the wasm builds of the heap in the JavaScript package, so that `import 'allot'` needs no
// second file and no fetch, and can also instantiate synchronously.
//
//   tools/embed.mjs            build/wasm/allot-*.wasm  →  js/src/generated/modules.ts
//
// The result is made by every build and not committed. It is written only when it changes, so that
// a build that changes nothing rebuilds nothing.

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const output = join(root, 'js/src/generated/modules.ts');
const places = ['inside', 'outside'];

function encoded(place) {
  const file = join(root, `build/wasm/allot-${place}.wasm`);
  if (!existsSync(file)) {
    console.error(`${relative(root, file)} is missing: build the wasm modules first (./dev build)`);
    process.exit(1);
  }
  const bytes = readFileSync(file);
  if (!WebAssembly.validate(bytes)) {
    console.error(`${relative(root, file)} is not a valid WebAssembly module`);
    process.exit(1);
  }
  return bytes.toString('base64');
}

const text = [
  '// Made by tools/embed.mjs from build/wasm. Not committed; do not edit.',
  // Typed, or the declarations would repeat all of it as a literal type.
  ...places.map((place) => `export const ${place}: string =\n  '${encoded(place)}';`),
  '',
].join('\n');

if (!existsSync(output) || readFileSync(output, 'utf8') !== text) {
  writeFileSync(output, text);
}
