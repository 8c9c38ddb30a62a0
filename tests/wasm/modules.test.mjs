// The wasm modules against their description: exactly the exports of abi/exports.def, no import that a user
// would have to provide unasked, and nothing in the `inside` module that would need a place in the memory.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { readEntries } from '../../tools/definitions.mjs';
import { readExports, readImports, readSections } from '../../tools/wasm-sections.mjs';

const path = (name) => fileURLToPath(new URL(`../../${name}`, import.meta.url));

const listed = readEntries(path('abi/exports.def'), 'ALLOT_EXPORT', 3).map(([, name, parameters]) => ({
  name,
  parameters: parameters === '(void)' ? 0 : parameters.split(',').length,
}));

function load(file) {
  const bytes = readFileSync(path(file));
  return {
    exports: readExports(bytes),
    imports: readImports(bytes),
    sections: readSections(bytes).map(({ name }) => name),
  };
}

const named = (entries) => entries.map(({ kind, name }) => `${kind} ${name}`).sort();
const listedFunctions = listed.map(({ name }) => `function ${name}`).sort();

const builds = [
  { folder: 'build/wasm', what: 'wasm32', address: 'i32', shared: false },
  { folder: 'build/wasm32-shared/abi/modules', what: 'wasm32, shared', address: 'i32', shared: true },
  { folder: 'build/wasm64/abi/modules', what: 'wasm64', address: 'i64', shared: false },
];

for (const { folder, what, address, shared } of builds) {
  describe(`allot-inside.wasm (${what})`, () => {
    const inside = load(`${folder}/allot-inside.wasm`);

    test('exports what abi/exports.def lists and nothing else', () => {
      assert.deepEqual(named(inside.exports), listedFunctions);
    });

    test('imports a memory and nothing else', () => {
      assert.deepEqual(named(inside.imports), ['memory env.memory']);
    });

    test('asks nothing of that memory but its kind', () => {
      // A shared memory must name a maximum; 65536 pages is the most there is, so any memory will do.
      const maximum = shared ? 65536 : undefined;
      const { at, ...limits } = inside.imports[0].limits;
      assert.deepEqual(limits, { minimum: 0, maximum, shared, address });
    });

    // Data and globals would need a place, and a stack a global that points to it.
    test('has types, functions and code, and no section that holds state', () => {
      assert.deepEqual(inside.sections, ['type', 'import', 'function', 'export', 'code']);
    });
  });

  describe(`allot-outside.wasm (${what})`, () => {
    const outside = load(`${folder}/allot-outside.wasm`);

    test('exports what abi/exports.def lists, and its own memory', () => {
      assert.deepEqual(named(outside.exports), [...listedFunctions, 'memory memory']);
    });

    test('imports the four functions that reach the foreign memory', () => {
      const functions = ['bytes', 'copy', 'fill', 'grow'].map((name) => `function env.foreign_${name}`);
      assert.deepEqual(named(outside.imports), functions);
    });

    test('runs nothing when it is instantiated', () => assert.ok(!outside.sections.includes('start')));
  });
}

describe('the exports at work', () => {
  const module = new WebAssembly.Module(readFileSync(path('build/wasm/allot-inside.wasm')));

  test('each function takes the parameters that the table gives it', () => {
    const memory = new WebAssembly.Memory({ initial: 1 });
    const { exports } = new WebAssembly.Instance(module, { env: { memory } });
    for (const { name, parameters } of listed) assert.equal(exports[name].length, parameters, name);
  });

  test('a module can be instantiated over a memory of no pages, which stays as it is', () => {
    const memory = new WebAssembly.Memory({ initial: 0 });
    new WebAssembly.Instance(module, { env: { memory } });
    assert.equal(memory.buffer.byteLength, 0);
  });

  test('instantiating does not touch a byte of the memory', () => {
    const memory = new WebAssembly.Memory({ initial: 2 });
    const bytes = new Uint8Array(memory.buffer).fill(0xa5);
    new WebAssembly.Instance(module, { env: { memory } });
    assert.ok(bytes.every((byte) => byte === 0xa5));
  });
});
