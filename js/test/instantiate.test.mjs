// Instances that go along by themselves when the heap moves.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Heap } from 'allot';

import { changesNothing, places, rejectsCode, throwsCode } from './support/expect.mjs';
import { build, i32, memoryImport, op, placeImports } from './support/modules.mjs';
import { can } from './support/runtime.mjs';
import { puffUp, trimmed, withoutMemory } from './support/shrinking.mjs';
import { beginBehindData, dataAt, numberAt, statefulBytes } from './support/stateful.mjs';

function move(heap) {
  puffUp(heap);
  assert.ok(trimmed(heap) > 0);
}

for (const image of places) {
  const make = (options = {}) => Heap.createSync({ image, ...beginBehindData, ...options });

  for (const exportsTable of [true, false]) {
    test(`all of the state goes along (${image}, table ${exportsTable ? '' : 'not '}exported)`, async () => {
      const heap = make();
      const logged = [];
      const bytes = statefulBytes({ exportsTable });
      const bound = await heap.instantiate(bytes, { env: { memory: heap.memory, log: (n) => logged.push(n) } });
      const { exports } = bound;
      assert.equal(exports.next(), 1);
      assert.equal(exports.shown.value, 1, 'its start function ran');
      exports.put(3);
      for (let round = 0; round < 3; round++) {
        exports.shown.value = 100 + round;
        heap.writeString(dataAt, `rnd${round}`);
        const before = { instance: bound.instance, ...exports };
        move(heap);
        assert.equal(bound.exports, exports, 'the same object');
        assert.notEqual(bound.instance, before.instance);
        assert.notEqual(exports.next, before.next);
        assert.equal(exports.next(), 2 + round);
        assert.equal(exports.shown.value, 100 + round);
        assert.equal(exports.fixed.value, 5);
        heap.writeInt32(numberAt, round);
        assert.deepEqual([0, 1, 2, 3].map((slot) => exports.call(slot)), [10, 20 + round, 42 + round, 42 + round]);
        assert.equal(heap.readString(dataAt, 4), `rnd${round}`);
        assert.equal(exports.thirty(), 30 + round, 'it works in the memory of now');
      }
      assert.deepEqual(logged, [1], 'its start function did not run again');
    });
  }

  test(`a compiled module goes along with what it exports (${image})`, () => {
    const heap = make();
    const module = new WebAssembly.Module(statefulBytes());
    const logged = [];
    const bound = heap.instantiateSync(module, { env: { log: (n) => logged.push(n) } });
    assert.equal(bound.module, module);
    const { exports } = bound;
    exports.next();
    exports.table.set(3, exports.thirty);
    exports.put(2); // as it was
    heap.writeString(dataAt, 'mine');
    for (let round = 1; round < 4; round++) {
      exports.shown.value = 6 * round;
      move(heap);
      assert.equal(exports.shown.value, 6 * round);
      assert.equal(exports.next(), 1, 'what is not exported begins anew');
      heap.writeInt32(numberAt, 8 * round);
      assert.equal(exports.call(1), 20 + 8 * round, 'a function that only the table has, of the new instance');
      assert.equal(exports.call(2), 41, 'another');
      assert.equal(exports.call(3), 30 + 8 * round);
      assert.equal(heap.readString(dataAt, 4), 'mine', 'data and start function have left no trace');
      assert.equal(logged.length, 1 + round);
    }
  });

  test(`what it imports of the heap is that of now (${image})`, () => {
    const heap = make();
    const bytes = build({
      types: [[[i32], [i32]], [[i32], []], [[], [i32]]],
      imports: [
        memoryImport(),
        { kind: 'function', name: 'malloc', type: 0 },
        { kind: 'function', name: 'free', type: 1, module: 'other' },
        { kind: 'function', name: 'given', type: 2 },
      ],
      functions: [
        { type: 0, body: [op.get(0), op.call(0)] },
        { type: 1, body: [op.get(0), op.call(1)] },
        { type: 2, body: [op.call(2)] },
      ],
      exports: { make: ['function', 3], drop: ['function', 4], given: ['function', 5] },
    });
    // By name, as the heap gives them; as the user found them; all at once; and by a function.
    const { memory, imports } = heap;
    let calls = 0;
    const given = () => 11;
    const all = [
      { env: { given } },
      { env: { memory, malloc: imports.malloc, given }, other: { free: imports.free } },
      { env: { ...imports, given }, other: imports },
      () => {
        calls++;
        return { env: { ...heap.imports, given: () => calls }, other: heap.imports };
      },
    ];
    const bound = all.map((each) => heap.instantiateSync(bytes, each).exports);
    for (let round = 0; round < 3; round++) {
      for (const exports of bound) {
        const block = exports.make(40);
        heap.writeInt32(block, 5);
        assert.ok(heap.usableSize(block) >= 40);
        exports.drop(block);
        throwsCode(() => heap.free(block), 'HeapError', 'double_free');
      }
      assert.deepEqual(bound.map((exports) => exports.given()), [11, 11, 11, round + 1]);
      heap.validate();
      move(heap);
    }
  });

  test(`instances that import from each other stay together (${image})`, () => {
    const heap = make();
    const first = heap.instantiateSync(statefulBytes(), { env: { log() {} } });
    // (func (export "both") (result i32) (i32.add (call $next) (global.get $shown)))
    const bytes = build({
      types: [[[], [i32]], [[i32], [i32]]],
      imports: [
        memoryImport(),
        { kind: 'function', name: 'next', type: 0, module: 'first' },
        { kind: 'global', name: 'shown', mutable: true, module: 'first' },
        { kind: 'table', name: 'table', module: 'first' },
      ],
      functions: [
        { type: 0, body: [op.call(0), op.globalGet(0), op.add] },
        { type: 1, body: [op.get(0), op.callIndirect(0)] },
        { type: 0, body: [op.i32(numberAt), op.load] },
      ],
      exports: { both: ['function', 1], call: ['function', 2], own: ['function', 3] },
    });
    // The live object, and what was found in it once.
    const second = [
      heap.instantiateSync(bytes, { first: first.exports }),
      heap.instantiateSync(bytes, { first: { ...first.exports } }),
    ];
    first.exports.table.set(3, second[0].exports.own);
    let next = 0;
    for (let round = 0; round < 3; round++) {
      first.exports.shown.value = 1000 * round;
      heap.writeInt32(numberAt, round);
      for (const { exports } of second) {
        assert.equal(exports.both(), ++next + 1000 * round);
        assert.equal(exports.call(0), 10);
        assert.equal(exports.call(3), round, 'a function of an instance that comes later');
      }
      assert.equal(first.exports.call(3), round);
      move(heap);
    }
  });

  test(`tables and globals of the caller keep what they hold (${image})`, () => {
    const heap = make();
    const table = new WebAssembly.Table({ element: 'anyfunc', initial: 4 });
    const global = new WebAssembly.Global({ value: 'i32', mutable: true }, 0);
    // (elem (i32.const 1) $get) (start: global.set 5)
    const bytes = build({
      types: [[[], []], [[], [i32]]],
      imports: [memoryImport(), { kind: 'table', name: 'table' }, { kind: 'global', name: 'global', mutable: true }],
      functions: [{ body: [op.i32(5), op.globalSet(0)] }, { type: 1, body: [op.i32(numberAt), op.load] }],
      exports: { get: ['function', 1] },
      elements: [{ offset: 1, functions: [1, 1] }],
      start: 0,
    });
    for (const source of [bytes, new WebAssembly.Module(bytes)]) {
      const bound = heap.instantiateSync(source, { env: { table, global } });
      assert.equal(global.value, 5);
      global.value = 6;
      table.set(2, null); // where its elements go
      table.set(3, bound.exports.get);
      for (let round = 1; round < 3; round++) {
        move(heap);
        assert.equal(global.value, 6);
        assert.equal(table.get(2), null);
        heap.writeInt32(numberAt, round);
        assert.equal(table.get(1)(), round);
        assert.equal(table.get(3)(), round);
      }
      bound.dispose();
    }
  });

  if (can.multiMemory) {
    test(`another memory of its own goes along (${image})`, () => {
      const heap = make();
      // (memory 1) (func (export "set") (param i32) (i32.store $own (i32.const 8) (local.get 0))) …
      const bytes = build({
        types: [[[i32], []], [[], [i32]]],
        imports: [memoryImport()],
        memory: { minimum: 1 },
        functions: [
          { type: 0, body: [op.i32(8), op.get(0), [0x36, 0x42, 1, 0]] },
          { type: 1, body: [op.i32(8), [0x28, 0x42, 1, 0]] },
          { type: 1, body: [op.i32(2), [0x40, 1]] },
          { type: 1, body: [[0x3f, 1]] },
        ],
        exports: { set: ['function', 0], get: ['function', 1], grow: ['function', 2], size: ['function', 3] },
        data: [{ offset: 8, bytes: [1, 2, 3, 4], memory: 1 }],
      });
      const { exports } = heap.instantiateSync(bytes);
      assert.equal(exports.get(), 0x04030201);
      exports.set(77);
      exports.grow();
      move(heap);
      assert.equal(exports.get(), 77);
      assert.equal(exports.size(), 3);
    });
  }

  test(`the memory stays as long as a module wants it (${image})`, () => {
    const heap = make({ initial: 6 });
    const kept = heap.alloc(Int32Array, [1, 2]);
    const bytes = build({
      types: [[[], [i32]]],
      imports: [memoryImport(5)],
      functions: [{ body: [[0x3f, 0]] }], // memory.size
      exports: { size: ['function', 0] },
    });
    const { exports } = heap.instantiateSync(bytes);
    heap.free(heap.malloc(9 * 65536));
    assert.ok(heap.trim() > 0);
    heap.validate();
    assert.equal(exports.size(), 5);
    assert.equal(heap.buffer.byteLength, 5 * 65536);
    const { memory } = heap;
    assert.equal(heap.trim(), 0);
    assert.equal(heap.memory, memory);
    // These pages are the heap's.
    const blocks = Array.from({ length: 15 }, () => heap.malloc(15_000));
    assert.equal(heap.buffer.byteLength, 5 * 65536);
    heap.free(heap.malloc(9 * 65536));
    withoutMemory(() => changesNothing(heap, () => heap.trim(), 'RangeError', 'out_of_memory'));
    for (const block of blocks) heap.free(block);
    move(heap);
    assert.deepEqual([...kept.view], [1, 2]);
    assert.equal(exports.size(), 5);
  });

  test(`one that is disposed of is not made again (${image})`, () => {
    const heap = make();
    const logged = [];
    const bytes = statefulBytes();
    const bound = heap.instantiateSync(new WebAssembly.Module(bytes), { env: { log: (n) => logged.push(n) } });
    assert.ok(bound.isBound);
    bound.dispose();
    assert.ok(!bound.isBound);
    throwsCode(() => bound.exports.next(), 'TypeError', 'unsupported_operation', /disposed/);
    throwsCode(() => bound.instance, 'TypeError', 'unsupported_operation', /disposed/);
    move(heap);
    assert.deepEqual(logged, [1]);
    bound.dispose();
    bound[Symbol.dispose ?? Symbol.for('Symbol.dispose')]();
  });

  test(`one that cannot be made again says so (${image})`, () => {
    const heap = make();
    const failure = new Error('not today');
    let fails = false;
    const bound = heap.instantiateSync(statefulBytes(), () => {
      if (fails) throw failure;
      return { env: { log() {} } };
    });
    const other = heap.instantiateSync(statefulBytes(), { env: { log() {} } });
    bound.exports.next();
    bound.exports.shown.value = 3;
    other.exports.next();
    fails = true;
    puffUp(heap);
    assert.throws(() => heap.trim(), failure);
    const error = throwsCode(() => bound.exports.next(), 'TypeError', 'unsupported_operation', /could not/);
    assert.equal(error.cause, failure);
    assert.equal(other.exports.next(), 2);
    // The next time it may succeed, with the state that it had.
    fails = false;
    move(heap);
    assert.equal(bound.exports.next(), 2);
    assert.equal(bound.exports.shown.value, 3);
  });

  test(`what a heap cannot instantiate (${image})`, async () => {
    const heap = make();
    const both = async (source, imports, ...expected) => {
      throwsCode(() => heap.instantiateSync(source, imports), ...expected);
      await rejectsCode(heap.instantiate(source, imports), ...expected);
    };
    await both(statefulBytes(), {}, 'TypeError', 'missing_import', /env\.log/);
    await both(statefulBytes(), { env: 5 }, 'TypeError', 'wrong_type', /env/);
    await both(statefulBytes(), { env: { log: 5 } }, 'TypeError', 'invalid_module');
    await both(statefulBytes(), 5, 'TypeError', 'wrong_type', /imports/);
    await both(statefulBytes(), () => 5, 'TypeError', 'wrong_type', /imports/);
    await both('module', {}, 'TypeError', 'wrong_type', /source/);
    await both(Uint8Array.of(1, 2, 3), {}, 'TypeError', 'invalid_module');
    await both(statefulBytes().subarray(0, 60), {}, 'TypeError', 'invalid_module');
    await both(build({ dylink: { size: 16 }, imports: placeImports }), {}, 'TypeError', 'invalid_module', /dylink/);
    await rejectsCode(heap.instantiate(Promise.resolve(5)), 'TypeError', 'wrong_type');
    const lost = { ok: false, status: 404, arrayBuffer: () => 5 };
    await rejectsCode(heap.instantiate(lost), 'TypeError', 'invalid_module', /404/);
    // None of them is bound.
    move(heap);
    const response = { arrayBuffer: async () => statefulBytes().buffer };
    const { exports } = await heap.instantiate(Promise.resolve(response), { env: { log() {} } });
    assert.equal(exports.next(), 1);
  });

  test(`a module that traps at the start is not bound (${image})`, () => {
    const heap = make();
    const bytes = build({ imports: [memoryImport()], functions: [{ body: [[op.unreachable]] }], start: 0 });
    assert.throws(() => heap.instantiateSync(bytes), WebAssembly.RuntimeError);
    move(heap);
  });

  test(`a heap that moves while a module is on its way (${image})`, async () => {
    const heap = make();
    const coming = heap.instantiate(statefulBytes(), { env: { memory: heap.memory, log() {} } });
    move(heap);
    // What was given is of the memory that was left.
    const { exports } = await coming;
    heap.writeInt32(numberAt, 3);
    assert.equal(exports.thirty(), 33);
  });
}

test('modules as linkers and others write them', () => {
  const heap = Heap.createSync(beginBehindData);
  const parts = {
    types: [[[], []], [[], [i32]]],
    imports: [memoryImport()],
    globals: [{ mutable: true, value: 3 }],
    functions: [{ type: 1, body: [op.globalGet(0), op.i32(1), op.add, op.globalSet(0), op.globalGet(0)] }],
    exports: { next: ['function', 0] },
  };
  const bytes = build(parts);
  // The number of exports in five bytes, and the section's length too.
  const at = bytes.findIndex((byte, i) => byte === 7 && bytes[i + 1] === 8 && bytes[i + 2] === 1);
  const padded = Uint8Array.of(
    ...bytes.subarray(0, at), 7, 0x8c, 0x80, 0x80, 0x80, 0, 0x81, 0x80, 0x80, 0x80, 0, ...bytes.subarray(at + 3),
  );
  assert.ok(at > 0 && WebAssembly.validate(padded));
  // A name that looks like one of ours.
  const named = build({ ...parts, exports: { ...parts.exports, 'allot:global0': ['function', 0] } });
  // Without exports, in which the start function alone shows what it does.
  const silent = build({
    ...parts,
    exports: {},
    functions: [{ type: 0, body: [op.i32(dataAt), op.i32(dataAt), op.load, op.i32(1), op.add, op.store] }],
    start: 0,
  });
  const ours = [padded, named].map((each) => heap.instantiateSync(each));
  const { exports: none } = heap.instantiateSync(silent);
  assert.equal(heap.readInt32(dataAt), 1);
  assert.deepEqual(Object.keys(none), []);
  for (const { exports } of ours) assert.equal(exports.next(), 4);
  assert.equal(ours[1].exports['allot:global0'](), 5);
  move(heap);
  assert.deepEqual(ours.map(({ exports }) => exports.next()), [5, 6]);
  assert.deepEqual(ours.map(({ exports }) => Object.keys(exports)), [['next'], ['next', 'allot:global0']]);
  assert.equal(heap.readInt32(dataAt), 1);
});

test('heaps that never move instantiate, too', () => {
  const memory = new WebAssembly.Memory({ initial: 1 });
  const adopted = Heap.adopt({ memory, malloc: () => 16, free() {} });
  const env = { memory, log() {} };
  assert.equal(adopted.instantiateSync(statefulBytes(), { env }).exports.next(), 1);
  throwsCode(() => adopted.instantiateSync(statefulBytes(), {}), 'TypeError', 'missing_import', /memory.*log/);
  if (!can.shared) return;
  const shared = Heap.createSync({ shared: true, maximum: 3, ...beginBehindData });
  const bytes = build({
    types: [[[], [i32]]],
    imports: [memoryImport(0, { shared: true, maximum: 100 })],
    functions: [{ body: [op.i32(9)] }],
    exports: { nine: ['function', 0] },
  });
  assert.equal(shared.instantiateSync(bytes).exports.nine(), 9);
});
