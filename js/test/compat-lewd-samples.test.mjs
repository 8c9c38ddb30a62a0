// Every sample of LEWD's document, as written there: most are in support/lewd-sample.mjs. That a wrapper that is
// dropped gives its memory back: js/test/node/compat-lewd-collect.test.mjs.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import * as lewd from 'allot/compat/lewd';
import { alloc, bind, buffer, memory, off, on, total, trim } from 'allot/compat/lewd';

import { instanceOfNow, MyPRNG, tableAddress, trim as trimAgain } from './support/lewd-sample.mjs';
import { pageBytes } from './support/lewd-model.mjs';
import { ModelPRNG, table } from './support/prng-model.mjs';

const tableOfNow = () => [...new Int32Array(buffer, tableAddress, 256)];

test('the table lies where it was allocated, in front of all else, and is 1 KiB long', () => {
  assert.equal(tableAddress, 0);
  assert.deepEqual(tableOfNow(), table);
});

test('the wrapper: a state of 16 bytes beside the table, not in it', () => {
  // In the original, what alloc gives for it lies 16 bytes further than its block, and the table's 1024.
  const first = new MyPRNG(1);
  const second = new MyPRNG(2);
  assert.deepEqual([first.address, second.address], [1024, 1040]);
  assert.deepEqual(tableOfNow(), table);
  for (const [prng, seed] of [[first, 1], [second, 2]]) assert.deepEqual(prng.state, new ModelPRNG(seed).state);
});

test('rand gives the numbers that it should, for any seed', () => {
  for (const seed of [0, 1, -1, 42, 0x7fffffff, -0x80000000, 2 ** 32 - 1, 1.9]) {
    const prng = new MyPRNG(seed);
    const model = new ModelPRNG(seed | 0);
    for (let i = 0; i < 100; i++) assert.equal(prng.rand(), model.rand());
    assert.deepEqual(prng.state, model.state);
  }
});

test('fill: the same numbers, and the memory is as small afterwards as before', () => {
  const prng = new MyPRNG(7);
  const model = new ModelPRNG(7);
  const sizes = [];
  on('resize', prng, ({ info }) => sizes.push(info.newSize / pageBytes));
  for (const length of [1, 4, 1000, 100_000]) {
    const out = new Int32Array(length);
    const before = instanceOfNow();
    prng.fill(out);
    assert.deepEqual([...out], model.take(length));
    assert.equal(total(), pageBytes);
    assert.equal(instanceOfNow() !== before, length === 100_000, 'a new instance if the memory moved');
    assert.deepEqual(prng.state, model.state, 'seen through a new view');
    assert.deepEqual(tableOfNow(), table);
  }
  assert.deepEqual(sizes, [7, 1]);
});

test('several wrappers go on through growth and moves', () => {
  const pairs = [3, 4, 5].map((seed) => [new MyPRNG(seed), new ModelPRNG(seed)]);
  for (let i = 0; i < 4; i++) {
    for (const [prng, model] of pairs) {
      assert.equal(prng.rand(), model.rand());
      const out = new Int32Array(20_000 * i + 1);
      prng.fill(out);
      assert.deepEqual([...out], model.take(out.length));
    }
  }
  for (const [prng, model] of pairs) assert.deepEqual(prng.state, model.state);
});

test('the state can be read and set', () => {
  const prng = new MyPRNG(1);
  prng.rand();
  const { state } = prng;
  const expected = [prng.rand(), prng.rand(), prng.rand()];
  prng.fill(new Int32Array(50_000));
  prng.state = state;
  assert.deepEqual(prng.state, state);
  assert.deepEqual([prng.rand(), prng.rand(), prng.rand()], expected);
});

test('trim is exported again', () => {
  assert.equal(trimAgain, trim);
});

test('the signatures of the document', () => {
  const token = {};
  assert.equal(typeof alloc(16), 'number');
  assert.equal(typeof alloc(16, token), 'number');
  assert.equal(trim(), undefined);
  assert.equal(bind(() => 'gave', () => {}), 'gave');
  assert.ok(memory instanceof WebAssembly.Memory);
  assert.ok(buffer instanceof ArrayBuffer);
  for (const type of ['resize', 'grow', 'trim']) {
    const fn = () => {};
    assert.equal(on(type, token, fn), undefined);
    assert.equal(off(type, token, fn), undefined);
    assert.equal(off(type, token), undefined);
  }
  for (const name of ['total', 'used', 'usedRun', 'free', 'headFree', 'tailFree', 'largestFree']) {
    assert.equal(typeof lewd[name](), 'number', name);
  }
});

test('all names: the document’s, those of the version after it, and reset', () => {
  const figures = ['total', 'used', 'run', 'free', 'head', 'tail', 'largest'];
  const names = [
    ...['alloc', 'trim', 'bind', 'memory', 'buffer', 'on', 'off'],
    ...['total', 'used', 'usedRun', 'free', 'headFree', 'tailFree', 'largestFree'],
    ...['grow', ...figures.map((name) => `${name}Bytes`), ...figures.map((name) => `${name}Atoms`), 'reset'],
  ];
  assert.deepEqual(Object.keys(lewd).sort(), names.sort());
});
