// A memory that one agent grows, as all others see it: numbers, views, refs, texts, atomics, events.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Heap, struct } from 'allot';

import { throwsCode } from './support/expect.mjs';
import { can, startAgent } from './support/runtime.mjs';

const pageBytes = 65536;
const moment = (milliseconds = 1) => new Promise((resolve) => setTimeout(resolve, milliseconds));

if (can.sendShared) {
  for (const [how, grow] of [
    ['malloc', (heap) => heap.malloc(300_000)],
    ['heap.grow', (heap) => heap.grow(5) * 65536],
    ['memory.grow', (heap) => heap.memory.grow(5) * 65536],
  ]) {
    test(`what another agent has grown by ${how} can be used at once`, async () => {
      const heap = Heap.createSync({ shared: true, maximum: 100 });
      // All that keeps a view is used before.
      const number = heap.alloc(Int32Array, [1, 2, 3]);
      const text = heap.allocString('before');
      const old = number.view;
      heap.atomics.store('Int32', number.byteOffset, 1);
      heap.readFloat64(number.byteOffset);
      assert.equal(text.value, 'before');
      const before = heap.buffer.byteLength;
      throwsCode(() => heap.readInt32(before), 'RangeError', 'out_of_bounds');
      throwsCode(() => heap.atomics.load('Int32', before), 'RangeError', 'out_of_bounds');
      throwsCode(() => heap.view(Int32Array, before, 1), 'RangeError', 'out_of_bounds');
      throwsCode(() => heap.readCString(before), 'RangeError', 'out_of_bounds');

      const events = [];
      heap.on('grow', ({ info }) => events.push([info.oldSize, info.newSize]));
      const given = { memory: heap.memory, from: before };
      const body = `({ memory, from }, { Heap }) => {
        const heap = Heap.attachSync(memory);
        const at = (${grow})(heap);
        // In the last page, wherever the heap has put the block.
        const last = memory.buffer.byteLength - 65536;
        heap.writeInt32(last, 42);
        heap.writeFloat64(last + 8, 0.5);
        heap.writeCString(last + 16, 'grown');
        return { at, last };
      }`;
      const { last } = await startAgent(body, given).result;
      assert.ok(last >= before);
      assert.equal(heap.readInt32(last), 42);
      assert.equal(heap.readFloat64(last + 8), 0.5);
      assert.equal(heap.readCString(last + 16), 'grown');
      assert.equal(heap.atomics.add('Int32', last, 1), 42);
      assert.equal(heap.view(Int32Array, last, 1)[0], 43);
      assert.equal(heap.bytes(last, 4)[0], 43);
      assert.equal(heap.ref('Int32', last).value, 43);
      heap.copy(last + 64, last, 16);
      assert.equal(heap.ref(struct({ a: 'Int32', b: 'Int32', c: 'Float64' }), last + 64).c, 0.5);
      assert.deepEqual([...number.view], [1, 2, 3]);
      assert.deepEqual([...old], [1, 2, 3], 'a view of a shared memory stays good');
      assert.equal(text.value, 'before');
      heap.refresh();
      assert.deepEqual(events, [[before, heap.buffer.byteLength]]);
      assert.ok(heap.buffer.byteLength >= last + pageBytes);
      const p = heap.malloc(1000);
      heap.free(p);
      assert.equal(events.length, 1, 'told once');
      heap.validate();
    });
  }

  test('agents grow one memory in turns, and each sees it all', async () => {
    const heap = Heap.createSync({ shared: true, maximum: 200 });
    const turn = heap.alloc('Int32', 0);
    const agents = 3;
    const given = (id) => ({ memory: heap.memory, at: turn.byteOffset, id, agents, rounds: 10 });
    const results = await Promise.all(Array.from({ length: agents }, (_, id) => startAgent(({ memory, at, id, agents, rounds }, { Heap }) => {
      const heap = Heap.attachSync(memory);
      const turn = heap.ref('Int32', at);
      const list = heap.alloc(Int32Array, [id, id + 1]);
      const view = list.view;
      let told = 0;
      heap.on('grow', () => told++);
      for (let round = 0; round < rounds; round++) {
        for (let now; (now = turn.load()) !== round * agents + id; ) turn.wait(now, 1000);
        if (round > 0) {
          // What the one before has grown is there, up to its last byte.
          const end = heap.memory.buffer.byteLength;
          if (heap.readUint8(end - 1) !== ((id + agents - 1) % agents) + 1) throw new Error(`${heap.readUint8(end - 1)} at the end`);
        }
        heap.grow(1);
        heap.writeUint8(heap.buffer.byteLength - 1, id + 1);
        if (list.read(1) !== id + 1 || view[0] !== id) throw new Error('a ref was lost');
        turn.add(1);
        turn.notify();
      }
      return told;
    }, given(id)).result));
    assert.ok(results.every((told) => told >= 10), `${results}`);
    assert.ok(heap.buffer.byteLength > 30 * pageBytes);
    heap.validate();
  });

  test('an agent that only listens is told when it looks', async () => {
    const heap = Heap.createSync({ shared: true, maximum: 100 });
    let told = 0;
    heap.on('resize', () => told++);
    await startAgent((memory, { Heap }) => { Heap.attachSync(memory).malloc(500_000); }, heap.memory).result;
    await moment(5);
    assert.equal(told, 0);
    heap.refresh();
    assert.equal(told, 1);
  });
}
