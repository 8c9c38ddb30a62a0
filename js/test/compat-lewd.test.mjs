// allot/compat/lewd: where blocks come to lie, what is refused, and what the figures say. What is freed when
// its token is collected: js/test/node/compat-lewd-collect.test.mjs.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import * as lewd from 'allot/compat/lewd';
import { alloc, buffer, grow, memory, on, reset, total, trim, used } from 'allot/compat/lewd';

import { throwsCode } from './support/expect.mjs';
import { figuresOf, LewdModel, pageBytes, roundUp } from './support/lewd-model.mjs';
import { makeRandom } from './support/random.mjs';
import { can, setting } from './support/runtime.mjs';

/** Lives as long as this file. */
const keep = {};

test('memory and buffer are there before anything was called', () => {
  assert.ok(memory instanceof WebAssembly.Memory);
  assert.equal(memory.buffer, buffer);
  assert.equal(buffer.byteLength, pageBytes);
});

test('what is in the memory before the first call stays there', () => {
  new Uint8Array(buffer).fill(0xa5);
  const before = memory;
  alloc(100, keep);
  assert.equal(memory, before);
  assert.ok(new Uint8Array(buffer).every((byte) => byte === 0xa5));
});

test('reset forgets everything: another memory of one page, nothing in it, nobody told', () => {
  let told = 0;
  on('resize', keep, () => told++);
  alloc(3 * pageBytes, keep);
  assert.equal(told, 1);
  const before = memory;
  reset();
  assert.notEqual(memory, before);
  assert.equal(memory.buffer, buffer);
  assert.deepEqual(figuresOf(lewd), new LewdModel().figures());
  alloc(3 * pageBytes, keep);
  assert.equal(told, 1);
  reset();
});

test('blocks do not overlap: the first begins at 0, and each goes on where the last ends', () => {
  // The original gives the end of a block for its address.
  reset();
  let expected = 0;
  for (const size of [1024, 16, 1, 17, 48, 4096]) {
    const at = alloc(size, keep);
    assert.equal(at, expected);
    expected += roundUp(size);
  }
  assert.equal(used(), expected);
});

test('the whole memory can be used, from address 0 to its last byte', () => {
  reset();
  assert.equal(alloc(pageBytes - 16, keep), 0);
  assert.equal(alloc(1, keep), pageBytes - 16);
  assert.equal(total(), pageBytes);
  assert.deepEqual(figuresOf(lewd), {
    total: pageBytes, used: pageBytes, run: pageBytes, free: 0, head: 0, tail: 0, largest: 0,
  });
});

test('the figures of an empty memory, and of one with gaps, by all their names', () => {
  reset();
  assert.deepEqual(figuresOf(lewd), {
    total: pageBytes, used: 0, run: 0, free: pageBytes, head: pageBytes, tail: pageBytes, largest: pageBytes,
  });
  assert.equal(lewd.largestFree(), 4096, 'in blocks of 16 bytes, as the original documents it');
  alloc(16, keep);
  alloc(240, keep);
  const free = pageBytes - 256;
  assert.deepEqual(figuresOf(lewd), {
    total: pageBytes, used: 256, run: 256, free, head: 0, tail: free, largest: free,
  });
});

test('a scratch block is recorded nowhere: the next has the same address, and so has a lasting one', () => {
  reset();
  alloc(64, keep);
  const before = figuresOf(lewd);
  assert.equal(alloc(100), 64);
  assert.equal(alloc(1000), 64);
  assert.equal(alloc(1000, undefined), 64);
  assert.deepEqual(figuresOf(lewd), before);
  assert.equal(alloc(48, keep), 64);
});

test('the memory grows by as little as will do, also for scratch, and the bindings follow', () => {
  reset();
  alloc(pageBytes - 16, keep);
  const [oldMemory, oldBuffer] = [memory, buffer];
  assert.equal(alloc(32), pageBytes - 16, 'the free end is made longer');
  assert.equal(total(), 2 * pageBytes);
  assert.equal(memory, oldMemory);
  assert.notEqual(buffer, oldBuffer);
  assert.equal(buffer, memory.buffer);
  assert.equal(alloc(3 * pageBytes, keep), pageBytes - 16);
  assert.equal(buffer.byteLength, 4 * pageBytes);
});

test('sizes that are none: a typed error, and nothing has changed', () => {
  reset();
  alloc(16, keep);
  const before = figuresOf(lewd);
  for (const token of [undefined, keep]) {
    const negative = [-1, -100, -65536, -1.5, -Infinity, -(2 ** 31) - 1, -(2 ** 40)];
    for (const size of [...negative, 0, -0, 0.5, 16.5, NaN, Infinity]) {
      throwsCode(() => alloc(size, token), 'RangeError', 'invalid_number', /size/);
    }
    for (const size of ['16', 16n, null, undefined, {}, [16], true, Symbol('16')]) {
      throwsCode(() => alloc(size, token), 'TypeError', 'wrong_type', /size/);
    }
    for (const size of [2 ** 32, 2 ** 33, Number.MAX_SAFE_INTEGER, Number.MAX_VALUE]) {
      throwsCode(() => alloc(size, token), 'RangeError', 'size_too_large');
    }
  }
  assert.deepEqual(figuresOf(lewd), before);
});

test('tokens that are none: a typed error, and nothing has changed', () => {
  reset();
  alloc(16, keep);
  const before = figuresOf(lewd);
  for (const token of [null, 1, 'key', true, 1n, Symbol.for('registered')]) {
    throwsCode(() => alloc(16, token), 'TypeError', 'wrong_type', /token/);
  }
  assert.deepEqual(figuresOf(lewd), before);
  for (const token of [{}, () => {}, new Map(), memory]) alloc(16, token);
});

test('sizes from 2 GiB up, with the hint | 0 or without it, are taken for what they are', () => {
  reset();
  alloc(2 * pageBytes, keep);
  const requests = [];
  on('oom', keep, ({ info }) => requests.push(info.requestCapacity));
  // As large as they are they do not fit: what is looked at is how much was asked for.
  for (const size of [2 ** 32 - 65552, (2 ** 32 - 65552) | 0]) {
    throwsCode(() => alloc(size, keep), 'RangeError', 'out_of_memory');
  }
  assert.deepEqual(requests, [65537, 65537]);
});

if (can.bigMemory) {
  test('addresses from 2 GiB up are positive', () => {
    reset();
    const half = 2 ** 31;
    try {
      assert.equal(alloc(half | 0, keep), 0);
      assert.equal(total(), half);
      const at = alloc(1024, keep);
      assert.equal(at, half);
      // As the original's sample has it.
      const addr = at | 0;
      assert.ok(addr < 0);
      const view = new Int32Array(buffer, addr >>> 0, 4);
      assert.equal(view.byteOffset, half);
      assert.equal(alloc(16), half + 1024);
    } finally {
      reset();
    }
  });
}

if (can.bigMemory) {
  test('4 GiB can be used, to the last byte', () => {
    reset();
    try {
      let told = 0;
      on('oom', keep, () => told++);
      throwsCode(() => alloc(2 ** 32 - 1), 'RangeError', 'size_too_large');
      assert.equal(alloc(2 ** 32 - 16, keep), 0);
      assert.equal(total(), 2 ** 32);
      assert.equal(alloc(16, keep), 2 ** 32 - 16);
      new Uint8Array(buffer, 2 ** 32 - 16).fill(1);
      assert.deepEqual(figuresOf(lewd), {
        total: 2 ** 32, used: 2 ** 32, run: 2 ** 32, free: 0, head: 0, tail: 0, largest: 0,
      });
      throwsCode(() => alloc(1, keep), 'RangeError', 'out_of_memory');
      assert.equal(grow(1), 1);
      assert.equal(told, 2);
      trim();
      assert.equal(total(), 2 ** 32);
    } finally {
      reset();
    }
  });
}

test('out of memory: the event, then a RangeError; nothing has changed, and small requests go on', () => {
  reset();
  alloc(pageBytes, keep);
  const told = [];
  on('oom', keep, (event) => told.push(event));
  const before = figuresOf(lewd);
  for (const token of [undefined, keep]) {
    throwsCode(() => alloc(2 ** 32 - 16, token), 'RangeError', 'out_of_memory');
  }
  assert.deepEqual(figuresOf(lewd), before);
  assert.equal(told.length, 2);
  for (const { type, info } of told) {
    assert.equal(type, 'oom');
    assert.ok(Object.isFrozen(info));
    assert.equal(info.currentCapacity, 1);
    assert.equal(info.requestCapacity, 65537);
    assert.equal(info.maximumCapacity, 65536);
  }
  assert.equal(alloc(16, keep), pageBytes);
});

test('when the engine refuses to grow, the free end is still there', () => {
  reset();
  alloc(16, keep);
  const before = figuresOf(lewd);
  const { grow: original } = WebAssembly.Memory.prototype;
  try {
    WebAssembly.Memory.prototype.grow = () => {
      throw new RangeError('no more');
    };
    throwsCode(() => alloc(pageBytes, keep), 'RangeError', 'out_of_memory');
    throwsCode(() => alloc(pageBytes), 'RangeError', 'out_of_memory');
    assert.equal(grow(1), 1);
  } finally {
    WebAssembly.Memory.prototype.grow = original;
  }
  assert.deepEqual(figuresOf(lewd), before);
  assert.equal(alloc(pageBytes - 16, keep), 16);
  assert.equal(alloc(pageBytes, keep), pageBytes);
});

test('grow: 0 when it was done; the pages are free', () => {
  reset();
  alloc(16, keep);
  const old = buffer;
  assert.equal(grow(2), 0);
  assert.notEqual(buffer, old);
  assert.equal(buffer, memory.buffer);
  assert.deepEqual([total(), lewd.free()], [3 * pageBytes, 3 * pageBytes - 16]);
  assert.equal(alloc(3 * pageBytes - 16, keep), 16, 'without growing again');
  assert.equal(total(), 3 * pageBytes);
});

test('grow: in an empty memory all is one free run', () => {
  reset();
  assert.equal(grow(2), 0);
  const all = 3 * pageBytes;
  assert.deepEqual(figuresOf(lewd), { total: all, used: 0, run: 0, free: all, head: all, tail: all, largest: all });
  assert.equal(alloc(all, keep), 0);
  assert.equal(total(), all);
});

test('grow(0): nothing', () => {
  reset();
  let told = 0;
  for (const type of ['grow', 'resize', 'oom']) on(type, keep, () => told++);
  const [oldMemory, oldBuffer] = [memory, buffer];
  assert.equal(grow(0), 0);
  assert.deepEqual([memory, buffer, total(), told], [oldMemory, oldBuffer, pageBytes, 0]);
});

test('grow: 1 after the event oom when it cannot be', () => {
  reset();
  const told = [];
  on('oom', keep, ({ info }) => told.push([info.currentCapacity, info.requestCapacity, info.maximumCapacity]));
  assert.equal(grow(65536), 1);
  assert.deepEqual(told, [[1, 65537, 65536]]);
  assert.equal(total(), pageBytes);
  assert.equal(alloc(16), 0);
});

test('grow refuses what is no number of pages', () => {
  reset();
  for (const pages of [-1, 0.5, NaN, Infinity]) throwsCode(() => grow(pages), 'RangeError', 'invalid_number');
  for (const pages of ['1', 1n, null, undefined, {}]) throwsCode(() => grow(pages), 'TypeError', 'wrong_type');
  assert.equal(total(), pageBytes);
});

test('a guest that grows the memory: the bindings follow with the next call, and what was there stays', () => {
  reset();
  const at = alloc(16, keep);
  new Uint8Array(buffer)[at] = 42;
  const told = [];
  on('resize', keep, ({ info }) => told.push([info.oldSize, info.newSize, info.buffer === buffer]));
  memory.grow(2);
  assert.equal(total(), 3 * pageBytes);
  assert.equal(buffer, memory.buffer);
  assert.deepEqual(told, [[pageBytes, 3 * pageBytes, true]]);
  assert.equal(new Uint8Array(buffer)[at], 42);
  assert.equal(alloc(16, keep), 16);
});

test('what a guest grew is the guest’s: nothing is placed there, it is not free, and it stays', () => {
  reset();
  alloc(16, keep);
  memory.grow(1);
  const guests = () => new Uint8Array(buffer, pageBytes, pageBytes);
  total();
  guests().fill(0x77);
  assert.deepEqual([total(), lewd.free(), lewd.tailFree()], [2 * pageBytes, pageBytes - 16, pageBytes - 16]);
  assert.equal(grow(1), 0);
  assert.deepEqual(figuresOf(lewd), {
    total: 3 * pageBytes, used: 16, run: 16, free: 2 * pageBytes - 16, head: 0, tail: pageBytes, largest: pageBytes,
  });
  assert.equal(alloc(pageBytes, keep), 2 * pageBytes);
  assert.equal(alloc(pageBytes, keep), 3 * pageBytes);
  trim();
  assert.ok(guests().every((byte) => byte === 0x77));
  assert.equal(total(), 4 * pageBytes);
});

test('random blocks, scratch, growth and trimming lie where the model says, and keep their bytes', () => {
  const random = makeRandom(Number(setting('ALLOT_SEED', 4)));
  for (let round = 0; round < 4; round++) {
    reset();
    const model = new LewdModel();
    const sizes = [() => 1 + random.below(200), () => 1 + random.below(5000), () => 1 + random.below(3 * pageBytes)];
    for (let i = 0; i < 150; i++) {
      const what = random.below(10);
      const size = random.pick(sizes)();
      if (what < 6) {
        const { address, byteLength } = model.allocate(size);
        assert.equal(alloc(size, keep), address);
        new Uint8Array(buffer, address, byteLength).fill((address / 16) & 0xff);
      } else if (what < 8) {
        assert.equal(alloc(size), model.place(size));
        new Uint8Array(buffer, model.place(size), size).fill(0xee);
      } else if (what < 9) {
        const pages = random.below(3);
        model.pages += pages;
        assert.equal(grow(pages), 0);
      } else {
        model.trim();
        trim();
      }
      assert.deepEqual(figuresOf(lewd), model.figures());
      assert.equal(buffer.byteLength, model.total);
    }
    for (const { address, byteLength } of model.blocks) {
      const bytes = new Uint8Array(buffer, address, byteLength);
      assert.ok(bytes.every((byte) => byte === ((address / 16) & 0xff)), `the block at ${address}`);
    }
  }
  reset();
});
