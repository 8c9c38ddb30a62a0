// Eight workers allocate, free and resize in one memory, a fixed number of operations each, while the main
// thread lists the allocations again and again.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';

import { Heap } from 'allot';
import LocalSharedMemory from 'allot/compat/local-shared-memory';

import { settle } from '../support/churn.mjs';

const workers = 8;
const operations = 4000;
const longest = 2000;

const worker = new URL('support/local-shared-memory-worker.mjs', import.meta.url);

/** Lists until all are done; each list must be in order, without overlaps, of possible sizes. */
async function watch(memory, done) {
  let running = true;
  void done.finally(() => { running = false; });
  let lists = 0;
  while (running) {
    let end = 0;
    for (const { byteOffset, byteLength, bufferSize, buffer } of memory.allocs()) {
      assert.ok(byteLength >= 1 && byteLength <= longest, `${byteLength} bytes at ${byteOffset}`);
      assert.equal(buffer.byteLength, byteLength);
      assert.ok(bufferSize >= byteLength + 16);
      assert.ok(byteOffset + byteLength - bufferSize >= end, `${byteOffset} begins before ${end}`);
      end = byteOffset + byteLength;
    }
    lists++;
    await new Promise(setImmediate);
  }
  return lists;
}

for (const [name, initial, maximum] of [['memory that grows', 2, 400], ['memory that is scarce', 20, 20]]) {
  test(`eight workers at once, ${name}`, async () => {
    const memory = new LocalSharedMemory(initial, maximum);
    const agents = Array.from({ length: workers }, (_, id) => new Promise((resolve, reject) => {
      const thread = new Worker(worker, { workerData: { memory, id: id + 1, operations, longest } });
      thread.on('message', resolve);
      thread.on('error', reject);
    }));
    const done = Promise.all(agents);
    const [owned, lists] = await Promise.all([done, watch(memory, done)]);
    assert.ok(lists > 0);

    // Every block that a worker has left lies where no other one does, with that worker's bytes in it.
    const all = owned.flat().sort((a, b) => a.offset - b.offset);
    assert.ok(all.length > 0);
    let [end, bytes] = [0, 0];
    for (const { offset, length, id } of all) {
      assert.ok(offset >= end, `${offset} lies in a block that ends at ${end}`);
      end = offset + length;
      bytes += length;
      assert.equal(memory.sizeof(offset), length);
      assert.ok(memory.arrayView(Uint8Array, offset).every((byte) => byte === id), `bytes of worker ${id} at ${offset}`);
    }
    assert.deepEqual([...memory.ai32], [bytes, all.length]);
    assert.deepEqual(
      memory.allocs().map(({ byteOffset, byteLength }) => [byteOffset, byteLength]),
      all.map(({ offset, length }) => [offset, length]),
    );
    const heap = Heap.attachSync(memory);
    heap.validate();
    assert.equal(heap.stat('blocks'), all.length, 'nothing is lost');
    for (const { offset } of all) memory.free(offset);
    assert.deepEqual([...memory.ai32], [0, 0]);
    assert.ok(settle(heap, Heap, workers));
    assert.equal(heap.stat('blocks'), 0);
  });
}
