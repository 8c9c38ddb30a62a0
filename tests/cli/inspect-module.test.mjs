// `allot inspect` of a module: what is in it, and that its memory is judged as the package judges it.

import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

import { build, custom, dataModule, i32, memoryImport, op, placeImports, section, sized, text, unsigned, vector } from '../../js/test/support/modules.mjs';
import { file, root, run, runJson } from './support/command.mjs';

const { readBinary } = await import('../../js/dist/modules/binary.js');
const { readNames } = await import('../../js/dist/modules/custom.js');
const { footprintOf, globalValues } = await import('../../js/dist/modules/footprint.js');

const inspect = (bytes) => runJson(['inspect', file('guest.wasm', bytes)]);

/** (module: a program as LLVM's linker lays it out) */
const program = (rest = {}) => build({
  types: [[[i32], [i32]], [[i32], []]],
  imports: [{ kind: 'function', name: 'log', type: 1 }, ...(rest.imports ?? [])],
  functions: [{ type: 0, body: [op.globalGet(0), op.i32(16), op.sub, op.drop, op.get(0)] }],
  memory: { minimum: 2, maximum: 100 },
  globals: [
    { mutable: true, value: 66576 },
    { mutable: false, value: 66576 },
    { mutable: false, value: 1040 },
  ],
  exports: { memory: ['memory', 0], run: ['function', 1], __heap_base: ['global', 1], __data_end: ['global', 2] },
  data: [{ offset: 1024, bytes: [1, 2, 3, 4, 5] }],
  names: { module: 'hello' },
  ...rest,
});

test('all parts of a program', () => {
  const found = inspect(program());
  assert.equal(found.name, 'hello');
  assert.deepEqual(found.memories, [
    { minimum: 2, maximum: 100, pageByteLength: 65536, shared: false, address: 'i32', imported: false },
  ]);
  assert.deepEqual(found.imports, [{ module: 'env', name: 'log', kind: 'function', detail: '(i32)' }]);
  assert.deepEqual(found.exports.map(({ name, detail }) => [name, detail]), [
    ['memory', '128.0 KiB at first, at most 6.2 MiB'],
    ['run', '(i32) -> i32'],
    ['__heap_base', 'i32, constant, 66576 (0x10410)'],
    ['__data_end', 'i32, constant, 1040 (0x410)'],
  ]);
  const [segment] = found.data;
  assert.deepEqual({ ...segment, fileOffset: 0 }, { memory: 0, passive: false, byteOffset: 1024, byteLength: 5, fileOffset: 0 });
  assert.equal(program()[segment.fileOffset], 1);
  assert.deepEqual(found.room, {
    heapBase: 66576,
    dataEnd: 1040,
    stackTop: 66576,
    taken: [{ kind: 'data', begin: 1024, end: 1040 }, { kind: 'stack', begin: 1040, end: 66576 }],
    begin: 66576,
    bytesNow: 131072 - 66576,
    bytesAtMost: 6553600 - 66576,
    isGuess: false,
  });
  assert.equal(found.dylink, null);
  assert.equal(found.start, null);
});

test('memories of other kinds', () => {
  const shared = inspect(build({ imports: [memoryImport(1, { maximum: 3, shared: true })] }));
  assert.deepEqual(shared.memories, [
    { minimum: 1, maximum: 3, pageByteLength: 65536, shared: true, address: 'i32', imported: true },
  ]);
  const wide = inspect(build({ memory: { minimum: 1, wide: true } }));
  assert.equal(wide.memories[0].address, 'i64');
  assert.equal(wide.memories[0].maximum, null);
  assert.equal(wide.room.bytesAtMost, 2 ** 34 - 16);
  const none = inspect(build({}));
  assert.deepEqual(none.memories, []);
  assert.equal(none.room.begin, null);
  assert.match(run(['inspect', 'guest.wasm']).stdout, /nowhere: the module has no memory/);
});

test('position-independent', () => {
  const found = inspect(build({ dylink: { size: 48, alignment: 4, tableSize: 2, needed: ['libm'] }, imports: placeImports }));
  assert.deepEqual(found.dylink, {
    memoryByteLength: 48,
    memoryAlignment: 16,
    tableLength: 2,
    tableAlignment: 1,
    needed: ['libm'],
  });
  assert.equal(found.room.begin, null);
  assert.match(run(['inspect', 'guest.wasm']).stdout, /anywhere: the module's own data is placed by who loads it/);
});

test('passive data, and data whose place is not known', () => {
  const found = inspect(build({
    imports: [memoryImport(1), { kind: 'global', name: 'base' }],
    data: [{ bytes: [1, 2] }, { offset: op.globalGet(0), bytes: [3] }],
  }));
  assert.deepEqual(found.data.map(({ passive, byteOffset }) => [passive, byteOffset]), [[true, null], [false, null]]);
  assert.equal(found.room.begin, null);
});

test('control characters of names stay harmless', () => {
  const bytes = dataModule('evil\u001b[31m\u202ename', { 16: 'x' });
  const { stdout } = run(['inspect', file('guest.wasm', bytes)]);
  assert.ok(stdout.includes('evil\\u{1b}[31m\\u{202e}name'));
  assert.ok(!stdout.includes('\u001b') && !stdout.includes('\u202e'));
  assert.equal(inspect(bytes).name, 'evil\u001b[31m\u202ename');
});

/** What the package reserves in its heaps for such a module. */
function footprint(bytes) {
  const binary = readBinary('test', bytes);
  const names = readNames('test', binary.customs.get('name'));
  const imported = binary.imports.filter(({ kind }) => kind === 'global').map(() => undefined);
  const minimumBytes = inspect(bytes).memories[0].minimum * 65536;
  return footprintOf({ operation: 'test', binary, names, memory: 0, minimumBytes, globals: globalValues(binary, imported) })
    .map(({ kind, begin, end }) => ({ kind, begin, end }));
}

const layouts = {
  'a program': program(),
  'without marks': program({ exports: { memory: ['memory', 0] } }),
  'with a name for its stack pointer': program({ names: { globals: { __stack_pointer: 0, __heap_base: 1 } }, exports: {} }),
  'the stack first': program({ data: [{ offset: 66576, bytes: [1, 2, 3] }], exports: {} }),
  'the stack first, with marks': program({ data: [{ offset: 66576, bytes: [1] }], globals: [
    { mutable: true, value: 66576 }, { mutable: false, value: 70000 }, { mutable: false, value: 69000 },
  ] }),
  'without a stack': program({ functions: [{ type: 0, body: [op.get(0)] }] }),
  'by no compiler': dataModule('plain', { 16: 'abc', 100: 'def', 103: 'ghi' }),
  'without anything': build({ memory: { minimum: 1 } }),
};
for (const [name, bytes] of Object.entries(layouts)) {
  test(`what it takes of the memory is what the package says: ${name}`, () => {
    const { taken } = inspect(bytes).room;
    // The package puts segments together that touch.
    const joined = [];
    for (const range of taken) {
      const last = joined.at(-1);
      if (last?.kind === 'data' && range.kind === 'data' && last.end === range.begin) last.end = range.end;
      else joined.push({ ...range });
    }
    assert.deepEqual(joined, footprint(bytes));
  });
}

test('a module with any number of sections, of names too, is read once', () => {
  const names = (name) => custom('name', [0, ...sized(text(name))]);
  const many = [...Array(250_000)].flatMap((_, i) => custom(`s${i}`, []));
  const bytes = Uint8Array.from([...build({}), ...many, ...names('first'), ...Array(100_000).fill(names('second')).flat()]);
  const { name, customSections } = runJson(['inspect', file('sections.wasm', bytes)]);
  assert.deepEqual([name, customSections.length], ['first', 350_001]);
});

test('a module with any number of memories is read once', () => {
  const count = 250_000;
  const memories = section(5, vector(Array(count).fill([0, 1])));
  const exports = section(7, vector([...Array(count).keys()].map((i) => [...text(`m${i}`), 2, ...unsigned(i)])));
  const { stdout, status } = run(['inspect', '--all', file('memories.wasm', Uint8Array.from([...build({}), ...memories, ...exports]))]);
  assert.equal(status, 0);
  assert.match(stdout, /^  its own, exported as m249999  /m);
});

test('the modules of this repository', () => {
  for (const name of ['allot-inside', 'allot-outside', 'allot-malloc']) {
    const path = join(root, 'build/wasm', `${name}.wasm`);
    assert.ok(existsSync(path), path);
    const found = runJson(['inspect', path]);
    const module = new WebAssembly.Module(readFileSync(path));
    assert.deepEqual(found.exports.map(({ name: n, kind }) => [n, kind]), WebAssembly.Module.exports(module).map(({ name: n, kind }) => [n, kind]));
    assert.deepEqual(found.imports.map(({ name: n, kind }) => [n, kind]), WebAssembly.Module.imports(module).map(({ name: n, kind }) => [n, kind]));
  }
});
