// Switching debugging on and off: what may be asked for, what it then is, and that nothing is left behind.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Heap } from 'allot';

import { changesNothing, places, portrait, throwsCode } from './support/expect.mjs';

const off = { poison: false, quarantine: false, canaries: false, onFault: undefined };
const poison = { allocated: 0xcd, freed: 0xdd };
const quarantine = { byteLength: 2 ** 20, blocks: 4096 };

test('what is asked for, and what it then is', () => {
  const heap = Heap.createSync();
  assert.deepEqual(heap.debug, off);
  const onFault = () => undefined;
  const cases = [
    [true, { ...off, poison, quarantine, canaries: 'after' }],
    [false, off],
    [{}, off],
    [{ poison: true }, { ...off, poison, quarantine }],
    [{ poison: true, quarantine: undefined }, { ...off, poison, quarantine }],
    [{ poison: true, quarantine: false }, { ...off, poison }],
    [{ poison: { freed: 0 } }, { ...off, poison: { allocated: 0xcd, freed: 0 }, quarantine }],
    [{ poison: { allocated: 255, freed: undefined } }, { ...off, poison: { allocated: 255, freed: 0xdd }, quarantine }],
    [{ quarantine: true }, { ...off, quarantine }],
    [{ quarantine: { blocks: 0 } }, { ...off, quarantine: { ...quarantine, blocks: 0 } }],
    [{ quarantine: { byteLength: Infinity } }, { ...off, quarantine: { ...quarantine, byteLength: Infinity } }],
    [{ canaries: true }, { ...off, canaries: 'after' }],
    [{ canaries: 'after' }, { ...off, canaries: 'after' }],
    [{ canaries: 'both', onFault }, { ...off, canaries: 'both', onFault }],
    [{ poison: false, quarantine: false, canaries: false }, off],
  ];
  for (const [wish, expected] of cases) {
    heap.debug = wish;
    assert.deepEqual({ ...heap.debug }, expected, JSON.stringify(wish));
    const p = heap.malloc(24);
    heap.validate();
    heap.free(p);
  }
  assert.throws(() => (heap.debug.poison = true), TypeError, 'it cannot be changed by the way');
});

test('what cannot be asked for changes nothing', () => {
  const heap = Heap.createSync();
  for (const first of [false, true]) {
    heap.debug = first;
    const before = heap.debug;
    const cases = [
      [undefined, 'wrong_type', /debug must be a boolean or an object, not undefined/],
      [null, 'wrong_type', /null/],
      ['poison', 'wrong_type', /the string "poison"/],
      [1, 'wrong_type', /1/],
      [{ poisson: true }, 'invalid_option', /there is no option "poisson"; there are poison, /],
      [{ poison: 1 }, 'wrong_type', /poison must be/],
      [{ poison: null }, 'wrong_type', /poison must be/],
      [{ poison: { malloc: 1 } }, 'invalid_option', /poison\.malloc/],
      [{ poison: { freed: 256 } }, 'invalid_option', /poison\.freed is 256, which is no byte/],
      [{ poison: { freed: '1' } }, 'wrong_type', /poison\.freed/],
      [{ quarantine: 5 }, 'wrong_type', /quarantine must be/],
      [{ quarantine: { bytes: 5 } }, 'invalid_option', /quarantine\.bytes/],
      [{ quarantine: { blocks: '5' } }, 'wrong_type', /quarantine\.blocks/],
      [{ canaries: 'before' }, 'invalid_option', /canaries is the string "before"/],
      [{ canaries: 1 }, 'invalid_option', /canaries is 1/],
      [{ onFault: {} }, 'wrong_type', /onFault must be a function/],
    ];
    for (const [wish, code, message] of cases) {
      changesNothing(heap, () => (heap.debug = wish), 'TypeError', code, message);
      assert.equal(heap.debug, before);
    }
    for (const wish of [{ poison: { freed: -1 } }, { poison: { freed: 0.5 } }, { quarantine: { blocks: -1 } }]) {
      changesNothing(heap, () => (heap.debug = wish), 'RangeError', 'invalid_number');
    }
  }
});

for (const image of places) {
  test(`off again, the heap is as if it had never been on (${image})`, () => {
    const [watched, plain] = [Heap.createSync({ image }), Heap.createSync({ image })];
    for (const debug of [true, { canaries: 'both' }, { poison: true }, { quarantine: true, canaries: true }]) {
      watched.debug = debug;
      const blocks = Array.from({ length: 50 }, (_, i) => watched.malloc(i * 7));
      for (const p of blocks) watched.free(p);
      watched.debug = false;
    }
    // Where blocks lie depends on what was there before; how long they are does not.
    watched.merge();
    for (const byteLength of [0, 1, 16, 17, 100, 5000]) {
      const [p, q] = [watched.malloc(byteLength), plain.malloc(byteLength)];
      assert.equal(watched.usableSize(p), plain.usableSize(q));
      assert.equal(watched.sizeof(p), plain.sizeof(q));
      watched.writeUint8(p + watched.usableSize(p) - 1, 1);
      watched.free(p);
      plain.free(q);
    }
    watched.merge();
    assert.equal(watched.stat('live'), 0);
    assert.equal(watched.stat('blocks'), 0);
    assert.equal(watched.stats().freeBlocks, 1);
    watched.validate();
  });

  test(`blocks from before, while and after live on through every change (${image})`, () => {
    const heap = Heap.createSync({ image, initial: 4 });
    const settings = [false, true, { canaries: 'both' }, { poison: true, canaries: 'both' }, false, { quarantine: true }];
    const blocks = [];
    const check = () => {
      for (const { p, byte, length } of blocks) {
        assert.ok(heap.bytes(p, length).every((found) => found === byte), `block of ${length} bytes at ${p}`);
        assert.ok(heap.usableSize(p) >= length);
      }
      heap.validate();
    };
    settings.forEach((debug, i) => {
      heap.debug = debug;
      check();
      for (let length = 0; length < 300; length += 37) {
        const p = heap.malloc(length);
        heap.fill(p, length, 16 * i + (length % 16));
        blocks.push({ p, length, byte: 16 * i + (length % 16) });
      }
      check();
    });
    assert.equal(heap.stat('blocks'), blocks.length);
    const walked = [...heap.blocks()].filter(({ kind }) => kind === 'live').map(({ byteOffset }) => byteOffset);
    assert.deepEqual(walked, blocks.map(({ p }) => p).sort((a, b) => a - b));
    // Each kind of block is given another length and freed under each setting.
    for (const debug of [...settings, ...settings]) {
      heap.debug = debug;
      for (let i = 0; i < 4; i++) {
        const block = blocks[(i * 13) % blocks.length];
        const length = block.length + 40;
        block.p = heap.realloc(block.p, length);
        assert.ok(heap.bytes(block.p, block.length).every((found) => found === block.byte));
        block.length = length;
        heap.fill(block.p, length, block.byte);
        heap.free(blocks.splice((i * 7) % blocks.length, 1)[0].p);
        check();
      }
    }
    for (const { p } of blocks) heap.free(p);
    heap.debug = false;
    assert.equal(heap.stat('live'), 0);
    heap.validate();
  });

  test(`misuse is told as without debugging (${image})`, () => {
    for (const debug of [false, true, { canaries: 'both', poison: true }, { quarantine: true }, { canaries: true }]) {
      const heap = Heap.createSync({ image });
      const early = heap.malloc(64);
      heap.debug = debug;
      const [p, q] = [heap.malloc(100), heap.malloc(100)];
      heap.free(q);
      const cases = [
        [() => heap.free(q), 'double_free', `free(${q})`],
        [() => heap.realloc(q, 10), 'double_free', `realloc(${q}, 10)`],
        [() => heap.usableSize(q), 'double_free', `usableSize(${q})`],
        [() => heap.sizeof(q), 'double_free', `sizeof(${q})`],
        [() => heap.requestedSize(q), 'double_free', `requestedSize(${q})`],
        [() => heap.free(q + 32), 'double_free', `free(${q + 32})`],
        [() => heap.free(p + 16), 'interior_address', `free(${p + 16})`],
        [() => heap.free(early + 1), 'interior_address', `free(${early + 1})`],
        [() => heap.realloc(early + 16, 8), 'interior_address', `realloc(${early + 16}, 8)`],
        [() => heap.sizeof(p + 8), 'interior_address', `sizeof(${p + 8})`],
        [() => heap.free(2 ** 31), 'wild_address', `free(${2 ** 31})`],
      ];
      for (const [action, code, call] of cases) {
        const error = changesNothing(heap, action, 'HeapError', code);
        assert.ok(error.message.startsWith(`${call}: `), error.message);
        assert.equal(typeof error.address, 'number');
      }
      changesNothing(heap, () => heap.free(-1), 'RangeError', 'invalid_number');
      changesNothing(heap, () => heap.free('16'), 'TypeError', 'wrong_type');
      changesNothing(heap, () => heap.sizeof(Symbol('16')), 'TypeError', 'wrong_type');
      changesNothing(heap, () => heap.malloc(1.5), 'RangeError', 'invalid_number');
      changesNothing(heap, () => heap.malloc(2 ** 32), 'RangeError', 'size_too_large');
      changesNothing(heap, () => heap.calloc(2 ** 31, 2 ** 31), 'RangeError', 'size_too_large');
      changesNothing(heap, () => heap.alignedAlloc(24, 8), 'RangeError', 'invalid_alignment');
      changesNothing(heap, () => heap.realloc(p, -1), 'RangeError', 'invalid_number');
      heap.free(p);
      heap.free(early);
    }
  });
}

test('with the image inside, address 0 is no block, as without debugging', () => {
  const heap = Heap.createSync();
  heap.debug = { canaries: 'both', poison: true };
  heap.free(0);
  const p = heap.realloc(0, 100);
  assert.equal(heap.sizeof(p), 100);
  assert.equal(heap.stat('blocks'), 1);
  const outside = Heap.createSync({ image: 'outside' });
  outside.debug = { canaries: true };
  const q = outside.malloc(100);
  assert.equal(q, 0);
  outside.writeUint8(100, 0);
  throwsCode(() => outside.free(0), 'HeapError', 'overrun');
  outside.free(0);
  throwsCode(() => outside.free(0), 'HeapError', 'double_free');
});

test('refs, texts and structs notice nothing of it', () => {
  for (const debug of [true, { canaries: 'both' }]) {
    const heap = Heap.createSync({ track: true });
    heap.debug = debug;
    const numbers = heap.alloc(Float64Array, [1, 2, 3], { tag: 'numbers' });
    const text = heap.allocString('héllo', 'utf16');
    const point = heap.alloc({ x: 'Int32', y: 'Float32' }, { x: 7 });
    assert.deepEqual([...numbers.view], [1, 2, 3]);
    assert.equal(text.value, 'héllo');
    assert.equal(point.x, 7);
    assert.equal(point.y, 0);
    assert.equal(heap.tracked({ tag: 'numbers' })[0].byteLength, 24);
    assert.equal(heap.stat('blocks'), 3);
    heap.fill(numbers.byteOffset, 24);
    heap.validate();
    const { byteOffset } = text;
    text.free();
    throwsCode(() => heap.free(byteOffset), 'HeapError', 'double_free');
    assert.equal(heap.freeAll(), 2);
    assert.equal(point.isFreed, true);
    heap.validate();
  }
});

test('figures and walk leave out what is held back, and agree', () => {
  for (const image of places) {
    const heap = Heap.createSync({ image, recordSizes: true });
    const reference = portrait(heap);
    heap.debug = { quarantine: true, canaries: 'both' };
    const blocks = [8, 100, 1000].map((byteLength) => heap.malloc(byteLength));
    heap.free(blocks[1]);
    const stats = heap.stats();
    assert.equal(stats.blocks, 2);
    assert.equal(heap.stat('blocks'), 2);
    assert.equal(stats.live + stats.free + stats.metadata, stats.managed);
    const sums = { live: 0, free: 0, metadata: 0, reserved: 0 };
    let at = stats.begin;
    for (const { byteOffset, byteLength, kind } of heap.blocks()) {
      assert.equal(byteOffset, at);
      at += byteLength;
      sums[kind] += byteLength;
    }
    for (const [kind, bytes] of Object.entries(sums)) {
      assert.equal(stats[kind], bytes, kind);
      assert.equal(heap.stat(kind), bytes, kind);
    }
    const last = [...heap.blocks()].filter(({ kind }) => kind === 'live').at(-1);
    assert.equal(stats.usedSpan, last.byteOffset + last.byteLength - Math.min(...blocks));
    assert.equal(heap.stat('usedSpan'), stats.usedSpan);
    assert.equal(heap.stat('headFree'), stats.headFree);
    assert.deepEqual(blocks.filter((_, i) => i !== 1).map((p) => heap.requestedSize(p)), [8, 1000]);
    assert.deepEqual([heap.sizeof(blocks[0]), heap.usableSize(blocks[2])], [8, 1000]);
    for (const { byteOffset, kind } of heap.blocks()) if (kind === 'live') heap.free(byteOffset);
    assert.equal(heap.stat('live'), 0);
    assert.equal(heap.stat('usedSpan'), 0);
    heap.debug = false;
    heap.merge();
    const { peak, ...figures } = heap.stats();
    assert.deepEqual({ ...figures, peak: 0 }, { ...reference.stats, peak: 0 });
    assert.ok(peak > 0);
  }
});
