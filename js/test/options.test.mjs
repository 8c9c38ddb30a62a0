// Options that there are not: a misspelt one is refused, wherever options are taken, as it would be ignored otherwise.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Heap, struct } from 'allot';

import { changesNothing, rejectsCode, throwsCode } from './support/expect.mjs';
import { can } from './support/runtime.mjs';

const Pair = struct({ a: 'Int32', b: 'Float64' });

const allocations = {
  malloc: (heap, options) => heap.malloc(10, options),
  calloc: (heap, options) => heap.calloc(2, 8, options),
  alignedAlloc: (heap, options) => heap.alignedAlloc(64, 10, options),
  'alloc of a number': (heap, options) => heap.alloc('Int32', 1, options),
  'alloc of an array': (heap, options) => heap.alloc(Int32Array, [1, 2], options),
  'alloc of a struct': (heap, options) => heap.alloc(Pair, { a: 1 }, options),
  'allocArray by its length': (heap, options) => heap.allocArray(Pair, 3, options),
  'allocArray by its elements': (heap, options) => heap.allocArray('Int16', [1, 2], options),
  allocString: (heap, options) => heap.allocString('text', 'utf8', options),
  'allocString by its length': (heap, options) => heap.allocString({ byteLength: 8 }, 'utf8', options),
  allocRelocatable: (heap, options) => heap.allocRelocatable(100, undefined, options),
};

for (const [name, allocate] of Object.entries(allocations)) {
  test(`${name}: a misspelt option is refused`, () => {
    const heap = Heap.createSync();
    if (name === 'allocRelocatable') heap.allocRelocatable(1).free(); // the table of its handles stays
    for (const options of [{ tokn: {} }, { tags: 'a' }, { tag: 'a', byteLength: 4 }]) {
      changesNothing(heap, () => allocate(heap, options), 'TypeError', 'invalid_option', /there is no option "\w+"; there are tag, token/);
    }
    const block = allocate(heap, { tag: 'a', token: {} });
    assert.ok(block);
  });

  test(`${name}: a misspelt option is refused by a scope, too`, () => {
    const heap = Heap.createSync();
    if (name === 'allocRelocatable') return;
    heap.scope((scope) => {
      throwsCode(() => allocate(scope, { tags: 'a' }), 'TypeError', 'invalid_option', /"tags"/);
      allocate(scope, { tag: 'a' });
    });
    assert.equal(heap.stat('blocks'), 0);
  });
}

test('the options of arrays and of texts are for these', () => {
  const heap = Heap.createSync();
  assert.equal(heap.allocArray('Int32', 3, { byteStride: 8, tag: 'a' }).byteStride, 8);
  throwsCode(() => heap.allocArray('Int32', 3, { stride: 8 }), 'TypeError', 'invalid_option', /there are tag, token, byteStride/);
  throwsCode(() => heap.alloc('Int32', 3, { byteStride: 8 }), 'TypeError', 'invalid_option');
  throwsCode(() => heap.allocString('a', 'utf8', { fatl: true }), 'TypeError', 'invalid_option', /token, fatal, keepSurrogates/);
  const p = heap.malloc(100);
  assert.equal(heap.ref('Int32', p, 3, { byteStride: 8 }).byteStride, 8);
  throwsCode(() => heap.ref('Int32', p, 3, { stride: 8 }), 'TypeError', 'invalid_option', /there are byteStride/);
  throwsCode(() => heap.ref('Int32', p, 3, 8), 'TypeError', 'wrong_type');
});

test('reading and writing text', () => {
  const heap = Heap.createSync();
  const text = heap.allocString('text');
  const p = text.byteOffset;
  const wrong = { fatl: true };
  for (const action of [
    () => heap.readString(p, 2, 'utf8', wrong),
    () => heap.readCString(p, 'utf8', wrong),
    () => heap.readCString(p, 'utf8', { max: 2 }),
    () => heap.writeString(p, 'a', 'utf8', 4, wrong),
    () => heap.writeCString(p, 'a', 'utf8', 4, wrong),
    () => text.read(wrong),
    () => text.write('a', wrong),
  ]) {
    throwsCode(action, 'TypeError', 'invalid_option', /there is no option "\w+"; there are fatal, keepSurrogates/);
  }
  assert.equal(text.value, 'text');
  assert.equal(heap.readCString(p, 'utf8', { maximum: 2, fatal: true }), 'te');
});

test('what picks out blocks: misspelt, it would be all of them', () => {
  const heap = Heap.createSync({ track: true });
  heap.malloc(10, { tag: 'a' });
  heap.malloc(10, { tag: 'b' });
  for (const method of ['freeAll', 'tracked', 'leaks']) {
    const error = throwsCode(() => heap[method]({ tags: 'a' }), 'TypeError', 'invalid_option', /there is no option "tags"/);
    assert.ok(error.message.startsWith(`${method}: `));
    throwsCode(() => heap[method]('a'), 'TypeError', 'wrong_type', new RegExp(`^${method}: `));
  }
  assert.equal(heap.stat('blocks'), 2);
  assert.equal(heap.freeAll({ tag: 'a' }), 1);
});

test('arenas', () => {
  const heap = Heap.createSync();
  throwsCode(() => heap.arena({ size: 100 }), 'TypeError', 'invalid_option', /there are byteLength, tag, token/);
  const arena = heap.arena({ byteLength: 256, tag: 'a', token: {} });
  assert.equal(arena.allocArray('Int32', 2, { byteStride: 8 }).byteStride, 8);
  throwsCode(() => arena.allocArray('Int32', 2, { token: {} }), 'TypeError', 'invalid_option', /there are byteStride/);
  throwsCode(() => arena.allocString('a', 'utf8', { tag: 'a' }), 'TypeError', 'invalid_option', /there are fatal/);
});

test('fromInstance, whatever it finds', async () => {
  const foreign = { memory: new WebAssembly.Memory({ initial: 1 }), malloc: () => 16, free() {} };
  throwsCode(() => Heap.fromInstanceSync(foreign, { trak: true }), 'TypeError', 'invalid_option', /"trak"/);
  await rejectsCode(Heap.fromInstance(foreign, { trak: true }), 'TypeError', 'invalid_option', /"trak"/);
});

if (can.shared) {
  test('watch', async () => {
    const heap = Heap.createSync({ shared: true, maximum: 10 });
    await rejectsCode(heap.watch(99, undefined, { signl: 1 }), 'TypeError', 'invalid_option', /there are signal/);
  });
}
