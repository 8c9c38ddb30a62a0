// allot/compat/lewd: blocks and handlers go when their tokens are collected.

import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';

import * as lewd from 'allot/compat/lewd';
import { alloc, bind, buffer, grow, memory, on, reset, total, trim, used } from 'allot/compat/lewd';

import { figuresOf, LewdModel, pageBytes } from '../support/lewd-model.mjs';
import { ModelPRNG } from '../support/prng-model.mjs';
import { makeRandom } from '../support/random.mjs';
import { collectAll, collectUntil } from './support/collect.mjs';

/** Lives as long as this file. */
const keep = {};

/** Tokens by name, so that a test can let go of one. */
const tokens = new Map();

/** Allocates for a token that only `tokens` holds. */
function allocFor(name, size) {
  if (!tokens.has(name)) tokens.set(name, { name });
  return alloc(size, tokens.get(name));
}

async function drop(...names) {
  const before = used();
  for (const name of names) tokens.delete(name);
  await collectUntil(() => used() < before);
  await collectAll();
}

beforeEach(() => {
  reset();
  tokens.clear();
});

test('a block is freed when its token is collected, and not before', async () => {
  allocFor('a', 100);
  allocFor('b', 50);
  await collectAll();
  assert.equal(used(), 112 + 64);
  await drop('a');
  assert.equal(used(), 64);
  await drop('b');
  assert.deepEqual(figuresOf(lewd), new LewdModel().figures());
});

test('many blocks of one token go together', async () => {
  for (let i = 0; i < 20; i++) {
    allocFor('many', 16);
    allocFor('other', 16);
  }
  await drop('many');
  assert.equal(used(), 20 * 16);
  assert.equal(alloc(16, keep), 0);
  assert.equal(alloc(16, keep), 32);
});

test('functions and symbols are tokens, too', async () => {
  (() => {
    alloc(16, () => {});
    alloc(32, Symbol('token'));
    alloc(64, Object.create(null));
  })();
  assert.equal(used(), 112);
  await collectUntil(() => used() === 0);
  assert.equal(used(), 0);
});

test('the best fit is taken, also for scratch', async () => {
  for (const [name, size] of [['0', 16], ['1', 32], ['2', 16], ['3', 16], ['4', 16]]) allocFor(name, size);
  await drop('1', '3');
  // used free free used free used
  assert.equal(alloc(16), 64);
  assert.equal(alloc(32), 16);
  assert.equal(alloc(17), 16);
  assert.equal(alloc(48), 96);
});

test('of places that fit alike the lowest is taken', async () => {
  for (let i = 0; i < 10; i++) allocFor(`${i}`, 48);
  // In an order that is not theirs.
  await drop('7');
  await drop('1', '5');
  await drop('3');
  for (const expected of [1, 3, 5, 7, 10]) assert.equal(alloc(48, keep), expected * 48);
});

test('free neighbours become one', async () => {
  for (const name of ['a', 'b', 'c', 'd', 'e']) allocFor(name, 32);
  await drop('b');
  await drop('d');
  await drop('c');
  assert.equal(alloc(96, keep), 32);
  await drop('e');
  assert.equal(alloc(pageBytes - 128, keep), 128);
});

test('the figures with gaps', async () => {
  allocFor('x', 16);
  alloc(112, keep);
  allocFor('x', 0xff00);
  alloc(112, keep);
  allocFor('x', 16);
  await drop('x');
  assert.deepEqual(figuresOf(lewd), {
    total: 0x10000, used: 0xe0, run: 0xffe0, free: 0xff20, head: 0x10, tail: 0x10, largest: 0xff00,
  });
  assert.equal(lewd.largestAtoms(), 0xff0);
});

test('what was allocated before a trim is freed after it, in the new memory', async () => {
  // The original keeps an index of the old memory: later blocks overlap.
  allocFor('a', 64);
  allocFor('b', 64);
  alloc(64, keep);
  alloc(3 * pageBytes);
  trim();
  await drop('a');
  assert.equal(used(), 128);
  assert.equal(alloc(64, keep), 0);
  await drop('b');
  assert.equal(alloc(48, keep), 64);
  assert.equal(alloc(64, keep), 192);
  assert.equal(used(), 64 * 3 + 48);
});

test('blocks of before a reset do not free what is there now', async () => {
  for (let i = 0; i < 5; i++) allocFor('old', 64);
  reset();
  for (let i = 0; i < 5; i++) alloc(64, keep);
  tokens.clear();
  await collectAll();
  assert.equal(used(), 5 * 64);
});

test('a handler goes with its token, and holds it no longer than that, even if it refers to it', async () => {
  let told = 0;
  const register = () => {
    const token = { told: 0 };
    on('grow', token, () => {
      told++;
      token.told++;
    });
    alloc(16, token);
    return new WeakRef(token);
  };
  const token = register();
  grow(1);
  assert.equal(told, 1);
  await collectUntil(() => token.deref() === undefined);
  assert.equal(token.deref(), undefined);
  await collectUntil(() => used() === 0);
  assert.equal(used(), 0);
  grow(1);
  assert.equal(told, 1);
});

test('a bound module does not hold what it does not refer to; the callbacks stay', async () => {
  let respawned = 0;
  bind(() => undefined, () => respawned++);
  await collectAll();
  alloc(3 * pageBytes);
  trim();
  assert.equal(respawned, 1);
});

test('random blocks whose tokens come and go lie where the model says, and keep their bytes', async () => {
  const random = makeRandom(Number(process.env.ALLOT_SEED ?? 4));
  const model = new LewdModel();
  /** Model block → name of the token. */
  const owners = new Map();
  let next = 0;
  const stamp = ({ address, byteLength }, byte) => new Uint8Array(buffer, address, byteLength).fill(byte);
  const isStamped = ({ address, byteLength }, byte) =>
    new Uint8Array(buffer, address, byteLength).every((each) => each === byte);

  // In some rounds, whoever hears of a growth allocates, too.
  let isHandlerHungry = false;
  let heard = 0;
  on('grow', keep, () => {
    if (!isHandlerHungry) return;
    heard++;
    const size = 16 * (heard % 40) + 1;
    const name = `${next++}`;
    const block = model.allocate(size);
    assert.equal(allocFor(name, size), block.address);
    owners.set(block, name);
    stamp(block, Number(name) & 0xff);
  });

  for (let round = 0; round < 40; round++) {
    isHandlerHungry = random.percent(50);
    for (let i = 0; i < 30; i++) {
      const size = 1 + random.below(random.pick([64, 64, 500, 5000, pageBytes]));
      if (random.percent(20)) {
        // While growth is told, the model has it, too: the handler asks the model before the heap.
        const block = model.allocate(size);
        assert.equal(alloc(size), block.address);
        model.free(block);
        continue;
      }
      // Now and then a second block for a token.
      const name = random.percent(20) && owners.size > 0 ? random.pick([...owners.values()]) : `${next++}`;
      const block = model.allocate(size);
      assert.equal(allocFor(name, size), block.address);
      owners.set(block, name);
      stamp(block, Number(name) & 0xff);
      assert.deepEqual(figuresOf(lewd), model.figures());
    }
    const gone = new Set([...owners.values()].filter(() => random.percent(45)));
    for (const name of gone) tokens.delete(name);
    for (const [block, name] of [...owners]) {
      assert.ok(isStamped(block, Number(name) & 0xff), `the block at ${block.address}`);
      if (!gone.has(name)) continue;
      owners.delete(block);
      model.free(block);
    }
    await collectUntil(() => used() === model.figures().used);
    assert.deepEqual(figuresOf(lewd), model.figures());
    if (random.percent(50)) {
      model.trim();
      trim();
      assert.deepEqual(figuresOf(lewd), model.figures());
    }
  }
  assert.ok(heard > 0);
});

test('the document’s wrapper: dropped ones give their memory back, the others go on', async () => {
  // Not before the resets of this file: it allocates when it is imported.
  const { MyPRNG, tableAddress } = await import('../support/lewd-sample.mjs');
  const before = used();
  let kept;
  const model = new ModelPRNG(77);
  const addresses = (() => {
    const many = Array.from({ length: 10_000 }, (_, i) => new MyPRNG(i));
    kept = many[77];
    return many.map(({ address }) => address);
  })();
  assert.equal(new Set(addresses).size, 10_000);
  assert.ok(addresses.every((address) => address >= tableAddress + 1024), 'none of them in the table');
  assert.equal(used(), before + 160_000);
  assert.equal(total(), 3 * pageBytes);

  await collectUntil(() => used() === before + 16);
  assert.equal(used(), before + 16);
  const old = memory;
  trim();
  assert.notEqual(memory, old);
  assert.equal(total(), pageBytes);
  const out = new Int32Array(40_000);
  kept.fill(out);
  assert.deepEqual([...out], model.take(out.length));
  assert.deepEqual(kept.state, model.state);
  kept = undefined;
  await collectUntil(() => used() === before);
  assert.equal(used(), before);
});
