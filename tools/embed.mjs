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

import { readImports, readSections, writeSections } from './wasm-sections.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const output = join(root, 'js/src/generated/modules.ts');
const places = ['inside', 'outside'];

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

/**
 * The same module for a shared memory. Its code does not change, only what it says of the memory
 * that it imports, and a shared one must have a maximum: so the package carries that one section
 * twice and not the whole module.
 */
function forShared(bytes) {
  const sections = readSections(bytes);
  const { at } = readImports(bytes).find(({ kind }) => kind === 'memory').limits;
  const imports = sections.findIndex(({ name }) => name === 'import');
  const { id, name, content } = sections[imports];
  const shared = [3 /* has a maximum, is shared */, 0, 0x80, 0x80, 0x04 /* 65536 pages as LEB128 */];
  // The flags stand before the minimum, which is one byte: trim-module.mjs made it 0.
  const changed = Buffer.concat([content.subarray(0, at - 1), Uint8Array.from(shared), content.subarray(at + 1)]);
  const lengthUpTo = (count) => writeSections(sections.slice(0, count)).length;
  const [from, to] = [lengthUpTo(imports), lengthUpTo(imports + 1)];
  const section = writeSections([{ id, name, content: changed }]).subarray(writeSections([]).length);
  if (!WebAssembly.validate(Buffer.concat([bytes.subarray(0, from), section, bytes.subarray(to)]))) {
    throw new Error('the module for shared memories is not valid');
  }
  return { from, to, section };
}

const modules = Object.fromEntries(places.map((place) => [place, moduleOf(place)]));
const shared = forShared(modules.inside);

/**
 * One character for each byte, by its value: the frequent ones get those of ASCII. A string of them is a quarter
 * shorter than base64, also compressed, because a byte stays one thing wherever it stands.
 */
function alphabetFor(bytes) {
  const count = new Array(256).fill(0);
  for (const byte of bytes) count[byte]++;
  const range = (from, to) => Array.from({ length: to - from }, (_, i) => String.fromCharCode(from + i));
  // None that a string, a template, HTML or an editor would take for something else.
  const plain = range(0x20, 0x7f).filter((character) => !'\\\'"`$<'.includes(character));
  const letters = [...plain, ...range(0xc0, 0x180)];
  const alphabet = [];
  const byCount = [...count.keys()].sort((a, b) => count[b] - count[a] || a - b);
  byCount.forEach((byte, i) => (alphabet[byte] = letters[i]));
  return alphabet;
}

const alphabet = alphabetFor(Buffer.concat(Object.values(modules)));
const inLetters = (bytes) => `'${Array.from(bytes, (byte) => alphabet[byte]).join('')}'`;

const text = [
  '// Made by tools/embed.mjs from build/wasm. Not committed; do not edit.',
  '// The characters that stand for the bytes 0 to 255. Typed, or the declarations would repeat all of it.',
  `export const alphabet: string =\n  '${alphabet.join('')}';`,
  ...places.map((place) => `export const ${place}: string =\n  ${inLetters(modules[place])};`),
  '// What takes the place of the bytes [from, to) of `inside` when the memory is shared.',
  'export const sharedImports: { readonly from: number; readonly to: number; readonly section: string } =',
  `  { from: ${shared.from}, to: ${shared.to}, section: ${inLetters(shared.section)} };`,
  '',
].join('\n');

if (!existsSync(output) || readFileSync(output, 'utf8') !== text) {
  writeFileSync(output, text);
}
