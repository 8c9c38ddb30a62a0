// A model of a heap that is being debugged: which blocks its user has, what is in them, and which guard
// bytes there must be. It shares nothing with the heap but what it was told, and injects faults of its own.

import assert from 'node:assert/strict';

import { Heap, HeapError, readTrace } from 'allot';

import { makeRandom } from './random.mjs';

const granule = 16;
const shortages = ['out_of_memory', 'quota_exceeded'];

const patternByte = (id, i) => (id * 29 + i * 5 + (i >> 7)) & 0xff;

/** Settings to switch between. */
const settings = [
  false,
  true,
  { poison: true },
  { poison: { allocated: 0x11, freed: 0x22 }, quarantine: false },
  { quarantine: { byteLength: 20_000, blocks: 50 } },
  { canaries: true },
  { canaries: 'both' },
  { poison: true, canaries: 'both' },
  { quarantine: { blocks: 5 }, canaries: 'after' },
];

/** Whether settings hold freed blocks back, or put guards behind or before blocks. */
const holds = (debug) => debug !== false && debug.quarantine !== false;
const guardsBehind = (debug) => debug.canaries !== false;
const guardsBefore = (debug) => debug.canaries === 'both';

class DebugModel {
  heap;
  random;
  /** The user's blocks: address → { id, length, behind, before }. */
  blocks = new Map();
  /** Addresses of other heap objects' blocks. */
  others = new Map();
  #owners = new Map();
  #nextId = 1;

  constructor(heap, random) {
    this.heap = heap;
    this.random = random;
  }

  pick() {
    return this.random.pick([...this.blocks.keys()]);
  }

  own(address, length, id) {
    for (let at = address; at < address + Math.max(length, 1); at += granule) {
      const owner = this.#owners.get(at);
      assert.ok(owner === undefined, `${address} (${length} bytes) overlaps block ${owner} at ${at}`);
      this.#owners.set(at, id);
    }
  }

  disown(address, length) {
    for (let at = address; at < address + Math.max(length, 1); at += granule) this.#owners.delete(at);
  }

  allocated(address, length, { alignment = granule, fresh }) {
    const { debug } = this.heap;
    assert.equal(address % Math.max(alignment, granule), 0, `${address} is no multiple of ${alignment}`);
    const id = this.#nextId++;
    this.own(address, length, id);
    const usable = this.heap.usableSize(address);
    if (guardsBehind(debug)) assert.equal(usable, length, 'with guards there is no more than was asked for');
    else assert.ok(usable >= length);
    if (fresh !== undefined) this.expectFill(address, 0, length, fresh);
    this.blocks.set(address, { id, length, behind: guardsBehind(debug), before: guardsBefore(debug) });
    this.write(address, 0, length, id);
  }

  /** What a block holds that is not to be zero; `undefined` when that is not said. */
  get fill() {
    const { poison } = this.heap.debug;
    return poison === false ? undefined : poison.allocated;
  }

  write(address, from, to, id) {
    const bytes = new Uint8Array(this.heap.buffer);
    for (let i = from; i < to; i++) bytes[address + i] = patternByte(id, i);
  }

  expectPattern(address, length, id) {
    const bytes = new Uint8Array(this.heap.buffer);
    for (let i = 0; i < length; i++) {
      if (bytes[address + i] !== patternByte(id, i)) assert.fail(`byte ${i} of the block at ${address} was changed`);
    }
  }

  expectFill(address, from, to, byte) {
    const bytes = new Uint8Array(this.heap.buffer);
    for (let i = from; i < to; i++) {
      if (bytes[address + i] !== byte) assert.fail(`byte ${i} of the block at ${address} is ${bytes[address + i]}, not ${byte}`);
    }
  }

  forget(address) {
    const { id, length } = this.blocks.get(address);
    this.expectPattern(address, length, id);
    this.disown(address, length);
    this.blocks.delete(address);
  }

  /** What must hold, and costs a walk. */
  agree() {
    const { heap } = this;
    heap.validate();
    const stats = heap.stats();
    const sums = { live: 0, free: 0, metadata: 0, reserved: 0 };
    const live = new Map();
    let at = stats.begin;
    for (const { byteOffset, byteLength, kind } of heap.blocks()) {
      assert.equal(byteOffset, at, 'the walk leaves no gap');
      at += byteLength;
      sums[kind] += byteLength;
      if (kind === 'live') live.set(byteOffset, byteLength);
    }
    assert.equal(at, stats.top);
    const known = [...this.blocks.keys(), ...this.others.keys()].sort((a, b) => a - b);
    assert.deepEqual([...live.keys()], known, 'the live blocks');
    for (const [address, { length }] of this.blocks) assert.ok(live.get(address) >= length);
    for (const [name, bytes] of Object.entries(sums)) assert.equal(stats[name], bytes, name);
    assert.equal(stats.blocks, known.length);
    for (const [address, { id, length }] of [...this.blocks, ...this.others]) this.expectPattern(address, length, id);
  }

  /** A block of somebody else's. */
  otherAllocated(address, length) {
    const id = this.#nextId++;
    this.own(address, length, id);
    this.others.set(address, { id, length });
    this.write(address, 0, length, id);
  }

  otherFreed(address) {
    const { id, length } = this.others.get(address);
    this.expectPattern(address, length, id);
    this.disown(address, length);
    this.others.delete(address);
  }
}

/** Lengths that nobody else asks for: a block that somebody else has freed is known by its length alone. */
function randomLength(random) {
  const kind = random.below(100);
  const length = kind < 70 ? random.below(120) : kind < 97 ? random.below(2500) : random.below(40_000);
  return length % 8 === 5 ? length + 1 : length;
}

/** The blocks that are live at the end of a trace, as far as it has seen. */
function liveIn(trace) {
  const live = new Set();
  for (const { operation, refused, block, address } of readTrace(trace)) {
    if (refused !== undefined) continue;
    if (operation === 'free' || operation === 'realloc') live.delete(block);
    if (address !== undefined) live.add(address);
  }
  return live;
}

/** Whether a heap records what was asked for. */
function canTellSizes(heap) {
  const p = heap.malloc(1);
  try {
    return heap.requestedSize(p) === 1;
  } catch {
    return false;
  } finally {
    heap.free(p);
  }
}

/**
 * Drives a heap with random operations, faults and changes of what is watched.
 *
 * @param {import('allot').Heap} heap
 * @param {{ seed: number, operations: number, other?: { malloc: Function, free: Function } }} options
 *   `other`: somebody else who allocates and frees in the same heap
 */
export function driveDebugged(heap, { seed, operations, other }) {
  const random = makeRandom(seed);
  const model = new DebugModel(heap, random);
  const counts = { refused: 0, faults: 0, traces: 0, moves: 0 };
  const traces = [];
  const recordsSizes = canTellSizes(heap);

  function request(ask) {
    try {
      return ask();
    } catch (error) {
      if (!shortages.includes(error.code)) throw error;
      counts.refused++;
      model.agree();
      return undefined;
    }
  }

  const expectError = (action, code) => {
    let error;
    try {
      action();
    } catch (thrown) {
      error = thrown;
    }
    assert.ok(error instanceof HeapError && error.code === code, `expected ${code}: ${error?.stack}`);
    return error;
  };

  const actions = {
    malloc() {
      const length = randomLength(random);
      const p = request(() => heap.malloc(length));
      if (p !== undefined) model.allocated(p, length, { fresh: model.fill });
    },
    calloc() {
      const [count, each] = [2 * random.below(15), random.below(60)]; // see randomLength
      const p = request(() => heap.calloc(count, each));
      if (p !== undefined) model.allocated(p, count * each, { fresh: 0 });
    },
    alignedAlloc() {
      const [alignment, length] = [2 ** random.below(11), randomLength(random)];
      const p = request(() => heap.alignedAlloc(alignment, length));
      if (p !== undefined) model.allocated(p, length, { alignment, fresh: model.fill });
    },
    realloc() {
      if (model.blocks.size === 0) return;
      const from = model.pick();
      const length = randomLength(random);
      const to = request(() => heap.realloc(from, length));
      if (to === undefined) return;
      const block = model.blocks.get(from);
      model.blocks.delete(from);
      model.disown(from, block.length);
      model.own(to, length, block.id);
      model.expectPattern(to, Math.min(length, block.length), block.id);
      if (model.fill !== undefined && block.behind) model.expectFill(to, block.length, length, model.fill);
      model.write(to, block.length, length, block.id);
      const { debug } = heap;
      const moves = debug.poison !== false || debug.quarantine !== false;
      // A block that keeps its place keeps what it has in front.
      const before = moves && to !== from ? guardsBefore(debug) : block.before;
      model.blocks.set(to, { ...block, length, behind: guardsBehind(debug), before });
    },
    free() {
      if (model.blocks.size === 0) return;
      const p = model.pick();
      model.forget(p);
      heap.free(p);
      if (random.percent(10)) expectError(() => heap.free(p), 'double_free');
    },
    overrun() {
      const guarded = [...model.blocks].filter(([, { behind, before }]) => behind || before);
      if (guarded.length === 0 || !guardsBehind(heap.debug)) return;
      const [p, { length, before, behind }] = random.pick(guarded);
      const inFront = before && (!behind || random.percent(50));
      const offset = inFront ? -1 - random.below(16) : length + random.below(16);
      const value = random.below(0xfd);
      heap.writeUint8(p + offset, value);
      const way = random.pick(['validate', 'free', 'realloc']);
      const ways = { validate: () => heap.validate(), free: () => heap.free(p), realloc: () => heap.realloc(p, 50) };
      const { cause } = expectError(ways[way], 'overrun');
      assert.deepEqual([cause.byteOffset, cause.offset, cause.length, cause.found[0]], [p, offset, 1, value]);
      model.forget(p);
      if (way === 'validate') expectError(() => heap.free(p), 'overrun');
      heap.free(p);
      counts.faults++;
    },
    useAfterFree() {
      if (model.blocks.size === 0 || !holds(heap.debug)) return;
      const p = model.pick();
      const { length } = model.blocks.get(p);
      if (length === 0 || length > 2000) return;
      model.forget(p);
      heap.free(p);
      const at = p + random.below(length);
      const byte = heap.readUint8(at);
      heap.writeUint8(at, byte ^ (1 + random.below(255)));
      const { cause } = expectError(() => heap.validate(), 'use_after_free');
      assert.deepEqual([cause.byteOffset, cause.byteOffset + cause.offset, cause.length], [p, at, 1]);
      heap.writeUint8(at, byte);
      counts.faults++;
    },
    change() {
      heap.debug = random.pick(settings);
      const isOn = guardsBehind(heap.debug);
      // A guard behind a block is given up with the canaries; one in front keeps its own behind.
      for (const block of model.blocks.values()) block.behind &&= isOn || block.before;
    },
    trace() {
      if (traces.length < 3 && random.percent(60)) {
        traces.push(heap.trace({ times: random.percent(20) }));
        return;
      }
      if (traces.length === 0) return;
      const live = liveIn(traces.splice(random.below(traces.length), 1)[0].stop());
      for (const p of model.blocks.keys()) assert.ok(live.has(p), `the block at ${p} is not in the trace`);
      // It has not seen what others freed.
      if (other === undefined) assert.equal(live.size, model.blocks.size);
      counts.traces++;
    },
    copy() {
      const twin = Heap.restoreSync(heap.snapshot({ free: random.percent(50) }));
      twin.validate();
      assert.equal(twin.stat('blocks'), heap.stat('blocks'));
      for (const [p, { length }] of model.blocks) {
        const [ours, theirs] = [heap.bytes(p, length), twin.bytes(p, length)];
        assert.ok(ours.every((byte, i) => byte === theirs[i]), `the copy of the block at ${p}`);
      }
    },
    move() {
      if (other !== undefined) return; // they would stay in the old memory
      const large = request(() => heap.malloc(300_000));
      if (large !== undefined) heap.free(large);
      if (heap.trim() > 0) counts.moves++;
    },
    others() {
      if (other === undefined) return;
      if (random.percent(50)) {
        const length = 8 * random.below(40) + 5;
        const p = request(() => other.malloc(length));
        if (p !== undefined) model.otherAllocated(p, length);
      } else if (model.others.size > 0 && random.percent(60)) {
        const p = random.pick([...model.others.keys()]);
        model.otherFreed(p);
        if (random.percent(30)) heap.free(p);
        else other.free(p);
      } else if (model.blocks.size > 0) {
        const p = model.pick();
        const { before, behind } = model.blocks.get(p);
        if (before) expectError(() => other.free(p), 'interior_address');
        else if (!behind || recordsSizes) {
          model.forget(p);
          other.free(p);
        }
      }
    },
  };

  function next() {
    const kind = random.below(1000);
    if (kind < 15) return 'change';
    if (kind < 45) return 'overrun';
    if (kind < 70) return 'useAfterFree';
    if (kind < 130) return 'others';
    if (kind < 140) return 'trace';
    if (kind < 142) return 'copy';
    if (kind < 146) return 'move';
    if (kind < 230) return 'realloc';
    if (random.percent(model.blocks.size < 150 ? 60 : 40)) {
      return kind < 350 ? 'calloc' : kind < 450 ? 'alignedAlloc' : 'malloc';
    }
    return 'free';
  }

  for (let step = 0; step < operations; step++) {
    const name = next();
    try {
      actions[name]();
      if (step % 200 === 0) model.agree();
    } catch (error) {
      error.message = `seed ${seed}, operation ${step} (${name}): ${error.message}`;
      throw error;
    }
  }
  model.agree();
  for (const p of [...model.others.keys()]) {
    model.otherFreed(p);
    other.free(p);
  }
  while (model.blocks.size > 0) actions.free();
  for (const trace of traces) trace.stop();
  heap.debug = false;
  model.agree();
  assert.equal(heap.stat('live'), 0);
  return counts;
}
