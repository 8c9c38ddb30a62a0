// Instances that are put over the new memory by hand: when they are called, what they find, and what stays as it
// was whatever they do.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Heap } from 'allot';

import { places, throwsCode } from './support/expect.mjs';
import { build, dataModule, i32, memoryImport, op } from './support/modules.mjs';
import { puffed, puffUp, trimmed } from './support/shrinking.mjs';
import { beginBehindData, numberAt, statefulBytes } from './support/stateful.mjs';

const pageBytes = 65536;

/** Bytes that a module with data at fixed places writes over whatever lies there. */
function dataOver(heap, at, text) {
  const module = new WebAssembly.Module(dataModule(undefined, { [at]: text }));
  return () => new WebAssembly.Instance(module, { env: { memory: heap.memory } });
}

for (const image of places) {
  test(`spawn runs at once, respawn after each move, in order (${image})`, () => {
    const heap = Heap.createSync({ image });
    const calls = [];
    const memories = [];
    assert.equal(heap.bind(() => calls.push('a') && 5, () => calls.push('A')), 5);
    heap.bind(() => calls.push('b'), () => {
      calls.push('B');
      memories.push(heap.memory);
    });
    const respawnC = () => calls.push('C');
    heap.bind(() => calls.push('c'), respawnC);
    assert.deepEqual(calls.splice(0), ['a', 'b', 'c']);
    puffUp(heap);
    trimmed(heap);
    assert.deepEqual(calls.splice(0), ['A', 'B', 'C']);
    assert.deepEqual(memories, [heap.memory]);
    assert.equal(heap.unbind(respawnC), true);
    assert.equal(heap.unbind(respawnC), false);
    puffUp(heap);
    trimmed(heap);
    assert.deepEqual(calls, ['A', 'B']);
  });

  test(`spawn alone serves for both (${image})`, () => {
    const heap = Heap.createSync({ image });
    let calls = 0;
    heap.bind(() => calls++);
    puffUp(heap);
    trimmed(heap);
    assert.equal(calls, 2);
  });

  test(`a spawn that throws binds nothing (${image})`, () => {
    const heap = Heap.createSync({ image });
    const error = new Error('no');
    assert.throws(() => heap.bind(() => { throw error; }, () => assert.fail('it is not bound')), error);
    puffUp(heap);
    trimmed(heap);
  });

  test(`what is bound or undone while others are called (${image})`, () => {
    const heap = Heap.createSync({ image });
    const calls = [];
    const last = () => calls.push('last');
    heap.bind(() => undefined, () => {
      calls.push('first');
      heap.bind(() => calls.push('new'), () => calls.push('NEW'));
      heap.unbind(last);
    });
    heap.bind(() => undefined, last);
    puffUp(heap);
    trimmed(heap);
    assert.deepEqual(calls, ['first', 'new']);
  });

  test(`exported globals and tables are carried over (${image})`, () => {
    const heap = Heap.createSync({ image, ...beginBehindData });
    const module = new WebAssembly.Module(statefulBytes());
    let guest;
    const make = () => (guest = new WebAssembly.Instance(module, { env: { memory: heap.memory, log() {} } }));
    heap.bind(make);
    for (let round = 0; round < 3; round++) {
      guest.exports.shown.value = 50 + round;
      guest.exports.table.set(3, guest.exports.thirty); // reads the memory
      guest.exports.table.grow(1);
      const before = guest;
      const { length } = guest.exports.table;
      puffUp(heap);
      trimmed(heap);
      assert.notEqual(guest, before);
      assert.equal(guest.exports.shown.value, 50 + round);
      assert.equal(guest.exports.fixed.value, 5);
      assert.equal(guest.exports.table.length, length);
      // Its functions are those of the new instance, and see the new memory.
      heap.writeInt32(numberAt, round);
      assert.equal(guest.exports.call(0), 10);
      assert.equal(guest.exports.call(1), 20 + round);
      assert.equal(guest.exports.call(3), 30 + round);
    }
  });

  test(`functions of instances that come later are replaced, too (${image})`, () => {
    const heap = Heap.createSync({ image, ...beginBehindData });
    const module = new WebAssembly.Module(statefulBytes());
    const make = () => new WebAssembly.Instance(module, { env: { memory: heap.memory, log() {} } });
    let [first, second] = [];
    heap.bind(() => (first = make()), () => (first = make()));
    heap.bind(() => (second = make()), () => (second = make()));
    first.exports.table.set(2, second.exports.thirty);
    second.exports.table.set(2, first.exports.thirty);
    for (let round = 0; round < 3; round++) {
      heap.writeInt32(numberAt, round);
      assert.deepEqual([first.exports.call(2), second.exports.call(2)], [30 + round, 30 + round]);
      puffUp(heap);
      trimmed(heap);
    }
  });

  test(`a function that is not the same one is not taken for it (${image})`, () => {
    const heap = Heap.createSync({ image, begin: 1024 });
    // (elem (i32.const 0) $one $two) and a start function that puts $two into slot 0 if there is a 1 at address 16
    const bytes = build({
      types: [[[], []], [[], [i32]], [[i32], [i32]]],
      imports: [memoryImport()],
      tables: [{ minimum: 2 }],
      functions: [
        { body: [op.i32(16), op.load, [0x04, 0x40], op.i32(0), [0xd2, 2], [0x26, 0], [op.end]] },
        { type: 1, body: [op.i32(1)] },
        { type: 1, body: [op.i32(2)] },
        { type: 2, body: [op.get(0), op.callIndirect(1)] },
      ],
      exports: { table: ['table', 0], call: ['function', 3] },
      elements: [{ offset: 0, functions: [1, 2] }],
      start: 0,
    });
    const module = new WebAssembly.Module(bytes);
    const make = () => new WebAssembly.Instance(module, { env: { memory: heap.memory } }).exports;
    let guest = heap.bind(make, () => (guest = make()));
    heap.writeInt32(16, 1);
    puffUp(heap);
    trimmed(heap);
    assert.deepEqual([guest.call(0), guest.call(1)], [1, 2]);
  });

  test(`exports are as good as the instance (${image})`, () => {
    const heap = Heap.createSync({ image, ...beginBehindData });
    const module = new WebAssembly.Module(statefulBytes());
    const make = () => new WebAssembly.Instance(module, { env: { memory: heap.memory, log() {} } }).exports;
    let guest = heap.bind(make, () => (guest = make()));
    guest.shown.value = 1234;
    puffUp(heap);
    trimmed(heap);
    assert.equal(guest.shown.value, 1234);
  });

  test(`data segments and start functions do not reach what was moved (${image})`, () => {
    const heap = Heap.createSync({ image, begin: 4096 });
    const [before, reserved] = [64, 40960];
    heap.fill(before, 32, 1);
    heap.reserve(reserved, reserved + 64);
    heap.fill(reserved, 64, 2);
    const block = heap.malloc(100);
    heap.fill(block, 100, 3);
    const read = () => [before, reserved, block + 16].map((at) => heap.readUint8(at));
    const writers = [before, reserved, block + 16].map((at) => dataOver(heap, at, 'overwritten!'));
    const seen = [];
    for (const write of writers) {
      heap.bind(() => undefined, () => {
        seen.push(read());
        write();
        seen.push(read());
      });
    }
    puffUp(heap);
    trimmed(heap);
    // Each finds the memory as it should be.
    const o = 'o'.charCodeAt(0);
    assert.deepEqual(seen, [[1, 2, 3], [o, 2, 3], [1, 2, 3], [1, o, 3], [1, 2, 3], [1, 2, o]]);
    assert.ok(heap.bytes(before, 32).every((byte) => byte === 1), 'before the heap');
    assert.ok(heap.bytes(reserved, 64).every((byte) => byte === 2), 'a reserved span');
    assert.ok(heap.bytes(block, 100).every((byte) => byte === 3), 'a block');
  });

  test(`what a module has in memory that nobody has allocated stays as it is (${image})`, () => {
    const heap = Heap.createSync({ image, maximum: 60 });
    const block = heap.malloc(64);
    heap.free(block);
    const write = dataOver(heap, block + 16, 'data');
    heap.bind(write);
    heap.writeString(block + 16, 'mine');
    heap.grow(3); // to allocate would overwrite it
    assert.ok(heap.trim() > 0);
    assert.equal(heap.readString(block + 16, 4), 'mine');
  });

  test(`blocks that come meanwhile keep what is written to them (${image})`, () => {
    const heap = Heap.createSync({ image });
    const kept = heap.malloc(64);
    heap.fill(kept, 64, 1);
    const freed = heap.malloc(64);
    const moved = heap.alloc(Int32Array, [1, 2, 3]);
    const shrunk = heap.malloc(640);
    heap.fill(shrunk, 640, 9);
    const write = dataOver(heap, moved.byteOffset, '????');
    const found = {};
    heap.bind(() => undefined, () => {
      heap.fill(kept, 64, 2); // undone
      heap.free(freed);
      found.same = heap.malloc(64); // as a rule, where the freed one was
      heap.fill(found.same, 64, 3);
      found.large = heap.malloc(4 * pageBytes); // grows the new memory
      heap.fill(found.large, 4 * pageBytes, 4);
      write();
      found.moved = heap.realloc(moved.byteOffset, 5000); // what was written over it does not move along
      found.shrunk = heap.realloc(shrunk, 320);
      heap.writeInt32(found.shrunk, 77);
      found.span = 2 * pageBytes;
    });
    puffUp(heap);
    assert.ok(heap.trim() > 0);
    heap.validate();
    assert.ok(heap.bytes(kept, 64).every((byte) => byte === 1));
    assert.ok(heap.bytes(found.same, 64).every((byte) => byte === 3));
    assert.ok(heap.bytes(found.large, 4 * pageBytes).every((byte) => byte === 4));
    assert.deepEqual([...heap.view(Int32Array, found.moved, 3)], [1, 2, 3]);
    assert.equal(heap.readInt32(found.shrunk), 77);
    assert.ok(heap.bytes(found.shrunk + 4, 316).every((byte) => byte === 9));
  });

  test(`blocks that come meanwhile are safe from those that follow (${image})`, () => {
    const heap = Heap.createSync({ image });
    const at = heap.malloc(64);
    const write = dataOver(heap, at + 16, 'overwritten!');
    heap.free(at);
    let [came, span] = [];
    heap.bind(() => undefined, () => {
      came = heap.malloc(64);
      heap.fill(came, 64, 5);
      span = heap.malloc(64);
      heap.free(span);
      heap.reserve(span, span + 64);
      heap.fill(span, 64, 6);
    });
    heap.bind(() => undefined, () => {
      write();
      heap.fill(span, 64, 7);
      came = heap.realloc(came, 4000); // moves what it held
      heap.fill(came + 64, 64, 8);
    });
    heap.bind(() => undefined, () => {
      write();
      heap.fill(came, 128, 9);
    });
    puffUp(heap);
    assert.ok(heap.trim() > 0);
    heap.validate();
    assert.ok(heap.bytes(came, 64).every((byte) => byte === 5));
    assert.ok(heap.bytes(came + 64, 64).every((byte) => byte === 8));
    assert.ok(heap.bytes(span, 64).every((byte) => byte === 6));
  });

  test(`a block that is resized meanwhile has its own bytes, whoever copies them (${image})`, () => {
    for (const debug of [false, true]) {
      const heap = Heap.createSync({ image });
      heap.debug = debug;
      const numbers = heap.alloc(Int32Array, [1, 2, 3]).byteOffset;
      const write = dataOver(heap, numbers + 4, 'data');
      let moved;
      heap.bind(() => undefined, () => {
        write();
        moved = heap.realloc(numbers, 4000);
      });
      puffUp(heap);
      assert.ok(heap.trim() > 0);
      assert.deepEqual([...heap.view(Int32Array, moved, 3)], [1, 2, 3]);
      heap.free(moved);
      heap.debug = false;
      heap.validate();
    }
  });

  test(`a span that is reserved meanwhile keeps what is written to it (${image})`, () => {
    const heap = Heap.createSync({ image });
    const [at, other] = [50 * 1024, 55 * 1024];
    heap.reserve(other, other + 64);
    heap.fill(other, 64, 1);
    const write = dataOver(heap, at, 'data');
    heap.bind(() => undefined, () => {
      heap.reserve(at, at + 64);
      write();
      heap.unreserve(other);
      heap.reserve(other, other + 64);
      heap.fill(other, 64, 2);
    });
    puffUp(heap);
    assert.ok(heap.trim() > 0);
    heap.validate();
    assert.equal(heap.readString(at, 4), 'data');
    assert.ok(heap.bytes(other, 64).every((byte) => byte === 2));
  });

  test(`blocks that a guest allocates meanwhile are its own (${image})`, () => {
    const heap = Heap.createSync({ image, begin: 16 });
    heap.free(heap.malloc(16));
    // (func $start (i32.store (global.set $at (call $malloc (i32.const 32))) (i32.const 4711)))
    const bytes = build({
      types: [[[], []], [[i32], [i32]]],
      imports: [memoryImport(), { kind: 'function', name: 'malloc', type: 1 }],
      globals: [{ mutable: true, value: 0 }],
      functions: [{ body: [op.i32(32), op.call(0), op.globalSet(0), op.globalGet(0), op.i32(4711), op.store] }],
      exports: { at: ['global', 0] },
      start: 1,
    });
    const module = new WebAssembly.Module(bytes);
    const found = [];
    heap.bind(() => undefined, () => {
      const { exports } = new WebAssembly.Instance(module, { env: heap.imports });
      found.push(exports.at.value);
    });
    for (let round = 0; round < 3; round++) {
      puffUp(heap);
      assert.ok(heap.trim() > 0);
      heap.validate();
      for (const at of found) assert.equal(heap.readInt32(at), 4711);
    }
    assert.equal(new Set(found).size, 3);
    for (const at of found) heap.free(at);
  });

  test(`a respawn that throws does not keep the others from running (${image})`, () => {
    const heap = Heap.createSync({ image });
    const kept = heap.alloc(Int32Array, [1, 2]);
    const write = dataOver(heap, kept.byteOffset, 'overwritten!'.slice(0, 8));
    const [one, other] = [new Error('one'), new Error('other')];
    const calls = [];
    const told = [];
    heap.on('trim', ({ info }) => told.push(info.newSize));
    const throwOne = () => {
      calls.push('one');
      write();
      throw one;
    };
    heap.bind(() => undefined, throwOne);
    heap.bind(() => undefined, () => calls.push('two'));
    puffUp(heap);
    const { memory } = heap;
    assert.throws(() => heap.trim(), one);
    assert.notEqual(heap.memory, memory, 'it has moved');
    assert.deepEqual(calls.splice(0), ['one', 'two']);
    assert.deepEqual(told, [heap.buffer.byteLength]);
    assert.deepEqual([...kept.view], [1, 2]);
    heap.validate();
    heap.bind(() => undefined, () => { throw other; });
    puffUp(heap);
    assert.throws(() => heap.trim(), (error) => {
      assert.ok(error instanceof AggregateError);
      assert.deepEqual(error.errors, [one, other]);
      return true;
    });
    assert.deepEqual([...kept.view], [1, 2]);
  });

  test(`no trim in a trim, and no promises (${image})`, async () => {
    const heap = Heap.createSync({ image });
    const inside = () => heap.trim();
    heap.bind(() => undefined, inside);
    puffUp(heap);
    throwsCode(() => heap.trim(), 'TypeError', 'unsupported_operation', /moved/);
    heap.unbind(inside);
    heap.bind(() => undefined, async () => 5);
    puffUp(heap);
    throwsCode(() => heap.trim(), 'TypeError', 'unsupported_operation', /promise/);
    heap.validate();
  });

  test(`growth while instances are put there is told as one resize (${image})`, () => {
    const heap = puffed({ image });
    const told = [];
    for (const type of ['grow', 'trim', 'resize']) heap.on(type, ({ info }) => told.push([type, info.newSize]));
    heap.bind(() => undefined, () => {
      heap.grow(1);
      heap.memory.grow(1);
    });
    heap.trim();
    const { byteLength } = heap.buffer;
    assert.deepEqual(told, [['trim', byteLength], ['resize', byteLength]]);
    heap.validate();
  });
}

test('records of the heap that a module writes over are put back', () => {
  const heap = Heap.createSync({ begin: 1024 });
  const image = heap.imageAddress;
  const block = heap.alloc(Int32Array, [5, 6]);
  // Its data are where the heap began later on, say.
  const writes = [image, image + 700, image + 9000].map((at) => dataOver(heap, at, 'x'.repeat(200)));
  let other;
  for (const write of writes) heap.bind(() => undefined, () => void write());
  heap.bind(() => undefined, () => {
    writes[1]();
    other = heap.alloc(Int32Array, [7]);
  });
  puffUp(heap);
  assert.ok(heap.trim() > 0);
  heap.validate();
  assert.deepEqual([...block.view, ...other.view], [5, 6, 7]);
  block.free();
  other.free();
  heap.validate();
});

test('what is given to bind must be functions', () => {
  const heap = Heap.createSync();
  throwsCode(() => heap.bind(5), 'TypeError', 'wrong_type', /spawn/);
  throwsCode(() => heap.bind(() => assert.fail('not called'), {}), 'TypeError', 'wrong_type', /respawn/);
  throwsCode(() => heap.unbind('x'), 'TypeError', 'wrong_type', /respawn/);
  assert.equal(heap.unbind(() => 5), false);
});
