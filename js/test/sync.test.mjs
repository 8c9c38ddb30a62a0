// Mutexes, conditions, semaphores and ring buffers: in one agent, and between agents at work.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Heap } from 'allot';
import { Condition, Mutex, MutexGuard, RingBuffer, Semaphore, SharedObject } from 'allot/sync';

import { rejectsCode, throwsCode } from './support/expect.mjs';
import { makeRandom } from './support/random.mjs';
import { can, packageUrl, setting, startAgent } from './support/runtime.mjs';

const seed = Number(setting('ALLOT_SEED', 20_260_101));
const dispose = Symbol.dispose ?? Symbol.for('Symbol.dispose');
const makeHeap = (options) => Heap.createSync({ shared: true, maximum: 200, ...options });
const cellsOf = (object, count = 4) => new Int32Array(object.heap.buffer, object.byteOffset, count);
const moment = (milliseconds = 1) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Whether a promise is settled already. */
function isSettled(promise) {
  return Promise.race([promise.then(() => true, () => true), moment(5).then(() => false)]);
}

const kinds = {
  Mutex: { Kind: Mutex, make: (heap) => Mutex.create(heap) },
  Condition: { Kind: Condition, make: (heap) => Condition.create(heap) },
  Semaphore: { Kind: Semaphore, make: (heap) => Semaphore.create(heap, 1) },
  RingBuffer: { Kind: RingBuffer, make: (heap) => RingBuffer.create(heap, 100) },
};

test('what is not shared has no such objects', () => {
  const plain = Heap.createSync();
  for (const { make, Kind } of Object.values(kinds)) {
    throwsCode(() => make(plain), 'TypeError', 'cannot_wait', /not shared/);
    throwsCode(() => Kind.at(plain, 16), 'TypeError', 'cannot_wait');
    for (const heap of [undefined, null, 7, {}, { buffer: 7 }]) throwsCode(() => make(heap), 'TypeError', 'wrong_type');
  }
  assert.equal(plain.stat('blocks'), 0);
});

if (can.shared) {
  // ── All of them ───────────────────────────────────────────────────────────────────────────────

  for (const [name, { Kind, make }] of Object.entries(kinds)) {
    test(`${name}: made, found by its address, freed`, () => {
      const heap = makeHeap();
      // What lay there before does not show.
      const p = heap.malloc(4096);
      heap.fill(p, 4096, 255);
      heap.free(p);
      const one = make(heap);
      assert.ok(one instanceof SharedObject && one.heap === heap && !one.isFreed);
      const same = Kind.at(Heap.attachSync(heap.memory), one.byteOffset);
      assert.equal(same.byteOffset, one.byteOffset);
      assert.equal(heap.stat('blocks'), 1);
      one.free();
      assert.equal(heap.stat('blocks'), 0);
      assert.ok(one.isFreed);
      throwsCode(() => one.free(), 'HeapError', 'freed_ref');
      one[dispose](); // was done
      throwsCode(() => same.free(), 'HeapError', 'wrong_object', /freed already/);
      throwsCode(() => Kind.at(heap, one.byteOffset), 'HeapError', 'double_free');
      { const another = make(heap); another[dispose](); assert.ok(another.isFreed); }
      assert.equal(heap.stat('blocks'), 0);
    });

    test(`${name}: what lies at the address is something else`, () => {
      const heap = makeHeap();
      const one = make(heap);
      const others = Object.values(kinds).filter((other) => other.Kind !== Kind).map((other) => other.make(heap));
      for (const { byteOffset } of others) throwsCode(() => Kind.at(heap, byteOffset), 'HeapError', 'wrong_object');
      throwsCode(() => Kind.at(heap, heap.calloc(1000)), 'HeapError', 'wrong_object');
      throwsCode(() => Kind.at(heap, one.byteOffset + 16), 'HeapError', name === 'RingBuffer' ? 'interior_address' : 'wrong_object');
      throwsCode(() => Kind.at(heap, heap.imageAddress), 'HeapError', 'metadata_address');
      throwsCode(() => Kind.at(heap, 2 ** 32), 'HeapError', 'wild_address');
      throwsCode(() => Kind.at(heap, -16), 'RangeError', 'invalid_number');
      throwsCode(() => Kind.at(heap, '16'), 'TypeError', 'wrong_type');
      heap.writeUint8(one.byteOffset, 0);
      throwsCode(() => Kind.at(heap, one.byteOffset), 'HeapError', 'wrong_object');
    });
  }

  test('over an adopted allocator', async () => {
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
    let top = 64;
    const heap = Heap.adopt({ memory, malloc: (bytes) => (top += (bytes + 63) & ~63) - ((bytes + 63) & ~63), free() {} });
    const mutex = Mutex.create(heap);
    const guard = mutex.lock();
    assert.equal(Mutex.at(heap, mutex.byteOffset).tryLock(), undefined);
    guard.unlock();
    (await mutex.lockAsync()).unlock();
    const ring = RingBuffer.create(heap, 64);
    ring.write(Uint8Array.of(1, 2, 3));
    assert.equal(RingBuffer.at(heap, ring.byteOffset).length, 3);
  });

  test('options of a wait with a promise do for others, too, as long as there is no signal in them', () => {
    const heap = makeHeap();
    const options = { timeout: 5, signal: undefined };
    Mutex.create(heap).lock(options).unlock();
    Semaphore.create(heap, 5).acquire(options);
    RingBuffer.create(heap, 64).write(new Uint8Array(1), options);
  });

  test('options that will not do are refused at once, also where nothing is waited for', async () => {
    const heap = makeHeap();
    const [mutex, condition, semaphore] = [Mutex.create(heap), Condition.create(heap), Semaphore.create(heap, 5)];
    const ring = RingBuffer.create(heap, 64);
    const guard = mutex.tryLock();
    const other = Mutex.create(heap);
    const bytes = new Uint8Array(1);
    const wrong = [
      [null, 'TypeError', 'wrong_type'],
      [5, 'TypeError', 'wrong_type'],
      [{ timeout: '5' }, 'TypeError', 'wrong_type'],
      [{ timeout: -1 }, 'RangeError', 'invalid_number'],
      [{ timeOut: 5 }, 'TypeError', 'invalid_option'],
    ];
    for (const [options, ...error] of [...wrong, [{ signal: AbortSignal.abort() }, 'TypeError', 'invalid_option']]) {
      throwsCode(() => other.lock(options), ...error);
      throwsCode(() => semaphore.acquire(options), ...error);
      throwsCode(() => condition.wait(guard, options), ...error);
      throwsCode(() => ring.write(bytes, options), ...error);
      throwsCode(() => ring.read(bytes, options), ...error);
    }
    for (const [options, ...error] of [...wrong, [{ signal: 5 }, 'TypeError', 'wrong_type'], [{ signal: null }, 'TypeError', 'wrong_type']]) {
      await rejectsCode(other.lockAsync(options), ...error);
      await rejectsCode(semaphore.acquireAsync(options), ...error);
      const waiting = condition.waitAsync(guard, options);
      assert.ok(guard.isHeld, 'the mutex was not given back');
      await rejectsCode(waiting, ...error);
      await rejectsCode(ring.writeAsync(bytes, options), ...error);
      await rejectsCode(ring.readAsync(bytes, options), ...error);
    }
    assert.equal(other.holder, undefined);
    assert.equal(ring.length, 0);
    for (let i = 0; i < 5; i++) assert.ok(semaphore.tryAcquire());
  });

  // ── Mutex ─────────────────────────────────────────────────────────────────────────────────────

  test('a mutex, by itself', async () => {
    const heap = makeHeap();
    const mutex = Mutex.create(heap);
    assert.equal(mutex.holder, undefined);
    const guard = mutex.lock();
    assert.ok(guard instanceof MutexGuard && guard.isHeld && guard.mutex === mutex);
    assert.equal(mutex.holder, heap.agent.id);
    assert.equal(mutex.tryLock(), undefined);
    throwsCode(() => mutex.lock(), 'HeapError', 'deadlock');
    await rejectsCode(mutex.lockAsync({ timeout: 5 }), 'HeapError', 'timed_out');
    await rejectsCode(mutex.lockAsync({ timeout: 0 }), 'HeapError', 'timed_out');
    guard.unlock();
    assert.ok(!guard.isHeld);
    throwsCode(() => guard.unlock(), 'HeapError', 'not_held');
    guard[dispose]();
    assert.equal(mutex.holder, undefined);
    { const other = mutex.tryLock(); other[dispose](); assert.ok(!other.isHeld); }
    for (const timeout of [-1, NaN]) {
      const held = mutex.lock();
      await rejectsCode(mutex.lockAsync({ timeout }), 'RangeError', 'invalid_number');
      held.unlock();
    }
    const held = mutex.lock();
    await rejectsCode(mutex.lockAsync({ timeout: '5' }), 'TypeError', 'wrong_type');
    assert.ok(mutex.recover(heap.agent.id));
    assert.ok(!mutex.recover(heap.agent.id));
    throwsCode(() => held.unlock(), 'HeapError', 'not_held', /taken away/);
    throwsCode(() => mutex.recover(-1), 'RangeError', 'invalid_number');
    cellsOf(mutex)[1] = 1000;
    await rejectsCode(mutex.lockAsync(), 'HeapError', 'wrong_object');
  });

  for (const waitAsync of [true, false]) {
    if (waitAsync && !can.waitAsync) continue;
    const where = waitAsync ? '' : ', without Atomics.waitAsync';
    /** Runs a body where there is no Atomics.waitAsync. */
    const run = async (body) => {
      if (waitAsync) return body();
      const original = Object.getOwnPropertyDescriptor(Atomics, 'waitAsync');
      delete Atomics.waitAsync;
      try {
        return await body();
      } finally {
        if (original) Object.defineProperty(Atomics, 'waitAsync', original);
      }
    };

    test(`tasks of one agent take turns at a mutex${where}`, () => run(async () => {
      const mutex = Mutex.create(makeHeap());
      let inside = 0;
      const order = [];
      const task = async (name) => {
        for (let i = 0; i < 5; i++) {
          const guard = await mutex.lockAsync();
          assert.equal(inside++, 0);
          order.push(name);
          await moment();
          inside--;
          guard.unlock();
        }
      };
      await Promise.all(['a', 'b', 'c'].map(task));
      assert.equal(order.length, 15);
      assert.equal(mutex.holder, undefined);
    }));

    test(`who stops waiting takes no wake away${where}`, () => run(async () => {
      const mutex = Mutex.create(makeHeap());
      const guard = mutex.lock();
      const stop = new AbortController();
      const first = mutex.lockAsync({ signal: stop.signal });
      const second = mutex.lockAsync();
      await moment(5);
      stop.abort(new Error('enough'));
      await assert.rejects(first, /enough/);
      assert.equal(await isSettled(second), false);
      guard.unlock();
      (await second).unlock();
      await assert.rejects(mutex.lockAsync({ signal: AbortSignal.abort(new Error('before')) }), /before/);
      assert.equal(mutex.holder, undefined);
    }));

    test(`a condition wakes one or all, and the mutex is held again${where}`, () => run(async () => {
      const heap = makeHeap();
      const [mutex, condition] = [Mutex.create(heap), Condition.create(heap)];
      let woken = 0;
      const task = async () => {
        const guard = await mutex.lockAsync();
        await condition.waitAsync(guard);
        assert.ok(guard.isHeld && mutex.holder === heap.agent.id);
        woken++;
        guard.unlock();
      };
      const tasks = [task(), task(), task()];
      await moment(20);
      assert.equal(woken, 0);
      condition.notifyOne();
      await Promise.race(tasks);
      if (waitAsync) assert.equal(woken, 1);
      condition.notifyAll();
      await Promise.all(tasks);
      assert.equal(woken, 3);
      assert.equal(mutex.holder, undefined);
    }));

    test(`waiting for a condition in vain: the mutex is held again${where}`, () => run(async () => {
      const heap = makeHeap();
      const [mutex, condition] = [Mutex.create(heap), Condition.create(heap)];
      const guard = mutex.lock();
      await rejectsCode(condition.waitAsync(guard, { timeout: 5 }), 'HeapError', 'timed_out');
      assert.ok(guard.isHeld && mutex.holder === heap.agent.id);
      await assert.rejects(condition.waitAsync(guard, { signal: AbortSignal.timeout(5) }), { name: 'TimeoutError' });
      assert.ok(guard.isHeld && mutex.holder === heap.agent.id);
      guard.unlock();
      await rejectsCode(condition.waitAsync(guard), 'HeapError', 'not_held');
      await rejectsCode(condition.waitAsync(mutex), 'TypeError', 'wrong_type');
    }));

    test(`a semaphore lets so many in${where}`, () => run(async () => {
      const semaphore = Semaphore.create(makeHeap(), 2);
      let [inside, largest] = [0, 0];
      const task = async () => {
        await semaphore.acquireAsync();
        largest = Math.max(largest, ++inside);
        await moment(2);
        inside--;
        semaphore.release();
      };
      await Promise.all(Array.from({ length: 7 }, task));
      assert.equal(largest, 2);
      assert.equal(semaphore.count, 2);
      assert.equal(cellsOf(semaphore)[2], 0, 'nobody waits');
      semaphore.acquire();
      assert.ok(semaphore.tryAcquire());
      assert.ok(!semaphore.tryAcquire());
      await rejectsCode(semaphore.acquireAsync({ timeout: 5 }), 'HeapError', 'timed_out');
      const stop = new AbortController();
      const [first, second] = [semaphore.acquireAsync({ signal: stop.signal }), semaphore.acquireAsync()];
      await moment(5);
      stop.abort();
      await assert.rejects(first, { name: 'AbortError' });
      semaphore.release();
      await second;
      assert.deepEqual([semaphore.count, cellsOf(semaphore)[2]], [0, 0]);
    }));

    test(`a ring hands over in time${where}`, () => run(async () => {
      const ring = RingBuffer.create(makeHeap(), 16);
      const read = new Uint8Array(100);
      const reading = ring.readAsync(read);
      await rejectsCode(ring.readAsync(read), 'TypeError', 'unsupported_operation');
      throwsCode(() => ring.read(read), 'TypeError', 'unsupported_operation');
      assert.equal(await isSettled(reading), false);
      ring.write(Uint8Array.of(1, 2, 3));
      assert.equal(await reading, 3);
      assert.deepEqual([...read.subarray(0, 3)], [1, 2, 3]);
      const writing = ring.writeAsync(new Uint8Array(40).map((_, i) => i));
      await rejectsCode(ring.writeAsync(read), 'TypeError', 'unsupported_operation');
      const got = [];
      while (got.length < 40) got.push(...read.subarray(0, await ring.readAsync(read)));
      await writing;
      assert.deepEqual(got, Array.from({ length: 40 }, (_, i) => i));
      await rejectsCode(ring.readAsync(read, { timeout: 5 }), 'HeapError', 'timed_out');
      await assert.rejects(ring.readAsync(read, { signal: AbortSignal.timeout(5) }), { name: 'TimeoutError' });
      const last = ring.readAsync(read);
      ring.close();
      assert.equal(await last, 0);
    }));
  }

  test('a count that no semaphore can have', () => {
    const heap = makeHeap();
    for (const count of [-1, 1.5, 2 ** 31]) throwsCode(() => Semaphore.create(heap, count), 'RangeError', 'invalid_number');
    assert.equal(heap.stat('blocks'), 0);
    const semaphore = Semaphore.create(heap, 2 ** 31 - 1);
    throwsCode(() => semaphore.release(), 'RangeError', 'invalid_number');
    semaphore.acquire();
    semaphore.release(0);
    semaphore.release(1);
    assert.equal(semaphore.count, 2 ** 31 - 1);
  });

  if (can.waitOnThisThread) {
    test('asleep, in vain', () => {
      const heap = makeHeap();
      const [semaphore, ring] = [Semaphore.create(heap), RingBuffer.create(heap, 16)];
      throwsCode(() => semaphore.acquire({ timeout: 5 }), 'HeapError', 'timed_out');
      throwsCode(() => ring.read(new Uint8Array(1), { timeout: 5 }), 'HeapError', 'timed_out');
      throwsCode(() => ring.write(new Uint8Array(17), { timeout: 5 }), 'HeapError', 'timed_out');
      assert.equal(ring.length, 16, 'what there was room for was written');
      const [mutex, condition] = [Mutex.create(heap), Condition.create(heap)];
      const guard = mutex.lock();
      throwsCode(() => condition.wait(guard, { timeout: 5 }), 'HeapError', 'timed_out');
      assert.ok(guard.isHeld && mutex.holder === heap.agent.id);
      assert.equal(cellsOf(semaphore)[2], 0);
    });
  } else {
    test('a thread that may not sleep is told so', () => {
      const heap = makeHeap();
      const [semaphore, ring, mutex] = [Semaphore.create(heap, 1), RingBuffer.create(heap, 16), Mutex.create(heap)];
      semaphore.acquire(); // has not to wait
      throwsCode(() => semaphore.acquire(), 'TypeError', 'cannot_wait');
      throwsCode(() => ring.read(new Uint8Array(1)), 'TypeError', 'cannot_wait');
      const guard = mutex.lock();
      throwsCode(() => Condition.create(heap).wait(guard), 'TypeError', 'cannot_wait');
      assert.ok(guard.isHeld && mutex.holder === heap.agent.id, 'it was not given back');
      assert.equal(cellsOf(semaphore)[2], 0);
    });
  }

  // ── Ring buffer ───────────────────────────────────────────────────────────────────────────────

  test('a ring, against an array, while its counters come round', () => {
    const random = makeRandom(seed);
    for (const wanted of [0, 16, 17, 100, 1000]) {
      const ring = RingBuffer.create(makeHeap(), wanted);
      assert.equal(ring.capacity, Math.max(16, 2 ** Math.ceil(Math.log2(Math.max(1, wanted)))));
      const start = 2 ** 32 - 3 * ring.capacity - random.below(10);
      const cells = cellsOf(ring, 48);
      cells[16] = cells[32] = start;
      const inside = [];
      let next = 0;
      for (let i = 0; i < 2000; i++) {
        const bytes = Uint8Array.from({ length: random.below(2 * ring.capacity) }, () => next++ & 255);
        if (random.percent(50)) {
          const count = ring.tryWrite(i % 3 === 0 ? bytes.buffer : bytes);
          assert.equal(count, Math.min(bytes.length, ring.capacity - inside.length));
          inside.push(...bytes.subarray(0, count));
        } else {
          const target = new Uint8Array(bytes.length + 2).fill(0xee);
          const count = ring.tryRead(target.subarray(1, -1));
          assert.equal(count, Math.min(bytes.length, inside.length));
          assert.deepEqual([...target.subarray(1, 1 + count)], inside.splice(0, count));
          assert.ok(target[0] === 0xee && target.subarray(1 + count).every((byte) => byte === 0xee));
        }
        assert.equal(ring.length, inside.length);
      }
      assert.ok((cells[16] >>> 0) < start, 'they came round');
    }
  });

  test('a ring that is closed is read to its end', () => {
    const ring = RingBuffer.create(makeHeap(), 16);
    ring.write(Uint8Array.of(1, 2, 3));
    ring.close();
    assert.ok(ring.isClosed);
    throwsCode(() => ring.write(Uint8Array.of(4)), 'HeapError', 'closed');
    throwsCode(() => ring.tryWrite(Uint8Array.of(4)), 'HeapError', 'closed');
    const bytes = new Uint16Array(1);
    assert.equal(ring.read(bytes), 2);
    assert.equal(ring.read(bytes), 1);
    assert.equal(ring.read(bytes), 0);
    assert.equal(ring.read(new Uint8Array(0)), 0);
  });

  test('a ring that was overwritten, and what is no bytes', () => {
    const heap = makeHeap();
    const ring = RingBuffer.create(heap, 16);
    for (const bytes of [undefined, null, [1], 'text', 7]) {
      throwsCode(() => ring.write(bytes), 'TypeError', 'wrong_type');
      throwsCode(() => ring.tryRead(bytes), 'TypeError', 'wrong_type');
    }
    const away = new Uint8Array(8);
    structuredClone(away.buffer, { transfer: [away.buffer] });
    throwsCode(() => ring.tryWrite(away), 'TypeError', 'wrong_type', /source was transferred away/);
    throwsCode(() => ring.tryRead(away), 'TypeError', 'wrong_type', /target was transferred away/);
    throwsCode(() => RingBuffer.create(heap, 2 ** 30 + 1), 'RangeError', 'size_too_large');
    throwsCode(() => RingBuffer.create(heap, -1), 'RangeError', 'invalid_number');
    const cells = cellsOf(ring, 48);
    cells[16] = 17;
    throwsCode(() => ring.tryRead(new Uint8Array(1)), 'HeapError', 'wrong_object');
    throwsCode(() => ring.tryWrite(new Uint8Array(1)), 'HeapError', 'wrong_object');
    cells[16] = 0;
    for (const capacity of [0, 15, 17, -(2 ** 31), 2 ** 30, 1024]) {
      cells[1] = capacity;
      throwsCode(() => RingBuffer.at(heap, ring.byteOffset), 'HeapError', 'wrong_object');
    }
  });
}

// ── Several agents ──────────────────────────────────────────────────────────────────────────────

if (can.sendShared) {
  const url = packageUrl('allot/sync');
  const start = (body, heap, given) => startAgent(body, { memory: heap.memory, url, ...given });
  const rounds = 300;

  test('a mutex between agents: a plain counter comes out right', async () => {
    const heap = makeHeap();
    const mutex = Mutex.create(heap);
    const at = heap.calloc(16);
    const agents = Array.from({ length: 3 }, () => start(async ({ memory, url: from, mutex: where, at: counter, rounds: count }, { Heap }) => {
      const { Mutex } = await import(from);
      const heap = Heap.attachSync(memory);
      const mutex = Mutex.at(heap, where);
      for (let i = 0; i < count; i++) {
        const guard = i % 2 === 0 ? mutex.lock() : await mutex.lockAsync();
        if (mutex.holder !== heap.agent.id) throw new Error(`held by ${mutex.holder}`);
        const before = heap.readInt32(counter);
        for (let spin = 0; spin < 50; spin++) heap.readInt32(counter + 4);
        heap.writeInt32(counter, before + 1);
        guard.unlock();
      }
    }, heap, { mutex: mutex.byteOffset, at, rounds }).result);
    for (let i = 0; i < rounds; i++) {
      const guard = await mutex.lockAsync();
      heap.writeInt32(at, heap.readInt32(at) + 1);
      guard.unlock();
    }
    await Promise.all(agents);
    assert.equal(heap.readInt32(at), 4 * rounds);
    assert.equal(mutex.holder, undefined);
  });

  test('a mutex that a terminated agent held', async () => {
    const heap = makeHeap();
    const mutex = Mutex.create(heap);
    const told = heap.alloc('Int32', 0);
    const { result, end } = start(async ({ memory, url: from, mutex: where, told: tell }, { Heap }) => {
      const { Mutex } = await import(from);
      const heap = Heap.attachSync(memory);
      Mutex.at(heap, where).lock();
      heap.atomics.store('Int32', tell, heap.agent.id + 1);
      for (;;) heap.atomics.wait('Int32', tell, heap.agent.id + 1);
    }, heap, { mutex: mutex.byteOffset, told: told.byteOffset });
    result.catch(() => {});
    while (told.load() === 0) await moment();
    const agent = told.load() - 1;
    assert.equal(mutex.holder, agent);
    assert.ok(!mutex.recover(heap.agent.id));
    const waiting = mutex.lockAsync();
    end();
    assert.equal(await isSettled(waiting), false);
    assert.ok(mutex.recover(agent));
    (await waiting).unlock();
    assert.ok(heap.reap(agent));
    assert.equal(mutex.holder, undefined);
  });

  test('a queue with a mutex and a condition, asleep at one end', async () => {
    const heap = makeHeap();
    const [mutex, filled] = [Mutex.create(heap), Condition.create(heap)];
    const queue = heap.alloc(Int32Array, 2 + 8); // how many, which was last, and eight of them
    const given = { mutex: mutex.byteOffset, filled: filled.byteOffset, queue: queue.byteOffset, rounds };
    const { result } = start(async ({ memory, url: from, mutex: m, filled: f, queue: q, rounds: count }, { Heap }) => {
      const { Mutex, Condition } = await import(from);
      const heap = Heap.attachSync(memory);
      const [mutex, filled] = [Mutex.at(heap, m), Condition.at(heap, f)];
      const queue = heap.ref(Int32Array, q, 10);
      const got = [];
      while (got.length < count) {
        const guard = mutex.lock();
        while (queue.read(0) === 0) filled.wait(guard);
        while (queue.read(0) > 0) {
          got.push(queue.read(2));
          queue.write(0, queue.read(0) - 1);
          for (let i = 2; i < 9; i++) queue.write(i, queue.read(i + 1));
        }
        filled.notifyAll();
        guard.unlock();
      }
      return got;
    }, heap, given);
    for (let i = 0; i < rounds; i++) {
      const guard = await mutex.lockAsync();
      while (queue.read(0) === 8) await filled.waitAsync(guard);
      queue.write(2 + queue.read(0), i);
      queue.write(0, queue.read(0) + 1);
      filled.notifyAll();
      guard.unlock();
    }
    assert.deepEqual(await result, Array.from({ length: rounds }, (_, i) => i));
  });

  test('a semaphore between agents', async () => {
    const heap = makeHeap();
    const [full, empty] = [Semaphore.create(heap, 0), Semaphore.create(heap, 4)];
    const cell = heap.alloc('Int32', 0);
    const { result } = start(async ({ memory, url: from, full: f, empty: e, cell: at, rounds: count }, { Heap }) => {
      const { Semaphore } = await import(from);
      const heap = Heap.attachSync(memory);
      const [full, empty] = [Semaphore.at(heap, f), Semaphore.at(heap, e)];
      let most = 0;
      for (let i = 0; i < count; i++) {
        full.acquire();
        most = Math.max(most, heap.atomics.sub('Int32', at, 1));
        empty.release();
      }
      return most;
    }, heap, { full: full.byteOffset, empty: empty.byteOffset, cell: cell.byteOffset, rounds });
    for (let i = 0; i < rounds; i++) {
      await empty.acquireAsync();
      cell.add(1);
      full.release();
    }
    assert.ok((await result) <= 4);
    assert.equal(cell.load(), 0);
    assert.deepEqual([full.count, empty.count], [0, 4]);
  });

  test('a ring from one agent to the next, to this one', async () => {
    const heap = makeHeap();
    const rings = [RingBuffer.create(heap, 64), RingBuffer.create(heap, 16)];
    const total = 20_000;
    const given = { rings: rings.map(({ byteOffset }) => byteOffset), total };
    const writer = start(async ({ memory, url: from, rings: [at], total: count }, { Heap }) => {
      const { RingBuffer } = await import(from);
      const ring = RingBuffer.at(Heap.attachSync(memory), at);
      for (let i = 0; i < count; ) {
        const bytes = Uint8Array.from({ length: Math.min(1 + (i % 97), count - i) }, (_, j) => (i + j) * 7);
        ring.write(bytes);
        i += bytes.length;
      }
      ring.close();
    }, heap, given).result;
    const middle = start(async ({ memory, url: from, rings: [first, second] }, { Heap }) => {
      const { RingBuffer } = await import(from);
      const heap = Heap.attachSync(memory);
      const [source, target] = [RingBuffer.at(heap, first), RingBuffer.at(heap, second)];
      const bytes = new Uint8Array(50);
      for (let count; (count = source.read(bytes)) > 0; ) await target.writeAsync(bytes.subarray(0, count));
      target.close();
    }, heap, given).result;
    const bytes = new Uint8Array(33);
    let at = 0;
    for (let count; (count = await rings[1].readAsync(bytes)) > 0; ) {
      for (let i = 0; i < count; i++) assert.equal(bytes[i], ((at + i) * 7) & 255);
      at += count;
    }
    assert.equal(at, total);
    await Promise.all([writer, middle]);
  });
}
