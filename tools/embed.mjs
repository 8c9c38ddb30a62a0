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
const places = ['inside', 'outside', 'shared'];

function moduleOf(place) {
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
  return bytes;
}

const modules = Object.fromEntries(places.map((place) => [place, moduleOf(place)]));

/**
 * A letter for each byte, by its value: a character for the frequent ones, and two for the others, of which the first is one
 * of the last two of ASCII. A string of them is a quarter shorter than base64, also compressed, because a byte stays one
 * thing wherever it stands. Of ASCII alone, as a bundle may be read in another encoding than it was written in: a classic
 * script in a page that names none.
 */
function alphabetFor(bytes) {
  const count = new Array(256).fill(0);
  for (const byte of bytes) count[byte]++;
  const range = (from, to) => Array.from({ length: to - from }, (_, i) => String.fromCharCode(from + i));
  // None that a string, a template, HTML or an editor would take for something else.
  const plain = range(0x20, 0x7f).filter((character) => !'\\\'"`$<'.includes(character));
  const letters = [...plain.slice(0, -2), ...plain.slice(-2).flatMap((first) => plain.map((second) => first + second))];
  const alphabet = [];
  const byCount = [...count.keys()].sort((a, b) => count[b] - count[a] || a - b);
  byCount.forEach((byte, i) => (alphabet[byte] = letters[i]));
  return alphabet;
}

const alphabet = alphabetFor(Buffer.concat(Object.values(modules)));
const inLetters = (bytes) => `'${Array.from(bytes, (byte) => alphabet[byte]).join('')}'`;

const text = [
  '// Made by tools/embed.mjs from build/wasm. Not committed; do not edit.',
  '// The letters that stand for the bytes 0 to 255. Typed, or the declarations would repeat all of it.',
  `export const alphabet: string =\n  '${alphabet.join('')}';`,
  ...places.map((place) => `export const ${place}: string =\n  ${inLetters(modules[place])};`),
  '',
].join('\n');

if (!existsSync(output) || readFileSync(output, 'utf8') !== text) {
  writeFileSync(output, text);
}
