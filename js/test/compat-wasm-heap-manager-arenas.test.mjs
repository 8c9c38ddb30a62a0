// The drop-in for wasm-heap-manager: its two arena allocators, alone and under a manager.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { throwsCode } from './support/expect.mjs';
import { can } from './support/runtime.mjs';
import { manager } from './support/wasm-heap-manager.mjs';

const { ArrayBufferArenaAllocator, createWasmHeapManager, WasmMemoryArenaAllocator } = manager;

test('an arena in a buffer: defaults, alignment, growth, reset', () => {
  const arena = new ArrayBufferArenaAllocator();
  assert.deepEqual([arena.capacity, arena.alignmentConstant, arena.currentAllocationAddress], [65536, 8, 8]);
  assert.equal(arena.heap.byteLength, 65536);

  const small = new ArrayBufferArenaAllocator(100, 16);
  assert.deepEqual(
    [5, 5, 0, 1.5].map((size) => small.allocate(size)),
    [16, 32, 48, 48],
  );
  new Uint8Array(small.heap)[32] = 7;
  const before = small.heap;
  assert.equal(small.allocate(200), 64);
  assert.deepEqual([small.capacity, small.currentAllocationAddress], [544, 272]);
  assert.equal(new Uint8Array(small.heap)[32], 7);
  // Nobody goes on writing to the copy that nobody reads.
  assert.equal(before.byteLength, 0);
  assert.equal(small.deallocate(), undefined);
  assert.equal(small.allocate(1), 272);
  small.reset();
  assert.equal(small.allocate(1), 16);
  assert.equal(small.capacity, 544);
});

test('an arena in a memory: it grows by the pages that are needed', () => {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 10 });
  const arena = new WasmMemoryArenaAllocator(memory);
  assert.deepEqual([arena.wasmMemory, arena.heap], [memory, memory.buffer]);
  assert.deepEqual([arena.capacity, arena.capacityPages, arena.alignmentConstant], [65536, 1, 8]);
  assert.deepEqual(
    [1, 2, 3].map(() => [arena.allocate(60000), arena.capacityPages]),
    [
      [8, 1],
      [60008, 2],
      [120008, 3],
    ],
  );
  assert.equal(arena.heap, memory.buffer);
  arena.reset();
  assert.equal(arena.allocate(1), 8);
});

test('out of memory, and sizes that cannot be: nothing has changed', () => {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 2 });
  for (const arena of [new WasmMemoryArenaAllocator(memory), new ArrayBufferArenaAllocator(64)]) {
    assert.equal(arena.allocate(10), 8);
    const { heap, capacity } = arena;
    for (const size of [2 ** 50, Infinity]) throwsCode(() => arena.allocate(size), 'RangeError', 'out_of_memory');
    for (const size of [-8, NaN, -Infinity]) throwsCode(() => arena.allocate(size), 'RangeError', 'invalid_number');
    throwsCode(() => arena.allocate('8'), 'TypeError', 'wrong_type');
    assert.deepEqual([arena.heap, arena.capacity, arena.allocate(10)], [heap, capacity, 24]);
  }
  for (const bad of [0, -8, 1.5, NaN]) {
    throwsCode(() => new ArrayBufferArenaAllocator(64, bad), 'RangeError', 'invalid_number');
    throwsCode(() => new WasmMemoryArenaAllocator(memory, bad), 'RangeError', 'invalid_number');
  }
  throwsCode(() => new ArrayBufferArenaAllocator(-1), 'RangeError', 'invalid_number');
  throwsCode(() => new WasmMemoryArenaAllocator(memory.buffer), 'TypeError', 'wrong_type');
});

test('a place or an alignment that was set to what it cannot be', () => {
  const arenas = [
    new ArrayBufferArenaAllocator(64, 8),
    new WasmMemoryArenaAllocator(new WebAssembly.Memory({ initial: 1, maximum: 10 })),
  ];
  for (const arena of arenas) {
    for (const name of ['currentAllocationAddress', 'alignmentConstant']) {
      const good = arena[name];
      for (const [values, className, code] of [
        [[-8, 1.5, NaN, Infinity, 2 ** 53], 'RangeError', 'invalid_number'],
        [['8', null, undefined, {}, 8n], 'TypeError', 'wrong_type'],
      ]) {
        for (const value of values) {
          arena[name] = value;
          throwsCode(() => arena.allocate(8), className, code, new RegExp(name));
          assert.ok(Object.is(arena[name], value));
        }
      }
      arena[name] = good;
    }
    const { alignmentConstant } = arena;
    arena.alignmentConstant = 0;
    throwsCode(() => arena.allocate(8), 'RangeError', 'invalid_number');
    arena.alignmentConstant = alignmentConstant;
    assert.equal(arena.allocate(8), 8);
  }
});

test('what an arena and an array are made of cannot be overwritten', () => {
  const memory = new WebAssembly.Memory({ initial: 1 });
  const [inBuffer, inMemory] = [new ArrayBufferArenaAllocator(64), new WasmMemoryArenaAllocator(memory)];
  const array = managerOf(inBuffer).allocInt32Array(2);
  for (const [object, name, value] of [
    [inBuffer, 'heap', new ArrayBuffer(8)],
    [inBuffer, 'capacity', 8],
    [inMemory, 'heap', new ArrayBuffer(8)],
    [inMemory, 'wasmMemory', new WebAssembly.Memory({ initial: 1 })],
    [inMemory, 'capacity', 8],
    [array, 'elementCount', 3],
  ]) {
    const before = object[name];
    assert.throws(() => { object[name] = value; }, TypeError, name);
    assert.equal(object[name], before);
  }
  assert.equal(inMemory.heap, memory.buffer);
  throwsCode(() => array.readAt(2), 'RangeError', 'index_out_of_range');
});

test('any whole alignment', () => {
  const arena = new ArrayBufferArenaAllocator(100, 3);
  assert.deepEqual([arena.allocate(1), arena.allocate(4), arena.allocate(1)], [3, 6, 12]);
});

const managerOf = (arena, options) =>
  createWasmHeapManager(
    () => arena.heap,
    (size) => arena.allocate(size),
    (address) => arena.deallocate(address),
    options,
  );

for (const pollingMode of ['whenEmpty', 'always']) {
  test(`a manager on an arena in a buffer, ${pollingMode}`, () => {
    const arena = new ArrayBufferArenaAllocator(16);
    const heap = managerOf(arena, { pollingMode });
    const number = heap.allocInt32(5);
    const array = heap.allocUint8Array(70000);
    assert.deepEqual([number.value, array.view.length], [5, 70000]);
    array.writeAt(69999, 4);
    number.value = 6;
    assert.deepEqual(
      [new Int32Array(arena.heap)[number.address / 4], new Uint8Array(arena.heap)[array.address + 69999]],
      [6, 4],
    );
    heap.freeAll();
    arena.reset();
    assert.equal(heap.allocInt8().address, 8);
  });
}

test('a manager on an arena in a memory', () => {
  for (const shared of can.shared ? [false, true] : [false]) {
    const arena = new WasmMemoryArenaAllocator(new WebAssembly.Memory({ initial: 1, maximum: 10, shared }), 16);
    const heap = managerOf(arena);
    const array = heap.allocUint8Array(70000);
    array.writeAt(69999, 4);
    assert.deepEqual([array.readAt(69999), array.view.length, arena.capacityPages], [4, 70000, 2]);
    assert.equal(heap.allocNullTerminatedUtf8String('x'.repeat(200000)).value.length, 200000);
    throwsCode(() => heap.allocUint8Array(700000), 'RangeError', 'out_of_memory');
    assert.equal(heap.allocInt8(3).value, 3);
  }
});

if (can.memory64) {
  test('an arena in a memory with 64-bit addresses', () => {
    const arena = new WasmMemoryArenaAllocator(new WebAssembly.Memory({ address: 'i64', initial: 1n, maximum: 10n }));
    const heap = managerOf(arena);
    const array = heap.allocUint8Array(70000).writeAt(69999, 4);
    assert.deepEqual([array.readAt(69999), arena.capacityPages], [4, 2]);
    throwsCode(() => heap.allocUint8Array(2 ** 40), 'RangeError', 'out_of_memory');
  });
}
