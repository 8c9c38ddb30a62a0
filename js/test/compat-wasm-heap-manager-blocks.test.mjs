// The drop-in for wasm-heap-manager: which blocks are on the list, and that none is freed twice.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Heap } from 'allot';
import { throwsCode } from './support/expect.mjs';
import { encodings, makeManager, manager, types } from './support/wasm-heap-manager.mjs';

const twice = (action) => throwsCode(action, 'HeapError', 'double_free');

test('the list: what was allocated and not freed, in order; nothing that was wrapped', () => {
  const { heap } = makeManager();
  const refs = [];
  let bytes = 0;
  for (const { name, bytes: length } of types) {
    refs.push(heap[`alloc${name}`](), heap[`alloc${name}Array`](3));
    bytes += 4 * length;
    heap[`wrap${name}`](64);
    heap[`wrap${name}Array`](64, 2);
  }
  for (const { name, bytes: length } of encodings) {
    refs.push(heap[`allocNullTerminated${name}String`](4));
    bytes += 5 * length;
    heap[`wrapNullTerminated${name}String`](64);
  }
  assert.deepEqual(
    heap.allocatedHeapRefs.map((ref) => refs.indexOf(ref)),
    refs.map((_, index) => index),
  );
  assert.equal(heap.totalAllocatedByteCount, bytes);
  // A list of one's own.
  heap.allocatedHeapRefs.length = 0;
  assert.equal(heap.allocatedHeapRefs.length, refs.length);
});

test('freeAll frees all of them, each once, and the list is empty', () => {
  const { heap, record } = makeManager();
  const refs = [heap.allocInt8(), heap.allocInt32Array(3), heap.allocNullTerminatedUtf8String('x')];
  const addresses = refs.map(({ address }) => address);
  refs[0].free();
  assert.equal(heap.freeAll(), undefined);
  assert.deepEqual(record.freed, addresses);
  assert.ok(refs.every((ref) => ref.isFreed));
  assert.deepEqual([heap.allocatedHeapRefs.length, heap.totalAllocatedByteCount], [0, 0]);
  heap.freeAll();
  assert.equal(record.freed.length, 3);
});

test('free by ref, by the manager, and by address end the ref', () => {
  const { heap, record } = makeManager();
  for (const free of [(ref) => ref.free(), (ref) => heap.free(ref), (ref) => heap.free(ref.address)]) {
    const ref = heap.allocInt32(1);
    const { address } = ref;
    assert.equal(free(ref), undefined);
    assert.deepEqual([ref.isFreed, ref.address, record.freed.at(-1)], [true, 0, address]);
    assert.equal(heap.allocatedHeapRefs.length, 0);
  }
  assert.equal(record.freed.length, 3);
});

test('an address that the guest allocated goes to the deallocator, again and again', () => {
  const { heap, record } = makeManager();
  heap.free(64);
  // Allocated again by the guest, of which the manager hears nothing.
  heap.free(64);
  heap.wrapInt32(64).free();
  heap.wrapInt32(64).free();
  assert.deepEqual(record.freed, [64, 64, 64, 64]);
});

test('what is no address and no ref', () => {
  const { heap, record } = makeManager();
  assert.equal(heap.free(0), undefined);
  for (const bad of [undefined, null, '64', {}, 64n]) throwsCode(() => heap.free(bad), 'TypeError', 'wrong_type');
  for (const bad of [-64, 1.5, NaN]) throwsCode(() => heap.free(bad), 'RangeError', 'invalid_number');
  assert.deepEqual(record.freed, []);
});

test("another manager's ref is refused, and stays", () => {
  const { heap, record } = makeManager();
  const other = makeManager();
  const ref = other.heap.allocInt32(7);
  throwsCode(() => heap.free(ref), 'HeapError', 'another_heap');
  assert.deepEqual([record.freed, other.record.freed, ref.value], [[], [], 7]);
});

test('a second free by ref is reported and not performed', () => {
  for (const options of [{}, { trackAllocations: false }]) {
    const { heap, record } = makeManager({ options });
    const ref = heap.allocInt32(1);
    const { address } = ref;
    ref.free();
    assert.equal(twice(() => ref.free()).address, address);
    twice(() => heap.free(ref));
    assert.deepEqual(record.freed, [address]);
  }
});

test('a second free by address is reported and not performed while nobody has used the block', () => {
  const { heap, record } = makeManager();
  const first = heap.allocInt32(1);
  const { address } = first;
  heap.free(address);
  twice(() => heap.free(address));
  twice(() => first.free());
  assert.deepEqual(record.freed, [address]);
  const second = heap.allocInt32Array(20);
  const other = second.address;
  second.free();
  twice(() => heap.free(other));
  assert.equal(record.freed.length, 2);
});

test('an address that the guest was given again, after the manager freed it, can be freed', () => {
  const { heap, record } = makeManager();
  const input = heap.allocInt32(1);
  const { address } = input;
  input.free();
  // The guest allocates, and gets the same place; it writes there.
  heap.writeInt32(address, 99);
  heap.free(address);
  assert.deepEqual(record.freed, [address, address]);
  // Or it does not write, but the user wraps it.
  const next = heap.allocInt32(1);
  const again = next.address;
  next.free();
  const wrapped = heap.wrapInt32(again);
  heap.free(again);
  twice(() => wrapped.free());
  assert.deepEqual(record.freed, [address, address, again, again]);
});

test('a second free by address at both ends of the memory', () => {
  const buffer = new ArrayBuffer(64);
  for (const place of [4, 60]) {
    let freed = 0;
    const heap = manager.createWasmHeapManager(
      () => buffer,
      () => place,
      () => freed++,
    );
    heap.free(heap.allocInt32(1).address);
    twice(() => heap.free(place));
    assert.equal(freed, 1);
    heap.writeInt32(place, 5);
    heap.free(place);
    assert.equal(freed, 2);
  }
});

test('a free by address after the whole buffer was replaced', () => {
  let buffer = new ArrayBuffer(128);
  let freed = 0;
  const heap = manager.createWasmHeapManager(
    () => buffer,
    () => 64,
    () => freed++,
    { pollingMode: 'always' },
  );
  heap.free(heap.allocInt32(1).address);
  buffer = new Uint8Array(128).fill(3).buffer;
  heap.free(64);
  assert.equal(freed, 2);
});

test('refs to one block: freeing one ends what the manager knows of', () => {
  const { heap, record } = makeManager();
  const ref = heap.allocInt32(1);
  const { address } = ref;
  const [first, second] = [heap.wrapInt32(address), heap.wrapInt8Array(address, 4)];
  first.free();
  assert.ok(ref.isFreed);
  for (const other of [ref, first, second]) twice(() => other.free());
  heap.freeAll();
  assert.deepEqual(record.freed, [address]);
});

test('a place that was handed out again: old refs do not free the new block', () => {
  let freed = 0;
  const buffer = new ArrayBuffer(1024);
  // An arena that was reset, or a guest that freed what JavaScript allocated.
  const heap = manager.createWasmHeapManager(
    () => buffer,
    () => 64,
    () => {
      freed++;
    },
  );
  const old = heap.allocInt32(1);
  const wrapped = heap.wrapInt32(64);
  const now = heap.allocInt32(2);
  assert.deepEqual([old.isFreed, now.value], [true, 2]);
  assert.deepEqual(heap.allocatedHeapRefs, [now]);
  twice(() => old.free());
  twice(() => wrapped.free());
  assert.equal(freed, 0);
  heap.freeAll();
  assert.equal(freed, 1);
});

test('a deallocator that refuses: nothing has changed', () => {
  const { heap } = makeManager();
  const inner = Heap.createSync();
  const strict = manager.createWasmHeapManager(
    () => inner.buffer,
    (size) => inner.malloc(size),
    (address) => inner.free(address),
  );
  const ref = strict.allocInt32(5);
  inner.free(ref.address);
  throwsCode(() => ref.free(), 'HeapError', 'double_free');
  assert.deepEqual([ref.isFreed, strict.allocatedHeapRefs.length], [false, 1]);
  assert.equal(heap.allocatedHeapRefs.length, 0);
});

test('out of memory: an error, and nothing is written anywhere', () => {
  for (const nothing of [0, null, undefined]) {
    const buffer = new Uint8Array(64).fill(0x77).buffer;
    const heap = manager.createWasmHeapManager(
      () => buffer,
      () => nothing,
      () => assert.fail('freed'),
    );
    for (const { name } of types) {
      throwsCode(() => heap[`alloc${name}`](), 'RangeError', 'out_of_memory');
      throwsCode(() => heap[`alloc${name}Array`](3), 'RangeError', 'out_of_memory');
    }
    for (const { name } of encodings) {
      throwsCode(() => heap[`allocNullTerminated${name}String`](4), 'RangeError', 'out_of_memory');
      throwsCode(() => heap[`allocNullTerminated${name}String`]('text'), 'RangeError', 'out_of_memory');
    }
    assert.ok(heap.heapUint8.every((byte) => byte === 0x77));
    assert.equal(heap.allocatedHeapRefs.length, 0);
  }
});

test('an allocator that answers with what cannot be an address', () => {
  const buffer = new Uint8Array(64).fill(0x77).buffer;
  for (const answer of [NaN, 1.5, 'x', 1000, 61]) {
    const heap = manager.createWasmHeapManager(
      () => buffer,
      () => answer,
      () => {},
    );
    throwsCode(() => heap.allocInt32(), 'HeapError', 'bad_allocator');
    assert.ok(heap.heapUint8.every((byte) => byte === 0x77));
  }
});

test('a first value that cannot be written: the block is given back', () => {
  const { heap, record } = makeManager();
  throwsCode(() => heap.allocInt32('5'), 'TypeError', 'wrong_type');
  throwsCode(() => heap.allocBigInt64(5), 'TypeError', 'wrong_type');
  throwsCode(() => heap.allocPointer53(-1), 'RangeError', 'invalid_number');
  assert.equal(record.asked.length, 3);
  assert.equal(record.freed.length, 3);
  assert.equal(heap.allocatedHeapRefs.length, 0);
});

test('an allocator whose blocks are not aligned', () => {
  const buffer = new ArrayBuffer(100);
  const heap = manager.createWasmHeapManager(
    () => buffer,
    () => 13,
    () => {},
  );
  assert.equal(heap.allocInt32(4).value, 4);
  const array = heap.allocFloat64Array(Float64Array.of(1.5, 2.5));
  assert.deepEqual([array.readAt(0), array.writeAt(1, 3.5).readAt(1)], [1.5, 3.5]);
  throwsCode(() => array.view, 'RangeError', 'unaligned');
  throwsCode(() => array.readAtomicAt(0), 'RangeError', 'unaligned');
  assert.equal(heap.allocNullTerminatedUtf16String('héllo').value, 'héllo');
});

test('a ref to address 0 is a null pointer', () => {
  const { heap, record } = makeManager();
  const ref = heap.wrapInt32(0);
  assert.deepEqual([ref.isFreed, ref.isNotFreed], [true, false]);
  throwsCode(() => ref.value, 'HeapError', 'freed_ref');
  throwsCode(
    () => {
      ref.value = 5;
    },
    'HeapError',
    'freed_ref',
  );
  assert.equal(ref.free(), undefined);
  assert.deepEqual(record.freed, []);
  heap.writeInt32(0, 5);
  assert.equal(heap.readInt32(0), 5);
});

test('a ref that is given another address', () => {
  const { heap, record } = makeManager();
  const ref = heap.wrapInt32(64);
  const block = heap.allocInt32(3);
  ref.address = block.address;
  assert.equal(ref.value, 3);
  throwsCode(
    () => {
      ref.address = -1;
    },
    'RangeError',
    'invalid_number',
  );
  ref.free();
  assert.ok(block.isFreed);
  const tracked = heap.allocInt32(4);
  const at = tracked.address;
  tracked.address = 128;
  heap.freeAll();
  assert.deepEqual(record.freed.slice(1), [128]);
  assert.ok(tracked.isFreed);
  assert.deepEqual(heap.allocatedHeapRefs, []);
  heap.free(at);
  const given = heap.allocInt32(5);
  given.address = 0;
  assert.deepEqual([given.isFreed, heap.allocatedHeapRefs.length], [true, 0]);
  heap.freeAll();
  assert.equal(record.freed.at(-1), at);
});

test('many more blocks than are remembered', () => {
  const { heap, record } = makeManager({ maximum: 1000 });
  const refs = [];
  for (let count = 0; count < 20000; count++) refs.push(heap.allocInt8());
  for (const ref of refs) ref.free();
  for (const ref of refs) twice(() => ref.free());
  assert.equal(record.freed.length, 20000);
  assert.equal(new Set(record.freed).size, 20000);
});

// ── Pointers ──────────────────────────────────────────────────────────────────────────────────────

for (const { name, zero } of types.filter(({ name }) => name.startsWith('Pointer'))) {
  const pointer = typeof zero === 'bigint' ? BigInt : Number;

  test(`${name}: free, with and without what it points to`, () => {
    const { heap, record } = makeManager();
    const target = heap.allocInt32(1);
    const { address } = target;
    const kept = heap[`alloc${name}`](pointer(address));
    kept.free();
    assert.ok(target.isNotFreed);
    const ref = heap[`alloc${name}`](pointer(address));
    const own = ref.address;
    ref.free({ freePointedAddress: true });
    assert.deepEqual(record.freed.slice(1), [address, own]);
    assert.ok(target.isFreed && ref.isFreed);
    twice(() => ref.free({ freePointedAddress: true }));

    const empty = heap[`alloc${name}`]();
    empty.free({ freePointedAddress: true });
    assert.equal(record.freed.length, 4);
    const itself = heap[`alloc${name}`]();
    itself.value = pointer(itself.address);
    twice(() => itself.free({ freePointedAddress: true }));
    assert.ok(itself.isNotFreed);
    itself.free({ freePointedAddress: false });
  });

  test(`${name}: an array's free, with and without what its elements point to`, () => {
    const { heap, record } = makeManager();
    const [first, second] = [heap.allocInt32(1), heap.allocNullTerminatedUtf8String('x')];
    const targets = [first.address, second.address];
    const kept = heap[`alloc${name}Array`](2).writeAt(0, pointer(first.address));
    kept.free();
    assert.ok(first.isNotFreed);
    const array = heap[`alloc${name}Array`](4);
    array.writeAt(0, pointer(targets[0])).writeAt(2, pointer(targets[1]));
    const own = array.address;
    array.free({ freeElements: true });
    assert.deepEqual(record.freed.slice(1), [...targets, own]);
    assert.ok(first.isFreed && second.isFreed && array.isFreed);

    const twins = heap[`alloc${name}Array`](2).writeAt(0, pointer(64)).writeAt(1, pointer(64));
    const before = record.freed.length;
    twice(() => twins.free({ freeElements: true }));
    assert.equal(record.freed.length, before);
    assert.ok(twins.isNotFreed);
  });
}

test('whether to free what a pointer points to is true or false, and nothing else', () => {
  const { heap, record } = makeManager();
  const target = heap.allocInt32(1);
  const ref = heap.allocPointer32(target.address);
  const array = heap.allocPointer32Array(1).writeAt(0, target.address);
  for (const value of [1, 0, 'yes', null]) {
    throwsCode(() => ref.free({ freePointedAddress: value }), 'TypeError', 'invalid_option', /freePointedAddress/);
    throwsCode(() => array.free({ freeElements: value }), 'TypeError', 'invalid_option', /freeElements/);
  }
  assert.deepEqual(record.freed, []);
  ref.free({ freePointedAddress: undefined });
  assert.ok(target.isNotFreed);
});

test('a pointer that is no safe number frees nothing', () => {
  const { heap, record } = makeManager();
  const array = heap.allocPointer64Array(BigUint64Array.of(64n, 2n ** 60n));
  throwsCode(() => array.free({ freeElements: true }), 'RangeError', 'invalid_number');
  throwsCode(
    () => heap.allocPointer53Array(BigUint64Array.of(2n ** 60n)).free({ freeElements: true }),
    'RangeError',
    'unsafe_pointer',
  );
  assert.deepEqual(record.freed, []);
});
