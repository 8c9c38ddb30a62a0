// heap.grow(pages): exactly so many pages, the heap's to use, whoever else grows the memory.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Heap } from 'allot';

import { changesNothing, places, policies, throwsCode } from './support/expect.mjs';
import { makeGuest } from './support/guest.mjs';
import { can, startAgent } from './support/runtime.mjs';

const pageBytes = 65536;

/** Runs a test for every kind of heap. */
function everyHeap(name, action) {
  const kinds = places.map((image) => [image, { image }]);
  if (can.shared) kinds.push(['shared', { shared: true, maximum: 1000 }]);
  for (const [kind, options] of kinds) {
    for (const policy of policies) {
      test(`${name} (${kind}, ${policy})`, () => {
        action((more) => {
          const all = { ...options, policy, ...more };
          if (all.memory !== undefined) for (const own of ['shared', 'maximum']) delete all[own];
          return Heap.createSync(all);
        }, kind);
      });
    }
  }
}

/** Allocates as long as the memory need not grow; gives the bytes that were handed out. */
function useUp(heap, length = 1000) {
  const before = heap.buffer.byteLength;
  const blocks = [];
  heap.softMaximum = before;
  try {
    for (;;) {
      const p = heap.malloc(length);
      heap.fill(p, length, 0xee);
      blocks.push(p);
    }
  } catch (error) {
    assert.equal(error.code, 'out_of_memory');
  }
  heap.softMaximum = Infinity;
  assert.equal(heap.buffer.byteLength, before, 'without growing');
  return blocks.length * length;
}

everyHeap('gives the pages there were before, as memory.grow does', (make) => {
  const heap = make({ initial: 3 });
  assert.equal(heap.grow(2), 3);
  assert.equal(heap.buffer.byteLength, 5 * pageBytes);
  assert.equal(heap.grow(1), 5);
  assert.equal(heap.grow(0), 6);
  assert.equal(heap.grow(-0), 6);
  assert.equal(heap.buffer.byteLength, 6 * pageBytes);
  heap.validate();
});

everyHeap('what was grown is used before the memory grows again', (make) => {
  const heap = make();
  useUp(heap);
  for (const pages of [1, 10, 40]) {
    const before = heap.stats();
    const end = heap.buffer.byteLength;
    heap.grow(pages);
    assert.equal(heap.buffer.byteLength, end + pages * pageBytes);
    assert.deepEqual(heap.stats(), before, 'nothing is taken yet');
    heap.validate();
    const used = useUp(heap);
    assert.ok(used > 0.85 * pages * pageBytes, `${used} bytes of ${pages} pages`);
    heap.validate();
  }
});

everyHeap('a large block fits what was grown for it', (make) => {
  const heap = make();
  heap.malloc(100);
  heap.grow(40);
  const end = heap.buffer.byteLength;
  const p = heap.malloc(38 * pageBytes);
  heap.fill(p, 38 * pageBytes, 1);
  assert.equal(heap.buffer.byteLength, end);
  heap.validate();
});

everyHeap('a memory of 0 pages', (make) => {
  const heap = make({ initial: 0 });
  const before = heap.buffer.byteLength / pageBytes; // an image inside needs a page
  assert.equal(heap.grow(2), before);
  assert.equal(heap.buffer.byteLength, (before + 2) * pageBytes);
  assert.ok(useUp(heap) > pageBytes);
  heap.validate();
});

everyHeap('blocks, refs and numbers stay', (make) => {
  const heap = make();
  const ref = heap.alloc(Float64Array, [1.5, 2.5]);
  const p = heap.malloc(3000);
  heap.fill(p, 3000, 7);
  for (let i = 0; i < 5; i++) {
    heap.grow(1);
    assert.deepEqual([...ref], [1.5, 2.5]);
    assert.ok(heap.bytes(p, 3000).every((byte) => byte === 7));
  }
  heap.writeUint8(heap.buffer.byteLength - 1, 9);
  assert.equal(heap.readUint8(heap.buffer.byteLength - 1), 9);
});

everyHeap('others grow the memory too: theirs is left alone, ours is exactly as asked', (make) => {
  const heap = make();
  const theirs = [];
  const growByOthers = (pages) => {
    const begin = heap.buffer.byteLength;
    heap.memory.grow(pages);
    heap.fill(begin, pages * pageBytes, 0xcd);
    theirs.push([begin, pages * pageBytes]);
  };
  for (const [mine, other] of [[1, 1], [3, 2], [2, 1], [10, 5], [1, 1]]) {
    growByOthers(other);
    const before = heap.buffer.byteLength;
    assert.equal(heap.grow(mine), before / pageBytes);
    assert.equal(heap.buffer.byteLength, before + mine * pageBytes, 'not a page more');
    heap.validate();
    if (mine > 1) assert.ok(useUp(heap) > 0.7 * mine * pageBytes);
    heap.validate();
  }
  growByOthers(2);
  for (let i = 0; i < 200; i++) heap.fill(heap.malloc(5000), 5000, 0xee);
  for (const [begin, length] of theirs) {
    assert.ok(heap.bytes(begin, length).every((byte) => byte === 0xcd), `theirs from ${begin} on`);
    throwsCode(() => heap.free(begin + 64), 'HeapError', 'foreign_address');
  }
  const { live, free, metadata, managed } = heap.stats();
  assert.equal(live + free + metadata, managed);
  heap.validate();
});

everyHeap('a page of ours that is too short for its records, before theirs', (make) => {
  for (const recordSizes of [false, true]) {
    for (const pages of [48, 62, 76, 118]) {
      const heap = make({ recordSizes, initial: pages, softMaximum: pages * pageBytes });
      for (const length of [60_000, 5000, 500, 100, 16]) {
        throwsCode(() => {
          for (;;) heap.malloc(length);
        }, 'RangeError', 'out_of_memory');
      }
      heap.softMaximum = Infinity;
      heap.grow(1);
      const begin = heap.buffer.byteLength;
      heap.memory.grow(1);
      heap.fill(begin, pageBytes, 0xcd);
      for (let i = 0; i < 10; i++) heap.fill(heap.malloc(60_000), 60_000, 0xff);
      assert.ok(heap.bytes(begin, pageBytes).every((byte) => byte === 0xcd), `${pages} pages`);
      heap.validate();
    }
  }
});

everyHeap('a guest grows it', (make, kind) => {
  if (kind === 'shared') return; // the guest imports a plain memory
  const heap = make();
  const guest = makeGuest(heap.memory);
  const before = guest.grow(2);
  assert.equal(heap.grow(3), before + 2);
  assert.equal(guest.grow(0), before + 5);
  heap.validate();
});

everyHeap('limits: the memory’s maximum, the soft maximum', (make, kind) => {
  const heap = make({ initial: 2, maximum: 10 });
  heap.malloc(100);
  for (const pages of [9, 100, 65536, 65537, 2 ** 31, 2 ** 32 - 1]) {
    changesNothing(heap, () => heap.grow(pages), 'RangeError', 'out_of_memory', new RegExp(`grow\\(${pages}\\)`));
  }
  heap.softMaximum = 5 * pageBytes + 5000;
  changesNothing(heap, () => heap.grow(4), 'RangeError', 'out_of_memory');
  assert.equal(heap.grow(3), 2);
  changesNothing(heap, () => heap.grow(1), 'RangeError', 'out_of_memory');
  assert.equal(heap.grow(0), 5);
  heap.softMaximum = 0;
  changesNothing(heap, () => heap.grow(1), 'RangeError', 'out_of_memory');
  heap.softMaximum = Infinity;
  assert.equal(heap.grow(5), 5);
  changesNothing(heap, () => heap.grow(1), 'RangeError', 'out_of_memory');
  // Of a shared heap the records take a whole page.
  assert.ok(useUp(heap) > (kind === 'shared' ? 8 : 9) * pageBytes);
  changesNothing(heap, () => heap.grow(1), 'RangeError', 'out_of_memory');
});

everyHeap('limits where others have grown the memory: nothing changes', (make) => {
  const heap = make({ initial: 1, maximum: 20 });
  heap.malloc(100);
  heap.grow(2);
  heap.memory.grow(1);
  heap.softMaximum = 6 * pageBytes;
  changesNothing(heap, () => heap.grow(3), 'RangeError', 'out_of_memory');
  assert.equal(heap.grow(2), 4);
  changesNothing(heap, () => heap.grow(1), 'RangeError', 'out_of_memory');
});

everyHeap('a heap that ends before its memory does is not grown', (make, kind) => {
  if (kind === 'shared') return;
  const memory = new WebAssembly.Memory({ initial: 4, maximum: 20 });
  const heap = make({ memory, begin: 1024, end: 2 * pageBytes + 1000 });
  changesNothing(heap, () => heap.grow(1), 'RangeError', 'out_of_memory');
  assert.equal(heap.grow(0), 4);
  assert.equal(memory.buffer.byteLength, 4 * pageBytes);
  // One that ends further on is grown up to the page in which it ends.
  const other = make({ memory: new WebAssembly.Memory({ initial: 1, maximum: 20 }), end: 3 * pageBytes - 5000 });
  changesNothing(other, () => other.grow(3), 'RangeError', 'out_of_memory');
  assert.equal(other.grow(2), 1);
  changesNothing(other, () => other.grow(1), 'RangeError', 'out_of_memory');
  other.validate();
});

everyHeap('numbers of pages that cannot be', (make) => {
  const heap = make({ maximum: 10 });
  for (const bad of [-1, -65536, NaN, 1.5, Infinity, -Infinity]) {
    changesNothing(heap, () => heap.grow(bad), 'RangeError', 'invalid_number', new RegExp(`pages is ${bad}`));
  }
  for (const bad of ['1', 1n, null, undefined, {}, [1], true, Symbol('1')]) {
    changesNothing(heap, () => heap.grow(bad), 'TypeError', 'wrong_type', /pages/);
  }
  for (const bad of [2 ** 32, 2 ** 53]) changesNothing(heap, () => heap.grow(bad), 'RangeError', 'size_too_large', new RegExp(String(bad)));
});

test('an engine that refuses', () => {
  const memory = new WebAssembly.Memory({ initial: 1 });
  memory.grow = () => {
    throw new RangeError('refused');
  };
  const heap = Heap.createSync({ memory, image: 'outside' });
  changesNothing(heap, () => heap.grow(1), 'RangeError', 'out_of_memory');
});

test('another Heap object has the same pages', () => {
  const heap = Heap.createSync();
  const other = Heap.attachSync(heap.memory);
  heap.grow(5);
  const end = heap.buffer.byteLength;
  other.malloc(4 * pageBytes);
  assert.equal(heap.buffer.byteLength, end, 'they are the heap’s, whichever object uses it');
  assert.equal(other.grow(1), end / pageBytes);
  heap.validate();
});

if (can.sendShared) {
  test('several agents grow a shared memory at once: every page is somebody’s', async () => {
    const heap = Heap.createSync({ shared: true, initial: 1, maximum: 400 });
    const work = ({ memory, gate, agents }, { Heap }) => {
      const heap = Heap.attachSync(memory);
      heap.atomics.add('Int32', gate, 1);
      while (heap.atomics.load('Int32', gate) < agents) heap.atomics.wait('Int32', gate + 4, 0, 1); // begin together
      return Array.from({ length: 40 }, () => heap.grow(2));
    };
    const agents = 2;
    const data = { memory: heap.memory, gate: heap.calloc(16), agents };
    const before = heap.buffer.byteLength / pageBytes;
    const answers = (await Promise.all(Array.from({ length: agents }, () => startAgent(work, data).result))).flat();
    answers.sort((a, b) => a - b);
    // What joining takes comes first.
    const first = answers[0];
    assert.ok(first >= before && first <= before + agents, `${first}`);
    assert.deepEqual(answers, Array.from({ length: 40 * agents }, (_, i) => first + 2 * i), 'each was told another one');
    heap.validate();
    const end = heap.buffer.byteLength;
    assert.equal(end, (first + 80 * agents) * pageBytes);
    heap.malloc(100 * pageBytes);
    assert.equal(heap.buffer.byteLength, end);
    heap.validate();
  });
}
