// One heap, two sides: a guest that was linked with liballot, and JavaScript.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Heap } from 'allot';

import { drive } from './support/drive.mjs';
import { throwsCode } from './support/expect.mjs';
import { can, readArtifact, setting } from './support/runtime.mjs';

const pageBytes = 65536;
const operations = Math.min(30_000, Number(setting('ALLOT_OPERATIONS', Infinity)));
// Over 4 KiB, and so too long for the main thread of a browser to compile synchronously.
const module = await WebAssembly.compile(await readArtifact('build/wasm/allot-malloc.wasm'));

/** A guest that exports malloc, free and its memory; its heap is there from the first malloc on. */
function makeGuest() {
  const guest = new WebAssembly.Instance(module).exports;
  guest.free(guest.malloc(1));
  return guest;
}

test('each side frees what the other allocated', async () => {
  const guest = makeGuest();
  const heap = await Heap.attach(guest.memory);
  const p = guest.malloc(100);
  assert.ok(heap.usableSize(p) >= 100);
  heap.writeString(p, 'from JavaScript');
  heap.free(p);
  const q = heap.malloc(5000);
  assert.notEqual(guest.malloc(5000), q);
  guest.free(q);
  assert.equal(heap.stat('blocks'), 1);
  heap.validate();
});

test('growth by the guest is survived', () => {
  const guest = makeGuest();
  const heap = Heap.attachSync(guest.memory);
  const p = heap.malloc(16);
  heap.writeFloat64(p, Math.PI);
  const before = heap.buffer.byteLength;
  const q = guest.malloc(10 * pageBytes);
  assert.ok(heap.buffer.byteLength > before);
  assert.equal(heap.readFloat64(p), Math.PI);
  heap.writeUint8(q + 10 * pageBytes - 1, 1);
  heap.validate();
});

test('misuse on one side is seen by the other', () => {
  const guest = makeGuest();
  const heap = Heap.attachSync(guest.memory);
  const p = guest.malloc(100);
  guest.free(p);
  throwsCode(() => heap.free(p), 'HeapError', 'double_free');
  const q = heap.malloc(100);
  heap.free(q);
  assert.throws(() => guest.free(q), WebAssembly.RuntimeError, 'a guest traps unless it decides otherwise');
  heap.validate();
  const data = 8; // below the heap lie the guest's data and stack
  throwsCode(() => heap.free(data), 'HeapError', 'foreign_address');
});

test('what a guest was refused last is told', () => {
  const guest = makeGuest();
  const heap = Heap.attachSync(guest.memory);
  assert.equal(heap.guestError, undefined);
  const p = guest.malloc(100);
  throwsCode(() => heap.free(p + 16), 'HeapError', 'interior_address');
  assert.equal(heap.guestError, undefined, 'JavaScript has heard of that itself');
  guest.free(p);
  assert.throws(() => guest.free(p), WebAssembly.RuntimeError);
  assert.deepEqual(heap.guestError, { code: 'double_free', address: p });
  assert.ok(Object.isFrozen(heap.guestError));
  const q = guest.malloc(200);
  assert.throws(() => guest.free(q + 32), WebAssembly.RuntimeError);
  assert.deepEqual(Heap.attachSync(guest.memory).guestError, { code: 'interior_address', address: q + 32 });
  assert.deepEqual(Heap.restoreSync(heap.snapshot()).guestError, { code: 'interior_address', address: q + 32 });
});

if (can.shared) {
  test('what a guest of several threads was refused last is told', async () => {
    const threads = await WebAssembly.compile(await readArtifact('build/wasm/allot-malloc-threads.wasm'));
    const memory = new WebAssembly.Memory({ initial: 20, maximum: 65536, shared: true });
    const guest = (await WebAssembly.instantiate(threads, { env: { memory } })).exports;
    const p = guest.malloc(100);
    const heap = await Heap.attach(memory);
    assert.equal(heap.guestError, undefined);
    guest.free(p);
    assert.throws(() => guest.free(p), WebAssembly.RuntimeError);
    assert.deepEqual(heap.guestError, { code: 'double_free', address: p });
  });
}

test('where no guest can be refused anything, or has written anything there, nothing is told', () => {
  assert.equal(Heap.createSync({ image: 'outside' }).guestError, undefined);
  const memory = new WebAssembly.Memory({ initial: 1 });
  assert.equal(Heap.adopt({ memory, malloc: () => 16, free() {} }).guestError, undefined);
  const heap = Heap.createSync();
  heap.dataView.setUint32(heap.imageAddress + 700, 4_000_000_000, true);
  assert.equal(heap.guestError, undefined);
});

test('both at random, against the model', () => {
  const guest = makeGuest();
  const heap = Heap.attachSync(guest.memory);
  let turns = 0;
  /** Hands every second call to the guest. */
  const both = {
    memory: heap.memory,
    get buffer() { return heap.buffer; },
    get quota() { return heap.quota; },
    set quota(bytes) { heap.quota = bytes; },
    malloc: (length) => (turns++ % 2 === 0 ? fromGuest(guest.malloc(length)) : undefined) ?? heap.malloc(length),
    calloc: (count, each) => (turns++ % 2 === 0 ? fromGuest(guest.calloc(count, each)) : undefined) ?? heap.calloc(count, each),
    realloc: (p, length) =>
      (turns++ % 2 === 0 && isLive(p) && length > 0 ? fromGuest(guest.realloc(p, length)) : undefined) ?? heap.realloc(p, length),
    alignedAlloc: (alignment, length) => heap.alignedAlloc(alignment, length),
    free: (p) => (turns++ % 2 === 0 && isLive(p) ? guest.free(p) : heap.free(p)),
  };
  for (const name of ['usableSize', 'stat', 'stats', 'blocks', 'validate', 'merge', 'reserve', 'unreserve', 'grow']) {
    both[name] = heap[name].bind(heap);
  }
  /** A guest reports failure as 0; then JavaScript is asked again, to say why. */
  const fromGuest = (result) => (result === 0 ? undefined : result >>> 0);
  const isLive = (p) => {
    try {
      return heap.usableSize(p) > 0;
    } catch {
      return false;
    }
  };
  drive(both, { seed: 42, operations });
});
