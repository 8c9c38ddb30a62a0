// Long random runs with relocatable blocks among others: allocated, reallocated, pinned, freed, compacted and
// trimmed, with debugging switched on and off, against a model that knows what is in each.
//
// ALLOT_SEED changes what is run; a failure names its seed and its operation.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Heap, struct } from 'allot';

import { places, policies } from './support/expect.mjs';
import { makeRandom } from './support/random.mjs';
import { setting } from './support/runtime.mjs';

const seed = Number(setting('ALLOT_SEED', 20_261_121));
const dispose = Symbol.dispose ?? Symbol.for('Symbol.dispose');
const patternByte = (id, i) => (id * 31 + i * 7 + (i >> 8)) & 0xff;
const debuggings = [false, false, { canaries: 'both' }, { canaries: 'after', poison: true }, { quarantine: true }];

/** Types that want more than the 16 that every block is aligned to, by their lengths. */
const aligned = [64, 128, 1024].map((alignment) => struct({ all: ['Uint8', alignment] }, { alignment }));

class Model {
  heap;
  random;
  /** { id, block, byteLength, alignment, pinnedAt, token } */
  relocatable = [];
  /** { id, address, byteLength } */
  fixed = [];
  tokens = [{}, {}, {}];
  alignedPercent = 0;
  moved = 0;
  #nextId = 1;

  constructor(heap, random) {
    this.heap = heap;
    this.random = random;
  }

  size() {
    const { random } = this;
    return random.percent(5) ? random.below(40_000) : random.percent(30) ? random.below(4000) : random.below(200);
  }

  fill(id, address, byteLength) {
    const bytes = this.heap.bytes(address, byteLength);
    for (let i = 0; i < byteLength; i++) bytes[i] = patternByte(id, i);
  }

  expect(id, address, byteLength) {
    const bytes = this.heap.bytes(address, byteLength);
    for (let i = 0; i < byteLength; i++) {
      if (bytes[i] !== patternByte(id, i)) assert.fail(`byte ${i} of block ${id} at ${address} is ${bytes[i]}`);
    }
  }

  step() {
    const { heap, random } = this;
    const dice = random.below(1000);
    const many = this.relocatable.length + this.fixed.length > 150 + 100 * random.below(3);
    if (dice < 60) this.allocateFixed();
    else if (dice < 450 && !many) this.allocate();
    else if (dice < 750) this.free();
    else if (dice < 850) this.reallocate();
    else if (dice < 900) this.pin();
    else if (dice < 940) this.unpin();
    else if (dice < 970) this.compact();
    else if (dice < 980) {
      heap.compact();
      heap.trim();
      this.check();
    } else if (dice < 985) this.freeToken();
    else if (dice < 990) {
      heap.debug = random.pick(debuggings);
    } else if (dice < 995) this.freeByAddress();
    else this.check();
  }

  allocate() {
    const { heap, random } = this;
    const id = this.#nextId++;
    const type = random.percent(this.alignedPercent) ? random.pick(aligned) : this.size();
    const byteLength = typeof type === 'number' ? type : type.byteLength;
    const alignment = typeof type === 'number' ? 16 : type.alignment;
    const token = random.percent(10) ? random.pick(this.tokens) : undefined;
    const block = heap.allocRelocatable(type, undefined, { token });
    assert.ok(block.bytes.every((byte) => byte === 0), 'it is zero');
    this.fill(id, block.byteOffset, byteLength);
    this.relocatable.push({ id, block, byteLength, alignment, pinnedAt: undefined, token });
  }

  allocateFixed() {
    const id = this.#nextId++;
    const byteLength = this.size();
    const address = this.heap.malloc(byteLength);
    this.fill(id, address, byteLength);
    this.fixed.push({ id, address, byteLength });
  }

  take(list) {
    const [entry] = list.splice(this.random.below(list.length), 1);
    return entry;
  }

  free() {
    if (this.random.percent(15) && this.fixed.length > 0) {
      const { id, address, byteLength } = this.take(this.fixed);
      this.expect(id, address, byteLength);
      this.heap.free(address);
    } else if (this.relocatable.length > 0) {
      const { id, block, byteLength } = this.take(this.relocatable);
      this.expect(id, block.byteOffset, byteLength);
      block.free();
    }
  }

  freeByAddress() {
    if (this.relocatable.length === 0) return;
    const { block } = this.take(this.relocatable);
    this.heap.free(block.byteOffset);
    assert.ok(block.isFreed);
  }

  freeToken() {
    const token = this.random.pick(this.tokens);
    const mine = this.relocatable.filter((entry) => entry.token === token);
    assert.equal(this.heap.freeAll({ token }), mine.length);
    for (const { block } of mine) assert.ok(block.isFreed);
    this.relocatable = this.relocatable.filter((entry) => entry.token !== token);
  }

  reallocate() {
    if (this.relocatable.length === 0) return;
    const entry = this.random.pick(this.relocatable);
    const { id, block, byteLength, pinnedAt } = entry;
    if (pinnedAt !== undefined) return;
    const { handle } = block;
    const next = this.size();
    block.realloc(next);
    assert.equal(block.handle, handle);
    this.expect(id, block.byteOffset, Math.min(byteLength, next));
    this.fill(id, block.byteOffset, next);
    entry.byteLength = next;
  }

  pin() {
    const entry = this.relocatable.length > 0 && this.random.pick(this.relocatable);
    if (entry && entry.pinnedAt === undefined) entry.pinnedAt = entry.block.pin();
  }

  unpin() {
    const pinned = this.relocatable.filter(({ pinnedAt }) => pinnedAt !== undefined);
    if (pinned.length === 0) return;
    const entry = this.random.pick(pinned);
    entry.block.unpin();
    entry.pinnedAt = undefined;
  }

  compact() {
    const { heap } = this;
    const before = new Map(this.relocatable.map(({ block }) => [block, block.byteOffset]));
    const live = heap.debug.quarantine === false ? heap.stat('live') : undefined;
    const bytes = heap.compact();
    let moved = 0;
    for (const { block, byteLength } of this.relocatable) {
      assert.ok(block.byteOffset <= before.get(block), 'no block moves up');
      if (block.byteOffset !== before.get(block)) moved += byteLength;
    }
    assert.ok(bytes >= moved && (bytes > 0) === this.relocatable.some(({ block }) => block.byteOffset !== before.get(block)));
    this.moved += bytes;
    if (live !== undefined) assert.equal(heap.stat('live'), live);
    this.check();
    this.checkPacked(before);
    if (this.alignedPercent === 0) assert.equal(heap.compact(), 0, 'what is compact stays so');
  }

  /**
   * No hole that a block could have gone to lies below it. (What a larger alignment leaves over is used as it
   * comes, not the lowest first: then it is true of blocks that stayed where they were.)
   */
  checkPacked(before) {
    if (this.heap.debug.canaries !== false) return;
    const movable = new Set(
      this.relocatable
        .filter(({ pinnedAt, alignment }) => pinnedAt === undefined && alignment === 16)
        .filter(({ block }) => this.alignedPercent === 0 || before.get(block) === block.byteOffset)
        .map(({ block }) => block.byteOffset),
    );
    let longest = 0;
    let end = -1;
    let guard = -1;
    for (const { byteOffset, byteLength, kind } of this.heap.blocks()) {
      if (kind === 'metadata') guard = byteOffset + byteLength;
      else if (kind === 'free') {
        longest = Math.max(longest, byteLength);
        end = byteOffset + byteLength;
      } else if (kind === 'live' && movable.has(byteOffset) && byteOffset !== guard) {
        // (One that has guard bytes in front is longer than it seems.)
        assert.ok(byteLength > longest, `${byteLength} bytes at ${byteOffset}, and a hole of ${longest} below`);
        assert.notEqual(byteOffset, end, 'there is free memory right before it');
      }
    }
  }

  check() {
    const { heap } = this;
    heap.validate();
    const places = [];
    for (const { id, block, byteLength, alignment, pinnedAt } of this.relocatable) {
      const { byteOffset } = block;
      assert.equal(byteOffset % alignment, 0, `it is aligned to ${alignment}`);
      assert.equal(block.byteLength, byteLength);
      assert.equal(heap.readUint32(block.handle), byteOffset, 'the handle leads to it');
      if (pinnedAt !== undefined) assert.equal(byteOffset, pinnedAt, 'a pinned block has not moved');
      this.expect(id, byteOffset, byteLength);
      places.push([byteOffset, byteOffset + Math.max(byteLength, 1)], [block.handle, block.handle + 4]);
    }
    for (const { id, address, byteLength } of this.fixed) {
      this.expect(id, address, byteLength);
      places.push([address, address + Math.max(byteLength, 1)]);
    }
    places.sort((a, b) => a[0] - b[0]);
    for (let i = 1; i < places.length; i++) assert.ok(places[i][0] >= places[i - 1][1], 'nothing overlaps');
  }
}

places.forEach((image, i) => {
  policies.forEach((policy, j) => {
    test(`relocatable blocks among others (${image}, ${policy})`, () => {
      const number = seed + 10 * i + j;
      const heap = Heap.createSync({ image, policy, recordSizes: j % 2 === 0, track: i === 1 });
      const model = new Model(heap, makeRandom(number));
      if (j > 1) model.alignedPercent = 15;
      let operation = 0;
      try {
        for (; operation < 3000; operation++) model.step();
        model.check();
        for (const { block } of model.relocatable) block[dispose]();
        for (const { address } of model.fixed) heap.free(address);
        heap.debug = false;
        heap.compact();
        heap.validate();
        assert.equal(heap.stat('live'), 0);
      } catch (error) {
        error.message = `seed ${number}, operation ${operation}: ${error.message}`;
        throw error;
      }
      assert.ok(model.moved > 10_000, `only ${model.moved} bytes were moved`);
    });
  });
});

test('a compaction costs a walk, not a walk for each block', () => {
  const heap = Heap.createSync();
  const blocks = Array.from({ length: 40_000 }, (_, i) => heap.allocRelocatable('Uint32', i));
  for (let i = 0; i < blocks.length; i++) if (i % 4 !== 0) blocks[i].free();
  // Quadratic, this would be minutes; the runner ends it then.
  assert.ok(heap.compact() > 0);
  for (let i = 0; i < blocks.length; i += 4) assert.equal(heap.readUint32(heap.readUint32(blocks[i].handle)), i);
  heap.validate();
});
