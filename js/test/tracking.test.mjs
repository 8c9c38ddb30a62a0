// What a heap remembers of the blocks that it hands out: tags, sites, freeing in bulk, leaks.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Heap } from 'allot';

import { changesNothing, places, throwsCode } from './support/expect.mjs';
import { makeRandom } from './support/random.mjs';
import { can, packageUrl, readArtifact } from './support/runtime.mjs';

const dispose = Symbol.dispose ?? Symbol.for('Symbol.dispose');
const guestModule = await WebAssembly.compile(await readArtifact('build/wasm/allot-malloc.wasm'));

/** Runs a test on the kinds of heaps. */
function everyHeap(name, action) {
  const kinds = places.map((image) => [image, { image }]);
  if (can.shared) kinds.push(['shared', { shared: true, maximum: 200 }]);
  for (const [kind, options] of kinds) {
    test(`${name} (${kind})`, () => {
      const made = [];
      action((more) => {
        const heap = Heap.createSync({ ...options, ...more });
        made.push(heap);
        return heap;
      }, kind);
      for (const heap of made) heap.validate();
    });
  }
}

everyHeap('off, as it is at first: nothing is listed, and refs know all the same', (make) => {
  const heap = make();
  assert.equal(heap.track, false);
  heap.malloc(16, { tag: 'x' });
  const ref = heap.alloc('Int32', 1, { tag: 'x' });
  assert.deepEqual(heap.tracked(), []);
  assert.deepEqual(heap.tracked({ tag: 'x' }), []);
  assert.deepEqual(heap.leaks(), []);
  assert.equal(heap.freeAll(), 0);
  assert.equal(heap.stat('blocks'), 2);
  heap.free(ref.byteOffset);
  assert.equal(ref.isFreed, true);
});

everyHeap('every way to allocate is listed, in order, with what was asked for', (make) => {
  for (const track of [true, 'sites']) {
    const heap = make({ track });
    assert.equal(heap.track, track);
    const text = heap.allocString('abc', 'utf8', { tag: 'h' });
    const expected = [
      [text.byteOffset, text.byteLength, 'h', 'more'],
      [heap.malloc(10, { tag: 'a' }), 10, 'a'],
      [heap.calloc(3, 7, { tag: 'b' }), 21, 'b'],
      [heap.calloc(9), 9, undefined],
      [heap.alignedAlloc(256, 33, { tag: 'c' }), 33, 'c'],
      [heap.alloc('Float64', 1, { tag: 'd' }).byteOffset, 8, 'd'],
      [heap.alloc(Int32Array, [1, 2, 3], { tag: 'e' }).byteOffset, 12, 'e'],
      [heap.allocArray('Int8', 5, { byteStride: 4, tag: 'f' }).byteOffset, 20, 'f'],
      [heap.alloc({ x: 'Int32', y: 'Int8' }, undefined, { tag: 'g' }).byteOffset, 8, 'g'],
      [heap.malloc(0), 0, undefined],
    ];
    const found = heap.tracked();
    assert.equal(found.length, expected.length);
    found.forEach(({ byteOffset, byteLength, tag, site }, i) => {
      assert.equal(byteOffset, expected[i][0]);
      if (expected[i][3] === 'more') assert.ok(byteLength >= expected[i][1]); // a terminator stands behind it
      else assert.equal(byteLength, expected[i][1]);
      assert.equal(tag, expected[i][2]);
      assert.equal(typeof site, track === 'sites' ? 'string' : 'undefined');
    });
    for (const { byteOffset, tag } of found) {
      if (tag !== undefined) assert.deepEqual(heap.tracked({ tag }).map((block) => block.byteOffset), [byteOffset]);
    }
    assert.deepEqual(heap.tracked({ tag: 'nothing' }), []);
    assert.deepEqual(heap.tracked({}), found);
    assert.deepEqual(heap.tracked({ tag: undefined }), found);
    assert.equal(heap.stat('blocks'), expected.length);
    assert.equal(heap.freeAll(), expected.length);
    assert.equal(heap.stat('live'), 0);
    assert.deepEqual(heap.tracked(), []);
  }
});

everyHeap('what was given back is off the list, however it was given', (make) => {
  const heap = make({ track: true });
  const refs = [1, 2, 3, 4].map((value) => heap.alloc('Int32', value));
  const p = heap.malloc(10);
  const steps = [() => refs[0].free(), () => refs[1][dispose](), () => heap.free(refs[2]), () => heap.free(refs[3].byteOffset), () => heap.free(p)];
  steps.forEach((step, i) => {
    assert.equal(heap.tracked().length, steps.length - i);
    step();
  });
  assert.deepEqual(heap.tracked(), []);
  // A free that is refused changes nothing.
  const q = heap.malloc(10);
  throwsCode(() => heap.free(q + 16), 'HeapError', heap.usableSize(q) > 16 ? 'interior_address' : 'double_free');
  assert.equal(heap.tracked().length, 1);
});

everyHeap('a request that is refused is not listed', (make) => {
  const heap = make({ track: 'sites', quota: 100 });
  for (const action of [
    () => heap.malloc(1000), () => heap.calloc(1000), () => heap.alignedAlloc(64, 1000), () => heap.alloc(Int32Array, 1000),
    () => heap.allocArray('Int8', 1000), () => heap.allocString('x'.repeat(1000)),
  ]) {
    changesNothing(heap, action, 'RangeError', 'quota_exceeded');
    assert.deepEqual(heap.tracked(), []);
  }
});

everyHeap('realloc: the tag and the site stay, the length and the address are new', (make) => {
  const heap = make({ track: 'sites' });
  const first = heap.malloc(16, { tag: 'first' });
  heap.malloc(16, { tag: 'second' });
  const [{ site }] = heap.tracked({ tag: 'first' });
  const moved = heap.realloc(first, 100_000);
  assert.notEqual(moved, first);
  assert.deepEqual(heap.tracked({ tag: 'first' }), [{ byteOffset: moved, byteLength: 100_000, tag: 'first', site }]);
  assert.equal(heap.realloc(moved, 90_000), moved);
  assert.equal(heap.tracked({ tag: 'first' })[0].byteLength, 90_000);
  assert.equal(heap.tracked().length, 2);
  changesNothing(heap, () => heap.realloc(moved + 16, 5), 'HeapError', 'interior_address');
  assert.equal(heap.tracked().length, 2);
  heap.free(moved);
  assert.equal(heap.tracked().length, 1);
});

everyHeap('realloc of what is not on the list', (make, kind) => {
  const heap = make();
  const untracked = heap.malloc(16);
  const inPlace = heap.malloc(64);
  heap.malloc(16);
  heap.track = true;
  assert.equal(heap.realloc(inPlace, 64), inPlace);
  assert.deepEqual(heap.tracked(), [], 'nothing was handed out');
  const moved = heap.realloc(untracked, 5000);
  assert.notEqual(moved, untracked);
  assert.deepEqual(heap.tracked(), [{ byteOffset: moved, byteLength: 5000, tag: undefined, site: undefined }]);
  if (kind !== 'outside') {
    const p = heap.realloc(0, 40);
    assert.equal(heap.tracked().at(-1).byteOffset, p, 'that is malloc');
  }
});

everyHeap('switched on and off while blocks are live', (make) => {
  const heap = make();
  const early = heap.malloc(16, { tag: 'early' });
  heap.track = true;
  const first = heap.malloc(16, { tag: 'first' });
  heap.track = 'sites';
  const second = heap.malloc(16, { tag: 'second' });
  heap.track = false;
  const late = heap.malloc(16, { tag: 'late' });
  const ref = heap.alloc('Int32', 5, { tag: 'late' });
  assert.deepEqual(heap.tracked().map(({ tag }) => tag), ['first', 'second']);
  assert.deepEqual(heap.tracked().map(({ site }) => typeof site), ['undefined', 'string']);
  heap.free(first);
  assert.deepEqual(heap.tracked().map(({ tag }) => tag), ['second']);
  assert.equal(heap.freeAll(), 1);
  for (const p of [first, second]) throwsCode(() => heap.free(p), 'HeapError', 'double_free');
  heap.free(early);
  heap.free(late);
  assert.equal(ref.value, 5);
  ref.free();
  assert.equal(heap.stat('live'), 0);
});

test('a mode that cannot be', () => {
  const heap = Heap.createSync({ track: true });
  for (const bad of ['site', '', 'true', 1, 0, null, {}, Symbol('sites')]) {
    throwsCode(() => (heap.track = bad), 'TypeError', 'invalid_option', /track/);
    throwsCode(() => Heap.createSync({ track: bad }), 'TypeError', 'invalid_option', /track/);
    throwsCode(() => Heap.attachSync(heap.memory, { track: bad }), 'TypeError', 'invalid_option', /track/);
  }
  assert.equal(heap.track, true);
  assert.equal(Heap.attachSync(heap.memory, { track: 'sites' }).track, 'sites');
  assert.equal(Heap.createSync({ track: undefined }).track, false);
});

everyHeap('tags and filters that cannot be', (make) => {
  const heap = make({ track: true });
  heap.malloc(16);
  for (const bad of [null, 5, 'x', Symbol('x')]) {
    for (const action of [
      () => heap.malloc(16, bad), () => heap.calloc(16, 1, bad), () => heap.alignedAlloc(16, 16, bad), () => heap.alloc('Int32', 1, bad),
      () => heap.tracked(bad), () => heap.freeAll(bad), () => heap.leaks(bad),
    ]) {
      changesNothing(heap, action, 'TypeError', 'wrong_type', /options/);
    }
  }
  for (const tag of [null, 5, {}, ['x'], true, 1n, Symbol('x')]) {
    for (const action of [
      () => heap.malloc(16, { tag }), () => heap.calloc(16, 1, { tag }), () => heap.alignedAlloc(16, 16, { tag }), () => heap.alloc('Int32', 1, { tag }),
      () => heap.tracked({ tag }), () => heap.freeAll({ tag }), () => heap.leaks({ tag }),
    ]) {
      changesNothing(heap, action, 'TypeError', 'wrong_type', /tag/);
    }
  }
  assert.equal(heap.tracked().length, 1);
  const p = heap.malloc(16, { tag: '' });
  assert.deepEqual(heap.tracked({ tag: '' }).map(({ byteOffset }) => byteOffset), [p], 'the empty text is a tag');
  heap.malloc(16, { tag: '__proto__' });
  assert.equal(heap.tracked({ tag: '__proto__' }).length, 1);
});

everyHeap('freeAll: by tag, and the refs end', (make) => {
  const heap = make({ track: true });
  const kept = heap.alloc('Int32', 1, { tag: 'keep' });
  const frame = [1, 2, 3].map((value) => heap.alloc('Int32', value, { tag: 'frame' }));
  heap.malloc(100, { tag: 'frame' });
  heap.malloc(100);
  assert.equal(heap.freeAll({ tag: 'frame' }), 4);
  assert.equal(heap.freeAll({ tag: 'frame' }), 0);
  for (const ref of frame) {
    assert.equal(ref.isFreed, true);
    throwsCode(() => ref.value, 'HeapError', 'freed_ref');
  }
  assert.equal(kept.value, 1);
  assert.equal(heap.stat('blocks'), 2);
  assert.equal(heap.freeAll(), 2);
  assert.equal(heap.stat('blocks'), 0);
});

everyHeap('leaks: put together by tag and site, the most bytes first', (make) => {
  const heap = make({ track: true });
  for (let i = 0; i < 3; i++) heap.malloc(100, { tag: 'small' });
  heap.malloc(5000, { tag: 'large' });
  for (let i = 0; i < 2; i++) heap.malloc(200);
  heap.malloc(1, { tag: 'undefined' });
  heap.malloc(2, { tag: 'null' });
  assert.deepEqual(heap.leaks(), [
    { tag: 'large', site: undefined, blocks: 1, byteLength: 5000 },
    { tag: undefined, site: undefined, blocks: 2, byteLength: 400 },
    { tag: 'small', site: undefined, blocks: 3, byteLength: 300 },
    { tag: 'null', site: undefined, blocks: 1, byteLength: 2 },
    { tag: 'undefined', site: undefined, blocks: 1, byteLength: 1 },
  ]);
  assert.deepEqual(heap.leaks({ tag: 'small' }), [{ tag: 'small', site: undefined, blocks: 3, byteLength: 300 }]);
  heap.freeAll();
  assert.deepEqual(heap.leaks(), []);
});

// ── Sites ───────────────────────────────────────────────────────────────────────────────────────

// Not `return heap.malloc(16)`: JavaScriptCore leaves no frame of a function that ends with a call.
function allocatesHere(heap) {
  const address = heap.malloc(16);
  assert.ok(address > 0); // or Bun makes a tail call of it, which leaves no frame
  return address;
}
function allocatesThere(heap) {
  const ref = heap.alloc(Float64Array, [1, 2]);
  assert.ok(!ref.isFreed);
  return ref;
}

test('a site names who called, and none of the package’s own files', () => {
  const heap = Heap.createSync({ track: 'sites' });
  const own = packageUrl().slice(0, packageUrl().lastIndexOf('/') + 1);
  const callers = [
    () => allocatesHere(heap), () => allocatesThere(heap), () => heap.calloc(5), () => heap.alignedAlloc(64, 5), () => heap.alloc('Int32', 1),
    () => heap.allocArray('Int8', [1, 2]), () => heap.allocString('x'), () => heap.realloc(heap.malloc(16), 16),
  ];
  for (const call of callers) {
    heap.freeAll();
    call();
    const [{ site }] = heap.tracked();
    assert.match(site.split('\n')[0], /tracking\.test\.mjs/, `${call}: ${site}`);
    assert.ok(!site.includes(own), site);
  }
  heap.freeAll();
  allocatesHere(heap);
  allocatesThere(heap);
  const [first, second] = heap.tracked();
  assert.match(first.site.split('\n')[0], /allocatesHere/);
  assert.match(second.site.split('\n')[0], /allocatesThere/);
});

test('leaks of one place are one, those of two are two', () => {
  const heap = Heap.createSync({ track: 'sites' });
  for (let i = 0; i < 10; i++) allocatesHere(heap);
  for (let i = 0; i < 5; i++) allocatesThere(heap);
  const leaks = heap.leaks();
  assert.deepEqual(leaks.map(({ blocks, byteLength }) => ({ blocks, byteLength })), [{ blocks: 10, byteLength: 160 }, { blocks: 5, byteLength: 80 }]);
  assert.match(leaks[0].site, /allocatesHere/);
  for (let i = 0; i < 2; i++) allocatesHere(heap); // another line
  assert.equal(heap.leaks().length, 3);
});

// ── Behind the object's back ────────────────────────────────────────────────────────────────────

test('blocks that another Heap object freed are left out, and listed anew when they are handed out again', () => {
  const heap = Heap.createSync({ track: true, policy: 'exact' });
  const other = Heap.attachSync(heap.memory);
  const [p, q] = [heap.malloc(100, { tag: 'p' }), heap.malloc(100, { tag: 'q' })];
  const ref = heap.alloc(Int32Array, 20, { tag: 'ref' });
  other.free(p);
  other.free(ref.byteOffset);
  assert.deepEqual(heap.tracked().map(({ tag }) => tag), ['q']);
  assert.equal(heap.leaks().length, 1);
  assert.equal(heap.malloc(100, { tag: 'again' }), p);
  assert.deepEqual(heap.tracked().map(({ tag }) => tag), ['q', 'again']);
  assert.equal(ref.isFreed, false, 'that cannot be seen');
  assert.equal(heap.freeAll(), 2);
  assert.equal(heap.stat('live'), 0);
  throwsCode(() => heap.free(q), 'HeapError', 'double_free');
  // What the other one allocates is not on this one's list.
  other.malloc(100);
  assert.deepEqual(heap.tracked(), []);
  heap.validate();
});

test('a block that was freed behind its back, and whose address realloc hands out: the old refs end', () => {
  const heap = Heap.createSync({ policy: 'exact' });
  const other = Heap.attachSync(heap.memory);
  const ref = heap.alloc(Uint8Array, 5000);
  const at = ref.byteOffset;
  const small = heap.malloc(16);
  heap.malloc(16); // something behind it, so that it must move
  other.free(at);
  const moved = heap.realloc(small, 5000);
  assert.equal(moved, at, 'the best fit is where the ref was');
  assert.equal(ref.isFreed, true);
  // The same for a block with a ref of its own.
  const first = heap.alloc(Uint8Array, 3000);
  const second = heap.alloc(Uint8Array, 16);
  heap.malloc(16);
  const target = first.byteOffset;
  other.free(target);
  assert.equal(heap.realloc(second.byteOffset, 3000), target);
  assert.ok(first.isFreed && second.isFreed);
  const again = heap.ref(Uint8Array, target, 3000);
  assert.equal(again.isFreed, false);
  again.free();
});

test('blocks that the guest freed', () => {
  const guest = new WebAssembly.Instance(guestModule).exports;
  guest.free(guest.malloc(1));
  const heap = Heap.attachSync(guest.memory, { track: true });
  const [p, q] = [heap.malloc(50, { tag: 'p' }), heap.malloc(50, { tag: 'q' })];
  guest.free(p);
  assert.deepEqual(heap.tracked().map(({ tag }) => tag), ['q']);
  assert.equal(heap.freeAll(), 1);
  throwsCode(() => heap.free(q), 'HeapError', 'double_free');
  heap.validate();
});

test('an adopted allocator’s blocks', () => {
  const freed = [];
  let top = 64;
  const allocator = {
    buffer: new ArrayBuffer(10_000),
    malloc(bytes) {
      const at = top;
      top += Math.ceil(bytes / 16) * 16;
      return at;
    },
    free: (address) => void freed.push(address),
  };
  const heap = Heap.adopt(allocator, { track: 'sites' });
  const p = heap.malloc(10, { tag: 'p' });
  const ref = heap.alloc(Int32Array, 5, { tag: 'ref' });
  assert.deepEqual(heap.tracked().map(({ byteOffset, byteLength, tag }) => [byteOffset, byteLength, tag]), [[p, 10, 'p'], [ref.byteOffset, 20, 'ref']]);
  assert.match(heap.leaks()[0].site, /tracking\.test\.mjs/);
  assert.equal(heap.freeAll(), 2);
  assert.deepEqual(freed, [64, 80]);
  assert.equal(ref.isFreed, true);
});

everyHeap('at random, against a list', (make) => {
  const heap = make({ track: true, maximum: 200 });
  const random = makeRandom(88);
  let model = [];
  for (let round = 0; round < 3000; round++) {
    const action = random.below(12);
    if (action < 5 || model.length === 0) {
      const byteLength = random.below(300);
      const tag = random.pick([undefined, 'a', 'b', 'c']);
      const byteOffset = random.percent(50) ? heap.malloc(byteLength, { tag }) : heap.alloc(Uint8Array, byteLength, { tag }).byteOffset;
      model.push({ byteOffset, byteLength, tag, site: undefined });
    } else if (action < 9) {
      heap.free(model.splice(random.below(model.length), 1)[0].byteOffset);
    } else if (action < 11) {
      const at = random.below(model.length);
      const block = model[at];
      const byteLength = random.below(600);
      const byteOffset = heap.realloc(block.byteOffset, byteLength);
      if (byteOffset === block.byteOffset) model[at] = { ...block, byteLength };
      else {
        model.splice(at, 1);
        model.push({ ...block, byteOffset, byteLength });
      }
    } else if (random.percent(20)) {
      const tag = random.pick(['a', 'b', 'c']);
      assert.equal(heap.freeAll({ tag }), model.filter((block) => block.tag === tag).length);
      model = model.filter((block) => block.tag !== tag);
    }
    assert.equal(heap.stat('blocks'), model.length);
    if (round % 100 === 0) assert.deepEqual(heap.tracked(), model);
  }
  assert.deepEqual(heap.tracked(), model);
  const bytes = model.reduce((sum, { byteLength }) => sum + byteLength, 0);
  assert.equal(heap.leaks().reduce((sum, { byteLength }) => sum + byteLength, 0), bytes);
  heap.freeAll();
  assert.equal(heap.stat('live'), 0);
});
