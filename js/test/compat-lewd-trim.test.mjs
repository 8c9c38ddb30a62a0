// allot/compat/lewd: trim, and modules that are bound and move with the memory.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import * as lewd from 'allot/compat/lewd';
import { alloc, bind, buffer, grow, memory, on, reset, total, trim } from 'allot/compat/lewd';

import { throwsCode } from './support/expect.mjs';
import { statefulGuest } from './support/lewd-guests.mjs';
import { figuresOf, pageBytes } from './support/lewd-model.mjs';

const keep = {};

/** Makes pages that nothing lies in. */
const makeSpare = (pages = 3) => alloc(pages * pageBytes);

test('nothing to release: nothing changes, nobody is told', () => {
  reset();
  let told = 0;
  bind(() => undefined, () => told++);
  for (const type of ['trim', 'resize']) on(type, keep, () => told++);
  const check = () => {
    const [oldMemory, oldBuffer] = [memory, buffer];
    trim();
    assert.deepEqual([memory === oldMemory, buffer === oldBuffer, told], [true, true, 0]);
  };
  check();
  alloc(pageBytes, keep);
  check();
  reset();
  trim();
  assert.equal(total(), pageBytes);
});

test('one page stays', () => {
  reset();
  makeSpare();
  assert.equal(total(), 3 * pageBytes);
  const [oldMemory, oldBuffer] = [memory, buffer];
  trim();
  assert.equal(total(), pageBytes);
  assert.notEqual(memory, oldMemory);
  assert.notEqual(buffer, oldBuffer);
  assert.equal(memory.buffer, buffer);
  assert.equal(buffer.byteLength, pageBytes);
});

test('a page that a block reaches into stays, with all that is in it', () => {
  reset();
  const at = alloc(pageBytes + 1, keep);
  makeSpare();
  const bytes = new Uint8Array(buffer, at, pageBytes + 1);
  bytes.forEach((_, i) => (bytes[i] = i * 7));
  trim();
  assert.equal(total(), 2 * pageBytes);
  const moved = new Uint8Array(buffer, at, pageBytes + 1);
  assert.ok(moved.every((byte, i) => byte === ((i * 7) & 0xff)));
});

test('pages that grow made go, too', () => {
  reset();
  alloc(16, keep);
  grow(5);
  trim();
  assert.equal(total(), pageBytes);
  assert.equal(lewd.free(), pageBytes - 16);
});

test('what is allocated after a trim does not overlap what was there, and the figures are right', () => {
  // The original goes on with what it knew of the old memory.
  reset();
  const first = alloc(48, keep);
  for (let i = 0; i < 5; i++) {
    makeSpare(2 + i);
    trim();
    const at = alloc(pageBytes, keep);
    assert.equal(at, first + 48 + i * pageBytes);
    new Uint8Array(buffer, at, pageBytes).fill(i + 1);
    const used = 48 + (i + 1) * pageBytes;
    const free = pageBytes - 48;
    assert.deepEqual(figuresOf(lewd), {
      total: (i + 2) * pageBytes, used, run: used, free, head: 0, tail: free, largest: free,
    });
  }
  for (let i = 0; i < 5; i++) {
    assert.ok(new Uint8Array(buffer, 48 + i * pageBytes, pageBytes).every((byte) => byte === i + 1));
  }
});

test('bind gives what spawn gave, a promise too, and calls respawn after each move', () => {
  reset();
  let respawned = 0;
  const gave = bind(() => 2434, () => respawned++);
  assert.equal(gave, 2434);
  const promise = Promise.resolve();
  assert.equal(bind(() => promise, () => {}), promise);
  assert.equal(respawned, 0);
  for (let i = 1; i < 4; i++) {
    makeSpare();
    assert.equal(respawned, i - 1, 'growth moves nothing');
    trim();
    assert.equal(respawned, i);
  }
});

test('spawn is called at once and what it throws is thrown; then nothing is bound', () => {
  reset();
  let respawned = 0;
  const failure = new Error('no instance');
  const fail = () => {
    throw failure;
  };
  assert.throws(() => bind(fail, () => respawned++), (error) => error === failure);
  makeSpare();
  trim();
  assert.equal(respawned, 0);
  throwsCode(() => bind(undefined, () => {}), 'TypeError', 'wrong_type');
  throwsCode(() => bind(() => {}, undefined), 'TypeError', 'wrong_type');
});

test('a module that makes the memory grow as soon as it is there: buffer follows', () => {
  reset();
  const told = [];
  on('grow', keep, ({ info }) => told.push(info.newSize / pageBytes));
  const spawn = () => {
    const { exports } = new WebAssembly.Instance(statefulGuest, { env: { memory } });
    exports.grow(1);
    return exports;
  };
  bind(spawn, spawn);
  assert.equal(buffer, memory.buffer);
  assert.equal(buffer.byteLength, 2 * pageBytes);
  assert.deepEqual(told, [2]);
});

test('respawn comes after the move, in the order of bind, and before the events', () => {
  reset();
  const told = [];
  const at = alloc(pageBytes, keep);
  makeSpare();
  new Int32Array(buffer, at)[1] = 2434;
  const old = memory;
  for (const type of ['resize', 'trim']) on(type, keep, () => told.push(type));
  for (const name of ['first', 'second']) {
    bind(() => undefined, () => {
      told.push(name);
      assert.notEqual(memory, old);
      assert.equal(buffer, memory.buffer);
      assert.equal(total(), pageBytes);
      assert.equal(new Int32Array(buffer, at)[1], 2434);
    });
  }
  trim();
  assert.deepEqual(told, ['first', 'second', 'trim', 'resize']);
});

test('a module with data and a start function does not write over what has moved', () => {
  reset();
  const spawn = () => new WebAssembly.Instance(statefulGuest, { env: { memory } });
  let instance = bind(spawn, () => {
    instance = spawn();
  });
  assert.equal(String.fromCharCode(...new Uint8Array(buffer, 0, 4)), 'data');
  const at = alloc(64, keep);
  assert.equal(at, 0);
  const values = Array.from({ length: 64 }, (_, i) => i + 100);
  new Uint8Array(buffer, at, 64).set(values);
  const before = instance;
  makeSpare();
  trim();
  assert.notEqual(instance, before);
  assert.deepEqual([...new Uint8Array(buffer, at, 64)], values);
  assert.equal(instance.exports.peek(63), 163, 'and the new instance sees it');
});

for (const [what, of] of [['the instance', (instance) => instance], ['its exports', ({ exports }) => exports]]) {
  test(`exported globals and tables go with the module when respawn gives ${what}`, () => {
    reset();
    const spawn = () => of(new WebAssembly.Instance(statefulGuest, { env: { memory } }));
    const exportsOf = (it) => (it instanceof WebAssembly.Instance ? it.exports : it);
    let it = bind(spawn, () => (it = spawn()));
    const first = exportsOf(it);
    assert.equal(first.bump(), 6);
    assert.equal(first.bump(), 7);
    first.table.set(1, first.two);
    makeSpare();
    trim();
    const second = exportsOf(it);
    assert.notEqual(second, first);
    assert.equal(second.count.value, 7);
    assert.equal(second.bump(), 8);
    assert.deepEqual([second.call(0), second.call(1)], [1, 2]);
    makeSpare();
    trim();
    assert.equal(exportsOf(it).bump(), 9);
  });
}

test('respawn may allocate; what is allocated there is not undone', () => {
  reset();
  const at = alloc(16, keep);
  new Uint8Array(buffer, at, 16).fill(7);
  let mine;
  bind(() => undefined, () => {
    mine = alloc(pageBytes, keep);
    new Uint8Array(buffer, mine, pageBytes).fill(9);
  });
  makeSpare();
  trim();
  assert.equal(mine, 16);
  assert.ok(new Uint8Array(buffer, at, 16).every((byte) => byte === 7));
  assert.ok(new Uint8Array(buffer, mine, pageBytes).every((byte) => byte === 9));
  assert.equal(buffer, memory.buffer);
  assert.equal(alloc(16, keep), 16 + pageBytes);
});

test('a respawn that throws: the others are called, the memory is sound, and trim throws it on', () => {
  reset();
  const at = alloc(16, keep);
  new Uint8Array(buffer, at, 16).fill(7);
  const failure = new Error('no instance');
  let others = 0;
  bind(() => undefined, () => others++);
  bind(() => undefined, () => {
    throw failure;
  });
  bind(() => undefined, () => others++);
  makeSpare();
  assert.throws(trim, (error) => error === failure);
  assert.equal(others, 2);
  assert.equal(total(), pageBytes);
  assert.equal(buffer, memory.buffer);
  assert.ok(new Uint8Array(buffer, at, 16).every((byte) => byte === 7));
  assert.equal(alloc(16, keep), 16);
});

test('a trim within a respawn is refused; one within a handler is done', () => {
  reset();
  let refused = 0;
  bind(() => undefined, () => {
    throwsCode(trim, 'TypeError', 'unsupported_operation');
    refused++;
  });
  makeSpare();
  trim();
  assert.equal(refused, 1);
  assert.equal(total(), pageBytes);

  const told = [];
  on('resize', keep, ({ info }) => {
    told.push(info.newSize / pageBytes);
    trim();
  });
  assert.equal(grow(2), 0);
  assert.deepEqual(told, [3, 1]);
  assert.equal(total(), pageBytes);
  assert.equal(buffer, memory.buffer);
});

test('views of the old memory are stale, those of the new are made by a handler', () => {
  reset();
  const at = alloc(16, keep);
  let view = new Int32Array(buffer, at, 4);
  on('resize', keep, () => (view = new Int32Array(buffer, at, 4)));
  view.set([2, 4, 3, 4]);
  for (const change of [() => alloc(2 * pageBytes), trim, () => grow(1), trim]) {
    const old = view;
    change();
    assert.notEqual(view, old);
    assert.deepEqual([...view], [2, 4, 3, 4]);
  }
});
