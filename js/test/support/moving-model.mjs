// Drives a heap that is trimmed again and again, with random operations, a model beside it, and guests that
// are put over each new memory and do there whatever they can: write data over blocks, allocate, free, grow,
// fail. Some blocks may be moved, and are, by compactions. After every move all live bytes have to be what they
// were.

import assert from 'node:assert/strict';

import { Model } from './model.mjs';
import { build, i32, memoryImport, op } from './modules.mjs';
import { makeRandom } from './random.mjs';
import { withoutMemory } from './shrinking.mjs';

const pageBytes = 65536;

/** How many handles are in the first table. */
const oneTable = 256;

/**
 * (module
 *   (import "env" "memory" (memory 0)) (import "env" "malloc" (func (param i32) (result i32)))
 *   (table 3 funcref) (global $count (mut i32) (i32.const 0)) (global $block (mut i32) (i32.const 0))
 *   (func (export "next") (result i32) …)            ;; 1: ++$count
 *   (func (export "call") (param i32) (result i32))  ;; 2: call_indirect
 *   (func $read (result i32) …)                      ;; 3: i32.load dataAt
 *   (func $start … if mallocs: $block = malloc(48), and writes over its data)    ;; 4
 *   (elem (i32.const 0) $next $read)
 *   (data (i32.const dataAt) "…"))
 */
function guestBytes(dataAt, { mallocs, exportsState }) {
  const start = [op.i32(dataAt + 4), op.i32(-1), op.store];
  if (mallocs) start.push(op.i32(48), op.call(0), op.globalSet(1));
  return build({
    types: [[[], []], [[], [i32]], [[i32], [i32]]],
    imports: [memoryImport(), { kind: 'function', name: 'malloc', type: 2 }],
    tables: [{ minimum: 3 }],
    globals: [{ mutable: true, value: 0 }, { mutable: true, value: 0 }],
    functions: [
      { type: 1, body: [op.globalGet(0), op.i32(1), [op.add], op.globalSet(0), op.globalGet(0)] },
      { type: 2, body: [op.get(0), op.callIndirect(1)] },
      { type: 1, body: [op.i32(dataAt), op.load] },
      { type: 0, body: start },
    ],
    exports: {
      next: ['function', 1], call: ['function', 2], block: ['global', 1],
      ...(exportsState ? { count: ['global', 0], table: ['table', 0] } : {}),
    },
    start: 4,
    elements: [{ offset: 0, functions: [1, 3] }],
    data: [{ offset: dataAt, bytes: Array.from({ length: 40 }, (_, i) => 0xa0 + i) }],
  });
}

/** Some small, some of pages. */
function randomLength(random) {
  const kind = random.below(100);
  if (kind < 60) return random.below(300);
  if (kind < 85) return random.below(4000);
  if (kind < 97) return random.below(40_000);
  return random.below(250_000);
}

/**
 * @param {import('allot').Heap} heap one that was just made
 * @param {{ seed: number, steps: number, othersGrow?: boolean, collectUntil?: Function }} options
 *   `collectUntil`: where it can be done, collects garbage until something holds; then tokens are dropped
 * @returns what happened, by its name: how often
 */
export async function driveMoving(heap, { seed, steps, othersGrow = false, collectUntil }) {
  const random = makeRandom(seed);
  const model = new Model(heap);
  const happened = {
    trims: 0, pages: 0, refusedTrims: 0, failedRespawns: 0, inHandlers: 0, shortages: 0, refused: 0, moved: 0,
    ...(collectUntil ? { collected: 0 } : {}),
  };
  const tokens = []; // they are held: nothing may be collected
  const guests = [];
  /** Blocks that may be moved, by their addresses of now. */
  const movable = new Map();
  /** Blocks that must stay where they are. */
  const kept = new Set();
  let mayAllocate = true;
  let isFilling = true;

  function allocate() {
    const length = randomLength(random);
    const kind = random.below(5);
    const options = random.percent(10) ? { token: {} } : undefined;
    try {
      if (kind === 0) {
        model.allocated(heap.calloc(1, length, options), length, { zeroed: !isRespawning });
      } else if (kind === 1) {
        const alignment = 16 << random.below(8);
        model.allocated(heap.alignedAlloc(alignment, length, options), length, { alignment });
      } else if (kind === 4 && !isRespawning && movable.size < oneTable) {
        const block = heap.allocRelocatable(length, undefined, options);
        model.allocated(block.byteOffset, length, { zeroed: true });
        movable.set(block.byteOffset, { block, length });
      } else {
        const block = heap.malloc(length, options);
        model.allocated(block, length);
        if (options) tokens.push({ block, token: options.token });
      }
      if (options) tokens.push(options);
    } catch (error) {
      if (error.code !== 'out_of_memory') throw error;
      happened.refused++;
    }
  }

  let isRespawning = false;
  /** Whether a module writes its data there. */
  const isWrittenOver = (block) => {
    const { usable } = model.block(block);
    return guests.some(({ dataAt }) => block < dataAt + 48 && dataAt < block + usable);
  };

  function free() {
    const block = model.count === 0 ? undefined : model.pick(random);
    // While data lie over a block, its bytes cannot be looked at.
    if (block === undefined || kept.has(block) || (isRespawning && isWrittenOver(block))) return;
    model.freeing(block);
    heap.free(block);
    movable.delete(block);
  }

  /** Slides down what may be moved. Its bytes must come along, and all else stay. */
  function compact() {
    const before = [...movable].map(([address, { block, length }]) => {
      const bytes = heap.bytes(address, length).slice();
      model.freeing(address);
      return { address, block, length, bytes };
    });
    movable.clear();
    const bytesMoved = heap.compact();
    let moved = 0;
    for (const { address, block, length, bytes } of before) {
      const now = block.byteOffset;
      assert.ok(now <= address, 'downwards');
      assert.equal(heap.readUint32(block.handle), now);
      assert.deepEqual(heap.bytes(now, length), bytes);
      if (now !== address) moved++;
    }
    assert.equal(bytesMoved > 0, moved > 0);
    for (const { block, length } of before) {
      model.allocated(block.byteOffset, length);
      movable.set(block.byteOffset, { block, length });
    }
    if (kept.delete(keeperAt)) kept.add((keeperAt = keeper.byteOffset));
    happened.moved += moved;
    model.agreeInFull();
  }

  /** Drops a token that some blocks live by, and has it collected. */
  async function dropToken() {
    let token = {};
    const blocks = new Set();
    for (let i = 1 + random.below(8); i > 0 && model.count > 0; i--) {
      const block = model.pick(random);
      if (kept.has(block) || movable.has(block)) continue;
      heap.weaken(block, token);
      blocks.add(block);
    }
    for (const block of blocks) model.freeing(block);
    const left = heap.stat('blocks') - blocks.size;
    token = undefined;
    await collectUntil(() => heap.stat('blocks') === left);
    assert.equal(heap.stat('blocks'), left, 'freed when the token was collected');
    happened.collected += blocks.size;
  }

  function reallocate() {
    if (model.count === 0) return;
    const block = model.pick(random);
    if (kept.has(block) || movable.has(block)) return;
    const length = randomLength(random);
    kept.add(block);
    mayAllocate = false; // a handler would find the old place free, of which the model does not know yet
    try {
      model.resized(block, heap.realloc(block, length), length);
    } catch (error) {
      if (error.code !== 'out_of_memory') throw error;
    } finally {
      kept.delete(block);
      mayAllocate = true;
    }
  }

  const whatever = () => (random.percent(50) ? allocate() : random.percent(70) ? free() : reallocate());

  function growByOthers() {
    const begin = heap.buffer.byteLength;
    try {
      heap.memory.grow(1);
    } catch {
      return;
    }
    model.grownByOthers(begin);
  }

  /** What a guest's host does while it puts the guest over a new memory, before and after. */
  function inRespawn(action) {
    isRespawning = true;
    for (let i = random.below(6); i > 0; i--) action();
    if (random.percent(10)) {
      try {
        heap.grow(1);
      } catch (error) {
        assert.equal(error.code, 'out_of_memory');
      }
    }
    if (random.percent(7)) {
      happened.failedRespawns++;
      throw new Error('on purpose');
    }
  }

  function makeGuest(kind) {
    // Its data lie where there is a block now, and will be anything later, even the heap's own records: but
    // not those of one that allocates while they are damaged.
    const length = 100 + random.below(kind === 'mallocs' ? 100 : 40_000);
    const room = heap.malloc(length);
    const dataAt = room + 16;
    const guest = { kind, dataAt, count: 0, isStale: false };
    if (kind === 'bytes') {
      const { exports } = heap.instantiateSync(guestBytes(dataAt, { mallocs: false, exportsState: false }));
      guest.exports = () => exports;
    } else {
      const mallocs = kind === 'mallocs';
      const module = new WebAssembly.Module(guestBytes(dataAt, { mallocs, exportsState: true }));
      let instance;
      const spawn = () => {
        instance = new WebAssembly.Instance(module, { env: heap.imports });
        const at = instance.exports.block.value >>> 0;
        if (mallocs && at !== 0) model.allocated(at, 48);
        return instance;
      };
      heap.bind(spawn, () => {
        guest.isStale = true;
        inRespawn(free); // what is allocated before the guest writes its data is not safe from that
        spawn();
        inRespawn(whatever);
        guest.isStale = false;
        return instance;
      });
      guest.exports = () => instance.exports;
    }
    if (kind === 'mallocs') {
      model.allocated(room, length);
      kept.add(room);
    } else heap.free(room);
    guests.push(guest);
  }

  function checkGuests() {
    for (const guest of guests) {
      if (guest.isStale) continue; // it could not be put over this memory
      const exports = guest.exports();
      assert.equal(exports.next(), ++guest.count, `the count of a guest (${guest.kind})`);
      assert.equal(exports.call(0), ++guest.count, 'by its table');
      heap.refresh(); // whoever is told of growth may write there
      assert.equal(exports.call(1), heap.readInt32(guest.dataAt), 'it sees the memory of now');
    }
  }

  function trim() {
    const [memory, byteLength] = [heap.memory, heap.buffer.byteLength];
    const failures = happened.failedRespawns;
    let pages;
    try {
      pages = heap.trim();
    } catch (error) {
      assert.ok(happened.failedRespawns > failures, error.stack);
      const errors = error instanceof AggregateError ? error.errors : [error];
      assert.equal(errors.length, happened.failedRespawns - failures);
      for (const each of errors) assert.equal(each.message, 'on purpose', each.stack);
    } finally {
      isRespawning = false;
    }
    if (pages === 0) assert.ok(heap.memory === memory && heap.buffer.byteLength === byteLength);
    else {
      assert.notEqual(heap.memory, memory);
      happened.trims++;
      happened.pages += pages ?? 0;
    }
    model.agreeInFull();
    checkGuests();
  }

  function refusedTrim() {
    const { memory } = heap;
    const figures = heap.stats();
    withoutMemory(() => {
      try {
        assert.equal(heap.trim(), 0);
      } catch (error) {
        assert.equal(error.code, 'out_of_memory', error.stack);
        happened.refusedTrims++;
        assert.deepEqual(heap.stats(), figures);
      }
    });
    assert.equal(heap.memory, memory);
    model.agreeInFull();
  }

  function changeLives() {
    assert.equal(heap.collect(), 0, 'all tokens are held');
    if (model.count === 0) return;
    const block = model.pick(random);
    const token = {};
    if (heap.isWeak(block)) assert.ok(heap.strengthen(block));
    else heap.weaken(block, token);
    tokens.push(token);
  }

  heap.on('resize', ({ info }) => {
    assert.equal(info.buffer, heap.buffer);
    if (!mayAllocate || random.percent(60)) return;
    happened.inHandlers++;
    allocate();
  });
  heap.onoom = () => {
    happened.shortages++;
    if (isRespawning || random.percent(30)) return false;
    for (let i = 0; i < 20; i++) free();
    return random.percent(80);
  };
  // One is there all the time, so that the table of handles is.
  const keeper = heap.allocRelocatable(16);
  let keeperAt = keeper.byteOffset;
  model.allocated(keeperAt, 16);
  movable.set(keeperAt, { block: keeper, length: 16 });
  kept.add(keeperAt);
  const table = [...heap.blocks()].find(({ kind, byteOffset }) => kind === 'live' && byteOffset !== keeperAt);
  model.tableMade(table.byteOffset);
  for (const kind of ['bytes', 'module', 'mallocs']) makeGuest(kind);
  // What a guest allocated before there was a model of it, the model was told of.
  model.agreeInFull();

  for (let step = 0; step < steps; step++) {
    try {
      if (step % 150 === 0) isFilling = !isFilling;
      const kind = random.below(1000);
      if (kind < 40 && !isFilling) trim();
      else if (kind < 50 && !isFilling) refusedTrim();
      else if (kind < 70) changeLives();
      else if (kind < 80) compact();
      else if (kind < 90 && collectUntil) await dropToken();
      else if (kind < 95) heap.grow(Math.min(1, Math.max(12 - heap.buffer.byteLength / pageBytes, 0)));
      else if (kind < 97 && othersGrow) growByOthers();
      else if (kind < 170) reallocate();
      else if (random.percent(isFilling ? 80 : 15)) allocate();
      else free();
      model.agree();
      if (step % 16 === 0) heap.validate();
    } catch (error) {
      error.message = `seed ${seed}, step ${step}: ${error.message}`;
      throw error;
    }
  }
  mayAllocate = false;
  while (model.count > kept.size) free();
  trim();
  compact();
  kept.clear();
  kept.add(keeperAt);
  while (model.count > 1) free();
  kept.clear();
  model.tableGoing(table.byteOffset);
  free();
  assert.equal(heap.stat('blocks'), 0);
  return happened;
}
