// Weak and strong blocks, scratch blocks, scopes: all that can be seen without a collection, which
// node/lifetimes.test.mjs forces.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { adopt, Heap, Scope, struct } from 'allot';

import { changesNothing, places, rejectsCode, throwsCode } from './support/expect.mjs';
import { makeRandom } from './support/random.mjs';
import { can } from './support/runtime.mjs';

function everyHeap(name, action) {
  for (const image of places) test(`${name} (${image})`, () => action((options) => Heap.createSync({ image, ...options })));
}

everyHeap('a block is strong unless it is said to be weak', (make) => {
  const heap = make();
  const token = {};
  const strong = heap.malloc(10);
  const ways = [
    heap.malloc(10, { token }),
    heap.calloc(2, 8, { token }),
    heap.alignedAlloc(64, 10, { token }),
    heap.alloc(Int32Array, 4, { token }),
    heap.alloc('Float64', 1, { token }),
    heap.alloc(struct({ x: 'Int32' }), { x: 1 }, { token }),
    heap.allocArray('Int16', [1, 2], { token }),
    heap.allocString('text', 'utf8', { token }),
  ];
  assert.equal(heap.isWeak(strong), false);
  for (const block of ways) assert.equal(heap.isWeak(block), true);
  assert.equal(heap.freeAll({ token }), ways.length);
  for (const ref of ways.slice(3)) assert.equal(ref.isFreed, true);
  assert.equal(heap.stat('blocks'), 1);
  heap.free(strong);
  heap.validate();
});

everyHeap('weak becomes strong, and strong weak; the last word counts', (make) => {
  const heap = make();
  const [one, two] = [{}, {}];
  const p = heap.malloc(10);
  assert.equal(heap.strengthen(p), false);
  heap.weaken(p, one);
  heap.weaken(p, one);
  heap.weaken(p, two);
  assert.equal(heap.freeAll({ token: one }), 0, 'it went over to the other token');
  assert.equal(heap.isWeak(p), true);
  assert.equal(heap.strengthen(p), true);
  assert.equal(heap.strengthen(p), false);
  assert.equal(heap.freeAll({ token: two }), 0);
  assert.equal(heap.usableSize(p), 16);
  heap.weaken(p, two);
  assert.equal(heap.freeAll({ token: two }), 1);
  assert.equal(heap.stat('blocks'), 0);
});

everyHeap('free of a weak block is the end of it, and what comes to lie there is strong', (make) => {
  const heap = make({ policy: 'exact' });
  const token = {};
  const p = heap.malloc(10, { token });
  heap.free(p);
  assert.equal(heap.malloc(10), p, 'the same place');
  assert.equal(heap.isWeak(p), false);
  assert.equal(heap.freeAll({ token }), 0);
  heap.free(p);
  const ref = heap.alloc('Int32', 1, { token });
  ref.free();
  assert.equal(heap.malloc(10), p);
  assert.equal(heap.isWeak(p), false);
});

test('a block that somebody else has freed is no longer weak when it is handed out again', () => {
  const heap = Heap.createSync({ policy: 'exact' });
  const other = Heap.attachSync(heap.memory);
  const token = {};
  const p = heap.malloc(10, { token });
  other.free(p);
  assert.equal(heap.malloc(10), p);
  assert.equal(heap.isWeak(p), false);
  other.free(p);
  const ref = heap.alloc('Int32', 7);
  assert.equal(ref.byteOffset, p);
  assert.equal(heap.isWeak(ref), false);
});

test('what others have freed is passed over when a token ends', () => {
  const heap = Heap.createSync();
  const other = Heap.attachSync(heap.memory);
  const token = {};
  const blocks = Array.from({ length: 9 }, () => heap.malloc(32, { token }));
  other.free(blocks[3]);
  other.free(blocks[4]);
  heap.freeAll({ token });
  assert.equal(heap.stat('blocks'), 0);
  heap.validate();
});

everyHeap('a weak block that moves stays weak', (make) => {
  const heap = make();
  const token = {};
  const p = heap.malloc(10, { token });
  heap.malloc(10);
  const moved = heap.realloc(p, 10000);
  assert.notEqual(moved, p);
  assert.equal(heap.isWeak(moved), true);
  assert.equal(heap.freeAll({ token }), 1);
  throwsCode(() => heap.free(moved), 'HeapError', 'double_free');
});

everyHeap('a block moved to where a weak one was is strong', (make) => {
  const heap = make({ policy: 'exact' });
  const other = heap.imageAddress === undefined ? heap : Heap.attachSync(heap.memory);
  const token = {};
  const weak = heap.malloc(5000, { token });
  const p = heap.malloc(10);
  heap.malloc(10);
  other.free(weak);
  assert.equal(heap.realloc(p, 5000), weak);
  assert.equal(heap.isWeak(weak), false);
});

everyHeap('out of memory, the blocks of living tokens stay', (make) => {
  const heap = make({ maximum: 2 });
  const token = {};
  const p = heap.malloc(80000, { token });
  throwsCode(() => heap.malloc(80000), 'RangeError', 'out_of_memory');
  assert.equal(heap.collect(), 0);
  assert.equal(heap.isWeak(p), true);
});

everyHeap('what a scope’s function throws is not hidden by a fault that its end finds', async (make) => {
  const heap = make();
  heap.debug = { canaries: true };
  const own = new Error('own');
  const overrun = (scope) => {
    const p = scope.malloc(10);
    heap.writeUint8(p + 10, 0);
  };
  const both = (error) => error instanceof AggregateError && error.errors[0] === own && error.errors[1].code === 'overrun';
  assert.throws(() => heap.scope((scope) => { overrun(scope); throw own; }), both);
  await assert.rejects(heap.scope(async (scope) => { overrun(scope); throw own; }), both);
  assert.throws(() => heap.scope((scope) => { scope.malloc(1); throw own; }), (error) => error === own);
  throwsCode(() => heap.scope(overrun), 'HeapError', 'overrun');
  await assert.rejects(heap.scope(async (scope) => overrun(scope)), { code: 'overrun' });
  assert.equal(heap.stat('live'), 0);
});

everyHeap('a token that cannot be collected is refused, and nothing is allocated', (make) => {
  const heap = make();
  const p = heap.malloc(10);
  for (const token of [1, 'x', null, true, 1n, Symbol.for('registered')]) {
    for (const use of [
      () => heap.malloc(10, { token }),
      () => heap.calloc(1, 10, { token }),
      () => heap.alignedAlloc(16, 10, { token }),
      () => heap.alloc('Int32', 1, { token }),
      () => heap.allocArray('Int32', 2, { token }),
      () => heap.allocString('x', 'utf8', { token }),
      () => heap.weaken(p, token),
      () => heap.freeAll({ token }),
    ]) changesNothing(heap, use, 'TypeError', 'wrong_type', /token must be an object, which can be collected, not /);
  }
  for (const token of [{}, () => 1, [], new Map()]) heap.weaken(p, token);
  changesNothing(heap, () => heap.freeAll({ token: {}, tag: 'x' }), 'TypeError', 'invalid_option');
});

everyHeap('what is no live block of this heap cannot be made weak', (make) => {
  const heap = make();
  const Point = struct({ x: 'Int32', y: 'Int32' });
  const point = heap.alloc(Point);
  const foreign = make().alloc('Int32', 1);
  const p = heap.malloc(64);
  for (const name of ['weaken', 'strengthen', 'isWeak']) {
    const use = (block) => () => heap[name](block, {});
    changesNothing(heap, use(p + 16), 'HeapError', 'interior_address', new RegExp(`^${name}\\(${p + 16}\\)`));
    changesNothing(heap, use(2 ** 31), 'HeapError', 'wild_address');
    changesNothing(heap, use(-1), 'RangeError', 'invalid_number');
    changesNothing(heap, use('1'), 'TypeError', 'wrong_type');
    changesNothing(heap, use(point.part('y')), 'TypeError', 'unsupported_operation', /part of another ref/);
    changesNothing(heap, use(foreign), 'HeapError', 'another_heap');
  }
  heap.free(p);
  changesNothing(heap, () => heap.weaken(p, {}), 'HeapError', 'double_free');
  point.free();
  changesNothing(heap, () => heap.weaken(point, {}), 'HeapError', 'freed_ref');
});

test('an adopted allocator has weak blocks, too', () => {
  const inner = Heap.createSync();
  for (const heap of [
    adopt({ memory: inner.memory, malloc: (n) => inner.malloc(n), free: (p) => inner.free(p) }),
    Heap.adopt({ memory: inner.memory, malloc: (n) => inner.malloc(n), free: (p) => inner.free(p) }),
  ]) {
    const token = {};
    const p = heap.malloc(10, { token });
    const ref = heap.alloc('Int32', 5, { token });
    const strong = heap.malloc(10);
    assert.equal(heap.isWeak(p), true);
    heap.weaken(strong, token);
    heap.strengthen(strong);
    assert.equal(heap.freeAll({ token }), 2);
    assert.equal(ref.isFreed, true);
    assert.equal(inner.stat('blocks'), 1);
    heap.free(strong);
  }
});

// ── Scratch ─────────────────────────────────────────────────────────────────────────────────────

everyHeap('a scratch block is there until the next allocation, and leaves no trace', (make) => {
  const heap = make({ policy: 'exact', track: true });
  const kept = heap.malloc(100);
  heap.free(heap.malloc(2000));
  const before = [...heap.blocks()];
  const at = heap.scratch(1000);
  assert.equal(at % 16, 0);
  for (const { byteOffset, byteLength, kind } of before) {
    if (kind === 'free') continue;
    assert.ok(at + 1000 <= byteOffset || byteOffset + byteLength <= at, 'it lies in nobody’s block');
  }
  heap.fill(at, 1000, 7);
  heap.writeInt32(kept, 5);
  assert.equal(heap.readUint8(at + 999), 7);
  assert.deepEqual([...heap.blocks()], before);
  assert.equal(heap.tracked().length, 1);
  assert.equal(heap.scratch(1000), at, 'the same place again');
  throwsCode(() => heap.free(at), 'HeapError', heap.imageAddress === undefined ? 'double_free' : 'double_free');
  changesNothing(heap, () => heap.scratch(-1), 'RangeError', 'invalid_number');
  changesNothing(heap, () => heap.scratch('1'), 'TypeError', 'wrong_type');
});

everyHeap('scratch grows the memory if it must, and fails as malloc does', (make) => {
  const heap = make({ initial: 1, maximum: 3 });
  const at = heap.scratch(100000);
  heap.fill(at, 100000, 1);
  throwsCode(() => heap.scratch(300000), 'RangeError', 'out_of_memory');
  heap.validate();
});

everyHeap('what a handler allocates when scratch grows the memory lies elsewhere', (make) => {
  const heap = make({ initial: 1, policy: 'exact' });
  let p;
  heap.on('grow', () => (p ??= heap.malloc(1000)));
  const at = heap.scratch(100000);
  assert.ok(p + 1000 <= at || at + 100000 <= p);
});

if (can.shared) {
  test('in a shared memory there is no scratch: another agent may allocate at any time', () => {
    const heap = Heap.createSync({ shared: true, maximum: 4 });
    changesNothing(heap, () => heap.scratch(10), 'TypeError', 'unsupported_operation');
  });
}

// ── Scopes ──────────────────────────────────────────────────────────────────────────────────────

everyHeap('a scope frees what was allocated through it, and nothing else', (make) => {
  const heap = make();
  let outside;
  let refs;
  const result = heap.scope((scope) => {
    assert.ok(scope instanceof Scope);
    outside = heap.malloc(10);
    scope.malloc(10);
    scope.calloc(10);
    scope.alignedAlloc(128, 10);
    refs = [
      scope.alloc(Int32Array, [1, 2, 3]),
      scope.alloc('Int32', 5),
      scope.allocArray('Int16', 4, { byteStride: 8 }),
      scope.allocString('héllo'),
    ];
    assert.equal(heap.stat('blocks'), 8);
    assert.deepEqual([...refs[0].view], [1, 2, 3]);
    return 'done';
  });
  assert.equal(result, 'done');
  assert.equal(heap.stat('blocks'), 1);
  assert.equal(heap.usableSize(outside), 16);
  for (const ref of refs) throwsCode(() => ref.byteOffset, 'HeapError', 'freed_ref');
  heap.validate();
});

everyHeap('a scope ends when its function throws, with what that threw', (make) => {
  const heap = make();
  const mine = new Error('mine');
  assert.throws(() => heap.scope((scope) => {
    scope.malloc(10);
    throw mine;
  }), (error) => error === mine);
  assert.equal(heap.stat('blocks'), 0);
});

everyHeap('a scope of an async function ends when that does', async (make) => {
  const heap = make();
  let go;
  const gate = new Promise((resolve) => (go = resolve));
  const running = heap.scope(async (scope) => {
    scope.malloc(10);
    await gate;
    scope.malloc(10);
    return heap.stat('blocks');
  });
  assert.equal(heap.stat('blocks'), 1);
  go();
  assert.equal(await running, 2);
  assert.equal(heap.stat('blocks'), 0);
  await rejectsCode(heap.scope(async (scope) => scope.malloc(-1)), 'RangeError', 'invalid_number');
});

everyHeap('what is freed, moved or kept is left alone at the end', (make) => {
  const heap = make({ policy: 'exact' });
  const [kept, reused, moved] = heap.scope((scope) => {
    const freed = scope.malloc(16);
    heap.free(freed);
    const again = heap.malloc(16); // of the heap, where the scope's was
    assert.equal(again, freed);
    const grown = heap.realloc(scope.malloc(16), 5000);
    const ref = scope.keep(scope.alloc('Int32', 9));
    scope.alloc('Int32').free();
    return [ref, again, grown];
  });
  assert.equal(kept.value, 9);
  assert.equal(heap.usableSize(reused), 16);
  throwsCode(() => heap.free(moved), 'HeapError', 'double_free', /./);
  assert.equal(heap.stat('blocks'), 2);
});

everyHeap('scopes lie in each other, and last as long as they are told to', (make) => {
  const heap = make();
  const outer = heap.scope();
  outer.malloc(10);
  heap.scope((inner) => {
    outer.malloc(10);
    inner.malloc(10);
    assert.equal(heap.stat('blocks'), 3);
  });
  assert.equal(heap.stat('blocks'), 2);
  assert.equal(outer.free(), 2);
  assert.equal(outer.free(), 0);
  outer.malloc(10);
  outer[Symbol.dispose ?? Symbol.for('Symbol.dispose')]();
  assert.equal(heap.stat('blocks'), 0);
  for (const fn of [null, 1, 'x', {}]) throwsCode(() => heap.scope(fn), 'TypeError', 'wrong_type');
});

everyHeap('a fault that is found while a token’s blocks are freed is thrown when all are', (make) => {
  const heap = make({ track: true });
  heap.debug = { canaries: true };
  const token = {};
  const blocks = Array.from({ length: 5 }, () => heap.malloc(10, { token }));
  heap.writeUint8(blocks[1] + 10, 1);
  heap.writeUint8(blocks[3] + 12, 1);
  const error = throwsCode(() => heap.freeAll({ token }), 'HeapError', 'overrun');
  assert.equal(error.address, blocks[1]);
  assert.equal(heap.stat('blocks'), 0);
  const ref = heap.alloc('Int32', 1);
  heap.writeUint8(ref.byteOffset + 4, 1);
  heap.malloc(10);
  throwsCode(() => heap.freeAll(), 'HeapError', 'overrun');
  assert.ok(ref.isFreed);
  assert.equal(heap.stat('blocks'), 0);
  throwsCode(() => heap.scope((scope) => heap.writeUint8(scope.malloc(5) + 5, 1)), 'HeapError', 'overrun');
  assert.equal(heap.stat('blocks'), 0);
});

// ── At random ───────────────────────────────────────────────────────────────────────────────────

for (const seed of [1, 2, 3, 4]) {
  everyHeap(`tokens come and go, seed ${seed}`, (make) => {
    const random = makeRandom(seed);
    const heap = make({ track: true });
    const tokens = Array.from({ length: 5 }, () => ({}));
    const model = new Map(); // address → token or undefined
    for (let step = 0; step < 1500; step++) {
      const dice = random.below(100);
      const some = random.pick([...model.keys(), undefined]);
      if (dice < 45 || some === undefined) {
        const token = random.percent(60) ? random.pick(tokens) : undefined;
        const p = random.percent(50) ? heap.malloc(random.below(300), { token }) : heap.alloc(Uint8Array, random.below(300), { token }).byteOffset;
        assert.equal(model.has(p), false);
        model.set(p, token);
      } else if (dice < 60) {
        heap.free(some);
        model.delete(some);
      } else if (dice < 70) {
        const token = random.pick(tokens);
        heap.weaken(some, token);
        model.set(some, token);
      } else if (dice < 80) {
        assert.equal(heap.strengthen(some), model.get(some) !== undefined);
        model.set(some, undefined);
      } else if (dice < 95) {
        const moved = heap.realloc(some, random.below(600));
        const token = model.get(some);
        model.delete(some);
        assert.equal(model.has(moved), false);
        model.set(moved, token);
      } else {
        const token = random.pick(tokens);
        const own = [...model].filter(([, by]) => by === token).map(([p]) => p);
        assert.equal(heap.freeAll({ token }), own.length);
        for (const p of own) model.delete(p);
      }
      if (step % 16 === 0) {
        heap.validate();
        assert.equal(heap.stat('blocks'), model.size);
        assert.deepEqual(heap.tracked().map(({ byteOffset }) => byteOffset).sort((a, b) => a - b), [...model.keys()].sort((a, b) => a - b));
        for (const [p, token] of model) assert.equal(heap.isWeak(p), token !== undefined);
      }
    }
  });
}
