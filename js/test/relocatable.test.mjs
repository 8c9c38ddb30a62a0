// Relocatable blocks: what each method does, what ends with a move, and what is refused.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Heap, Relocatable, adopt, struct } from 'allot';

import { changesNothing, places, policies, throwsCode } from './support/expect.mjs';
import { build, i32, memoryImport, op } from './support/modules.mjs';
import { can } from './support/runtime.mjs';

const dispose = Symbol.dispose ?? Symbol.for('Symbol.dispose');

/** Where a handle leads. */
const led = (heap, block) => heap.readUint32(block.handle);

/** A heap with holes: the blocks of odd numbers are freed, the others hold their numbers. */
function holey(options = {}, count = 200, byteLength = 100) {
  const heap = Heap.createSync(options);
  const blocks = Array.from({ length: count }, (_, i) => heap.allocRelocatable('Int32', i));
  const long = Array.from({ length: count }, (_, i) => heap.allocRelocatable(byteLength, new Uint8Array(byteLength).fill(i)));
  for (let i = 1; i < count; i += 2) {
    blocks[i].free();
    long[i].free();
  }
  const check = () => {
    for (let i = 0; i < count; i += 2) {
      assert.equal(blocks[i].ref().value, i);
      assert.ok(long[i].bytes.every((byte) => byte === (i & 255)));
      assert.equal(led(heap, long[i]), long[i].byteOffset);
    }
    heap.validate();
  };
  return { heap, blocks, long, check };
}

test('a relocatable block tells where it is, through its handle too', () => {
  for (const image of places) {
    const heap = Heap.createSync({ image });
    const block = heap.allocRelocatable(100);
    assert.ok(block instanceof Relocatable);
    assert.equal(block.heap, heap);
    assert.equal(block.byteLength, 100);
    assert.equal(block.buffer, heap.buffer);
    assert.equal(block.byteOffset % 16, 0);
    assert.ok(block.handle > 0 && block.handle % 4 === 0);
    assert.equal(led(heap, block), block.byteOffset);
    assert.deepEqual(block.bytes, new Uint8Array(100));
    assert.equal(heap.usableSize(block.byteOffset) >= 100, true);
    block.bytes[99] = 7;
    assert.equal(heap.readUint8(block.byteOffset + 99), 7);
    const { handle } = block;
    block.free();
    assert.equal(heap.readUint32(handle), 0);
    assert.equal(heap.stat('live'), 0, 'the slots are given back with the last block');
    heap.validate();
  }
});

test('it is allocated for what alloc takes', () => {
  const heap = Heap.createSync();
  const Point = struct({ x: 'Float64', y: 'Float64' });
  assert.deepEqual([...heap.allocRelocatable(Int16Array, [1, 2, 3]).ref()], [1, 2, 3]);
  assert.equal(heap.allocRelocatable(Int16Array, 5).ref().length, 5);
  assert.equal(heap.allocRelocatable('Float64', 0.5).ref().value, 0.5);
  assert.equal(heap.allocRelocatable(Point, { x: 1, y: 2 }).ref().y, 2);
  assert.equal(heap.allocRelocatable(['Uint16', 3], [1, 2, 3]).byteLength, 6);
  assert.deepEqual([...heap.allocRelocatable(3, [1, 2, 3]).bytes], [1, 2, 3]);
  assert.equal(heap.allocRelocatable(0).byteLength, 0);
});

test('compact brings free memory together, for every policy and place', () => {
  for (const image of places) {
    for (const policy of policies) {
      for (const recordSizes of [false, true]) {
        const { heap, check, long } = holey({ image, policy, recordSizes });
        const before = heap.stats();
        const addresses = long.map((block) => (block.isFreed ? 0 : block.byteOffset));
        assert.ok(heap.compact() > 0);
        check();
        const after = heap.stats();
        assert.ok(long.some((block, i) => !block.isFreed && block.byteOffset < addresses[i]));
        assert.ok(after.largestFree > before.largestFree);
        assert.ok(after.usedSpan < before.usedSpan * 0.6, `${after.usedSpan} of ${before.usedSpan}`);
        for (const figure of ['live', 'blocks', 'free', 'managed', 'peak', 'metadata']) {
          assert.equal(after[figure], before[figure], figure);
        }
        if (recordSizes) assert.equal(heap.requestedSize(long[0].byteOffset), 100);
        assert.equal(heap.compact(), 0, 'there is nothing more to do');
        check();
      }
    }
  }
});

test('trim gives back what compact has brought together, and handles lead on', () => {
  for (const image of places) {
    const { heap, check } = holey({ image }, 2000, 400);
    const before = heap.buffer.byteLength;
    assert.ok(heap.compact() > 0);
    assert.ok(heap.trim() > 0);
    assert.ok(heap.buffer.byteLength < before * 0.7, `${heap.buffer.byteLength} of ${before}`);
    check();
  }
});

test('a hole takes a block from far above that fits, whatever lies between', () => {
  const heap = Heap.createSync({ policy: 'exact' });
  const hole = heap.malloc(1000);
  const fence = heap.malloc(100);
  const wide = heap.malloc(4000);
  const fixed = heap.malloc(100);
  const block = heap.allocRelocatable(900, new Uint8Array(900).fill(3));
  const last = heap.malloc(16);
  heap.free(hole);
  heap.free(wide);
  assert.ok(block.byteOffset > fixed);
  assert.ok(heap.compact() >= 900);
  assert.equal(block.byteOffset, hole);
  assert.ok(block.bytes.every((byte) => byte === 3));
  for (const address of [fence, fixed, last]) heap.free(address);
  heap.validate();
});

test('refs end when their block moves, and only then', () => {
  const heap = Heap.createSync({ policy: 'exact' });
  const below = heap.malloc(64);
  const block = heap.allocRelocatable(Int32Array, [1, 2, 3, 4]);
  const fence = heap.malloc(16);
  const ref = block.ref();
  assert.equal(heap.compact(), 0);
  assert.equal(ref.read(1), 2);
  heap.free(below);
  heap.compact();
  assert.ok(ref.isFreed);
  throwsCode(() => ref.read(1), 'HeapError', 'freed_ref');
  assert.deepEqual([...block.ref()], [1, 2, 3, 4]);
  throwsCode(() => block.ref().free(), 'TypeError', 'unsupported_operation');
  const whole = heap.ref('Int32', block.byteOffset);
  whole.free();
  assert.ok(block.isFreed);
  heap.free(fence);
});

test('ref gives a part of it, never beyond its end', () => {
  const heap = Heap.createSync();
  const block = heap.allocRelocatable(20);
  block.bytes.set([1, 0, 0, 0, 2, 0, 0, 0, 3]);
  assert.equal(block.ref('Int32', 4).value, 2);
  assert.deepEqual([...block.ref(Int32Array)], [1, 2, 3, 0, 0]);
  assert.deepEqual([...block.ref(Int32Array, 4, 2)], [2, 3]);
  assert.equal(block.ref(Int32Array, 18).length, 0);
  assert.deepEqual([...block.ref('Int32', 4, 2)], [2, 3]);
  throwsCode(() => block.ref('Int32', 17), 'RangeError', 'out_of_bounds');
  throwsCode(() => block.ref(Int32Array, 0, 6), 'RangeError', 'out_of_bounds');
  throwsCode(() => block.ref(Int32Array, 24), 'RangeError', 'out_of_bounds');
  throwsCode(() => block.ref('Int32', -4), 'RangeError', 'invalid_number');
  throwsCode(() => block.ref('Int32', '4'), 'TypeError', 'wrong_type');
  throwsCode(() => block.ref('nothing'), 'TypeError', 'invalid_layout');
});

test('a pinned block stays', async () => {
  const heap = Heap.createSync({ policy: 'exact' });
  const below = heap.malloc(64);
  const block = heap.allocRelocatable(64);
  const other = heap.allocRelocatable(32);
  heap.free(below);
  const { byteOffset } = block;
  assert.equal(block.isPinned, false);
  assert.equal(block.pin(), byteOffset);
  assert.equal(block.pin(), byteOffset);
  block.unpin();
  assert.equal(block.isPinned, true);
  heap.compact();
  assert.equal(block.byteOffset, byteOffset);
  assert.ok(other.byteOffset < byteOffset, 'another one has gone round it');
  throwsCode(() => block.realloc(1000), 'TypeError', 'unsupported_operation');
  other.free();

  const given = block.pin((address) => {
    block.unpin(); // its own, from above
    heap.compact();
    return address;
  });
  assert.equal(given, byteOffset);
  assert.equal(block.isPinned, false);
  assert.throws(() => block.pin(() => { throw new Error('mine'); }), /mine/);
  assert.equal(block.isPinned, false);
  const promise = block.pin(async (address) => {
    await undefined;
    heap.compact();
    return address === block.byteOffset;
  });
  assert.equal(block.isPinned, true);
  assert.equal(await promise, true);
  assert.equal(block.isPinned, false);
  await assert.rejects(block.pin(() => Promise.reject(new Error('mine'))), /mine/);
  assert.equal(block.isPinned, false);
  throwsCode(() => block.unpin(), 'TypeError', 'unsupported_operation');
  throwsCode(() => block.pin(7), 'TypeError', 'wrong_type');
  assert.equal(block.isPinned, false);
  heap.compact();
  assert.ok(block.byteOffset < byteOffset);
  block.pin();
  block.free(); // pinned or not
  assert.ok(block.isFreed);
  const last = heap.allocRelocatable(16);
  last.pin(() => last.free());
  assert.ok(last.isFreed);
});

test('realloc keeps the handle, and the bytes', () => {
  for (const image of places) {
    const heap = Heap.createSync({ image });
    const block = heap.allocRelocatable(Int32Array, [1, 2, 3, 4]);
    const { handle } = block;
    const fence = heap.malloc(100);
    const ref = block.ref();
    block.realloc(4000);
    assert.ok(ref.isFreed);
    assert.equal(block.handle, handle);
    assert.equal(led(heap, block), block.byteOffset);
    assert.equal(block.byteLength, 4000);
    assert.deepEqual([...block.ref()].slice(0, 4), [1, 2, 3, 4]);
    assert.equal(block.ref().length, 1000);
    block.realloc(6);
    assert.deepEqual([...block.ref()], [1]);
    assert.equal(block.ref().length, 1);
    // Also by its address.
    const moved = heap.realloc(block.byteOffset, 9000);
    assert.equal(block.byteOffset, moved);
    assert.equal(led(heap, block), moved);
    assert.equal(block.byteLength, 9000);
    const number = heap.allocRelocatable('Float64', 1.5);
    number.realloc(4);
    throwsCode(() => number.ref(), 'RangeError', 'out_of_bounds');
    heap.free(fence);
    heap.compact();
    assert.equal(block.bytes[0], 1);
    heap.validate();
  }
});

test('a realloc that is refused changes nothing', () => {
  const heap = Heap.createSync({ maximum: 2 });
  const block = heap.allocRelocatable(100, new Uint8Array(100).fill(5));
  const { byteOffset } = block;
  changesNothing(heap, () => block.realloc(10_000_000), 'RangeError', 'out_of_memory');
  changesNothing(heap, () => block.realloc(-1), 'RangeError', 'invalid_number');
  assert.equal(block.byteOffset, byteOffset);
  assert.equal(block.byteLength, 100);
  assert.ok(block.bytes.every((byte) => byte === 5));
});

test('who is told of a shortage may compact, and of a growth too', () => {
  const Wide = struct({ data: ['Uint8', 64] }, { alignment: 64 });
  for (const type of [Wide, ['Uint8', 64]]) {
    const heap = Heap.createSync({ policy: 'exact', quota: 40_000, image: 'outside' });
    const below = heap.malloc(10_000);
    const block = heap.allocRelocatable(type);
    block.bytes.fill(7);
    const fence = heap.malloc(16);
    const held = heap.malloc(20_000);
    let calls = 0;
    heap.onoom = () => {
      calls++;
      heap.free(below);
      heap.free(held);
      heap.compact();
      return true;
    };
    block.realloc(15_000);
    assert.equal(calls, 1);
    assert.ok(block.bytes.subarray(0, 64).every((byte) => byte === 7));
    assert.equal(led(heap, block), block.byteOffset);
    assert.equal(block.isPinned, false);
    heap.free(fence);
    heap.compact();
    heap.validate();
  }
  const heap = Heap.createSync({ policy: 'exact' });
  const low = heap.malloc(300);
  const block = heap.allocRelocatable(200, new Uint8Array(200).fill(7));
  const fence = heap.malloc(16);
  heap.on('grow', () => {
    heap.free(low);
    heap.compact();
  });
  block.realloc(200_000);
  assert.equal(led(heap, block), block.byteOffset);
  assert.ok(block.bytes.subarray(0, 200).every((byte) => byte === 7));
  heap.free(fence);
  heap.validate();
});

test('an alignment survives moves', () => {
  const Line = struct({ data: ['Uint8', 64] }, { alignment: 64 });
  for (const image of places) {
    const heap = Heap.createSync({ image, policy: 'exact' });
    const fixed = [];
    const lines = [];
    for (let i = 0; i < 50; i++) {
      fixed.push(heap.malloc(16 + 16 * (i % 7)));
      lines.push(heap.allocRelocatable(Line, { data: new Array(64).fill(i) }));
    }
    for (const [i, address] of fixed.entries()) if (i % 3 !== 0) heap.free(address);
    assert.ok(heap.compact() > 0);
    lines[7].realloc(500);
    lines[8].realloc(64);
    heap.compact();
    for (const [i, line] of lines.entries()) {
      assert.equal(line.byteOffset % 64, 0);
      assert.equal(led(heap, line), line.byteOffset);
      assert.ok(line.bytes.subarray(0, 64).every((byte) => byte === i), String(i));
    }
    heap.validate();
  }
});

test('once it is freed, all but isFreed refuse', () => {
  const heap = Heap.createSync();
  const block = heap.allocRelocatable(100);
  block.free();
  assert.equal(block.isFreed, true);
  const uses = {
    handle: () => block.handle,
    byteOffset: () => block.byteOffset,
    byteLength: () => block.byteLength,
    buffer: () => block.buffer,
    bytes: () => block.bytes,
    isPinned: () => block.isPinned,
    ref: () => block.ref(),
    pin: () => block.pin(),
    unpin: () => block.unpin(),
    realloc: () => block.realloc(1),
    free: () => block.free(),
  };
  for (const [name, use] of Object.entries(uses)) throwsCode(use, 'HeapError', 'freed_ref', new RegExp(name));
  block[dispose]();
  const next = heap.allocRelocatable(100);
  next[dispose]();
  assert.equal(next.isFreed, true);
});

test('it is freed by its address, with the others, and by a block that takes its place', () => {
  const heap = Heap.createSync({ track: true });
  const block = heap.allocRelocatable(100, undefined, { tag: 'mine' });
  assert.deepEqual(heap.tracked().map(({ byteOffset, tag }) => [byteOffset, tag]), [[block.byteOffset, 'mine']]);
  heap.free(block.byteOffset);
  assert.ok(block.isFreed);
  const [one, two] = [heap.allocRelocatable(100), heap.allocRelocatable(50, undefined, { tag: 'mine' })];
  const { handle } = two;
  assert.equal(heap.freeAll({ tag: 'mine' }), 1);
  assert.ok(two.isFreed && !one.isFreed);
  assert.equal(heap.readUint32(handle), 0);

  // Somebody frees it behind our back, and it is handed out again.
  const other = Heap.attachSync(heap.memory);
  other.free(one.byteOffset);
  const again = heap.malloc(100);
  assert.ok(one.isFreed, 'it was handed out again');
  assert.equal(heap.compact(), 0);
  heap.free(again);
  assert.equal(heap.stat('live'), 0);

  const exact = Heap.createSync({ policy: 'exact' });
  const beside = Heap.attachSync(exact.memory);
  const gone = exact.allocRelocatable(200);
  const moving = exact.allocRelocatable(16);
  const fence = exact.malloc(16);
  const gap = exact.malloc(100);
  const inner = exact.allocRelocatable(100);
  const goneHandle = gone.handle;
  beside.free(gone.byteOffset);
  moving.realloc(200);
  assert.equal(exact.readUint32(goneHandle), 0, 'another block is where this one was');
  assert.equal(led(exact, moving), moving.byteOffset);
  exact.free(gap);
  beside.free(inner.byteOffset);
  const theirs = beside.malloc(224);
  assert.ok(theirs < inner.byteOffset && inner.byteOffset < theirs + 224);
  moving.free();
  assert.equal(exact.compact(), 0, 'what is theirs stays');
  exact.free(fence);
  exact.validate();

  const lost = heap.allocRelocatable(100);
  const kept = heap.allocRelocatable(100, new Uint8Array(100).fill(9));
  other.free(lost.byteOffset);
  heap.compact();
  assert.ok(kept.bytes.every((byte) => byte === 9));
  heap.validate();
});

test('what is tracked moves along', () => {
  const heap = Heap.createSync({ track: true, policy: 'exact' });
  const below = heap.malloc(64);
  const block = heap.allocRelocatable(100, undefined, { tag: 'mine' });
  heap.free(below);
  heap.compact();
  assert.deepEqual(
    heap.tracked().map(({ byteOffset, byteLength, tag }) => [byteOffset, byteLength, tag]),
    [[block.byteOffset, 100, 'mine']],
  );
});

test('a weak one moves with its token', () => {
  const heap = Heap.createSync({ policy: 'exact' });
  const token = {};
  const below = heap.malloc(256);
  const block = heap.allocRelocatable(100, undefined, { token });
  heap.free(below);
  const before = block.byteOffset;
  assert.ok(heap.compact() > 0);
  assert.notEqual(block.byteOffset, before);
  assert.equal(heap.isWeak(block.byteOffset), true);
  assert.equal(heap.freeAll({ token }), 1);
  assert.ok(block.isFreed);
  assert.equal(heap.stat('live'), 0);
});

test('an allocation that fails leaves nothing behind', () => {
  const heap = Heap.createSync({ maximum: 1 });
  // The heap's peak may know of a table of slots that was given back.
  const figures = () => ({ ...heap.stats(), peak: 0 });
  const refused = (action, className, code) => {
    const before = figures();
    throwsCode(action, className, code);
    assert.deepEqual(figures(), before);
    heap.validate();
  };
  const wrong = { toString: () => assert.fail('asked') };
  refused(() => heap.allocRelocatable(100_000), 'RangeError', 'out_of_memory');
  refused(() => heap.allocRelocatable(-1), 'RangeError', 'invalid_number');
  refused(() => heap.allocRelocatable(1.5), 'RangeError', 'invalid_number');
  refused(() => heap.allocRelocatable(2 ** 32), 'RangeError', 'size_too_large');
  refused(() => heap.allocRelocatable(undefined), 'TypeError', 'invalid_layout');
  refused(() => heap.allocRelocatable('Int32', wrong), 'TypeError', 'wrong_type');
  refused(() => heap.allocRelocatable(100, undefined, { tag: 1 }), 'TypeError', 'wrong_type');
  refused(() => heap.allocRelocatable(100, undefined, 7), 'TypeError', 'wrong_type');
  // No room for the slots themselves.
  const rest = [];
  try {
    for (;;) rest.push(heap.malloc(512));
  } catch {
    refused(() => heap.allocRelocatable(1), 'RangeError', 'out_of_memory');
  }
  for (const address of rest) heap.free(address);
  assert.equal(heap.stat('live'), 0);
});

test('handles are used again, and many of them live in few places', () => {
  const heap = Heap.createSync();
  const blocks = Array.from({ length: 3000 }, () => heap.allocRelocatable(1));
  const handles = new Set(blocks.map(({ handle }) => handle));
  assert.equal(handles.size, 3000);
  const tables = heap.stat('blocks') - 3000;
  assert.ok(tables <= 5, `${tables} tables`);
  for (let i = 0; i < 3000; i += 2) blocks[i].free();
  const more = Array.from({ length: 1500 }, () => heap.allocRelocatable(1));
  assert.ok(more.every(({ handle }) => handles.has(handle)));
  assert.equal(heap.stat('blocks') - 3000, tables);
  for (const block of [...blocks, ...more]) block[dispose]();
  assert.equal(heap.stat('live'), 0);
  heap.validate();
});

test('a guest finds a block by one load from its handle', () => {
  // (module
  //   (import "env" "memory" (memory 0))
  //   (func (export "sum") (param $handle i32) (result i32)      ;; ((int **)handle)[0][0] + [0][1]
  //     (i32.add
  //       (i32.load (i32.load (local.get $handle)))
  //       (i32.load (i32.add (i32.load (local.get $handle)) (i32.const 4))))))
  const sum = [op.get(0), op.load, op.load, op.get(0), op.load, op.i32(4), op.add, op.load, op.add];
  const bytes = build({
    types: [[[i32], [i32]]],
    imports: [memoryImport()],
    functions: [{ body: sum }],
    exports: { sum: ['function', 0] },
  });
  for (const image of places) {
    const heap = Heap.createSync({ image, policy: 'exact' });
    const guest = heap.instantiateSync(bytes, { env: { memory: heap.memory } });
    const below = heap.allocRelocatable(200_000);
    const block = heap.allocRelocatable(Int32Array, 50_000);
    block.ref().set([30, 12]);
    const { handle } = block;
    assert.equal(guest.exports.sum(handle), 42);
    below.free();
    assert.ok(heap.compact() > 0);
    assert.equal(guest.exports.sum(handle), 42);
    assert.ok(heap.trim() > 0);
    assert.equal(guest.exports.sum(handle), 42);
    block.realloc(400);
    block.ref().write(1, 70);
    assert.equal(guest.exports.sum(handle), 100);
  }
});

test('guard bytes move along, and damage to them is still found', () => {
  for (const canaries of ['after', 'both']) {
    for (const image of places) {
      const heap = Heap.createSync({ image, policy: 'exact' });
      heap.debug = { canaries, poison: true };
      const below = heap.malloc(64);
      const blocks = Array.from({ length: 20 }, (_, i) => heap.allocRelocatable(100, new Uint8Array(100).fill(i)));
      const old = blocks[19].byteOffset;
      heap.free(below);
      for (let i = 1; i < 20; i += 3) blocks[i].free();
      assert.ok(heap.compact() > 0);
      heap.validate();
      for (const [i, block] of blocks.entries()) {
        if (i % 3 === 1) continue;
        assert.ok(block.bytes.every((byte) => byte === i));
        assert.equal(led(heap, block), block.byteOffset);
        assert.equal(heap.usableSize(block.byteOffset), 100);
      }
      assert.equal(heap.readUint8(old + 99), 0xdd, 'who kept the address reads poison');
      const last = blocks[18];
      heap.writeUint8(last.byteOffset + 100, 1);
      throwsCode(() => heap.validate(), 'HeapError', 'overrun');
      throwsCode(() => last.free(), 'HeapError', 'overrun');
      last.free();
      assert.ok(last.isFreed);
      for (const block of blocks) block[dispose]();
      heap.debug = false;
      heap.validate();
      assert.equal(heap.stat('live'), 0);
    }
  }
});

test('blocks from before and after debugging was switched on move alike', () => {
  const heap = Heap.createSync({ policy: 'exact' });
  const below = heap.malloc(512);
  const early = heap.allocRelocatable(40, new Uint8Array(40).fill(1));
  heap.debug = { canaries: 'both' };
  const late = heap.allocRelocatable(40, new Uint8Array(40).fill(2));
  heap.debug = false;
  const latest = heap.allocRelocatable(40, new Uint8Array(40).fill(3));
  heap.free(below);
  assert.ok(heap.compact() > 0);
  for (const [i, block] of [early, late, latest].entries()) {
    assert.ok(block.bytes.every((byte) => byte === i + 1));
    assert.equal(led(heap, block), block.byteOffset);
    block.free();
  }
  heap.validate();
  assert.equal(heap.stat('live'), 0);
});

test('refused where others would look at a block while it moves, and where nothing can', () => {
  const adopted = { memory: new WebAssembly.Memory({ initial: 1 }), malloc: () => 64, free: () => undefined };
  for (const heap of [adopt(adopted), Heap.adopt(adopted)]) {
    throwsCode(() => heap.allocRelocatable(10), 'TypeError', 'unsupported_operation', /allocRelocatable/);
    throwsCode(() => heap.compact(), 'TypeError', 'unsupported_operation', /compact/);
  }
  assert.equal(Heap.createSync().compact(), 0);
});

if (can.shared) {
  test('refused in a shared memory', () => {
    const heap = Heap.createSync({ shared: true, maximum: 2 });
    changesNothing(heap, () => heap.allocRelocatable(10), 'TypeError', 'unsupported_operation');
    changesNothing(heap, () => heap.compact(), 'TypeError', 'unsupported_operation');
  });
}

test('while trim is at work nothing is compacted, and what is reallocated keeps its handle', () => {
  const heap = Heap.createSync();
  const low = heap.allocRelocatable(64, new Uint8Array(64).fill(4));
  const fence = heap.malloc(16);
  const big = heap.malloc(300_000);
  const before = low.byteOffset;
  let codes = [];
  heap.bind(() => undefined, () => {
    codes = [() => heap.compact(), () => heap.allocRelocatable(1)].map((action) => {
      try {
        action();
        return 'done';
      } catch (error) {
        return error.code;
      }
    });
    low.realloc(5000);
  });
  heap.free(big);
  assert.ok(heap.trim() > 0);
  assert.deepEqual(codes, ['unsupported_operation', 'unsupported_operation']);
  assert.equal(led(heap, low), low.byteOffset);
  assert.equal(low.byteLength, 5000);
  assert.notEqual(low.byteOffset, before);
  assert.ok(low.bytes.subarray(0, 64).every((byte) => byte === 4));
  heap.free(fence);
  heap.validate();
});

test('a trace has the moves, and can be replayed', async () => {
  const { readTrace, replayTrace } = await import('allot');
  const heap = Heap.createSync({ policy: 'exact' });
  const trace = heap.trace();
  const below = heap.malloc(256);
  const block = heap.allocRelocatable(100);
  heap.free(below);
  heap.compact();
  block.free();
  const bytes = trace.stop();
  const operations = [...readTrace(bytes)].map(({ operation }) => operation);
  assert.deepEqual(operations, ['malloc', 'calloc', 'free', 'realloc', 'free']);
  const { refused, skipped, leftBlocks } = replayTrace(bytes, Heap.createSync());
  assert.deepEqual({ refused, skipped, leftBlocks }, { refused: 0, skipped: 0, leftBlocks: 0 });
});
