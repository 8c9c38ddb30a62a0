// The drop-in for wasm-heap-manager: what it exports, how a manager is made, and what the options do.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import * as exported from 'allot/compat/wasm-heap-manager';
import { HeapError } from 'allot';
import { throwsCode } from './support/expect.mjs';
import { can } from './support/runtime.mjs';
import { encodings, makeManager, memories, types } from './support/wasm-heap-manager.mjs';

const { createWasmHeapManager, WasmHeapManager, wrapEmscriptenModuleHeap } = exported;

test('every name of the package is there, and the two arenas and PointerRef', () => {
  const names = [
    ...types.flatMap(({ name }) => [`${name}Ref`, `${name}ArrayRef`]),
    ...encodings.map(({ name }) => `NullTerminated${name}StringRef`),
    ...['HeapRef', 'NumericRef', 'PointerRef', 'TypedArrayRef', 'PointerArrayRef', 'StringRef'],
    ...['NullTerminatedStringRef', 'WasmHeapManager', 'createWasmHeapManager', 'wrapEmscriptenModuleHeap'],
    ...['DataType', 'defaultWasmHeapManagerOptions', 'ArrayBufferArenaAllocator', 'WasmMemoryArenaAllocator'],
  ];
  assert.deepEqual(Object.keys(exported).sort(), names.sort());
});

test('every method of every type is there, under the names of the code and of the documentation', () => {
  const { heap } = makeManager();
  const names = types.flatMap(({ name }) => [name, ...(name === 'Uint8Clamped' ? ['ClampedUint8'] : [])]);
  const methods = names.flatMap((name) => [
    ...['', 'Atomic'].flatMap((after) => [`read${name}${after}`, `write${name}${after}`]),
    ...['', 'Array'].flatMap((after) => [`alloc${name}${after}`, `wrap${name}${after}`]),
    `view${name}Array`,
  ]);
  for (const name of ['BigUint128', 'BigUint256'])
    methods.push(`read${name}`, `write${name}`, `read${name}LE`, `write${name}LE`);
  for (const { name } of encodings) {
    for (const verb of ['read', 'write', 'alloc', 'wrap']) methods.push(`${verb}NullTerminated${name}String`);
  }
  methods.push('free', 'freeAll', 'getElementCountOfNullTerminatedString');
  for (const method of methods) assert.equal(typeof heap[method], 'function', method);
});

test('the classes stand in the order of the package', () => {
  const { heap } = makeManager();
  const { HeapRef, NumericRef, PointerRef, TypedArrayRef, PointerArrayRef, StringRef, NullTerminatedStringRef } =
    exported;
  for (const { name } of types) {
    const value = heap[`alloc${name}`]();
    const array = heap[`alloc${name}Array`](1);
    const isPointer = name.startsWith('Pointer');
    for (const [ref, base, pointerBase] of [
      [value, NumericRef, PointerRef],
      [array, TypedArrayRef, PointerArrayRef],
    ]) {
      assert.ok(ref instanceof base && ref instanceof HeapRef, name);
      assert.equal(ref instanceof pointerBase, isPointer, name);
    }
    assert.equal(value.constructor, exported[`${name}Ref`]);
    assert.equal(array.constructor, exported[`${name}ArrayRef`]);
  }
  for (const { name } of encodings) {
    const ref = heap[`allocNullTerminated${name}String`](1);
    assert.equal(ref.constructor, exported[`NullTerminated${name}StringRef`]);
    assert.ok(ref instanceof NullTerminatedStringRef && ref instanceof StringRef && ref instanceof HeapRef);
  }
});

test('the classes can be made directly, and extended', () => {
  const { heap, record } = makeManager();
  const number = new exported.Int32Ref(64, heap);
  assert.equal(number.write(7), number);
  assert.equal(heap.readInt32(64), 7);
  const array = new exported.Uint16ArrayRef(64, 2, heap);
  assert.deepEqual([...array.view], [7, 0]);
  const text = new exported.NullTerminatedAsciiStringRef(128, 4, heap);
  text.value = 'abc';
  assert.equal(heap.readNullTerminatedAsciiString(128), 'abc');
  throwsCode(
    () => {
      text.value = 'abcd';
    },
    'RangeError',
    'string_too_long',
  );

  class Pair extends exported.HeapRef {
    get allocatedByteCount() {
      return 8;
    }

    get sum() {
      this.assertNotFreed();
      return this.manager.readInt32(this.address) + this.manager.readInt32(this.address + 4);
    }
  }
  heap.writeInt32(200, 40);
  heap.writeInt32(204, 2);
  const pair = new Pair(200, heap);
  assert.equal(pair.sum, 42);
  pair.clear();
  assert.equal(pair.sum, 0);
  pair.free();
  assert.deepEqual(record.freed, [200]);
  throwsCode(() => pair.sum, 'HeapError', 'freed_ref');

  throwsCode(() => new exported.Int32Ref(64), 'TypeError', 'wrong_type');
  throwsCode(() => new exported.Int32Ref(-64, heap), 'RangeError', 'invalid_number');
  throwsCode(() => new exported.Int32ArrayRef(64, 1.5, heap), 'RangeError', 'invalid_number');
});

test('DataType has the numbers of the package, both ways', () => {
  const names = types.map(({ name }) => name);
  [...names, ...names.map((name) => `${name}Array`)].forEach((name, number) => {
    assert.equal(exported.DataType[name], number);
    assert.equal(exported.DataType[number], name);
  });
  assert.equal(Object.keys(exported.DataType).length, 56);
});

test('a manager keeps the functions it was made from', () => {
  const buffer = new ArrayBuffer(64);
  const getter = () => buffer;
  const allocate = () => 16;
  const deallocate = () => {};
  for (const heap of [
    createWasmHeapManager(getter, allocate, deallocate),
    new WasmHeapManager(getter, allocate, deallocate),
  ]) {
    assert.ok(heap instanceof WasmHeapManager);
    assert.equal(heap.heapGetter, getter);
    assert.equal(heap.allocate, allocate);
    assert.equal(heap.deallocate, deallocate);
  }
  throwsCode(() => createWasmHeapManager(buffer, allocate, deallocate), 'TypeError', 'wrong_type');
  throwsCode(() => createWasmHeapManager(getter, 16, deallocate), 'TypeError', 'wrong_type');
  throwsCode(() => createWasmHeapManager(getter, allocate), 'TypeError', 'wrong_type');
  throwsCode(() => createWasmHeapManager(() => 5, allocate, deallocate), 'TypeError', 'wrong_type');
});

test('the whole heap as each typed array, the same until it grows', () => {
  for (const { shared } of memories) {
    const { heap, memory } = makeManager({ shared });
    for (const { name, array } of types.filter(({ name }) => !name.startsWith('Pointer'))) {
      const whole = heap[`heap${name}`];
      assert.equal(whole.constructor, array);
      assert.equal(whole.byteLength, 65536);
      assert.equal(heap[`heap${name}`], whole);
    }
    assert.equal(heap.heapDataView, heap.heapDataView);
    heap.heapUint8[40] = 7;
    memory.grow(1);
    assert.equal(heap.heapUint8.length, 2 * 65536);
    assert.equal(heap.heapFloat64.length, 2 * 8192);
    assert.equal(heap.heapDataView.byteLength, 2 * 65536);
    assert.equal(heap.heapUint8[40], 7);
  }
});

if (can.resizable) {
  test('a memory whose buffer grows in place', () => {
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 3 });
    const buffer = memory.toResizableBuffer();
    const heap = createWasmHeapManager(
      () => buffer,
      () => 65536 + 64,
      () => {},
    );
    assert.equal(heap.heapUint16.length, 32768);
    memory.grow(1);
    assert.equal(heap.heapUint16.length, 2 * 32768);
    assert.equal(heap.heapDataView.byteLength, 2 * 65536);
    assert.equal(heap.allocInt32(5).value, 5);
    assert.equal(heap.allocNullTerminatedUtf8String('héllo').value, 'héllo');
    assert.equal(heap.viewUint8Array(65536, 65536).length, 65536);
  });
}

test('the whole heap where its length is no multiple of the element', () => {
  const buffer = new ArrayBuffer(13);
  const heap = createWasmHeapManager(
    () => buffer,
    () => 8,
    () => {},
  );
  assert.deepEqual([heap.heapUint8.length, heap.heapInt16.length, heap.heapFloat64.length], [13, 6, 1]);
});

// ── Emscripten modules ────────────────────────────────────────────────────────────────────────────

function makeModule() {
  const module = {
    HEAPU8: new Uint8Array(1024),
    calls: [],
    _malloc(size) {
      this.calls.push(['_malloc', size]);
      return 64;
    },
    _free(address) {
      this.calls.push(['_free', address]);
    },
  };
  return module;
}

test('an Emscripten module is wrapped; its functions are called as its methods', () => {
  const module = makeModule();
  const heap = wrapEmscriptenModuleHeap(module);
  const ref = heap.allocInt32(42);
  assert.equal(ref.address, 64);
  assert.equal(new Int32Array(module.HEAPU8.buffer)[16], 42);
  ref.free();
  assert.deepEqual(module.calls, [
    ['_malloc', 4],
    ['_free', 64],
  ]);
  assert.equal(heap.allocatedHeapRefs.length, 0);
  throwsCode(
    () => wrapEmscriptenModuleHeap(module, { trackAllocations: false }).allocatedHeapRefs,
    'TypeError',
    'unsupported_operation',
  );
});

test('an Emscripten module that lacks something is refused', () => {
  for (const name of ['HEAPU8', '_malloc', '_free']) {
    const { [name]: _, ...rest } = makeModule();
    throwsCode(() => wrapEmscriptenModuleHeap(rest), 'TypeError', 'wrong_type', new RegExp(name));
  }
  for (const nothing of [null, undefined, 5])
    throwsCode(() => wrapEmscriptenModuleHeap(nothing), 'TypeError', 'wrong_type');
});

test('a new HEAPU8 is noticed when the memory has grown', () => {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 3 });
  const module = { ...makeModule(), HEAPU8: new Uint8Array(memory.buffer) };
  const heap = wrapEmscriptenModuleHeap(module);
  heap.writeInt8(100, 5);
  memory.grow(1);
  module.HEAPU8 = new Uint8Array(memory.buffer);
  assert.equal(heap.readInt8(100), 5);
  heap.writeInt8(65536 + 100, 6);
  assert.equal(module.HEAPU8[65636], 6);
});

if (can.shared) {
  test('a module with threads whose HEAPU8 lags behind its memory', () => {
    const wasmMemory = new WebAssembly.Memory({ initial: 1, maximum: 3, shared: true });
    const heap = wrapEmscriptenModuleHeap({ ...makeModule(), wasmMemory, HEAPU8: new Uint8Array(wasmMemory.buffer) });
    wasmMemory.grow(1);
    heap.writeInt8(65536 + 100, 6);
    assert.equal(new Int8Array(wasmMemory.buffer)[65636], 6);
  });
}

test('a memory that the module does not export is not asked for', () => {
  const module = makeModule();
  // As debug builds do it.
  Object.defineProperty(module, 'wasmMemory', { get: () => assert.fail('asked for wasmMemory') });
  assert.equal(wrapEmscriptenModuleHeap(module).allocInt8(1).value, 1);
});

// ── Options ───────────────────────────────────────────────────────────────────────────────────────

test('the defaults, which are read when a manager is made', () => {
  const defaults = exported.defaultWasmHeapManagerOptions;
  assert.deepEqual(defaults, { clearAllocatedRegions: true, pollingMode: 'whenEmpty', trackAllocations: true });
  try {
    defaults.trackAllocations = false;
    throwsCode(() => makeManager().heap.allocatedHeapRefs, 'TypeError', 'unsupported_operation');
  } finally {
    defaults.trackAllocations = true;
  }
  assert.deepEqual(makeManager({ options: { trackAllocations: undefined } }).heap.allocatedHeapRefs, []);
});

test('an unknown pollingMode is refused', () => {
  throwsCode(() => makeManager({ options: { pollingMode: 'sometimes' } }), 'TypeError', 'invalid_option', /sometimes/);
});

test('clearAllocatedRegions: blocks are zeros, or what lay there', () => {
  for (const { shared } of memories) {
    const cleared = makeManager({ shared, dirty: true }).heap;
    const kept = makeManager({ shared, dirty: true, options: { clearAllocatedRegions: false } }).heap;
    for (const { name, zero, values } of types) {
      const alloc = `alloc${name}`;
      assert.equal(cleared[alloc]().value, zero, name);
      assert.deepEqual(
        [...cleared[alloc](values[0]).allocatedBytesView].length,
        kept[alloc](values[0]).allocatedByteCount,
      );
      assert.equal(kept[alloc](values[0]).value, values[0]);
      assert.ok(
        kept[alloc]().allocatedBytesView.every((byte) => byte === 0x77),
        name,
      );
      assert.ok(
        cleared[`${alloc}Array`](3).allocatedBytesView.every((byte) => byte === 0),
        name,
      );
      assert.ok(
        kept[`${alloc}Array`](3).allocatedBytesView.every((byte) => byte === 0x77),
        name,
      );
    }
    for (const { name, bytes } of encodings) {
      const alloc = `allocNullTerminated${name}String`;
      assert.deepEqual([...cleared[alloc](3).allocatedBytesView], new Array(4 * bytes).fill(0), name);
      // Terminated all the same: there must not be a string that does not end.
      assert.equal(kept[alloc](3).value, '');
      assert.ok(
        kept[alloc](3)
          .allocatedBytesView.subarray(bytes)
          .every((byte) => byte === 0x77),
        name,
      );
    }
  }
});

test('an option that is on or off takes nothing else', () => {
  for (const name of ['clearAllocatedRegions', 'trackAllocations']) {
    for (const value of [1, 0, 'no', '', null, {}, 1n]) {
      throwsCode(() => makeManager({ options: { [name]: value } }), 'TypeError', 'invalid_option', new RegExp(name));
    }
  }
  throwsCode(() => makeManager({ options: { pollingMode: null } }), 'TypeError', 'invalid_option', /pollingMode/);
  for (const options of [null, 5, 'always']) throwsCode(() => makeManager({ options }), 'TypeError', 'wrong_type', /options/);
});

test('pollingMode whenEmpty: a plain buffer is asked for again only when it is empty', () => {
  const { heap, memory, record } = makeManager();
  const before = record.polled;
  const ref = heap.allocInt32(5);
  heap.writeInt8(40, heap.readInt8(ref.address));
  heap.viewUint8Array(16, 4).fill(9);
  heap.allocNullTerminatedUtf8String('abc').value += '';
  assert.equal(heap.heapInt8.length, 65536);
  throwsCode(() => heap.readInt8(65536), 'RangeError', 'out_of_bounds');
  assert.equal(record.polled, before);
  memory.grow(1);
  assert.equal(heap.readInt8(65536), 0);
  assert.equal(heap.readInt8(40), 5);
  assert.equal(record.polled, before + 1);
});

test('pollingMode never: the buffer of the beginning, and no other', () => {
  const { heap, memory, record } = makeManager({ options: { pollingMode: 'never' } });
  const before = record.polled;
  heap.writeInt8(40, 5);
  assert.equal(heap.readInt8(40), 5);
  memory.grow(1);
  throwsCode(() => heap.readInt8(40), 'RangeError', 'out_of_bounds');
  throwsCode(() => heap.writeInt8(40, 6), 'RangeError', 'out_of_bounds');
  for (const { name } of types.filter(({ name }) => !name.startsWith('Pointer'))) {
    throwsCode(() => heap[`heap${name}`], 'RangeError', 'out_of_bounds');
  }
  throwsCode(() => heap.heapDataView, 'RangeError', 'out_of_bounds');
  throwsCode(() => heap.viewInt32Array(0, 0), 'RangeError', 'out_of_bounds');
  assert.equal(record.polled, before);
  assert.equal(new Int8Array(memory.buffer)[40], 5);
});

test('pollingMode always: a buffer that is replaced while the old one lives', () => {
  let buffer = new ArrayBuffer(64);
  const heap = createWasmHeapManager(
    () => buffer,
    () => 16,
    () => {},
    { pollingMode: 'always' },
  );
  const ref = heap.allocInt32(5);
  const text = heap.wrapNullTerminatedUtf8String(32);
  const old = buffer;
  buffer = new ArrayBuffer(128);
  assert.equal(ref.value, 0);
  ref.value = 7;
  ref.writeAtomic(ref.readAtomic() + 1);
  assert.equal(text.value, '');
  heap.writeInt8(100, 3);
  assert.deepEqual([new Int32Array(buffer)[4], new Int32Array(old)[4], heap.heapInt8[100]], [8, 5, 3]);
  assert.equal(heap.viewInt8Array(100, 1)[0], 3);
});

test('trackAllocations off: no list, and frees go to the allocator', () => {
  const { heap, record } = makeManager({ options: { trackAllocations: false } });
  const ref = heap.allocInt32(5);
  const { address } = ref;
  for (const action of [() => heap.allocatedHeapRefs, () => heap.totalAllocatedByteCount, () => heap.freeAll()]) {
    throwsCode(action, 'TypeError', 'unsupported_operation', /trackAllocations/);
  }
  ref.free();
  assert.ok(ref.isFreed);
  throwsCode(() => ref.free(), 'HeapError', 'double_free');
  heap.free(heap.allocInt8().address);
  assert.equal(record.freed.length, 2);
  assert.equal(record.freed[0], address);
});

test('errors are errors of the package, with a code', () => {
  const { heap } = makeManager();
  const ref = heap.allocInt8();
  const { address } = ref;
  ref.free();
  assert.throws(
    () => ref.value,
    (error) => error instanceof HeapError && error.code === 'freed_ref' && error.address === address,
  );
});
