// Blocks and handlers that end when their tokens are collected. Only here can a collection be forced.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

import { Heap } from 'allot';

import { collectAll, collectUntil } from './support/collect.mjs';

setFlagsFromString('--expose-gc');
const gc = runInNewContext('gc');

/** Collects until something is so, or gives up: an engine collects when it likes, and tells later. */
async function until(isSo) {
  for (let i = 0; i < 50 && !isSo(); i++) {
    gc();
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  assert.ok(isSo(), 'not collected');
}

/** In a function of its own, so that nothing of the token stays on the stack. */
function allocateFor(heap, count) {
  const token = {};
  for (let i = 0; i < count; i++) heap.malloc(100, { token });
}

for (const image of ['inside', 'outside']) {
  test(`the blocks of a collected token are freed, those of others are not (${image})`, async () => {
    const heap = Heap.createSync({ image });
    const token = {};
    const mine = heap.malloc(100, { token });
    const strong = heap.malloc(100);
    allocateFor(heap, 10);
    assert.equal(heap.stat('blocks'), 12);
    await until(() => heap.stat('blocks') === 2);
    assert.equal(heap.usableSize(mine), 112);
    assert.equal(heap.usableSize(strong), 112);
    assert.equal(heap.isWeak(mine), true);
    assert.ok(token);
    heap.validate();
  });
}

test('no ref keeps the token of its block', async () => {
  const heap = Heap.createSync();
  const refs = [
    heap.alloc(Int32Array, 3, { token: {} }),
    heap.allocArray('Int16', 3, { token: {} }),
    heap.allocString('text', 'utf8', { token: {} }),
    heap.allocString({ byteLength: 10 }, 'utf16', { token: {}, fatal: true }),
  ];
  await until(() => heap.stat('blocks') === 0);
  for (const ref of refs) assert.ok(ref.isFreed);
});

test('an arena does not keep its token', async () => {
  const heap = Heap.createSync();
  const arena = (() => {
    const made = heap.arena({ token: {}, byteLength: 256 });
    made.malloc(10);
    return made;
  })();
  await until(() => heap.stat('blocks') === 0);
  assert.equal(arena.byteLength, 0);
  assert.throws(() => arena.malloc(10), { code: 'freed_ref', message: /token of the arena was collected/ });
});

test('a heap object of an agent that was reaped does nothing when it is collected', async () => {
  const heap = Heap.createSync({ shared: true, maximum: 50 });
  const made = Array.from({ length: 3 }, () => {
    const lost = Heap.attachSync(structuredClone(heap.memory));
    lost.malloc(3000);
    assert.ok(heap.reap(lost.agent.id));
    return new WeakRef(lost);
  });
  const others = [1, 2].map(() => Heap.attachSync(structuredClone(heap.memory)));
  const numbers = others.map(({ agent }) => agent.id);
  await collectUntil(() => made.every((lost) => lost.deref() === undefined));
  assert.ok(made.every((lost) => lost.deref() === undefined), 'not collected');
  await collectAll(); // and told of
  for (const number of numbers) assert.ok(heap.agents.includes(number));
  for (let i = 0; i < 50; i++) for (const other of [heap, ...others]) other.malloc(i * 40);
  heap.validate();
});

test('a ref can be the token of its own block', async () => {
  const heap = Heap.createSync({ track: true });
  (() => {
    const ref = heap.alloc(Int32Array, 100);
    heap.weaken(ref, ref);
    const kept = heap.alloc(Int32Array, 100);
    heap.weaken(kept, kept);
    heap.strengthen(kept);
  })();
  assert.equal(heap.tracked().length, 2);
  await until(() => heap.stat('blocks') === 1);
  assert.equal(heap.tracked().length, 1);
});

test('a block that was freed, and handed out again, does not go with the token of the first', async () => {
  const heap = Heap.createSync({ policy: 'exact' });
  const p = (() => {
    const token = {};
    heap.malloc(5000, { token });
    const at = heap.malloc(64, { token });
    heap.free(at);
    return at;
  })();
  assert.equal(heap.malloc(64), p);
  await until(() => heap.stat('blocks') === 1);
  assert.equal(heap.usableSize(p), 64);
});

test('out of memory, the heap frees first what is known to be dead, before the engine tells', async () => {
  for (let attempt = 0; attempt < 20; attempt++) {
    const heap = Heap.createSync({ maximum: 2 });
    let hooks = 0;
    heap.onoom = () => {
      hooks++;
      return false;
    };
    (() => {
      heap.malloc(80000, { token: {} });
    })();
    // A WeakRef keeps what it was made of until the task is over; what is collected is told in another one.
    await new Promise((resolve) => setTimeout(resolve, 1));
    gc();
    if (heap.stat('blocks') === 0) continue; // told already
    try {
      heap.malloc(80000);
    } catch (error) {
      assert.equal(error.code, 'out_of_memory');
      continue; // not collected yet
    }
    assert.equal(hooks, 0);
    assert.equal(heap.collect(), 0);
    return;
  }
  assert.fail('not collected');
});

test('a token whose blocks were all freed has blocks again', async () => {
  const heap = Heap.createSync();
  (() => {
    const token = {};
    heap.free(heap.malloc(10, { token }));
    heap.malloc(10, { token });
  })();
  await until(() => heap.stat('blocks') === 0);
});

test('a heap that is dropped with weak blocks and handlers is collected', async () => {
  const token = {};
  let collected = false;
  const registry = new FinalizationRegistry(() => {
    collected = true;
  });
  (() => {
    const heap = Heap.createSync();
    registry.register(heap, 1);
    heap.malloc(10, { token });
    heap.on('grow', token, () => undefined);
  })();
  await until(() => collected);
  assert.ok(token);
});

test('a handler goes with its token, and neither is kept alive by the heap', async () => {
  const heap = Heap.createSync();
  let strong = 0;
  let weak = 0;
  heap.on('grow', () => strong++);
  let tokens = 0;
  const registry = new FinalizationRegistry(() => {
    tokens++;
  });
  (() => {
    const token = {};
    registry.register(token, 1);
    heap.on('grow', token, () => [token, weak++]);
  })();
  heap.grow(1);
  assert.deepEqual([strong, weak], [1, 1]);
  await until(() => tokens === 1);
  heap.grow(1);
  assert.deepEqual([strong, weak], [2, 1]);
});
