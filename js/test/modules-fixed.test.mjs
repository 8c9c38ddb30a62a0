// Ordinary modules in a heap: their data and stacks are found in their bytes, reserved, and not handed out.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Heap } from 'allot';

import { portrait, rejectsCode, throwsCode } from './support/expect.mjs';
import { build, custom, dataModule, i32, memoryImport, op } from './support/modules.mjs';
import { can } from './support/runtime.mjs';

const pageBytes = 65536;
const heaps = [
  ['inside', { begin: 8192, initial: 2 }],
  ['outside', { image: 'outside', initial: 1 }],
];
const reserved = (heap) => [...heap.blocks()].filter(({ kind }) => kind === 'reserved')
  .map(({ byteOffset, byteLength }) => [byteOffset, byteOffset + byteLength]);
const reads = (heap, at, length) => heap.readString(at, length, 'latin1');

/** Expects a load to be refused, and to leave no trace. */
async function refuses(heap, source, className, code, message, imports, options) {
  const before = portrait(heap);
  const error = await rejectsCode(heap.load(source, imports, options), className, code, message);
  assert.deepEqual(portrait(heap), before);
  throwsCode(() => heap.loadSync(source, imports, options), className, code, message);
  assert.deepEqual(portrait(heap), before);
  heap.validate();
  return error;
}

for (const [place, options] of heaps) {
  test(`${place}: the data of a module are reserved until it is unloaded`, async () => {
    const heap = await Heap.create(options);
    const [at, other] = [24_000, 30_001];
    const before = portrait(heap);
    const module = await heap.load(dataModule('letters.wasm', { [at]: 'abc', [other]: 'defgh' }));
    assert.equal(module.name, 'letters.wasm');
    assert.deepEqual(module.ranges, [{ kind: 'data', begin: at, end: at + 3 }, { kind: 'data', begin: other, end: other + 5 }]);
    assert.deepEqual([module.memoryBase, module.tableBase, module.stack], [0, 0, undefined]);
    assert.deepEqual(heap.modules, [module]);
    assert.deepEqual([reads(heap, at, 3), reads(heap, other, 5)], ['abc', 'defgh']);
    for (let i = 0; i < 3000; i++) {
      const p = heap.malloc(16 + i % 50);
      heap.fill(p, 16 + i % 50, 255);
    }
    assert.deepEqual([reads(heap, at, 3), reads(heap, other, 5)], ['abc', 'defgh']);
    assert.deepEqual(reserved(heap), [[24_000, 24_048], [30_000, 30_048]]);
    heap.validate();
    for (const { byteOffset, kind } of heap.blocks()) if (kind === 'live') heap.free(byteOffset);
    module.unload();
    assert.deepEqual([heap.modules, module.isLoaded], [[], false]);
    assert.equal(heap.stat('reserved'), before.stats.reserved);
    assert.equal(heap.stat('live'), 0);
    heap.validate();
  });

  test(`${place}: two modules that want the same are refused, by their names and ranges`, async () => {
    const heap = await Heap.create(options);
    await heap.load(dataModule('first.wasm', { 24_000: 'x'.repeat(100) }));
    const second = dataModule('second.wasm', { 25_000: 'free', 24_090: 'y'.repeat(20) });
    const error = await refuses(heap, second, 'HeapError', 'module_clash',
      /'second\.wasm' wants 24090\.\.24110 \(data\), where 'first\.wasm' has 24000\.\.24100 \(data\)/);
    assert.equal(error.address, 24_090);
    const renamed = await refuses(heap, second, 'HeapError', 'module_clash', /'two'/, {}, { name: 'two' });
    assert.doesNotMatch(renamed.message, /second/);
    const [first] = heap.modules;
    first.unload();
    await heap.load(second);
    assert.equal(reads(heap, 24_090, 20), 'y'.repeat(20));
  });

  test(`${place}: a module that wants where a block or a span lies is refused`, async () => {
    const heap = await Heap.create(options);
    const p = heap.malloc(1000);
    heap.fill(p, 1000, 7);
    await refuses(heap, dataModule('a', { [p + 999]: 'x' }), 'HeapError', 'module_clash',
      new RegExp(`'a' wants ${p + 999}\\.\\.${p + 1000} \\(data\\), where a block lies at ${p}\\.\\.`));
    heap.reserve(40_000, 40_100);
    await refuses(heap, dataModule('a', { 30_000: 'x', 40_050: 'x' }), 'HeapError', 'module_clash', /a reserved span/);
    assert.deepEqual([...heap.bytes(p, 1000)].filter((byte) => byte !== 7), []);
    heap.free(p);
    await heap.load(dataModule('a', { [p + 999]: 'x' }));
  });
}

test('a module that wants where the records lie is told where the heap should begin', async () => {
  const heap = await Heap.create();
  await refuses(heap, dataModule('a', { 1024: 'x', 5000: 'y' }), 'HeapError', 'module_clash', /records lie at 16\.\..*begin: 5001 or more/);
});

test('what lies below the heap, above it, or in pages that others grew is not its to reserve', async () => {
  const heap = await Heap.create({ image: 'outside', begin: 8192, end: 60_000, initial: 1 });
  const before = portrait(heap);
  const module = await heap.load(dataModule('a', { 1024: 'low', 8190: 'border', 59_998: 'border', 60_100: 'high' }));
  assert.equal(reads(heap, 1024, 3), 'low');
  assert.equal(reads(heap, 8190, 6), 'border');
  assert.deepEqual(module.ranges.map(({ begin }) => begin), [1024, 8190, 59_998, 60_100]);
  await refuses(heap, dataModule('b', { 1026: 'x' }), 'HeapError', 'module_clash', /'a' has 1024\.\.1027/);
  await refuses(heap, dataModule('b', { 60_101: 'x' }), 'HeapError', 'module_clash', /'a'/);
  module.unload();
  assert.deepEqual(portrait(heap), before);
});

test('data in pages that somebody else has grown', async () => {
  const heap = await Heap.create({ initial: 1, begin: 16 });
  heap.memory.grow(2);
  const at = 2 * pageBytes + 100;
  const before = portrait(heap);
  const module = await heap.load(dataModule('a', { [at]: 'data' }));
  assert.deepEqual(portrait(heap), before);
  for (let i = 0; i < 20; i++) heap.fill(heap.malloc(20_000), 20_000, 255);
  assert.equal(reads(heap, at, 4), 'data');
  heap.validate();
  module.unload();
});

test('the bytes of two modules may share a granule, and each goes without the other', async () => {
  for (const order of [[0, 1, 2], [2, 1, 0], [1, 0, 2], [1, 2, 0]]) {
    const heap = await Heap.create({ image: 'outside' });
    const before = portrait(heap);
    const modules = [];
    for (const [name, at] of [['a', 0], ['b', 5], ['c', 37]]) {
      modules.push(await heap.load(dataModule(name, { [at]: name.repeat(4) })));
    }
    assert.equal(reads(heap, 0, 48).replaceAll('\0', '.'), 'aaaa.bbbb............................cccc.......');
    assert.deepEqual(reserved(heap), [[0, 48]]);
    for (const [done, index] of order.entries()) {
      modules[index].unload();
      const [p] = [heap.malloc(1)];
      for (const other of order.slice(done + 1)) {
        const [{ begin, end }] = modules[other].ranges;
        assert.ok(p >= end || p + 16 <= begin, `${p} is not in ${begin}..${end}`);
        assert.equal(reads(heap, begin, 4), modules[other].name.repeat(4));
      }
      heap.free(p);
      heap.validate();
    }
    assert.deepEqual({ ...portrait(heap).stats, peak: 0 }, { ...before.stats, peak: 0 });
  }
});

test('a hole too short for a span is found room for, or refused', async () => {
  const heap = await Heap.create({ image: 'outside', policy: 'exact' });
  const blocks = Array.from({ length: 20 }, () => heap.malloc(16));
  heap.free(blocks[5]); // 16 bytes between two blocks: a span has 48
  await refuses(heap, dataModule('a', { [blocks[5]]: 'x' }), 'HeapError', 'module_clash', /'a' wants/);
  heap.free(blocks[4]);
  heap.free(blocks[3]); // now there are 48, ending where the data are
  await heap.load(dataModule('a', { [blocks[5]]: 'x' }));
  assert.deepEqual(reserved(heap), [[blocks[3], blocks[5] + 16]]);
  heap.validate();
});

test('a refused load neither frees a neighbour’s span nor takes memory', async () => {
  const heap = await Heap.create({ image: 'outside', policy: 'exact', initial: 3 });
  await heap.load(dataModule('a', { 0: 'aaaa' })); // 48 bytes are reserved for it
  const p = heap.malloc(100);
  assert.equal(p, 48);
  await refuses(heap, dataModule('b', { 44: 'x'.repeat(10) }), 'HeapError', 'module_clash', /where a block lies at 48/);
  const top = heap.stat('top');
  await refuses(heap, dataModule('b', { [p]: 'x', [top - 8]: 'x'.repeat(16) }), 'HeapError', 'module_clash', /at 48/);
  assert.equal(reads(heap, 0, 4), 'aaaa');
});

test('what a module takes is zero, whatever lay there before', async () => {
  const heap = await Heap.create({ begin: 8192, initial: 2 });
  const blocks = Array.from({ length: 50 }, () => heap.malloc(1000));
  for (const p of blocks) heap.fill(p, 1000, 255);
  for (const p of blocks) heap.free(p);
  const [begin, end] = [blocks[0] + 5, blocks[40] + 3];
  // (module (import "env" "memory" (memory 0)))
  await heap.load(build({ imports: [memoryImport()] }), {}, { spans: [{ begin, end }] });
  assert.ok(heap.bytes(begin, end - begin).every((byte) => byte === 0));
  assert.deepEqual([heap.readUint8(begin - 1), heap.readUint8(end)], [255, 255], 'and no more than that');
});

test('a module that is loaded again finds what it found the first time', async () => {
  for (const options of [{ begin: 8192 }, { image: 'outside' }, { image: 'outside', begin: 2100 }]) {
    const heap = await Heap.create(options);
    const source = dataModule('a', { 2000: 'abc' });
    const spans = [{ begin: 2000, end: 2200 }];
    const first = await heap.load(source, {}, { spans });
    heap.fill(2000, 200, 255);
    first.unload();
    await heap.load(source, {}, { spans });
    assert.equal(reads(heap, 2000, 200), 'abc'.padEnd(200, '\0'));
  }
});

// ── Where the data are ────────────────────────────────────────────────────────────────────────────

test('an offset that an imported global gives', async () => {
  const heap = await Heap.create({ image: 'outside' });
  // (module (import "env" "memory" (memory 0)) (import "here" "at" (global i32)) (data (global.get 0) "data"))
  const module = build({
    imports: [memoryImport(), { module: 'here', name: 'at', kind: 'global' }],
    data: [{ offset: op.globalGet(0), bytes: [...'data'].map((c) => c.charCodeAt(0)) }],
  });
  await heap.load(module, { here: { at: 1000 } });
  await heap.load(module, { here: { at: new WebAssembly.Global({ value: 'i32' }, 2000) } });
  assert.deepEqual(heap.modules.map(({ ranges: [{ begin }] }) => begin), [1000, 2000]);
  await refuses(heap, module, 'HeapError', 'module_clash', /where 'module 2' has 2000/, { here: { at: 1998 } });
  await refuses(heap, module, 'TypeError', 'missing_import', /global here\.at/);
});

// (module (import "env" "memory" (memory 0)) (import "here" "at" (global i32))
//   (data (i32.add (global.get 0) (i32.const 24)) "x"))
const extended = build({
  imports: [memoryImport(), { module: 'here', name: 'at', kind: 'global' }],
  data: [{ offset: [...op.globalGet(0), ...op.i32(24), op.add], bytes: [1] }],
});
if (WebAssembly.validate(extended)) {
  test('an offset that is calculated', async () => {
    const heap = await Heap.create({ image: 'outside' });
    const { ranges } = await heap.load(extended, { here: { at: 1000 } });
    assert.deepEqual(ranges, [{ kind: 'data', begin: 1024, end: 1025 }]);
  });
}

test('passive and empty segments take nothing', async () => {
  const heap = await Heap.create({ image: 'outside' });
  const { ranges } = await heap.load(build({
    imports: [memoryImport()],
    data: [{ bytes: [1, 2, 3] }, { offset: 500, bytes: [] }],
    // A data count section would be needed only by memory.init.
  }));
  assert.deepEqual(ranges, []);
});

test('data that would lie beyond the memory', async () => {
  const heap = await Heap.create({ image: 'outside', initial: 1 });
  await refuses(heap, dataModule('a', { [pageBytes - 1]: 'xy' }), 'TypeError', 'invalid_module', /beyond a memory of 65536/);
  await refuses(heap, dataModule('a', { [2 ** 31]: 'x' }), 'TypeError', 'invalid_module', /beyond/);
  await refuses(heap, dataModule('a', { [-1 >>> 0]: 'xy' }), 'TypeError', 'invalid_module', /beyond 4 GiB/);
  await refuses(heap, dataModule('a', { [-16 >>> 0]: 'xy' }), 'TypeError', 'invalid_module', /beyond/);
});

test('the memory grows to what a module asks for', async () => {
  const heap = await Heap.create({ image: 'outside', initial: 1, maximum: 10 });
  await heap.load(dataModule('a', { [4 * pageBytes]: 'x' }, { minimum: 5 }));
  assert.equal(heap.buffer.byteLength, 5 * pageBytes);
  assert.ok(heap.malloc(3 * pageBytes) < 4 * pageBytes, 'the heap has what was grown');
  await refuses(heap, dataModule('b', { [4 * pageBytes + 100]: 'x' }, { minimum: 11 }), 'RangeError', 'out_of_memory');
  heap.softMaximum = 6 * pageBytes;
  await refuses(heap, dataModule('b', { [4 * pageBytes + 100]: 'x' }, { minimum: 8 }), 'RangeError', 'out_of_memory');
  const small = await Heap.create({ begin: 1024, end: pageBytes, initial: 1 });
  await small.load(dataModule('a', { [pageBytes + 8]: 'x' }, { minimum: 3 }));
  assert.equal(small.buffer.byteLength, 3 * pageBytes);
});

test('a memory of another kind than the module wants', async () => {
  const heap = await Heap.create({ image: 'outside', initial: 2, maximum: 10 });
  await refuses(heap, dataModule('a', { 0: 'x' }, { memory: { maximum: 5 } }), 'TypeError', 'invalid_module', /load/);
  const before = portrait(heap);
  await rejectsCode(heap.load(dataModule('a', { 0: 'x' }, { memory: { wide: true } })), 'TypeError', 'unsupported_memory', /64-bit/);
  assert.deepEqual(portrait(heap), before);
  await refuses(heap, build({ memory: { minimum: 1 } }), 'TypeError', 'invalid_module', /a memory of its own/);
  const { ranges } = await heap.load(build({}), {}); // none at all
  assert.deepEqual(ranges, []);
});

test('another memory given for the import is not the heap’s', async () => {
  const heap = await Heap.create({ image: 'outside' });
  const memory = new WebAssembly.Memory({ initial: 1 });
  const before = portrait(heap);
  const { ranges } = await heap.load(dataModule('a', { 0: 'x' }), { env: { memory } });
  assert.deepEqual(ranges, []);
  assert.deepEqual(portrait(heap), before);
  assert.equal(new Uint8Array(memory.buffer)[0], 'x'.charCodeAt(0));
});

if (can.multiMemory) {
  test('of several memories only the heap’s is looked at', async () => {
    const heap = await Heap.create({ image: 'outside' });
    const memory = new WebAssembly.Memory({ initial: 1 });
    const module = build({
      imports: [memoryImport(0, { name: 'other' }), memoryImport()],
      data: [{ offset: 100, bytes: [1] }, { offset: 200, bytes: [2], memory: 1 }],
    });
    const { ranges } = await heap.load(module, { env: { other: memory } });
    assert.deepEqual(ranges, [{ kind: 'data', begin: 200, end: 201 }]);
    assert.equal(heap.readUint8(200), 2);
  });
}

if (can.shared) {
  test('in a shared memory', async () => {
    const heap = await Heap.create({ shared: true, initial: 1, maximum: 4, begin: 4096 });
    const limits = { shared: true, maximum: 4 };
    const first = await heap.load(dataModule('a', { 30_000: 'abc' }, { memory: limits }));
    assert.equal(reads(heap, 30_000, 3), 'abc');
    await refuses(heap, dataModule('b', { 30_002: 'x' }, { memory: limits }), 'HeapError', 'module_clash', /'a'/);
    await refuses(heap, dataModule('b', { 40_000: 'x' }), 'TypeError', 'invalid_module');
    const other = Heap.attachSync(heap.memory);
    await refuses(other, dataModule('b', { 30_002: 'x' }, { memory: limits }), 'HeapError', 'module_clash', /reserved span/);
    first.unload();
    await other.load(dataModule('b', { 30_002: 'x' }, { memory: limits }));
  });
}

// ── Stacks and zero-initialized variables ─────────────────────────────────────────────────────────

/** (func (drop (i32.sub (global.get 0) (i32.const 16)))), as compilers take room on the stack. */
const lowering = { body: [op.globalGet(0), op.i32(16), op.sub, op.drop] };
const raising = { body: [op.globalGet(0), op.i32(16), op.add, op.drop] };
const optimized = { body: [op.globalGet(0), op.i32(-64), op.add, op.drop] };
const padded = { body: [[0x23, 0x80, 0x80, 0x80, 0x80, 0x00], op.i32(16), op.sub, op.drop] };

function compiled({ data = { 2048: 'x'.repeat(32) }, globals = [], exports = {}, functions = [], names, minimum = 1, extra }) {
  return dataModule(undefined, data, {
    minimum,
    parts: {
      functions,
      globals: globals.map(([value, mutable = false]) => ({ value, mutable })),
      exports: Object.fromEntries(Object.entries(exports).map(([name, index]) => [name, ['global', index]])),
      names,
      extra,
    },
  });
}

const layouts = {
  'by the name section': [
    { globals: [[8192, true]], names: { module: 'm', globals: { __stack_pointer: 0 } } },
    [['data and stack', 2048, 8192]],
  ],
  'by an export': [{ globals: [[8192, true]], exports: { __stack_pointer: 0 } }, [['data and stack', 2048, 8192]]],
  'by what the code does': [{ globals: [[8192, true]], functions: [lowering] }, [['data and stack', 2048, 8192]]],
  'by what optimized code does': [{ globals: [[8192, true]], functions: [optimized] }, [['data and stack', 2048, 8192]]],
  'by code with numbers of full length': [{ globals: [[8192, true]], functions: [padded] }, [['data and stack', 2048, 8192]]],
  'not by code that counts up': [{ globals: [[8192, true]], functions: [raising] }, [['data', 2048, 2080]]],
  'not by a global that cannot change': [{ globals: [[8192]], functions: [lowering] }, [['data', 2048, 2080]]],
  'with the end of the data': [
    { globals: [[8192, true], [4096], [8192]], exports: { __data_end: 1, __heap_base: 2 }, functions: [lowering] },
    [['data', 2048, 4096], ['stack', 4096, 8192]],
  ],
  'below the data, the rest up to the heap': [
    { globals: [[1024, true], [5000]], exports: { __heap_base: 1 }, functions: [lowering] },
    [['stack', 0, 1024], ['data', 2048, 5000]],
  ],
  'below the data, the rest not known': [
    { globals: [[1024, true]], functions: [lowering] },
    [['stack', 0, 1024], ['data', 2048, pageBytes]],
  ],
  'no stack, but a heap base': [{ globals: [[5000]], exports: { __heap_base: 0 } }, [['data', 2048, 5000]]],
  'no data, but a heap base': [{ data: {}, globals: [[5000]], exports: { __heap_base: 0 } }, [['data', 1024, 5000]]],
  'no data and no variables': [{ data: {}, globals: [[1024]], exports: { __heap_base: 0 } }, []],
  'compiled, as a section says': [{ extra: [custom('target_features', [])] }, [['data', 2048, pageBytes]]],
  'compiled, and without data': [{ data: {}, extra: [custom('producers', [])] }, []],
  'holes between segments': [
    { data: { 2048: 'x', 3000: 'y' }, globals: [[4096]], exports: { __data_end: 0 } },
    [['data', 2048, 4096]],
  ],
};

for (const [title, [parts, expected]] of Object.entries(layouts)) {
  test(`stack and variables: ${title}`, async () => {
    const heap = await Heap.create({ image: 'outside', initial: 1 });
    const { ranges } = await heap.load(compiled(parts), {}, { initialize: false });
    assert.deepEqual(ranges.map(({ kind, begin, end }) => [kind, begin, end]), expected);
  });
}

test('spans that the caller names stand in place of those that are found', async () => {
  const heap = await Heap.create({ image: 'outside', initial: 1 });
  const spans = [{ begin: 4000, end: 4010 }, { begin: 5000, end: 6000 }];
  const module = await heap.load(compiled({}), {}, { spans });
  assert.deepEqual(module.ranges.map(({ begin, end }) => ({ begin, end })), spans);
  const compiledModule = await WebAssembly.compile(compiled({}));
  await refuses(heap, compiledModule, 'TypeError', 'invalid_module', /a compiled module does not tell/);
  await refuses(heap, compiledModule, 'HeapError', 'module_clash', /./, {}, { spans: [{ begin: 0, end: 4001 }] });
  await heap.load(compiledModule, {}, { spans: [{ begin: 2048, end: 2080 }] });
  await refuses(heap, compiledModule, 'RangeError', 'invalid_span', /./, {}, { spans: [{ begin: 5, end: 5 }] });
  await refuses(heap, compiledModule, 'RangeError', 'invalid_number', /./, {}, { spans: [{ begin: -1, end: 5 }] });
  await refuses(heap, compiledModule, 'TypeError', 'wrong_type', /./, {}, { spans: 5 });
  await refuses(heap, compiledModule, 'TypeError', 'wrong_type', /./, {}, { spans: [5] });
});

// ── Functions, tables ─────────────────────────────────────────────────────────────────────────────

/** (module (import "env" "__indirect_function_table" (table 0 funcref)) (elem (i32.const offset) 0 …) (func …)…) */
const tableModule = (name, offset, count) => build({
  types: [[[], [i32]]],
  imports: [memoryImport(), { kind: 'table', name: '__indirect_function_table', minimum: offset + count }],
  functions: Array.from({ length: count }, (_, index) => ({ body: [op.i32(offset + index)] })),
  elements: [{ offset, functions: Array.from({ length: count }, (_, index) => index) }],
  names: { module: name },
});

test('the slots of the shared table', async () => {
  const heap = await Heap.create({ image: 'outside' });
  const a = await heap.load(tableModule('a', 1, 3));
  const b = await heap.load(tableModule('b', 10, 5));
  assert.deepEqual([a.tableBase, a.tableLength, b.tableBase, b.tableLength], [1, 3, 10, 5]);
  assert.deepEqual([1, 2, 3, 10, 14].map((slot) => heap.table.get(slot)()), [1, 2, 3, 10, 14]);
  assert.equal(heap.table.get(0), null);
  await refuses(heap, tableModule('c', 3, 2), 'HeapError', 'module_clash', /'c' wants the slots 3\.\.5 of the table/);
  await refuses(heap, tableModule('c', 0, 1), 'HeapError', 'module_clash', /0\.\.1/);
  a.unload();
  assert.equal(heap.table.get(1), null);
  await heap.load(tableModule('c', 2, 8));
  assert.equal(heap.table.get(9)(), 9);
});

test('what another module exports is imported from it', async () => {
  const heap = await Heap.create({ image: 'outside' });
  // (module $a (func (export "answer") (result i32) (i32.const 42)))
  const a = await heap.load(build({
    types: [[[], [i32]]], functions: [{ body: [op.i32(42)] }], exports: { answer: ['function', 0] }, names: { module: 'a' },
  }));
  // (module (import from "answer" (func (result i32))) (func (export "ask") (result i32) (i32.add (call 0) (i32.const 1))))
  const asks = (from) => build({
    types: [[[], [i32]]],
    imports: [{ module: from, name: 'answer', kind: 'function' }],
    functions: [{ body: [op.call(0), op.i32(1), op.add] }],
    exports: { ask: ['function', 1] },
  });
  const b = await heap.load(asks('env'));
  const c = await heap.load(asks('a'));
  assert.deepEqual([b.exports.ask(), c.exports.ask()], [43, 43]);
  const given = await heap.load(asks('env'), { env: { answer: () => 1 } });
  assert.equal(given.exports.ask(), 2, 'what the caller gives comes first');
  await refuses(heap, asks('b'), 'TypeError', 'missing_import', /function b\.answer/);
  throwsCode(() => a.unload(), 'HeapError', 'module_in_use', /'a', by 'module 2', 'module 3'/);
  assert.ok(a.isLoaded);
  b.unload();
  c.unload();
  a.unload();
  a.unload();
  await refuses(heap, asks('env'), 'TypeError', 'missing_import', /function env\.answer/);
  given.unload();
  assert.deepEqual(heap.modules, []);
});

test('a function of another type than was asked for', async () => {
  const heap = await Heap.create({ image: 'outside' });
  await heap.load(build({ functions: [{}], exports: { f: ['function', 0] } }));
  const wants = build({ types: [[[i32], [i32]]], imports: [memoryImport(), { name: 'f', kind: 'function' }], data: [{ offset: 100, bytes: [1] }] });
  await refuses(heap, wants, 'TypeError', 'invalid_module', /load(Sync)?: the module cannot be placed/);
});

test('constructors are run, and what they throw leaves nothing behind', async () => {
  const heap = await Heap.create({ image: 'outside', initial: 1 });
  const calls = [];
  const env = { note: (what) => { calls.push(what); if (what === 13) throw new Error('thirteen'); } };
  // (module (import "env" "note" (func (param i32))) (func (export name) (call 0 (i32.const what)))… (data (i32.const 500) "x"))
  const notes = (functions, start) => build({
    types: [[[i32], []], [[], []]],
    imports: [memoryImport(), { name: 'note', kind: 'function' }],
    functions: Object.values(functions).map((what) => ({ type: 1, body: [op.i32(what), op.call(0)] })),
    exports: Object.fromEntries(Object.keys(functions).map((name, index) => [name, ['function', index + 1]])),
    start,
    data: [{ offset: 500, bytes: [1] }],
  });
  const load = async (...parts) => (await heap.load(notes(...parts), { env })).unload();
  await load({ __wasm_call_ctors: 1 });
  await load({ __wasm_call_ctors: 1, _initialize: 2 });
  await load({ _start: 3, main: 4 });
  await load({ _initialize: 5, begin: 6 }, 2);
  (await heap.load(notes({ _initialize: 7 }), { env }, { initialize: false })).unload();
  assert.deepEqual(calls, [1, 2, 6, 5]);
  const before = portrait(heap);
  for (const parts of [[{ _initialize: 13 }], [{ begin: 13 }, 1]]) {
    await assert.rejects(heap.load(notes(...parts), { env }), /thirteen/);
    assert.throws(() => heap.loadSync(notes(...parts), { env }), /thirteen/);
  }
  assert.deepEqual(portrait(heap), before);
  assert.deepEqual(heap.modules, []);
});

// ── Sources ───────────────────────────────────────────────────────────────────────────────────────

test('a module comes as bytes of any kind, from a server, or later', async () => {
  const heap = await Heap.create({ image: 'outside' });
  const bytes = dataModule(undefined, { 100: 'abc' });
  const padded = new Uint8Array(bytes.length + 20);
  padded.set(bytes, 7);
  const response = (rest = {}) => ({ ok: true, arrayBuffer: async () => bytes.slice().buffer, ...rest });
  const sources = [
    bytes,
    bytes.buffer,
    new DataView(padded.buffer, 7, bytes.length),
    Promise.resolve(bytes),
    response(),
    Promise.resolve(response({ url: 'https://example.org/a/b/letters.wasm?v=1#x' })),
  ];
  if (can.shared) {
    // Not every page that has shared memories has their buffers by name.
    const { buffer } = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
    const shared = new Uint8Array(buffer, 100, bytes.length);
    shared.set(bytes);
    sources.push(shared);
  }
  const names = [];
  for (const source of sources) {
    const module = await heap.load(source);
    assert.equal(reads(heap, 100, 3), 'abc');
    names.push(module.name);
    module.unload();
  }
  assert.ok(names.includes('letters.wasm'), names.join());
  for (const source of [undefined, null, 5, 'a.wasm', {}, () => bytes, [...bytes]]) {
    await refuses(heap, source, 'TypeError', 'wrong_type', /source must be/);
  }
  await rejectsCode(heap.load(response({ ok: false, status: 404 })), 'TypeError', 'invalid_module', /404/);
  throwsCode(() => heap.loadSync(Promise.resolve(bytes)), 'TypeError', 'wrong_type');
  await refuses(heap, bytes, 'TypeError', 'wrong_type', /imports/, 5);
  await refuses(heap, bytes, 'TypeError', 'wrong_type', /imports\.env/, { env: 5 });
  await refuses(heap, bytes, 'TypeError', 'wrong_type', /options/, {}, 5);
  await refuses(heap, bytes, 'TypeError', 'wrong_type', /name/, {}, { name: 5 });
  await refuses(heap, bytes, 'TypeError', 'wrong_type', /needed/, {}, { needed: 5 });
  await refuses(heap, bytes, 'TypeError', 'wrong_type', /lazy/, {}, { lazy: 1 });
  await refuses(heap, bytes, 'TypeError', 'invalid_option', /stack/, {}, { stackByteLength: 15 });
});

test('bytes that are changed after the call do not matter', async () => {
  const heap = await Heap.create({ image: 'outside' });
  const bytes = dataModule('a', { 100: 'abc' });
  const promise = heap.load(bytes);
  bytes.fill(0);
  await promise;
  assert.equal(reads(heap, 100, 3), 'abc');
});

test('loads at the same time are carried out one by one', async () => {
  const heap = await Heap.create({ image: 'outside' });
  const sources = [dataModule('a', { 100: 'aaaa' }), dataModule('b', { 102: 'bbbb' }), dataModule('c', { 200: 'cccc' })];
  const results = await Promise.allSettled(sources.map((source) => heap.load(source)));
  assert.deepEqual(results.map(({ status }) => status).sort(), ['fulfilled', 'fulfilled', 'rejected']);
  const refused = results.find(({ status }) => status === 'rejected').reason;
  assert.equal(refused.code, 'module_clash');
  assert.equal(heap.modules.length, 2);
});

test('names that every object has are not taken for imports that were given', async () => {
  const heap = await Heap.create({ image: 'outside' });
  for (const [module, name] of [['env', 'toString'], ['constructor', 'name'], ['__proto__', 'valueOf'], ['env', '__proto__']]) {
    const source = build({ imports: [{ module, name, kind: 'function' }] });
    await refuses(heap, source, 'TypeError', 'missing_import', /function/);
    if (module === 'env' && name !== '__proto__') await heap.load(source, { env: { [name]: () => 0 } });
  }
  // (module (func (export "__proto__") (result i32) (i32.const 9)))
  await heap.load(build({ types: [[[], [i32]]], functions: [{ body: [op.i32(9)] }], exports: { __proto__: undefined, ['__proto__']: ['function', 0] } }));
  const asks = build({
    types: [[[], [i32]]], imports: [{ name: '__proto__', kind: 'function' }],
    functions: [{ body: [op.call(0)] }], exports: { ask: ['function', 1] },
  });
  assert.equal((await heap.load(asks)).exports.ask(), 9);
});
