// Drives a heap with random operations, a model beside it, and checks every answer.

import assert from 'node:assert/strict';

import { HeapError } from 'allot';

import { Model } from './model.mjs';
import { makeRandom } from './random.mjs';

/** Figures that cost nothing to read: a failed operation must leave all of them as they were. */
const cheapFigures = [
  'managed', 'live', 'free', 'metadata', 'reserved', 'blocks', 'peak', 'quota', 'maximum', 'begin', 'top', 'grows',
];

/** Mostly small, sometimes large, now and then very large. */
function randomLength(random) {
  const kind = random.below(100);
  if (kind < 60) return random.below(200);
  if (kind < 90) return random.below(2000);
  if (kind < 99) return random.below(20_000);
  return random.below(300_000);
}

/**
 * @param {import('allot').Heap} heap
 * @param {{ seed: number, operations: number, liveGoal?: number, sampleEvery?: number, recordSizes?: boolean, othersGrow?: boolean }} options
 * @returns {{ refused: number, largest: number }} how many requests were refused for want of memory
 */
export function drive(heap, { seed, operations, liveGoal = 600, sampleEvery = 2000, recordSizes = false, othersGrow = false }) {
  const random = makeRandom(seed);
  const model = new Model(heap);
  const reserved = [];
  let refused = 0;
  let phase = liveGoal; // how many live blocks to head for; changes now and then

  /** A request that may be refused: then nothing may have changed, and rightly so. */
  function request(operation, wanted) {
    const before = cheapFigures.map((name) => heap.stat(name));
    try {
      return operation();
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      assert.ok(['out_of_memory', 'quota_exceeded'].includes(error.code), error.stack);
      refused++;
      cheapFigures.forEach((name, i) => assert.equal(heap.stat(name), before[i], `${name} after ${error.message}`));
      if (error.code === 'quota_exceeded') {
        // What counts is the block that would have been handed out: the policies lend up to a quarter more.
        const most = wanted * 1.25 + 48;
        assert.ok(model.liveBytes + most > heap.quota, `${wanted} bytes fit the quota ${heap.quota}`);
      } else if (refused % 20 === 0) {
        model.agreeInFull();
        const free = model.longestFree();
        assert.ok(free < wanted + 16, `${wanted} bytes were refused, but ${free} are free in one piece`);
      }
      return undefined;
    }
  }

  function expectMisuse(operation, ...codes) {
    const before = cheapFigures.map((name) => heap.stat(name));
    assert.throws(operation, (error) => error instanceof HeapError && codes.includes(error.code));
    cheapFigures.forEach((name, i) => assert.equal(heap.stat(name), before[i], `${name} after a misuse`));
  }

  const actions = {
    malloc() {
      const length = randomLength(random);
      const p = request(() => heap.malloc(length), length);
      if (p === undefined) return;
      model.allocated(p, length);
      if (recordSizes) assert.equal(heap.requestedSize(p), length);
    },
    calloc() {
      const [count, each] = [random.below(40), random.below(60)];
      const p = request(() => heap.calloc(count, each), count * each);
      if (p !== undefined) model.allocated(p, count * each, { zeroed: true });
    },
    alignedAlloc() {
      const alignment = 2 ** random.below(random.percent(5) ? 17 : 10);
      const length = randomLength(random);
      const p = request(() => heap.alignedAlloc(alignment, length), length + 2 * alignment + 4096);
      if (p !== undefined) model.allocated(p, length, { alignment });
    },
    realloc() {
      if (model.count === 0) return;
      const from = model.pick(random);
      const length = random.percent(50) ? randomLength(random) : model.block(from).length + random.below(64);
      const to = request(() => heap.realloc(from, length), length);
      if (to === undefined) return;
      model.resized(from, to, length);
      if (recordSizes) assert.equal(heap.requestedSize(to), length);
    },
    free() {
      if (model.count === 0) return;
      const p = model.pick(random);
      model.freeing(p);
      heap.free(p);
    },
    misuse() {
      if (model.count === 0) return;
      const p = model.pick(random);
      expectMisuse(() => heap.free(p + 1 + random.below(model.block(p).usable - 1)), 'interior_address');
      model.freeing(p);
      heap.free(p);
      expectMisuse(() => heap.free(p), 'double_free');
      expectMisuse(() => heap.realloc(p, 100), 'double_free');
      expectMisuse(() => heap.free(heap.buffer.byteLength + random.below(100_000)), 'wild_address');
    },
    limits() {
      if (random.percent(50)) heap.quota = random.percent(50) ? Infinity : model.liveBytes + random.below(50_000);
      else heap.merge();
    },
    grow() {
      const before = cheapFigures.map((name) => heap.stat(name));
      const bytes = heap.buffer.byteLength;
      const pages = random.below(3);
      try {
        assert.equal(heap.grow(pages), bytes / 65536);
        assert.equal(heap.buffer.byteLength, bytes + pages * 65536);
      } catch (error) {
        assert.equal(error.code, 'out_of_memory', error.stack);
        assert.equal(heap.buffer.byteLength, bytes);
      }
      // The heap takes what was grown when it needs it; but it must at once if it lies behind somebody else's.
      if (!othersGrow) cheapFigures.forEach((name, i) => assert.equal(heap.stat(name), before[i], `${name} after growing`));
    },
    spans() {
      if (reserved.length > 3 || (reserved.length > 0 && random.percent(50))) {
        heap.unreserve(reserved.splice(random.below(reserved.length), 1)[0]);
        return;
      }
      const begin = 16 * random.below(heap.stat('top') / 16);
      const end = begin + 64 + 16 * random.below(500);
      try {
        heap.reserve(begin, end);
        reserved.push(begin);
      } catch (error) {
        assert.ok(['span_in_use', 'invalid_span', 'out_of_memory'].includes(error.code), error.stack);
      }
    },
  };

  function growByOthers() {
    const begin = heap.buffer.byteLength;
    heap.memory.grow(1 + random.below(3));
    model.grownByOthers(begin);
  }

  function next() {
    const kind = random.below(1000);
    if (kind < 30) return 'misuse';
    if (kind < 40) return 'limits';
    if (kind < 43) return 'spans';
    if (kind < 44) return 'grow';
    if (kind < 150) return 'realloc';
    if (random.percent(model.count < phase ? 70 : 30)) {
      return kind < 300 ? 'calloc' : kind < 400 ? 'alignedAlloc' : 'malloc';
    }
    return 'free';
  }

  for (let step = 0; step < operations; step++) {
    const name = next();
    try {
      actions[name]();
      model.agree();
      if (step % sampleEvery === 0) model.agreeInFull();
    } catch (error) {
      error.message = `seed ${seed}, operation ${step} (${name}): ${error.message}`;
      throw error;
    }
    if (step % 5000 === 0) phase = random.below(2 * liveGoal);
    if (othersGrow && step % 1000 === 0) growByOthers();
  }
  model.agreeInFull();

  // Everything can be given back, and then nothing is left.
  while (model.count > 0) actions.free();
  for (const begin of reserved) heap.unreserve(begin);
  model.agreeInFull();
  assert.equal(heap.stat('live'), 0);
  return { refused };
}
