// Who shares a heap: numbers of agents, what is left of one that was terminated, who learns of its end.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Heap } from 'allot';

import { rejectsCode, throwsCode } from './support/expect.mjs';
import { can, startAgent } from './support/runtime.mjs';

const lockOffset = 720;
const moment = (milliseconds = 1) => new Promise((resolve) => setTimeout(resolve, milliseconds));
/** Where an agent's record is: docs/threads.md. */
const slotOf = (agent) => agent % 128;
const makeHeap = (options) => Heap.createSync({ shared: true, maximum: 100, ...options });

test('a heap that nobody can share has no agents', async () => {
  const heaps = [Heap.createSync(), Heap.createSync({ image: 'outside' }), Heap.adopt({ memory: new WebAssembly.Memory({ initial: 1 }), malloc: () => 16, free() {} })];
  if (can.shared) heaps.push(makeHeap({ image: 'outside' }));
  for (const heap of heaps) {
    assert.equal(heap.agent, undefined);
    assert.deepEqual(heap.agents, []);
    throwsCode(() => heap.reap(0), 'TypeError', 'unsupported_operation');
    await rejectsCode(heap.watch(0), 'TypeError', 'unsupported_operation');
    await rejectsCode(heap.announce(), 'TypeError', 'unsupported_operation');
  }
});

if (can.shared) {
  test('all Heap objects of a thread over one memory object are one agent', () => {
    const heap = makeHeap();
    assert.equal(typeof heap.agent.id, 'number');
    assert.ok(Object.isFrozen(heap.agent));
    for (let i = 0; i < 100; i++) assert.equal(Heap.attachSync(heap.memory).agent.id, heap.agent.id);
    assert.deepEqual(heap.agents, [heap.agent.id]);
    const again = Heap.createSync({ memory: heap.memory });
    assert.deepEqual(again.agents, [again.agent.id]);
  });

  test('what is no agent', () => {
    const heap = makeHeap();
    for (const agent of [-1, 1.5, NaN]) throwsCode(() => heap.reap(agent), 'RangeError', 'invalid_number');
    for (const agent of ['1', undefined, {}]) throwsCode(() => heap.reap(agent), 'TypeError', 'wrong_type');
    throwsCode(() => heap.reap(heap.agent.id), 'TypeError', 'unsupported_operation', /itself/);
    for (const agent of [63, 64, 2 ** 40]) assert.equal(heap.reap(agent), false);
    assert.deepEqual(heap.agents, [heap.agent.id]);
  });
}

if (can.cloneShared) {
  test('as many agents as there can be, and one more', () => {
    const heap = makeHeap();
    const others = [];
    // Another memory object is another agent to the heap, in this thread too.
    while (heap.agents.length < 64) others.push(Heap.attachSync(structuredClone(heap.memory)));
    assert.equal(new Set(others.map(({ agent }) => agent.id)).size, 63);
    const memory = structuredClone(heap.memory);
    throwsCode(() => Heap.attachSync(memory), 'RangeError', 'too_many_agents');
    const blocks = others.map((other, i) => other.malloc(16 + i));
    blocks.forEach((p, i) => others[(i + 1) % others.length].free(p));
    const dead = others[10].agent.id;
    assert.ok(heap.reap(dead));
    assert.ok(!heap.reap(dead));
    const next = Heap.attachSync(memory).agent.id;
    assert.equal(slotOf(next), slotOf(dead), 'its place is free');
    assert.notEqual(next, dead, 'its number is nobody’s');
    assert.ok(!heap.reap(dead), 'late');
    assert.ok(heap.agents.includes(next));
    for (const other of others) if (other.agent.id !== dead) other.stat('live'); // takes in what was freed of its blocks
    heap.validate();
    assert.ok(heap.stat('blocks') <= 1, 'but for the one of the dead agent’s');
  });

  test('the lock is taken from an agent that is no more', () => {
    const heap = makeHeap();
    const other = Heap.attachSync(structuredClone(heap.memory));
    const lock = new Int32Array(heap.buffer, heap.imageAddress + lockOffset, 1);
    const p = other.malloc(100);
    Atomics.store(lock, 0, (other.agent.id + 1) | 2 ** 31);
    assert.ok(heap.reap(other.agent.id));
    assert.equal(Atomics.load(lock, 0), 0);
    heap.free(p);
    heap.validate();
  });

  test('one that died with the lock while it left is listed until it is reaped', () => {
    const heap = makeHeap();
    const gone = Heap.attachSync(structuredClone(heap.memory));
    const number = gone.agent.id;
    gone.detach();
    const lock = new Int32Array(heap.buffer, heap.imageAddress + lockOffset, 1);
    assert.deepEqual(heap.agents, [heap.agent.id]);
    Atomics.store(lock, 0, slotOf(number) + 1);
    assert.deepEqual(heap.agents, [heap.agent.id, number]);
    assert.equal(heap.reap(number), true, 'it had the lock');
    assert.equal(Atomics.load(lock, 0), 0);
    assert.equal(heap.reap(number), false, 'it has nothing any more');
    assert.deepEqual(heap.agents, [heap.agent.id]);
    heap.validate();
  });

  test('one that died while it joined, before anybody knew its number', () => {
    const heap = makeHeap();
    assert.equal(heap.reap('joining'), false, 'nobody joins');
    const gone = Heap.attachSync(structuredClone(heap.memory));
    const number = gone.agent.id;
    gone.free(gone.malloc(100));
    gone.detach();
    const lock = new Int32Array(heap.buffer, heap.imageAddress + lockOffset, 1);
    const view = new DataView(heap.buffer);
    // docs/heap-image.md: the table of agents, and an agent's state.
    const record = Number(view.getBigUint64(heap.imageAddress + 176 + 8 * number, true));
    const [unused, between] = [0, 2];
    assert.equal(view.getUint32(record + 44, true), unused);
    for (const state of [unused, between]) {
      view.setUint32(record + 44, state, true);
      Atomics.store(lock, 0, 64 + 1);
      assert.deepEqual(heap.agents, [heap.agent.id]);
      assert.equal(heap.reap('joining'), true);
      assert.equal(Atomics.load(lock, 0), 0);
      heap.validate();
      const next = Heap.attachSync(structuredClone(heap.memory));
      assert.equal(slotOf(next.agent.id), slotOf(number), 'the place is free');
      next.free(next.malloc(100));
      next.detach();
    }
    heap.validate();
  });
}

if (can.sendShared) {
  /** A worker that allocates, tells who it is, and does nothing more. */
  const idler = async ({ memory, cells, announce }, { Heap }) => {
    const heap = Heap.attachSync(memory);
    if (announce) await heap.announce();
    const p = heap.malloc(100);
    heap.atomics.store('Int32', cells + 4, p);
    heap.atomics.store('Int32', cells, heap.agent.id + 1);
    heap.atomics.notify('Int32', cells);
    await new Promise(() => setInterval(() => {}, 1000)); // for as long as it lives
  };

  const startIdler = async (heap, announce) => {
    const cells = heap.calloc(16);
    const { result, end, worker } = startAgent(idler, { memory: heap.memory, cells, announce });
    let failed;
    result.catch((error) => { failed = error; });
    while (heap.atomics.load('Int32', cells) === 0) {
      if (failed) throw failed;
      await moment();
    }
    const agent = heap.atomics.load('Int32', cells) - 1;
    return { agent, block: heap.readInt32(cells + 4), end, worker };
  };

  test('an agent that was terminated is reaped, and its number is nobody else’s', async () => {
    const heap = makeHeap();
    const first = await startIdler(heap, false);
    assert.notEqual(first.agent, heap.agent.id);
    assert.deepEqual([...heap.agents].sort(), [first.agent, heap.agent.id].sort());
    first.end();
    await moment(20);
    assert.ok(heap.reap(first.agent));
    assert.deepEqual(heap.agents, [heap.agent.id]);
    assert.equal(heap.usableSize(first.block) >= 100, true, 'its blocks stay');
    heap.free(first.block);
    heap.validate();
    const second = await startIdler(heap, false);
    assert.equal(slotOf(second.agent), slotOf(first.agent));
    assert.notEqual(second.agent, first.agent);
    assert.equal(heap.reap(first.agent), false, 'once more');
    assert.deepEqual([...heap.agents].sort(), [second.agent, heap.agent.id].sort());
    second.end();
  });

  if (can.locks) {
    test('an agent that has announced itself is reaped when it ends', async () => {
      const heap = makeHeap();
      const one = await startIdler(heap, true);
      const watching = heap.watch(one.agent);
      const stop = new AbortController();
      const stopped = heap.watch(one.agent, undefined, { signal: stop.signal });
      await moment(10);
      stop.abort(new Error('enough'));
      await assert.rejects(stopped, /enough/);
      assert.deepEqual(heap.agents.length, 2);
      one.end();
      assert.equal(await watching, true);
      assert.deepEqual(heap.agents, [heap.agent.id]);
      assert.equal(await heap.watch(one.agent), false, 'there is no such agent any more');
      heap.free(one.block);
      heap.validate();
    });

    test('an agent that has not announced itself is not taken for dead', async () => {
      const heap = makeHeap();
      const one = await startIdler(heap, false);
      await rejectsCode(heap.watch(one.agent), 'TypeError', 'unsupported_operation', /announced/);
      assert.equal(heap.agents.length, 2);
      one.end();
    });
  } else {
    test('where there are no Web Locks, that is said', async () => {
      const heap = makeHeap();
      const one = await startIdler(heap, false);
      await rejectsCode(heap.announce(), 'TypeError', 'unsupported_operation', /Web Locks/);
      await rejectsCode(heap.watch(one.agent), 'TypeError', 'unsupported_operation', /Web Locks/);
      one.end();
    });
  }

  if (can.workerExit) {
    test('a worker that tells of its end is reaped then', async () => {
      const heap = makeHeap();
      const [first, second] = [await startIdler(heap, false), await startIdler(heap, false)];
      await rejectsCode(heap.watch(first.agent, {}), 'TypeError', 'wrong_type');
      const stop = new AbortController();
      const stopped = heap.watch(first.agent, first.worker, { signal: stop.signal });
      stop.abort(new Error('enough'));
      await assert.rejects(stopped, /enough/);
      const watching = heap.watch(first.agent, first.worker);
      first.end();
      assert.equal(await watching, true);
      assert.deepEqual([...heap.agents].sort(), [second.agent, heap.agent.id].sort());
      second.end();
      while (second.worker.threadId !== -1) await moment();
      assert.equal(await heap.watch(second.agent, second.worker), true, 'it had ended already');
      for (const { block } of [first, second]) heap.free(block);
      heap.validate();
    });

    test('one that left, and ends when another has come in its place, does not take that along', async () => {
      const heap = makeHeap();
      const first = await startIdler(heap, false);
      const watching = heap.watch(first.agent, first.worker);
      // As if it had called detach: to the heap that is the same.
      assert.ok(heap.reap(first.agent));
      const second = await startIdler(heap, false);
      assert.equal(slotOf(second.agent), slotOf(first.agent));
      first.end();
      assert.equal(await watching, false);
      assert.ok(heap.agents.includes(second.agent));
      second.end();
      while (second.worker.threadId !== -1) await moment();
      assert.ok(heap.reap(second.agent));
      for (const { block } of [first, second]) heap.free(block);
      heap.validate();
    });
  }
}
