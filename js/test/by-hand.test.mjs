// `new` on the classes that only the package makes: refused, in words that say how one is had.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import * as allot from 'allot';
import * as sync from 'allot/sync';

import { throwsCode } from './support/expect.mjs';
import { can } from './support/runtime.mjs';

const { Heap } = allot;

const ways = {
  Arena: /heap\.arena/,
  ArrayRef: /alloc/,
  BoundInstance: /heap\.instantiate/,
  Heap: /Heap\.create/,
  LoadedModule: /heap\.load/,
  PointerRef: /alloc/,
  Ref: /alloc/,
  Relocatable: /heap\.allocRelocatable/,
  Scope: /heap\.scope/,
  StringRef: /allocString/,
  StructArrayRef: /allocArray/,
  StructRef: /alloc/,
  StructType: /struct and union/,
  ValueRef: /alloc/,
  Condition: /Condition\.create .*Condition\.at/,
  Mutex: /Mutex\.create .*Mutex\.at/,
  MutexGuard: /tryLock/,
  RingBuffer: /RingBuffer\.create .*RingBuffer\.at/,
  Semaphore: /Semaphore\.create .*Semaphore\.at/,
  SharedObject: /create/,
};

const classes = Object.entries({ ...allot, ...sync }).filter(([, it]) => /^class\b/.test(Function.prototype.toString.call(it)));

test('every class but that of errors is here', () => {
  assert.deepEqual(classes.map(([name]) => name).filter((name) => name !== 'HeapError').sort(), Object.keys(ways).sort());
});

for (const [name, it] of classes.filter(([name]) => name !== 'HeapError')) {
  test(`new ${name} says how one is had`, () => {
    const memory = new WebAssembly.Memory({ initial: 1 });
    const heap = Heap.createSync({ shared: can.shared, maximum: 10 });
    const place = { heap, life: { isFreed: false }, byteOffset: 1024, isOwner: true, cells: new Int32Array(4) };
    const before = heap.stats();
    for (const args of [[], [heap], [heap, 1], [{}], [memory, {}], [place], [Symbol('maker'), place, heap]]) {
      throwsCode(() => new it(...args), 'TypeError', 'wrong_type', new RegExp(`^new ${name}: .*${ways[name].source}`));
    }
    assert.deepEqual(heap.stats(), before);
  });
}

test('the class of one struct type, and a subclass of a user, are no way around it', () => {
  const heap = Heap.createSync();
  const ref = heap.alloc({ a: 'Int32' });
  throwsCode(() => new ref.constructor(ref), 'TypeError', 'wrong_type', /new StructRef: .*alloc/);
  class Mine extends allot.ArrayRef {}
  throwsCode(() => new Mine(heap), 'TypeError', 'wrong_type', /new Mine: .*alloc/);
});
