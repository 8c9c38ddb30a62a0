// Events: who is told of growth, by whomever it was caused; and out of memory, with the hook that may help.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { adopt, Heap } from 'allot';

import { changesNothing, places, throwsCode } from './support/expect.mjs';
import { makeGuest } from './support/guest.mjs';
import { makeRandom } from './support/random.mjs';
import { can, startAgent } from './support/runtime.mjs';

const pageBytes = 65536;

function everyHeap(name, action) {
  for (const image of places) test(`${name} (${image})`, () => action((options) => Heap.createSync({ image, ...options })));
}

/** Everything that a heap tells, as short texts. */
function listen(heap, ...types) {
  const heard = [];
  for (const type of types.length > 0 ? types : ['grow', 'resize', 'trim', 'oom']) {
    heap.on(type, ({ type: told, info }) => {
      heard.push(told === 'oom' ? `oom ${info.byteLength}` : `${told} ${info.oldSize / pageBytes}-${info.newSize / pageBytes}`);
    });
  }
  return heard;
}

everyHeap('growth is told once, grow before resize, by whichever call of the heap causes it', (make) => {
  const heap = make({ initial: 2 });
  const heard = listen(heap);
  heap.grow(1);
  assert.deepEqual(heard.splice(0), ['grow 2-3', 'resize 2-3']);
  heap.grow(0);
  const blocks = [];
  const grows = (action) => {
    const before = heap.buffer.byteLength / pageBytes;
    blocks.push(action());
    const after = heap.buffer.byteLength / pageBytes;
    assert.ok(after > before);
    assert.deepEqual(heard.splice(0), [`grow ${before}-${after}`, `resize ${before}-${after}`]);
  };
  grows(() => heap.malloc(4 * pageBytes));
  grows(() => heap.calloc(40 * pageBytes));
  grows(() => heap.alignedAlloc(pageBytes, 80 * pageBytes));
  grows(() => heap.alloc(Uint8Array, 200 * pageBytes).byteOffset);
  grows(() => heap.realloc(blocks[0], 500 * pageBytes));
  heap.malloc(10);
  heap.free(blocks[1]);
  assert.deepEqual(heard, []);
});

everyHeap('all handlers get the same frozen info, and the memory as it is now', (make) => {
  const heap = make();
  const infos = [];
  heap.on('grow', (event) => infos.push(event));
  heap.on('grow', {}, (event) => infos.push(event));
  heap.on('resize', (event) => infos.push(event));
  heap.grow(2);
  assert.equal(infos.length, 3);
  const [one, two, three] = infos;
  assert.equal(one, two);
  assert.equal(one.info, three.info);
  assert.deepEqual([one.type, three.type], ['grow', 'resize']);
  assert.ok(Object.isFrozen(one) && Object.isFrozen(one.info));
  assert.equal(one.info.memory, heap.memory);
  assert.equal(one.info.buffer, heap.buffer);
  assert.deepEqual([one.info.oldSize, one.info.newSize], [pageBytes, 3 * pageBytes]);
});

everyHeap('growth by others is told by the next call that allocates or comes upon it', (make) => {
  const heap = make({ initial: 1 });
  heap.readInt32(100);
  const heard = listen(heap, 'grow');
  heap.memory.grow(1);
  assert.deepEqual(heard, []);
  heap.malloc(10);
  assert.deepEqual(heard.splice(0), ['grow 1-2']);
  heap.memory.grow(1);
  heap.readInt32(2 * pageBytes);
  assert.deepEqual(heard.splice(0), ['grow 2-3'], 'a read in what is new');
  heap.memory.grow(1);
  heap.readInt32(0); // the old buffer is detached
  assert.deepEqual(heard.splice(0), ['grow 3-4']);
  heap.memory.grow(2);
  heap.refresh();
  assert.deepEqual(heard.splice(0), ['grow 4-6']);
  heap.refresh();
  assert.deepEqual(heard, []);
});

test('growth by a guest is told', () => {
  const heap = Heap.createSync({ initial: 1 });
  const guest = makeGuest(heap.memory);
  const heard = listen(heap, 'grow');
  guest.grow(3);
  heap.refresh();
  assert.deepEqual(heard, ['grow 1-4']);
});

if (can.sendShared) {
  test('growth by another agent is told', async () => {
    const heap = Heap.createSync({ shared: true, initial: 1, maximum: 10 });
    const heard = listen(heap, 'grow');
    const agent = startAgent(async (memory, { Heap }) => {
      (await Heap.attach(memory)).grow(2);
    }, heap.memory);
    await agent.result;
    heap.malloc(10);
    // By what joining takes, and two pages more.
    assert.equal(heard.length, 1);
    assert.equal(heard[0], `grow 1-${heap.buffer.byteLength / 65536}`);
    assert.ok(heap.buffer.byteLength >= 3 * 65536);
  });
}

test('an adopted heap tells of growth, too', () => {
  const inner = Heap.createSync();
  const heap = adopt({ memory: inner.memory, malloc: (n) => inner.malloc(n), free: (p) => inner.free(p) });
  const heard = listen(heap, 'grow');
  heap.malloc(5 * pageBytes);
  assert.equal(heard.length, 1);
  inner.grow(1);
  heap.malloc(10);
  assert.equal(heard.length, 2);
});

everyHeap('a handler is told once per token; off takes one or all of a token', (make) => {
  const heap = make();
  const calls = [];
  const [one, two] = [{}, () => undefined];
  const first = () => calls.push('first');
  const second = () => calls.push('second');
  heap.on('grow', first);
  heap.on('grow', first);
  heap.on('grow', one, first);
  heap.on('grow', one, second);
  heap.on('grow', two, first);
  const told = () => {
    heap.grow(1);
    return calls.splice(0).length;
  };
  assert.equal(told(), 4);
  heap.off('grow', one, first);
  assert.equal(told(), 3);
  heap.off('grow', one);
  assert.equal(told(), 2);
  heap.off('grow', two); // a function as token
  assert.equal(told(), 1);
  heap.off('grow', first);
  assert.equal(told(), 0);
  heap.off('grow', first);
  heap.off('trim', one, second);
  heap.on('grow', first);
  assert.equal(told(), 1, 'and again');
});

everyHeap('what happened while nobody listened is not told', (make) => {
  const heap = make();
  const heard = listen(heap, 'grow');
  const none = () => undefined;
  heap.on('resize', none);
  heap.grow(1);
  heap.off('resize', none);
  assert.deepEqual(heard.splice(0), ['grow 1-2']);
  const other = make();
  other.on('grow', none);
  other.off('grow', none);
  other.grow(4);
  const late = listen(other, 'grow');
  other.refresh();
  assert.deepEqual(late, []);
});

everyHeap('a handler that throws disturbs neither the others nor the caller', (make) => {
  const heap = make();
  const { error } = console;
  const logged = [];
  console.error = (...values) => logged.push(values);
  try {
    const mine = new Error('mine');
    heap.on('grow', () => {
      throw mine;
    });
    const heard = listen(heap, 'grow', 'resize');
    assert.equal(heap.grow(1), 1);
    assert.deepEqual(heard, ['grow 1-2', 'resize 1-2']);
    assert.equal(logged.length, 1);
    assert.ok(logged[0].includes(mine));
  } finally {
    console.error = error;
  }
});

everyHeap('handlers may allocate, grow, and change the handlers; events keep their order', (make) => {
  const heap = make({ initial: 1 });
  const order = [];
  let p;
  const once = () => {
    order.push('a');
    heap.off('grow', once);
    p = heap.calloc(3 * pageBytes);
    heap.on('grow', later);
  };
  const later = ({ info }) => order.push(`later ${info.newSize / pageBytes}`);
  heap.on('grow', once);
  heap.on('grow', ({ info }) => order.push(`b ${info.newSize / pageBytes}`));
  heap.on('resize', ({ info }) => order.push(`r ${info.newSize / pageBytes}`));
  heap.grow(1);
  const pages = heap.buffer.byteLength / pageBytes;
  assert.deepEqual(order, ['a', 'b 2', 'r 2', `b ${pages}`, `later ${pages}`, `r ${pages}`]);
  assert.equal(heap.usableSize(p), 3 * pageBytes);
  heap.validate();
});

everyHeap('a handler that is taken off while others are told is not told any more, nor one that is put there', (make) => {
  const heap = make();
  const [a, b, c] = [{}, {}, {}];
  const heard = [];
  const said = (name) => () => void heard.push(name);
  const [second, third, fourth] = [said('second'), said('third'), said('fourth')];
  heap.on('grow', a, () => {
    heard.push('first');
    heap.off('grow', b);
    heap.off('grow', c, third);
    heap.on('grow', c, third); // anew, so for the next time
    heap.on('grow', fourth);
  });
  heap.on('grow', b, second);
  heap.on('grow', c, said('kept'));
  heap.on('grow', c, third);
  heap.grow(1);
  assert.deepEqual(heard.splice(0), ['first', 'kept']);
  heap.off('grow', a);
  heap.grow(1);
  assert.deepEqual(heard, ['kept', 'third', 'fourth']);
});

everyHeap('a handler that grows during a read leaves a good view', (make) => {
  const heap = make();
  heap.writeInt32(64000, 77);
  let more = 2;
  heap.on('grow', () => {
    if (more-- > 0) heap.memory.grow(1);
  });
  heap.memory.grow(1);
  assert.equal(heap.readInt32(64000), 77);
  heap.memory.grow(1);
  more = 1;
  heap.writeInt32(64000, 78);
  assert.equal(heap.readInt32(64000), 78);
  assert.equal(heap.view(Int32Array, 64000, 1)[0], 78);
});

everyHeap('bad arguments are refused', (make) => {
  const heap = make();
  const none = () => undefined;
  for (const name of ['on', 'off']) {
    throwsCode(() => heap[name]('shrink', none), 'TypeError', 'invalid_option', /type is the string "shrink", not resize, grow, trim, oom/);
    throwsCode(() => heap[name]('grow', 5, none), 'TypeError', 'wrong_type');
    throwsCode(() => heap[name]('grow', {}, 5), 'TypeError', 'wrong_type');
  }
  throwsCode(() => heap.on('grow'), 'TypeError', 'wrong_type');
  throwsCode(() => heap.on('grow', {}), 'TypeError', 'wrong_type');
  throwsCode(() => heap.on('grow', undefined, none), 'TypeError', 'wrong_type');
  throwsCode(() => heap.off('grow'), 'TypeError', 'wrong_type');
  for (const hook of [null, 5, 'x', {}]) throwsCode(() => (heap.onoom = hook), 'TypeError', 'wrong_type');
  assert.equal(heap.onoom, undefined);
});

// ── Out of memory ───────────────────────────────────────────────────────────────────────────────

everyHeap('out of memory is told before the request fails, which changes nothing', (make) => {
  const heap = make({ initial: 2, maximum: 4 });
  const infos = [];
  heap.on('oom', ({ info }) => infos.push(info));
  const p = heap.malloc(10);
  const requests = [
    [() => heap.malloc(5 * pageBytes), 5 * pageBytes],
    [() => heap.calloc(5, pageBytes), 5 * pageBytes],
    [() => heap.alignedAlloc(4096, 6 * pageBytes), 6 * pageBytes],
    [() => heap.realloc(p, 7 * pageBytes), 7 * pageBytes],
    [() => heap.grow(3), 3 * pageBytes],
    [() => heap.alloc(Uint8Array, 5 * pageBytes), 5 * pageBytes],
    [() => heap.scratch(5 * pageBytes), 5 * pageBytes],
  ];
  for (const [request, byteLength] of requests) {
    changesNothing(heap, request, 'RangeError', 'out_of_memory');
    const [info, ...more] = infos.splice(0);
    assert.deepEqual(more, []);
    assert.ok(Object.isFrozen(info));
    assert.deepEqual(info, {
      code: 'out_of_memory',
      byteLength,
      attempt: 1,
      currentCapacity: 2,
      requestCapacity: 2 + byteLength / pageBytes,
      maximumCapacity: 4,
    });
  }
  heap.softMaximum = 3 * pageBytes;
  throwsCode(() => heap.malloc(5 * pageBytes), 'RangeError', 'out_of_memory');
  assert.equal(infos.pop().maximumCapacity, 3);
  heap.quota = 1000;
  throwsCode(() => heap.malloc(2000), 'RangeError', 'quota_exceeded');
  assert.equal(infos.pop().code, 'quota_exceeded');
  throwsCode(() => heap.malloc(2 ** 32), 'RangeError', 'size_too_large');
  throwsCode(() => heap.malloc(-1), 'RangeError', 'invalid_number');
  assert.equal(infos.length, 0, 'those are no shortage');
});

everyHeap('the hook may free, or raise a limit, and have it tried again', (make) => {
  const heap = make({ maximum: 3, softMaximum: 2 * pageBytes, quota: 100000 });
  const told = listen(heap, 'oom');
  const cache = heap.malloc(90000);
  const codes = [];
  heap.onoom = ({ code, byteLength, attempt }) => {
    codes.push(`${code} ${byteLength} ${attempt}`);
    if (code === 'quota_exceeded') heap.quota = Infinity;
    else if (heap.softMaximum < 3 * pageBytes) heap.softMaximum += pageBytes;
    else if (attempt < 4) heap.free(cache);
    else return false;
    return true;
  };
  const p = heap.malloc(110000);
  assert.deepEqual(codes.splice(0), ['quota_exceeded 110000 1', 'out_of_memory 110000 2', 'out_of_memory 110000 3']);
  const usable = heap.usableSize(p);
  assert.ok(usable >= 110000 && usable <= (110000 * 17) / 16, `a long block is rounded up by a sixteenth at most: ${usable}`);
  assert.equal(heap.stat('blocks'), 1);
  heap.onoom = () => false;
  throwsCode(() => heap.malloc(180000), 'RangeError', 'out_of_memory');
  assert.deepEqual(told, ['oom 180000'], 'told only of what failed');
  heap.onoom = undefined;
  heap.free(p);
  heap.validate();
});

everyHeap('a hook helps every way of allocating', (make) => {
  const heap = make({ maximum: 20 });
  const p = heap.malloc(10);
  const ways = [
    () => heap.malloc(50000),
    () => heap.calloc(50000),
    () => heap.alignedAlloc(256, 50000),
    () => heap.alloc(Uint8Array, 50000).byteOffset,
    () => heap.realloc(heap.malloc(10), 50000),
    () => heap.scratch(50000),
  ];
  for (const way of ways) {
    const before = heap.stat('blocks');
    heap.softMaximum = heap.buffer.byteLength;
    const filler = [];
    heap.onoom = undefined;
    for (const size of [20000, 1000, 16]) {
      try {
        for (;;) filler.push(heap.malloc(size));
      } catch (error) {
        assert.equal(error.code, 'out_of_memory');
      }
    }
    if (way === ways[4]) heap.free(filler.pop()); // room for its first block
    let asked = 0;
    heap.onoom = () => {
      asked++;
      while (filler.length > 0) heap.free(filler.pop());
      heap.softMaximum = Infinity;
      return true;
    };
    const got = way();
    assert.equal(asked, 1);
    if (way !== ways[5]) heap.free(got);
    assert.equal(heap.stat('blocks'), before);
    heap.softMaximum = Infinity;
  }
  heap.free(p);
});

everyHeap('a hook that says yes for nothing does not hold the program up', (make) => {
  const heap = make({ maximum: 1 });
  let calls = 0;
  heap.onoom = () => {
    calls++;
    return true;
  };
  throwsCode(() => heap.malloc(100000), 'RangeError', 'out_of_memory');
  assert.ok(calls > 1 && calls < 10000, String(calls));
});

everyHeap('what the hook throws, the request throws; what it asks for itself has to do without it', (make) => {
  const heap = make({ maximum: 1 });
  const mine = new Error('mine');
  heap.onoom = () => {
    throw mine;
  };
  assert.throws(() => heap.malloc(100000), (error) => error === mine);
  let depth = 0;
  heap.onoom = () => {
    depth++;
    throwsCode(() => heap.malloc(200000), 'RangeError', 'out_of_memory');
    return depth < 3;
  };
  throwsCode(() => heap.malloc(100000), 'RangeError', 'out_of_memory');
  assert.equal(depth, 3);
  heap.onoom = () => 'yes';
  throwsCode(() => heap.malloc(100000), 'RangeError', 'out_of_memory');
  heap.validate();
});

everyHeap('a block lives while the quarantine is given up for the next', (make) => {
  const heap = make({ maximum: 2 });
  heap.debug = { quarantine: true };
  let asked = 0;
  heap.onoom = () => {
    asked++;
    return false;
  };
  const told = listen(heap, 'oom');
  for (let i = 0; i < 20; i++) heap.free(heap.malloc(60000));
  assert.equal(asked, 0);
  assert.deepEqual(told, []);
});

test('an adopted allocator is asked again, too', () => {
  const inner = Heap.createSync({ maximum: 2 });
  const malloc = (n) => {
    try {
      return inner.malloc(n);
    } catch {
      return 0;
    }
  };
  const heap = adopt({ memory: inner.memory, malloc, free: (p) => inner.free(p) });
  const cache = heap.malloc(80000);
  const told = [];
  heap.onoom = (info) => {
    told.push(info);
    if (told.length > 1) return false;
    heap.free(cache);
    return true;
  };
  const p = heap.malloc(80000);
  throwsCode(() => heap.malloc(80000), 'RangeError', 'out_of_memory');
  assert.deepEqual(told.map(({ attempt, byteLength }) => [attempt, byteLength]), [[1, 80000], [1, 80000]]);
  heap.free(p);
});

for (const seed of [5, 6]) {
  everyHeap(`growth is never missed and never told twice, seed ${seed}`, (make) => {
    const random = makeRandom(seed);
    const heap = make({ initial: 1, maximum: 200 });
    let known = heap.buffer.byteLength;
    heap.on('grow', ({ info }) => {
      assert.equal(info.oldSize, known);
      assert.ok(info.newSize > known);
      assert.equal(info.newSize, heap.buffer.byteLength);
      known = info.newSize;
      if (random.percent(30)) blocks.push(heap.malloc(random.below(2 * pageBytes)));
    });
    const blocks = [];
    for (let step = 0; step < 400; step++) {
      try {
        if (random.percent(50)) blocks.push(heap.malloc(random.below(pageBytes)));
        else if (random.percent(10)) heap.grow(random.below(3));
        else if (random.percent(10) && heap.buffer.byteLength < 150 * pageBytes) heap.memory.grow(random.below(3));
        else if (blocks.length > 0) heap.free(blocks.splice(random.below(blocks.length), 1)[0]);
      } catch (error) {
        assert.equal(error.code, 'out_of_memory');
      }
    }
    heap.refresh();
    assert.equal(known, heap.buffer.byteLength);
    assert.equal(heap.stat('blocks'), blocks.length);
    heap.validate();
  });
}
