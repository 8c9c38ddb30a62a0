#!/usr/bin/env node
// Takes out of a linked module what wasm-ld always puts in and a module without a stack has no use for:
//
//   * the global __stack_pointer and the table of functions that are called through pointers, which the
//     linker keeps even when no function refers to them;
//   * the least size of an imported memory, which the linker never sets below one page. A heap can start
//     in a memory of no pages and grow it.
//
//   tools/trim-module.mjs FILE [--globals]     rewrites the file; refuses one that does use them
//
// With --globals the module keeps its other globals. The stack's pointer, which is the first, then becomes a
// constant number of another type, so that no function can use it as an address.
//
// A function refers to a global and to a table by its index, so a module that uses one does not validate
// without it: the engine's own validation is the proof that nothing was lost.

import { readFileSync, writeFileSync } from 'node:fs';
import v8 from 'node:v8';

import { readImports, readSections, writeSections } from './wasm-sections.mjs';

const [file, option] = process.argv.slice(2);
const keepsGlobals = option === '--globals';
const before = readFileSync(file);

// Node before 22 validates a module with 64-bit addresses only when told to.
const is64 = readImports(before).some(({ limits }) => limits?.address === 'i64');
const memory64 = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 5, 3, 1, 4, 1);
if (is64 && !WebAssembly.validate(memory64)) v8.setFlagsFromString('--experimental-wasm-memory64');

const sections = readSections(before)
  .filter(({ name }) => (name !== 'global' || keepsGlobals) && name !== 'table')
  .map((section) => ({
    ...section,
    content: section.name === 'global' ? withoutStackPointer(section.content) : Uint8Array.from(section.content),
  }));
for (const { kind, limits } of readImports(before)) {
  if (kind !== 'memory') continue;
  // One byte holds the minimum while it is below 128 pages; a module without data never has more.
  if (limits.minimum >= 128) throw new Error(`${file}: asks for a memory of ${limits.minimum} pages`);
  sections.find(({ name }) => name === 'import').content[limits.at] = 0;
}

/** A section of globals, the first of which is of type f32 and does not change. */
function withoutStackPointer(content) {
  const end = 0x0b;
  const first = content.indexOf(end);
  if (content[0] >= 128 || first < 0) throw new Error(`${file}: its globals are not understood`);
  const number = [0x7d, 0, 0x43, 0, 0, 0, 0, end]; // f32, never set, f32.const 0
  return Uint8Array.from([content[0], ...number, ...content.subarray(first + 1)]);
}

const after = writeSections(sections);
if (!WebAssembly.validate(after)) {
  console.error(`${file}: a function needs a stack or calls through a pointer; this module must do without`);
  process.exit(1);
}
writeFileSync(file, after);
