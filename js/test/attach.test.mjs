// Joining a heap that is there already, and refusing whatever is none.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Heap } from 'allot';

import { policies, rejectsCode, throwsCode } from './support/expect.mjs';
import { makeRandom } from './support/random.mjs';

const pageBytes = 65536;

/** Expects both ways of joining to refuse. */
async function refuses(memory, options, code) {
  throwsCode(() => Heap.attachSync(memory, options), 'HeapError', code);
  await rejectsCode(Heap.attach(memory, options), 'HeapError', code);
}

test('two Heap objects, one heap', async () => {
  const first = Heap.createSync();
  const p = first.malloc(100);
  first.writeInt32(p, 42);
  const second = await Heap.attach(first.memory);
  assert.equal(second.imageAddress, first.imageAddress);
  assert.equal(second.image, 'inside');
  assert.equal(second.readInt32(p), 42);
  assert.deepEqual(second.stats(), first.stats());
  const q = second.malloc(200);
  assert.notEqual(p, q);
  second.free(p);
  throwsCode(() => first.free(p), 'HeapError', 'double_free');
  first.free(q);
  assert.equal(second.stat('live'), 0);
  second.malloc(10 * pageBytes);
  assert.deepEqual(second.stats(), first.stats());
  first.validate();
});

test('by address, without looking for it; validation can be left out', async () => {
  for (const policy of policies) {
    const heap = Heap.createSync({ begin: 10_000, policy });
    const p = heap.malloc(50);
    for (const options of [{ address: heap.imageAddress }, { address: heap.imageAddress, validate: false }]) {
      Heap.attachSync(heap.memory, options).usableSize(p);
      (await Heap.attach(heap.memory, options)).usableSize(p);
    }
  }
});

test('a heap is found wherever it lies, and two of them by their addresses', () => {
  const memory = new WebAssembly.Memory({ initial: 6 });
  const high = Heap.createSync({ memory, begin: 3 * pageBytes + 160 });
  assert.equal(Heap.attachSync(memory).imageAddress, high.imageAddress);
  const low = Heap.createSync({ memory, begin: 16, end: 2 * pageBytes });
  assert.equal(Heap.attachSync(memory).imageAddress, low.imageAddress);
  const p = high.malloc(16);
  Heap.attachSync(memory, { address: high.imageAddress }).free(p);
  assert.equal(high.stat('live'), 0);
});

test('a copy of the whole memory is a copy of the heap', () => {
  const heap = Heap.createSync();
  const p = heap.malloc(3000);
  heap.writeString(p, 'snapshot');
  for (let i = 0; i < 300; i++) heap.malloc(700);
  const copy = new WebAssembly.Memory({ initial: heap.buffer.byteLength / pageBytes });
  new Uint8Array(copy.buffer).set(new Uint8Array(heap.buffer));
  const other = Heap.attachSync(copy);
  assert.deepEqual(other.stats(), heap.stats());
  assert.deepEqual([...other.blocks()], [...heap.blocks()]);
  assert.equal(other.readString(p, 8), 'snapshot');
  other.free(p);
  heap.free(p);
  other.validate();
});

test('a memory with no heap', async () => {
  await refuses(new WebAssembly.Memory({ initial: 1 }), {}, 'not_a_heap');
  await refuses(new WebAssembly.Memory({ initial: 0 }), {}, 'not_a_heap');
  await refuses(Heap.createSync({ image: 'outside' }).memory, {}, 'not_a_heap');
});

test('garbage', async () => {
  const random = makeRandom(99);
  const memory = new WebAssembly.Memory({ initial: 2 });
  for (let round = 0; round < 20; round++) {
    const words = new Uint32Array(memory.buffer);
    for (let i = 0; i < words.length; i++) words[i] = random.word();
    await refuses(memory, {}, 'not_a_heap');
    await refuses(memory, { address: 16 * random.below(8192) }, 'not_a_heap');
  }
});

test('an address at which there is no image', async () => {
  const heap = Heap.createSync();
  const p = heap.malloc(64);
  for (const address of [0, 16, p, heap.imageAddress + 16, 65520, 65536, 2 ** 31, 2 ** 32 - 16, heap.imageAddress + 1]) {
    if (address === heap.imageAddress) continue;
    await refuses(heap.memory, { address }, 'not_a_heap');
  }
  await refuses(heap.memory, { address: 2 ** 32 }, 'wild_address');
});

test('arguments that cannot be', async () => {
  const { memory } = Heap.createSync();
  for (const bad of [undefined, null, {}, memory.buffer, 'memory', 16]) {
    throwsCode(() => Heap.attachSync(bad), 'TypeError', 'wrong_type', /memory/);
    await rejectsCode(Heap.attach(bad), 'TypeError', 'wrong_type', /memory/);
  }
  for (const bad of ['16', 16n, null, {}]) {
    throwsCode(() => Heap.attachSync(memory, { address: bad }), 'TypeError', 'wrong_type', /address/);
  }
  for (const bad of [-16, NaN, 0.5]) {
    throwsCode(() => Heap.attachSync(memory, { address: bad }), 'RangeError', 'invalid_number', /address/);
  }
  throwsCode(() => Heap.attachSync(memory, { validate: 1 }), 'TypeError', 'wrong_type', /validate/);
  throwsCode(() => Heap.attachSync(memory, null), 'TypeError', 'wrong_type', /options/);
});

test('a truncated image: copied to the end of a memory, so that parts are missing', async () => {
  const heap = Heap.createSync();
  for (let i = 0; i < 100; i++) heap.malloc(100);
  const begin = heap.imageAddress;
  const bytes = new Uint8Array(heap.buffer, begin);
  for (const kept of [16, 64, 256, 512, 720, 736, 752, 1024, 2048, 4096, 10_000]) {
    const memory = new WebAssembly.Memory({ initial: 1 });
    const address = pageBytes - kept;
    new Uint8Array(memory.buffer).set(bytes.subarray(0, kept), address);
    for (const options of [{}, { address }, { address, validate: false }]) {
      assert.throws(() => Heap.attachSync(memory, options), (error) =>
        error.name === 'HeapError' && ['not_a_heap', 'corrupt_image'].includes(error.code), `${kept} bytes`);
    }
  }
});

test('a memory cut short behind the image', async () => {
  const heap = Heap.createSync();
  heap.malloc(5 * pageBytes);
  for (let pages = 1; pages * pageBytes < heap.buffer.byteLength; pages++) {
    const memory = new WebAssembly.Memory({ initial: pages });
    new Uint8Array(memory.buffer).set(new Uint8Array(heap.buffer, 0, pages * pageBytes));
    await refuses(memory, {}, 'corrupt_image');
  }
});

test('an image at another address than its own', async () => {
  const heap = Heap.createSync();
  const address = 30_000 - (30_000 % 16);
  const memory = new WebAssembly.Memory({ initial: 2 });
  new Uint8Array(memory.buffer).set(new Uint8Array(heap.buffer, heap.imageAddress, 20_000), address);
  await refuses(memory, { address }, 'corrupt_image');
});
