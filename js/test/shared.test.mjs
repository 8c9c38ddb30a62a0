// Heaps in shared memories: one object, several objects, several agents at once; the lock.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Heap } from 'allot';

import { copyOf, sameBytes, writesNothing } from './support/bytes.mjs';
import { settle } from './support/churn.mjs';
import { drive } from './support/drive.mjs';
import { changesNothing, policies, throwsCode } from './support/expect.mjs';
import { makeRandom } from './support/random.mjs';
import { can, setting, startAgent } from './support/runtime.mjs';

const pageBytes = 65536;
const seed = Number(setting('ALLOT_SEED', 20_240_301));
const operations = Math.min(20_000, Number(setting('ALLOT_OPERATIONS', Infinity)));

/** docs/heap-image.md: where an image keeps its lock, and what it says. */
const lockOffset = 720;
const free = 0;
const heldBy = (agent) => agent + 1;
const waited = 2 ** 31 | 0;
const lockOf = (heap) => new Int32Array(heap.buffer, heap.imageAddress + lockOffset, 1);

if (can.shared) {
  // ── Against the model ─────────────────────────────────────────────────────────────────────────

  policies.forEach((policy, i) => {
    test(`a shared memory, against the model (${policy})`, () => {
      const heap = Heap.createSync({ shared: true, maximum: 24, policy });
      drive(heap, { seed: seed + i, operations, liveGoal: 500 });
      assert.equal(Atomics.load(lockOf(heap), 0), free);
    });

    test(`a shared memory that others grow too, against the model (${policy})`, () => {
      const heap = Heap.createSync({ shared: true, maximum: 2000, policy, recordSizes: true });
      drive(heap, { seed: seed + 10 + i, operations: operations / 2, liveGoal: 500, othersGrow: true, recordSizes: true });
    });

    test(`an image outside a shared memory, against the model (${policy})`, () => {
      const heap = Heap.createSync({ shared: true, maximum: 24, policy, image: 'outside' });
      drive(heap, { seed: seed + 20 + i, operations: operations / 4 });
      assert.equal(heap.imageAddress, undefined);
      assert.equal(heap.stat('metadata'), 0);
    });

    test(`several Heap objects take turns at every call, against the model (${policy})`, () => {
      const heaps = [Heap.createSync({ shared: true, maximum: 40, policy })];
      for (let n = 0; n < 3; n++) heaps.push(Heap.attachSync(heaps[0].memory));
      let turns = 0;
      const next = () => heaps[turns++ % heaps.length];
      const all = {
        get memory() { return next().memory; },
        get buffer() { return next().buffer; },
        get quota() { return next().quota; },
        set quota(bytes) { next().quota = bytes; },
      };
      for (const name of [
        'malloc', 'calloc', 'realloc', 'alignedAlloc', 'free', 'usableSize', 'requestedSize', 'stat', 'stats', 'blocks', 'validate', 'merge',
        'reserve', 'unreserve', 'grow',
      ]) {
        all[name] = (...parameters) => next()[name](...parameters);
      }
      drive(all, { seed: seed + 30 + i, operations: operations / 4 });
    });
  });

  // ── The lock ──────────────────────────────────────────────────────────────────────────────────

  test('the lock is free between calls, also after those that throw', () => {
    const heap = Heap.createSync({ shared: true, maximum: 3 });
    const lock = lockOf(heap);
    const p = heap.malloc(100);
    const calls = [
      () => heap.malloc(10), () => heap.free(p + 16), () => heap.free(heap.buffer.byteLength), () => heap.malloc(4 * pageBytes),
      () => heap.realloc(p + 1, 5), () => heap.reserve(p, p + 16), () => heap.unreserve(p), () => heap.sizeof(p), () => heap.requestedSize(p),
      () => heap.stats(), () => heap.merge(), () => heap.validate(), () => [...heap.blocks()], () => heap.grow(100), () => (heap.quota = 100_000),
      () => heap.alignedAlloc(3, 5), () => heap.alloc(Int32Array, 100_000), () => Heap.attachSync(heap.memory),
    ];
    for (const call of calls) {
      try {
        call();
      } catch (error) {
        assert.ok('code' in error, error.stack);
      }
      assert.equal(Atomics.load(lock, 0), free, String(call));
    }
    // While somebody walks, others may work.
    let steps = 0;
    for (const { kind } of heap.blocks()) {
      assert.equal(Atomics.load(lock, 0), free);
      if (kind === 'live' && steps++ < 10) heap.malloc(16);
    }
    assert.ok(steps > 0);
    heap.validate();
  });

  test('the lock is given back when the core stops in a damaged image', () => {
    const heap = Heap.createSync({ shared: true, maximum: 3 });
    const p = heap.malloc(100);
    const pageMap = new BigUint64Array(heap.buffer, heap.imageAddress + 104, 1);
    const before = pageMap[0];
    pageMap[0] = 0xfffffff0n;
    throwsCode(() => heap.free(p), 'HeapError', 'corrupt_image');
    throwsCode(() => [...heap.blocks()], 'HeapError', 'corrupt_image');
    assert.equal(Atomics.load(lockOf(heap), 0), free);
    pageMap[0] = before;
    heap.free(p);
    heap.validate();
  });

  test('a lock that is held for good: an error after a while, and nothing is changed', () => {
    const heap = Heap.createSync({ shared: true, maximum: 10 });
    const p = heap.malloc(100);
    const lock = lockOf(heap);
    for (const [state, holder] of [[heldBy(5), /agent 5/], [heldBy(64), /about to join/]]) {
      Atomics.store(lock, 0, state);
      const before = heap.stats();
      const error = throwsCode(() => heap.grow(1), 'HeapError', 'lock_held', /grow.*another agent/);
      assert.match(error.message, holder);
      assert.equal(error.address, undefined);
      assert.equal(Atomics.load(lock, 0) & ~waited, state, 'it is still held');
      assert.deepEqual(heap.stats(), before);
      // What an agent has of its own needs no lock.
      heap.free(heap.malloc(1000));
    }
    Atomics.store(lock, 0, free); // its holder is done after all
    heap.grow(1);
    heap.free(p);
    throwsCode(() => heap.free(p), 'HeapError', 'double_free');
    heap.validate();
  });

  // ── What is no heap ───────────────────────────────────────────────────────────────────────────

  test('joining what is no heap writes not one byte', () => {
    const random = makeRandom(41);
    const memory = new WebAssembly.Memory({ initial: 2, maximum: 4, shared: true });
    const place = { buffer: memory.buffer };
    const refuses = (options, ...codes) => {
      const error = writesNothing(place, () => Heap.attachSync(memory, options));
      assert.ok(codes.includes(error.code), error.message);
    };
    refuses({}, 'not_a_heap');
    for (let round = 0; round < 20; round++) {
      const words = new Uint32Array(memory.buffer);
      for (let i = 0; i < words.length; i++) words[i] = random.word();
      refuses({}, 'not_a_heap');
      refuses({ address: 16 * random.below(8192) }, 'not_a_heap');
      refuses({ address: 2 * pageBytes }, 'not_a_heap');
    }
    // A heap of which a part is wrong, the lock's place included.
    // Of another memory object, as this thread is an agent of the heap already if it has made it in the same one.
    const heap = Heap.createSync({ memory: can.cloneShared ? structuredClone(memory) : memory });
    if (!can.cloneShared) heap.detach();
    const header = new Uint8Array(memory.buffer, heap.imageAddress, 736);
    const sound = copyOf(header);
    for (const [offset, code] of [[0, 'not_a_heap'], [8, 'wrong_version'], [16, 'not_a_heap'], [24, 'wrong_address_type'], [104, 'corrupt_image'], [688, 'corrupt_image']]) {
      for (const lock of [0, 0xff]) {
        header.set(sound);
        header[offset] ^= 0xff;
        header.fill(lock, lockOffset, lockOffset + 4);
        const damaged = lock === 0 ? [] : ['corrupt_image'];
        refuses({ address: heap.imageAddress }, code, ...damaged);
        refuses({}, code, 'not_a_heap', ...damaged); // to the search it may not even look like one
      }
    }
    header.set(sound);
    Heap.attachSync(memory).validate();
  });

  test('a plain memory’s image in a shared memory, and the other way round', () => {
    const plain = Heap.createSync({ initial: 2 });
    plain.malloc(100);
    const memory = new WebAssembly.Memory({ initial: 2, maximum: 10, shared: true });
    new Uint8Array(memory.buffer).set(new Uint8Array(plain.buffer));
    const error = writesNothing({ buffer: memory.buffer }, () => Heap.attachSync(memory));
    assert.equal(error.code, 'wrong_address_type');
    const shared = Heap.createSync({ shared: true, initial: 2, maximum: 10 });
    const back = new WebAssembly.Memory({ initial: 2 });
    new Uint8Array(back.buffer).set(new Uint8Array(shared.buffer));
    throwsCode(() => Heap.attachSync(back), 'HeapError', 'wrong_address_type');
  });

  test('limits in a shared memory', () => {
    const heap = Heap.createSync({ shared: true, maximum: 4, quota: 200_000 });
    changesNothing(heap, () => heap.malloc(250_000), 'RangeError', 'quota_exceeded');
    heap.quota = Infinity;
    changesNothing(heap, () => heap.malloc(5 * pageBytes), 'RangeError', 'out_of_memory');
    heap.malloc(150_000);
    assert.equal(Heap.attachSync(heap.memory).quota, Infinity);
  });
}

// ── Several agents ──────────────────────────────────────────────────────────────────────────────

/**
 * What each agent does: allocates, writes a pattern, looks whether it is still there, frees; gives every
 * other block away through a row of mailboxes, and frees what it finds there. A block begins with its
 * length and the number that its pattern begins with.
 */
function churn({ memory, mailboxes, gate, agents, seed, rounds, largest }, { Heap }) {
  const heap = Heap.attachSync(memory);
  let state = seed;
  const random = (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
  const mine = [];
  let errors = 0;
  const check = (p, length, first) => {
    const bytes = heap.bytes(p, length);
    for (let i = 8; i < length; i++) if (bytes[i] !== ((first + i) & 255)) throw new Error(`byte ${i} of the block at ${p} was changed`);
  };
  const make = () => {
    const length = 8 + random(random(20) === 0 ? largest : 300);
    const first = random(256);
    const p = [() => heap.malloc(length), () => heap.calloc(length), () => heap.alignedAlloc(64, length)][random(3)]();
    const bytes = heap.bytes(p, length);
    for (let i = 8; i < length; i++) bytes[i] = (first + i) & 255;
    heap.writeUint32(p, length);
    heap.writeUint32(p + 4, first);
    return p;
  };
  const end = (p) => {
    check(p, heap.readUint32(p), heap.readUint32(p + 4));
    heap.free(p);
  };
  heap.atomics.add('Int32', gate, 1);
  while (heap.atomics.load('Int32', gate) < agents) heap.atomics.wait('Int32', gate + 4, 0, 1); // begin together
  for (let round = 0; round < rounds; round++) {
    try {
      const action = random(10);
      if (action < 4) mine.push(make());
      else if (action < 6 && mine.length > 0) end(mine.splice(random(mine.length), 1)[0]);
      else if (action < 7 && mine.length > 0) {
        const at = random(mine.length);
        const p = mine[at];
        const length = heap.readUint32(p);
        const q = heap.realloc(p, length + random(500));
        check(q, length, heap.readUint32(q + 4));
        mine[at] = q;
      } else if (action < 9) {
        const given = mine.length > 0 ? mine.pop() : 0;
        const taken = heap.atomics.exchange('Uint32', mailboxes + 4 * random(16), given);
        if (taken !== 0) end(taken);
      } else if (random(200) === 0) heap.merge();
    } catch (error) {
      if (error.code !== 'out_of_memory') throw error;
      errors++;
    }
  }
  for (const p of mine) end(p);
  return { errors };
}

async function churnTogether(heap, { agents, rounds, largest }) {
  const [mailboxes, gate] = [heap.calloc(64), heap.calloc(16)];
  const before = heap.stats();
  const given = (i) => ({ memory: heap.memory, mailboxes, gate, agents, seed: seed + 977 * i, rounds, largest });
  const results = await Promise.all(Array.from({ length: agents }, (_, i) => startAgent(churn, given(i + 1)).result));
  heap.validate();
  for (let i = 0; i < 16; i++) {
    const p = heap.atomics.load('Uint32', mailboxes + 4 * i);
    if (p !== 0) heap.free(p);
  }
  const isSettled = settle(heap, Heap, agents);
  const after = heap.stats();
  if (isSettled) assert.equal(after.live, before.live, 'live bytes');
  if (isSettled) assert.equal(after.blocks, before.blocks, 'live blocks');
  assert.equal(after.live + after.free + after.metadata, after.managed);
  assert.equal(Atomics.load(lockOf(heap), 0), free);
  heap.validate();
  return results.reduce((sum, { errors }) => sum + errors, 0);
}

if (can.sendShared) {
  for (const policy of policies) {
    test(`agents allocate and free at once, each other’s blocks too, while the memory grows (${policy})`, async () => {
      const heap = Heap.createSync({ shared: true, maximum: 2000, policy });
      const refused = await churnTogether(heap, { agents: 3, rounds: operations / 5, largest: 20_000 });
      assert.equal(refused, 0);
      assert.ok(heap.buffer.byteLength > pageBytes, 'it grew');
    });
  }

  test('agents at the end of the memory', async () => {
    const heap = Heap.createSync({ shared: true, maximum: 3 });
    const refused = await churnTogether(heap, { agents: 2, rounds: operations / 5, largest: 60_000 });
    if (operations >= 20_000) assert.ok(refused > 0, 'no request was refused');
  });

  test('joining while others are at work', async () => {
    const heap = Heap.createSync({ shared: true, maximum: 2000 });
    const [mailboxes, gate] = [heap.calloc(64), heap.calloc(16)];
    const given = { memory: heap.memory, mailboxes, gate, agents: 2, seed, rounds: operations / 5, largest: 50_000 };
    const joins = ({ memory, gate }, { Heap }) => {
      const heap = Heap.attachSync(memory);
      heap.atomics.add('Int32', gate, 1);
      for (let i = 0; i < 200; i++) {
        const p = Heap.attachSync(memory, { validate: i % 10 === 0 }).malloc(100);
        let bytes = 0;
        for (const { kind, byteLength } of heap.blocks()) if (kind === 'live') bytes += byteLength;
        if (bytes === 0) throw new Error('no block was found');
        const { live, free, managed } = heap.stats(); // of several moments
        if (!(live > 0 && free > 0 && live < managed)) throw new Error(`${live} live, ${free} free of ${managed}`);
        heap.free(p);
      }
    };
    await Promise.all([startAgent(churn, given).result, startAgent(joins, given).result]);
    heap.validate();
  });

  test('what one agent writes, another reads: refs by their addresses', async () => {
    const heap = Heap.createSync({ shared: true, maximum: 100 });
    const array = heap.alloc(Float64Array, [1, 2, 3]);
    const given = { memory: heap.memory, address: array.byteOffset };
    const made = await startAgent(({ memory, address }, { Heap }) => {
      const heap = Heap.attachSync(memory);
      const array = heap.ref(Float64Array, address, 3);
      array.write(1, 20);
      heap.malloc(1_000_000); // grows
      const ref = heap.alloc(Int32Array, [7, 8, 9]);
      return ref.byteOffset;
    }, given).result;
    assert.deepEqual([...array], [1, 20, 3]);
    const theirs = heap.ref(Int32Array, made, 3);
    assert.deepEqual([...theirs.view], [7, 8, 9], 'in memory that the other one has grown');
    theirs.free();
    throwsCode(() => heap.free(made), 'HeapError', 'double_free');
    heap.validate();
  });

  test('agents that wait for the lock get it in the end', async () => {
    const heap = Heap.createSync({ shared: true, maximum: 10 });
    const lock = lockOf(heap);
    Atomics.store(lock, 0, heldBy(40));
    const agents = [1, 2].map(() => startAgent((memory, { Heap }) => Heap.attachSync(memory, { validate: false }).malloc(100), heap.memory));
    await new Promise((resolve) => setTimeout(resolve, 200)); // they wait, or will
    Atomics.store(lock, 0, free);
    Atomics.notify(lock, 0, 1);
    const blocks = await Promise.all(agents.map(({ result }) => result));
    assert.notEqual(blocks[0], blocks[1]);
    for (const p of blocks) heap.free(p);
    if (settle(heap, Heap, 2)) assert.equal(heap.stat('live'), 0);
  });
}
