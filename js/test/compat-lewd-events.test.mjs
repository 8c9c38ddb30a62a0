// allot/compat/lewd: who is told when the memory changes its size or runs out.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { alloc, buffer, grow, memory, off, on, reset, total, trim } from 'allot/compat/lewd';

import { throwsCode } from './support/expect.mjs';
import { pageBytes } from './support/lewd-model.mjs';

const keep = {};

/** Runs an action with a console of its own, and gives what it was told of errors. */
function complaintsOf(action) {
  const { error } = console;
  const complaints = [];
  console.error = (...said) => complaints.push(said);
  try {
    action();
  } finally {
    console.error = error;
  }
  return complaints;
}

/** Writes down all events, whatever the order of registration. */
function log() {
  const events = [];
  for (const type of ['resize', 'oom', 'trim', 'grow']) on(type, keep, (event) => events.push(event));
  return events;
}

test('grow, then resize, with the same frozen info', () => {
  for (const cause of [() => alloc(2 * pageBytes), () => alloc(2 * pageBytes, keep), () => grow(1)]) {
    reset();
    const events = log();
    cause();
    assert.deepEqual(events.map(({ type }) => type), ['grow', 'resize']);
    const [{ info }, { info: again }] = events;
    assert.equal(info, again);
    assert.ok(Object.isFrozen(info));
    assert.deepEqual({ ...info }, { oldSize: pageBytes, newSize: 2 * pageBytes, memory, buffer });
    assert.equal(info.memory, memory);
    assert.equal(info.buffer, buffer);
  }
});

test('trim, then resize, with the same frozen info', () => {
  reset();
  alloc(2 * pageBytes, keep);
  alloc(2 * pageBytes);
  const events = log();
  trim();
  assert.deepEqual(events.map(({ type }) => type), ['trim', 'resize']);
  const [{ info }, { info: again }] = events;
  assert.equal(info, again);
  assert.ok(Object.isFrozen(info));
  assert.equal(info.oldSize, 4 * pageBytes);
  assert.equal(info.newSize, 2 * pageBytes);
  assert.equal(info.memory, memory);
  assert.equal(info.buffer, buffer);
});

test('no growth, no event', () => {
  reset();
  const events = log();
  alloc(pageBytes - 16, keep);
  alloc(16);
  trim();
  assert.equal(events.length, 0);
});

test('handlers see memory and buffer as they are', () => {
  reset();
  const seen = [];
  for (const type of ['grow', 'trim', 'resize']) {
    const isNow = (info) => info.memory === memory && info.buffer === buffer && info.newSize === total();
    on(type, keep, ({ info }) => seen.push(isNow(info)));
  }
  alloc(3 * pageBytes);
  trim();
  assert.deepEqual(seen, [true, true, true, true]);
});

test('a handler is told once per token, however often it was registered', () => {
  reset();
  let told = 0;
  const handler = () => told++;
  const [first, second] = [{}, () => {}];
  for (let i = 0; i < 3; i++) on('grow', first, handler);
  grow(1);
  assert.equal(told, 1);
  on('grow', second, handler);
  grow(1);
  assert.equal(told, 3);
  off('grow', first, handler);
  grow(1);
  assert.equal(told, 4);
});

test('off: one handler of a token, or all of them; of another token, or of another event, none', () => {
  reset();
  const counts = { a: 0, b: 0, c: 0, d: 0 };
  const count = Object.fromEntries(Object.keys(counts).map((name) => [name, () => counts[name]++]));
  // A function can be a token, too, and so can what is a handler elsewhere.
  const [first, second] = [{}, count.a];
  on('resize', first, count.a);
  on('resize', first, count.b);
  on('resize', second, count.c);
  on('grow', second, count.d);

  grow(1);
  assert.deepEqual(counts, { a: 1, b: 1, c: 1, d: 1 });
  off('resize', second, count.a);
  off('grow', first);
  off('resize', {});
  grow(1);
  assert.deepEqual(counts, { a: 2, b: 2, c: 2, d: 2 });
  off('resize', second);
  grow(1);
  assert.deepEqual(counts, { a: 3, b: 3, c: 2, d: 3 });
  off('resize', first, count.a);
  grow(1);
  assert.deepEqual(counts, { a: 3, b: 4, c: 2, d: 4 });
  off('resize', first);
  off('resize', first);
  off('grow', second);
  grow(1);
  assert.deepEqual(counts, { a: 3, b: 4, c: 2, d: 4 });
});

test('a handler that throws disturbs neither the others nor who let the memory grow', () => {
  reset();
  const told = [];
  on('grow', {}, () => told.push('before'));
  on('grow', keep, () => {
    throw new Error('not me');
  });
  on('grow', {}, () => told.push('after'));
  on('resize', keep, () => told.push('resize'));
  let at;
  const complaints = complaintsOf(() => {
    at = alloc(pageBytes + 16, keep);
  });
  assert.equal(at, 0);
  assert.deepEqual(told, ['before', 'after', 'resize']);
  assert.equal(complaints.length, 1);
  assert.ok(complaints[0].some((said) => said?.message === 'not me'), 'but it is told to whoever looks for it');
});

test('a handler that throws when memory ran out or was trimmed disturbs nobody', () => {
  reset();
  alloc(pageBytes, keep);
  const fail = () => {
    throw new Error('not me');
  };
  for (const type of ['oom', 'trim', 'resize']) on(type, keep, fail);
  const complaints = complaintsOf(() => {
    throwsCode(() => alloc(2 ** 32 - 16, keep), 'RangeError', 'out_of_memory');
    assert.equal(grow(65536), 1);
    assert.equal(grow(2), 0);
    trim();
  });
  assert.equal(total(), pageBytes);
  assert.equal(complaints.length, 5);
});

test('handlers may allocate; what follows from that is told after all have been told of this', () => {
  reset();
  const told = [];
  let at;
  on('grow', keep, ({ info }) => {
    told.push(`grow ${info.newSize / pageBytes}`);
    if (at !== undefined) return;
    at = alloc(4 * pageBytes, keep);
    // At once, though the event comes later.
    assert.equal(buffer.byteLength, 6 * pageBytes);
    new Uint8Array(buffer, at, 4 * pageBytes).fill(1);
  });
  on('resize', keep, ({ info }) => told.push(`resize ${info.newSize / pageBytes}`));
  const first = alloc(2 * pageBytes, keep);
  assert.equal(first, 0);
  assert.equal(at, 2 * pageBytes);
  assert.deepEqual(told, ['grow 2', 'resize 2', 'grow 6', 'resize 6']);
  assert.equal(alloc(16, keep), 6 * pageBytes);
});

test('what a handler allocates does not lie in the scratch block that made the memory grow', () => {
  // The original hands both the same bytes.
  reset();
  let at;
  on('resize', keep, () => (at ??= alloc(16, keep)));
  const scratch = alloc(3 * pageBytes);
  assert.equal(scratch, 0);
  assert.equal(at, 3 * pageBytes);
  assert.equal(alloc(3 * pageBytes), 0, 'and it is recorded nowhere');
});

test('a handler that trims leaves the scratch block that made the memory grow', () => {
  reset();
  on('grow', keep, () => trim());
  const scratch = alloc(3 * pageBytes);
  new Uint8Array(buffer, scratch, 3 * pageBytes).fill(1);
  assert.equal(total(), 3 * pageBytes);
});

test('a handler may register and remove handlers', () => {
  reset();
  const told = [];
  const late = () => told.push('late');
  const gone = () => told.push('gone');
  on('grow', keep, () => {
    told.push('first');
    off('grow', late, gone);
    on('grow', late, late);
  });
  on('grow', late, gone);
  grow(1);
  told.length = 0;
  grow(1);
  assert.deepEqual(told, ['first', 'late']);
});

test('the type, the token and the handler must be such', () => {
  reset();
  const handler = () => {};
  for (const call of [on, off]) {
    for (const type of ['', 'shrink', 'toString', '__proto__', undefined, null, 1]) {
      throwsCode(() => call(type, keep, handler), 'TypeError', 'invalid_option', /resize/);
    }
    for (const token of [undefined, null, 1, 'token', true, 1n]) {
      throwsCode(() => call('grow', token, handler), 'TypeError', 'wrong_type', /token/);
    }
    for (const fn of [null, 1, {}, 'handler']) throwsCode(() => call('grow', keep, fn), 'TypeError', 'wrong_type');
  }
  throwsCode(() => on('grow', keep), 'TypeError', 'wrong_type');
});
