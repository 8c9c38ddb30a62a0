// LocalSharedMemory, rows L1 to L6 of the table of features: making a memory, malloc and what is known of allocations.
// For each row what the original gets wrong is a test of its own.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Heap } from 'allot';
import LocalSharedMemory from 'allot/compat/local-shared-memory';

import { throwsCode } from './support/expect.mjs';
import { changesNothing, notWhole, page, tagOf, testBoth } from './support/local-shared-memory.mjs';
import { can } from './support/runtime.mjs';

// ── L1: construction ────────────────────────────────────────────────────────────────────────────

if (can.shared) {
  test('L1: without arguments it is shared and has 1000 pages, which is all it may have', () => {
    const memory = new LocalSharedMemory();
    assert.equal(memory.buffer.byteLength, 1000 * page);
    assert.equal(tagOf(memory.buffer), 'SharedArrayBuffer');
    assert.throws(() => memory.grow(1), RangeError);
  });

  test('L1: devicePageSize is the number of pages by default, of a subclass too', () => {
    class Small extends LocalSharedMemory {
      static devicePageSize = 3;
    }
    assert.equal(new Small().buffer.byteLength, 3 * page);
    assert.equal(new Small(4).buffer.byteLength, 4 * page);
    assert.equal(LocalSharedMemory.devicePageSize, 1000);
    try {
      LocalSharedMemory.devicePageSize = 2;
      assert.equal(new LocalSharedMemory().buffer.byteLength, 2 * page);
      assert.equal(new LocalSharedMemory(undefined, undefined, undefined).buffer.byteLength, 2 * page);
    } finally {
      LocalSharedMemory.devicePageSize = 1000;
    }
  });
}

test('L1: the maximum is what it begins with, if no other is given', () => {
  const memory = new LocalSharedMemory(2, undefined, false);
  assert.throws(() => memory.grow(1), RangeError);
  if (can.shared) assert.throws(() => new LocalSharedMemory(2).grow(1), RangeError);
});

testBoth('L1: it is a WebAssembly.Memory', (make) => {
  const memory = make(2, 5);
  assert.ok(memory instanceof WebAssembly.Memory);
  assert.ok(memory instanceof LocalSharedMemory);
  assert.equal(memory.buffer.byteLength, 2 * page);
  assert.equal(memory.grow(1), 2);
  assert.equal(tagOf(memory), 'WebAssembly.Memory');
});

test('L1: a module imports it', () => {
  // (module (import "m" "m" (memory 1)) (func (export "load") (param i32) (result i32) (i32.load (local.get 0))))
  const module = new WebAssembly.Module(Uint8Array.of(
    0, 97, 115, 109, 1, 0, 0, 0, 1, 6, 1, 96, 1, 127, 1, 127, 2, 8, 1, 1, 109, 1, 109, 2, 0, 1, 3, 2, 1, 0,
    7, 8, 1, 4, 108, 111, 97, 100, 0, 0, 10, 9, 1, 7, 0, 32, 0, 40, 2, 0, 11,
  ));
  const memory = new LocalSharedMemory(2, 2, false);
  const pointer = memory.malloc(4);
  memory.setInt32(pointer, 42);
  assert.equal(new WebAssembly.Instance(module, { m: { m: memory } }).exports.load(pointer), 42);
});

test('L1: what cannot be a number of pages is refused', () => {
  for (const [value, className, code] of notWhole) {
    if (value === undefined) continue;
    throwsCode(() => new LocalSharedMemory(value), className, code);
    throwsCode(() => new LocalSharedMemory(1, value), className, code);
  }
  throwsCode(() => new LocalSharedMemory(2, 1), 'RangeError', 'size_too_large');
  throwsCode(() => new LocalSharedMemory(1, 65537), 'RangeError', 'size_too_large');
  throwsCode(() => new LocalSharedMemory(65537), 'RangeError', 'size_too_large');
  throwsCode(() => new LocalSharedMemory(1, 1, 'yes'), 'TypeError', 'wrong_type');
  throwsCode(() => new LocalSharedMemory(1, 1, 0), 'TypeError', 'wrong_type');
  throwsCode(() => new LocalSharedMemory(0, 0, false), 'RangeError', 'out_of_memory');
  assert.throws(() => LocalSharedMemory(1), TypeError);
});

testBoth('L1: a memory of 0 pages grows as it needs to', (make) => {
  const memory = make(0, 3);
  const pointer = memory.malloc(10);
  assert.equal(memory.sizeof(pointer), 10);
});

// ── L2: totals ──────────────────────────────────────────────────────────────────────────────────

testBoth('L2: the first two u32 are the bytes and the number of allocations', (make) => {
  const memory = make();
  const totals = () => [...new Uint32Array(memory.buffer, 0, 2)];
  assert.deepEqual(totals(), [0, 0]);
  const pointers = [100, 1, 24].map((bytes) => memory.malloc(bytes));
  assert.deepEqual(totals(), [125, 3]);
  assert.equal(memory.length, 125);
  assert.deepEqual([...memory.ai32], [125, 3]);
  memory.free(pointers[1]);
  assert.deepEqual(totals(), [124, 2]);
  const view = memory.Float64Array(3);
  assert.deepEqual(totals(), [148, 3]);
  memory.free(view.byteOffset);
  memory.free(pointers[0]);
  memory.free(pointers[2]);
  assert.deepEqual(totals(), [0, 0]);
});

// ── L3: malloc ──────────────────────────────────────────────────────────────────────────────────

testBoth('L3: offsets are multiples of 16 if nothing else is asked for', (make) => {
  const memory = make();
  for (let i = 1; i < 200; i++) assert.equal(memory.malloc(i) % 16, 0, `malloc(${i})`);
});

testBoth('L3: every power of two, in any order', (make) => {
  const memory = make(40);
  const kept = [];
  const alignments = [
    16, 1, 4096, 2, 65536, 8, 64, 4, 32768, 128, 16, 256, 2048, 512, 1024, 8192, 16384, 32, 131072,
  ];
  for (const alignment of alignments) {
    for (const bytes of [1, 7, 100]) {
      const pointer = memory.malloc(bytes, alignment);
      assert.equal(pointer % alignment, 0, `malloc(${bytes}, ${alignment})`);
      kept.push([pointer, bytes]);
    }
  }
  for (const [pointer, bytes] of kept) assert.equal(memory.sizeof(pointer), bytes);
});

testBoth('L3: alignments that are no powers of two', (make) => {
  const memory = make();
  for (const alignment of [3, 5, 6, 7, 12, 24, 40, 48, 100, 1000]) {
    for (const bytes of [1, 30]) {
      const pointer = memory.malloc(bytes, alignment);
      assert.equal(pointer % alignment, 0, `malloc(${bytes}, ${alignment})`);
      assert.equal(memory.sizeof(pointer), bytes);
    }
  }
});

testBoth('L3: the header is 8 bytes before the offset', (make) => {
  const memory = make(4);
  for (const alignment of [1, 2, 16, 24, 64, 1024]) {
    const pointer = memory.malloc(77, alignment);
    const [requested, used] = new Uint32Array(memory.buffer, pointer - 8, 2);
    assert.equal(requested, 77);
    assert.ok(used >= 77 + 8);
    assert.equal(memory.getUint32(pointer - 8), memory.sizeof(pointer));
    assert.equal(memory.getUint32(pointer - 4), memory.lengthof(pointer));
  }
});

testBoth('L3: an allocation costs 16 bytes on top of rounding', (make) => {
  const memory = make(4);
  const before = Heap.attachSync(memory).stat('live');
  let rounded = 0;
  for (let bytes = 1; bytes <= 512; bytes++) {
    memory.malloc(bytes);
    rounded += Math.ceil(bytes / 16) * 16;
  }
  const overhead = (Heap.attachSync(memory).stat('live') - before - rounded) / 512;
  // The heap may lend a block a little larger than asked for.
  assert.ok(overhead >= 16 && overhead < 17, `${overhead} bytes`);
});

testBoth('L3: what a large alignment leaves behind the data is given back', (make) => {
  const memory = make(40);
  const heap = Heap.attachSync(memory);
  let given = 0;
  for (let i = 0; i < 50; i++) {
    memory.malloc(1 + 37 * i); // so that it may begin anywhere
    const before = heap.stat('live');
    const pointer = memory.malloc(100, 4096);
    const used = memory.lengthof(pointer);
    assert.ok(used <= 100 + 4096);
    // The heap lets a block keep some slack, so only what is far too long can be told from what is not.
    if (used > 1000) continue;
    assert.ok(heap.stat('live') - before <= 2 * used);
    given++;
  }
  assert.ok(given > 0);
});

testBoth('L3: alignments that cannot be are refused', (make) => {
  const memory = make();
  memory.malloc(5);
  for (const alignment of [0, -1, -16, 1.5, NaN, Infinity, 2 ** 32, 2 ** 53]) {
    changesNothing(memory, () => memory.malloc(8, alignment), 'RangeError', 'invalid_alignment');
  }
  for (const alignment of ['16', null, 16n, {}]) {
    changesNothing(memory, () => memory.malloc(8, alignment), 'TypeError', 'wrong_type');
  }
  changesNothing(memory, () => memory.malloc(8, 2 ** 31), 'RangeError', 'out_of_memory');
});

// ── L4: sizes, and the end of the memory ────────────────────────────────────────────────────────

testBoth('L4: sizes that cannot be are refused, never with a string', (make) => {
  const memory = make();
  memory.malloc(5);
  for (const [value, className, code] of notWhole) {
    changesNothing(memory, () => memory.malloc(value), className, code);
  }
  changesNothing(memory, () => memory.malloc(), 'TypeError', 'wrong_type');
  changesNothing(memory, () => memory.malloc(0), 'RangeError', 'invalid_number');
  changesNothing(memory, () => memory.malloc(2 ** 32), 'RangeError', 'size_too_large');
  changesNothing(memory, () => memory.malloc(2 ** 32 - 1), 'RangeError', 'size_too_large');
  changesNothing(memory, () => memory.malloc(Number.MAX_SAFE_INTEGER), 'RangeError', 'size_too_large');
  changesNothing(memory, () => memory.malloc(2 ** 31), 'RangeError', 'out_of_memory');
});

testBoth('L4: malloc(-100) does not lead into live data', (make) => {
  const memory = make();
  const first = memory.malloc(64);
  memory.memset(first, 0xab, 64);
  throwsCode(() => memory.malloc(-100), 'RangeError', 'invalid_number');
  const second = memory.malloc(64);
  memory.memset(second, 0xcd, 64);
  assert.ok(memory.arrayView(Uint8Array, first).every((byte) => byte === 0xab));
});

testBoth('L4: 70000 bytes of one page are refused, and the next small request works', (make) => {
  const memory = make(1);
  changesNothing(memory, () => memory.malloc(70000), 'RangeError', 'out_of_memory');
  assert.equal(memory.sizeof(memory.malloc(16)), 16);
});

testBoth('L4: a full memory refuses, and has room again after a free', (make) => {
  const memory = make(2);
  const pointers = [];
  throwsCode(() => {
    for (;;) pointers.push(memory.malloc(1000));
  }, 'RangeError', 'out_of_memory');
  assert.ok(pointers.length > 80);
  assert.deepEqual([...memory.ai32], [1000 * pointers.length, pointers.length]);
  changesNothing(memory, () => memory.malloc(2000), 'RangeError', 'out_of_memory');
  memory.free(pointers[40]);
  pointers[40] = memory.malloc(1000);
  assert.equal(new Set(pointers).size, pointers.length);
});

// ── L5: sizeof and lengthof ─────────────────────────────────────────────────────────────────────

testBoth('L5: sizeof is what was asked for, lengthof what it uses', (make) => {
  const memory = make();
  for (const [bytes, alignment] of [[1, 16], [5, 2], [100, 64], [7, 3]]) {
    const pointer = memory.malloc(bytes, alignment);
    assert.equal(memory.sizeof(pointer), bytes);
    assert.ok(memory.lengthof(pointer) >= bytes + 8);
  }
});

testBoth('L5: an offset that malloc did not return is an error', (make) => {
  const memory = make();
  const pointer = memory.malloc(100);
  const freed = memory.malloc(100);
  memory.free(freed);
  for (const method of ['sizeof', 'lengthof', 'free']) {
    const throws = (offset, code) => {
      const error = changesNothing(memory, () => memory[method](offset), 'HeapError', code);
      assert.equal(error.address, offset);
      assert.match(error.message, new RegExp(`^${method}\\(${offset}\\): `));
    };
    throws(freed, 'double_free');
    for (const inside of [8, 16, 32, 96, 1, -8, -16]) throws(pointer + inside, 'interior_address');
    for (const low of [1, 8, 15]) throws(low, 'foreign_address');
    for (const records of [16, 32, 736, 1600]) throws(records, 'metadata_address');
    throws(page - 16, 'double_free');
    throws(2 * page - 16, 'foreign_address'); // not taken yet
    for (const beyond of [2 * page, 2 * page + 16, 2 ** 32 - 16, 2 ** 32, 2 ** 53]) throws(beyond, 'wild_address');
    for (const [value, className, code] of notWhole) {
      changesNothing(memory, () => memory[method](value), className, code);
    }
  }
  throwsCode(() => memory.sizeof(0), 'HeapError', 'foreign_address');
});

testBoth('L5: data that looks like a header is none', (make) => {
  const memory = make();
  const pointer = memory.malloc(400);
  // A header of 16 + 40 bytes at each place of the data, as malloc would have written it there.
  for (let at = pointer; at < pointer + 384; at += 16) {
    memory.memcpy(at, pointer - 16, 16);
    memory.setUint32(at + 8, 40);
    memory.setUint32(at + 12, 56);
  }
  for (let at = pointer + 16; at < pointer + 384; at += 16) {
    throwsCode(() => memory.sizeof(at), 'HeapError', 'interior_address');
    throwsCode(() => memory.free(at), 'HeapError', 'interior_address');
  }
  assert.deepEqual(memory.allocs().map(({ byteOffset }) => byteOffset), [pointer]);
});

testBoth('L5: an overwritten header is noticed', (make) => {
  const memory = make();
  const pointer = memory.malloc(40);
  for (const [place, value] of [[-8, 41], [-4, 1000], [-4, 60], [-16, 32], [-12, 12345]]) {
    const before = memory.getUint32(pointer + place);
    memory.setUint32(pointer + place, value);
    throwsCode(() => memory.sizeof(pointer), 'HeapError', 'interior_address');
    throwsCode(() => memory.free(pointer), 'HeapError', 'interior_address');
    assert.deepEqual(memory.allocs(), []);
    memory.setUint32(pointer + place, before);
  }
  assert.equal(memory.sizeof(pointer), 40);
  // Both words at once, as if it had been one byte more.
  memory.setUint32(pointer - 8, 41);
  memory.setUint32(pointer - 4, 57);
  throwsCode(() => memory.sizeof(pointer), 'HeapError', 'interior_address');
  assert.deepEqual(memory.allocs(), []);
  memory.setUint32(pointer - 8, 40);
  memory.setUint32(pointer - 4, 56);
  memory.free(pointer);
});

testBoth('L5: a header that was copied elsewhere is none', (make) => {
  const memory = make();
  const pointer = memory.malloc(40);
  const other = Heap.attachSync(memory).malloc(56);
  memory.memcpy(other, pointer - 16, 56);
  throwsCode(() => memory.sizeof(other + 16), 'HeapError', 'interior_address');
  assert.deepEqual(memory.allocs().map(({ byteOffset }) => byteOffset), [pointer]);
});

testBoth('L5: a header that would be right for a longer block is none', (make) => {
  const [memory, other] = [make(), make()];
  const pointer = memory.malloc(40);
  assert.equal(other.malloc(4000), pointer);
  memory.memset(pointer - 16, other.arrayBuffer(pointer - 16, 16));
  throwsCode(() => memory.sizeof(pointer), 'HeapError', 'interior_address');
  throwsCode(() => memory.free(pointer), 'HeapError', 'interior_address');
  assert.deepEqual(memory.allocs(), []);
});

testBoth('L5: a header that comes back after its block was freed is believed by nobody', (make) => {
  const memory = make();
  const pointer = memory.malloc(40);
  const saved = memory.arrayBuffer(pointer - 16, 56);
  memory.free(pointer);
  memory.memset(pointer - 16, saved);
  throwsCode(() => memory.sizeof(pointer), 'HeapError', 'double_free');
  throwsCode(() => memory.free(pointer), 'HeapError', 'double_free');
  assert.deepEqual(memory.allocs(), []);
});

// ── L6: allocs ──────────────────────────────────────────────────────────────────────────────────

testBoth('L6: allocs lists all, in the order of offsets, with copies', (make) => {
  const memory = make();
  assert.deepEqual(memory.allocs(), []);
  const pointers = [];
  for (let i = 0; i < 20; i++) {
    pointers.push(memory.malloc(10 + i, [16, 2, 64, 3][i % 4]));
    memory.memset(pointers[i], i + 1, 10 + i);
  }
  memory.free(pointers[3]);
  memory.free(pointers[10]);
  const expected = pointers
    .map((byteOffset, i) => ({ byteOffset, byteLength: 10 + i, bytes: new Array(10 + i).fill(i + 1) }))
    .filter((_, i) => i !== 3 && i !== 10)
    .sort((a, b) => a.byteOffset - b.byteOffset);
  const found = memory.allocs();
  assert.deepEqual(found.map(({ byteOffset, byteLength, buffer }) => ({
    byteOffset,
    byteLength,
    bytes: [...new Uint8Array(buffer)],
  })), expected);
  for (const { byteOffset, bufferSize, buffer } of found) {
    assert.equal(bufferSize, memory.lengthof(byteOffset));
    assert.equal(tagOf(buffer), tagOf(memory.buffer));
    assert.notEqual(buffer, memory.buffer);
  }
  assert.deepEqual(Object.keys(found[0]).sort(), ['buffer', 'bufferSize', 'byteLength', 'byteOffset']);
  memory.setUint8(found[0].byteOffset, 255);
  assert.notEqual(new Uint8Array(found[0].buffer)[0], 255);
});

testBoth('L6: blocks of others on the same heap are not in the list', (make) => {
  const memory = make();
  const heap = Heap.attachSync(memory);
  const others = heap.calloc(1, 100);
  const pointer = memory.malloc(10);
  assert.deepEqual(memory.allocs().map(({ byteOffset }) => byteOffset), [pointer]);
  throwsCode(() => memory.free(others), 'HeapError', 'interior_address');
  heap.free(others);
});
