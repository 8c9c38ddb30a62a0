// Position-independent modules in a heap: memory, table slots and a stack wherever there is room, addresses and
// functions of one in another.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Heap, LoadedModule } from 'allot';

import { portrait, rejectsCode, throwsCode } from './support/expect.mjs';
import { build, bytesOf, globalAt, gotImport, i32, i64, memoryImport, op, placeImports } from './support/modules.mjs';
import { can } from './support/runtime.mjs';

const pageBytes = 65536;
const used = ({ live, blocks, reserved }) => ({ live, blocks, reserved });

/** Expects a load to be refused, and nothing to be left of it: the memory may have grown. */
async function refuses(heap, source, className, code, message, imports, options) {
  const before = [used(heap.stats()), heap.modules];
  await rejectsCode(heap.load(source, imports, options), className, code, message);
  throwsCode(() => heap.loadSync(source, imports, options), className, code, message);
  assert.deepEqual([used(heap.stats()), heap.modules], before);
  heap.validate();
}

/**
 * (module
 *   (import "env" "memory" (memory 0)) … the table, __stack_pointer, __memory_base, __table_base
 *   (data (global.get $__memory_base) "bytes") (elem (global.get $__table_base) $one $two)
 *   (func $one (result i32) (i32.const 1)) (func $two (result i32) (i32.const 2))
 *   (func (export "places") …) (global (export "variable") i32 (i32.const 4)))
 */
function placed({ name, size = 8, alignment = 2, tableSize = 2, tableAlignment = 0, data = 'abcdefgh', dylink = {}, ...rest }) {
  const place = (global) => ({ body: [op.globalGet(global)] });
  return build({
    dylink: { size, alignment, tableSize, tableAlignment, ...dylink },
    types: [[[], [i32]]],
    imports: placeImports,
    functions: [{ body: [op.i32(1)] }, { body: [op.i32(2)] }, ...[0, 1, 2].map(place)],
    globals: [{ value: 4 }],
    exports: {
      stackPointer: ['function', 2], memoryBase: ['function', 3], tableBase: ['function', 4], one: ['function', 0],
      variable: ['global', globalAt.first],
    },
    elements: tableSize === 0 ? [] : [{ offset: op.globalGet(globalAt.tableBase), functions: [0, 1] }],
    data: typeof data === 'string' ? [{ offset: op.globalGet(globalAt.memoryBase), bytes: bytesOf(data) }] : data,
    names: name === undefined ? undefined : { module: name },
    ...rest,
  });
}

for (const image of ['inside', 'outside']) {
  test(`${image}: memory, stack and table slots are found, and given back`, async () => {
    const heap = await Heap.create({ image });
    const before = used(heap.stats());
    const source = placed({ name: 'a', size: 20_000, alignment: 8, tableSize: 3, tableAlignment: 2 });
    const modules = [await heap.load(source), heap.loadSync(source), await heap.load(await WebAssembly.compile(source))];
    const seen = [];
    for (const module of modules) {
      assert.ok(module instanceof LoadedModule);
      const { exports, memoryBase, tableBase, stack } = module;
      assert.deepEqual([module.name, module.memoryByteLength, module.tableLength, module.isLoaded, module.isReady], ['a', 20_000, 3, true, true]);
      assert.deepEqual([exports.memoryBase(), exports.tableBase()], [memoryBase, tableBase]);
      assert.ok(memoryBase > 0 && memoryBase % 256 === 0);
      assert.ok(tableBase > 0 && tableBase % 4 === 0);
      assert.equal(stack.byteLength, 65536);
      assert.equal(stack.byteOffset % 16, 0);
      assert.equal(exports.stackPointer(), stack.byteOffset + stack.byteLength);
      assert.equal(stack.pointer.value, exports.stackPointer());
      assert.equal(heap.readString(memoryBase, 8), 'abcdefgh');
      assert.ok(heap.bytes(memoryBase + 8, 19_992).every((byte) => byte === 0));
      assert.deepEqual([0, 1, 2].map((i) => heap.table.get(tableBase + i)?.()), [1, 2, undefined]);
      assert.equal(exports.variable.value, memoryBase + 4, 'where the variable is');
      assert.equal(module.instance.exports.variable.value, 4, 'where it is in the module');
      assert.throws(() => { exports.variable.value = 5; });
      assert.deepEqual(module.ranges.map(({ kind }) => kind), ['data', 'stack']);
      for (const { begin, end } of [...module.ranges, { begin: 2 ** 33 + tableBase, end: 2 ** 33 + tableBase + 3 }]) {
        assert.ok(seen.every((other) => end <= other.begin || begin >= other.end));
        seen.push({ begin, end });
      }
    }
    heap.validate();
    modules[1].unload();
    assert.equal(heap.table.get(modules[1].tableBase), null);
    const again = await heap.load(source);
    assert.equal(again.tableBase, modules[1].tableBase, 'the slots were free again');
    for (const module of heap.modules) module.unload();
    assert.deepEqual(used(heap.stats()), before);
    assert.deepEqual(heap.modules, []);
    for (let slot = 0; slot < heap.table.length; slot++) assert.equal(heap.table.get(slot), null);
  });
}

test('memory is zero where the module has no data, whatever lay there', async () => {
  const heap = await Heap.create();
  const blocks = Array.from({ length: 300 }, () => heap.malloc(1000));
  for (const p of blocks) heap.fill(p, 1000, 255);
  for (const p of blocks) heap.free(p);
  const { memoryBase, stack } = await heap.load(placed({ size: 100_000 }));
  assert.ok(heap.bytes(memoryBase + 8, 99_992).every((byte) => byte === 0));
  assert.ok(heap.bytes(stack.byteOffset, stack.byteLength).every((byte) => byte === 0));
});

test('the length of the stack, or a stack of the caller’s', async () => {
  const heap = await Heap.create();
  const { stack } = await heap.load(placed({}), {}, { stackByteLength: 1001 });
  assert.equal(stack.byteLength, 1008);
  const first = heap.stat('blocks');
  const shared = await heap.load(placed({}), { env: { __stack_pointer: stack.pointer } });
  assert.equal(shared.stack, undefined);
  assert.equal(shared.exports.stackPointer(), stack.byteOffset + 1008);
  assert.equal(heap.stat('blocks'), first + 1, 'the data alone');
  const none = await heap.load(build({ dylink: {}, imports: [memoryImport()] }));
  assert.deepEqual([none.memoryBase, none.tableBase, none.stack, none.ranges], [0, 0, undefined, []]);
});

test('a module that does not fit', async () => {
  const heap = await Heap.create({ maximum: 3 });
  await refuses(heap, placed({ size: 3 * pageBytes }), 'RangeError', 'out_of_memory');
  await refuses(heap, placed({ size: 2 ** 32 - 1 }), 'RangeError', 'size_too_large');
  await refuses(heap, placed({}), 'RangeError', 'out_of_memory', /./, {}, { stackByteLength: 5 * pageBytes });
  await refuses(heap, placed({ alignment: 31 }), 'RangeError', 'out_of_memory');
  await refuses(heap, placed({ tableSize: 2 ** 32 - 1 }), 'RangeError', 'out_of_memory', /a table of/);
  heap.quota = 1000;
  await refuses(heap, placed({}), 'RangeError', 'quota_exceeded');
});

test('a module that takes more than it asks for', async () => {
  const heap = await Heap.create();
  for (const parts of [
    { data: 'x'.repeat(9) },
    { data: [{ offset: 100, bytes: [1] }] },
    { data: [{ offset: op.globalGet(globalAt.tableBase), bytes: [1] }] },
    { tableSize: 1 },
    { elements: [{ offset: 0, functions: [0] }] },
    { data: [{ offset: op.i32(-1), bytes: [1] }] },
  ]) {
    await refuses(heap, placed(parts), 'TypeError', 'invalid_module', /outside of what it asks for/);
  }
});

test('a table that the caller gives', async () => {
  const table = new WebAssembly.Table({ element: 'anyfunc', initial: 10 });
  const heap = await Heap.create();
  const module = await heap.load(placed({}), { env: { __indirect_function_table: table } });
  assert.equal(module.tableBase, 10, 'behind what may be in it');
  assert.equal(heap.table, table);
  const other = new WebAssembly.Table({ element: 'anyfunc', initial: 10 });
  await refuses(heap, placed({}), 'TypeError', 'invalid_option', /another table/, { env: { __indirect_function_table: other } });
  await refuses(heap, placed({}), 'TypeError', 'wrong_type', /table/, { env: { __indirect_function_table: {} } });
  const fresh = await Heap.create();
  await refuses(fresh, consumer(), 'TypeError', 'missing_import', /./, { env: { __indirect_function_table: other } });
  assert.notEqual(fresh.table, other, 'a refused load does not even leave its table');
  assert.equal((await heap.load(placed({}))).tableBase, 12);
});

if (can.memory64) {
  test('a module with 64-bit addresses', async () => {
    const heap = await Heap.create();
    const source = build({ dylink: { size: 8 }, imports: [memoryImport(0, { wide: true }), { kind: 'global', name: '__memory_base', type: i64 }] });
    await refuses(heap, source, 'TypeError', 'unsupported_memory', /64-bit/);
    await refuses(heap, await WebAssembly.compile(source), 'TypeError', 'invalid_module');
  });
}

test('a module of the old kind', async () => {
  const heap = await Heap.create();
  const section = [0, 11, 6, ...bytesOf('dylink'), 8, 2, 0, 0];
  await refuses(heap, build({ extra: [section] }), 'TypeError', 'invalid_module', /before 2021/);
});

if (can.shared) {
  test('in a shared memory', async () => {
    const heap = await Heap.create({ shared: true, initial: 1, maximum: 10 });
    const imports = [memoryImport(0, { shared: true, maximum: 10 }), ...placeImports.slice(1)];
    const { memoryBase } = await heap.load(placed({ imports }));
    assert.equal(heap.readString(memoryBase, 8), 'abcdefgh');
    heap.validate();
  });
}

test('in an adopted heap', async () => {
  const memory = new WebAssembly.Memory({ initial: 1 });
  let [top, frees] = [1024, 0];
  const heap = Heap.adopt({
    memory,
    malloc: (bytes) => {
      const at = top;
      top += (bytes + 15) & ~15;
      if (top > memory.buffer.byteLength) memory.grow(Math.ceil((top - memory.buffer.byteLength) / pageBytes));
      return at;
    },
    free: () => { frees++; },
  });
  const module = await heap.load(placed({}));
  assert.equal(heap.readString(module.memoryBase, 8), 'abcdefgh');
  assert.equal(module.exports.memoryBase(), module.memoryBase);
  module.unload();
  assert.equal(frees, 2);
  const fixed = build({ imports: [memoryImport()], data: [{ offset: 100, bytes: [1] }] });
  await rejectsCode(heap.load(fixed), 'TypeError', 'unsupported_operation', /adopted/);
});

// ── One module and another ────────────────────────────────────────────────────────────────────────

const got = { mem: (name) => gotImport('mem', name), func: (name) => gotImport('func', name) };

/** (module (global (export "counter") i32 (i32.const 4)) (func (export "bump") (result i32) …) (data … 10, 20)) */
const provider = (rest = {}) => build({
  dylink: { size: 8, alignment: 2 },
  types: [[[], [i32]]],
  imports: placeImports,
  // bump adds 1 to the counter, and gives what it was
  functions: [{
    locals: 1,
    body: [
      op.globalGet(globalAt.memoryBase), op.i32(4), op.add, op.globalGet(globalAt.memoryBase), op.i32(4), op.add, op.load,
      op.i32(1), op.add, op.store, op.globalGet(globalAt.memoryBase), op.i32(4), op.add, op.load, op.i32(1), op.sub,
    ],
  }],
  globals: [{ value: 4 }],
  exports: { counter: ['global', globalAt.first], bump: ['function', 0] },
  data: [{ offset: op.globalGet(globalAt.memoryBase), bytes: [10, 0, 0, 0, 20, 0, 0, 0] }],
  names: { module: 'provider' },
  ...rest,
});

/**
 * Imports bump, &counter and &bump; exports
 *   viaCall: bump()   viaPointer: (*&bump)()   viaData: counter   address: &counter   pointer: &bump
 *   stored: what its own data holds, which a relocation has filled in with &bump
 */
const consumer = (rest = {}) => build({
  dylink: { size: 4, alignment: 2, ...rest.dylink },
  types: [[[], [i32]], [[], []]],
  imports: [...placeImports, got.mem('counter'), got.func('bump'), { kind: 'function', name: 'bump' }],
  functions: [
    { body: [op.call(0)] },
    { body: [op.globalGet(globalAt.first + 1), op.callIndirect(0)] },
    { body: [op.globalGet(globalAt.first), op.load] },
    { body: [op.globalGet(globalAt.first)] },
    { body: [op.globalGet(globalAt.first + 1)] },
    { body: [op.globalGet(globalAt.memoryBase), op.load] },
    { type: 1, body: [op.globalGet(globalAt.memoryBase), op.globalGet(globalAt.first + 1), op.store] },
  ],
  exports: {
    viaCall: ['function', 1], viaPointer: ['function', 2], viaData: ['function', 3], address: ['function', 4],
    pointer: ['function', 5], stored: ['function', 6], __wasm_apply_data_relocs: ['function', 7],
  },
  names: { module: 'consumer' },
  ...rest.parts,
});

test('functions, pointers to functions, and variables of another module', async () => {
  const heap = await Heap.create();
  const a = await heap.load(provider());
  const b = await heap.load(consumer());
  assert.equal(b.exports.address(), a.exports.counter.value);
  assert.deepEqual([b.exports.viaCall(), b.exports.viaPointer(), b.exports.viaData()], [20, 21, 22]);
  assert.equal(heap.readInt32(a.memoryBase + 4), 22);
  assert.equal(heap.table.get(b.exports.pointer()), a.exports.bump);
  assert.equal(b.exports.stored(), b.exports.pointer(), 'the data were relocated');
  const c = await heap.load(consumer());
  assert.equal(c.exports.pointer(), b.exports.pointer(), 'a function has one address');
  throwsCode(() => a.unload(), 'HeapError', 'module_in_use', /'provider', by 'consumer', 'consumer'/);
  b.unload();
  throwsCode(() => a.unload(), 'HeapError', 'module_in_use');
  c.unload();
  a.unload();
  assert.equal(heap.stat('blocks'), 0);
  for (let slot = 0; slot < heap.table.length; slot++) assert.equal(heap.table.get(slot), null);
});

test('a module that is needed cannot be unloaded while another is being loaded, not even by that one', async () => {
  const heap = await Heap.create();
  const a = await heap.load(provider());
  const codes = [];
  const env = {
    note() {
      try {
        a.unload();
      } catch (error) {
        codes.push(error.code);
      }
    },
  };
  const rest = (start) => ({
    parts: {
      imports: [...placeImports, got.mem('counter'), { kind: 'function', name: 'note', type: 1 }],
      functions: [{ body: [op.globalGet(globalAt.first), op.load] }, { type: 1, body: [op.call(0)] }],
      exports: { viaData: ['function', 1], ...(start === undefined ? { _initialize: ['function', 2] } : {}) },
      ...(start === undefined ? {} : { start }),
    },
  });
  const b = await heap.load(consumer(rest(2)), { env });
  const c = heap.loadSync(consumer(rest()), { env });
  assert.deepEqual([codes, b.exports.viaData(), c.exports.viaData()], [['module_in_use', 'module_in_use'], 20, 20]);
  const crash = rest(2);
  crash.parts.functions[1].body = [op.unreachable];
  await assert.rejects(heap.load(consumer(crash), { env }), WebAssembly.RuntimeError);
  b.unload();
  c.unload();
  a.unload();
});

test('a module that unloads itself while it is being loaded', async () => {
  const heap = await Heap.create();
  const first = await heap.load(provider());
  // (func (export "_initialize") (call $leave))
  const leaving = (after) => build({
    dylink: { size: 8 },
    imports: [...placeImports, { kind: 'function', name: 'leave' }],
    functions: [{ body: [op.call(0), ...after] }],
    exports: { _initialize: ['function', 1] },
  });
  const env = { leave: () => heap.modules.at(-1).unload() };
  const gone = await heap.load(leaving([]), { env });
  assert.equal(gone.isLoaded, false);
  await assert.rejects(heap.load(leaving([op.unreachable]), { env }), WebAssembly.RuntimeError);
  assert.deepEqual(heap.modules, [first]);
  heap.validate();
});

test('all that is missing is named', async () => {
  const heap = await Heap.create();
  await refuses(heap, consumer(), 'TypeError', 'missing_import',
    /the address of the variable counter, the address of the function bump, function env\.bump/);
  await heap.load(build({ dylink: {}, imports: [memoryImport()], globals: [{ value: 4 }], exports: { bump: ['global', 0] } }));
  await refuses(heap, consumer(), 'TypeError', 'missing_import', /address of the function bump/);
  const imports = Array.from({ length: 14 }, (_, index) => ({ kind: 'function', name: `f${index}` }));
  await refuses(heap, build({ imports }), 'TypeError', 'missing_import', /f9 and 4 more/);
});

test('what may be missing', async () => {
  const heap = await Heap.create();
  const module = await heap.load(consumer({ dylink: { weak: ['counter', 'bump'] } }));
  assert.deepEqual([module.exports.address(), module.exports.pointer(), module.exports.stored()], [0, 0, 0]);
  throwsCode(() => module.exports.viaCall(), 'TypeError', 'missing_import', /env\.bump was allowed to be missing/);
  module.unload();
  await heap.load(provider());
  const found = await heap.load(consumer({ dylink: { weak: ['counter', 'bump'] } }));
  assert.equal(found.exports.viaCall(), 20);
});

test('what the caller gives comes first', async () => {
  const heap = await Heap.create();
  const a = await heap.load(provider());
  const bump = (await heap.load(provider(), {}, { name: 'other' })).exports.bump;
  const at = heap.calloc(1, 4);
  heap.writeInt32(at, 77);
  for (const counter of [at, new WebAssembly.Global({ value: 'i32' }, at)]) {
    const b = await heap.load(consumer(), { env: { bump, counter } });
    assert.equal(b.exports.viaData(), 77);
    assert.equal(heap.table.get(b.exports.pointer()), bump);
    b.unload();
  }
  const global = new WebAssembly.Global({ value: 'i32', mutable: true }, at);
  const b = await heap.load(consumer(), { 'GOT.mem': { counter: global } });
  assert.equal(b.exports.viaData(), 77);
  await refuses(heap, consumer(), 'TypeError', 'missing_import', /only a function that a module exports/, { env: { bump: () => 1 } });
  await refuses(heap, consumer(), 'TypeError', 'missing_import', /no number/, { env: { counter: 'x' } });
  b.unload();
  a.unload();
});

test('pointers to malloc and free', async () => {
  const heap = await Heap.create();
  const module = await heap.load(build({
    dylink: { size: 0 },
    types: [[[], [i32]]],
    imports: [...placeImports, got.func('malloc'), got.func('free')],
    functions: [{ body: [op.globalGet(globalAt.first)] }, { body: [op.globalGet(globalAt.first + 1)] }],
    exports: { malloc: ['function', 0], free: ['function', 1] },
  }));
  const p = heap.table.get(module.exports.malloc())(100);
  assert.ok(heap.usableSize(p) >= 100);
  heap.table.get(module.exports.free())(p);
  throwsCode(() => heap.free(p), 'HeapError', 'double_free');
});

test('a module’s own functions and variables, by their addresses', async () => {
  const heap = await Heap.create();
  const parts = () => ({
    dylink: { size: 8, alignment: 2, tableSize: 1 },
    types: [[[], [i32]], [[], []]],
    imports: [...placeImports, got.mem('own'), got.func('self'), got.func('hidden')],
    functions: [
      { body: [op.globalGet(globalAt.first)] },
      { body: [op.globalGet(globalAt.first + 1)] },
      { body: [op.globalGet(globalAt.first + 2)] },
      { body: [op.i32(5)] },
    ],
    globals: [{ value: 4 }],
    exports: {
      own: ['global', globalAt.first + 3], data: ['function', 0], pointer: ['function', 1], hiddenPointer: ['function', 2],
      self: ['function', 1], hidden: ['function', 3],
    },
    elements: [{ offset: op.globalGet(globalAt.tableBase), functions: [3] }],
  });
  const a = await heap.load(build(parts()));
  assert.equal(a.exports.data(), a.memoryBase + 4);
  assert.equal(heap.table.get(a.exports.pointer()), a.exports.self);
  assert.equal(a.exports.hiddenPointer(), a.tableBase, 'where its own elements have put it');
  const b = await heap.load(build(parts()));
  assert.equal(b.exports.data(), a.exports.data(), 'the first of two with one name is meant, as in C');
  assert.equal(b.exports.pointer(), a.exports.pointer());
  throwsCode(() => a.unload(), 'HeapError', 'module_in_use');
  a.unload(b);
  assert.deepEqual([a.isLoaded, b.isLoaded, heap.modules.length], [false, false, 0]);
});

/**
 * Imports and exports `wide`, as C++ does with inline functions; calls what it imports:
 * (func $wide (export "wide") (param i64 f64 i32) (result i64) (i64.const own))
 * (func (export "call") (result i64) (call $imported (i64.const 1) (f64.const 0) (i32.const 2)))
 */
const inline = (own, rest = {}) => build({
  dylink: { tableSize: 0 },
  types: [[[i64, 0x7c, i32], [i64]], [[], [i64]]],
  imports: [...placeImports, { kind: 'function', name: 'wide' }, got.func('wide')],
  functions: [
    { body: [0x42, own] },
    { type: 1, body: [0x42, 1, 0x44, 0, 0, 0, 0, 0, 0, 0, 0, op.i32(2), op.call(0)].flat() },
  ],
  exports: { wide: ['function', 1], call: ['function', 2] },
  ...rest,
});

test('a function that a module both imports and exports: the first loaded is meant', async () => {
  for (const prepare of [(source) => source, (source) => new WebAssembly.Module(source)]) {
    const heap = await Heap.create();
    const a = await heap.load(prepare(inline(5)), {}, { name: 'a' });
    assert.equal(a.exports.call(), 5n);
    const b = await heap.load(prepare(inline(6)), {}, { name: 'b' });
    assert.equal(b.exports.call(), 5n);
    assert.equal(b.exports.wide(0n, 0, 0), 6n);
    throwsCode(() => a.unload(), 'HeapError', 'module_in_use', /by 'b'/);
    b.unload();
    a.unload();
    for (let slot = 0; slot < heap.table.length; slot++) assert.equal(heap.table.get(slot), null);
    // Such a module is whole without the others.
    const c = heap.loadSync(inline(7));
    assert.deepEqual([c.isReady, c.exports.call()], [true, 7n]);
  }
});

test('lazy: many functions, of many types', async () => {
  const heap = await Heap.create();
  const valueTypes = [i32, i64, 0x7d, 0x7c, 0x70, 0x6f];
  const types = Array.from({ length: 100 }, (_, index) => [Array.from({ length: index % 30 }, (__, at) => valueTypes[(index + at) % 6]), [i32]]);
  const names = types.map((_, index) => `f${index}`);
  const user = await heap.load(build({
    types,
    imports: names.map((name, type) => ({ kind: 'function', name, type })),
    exports: Object.fromEntries(names.map((name, index) => [name, ['function', index]])),
  }), {}, { lazy: true });
  const values = (index) => types[index][0].map((type) => (type === i64 ? 1n : type === 0x70 ? null : 1));
  for (const [index, name] of names.entries()) {
    throwsCode(() => user.exports[name](...values(index)), 'TypeError', 'missing_import', new RegExp(`^${name}: .*not loaded yet`));
  }
  await heap.load(build({
    types,
    functions: names.map((_, type) => ({ type, body: [op.i32(type)] })),
    exports: Object.fromEntries(names.map((name, index) => [name, ['function', index]])),
  }));
  for (const [index, name] of names.entries()) assert.equal(user.exports[name](...values(index)), index);
});

test('variables of a thread are no variables of others', async () => {
  const heap = await Heap.create();
  const a = await heap.load(provider({ dylink: { size: 8, alignment: 2, threadLocal: ['counter'] } }));
  assert.equal(a.exports.counter.value, 4, 'as the module has it');
  await refuses(heap, consumer(), 'TypeError', 'missing_import', /variable counter/);
});

test('globals that are no addresses are handed on as they are', async () => {
  const heap = await Heap.create();
  const a = await heap.load(build({
    dylink: {}, imports: [memoryImport()], globals: [{ value: 9, mutable: true }], exports: { level: ['global', 0] },
  }));
  assert.equal(a.exports.level, a.instance.exports.level);
  const b = await heap.load(build({
    dylink: {}, types: [[[], [i32]]], imports: [memoryImport(), { kind: 'global', name: 'level', mutable: true }],
    functions: [{ body: [op.globalGet(0)] }], exports: { level: ['function', 0] },
  }));
  a.exports.level.value = 10;
  assert.equal(b.exports.level(), 10);
});

// ── Modules that come later ───────────────────────────────────────────────────────────────────────

test('lazy: what a later module brings', async () => {
  const heap = await Heap.create();
  const b = await heap.load(consumer(), {}, { lazy: true });
  assert.deepEqual([b.isLoaded, b.isReady], [true, false]);
  throwsCode(() => b.exports.viaCall(), 'TypeError', 'missing_import', /bump: .*not loaded yet/);
  assert.equal(b.exports.stored(), 0, 'nothing is relocated until all is there');
  const a = await heap.load(provider());
  assert.equal(b.isReady, true);
  assert.deepEqual([b.exports.viaCall(), b.exports.viaPointer(), b.exports.viaData()], [20, 21, 22]);
  assert.equal(b.exports.stored(), b.exports.pointer());
  assert.notEqual(b.exports.stored(), 0);
  throwsCode(() => a.unload(), 'HeapError', 'module_in_use');
  b.unload();
  a.unload();
  assert.equal(heap.stat('blocks'), 0);
});

test('lazy: a later module that fails leaves others waiting as before', async () => {
  const heap = await Heap.create();
  let constructed = 0;
  // Its constructor calls note().
  const b = await heap.load(consumer({
    parts: {
      imports: [...placeImports, got.mem('counter'), got.func('bump'), { kind: 'function', name: 'bump' }, { kind: 'function', name: 'note', type: 1 }],
      functions: [
        { body: [op.call(0)] },
        { body: [op.globalGet(globalAt.first + 1)] },
        { body: [op.globalGet(globalAt.first)] },
        { body: [op.globalGet(globalAt.memoryBase), op.load] },
        { type: 1, body: [op.globalGet(globalAt.memoryBase), op.globalGet(globalAt.first + 1), op.store] },
        { type: 1, body: [op.call(1)] },
      ],
      exports: {
        viaCall: ['function', 2], pointer: ['function', 3], address: ['function', 4], stored: ['function', 5],
        __wasm_apply_data_relocs: ['function', 6], _initialize: ['function', 7],
      },
    },
  }), { env: { note: () => { constructed++; } } }, { lazy: true });
  assert.equal(constructed, 0);
  const failing = provider({
    types: [[[], [i32]], [[], []]],
    functions: [{ body: [op.i32(1)] }, { type: 1, body: [op.unreachable] }],
    exports: { counter: ['global', globalAt.first], bump: ['function', 0], _initialize: ['function', 1] },
  });
  await assert.rejects(heap.load(failing), WebAssembly.RuntimeError);
  assert.deepEqual(heap.modules, [b]);
  assert.deepEqual([b.isReady, b.exports.pointer(), b.exports.address()], [false, 0, 0]);
  throwsCode(() => b.exports.viaCall(), 'TypeError', 'missing_import');
  await heap.load(provider());
  assert.deepEqual([b.isReady, b.exports.viaCall()], [true, 20]);
  assert.equal(b.exports.stored(), b.exports.pointer());
  assert.equal(constructed, 1, 'once, when all was there for the first time');
  heap.validate();
});

/** Two modules that use each other: each has a function `its name` and calls that of the other. */
const half = (own, other, needed) => build({
  dylink: { size: 4, alignment: 2, ...(needed ? { needed: [other] } : {}) },
  types: [[[], [i32]], [[], []]],
  imports: [...placeImports, got.func(other), { kind: 'function', name: other }, { kind: 'function', name: 'note', type: 1 }],
  functions: [
    { body: [op.i32(own.charCodeAt(0))] },
    { body: [op.call(0)] },
    { body: [op.globalGet(globalAt.first), op.callIndirect(0)] },
    { type: 1, body: [op.call(1)] },
  ],
  exports: { [own]: ['function', 2], direct: ['function', 3], indirect: ['function', 4], _initialize: ['function', 5] },
  names: { module: own },
});

test('two modules that use each other', async () => {
  const heap = await Heap.create();
  const order = [];
  const env = { note: () => { order.push(heap.modules.map(({ isReady }) => isReady)); } };
  const a = await heap.load(half('a', 'b'), { env }, { lazy: true });
  assert.deepEqual(order, []);
  const b = heap.loadSync(half('b', 'a'), { env });
  assert.deepEqual([a.exports.direct(), a.exports.indirect(), b.exports.direct(), b.exports.indirect()], [98, 98, 97, 97]);
  assert.deepEqual(order, [[true, true], [true, true]], 'both were whole when the first constructor ran');
  throwsCode(() => a.unload(), 'HeapError', 'module_in_use', /'a', by 'b'/);
  throwsCode(() => b.unload(), 'HeapError', 'module_in_use', /'b', by 'a'/);
  throwsCode(() => a.unload(5), 'TypeError', 'wrong_type');
  const stranger = await (await Heap.create()).load(placed({}));
  throwsCode(() => a.unload(stranger), 'HeapError', 'another_heap');
  assert.deepEqual(heap.modules, [a, b]);
  b.unload(a);
  assert.equal(heap.stat('blocks'), 0);
});

test('the modules that one needs', async () => {
  const sources = { a: half('a', 'b', true), b: half('b', 'a', true) };
  const env = { note() {} };
  for (const load of ['load', 'loadSync']) {
    const heap = await Heap.create();
    const asked = [];
    const needed = (name) => {
      asked.push(name);
      return sources[name];
    };
    const a = await heap[load](sources.a, { env }, { needed });
    assert.deepEqual(asked, ['b']);
    assert.deepEqual(heap.modules.map(({ name, isReady }) => [name, isReady]), [['b', true], ['a', true]]);
    assert.deepEqual([a.exports.direct(), a.exports.indirect()], [98, 98]);
    await refuses(heap, build({ dylink: { needed: ['c'] } }), 'TypeError', 'missing_import', /needs 'c': load that first/, {}, { needed });
    await refuses(heap, build({ dylink: { needed: ['c'] } }), 'TypeError', 'missing_import', /needs 'c'/);
    await heap[load](build({ dylink: { needed: ['a', 'b'] } }));
  }
  const heap = await Heap.create();
  const c = build({ dylink: {}, imports: [memoryImport()], names: { module: 'c' } });
  const needsC = build({ dylink: { needed: ['c'] }, imports: [memoryImport()] });
  const needed = async () => ({ arrayBuffer: async () => c.buffer });
  await Promise.all([heap.load(needsC, {}, { needed }), heap.load(needsC, {}, { needed })]);
  assert.equal(heap.modules.filter(({ name }) => name === 'c').length, 1, 'loaded once, though both had asked for it');
});

test('loads at the same time are carried out in the order of the calls', async () => {
  const heap = await Heap.create();
  const slowly = new Promise((resolve) => { setTimeout(resolve, 20, provider()); });
  const c = build({ dylink: { needed: ['provider'] }, imports: [memoryImport()], names: { module: 'c' } });
  const [a, refused, b] = await Promise.allSettled([heap.load(slowly), heap.load(Uint8Array.of(1)), heap.load(consumer()), heap.load(c)]);
  assert.deepEqual([a.status, refused.status, b.status], ['fulfilled', 'rejected', 'fulfilled']);
  assert.equal(b.value.exports.viaCall(), 20);
  assert.deepEqual(heap.modules.map(({ name }) => name), ['provider', 'consumer', 'c']);
});

test('a module that cannot be loaded takes those that it needed with it', async () => {
  const heap = await Heap.create();
  const before = used(heap.stats());
  const needed = () => provider();
  const failing = build({
    dylink: { needed: ['provider'] }, imports: [memoryImport(), { kind: 'function', name: 'bump' }, { kind: 'function', name: 'nobody' }],
    types: [[[], [i32]]],
  });
  for (const load of ['load', 'loadSync']) {
    await assert.rejects(async () => heap[load](failing, {}, { needed }), { code: 'missing_import' });
    assert.deepEqual([used(heap.stats()), heap.modules], [before, []]);
  }
  await heap.load(consumer(), {}, { lazy: true });
  await assert.rejects(heap.load(failing, {}, { needed }), { code: 'missing_import' });
  assert.deepEqual(heap.modules.map(({ name }) => name), ['consumer', 'provider'], 'unless another module waited for them');
});

// ── Beginnings and ends ───────────────────────────────────────────────────────────────────────────

/** Its constructor registers two destructors, which report 1 and 2. */
const mortal = ({ name = 'mortal', report = 0 } = {}) => build({
  dylink: { size: 4, tableSize: 1 },
  types: [[[], []], [[i32], []], [[i32, i32, i32], [i32]]],
  imports: [...placeImports, { kind: 'function', name: '__cxa_atexit', type: 2 }, { kind: 'function', name: 'report', type: 1 }],
  functions: [
    {
      type: 0,
      body: [1, 2].map((argument) => [
        op.globalGet(globalAt.tableBase), op.i32(report + argument), op.i32(0), op.call(0), op.drop,
      ].flat()),
    },
    { type: 1, body: [op.get(0), op.call(1)] },
  ],
  exports: { __wasm_call_ctors: ['function', 2] },
  elements: [{ offset: op.globalGet(globalAt.tableBase), functions: [3] }],
  names: { module: name },
});

test('destructors run when a module is unloaded, the last first', async () => {
  const heap = await Heap.create();
  const reports = [];
  const env = { report: (what) => { reports.push(what); if (what === 12) throw new Error('twelve'); } };
  const a = await heap.load(mortal(), { env });
  const b = await heap.load(mortal({ report: 20 }), { env });
  assert.deepEqual(reports, []);
  a.unload(b);
  assert.deepEqual(reports, [22, 21, 2, 1]);
  a.unload();
  const c = await heap.load(mortal({ report: 10 }), { env });
  assert.throws(() => c.unload(), /twelve/);
  assert.deepEqual(reports.slice(4), [12, 11], 'the others all the same');
  assert.deepEqual([c.isLoaded, heap.stat('blocks')], [false, 0]);
  const own = [];
  const d = await heap.load(mortal(), { env: { ...env, __cxa_atexit: (...given) => own.push(given) } });
  assert.equal(own.length, 2, 'unless the caller looks after them');
  d.unload();
  if (typeof Symbol.dispose === 'symbol') {
    const e = await heap.load(mortal({ report: 30 }), { env });
    e[Symbol.dispose]();
    assert.deepEqual(reports.slice(6), [32, 31]);
  }
});

test('constructors that nobody can run', async () => {
  const heap = await Heap.create();
  const hidden = (body, rest = {}) => build({
    dylink: {}, imports: [memoryImport()], functions: [{}, { body }], names: { module: 'm', functions: { __wasm_call_ctors: 1 } }, ...rest,
  });
  await refuses(heap, hidden([op.i32(1), op.drop]), 'TypeError', 'invalid_module', /--export-if-defined=__wasm_call_ctors/);
  (await heap.load(hidden([op.i32(1), op.drop]), {}, { initialize: false })).unload();
  (await heap.load(hidden([]))).unload();
  (await heap.load(hidden([op.i32(1), op.drop], { exports: { __wasm_call_ctors: ['function', 1] } }))).unload();
});

test('whatever fails, nothing is left behind', async () => {
  const heap = await Heap.create({ maximum: 20 });
  const crash = (rest) => placed({
    types: [[[], [i32]], [[], []]],
    functions: [...Array.from({ length: 5 }, () => ({ body: [op.i32(1)] })), { type: 1, body: [op.unreachable] }],
    ...rest,
  });
  const failures = [
    crash({ start: 5 }),
    crash({ exports: { _initialize: ['function', 5] } }),
    crash({ exports: { __wasm_call_ctors: ['function', 5] } }),
    crash({ exports: { __wasm_apply_data_relocs: ['function', 5] } }),
  ];
  const before = [used(heap.stats()), heap.table.length];
  for (const source of failures) {
    await assert.rejects(heap.load(source), WebAssembly.RuntimeError);
    assert.throws(() => heap.loadSync(source), WebAssembly.RuntimeError);
  }
  assert.deepEqual(used(heap.stats()), before[0]);
  assert.deepEqual(heap.modules, []);
  for (let slot = 0; slot < heap.table.length; slot++) assert.equal(heap.table.get(slot), null);
  const { tableBase } = await heap.load(placed({}));
  assert.equal(tableBase, 1);
  heap.validate();
});

test('memory that somebody else has freed already is told when the rest is given back', async () => {
  const heap = await Heap.create();
  const module = await heap.load(placed({}));
  heap.free(module.memoryBase);
  throwsCode(() => module.unload(), 'HeapError', 'double_free');
  assert.deepEqual([module.isLoaded, heap.modules.length, heap.stat('blocks')], [false, 0, 0]);
  heap.validate();
});

test('what a module holds is not the caller’s to free', async () => {
  const heap = await Heap.create({ track: true });
  const { memoryBase } = await heap.load(placed({}));
  heap.malloc(10, { tag: 'mine' });
  assert.deepEqual(heap.tracked().map(({ tag }) => tag), ['mine']);
  assert.equal(heap.freeAll(), 1);
  assert.equal(heap.readString(memoryBase, 8), 'abcdefgh');
  assert.equal(heap.stat('blocks'), 2);
});

// ── Instances with a memory of their own ──────────────────────────────────────────────────────────

test('the heap of an instance', async () => {
  const instance = (parts) => new WebAssembly.Instance(new WebAssembly.Module(build(parts)));
  const based = instance({ memory: { minimum: 2 }, globals: [{ value: 5000 }], exports: { memory: ['memory', 0], __heap_base: ['global', 0] } });
  for (const given of [based, based.exports]) {
    const heap = await Heap.fromInstance(given, { policy: 'exact' });
    assert.equal(heap.memory, based.exports.memory);
    assert.ok(heap.imageAddress >= 5000 && heap.malloc(10) > 5000);
    const joined = await Heap.fromInstance({ ...based.exports, allot_image: () => heap.imageAddress });
    assert.equal(joined.imageAddress, heap.imageAddress);
    assert.equal(joined.stat('blocks'), 1);
  }
  const adopted = await Heap.fromInstance({ ...based.exports, malloc: () => 64, free() {} }, { track: true });
  assert.equal(adopted.malloc(10), 64);
  assert.equal(adopted.image, undefined);
  const bare = instance({ memory: { minimum: 1 }, exports: { memory: ['memory', 0] } });
  await rejectsCode(Heap.fromInstance(bare), 'TypeError', 'wrong_type', /__heap_base/);
  assert.equal((await Heap.fromInstance(bare, { begin: 1024 })).imageAddress, 1024);
  const none = instance({});
  await rejectsCode(Heap.fromInstance(none), 'TypeError', 'wrong_type', /memory/);
  const memory = new WebAssembly.Memory({ initial: 1 });
  assert.equal((await Heap.fromInstance(none, { begin: 2048, memory })).memory, memory);
  for (const given of [undefined, null, 5]) await rejectsCode(Heap.fromInstance(given), 'TypeError', 'wrong_type');
});

test('a refused load changes nothing at all where the memory need not grow', async () => {
  const heap = await Heap.create({ initial: 4 });
  heap.free(heap.malloc(100_000)); // all of it is managed now
  const before = portrait(heap);
  await rejectsCode(heap.load(consumer()), 'TypeError', 'missing_import');
  assert.deepEqual({ ...portrait(heap), stats: { ...heap.stats(), peak: 0 } }, { ...before, stats: { ...before.stats, peak: 0 } });
});
