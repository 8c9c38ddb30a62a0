// Memories that refuse to grow: what fails changes nothing, and what fits afterwards is served.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Heap } from 'allot';

import { changesNothing, places, policies, throwsCode } from './support/expect.mjs';

const pageBytes = 65536;

/** A memory that refuses the n-th growth and all after it, as an engine without more memory does. */
function refusingMemory(allowed) {
  const memory = new WebAssembly.Memory({ initial: 1 });
  const grow = memory.grow.bind(memory);
  memory.grow = (pages) => {
    if (allowed-- <= 0) throw new RangeError('refused');
    return grow(pages);
  };
  return memory;
}

for (const image of places) {
  for (const policy of policies) {
    const name = `(${image}, ${policy})`;

    test(`out of memory changes nothing, whoever asked ${name}`, () => {
      const heap = Heap.createSync({ image, policy, initial: 1, maximum: 3 });
      const blocks = [];
      throwsCode(() => {
        for (;;) blocks.push(heap.malloc(1000));
      }, 'RangeError', 'out_of_memory', /malloc\(1000\)/);
      assert.equal(heap.buffer.byteLength, 3 * pageBytes);
      const p = blocks[7];
      const contents = () => Uint8Array.from(new Uint8Array(heap.buffer, p, 1000));
      new Uint8Array(heap.buffer, p, 1000).fill(0x5a);
      const before = contents();
      for (const call of [
        () => heap.malloc(5000),
        () => heap.malloc(2 ** 31),
        () => heap.calloc(50, 100),
        () => heap.alignedAlloc(4096, 5000),
        () => heap.realloc(p, 5000),
        () => heap.realloc(p, 2 ** 30),
      ]) {
        changesNothing(heap, call, 'RangeError', 'out_of_memory');
      }
      assert.deepEqual(contents(), before);
      for (const block of blocks.slice(10, 20)) heap.free(block);
      assert.ok(heap.malloc(8000) > 0, 'what was freed can be had again, in one piece');
      heap.validate();
    });

    test(`a failed request leaves room for a small one ${name}`, () => {
      const heap = Heap.createSync({ image, policy, initial: 1, maximum: 1 });
      throwsCode(() => heap.malloc(70_000), 'RangeError', 'out_of_memory');
      heap.free(heap.malloc(16));
      heap.validate();
    });

    test(`all freed is all there again, in one piece ${name}`, () => {
      const heap = Heap.createSync({ image, policy, initial: 1, maximum: 4 });
      const blocks = [];
      throwsCode(() => {
        for (let i = 0; ; i++) blocks.push(heap.malloc(16 + (i * 97) % 2000));
      }, 'RangeError', 'out_of_memory');
      const metadata = heap.stat('metadata');
      for (let i = 0; i < blocks.length; i += 2) heap.free(blocks[i]);
      for (let i = 1; i < blocks.length; i += 2) heap.free(blocks[i]);
      assert.equal(heap.stat('metadata'), metadata);
      const { largestFree } = heap.stats();
      heap.free(heap.malloc(largestFree));
      heap.validate();
    });
  }
}

test('the n-th growth refused (image outside)', () => {
  for (const policy of policies) {
    for (let allowed = 0; allowed < 6; allowed++) {
      const heap = Heap.createSync({ image: 'outside', memory: refusingMemory(allowed), policy });
      const blocks = [];
      throwsCode(() => {
        for (;;) blocks.push(heap.malloc(3000));
      }, 'RangeError', 'out_of_memory');
      changesNothing(heap, () => heap.malloc(3000), 'RangeError', 'out_of_memory');
      for (const p of blocks) heap.free(p);
      assert.equal(heap.stat('live'), 0);
      heap.validate();
    }
  }
});

test('memory that somebody else grew is theirs', () => {
  for (const image of places) {
    for (const policy of policies) {
      const heap = Heap.createSync({ image, policy, initial: 1 });
      const mine = [heap.malloc(1000)];
      const theirs = [heap.buffer.byteLength, heap.buffer.byteLength + 2 * pageBytes];
      heap.memory.grow(2);
      const bytes = () => new Uint8Array(heap.buffer, theirs[0], theirs[1] - theirs[0]);
      bytes().fill(0xcd);
      for (let i = 0; i < 400; i++) {
        const p = heap.malloc(1000);
        assert.ok(p + heap.usableSize(p) <= theirs[0] || p >= theirs[1]);
        new Uint8Array(heap.buffer, p, 1000).fill(0xff);
        mine.push(p);
      }
      assert.ok(bytes().every((byte) => byte === 0xcd));
      const { live, free, metadata, managed } = heap.stats();
      assert.equal(live + free + metadata, managed);
      heap.validate();
      for (const p of mine) heap.free(p);
      heap.validate();
    }
  }
});
