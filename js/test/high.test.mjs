// Addresses above 2 GiB, which WebAssembly hands to JavaScript as negative numbers, and the last ones
// below 4 GiB, where the address after the end is 0 again.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Heap } from 'allot';

import { changesNothing, places, policies, throwsCode } from './support/expect.mjs';
import { can } from './support/runtime.mjs';

const pageBytes = 65536;
const GiB = 2 ** 30;

for (const image of places) {
  for (const policy of policies) {
    for (const [name, pages, begin] of [
      ['above 2 GiB', 2 * GiB / pageBytes + 4, 2 * GiB + 4096],
      ['across 2 GiB', 2 * GiB / pageBytes + 1, 2 * GiB - pageBytes],
      ['up to 4 GiB', 4 * GiB / pageBytes, 4 * GiB - 4 * pageBytes],
    ]) {
      if (!can.bigMemory) continue;
      test(`a heap ${name} (${image}, ${policy})`, () => {
        // Only what is touched of such a memory takes room.
        const memory = new WebAssembly.Memory({ initial: pages, maximum: 65536 });
        const heap = Heap.createSync({ memory, begin, image, policy, softMaximum: pages * pageBytes });
        const blocks = [];
        throwsCode(() => {
          for (;;) blocks.push(heap.malloc(1000));
        }, 'RangeError', 'out_of_memory');
        assert.ok(blocks.length > 50);
        for (const p of blocks) {
          assert.ok(p >= begin && p + heap.usableSize(p) <= pages * pageBytes);
          heap.writeUint32(p, p);
        }
        for (const p of blocks) assert.equal(heap.readUint32(p), p);
        heap.validate();

        const last = Math.max(...blocks);
        heap.free(last);
        changesNothing(heap, () => heap.free(last), 'HeapError', 'double_free', new RegExp(String(last)));
        const moved = heap.realloc(blocks[0], 900);
        assert.equal(heap.readUint32(moved), blocks[0]);
        const text = heap.allocString('high');
        assert.equal(heap.readString(text.byteOffset, text.byteLength), 'high');

        let at = heap.stat('begin');
        for (const { byteOffset, byteLength } of heap.blocks()) {
          assert.equal(byteOffset, at);
          at += byteLength;
        }
        assert.equal(at, heap.stat('top'));
        if (image === 'inside') {
          const joined = Heap.attachSync(memory, { address: heap.imageAddress });
          joined.free(text.byteOffset);
          joined.validate();
        }
      });
    }
  }
}
