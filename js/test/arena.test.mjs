// Arenas: blocks one behind the other, taken back all at once or since a mark.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Arena, Heap, struct } from 'allot';

import { changesNothing, places, throwsCode } from './support/expect.mjs';
import { makeRandom } from './support/random.mjs';

function everyHeap(name, action) {
  for (const image of places) test(`${name} (${image})`, () => action((options) => Heap.createSync({ image, ...options })));
}

everyHeap('blocks lie one behind the other, in pieces of the heap', (make) => {
  const heap = make();
  const arena = heap.arena({ byteLength: 1000 });
  assert.ok(arena instanceof Arena);
  assert.equal(heap.stat('blocks'), 0, 'nothing is taken before it is needed');
  assert.equal(arena.byteLength, 0);
  const a = arena.malloc(10);
  const b = arena.malloc(16);
  const c = arena.malloc(1);
  assert.deepEqual([b - a, c - b], [16, 16]);
  assert.equal(arena.used, 33);
  assert.equal(arena.byteLength, 1000);
  assert.equal(heap.stat('blocks'), 1);
  const large = arena.malloc(5000);
  assert.equal(heap.stat('blocks'), 2);
  heap.fill(large, 5000, 1);
  assert.ok(arena.byteLength >= 6000);
  arena.free();
  assert.equal(heap.stat('blocks'), 0);
  assert.equal(arena.used, 0);
  heap.validate();
});

everyHeap('alignment is what was asked for, and numbers are packed', (make) => {
  const heap = make();
  const arena = heap.arena();
  const bytes = arena.alloc(Uint8Array, 3);
  const words = arena.alloc(Int32Array, [1, 2]);
  const more = arena.alloc('Int32', 3);
  assert.equal(words.byteOffset - bytes.byteOffset, 4);
  assert.equal(more.byteOffset - words.byteOffset, 8);
  for (const alignment of [1, 2, 8, 64, 4096, 65536]) {
    const p = arena.alignedAlloc(alignment, 10);
    assert.equal(p % alignment, 0);
    heap.fill(p, 10, alignment & 0xff);
  }
  assert.deepEqual([...words.view], [1, 2]);
  for (const alignment of [0, 3, 24, 2 ** 33]) {
    throwsCode(() => arena.alignedAlloc(alignment, 8), 'RangeError', 'invalid_alignment');
  }
});

everyHeap('typed blocks are zeroed, even where something lay before', (make) => {
  const heap = make();
  const arena = heap.arena({ byteLength: 4096 });
  const p = arena.malloc(4000);
  heap.fill(p, 4000, 0xee);
  arena.reset();
  const Point = struct({ x: 'Int32', y: 'Float64', name: { string: 'utf8', byteLength: 8 } });
  const point = arena.alloc(Point, { x: 1 });
  assert.deepEqual([point.x, point.y], [1, 0]);
  const list = arena.allocArray(Point, 3);
  assert.equal(list.read(2).y, 0);
  assert.deepEqual([...heap.bytes(arena.calloc(3, 5), 15)], new Array(15).fill(0));
  assert.equal(arena.allocString('héllo').value, 'héllo');
  assert.deepEqual([...arena.allocArray('Int16', [5, 6], { byteStride: 4 })], [5, 6]);
  assert.deepEqual([...arena.alloc(Float32Array, [0.5]).view], [0.5]);
});

everyHeap('refs end when the arena goes back beyond them', (make) => {
  const heap = make();
  const arena = heap.arena();
  const early = arena.alloc('Int32', 1);
  const mark = arena.mark();
  const late = arena.alloc('Int32', 2);
  arena.reset(mark);
  assert.equal(early.value, 1);
  throwsCode(() => late.value, 'HeapError', 'freed_ref');
  const again = arena.alloc('Int32', 3);
  assert.equal(again.byteOffset, early.byteOffset + 4, 'the same place again');
  arena.reset();
  throwsCode(() => early.value, 'HeapError', 'freed_ref');
  throwsCode(() => again.value, 'HeapError', 'freed_ref');
});

everyHeap('marks lie in each other, and are good until the arena goes back beyond them', (make) => {
  const heap = make();
  const arena = heap.arena({ byteLength: 256 });
  const start = arena.mark();
  arena.malloc(100);
  const one = arena.mark();
  assert.ok(Object.isFrozen(one));
  assert.equal(one.used, 100);
  arena.malloc(400);
  const two = arena.mark();
  const p = arena.malloc(10);
  arena.reset(two);
  assert.equal(arena.malloc(10), p);
  arena.reset(two);
  arena.reset(one);
  assert.equal(arena.used, 100);
  throwsCode(() => arena.reset(two), 'HeapError', 'stale_mark');
  assert.equal(arena.used, 100, 'nothing changed');
  arena.reset(start);
  assert.equal(arena.used, 0);
  arena.reset();
  for (const mark of [start, one, two, heap.arena().mark(), { used: 0 }]) {
    throwsCode(() => arena.reset(mark), 'HeapError', 'stale_mark');
  }
  for (const mark of [null, 1, 'x']) throwsCode(() => arena.reset(mark), 'TypeError', 'wrong_type');
});

everyHeap('what an arena was reset from is used again, without the heap', (make) => {
  const heap = make();
  const arena = heap.arena({ byteLength: 1024 });
  const fill = () => Array.from({ length: 50 }, (_, i) => arena.malloc(i * 10));
  const first = fill();
  const before = heap.stats();
  arena.reset();
  assert.deepEqual(fill(), first);
  assert.deepEqual(heap.stats(), before);
});

everyHeap('a block in an arena cannot be freed by itself, nor its piece by mistake', (make) => {
  const heap = make();
  const arena = heap.arena();
  const p = arena.malloc(64);
  changesNothing(heap, () => heap.free(p), 'HeapError', 'interior_address');
  const ref = arena.alloc('Int32', 1);
  changesNothing(heap, () => ref.free(), 'TypeError', 'unsupported_operation');
  assert.equal(ref.value, 1);
  ref[Symbol.dispose ?? Symbol.for('Symbol.dispose')]();
  assert.equal(ref.value, 1);
});

everyHeap('an arena of a token goes with it; its pieces carry its tag', (make) => {
  const heap = make({ track: true });
  const token = {};
  const arena = heap.arena({ token, tag: 'frames' });
  arena.malloc(10);
  assert.deepEqual(heap.tracked({ tag: 'frames' }).map(({ byteLength }) => byteLength), [65536]);
  assert.equal(heap.freeAll({ token }), 1);
  assert.equal(heap.stat('blocks'), 0);
});

everyHeap('what frees a piece through the heap ends the refs into it, and the arena goes on in others', (make) => {
  const heap = make({ track: true });
  const arena = heap.arena({ byteLength: 1024 });
  const ref = arena.alloc('Int32', 42);
  assert.equal(heap.freeAll(), 1);
  throwsCode(() => ref.value, 'HeapError', 'freed_ref');
  assert.deepEqual([arena.used, arena.byteLength], [0, 0]);
  const stranger = heap.alloc(Int32Array, 256);
  arena.alloc(Int32Array, 20).view.fill(-1);
  assert.ok(stranger.view.every((word) => word === 0));
  arena.free();
  assert.equal(stranger.isFreed, false);
  assert.equal(heap.stat('blocks'), 1);
  heap.validate();
});

everyHeap('a scope that is the token of an arena ends what it had, and may be used again', (make) => {
  const heap = make();
  let arena;
  const first = heap.scope((scope) => {
    arena = heap.arena({ token: scope, byteLength: 256 });
    return arena.alloc('Int32', 1);
  });
  assert.equal(heap.stat('blocks'), 0);
  throwsCode(() => first.value, 'HeapError', 'freed_ref');
  const other = heap.alloc(Int32Array, 40);
  const scope = heap.scope();
  const second = heap.arena({ token: scope }).alloc('Int32', 7);
  assert.ok(other.view.every((word) => word === 0));
  scope.free();
  assert.equal(second.isFreed, true);
  assert.equal(other.isFreed, false);
});

everyHeap('of several pieces one is lost: the others keep what they have, marks behind it are stale', (make) => {
  const heap = make();
  const arena = heap.arena({ byteLength: 256 });
  const pieceOf = (at) => [...heap.blocks()].find(({ byteOffset, byteLength }) => at >= byteOffset && at < byteOffset + byteLength).byteOffset;
  const refs = [];
  const marks = [];
  const used = [];
  for (let piece = 0; piece < 4; piece++) {
    refs.push(arena.alloc(Uint8Array, 200));
    marks.push(arena.mark());
    used.push(arena.used);
  }
  refs.forEach((ref, i) => ref.view.fill(i + 1));
  heap.free(pieceOf(refs[1].byteOffset));
  assert.deepEqual(refs.map((ref) => ref.isFreed), [false, true, false, false]);
  assert.equal(arena.used, used[3] - (used[1] - used[0]));
  for (const mark of marks.slice(1)) throwsCode(() => arena.reset(mark), 'HeapError', 'stale_mark');
  heap.free(pieceOf(refs[3].byteOffset));
  assert.equal(arena.used, used[2] - (used[1] - used[0]));
  // The piece before it still has room behind what lies there.
  const small = arena.malloc(8);
  assert.equal(pieceOf(small), pieceOf(refs[2].byteOffset));
  heap.fill(small, 8, 0xff);
  assert.ok(refs[2].view.every((byte) => byte === 3));
  assert.ok(refs[0].view.every((byte) => byte === 1));
  arena.reset(marks[0]);
  assert.equal(arena.used, used[0]);
  assert.deepEqual(refs.map((ref) => ref.isFreed), [false, true, true, true]);
  heap.free(pieceOf(refs[0].byteOffset));
  assert.equal(arena.used, 0);
  arena.alloc('Int32', 5);
  arena.free();
  assert.equal(heap.stat('blocks'), 0);
  heap.validate();
});

everyHeap('marking one place again and again makes one mark', (make) => {
  const arena = make().arena();
  const empty = arena.mark();
  assert.equal(arena.mark(), empty);
  const p = arena.malloc(16);
  const mark = arena.mark();
  assert.notEqual(mark, empty);
  for (let i = 0; i < 3; i++) {
    arena.alloc('Int32', i);
    assert.notEqual(arena.mark(), mark);
    arena.reset(mark);
    assert.equal(arena.mark(), mark);
  }
  arena.reset(empty);
  assert.equal(arena.mark(), empty);
  assert.equal(arena.malloc(16), p);
});

everyHeap('an arena whose piece was overrun is freed all the same, and says so', (make) => {
  const heap = make();
  heap.debug = { canaries: true };
  const arena = heap.arena({ byteLength: 64 });
  for (let i = 0; i < 5; i++) arena.malloc(40);
  const [, piece] = [...heap.blocks()].filter(({ kind }) => kind === 'live');
  heap.writeUint8(piece.byteOffset + 64, 1); // the first byte behind it
  throwsCode(() => arena.free(), 'HeapError', 'overrun');
  assert.equal(heap.stat('live'), 0);
  arena.free();
  heap.validate();
});

everyHeap('bad arguments are refused, out of memory changes nothing', (make) => {
  const heap = make({ maximum: 1 });
  for (const options of [null, 1, 'x']) throwsCode(() => heap.arena(options), 'TypeError', 'wrong_type');
  throwsCode(() => heap.arena({ byteLength: '1' }), 'TypeError', 'wrong_type');
  throwsCode(() => heap.arena({ byteLength: -1 }), 'RangeError', 'invalid_number');
  throwsCode(() => heap.arena({ tag: 1 }), 'TypeError', 'wrong_type');
  throwsCode(() => heap.arena({ token: 1 }), 'TypeError', 'wrong_type');
  const arena = heap.arena({ byteLength: 1 });
  const p = arena.malloc(1);
  for (const [bytes, kind, code] of [[-1, 'RangeError', 'invalid_number'], [1.5, 'RangeError', 'invalid_number'], ['1', 'TypeError', 'wrong_type'],
    [2 ** 32, 'RangeError', 'size_too_large'], [2 ** 31, 'RangeError', 'out_of_memory'], [70000, 'RangeError', 'out_of_memory']]) {
    const used = arena.used;
    changesNothing(heap, () => arena.malloc(bytes), kind, code);
    assert.equal(arena.used, used);
  }
  throwsCode(() => arena.calloc(2 ** 20, 2 ** 20), 'RangeError', 'size_too_large');
  throwsCode(() => arena.alloc('Int32', 'x'), 'TypeError', 'wrong_type');
  assert.equal(arena.malloc(1), p + 16);
});

for (const seed of [11, 12, 13]) {
  everyHeap(`at random, nothing overlaps and nothing is lost, seed ${seed}`, (make) => {
    const random = makeRandom(seed);
    const heap = make();
    const arena = heap.arena({ byteLength: 500 });
    const others = [];
    let live = []; // { at, bytes, value }
    const marks = []; // { mark, count }
    for (let step = 0; step < 1500; step++) {
      const dice = random.below(100);
      if (dice < 70) {
        const bytes = random.below(random.percent(5) ? 2000 : 90);
        const alignment = 2 ** random.below(9);
        const at = arena.alignedAlloc(alignment, bytes);
        assert.equal(at % alignment, 0);
        const value = random.below(256);
        heap.fill(at, bytes, value);
        live.push({ at, bytes, value });
      } else if (dice < 80) {
        marks.push({ mark: arena.mark(), count: live.length });
      } else if (dice < 90 && marks.length > 0) {
        const index = random.below(marks.length);
        marks.length = index + 1;
        arena.reset(marks[index].mark);
        live.length = marks[index].count;
      } else if (dice < 92 && live.length > 0) {
        const { at } = random.pick(live);
        const piece = [...heap.blocks()].find((block) => at >= block.byteOffset && at < block.byteOffset + block.byteLength);
        heap.free(piece.byteOffset);
        live = live.filter((block) => block.at < piece.byteOffset || block.at >= piece.byteOffset + piece.byteLength);
        marks.length = 0;
      } else if (dice < 93) {
        if (random.percent(50)) arena.reset();
        else arena.free();
        live = [];
        marks.length = 0;
      } else {
        others.push(heap.malloc(random.below(300)));
      }
      if (step % 20 === 0) {
        for (const { at, bytes, value } of live) assert.ok(heap.bytes(at, bytes).every((byte) => byte === value));
        heap.validate();
      }
    }
    arena.free();
    assert.equal(heap.stat('blocks'), others.length);
  });
}
