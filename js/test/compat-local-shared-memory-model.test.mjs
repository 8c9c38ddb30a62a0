// LocalSharedMemory against a model that knows only what it was told: which offsets malloc gave, for how many
// bytes, and what was written there. Random sizes, alignments, frees, reallocs and typed arrays. ALLOT_SEED and
// ALLOT_OPERATIONS change what is run.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import LocalSharedMemory from 'allot/compat/local-shared-memory';

import { makeRandom } from './support/random.mjs';
import { can, setting } from './support/runtime.mjs';

const page = 65536;
const operations = Math.min(20_000, Number(setting('ALLOT_OPERATIONS', 3000)));
const alignments = [16, 16, 16, 16, 1, 2, 4, 8, 32, 64, 256, 4096, 3, 12, 24, 1000];
const arrays = [Uint8Array, Int16Array, Float32Array, Float64Array, BigInt64Array];
const byteOf = (id, i) => (id * 31 + i * 7) & 255;

function run(seed, shared) {
  const random = makeRandom(seed);
  const memory = new LocalSharedMemory(2, 12, shared);
  const live = new Map();
  const offsets = [];
  let [bytes, id] = [0, 0];

  const add = (offset, length) => {
    assert.ok(!live.has(offset), `${offset} was given twice`);
    const entry = { id: ++id, length, place: offsets.length };
    live.set(offset, entry);
    offsets.push(offset);
    bytes += length;
    memory.memset(offset, Uint8Array.from({ length }, (_, i) => byteOf(entry.id, i)));
  };
  const remove = (offset) => {
    const { length, place } = live.get(offset);
    live.delete(offset);
    const last = offsets.pop();
    if (last !== offset) {
      offsets[place] = last;
      live.get(last).place = place;
    }
    bytes -= length;
  };
  const expectPattern = (offset, entry, length = entry.length) => {
    const view = new Uint8Array(memory.buffer, offset, length);
    for (let i = 0; i < length; i++) {
      if (view[i] !== byteOf(entry.id, i)) assert.fail(`byte ${i} of ${length} at ${offset} was changed`);
    }
  };
  const expectAll = () => {
    let end = 0;
    const list = memory.allocs();
    assert.equal(list.length, live.size);
    for (const { byteOffset, byteLength, bufferSize, buffer } of list) {
      const entry = live.get(byteOffset);
      assert.ok(entry !== undefined, `${byteOffset} is listed, and nobody has it`);
      assert.equal(byteLength, entry.length);
      assert.equal(buffer.byteLength, byteLength);
      assert.ok(byteOffset + byteLength - bufferSize >= end, `${byteOffset} begins before ${end}`);
      end = byteOffset + byteLength;
      assert.ok(end <= memory.buffer.byteLength);
      expectPattern(byteOffset, entry);
    }
  };
  /** What is out of memory is tried again with less: the small request must work. */
  const attempt = (action) => {
    try {
      return action();
    } catch (error) {
      assert.equal(error.code, 'out_of_memory', error.stack);
      while (offsets.length > 20) {
        const offset = random.pick(offsets);
        memory.free(offset);
        remove(offset);
      }
      return undefined;
    }
  };

  for (let step = 0; step < operations; step++) {
    const size = random.percent(85) ? 1 + random.below(300) : 1 + random.below(30_000);
    if (random.percent(50) || offsets.length === 0) {
      const alignment = random.pick(alignments);
      const offset = attempt(() => memory.malloc(size, alignment));
      if (offset === undefined) continue;
      assert.equal(offset % alignment, 0, `malloc(${size}, ${alignment})`);
      add(offset, size);
    } else if (random.percent(70)) {
      const offset = random.pick(offsets);
      const entry = live.get(offset);
      expectPattern(offset, entry);
      assert.equal(memory.sizeof(offset), entry.length);
      memory.free(offset);
      remove(offset);
      if (random.percent(30)) {
        assert.throws(() => memory.free(offset), (error) => ['double_free', 'interior_address'].includes(error.code));
      }
    } else if (random.percent(70)) {
      const offset = random.pick(offsets);
      const entry = live.get(offset);
      const alignment = random.pick(alignments);
      const next = attempt(() => memory.realloc(offset, size, alignment));
      if (next === undefined) continue;
      assert.equal(next % alignment, 0, `realloc(${size}, ${alignment})`);
      expectPattern(next, entry, Math.min(size, entry.length));
      remove(offset);
      add(next, size);
    } else {
      const type = random.pick(arrays);
      const view = attempt(() => memory[type.name](1 + random.below(50)));
      if (view === undefined) continue;
      assert.ok(view.every((value) => Number(value) === 0));
      add(view.byteOffset, view.byteLength);
    }
    assert.deepEqual([...memory.ai32], [bytes, live.size]);
    if (step % 200 === 0) expectAll();
  }
  expectAll();
  for (const offset of [...offsets]) {
    memory.free(offset);
    remove(offset);
  }
  assert.deepEqual([...memory.ai32], [0, 0]);
  assert.deepEqual(memory.allocs(), []);
  assert.ok(memory.sizeof(memory.malloc(5 * page)) > 0, 'one large block again');
}

const given = setting('ALLOT_SEED');
for (const seed of given === undefined ? [1, 20_261_121] : [Number(given)]) {
  for (const shared of can.shared ? [false, true] : [false]) {
    test(`random operations, seed ${seed}, ${shared ? 'shared' : 'not shared'}`, () => run(seed, shared));
  }
}
