// LocalSharedMemory: what another agent does in between. The other agent is a second object on the same memory
// here, and comes in at a step of the first one that the test chooses: by methods of Heap that are called there.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Heap } from 'allot';
import LocalSharedMemory from 'allot/compat/local-shared-memory';

import { throwsCode } from './support/expect.mjs';
import { page } from './support/local-shared-memory.mjs';

/** Runs an action while a method of Heap is another one. */
function during(name, replacement, action) {
  const original = Heap.prototype[name];
  Heap.prototype[name] = function replaced(...given) {
    Heap.prototype[name] = original;
    return replacement.call(this, original, ...given);
  };
  try {
    return action();
  } finally {
    Heap.prototype[name] = original;
  }
}

const make = () => new LocalSharedMemory(2, 2, false);

test('what is freed and allocated anew meanwhile is not freed again', () => {
  const memory = make();
  const pointer = memory.malloc(100);
  const error = during('usableSize', function between(original, block) {
    const size = original.call(this, block);
    memory.free(pointer);
    assert.equal(memory.malloc(98), pointer);
    return size;
  }, () => throwsCode(() => memory.free(pointer), 'HeapError', 'double_free'));
  assert.equal(error.address, pointer);
  assert.equal(memory.sizeof(pointer), 98);
  assert.deepEqual([...memory.ai32], [98, 1]);
});

test('what is freed meanwhile is not resized', () => {
  const memory = make();
  const pointer = memory.malloc(100);
  during('usableSize', function between(original, block) {
    const size = original.call(this, block);
    memory.free(pointer);
    return size;
  }, () => throwsCode(() => memory.realloc(pointer, 200), 'HeapError', 'double_free'));
  assert.deepEqual([...memory.ai32], [0, 0]);
});

test('while it is resized it is nobody else’s', () => {
  const memory = make();
  const pointer = memory.malloc(100);
  const moved = during('realloc', function between(original, ...given) {
    throwsCode(() => memory.free(pointer), 'HeapError', 'double_free');
    assert.deepEqual(memory.allocs(), []);
    return original.apply(this, given);
  }, () => memory.realloc(pointer, 200));
  assert.equal(memory.sizeof(moved), 200);
  assert.equal(memory.allocs().length, 1);
});

test('a block is no allocation before its header is written, whatever lies in it', () => {
  const memory = make();
  const first = memory.malloc(100);
  memory.memset(first, 0xff, 100);
  memory.free(first);
  const second = during('malloc', function between(original, ...given) {
    const block = original.apply(this, given);
    assert.deepEqual(memory.allocs(), []);
    assert.deepEqual([...memory.ai32], [0, 0]);
    return block;
  }, () => memory.malloc(100));
  assert.equal(second, first, 'it is the same block');
  assert.equal(memory.allocs().length, 1);
});

test('a block is no allocation any more when the heap takes it back', () => {
  const memory = make();
  const pointer = memory.malloc(100);
  during('free', function between(original, ...given) {
    assert.deepEqual(memory.allocs(), []);
    throwsCode(() => memory.free(pointer), 'HeapError', 'double_free');
    return original.apply(this, given);
  }, () => memory.free(pointer));
  assert.deepEqual([...memory.ai32], [0, 0]);
});

test('what the heap cannot take back stays as it was', () => {
  const memory = make();
  const pointer = memory.malloc(100);
  during('free', () => {
    throw new Error('no');
  }, () => assert.throws(() => memory.free(pointer), /no/));
  assert.equal(memory.sizeof(pointer), 100);
  assert.deepEqual([...memory.ai32], [100, 1]);
  memory.free(pointer);
});

test('allocs leaves out what is freed while it is copied', () => {
  let meanwhile;
  class Interrupted extends LocalSharedMemory {
    get buffer() {
      const action = meanwhile;
      meanwhile = undefined;
      action?.();
      return super.buffer;
    }
  }
  const memory = new Interrupted(2, 2, false);
  const [first, second] = [memory.malloc(10), memory.malloc(20)];
  meanwhile = () => memory.free(first);
  assert.deepEqual(memory.allocs().map(({ byteOffset }) => byteOffset), [second]);
});

test('allocs lists no two allocations of one place', () => {
  const memory = make();
  const first = memory.malloc(100);
  const list = during('blocks', function* between(original) {
    const [block] = [...original.call(this)].filter(({ kind }) => kind === 'live');
    yield block;
    memory.free(first);
    assert.equal(memory.malloc(98), first);
    yield block;
  }, () => memory.allocs());
  assert.deepEqual(list.map(({ byteOffset, byteLength }) => [byteOffset, byteLength]), [[first, 98]]);
});

test('a memory that grows in between is used up to its end', () => {
  const memory = new LocalSharedMemory(1, 4, false);
  const pointer = during('malloc', function between(original, ...given) {
    memory.grow(2);
    return original.apply(this, given);
  }, () => memory.malloc(100_000));
  memory.setUint8(pointer + 99_999, 1);
  assert.equal(memory.sizeof(pointer), 100_000);
  assert.equal(memory.buffer.byteLength, 3 * page);
});
