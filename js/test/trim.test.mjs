// Making the memory smaller: what stays as it was, what is given back, and what is refused.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Heap, adopt, struct } from 'allot';

import { changesNothing, places, policies, portrait, throwsCode } from './support/expect.mjs';
import { dataModule } from './support/modules.mjs';
import { makeRandom } from './support/random.mjs';
import { can } from './support/runtime.mjs';
import { puffed, puffUp, trimmed, withoutMemory } from './support/shrinking.mjs';

const pageBytes = 65536;

for (const image of places) {
  for (const policy of policies) {
    test(`blocks keep their addresses and bytes (${image}, ${policy})`, () => {
      const heap = Heap.createSync({ image, policy, maximum: 100 });
      const random = makeRandom(7);
      const blocks = [];
      for (let i = 0; i < 300; i++) {
        const length = 1 + random.below(9000);
        const at = heap.malloc(length);
        heap.fill(at, length, i);
        blocks.push({ at, length, i });
      }
      blocks.sort((a, b) => a.at - b.at);
      for (const { at } of blocks.splice(20)) heap.free(at);
      const last = blocks.at(-1);
      const pages = trimmed(heap);
      assert.ok(pages > 10, `${pages} pages`);
      const needed = Math.ceil((last.at + last.length) / pageBytes);
      const left = heap.buffer.byteLength / pageBytes;
      assert.ok(left >= needed && left <= needed + 1, `${left} pages for ${needed}`);
      for (const { at, length, i } of blocks) {
        assert.ok(heap.bytes(at, length).every((byte) => byte === (i & 255)), `block ${i}`);
        assert.ok(heap.usableSize(at) >= length);
        heap.free(at);
      }
      assert.equal(heap.stat('live'), 0);
      for (let i = 0; i < 200; i++) heap.fill(heap.malloc(9000), 9000, i);
      heap.validate();
    });
  }

  test(`an empty heap keeps one page (${image})`, () => {
    const heap = puffed({ image });
    assert.ok(trimmed(heap) >= 7);
    assert.equal(heap.buffer.byteLength, pageBytes);
  });

  test(`where nothing can be given back, nothing happens (${image})`, () => {
    const heap = Heap.createSync({ image });
    const told = [];
    heap.on('trim', () => told.push('trim'));
    heap.on('resize', () => told.push('resize'));
    heap.bind(() => undefined, () => told.push('respawn'));
    const block = heap.malloc(5 * pageBytes);
    told.length = 0;
    const { memory, buffer } = heap;
    const before = portrait(heap);
    assert.equal(heap.trim(), 0);
    assert.deepEqual(portrait(heap), before);
    assert.ok(heap.memory === memory && heap.buffer === buffer);
    assert.deepEqual(told, []);
    heap.free(block);
  });

  test(`pages that somebody else has grown are not taken from them (${image})`, () => {
    const heap = puffed({ image });
    heap.memory.grow(2);
    const at = heap.buffer.byteLength - 8;
    heap.writeUint32(at, 77);
    assert.equal(trimmed(heap), 0);
    assert.equal(heap.readUint32(at), 77);
    // Behind them the heap has pages of its own again.
    const blocks = Array.from({ length: 10 }, () => heap.malloc(pageBytes * 2));
    assert.ok(blocks.some((block) => block > at));
    for (const block of blocks) heap.free(block);
    assert.ok(trimmed(heap) > 0);
    assert.equal(heap.readUint32(at), 77);
  });

  test(`what lies before and between what the heap has is kept (${image})`, () => {
    const memory = new WebAssembly.Memory({ initial: 3 });
    new Uint8Array(memory.buffer).fill(0xab, 0, 2 * pageBytes);
    const heap = Heap.createSync({ memory, image, begin: 2 * pageBytes });
    heap.reserve(3 * pageBytes, 3 * pageBytes + 1000);
    heap.fill(3 * pageBytes, 1000, 0xcd);
    puffUp(heap);
    assert.ok(trimmed(heap) > 0);
    assert.ok(heap.bytes(0, 2 * pageBytes).every((byte) => byte === 0xab));
    assert.ok(heap.bytes(3 * pageBytes, 1000).every((byte) => byte === 0xcd));
    heap.unreserve(3 * pageBytes);
    assert.ok(trimmed(heap) > 0);
  });

  test(`a heap that ends before the memory does gives nothing (${image})`, () => {
    const heap = Heap.createSync({ memory: new WebAssembly.Memory({ initial: 9 }), image, end: 6 * pageBytes });
    assert.equal(trimmed(heap), 0);
  });

  test(`the new memory can become as large as the old one (${image})`, () => {
    const heap = puffed({ image, maximum: 30 });
    trimmed(heap);
    const pages = heap.buffer.byteLength / pageBytes;
    assert.equal(heap.grow(30 - pages), pages);
    throwsCode(() => heap.grow(1), 'RangeError', 'out_of_memory');
    trimmed(heap);
    throwsCode(() => heap.malloc(31 * pageBytes), 'RangeError', 'out_of_memory');
    assert.ok(heap.malloc(20 * pageBytes) >= 0);
    // One without a maximum has none afterwards.
    const free = puffed({ image });
    trimmed(free);
    free.grow(40);
    trimmed(free);
    free.grow(100);
  });

  test(`limits and figures go along (${image})`, () => {
    const heap = puffed({ image, quota: 30 * pageBytes, softMaximum: 60 * pageBytes, recordSizes: true });
    const block = heap.malloc(123);
    const peak = heap.stat('peak');
    trimmed(heap);
    assert.equal(heap.quota, 30 * pageBytes);
    assert.equal(heap.softMaximum, 60 * pageBytes);
    assert.equal(heap.stat('peak'), peak);
    assert.equal(heap.requestedSize(block), 123);
    throwsCode(() => heap.malloc(31 * pageBytes), 'RangeError', 'quota_exceeded');
  });

  for (const policy of ['exact', 'balanced']) {
    test(`without memory for the new one nothing changes (${image}, ${policy})`, () => {
      for (const kept of [0, 10, 100, 1]) {
        const heap = Heap.createSync({ image, policy, recordSizes: kept === 10 });
        const random = makeRandom(kept);
        // Once so many pages that the map of them has moved, too.
        const most = kept === 1 ? 10_000 : 1500;
        const blocks = Array.from({ length: 3000 }, () => heap.malloc(1 + random.below(most)));
        for (const block of blocks.splice(kept)) heap.free(block);
        for (const block of blocks) heap.writeUint32(block, block);
        const { memory } = heap;
        heap.bind(() => undefined, () => assert.fail('nothing has moved'));
        withoutMemory(() => changesNothing(heap, () => heap.trim(), 'RangeError', 'out_of_memory', /move/));
        assert.equal(heap.memory, memory);
        // It goes on as if nobody had asked.
        const more = Array.from({ length: 2000 }, () => heap.malloc(1 + random.below(1500)));
        for (const block of more) heap.free(block);
        heap.validate();
        for (const block of blocks) assert.equal(heap.readUint32(block), block);
      }
    });
  }

  test(`all that is made of a heap goes along (${image})`, () => {
    const heap = Heap.createSync({ image, track: true });
    const Point = struct({ x: 'Float64', tag: ['Uint8', 4] });
    const point = heap.alloc(Point, { x: 0.5, tag: [1, 2, 3, 4] }, { tag: 'p' });
    const numbers = heap.alloc(Int32Array, [1, 2, 3]);
    const text = heap.allocString('héllo', 'utf16');
    const counter = heap.alloc('Int32', 5);
    const { atomics } = heap;
    assert.equal(atomics.add('Int32', counter.byteOffset, 1), 5);
    puffUp(heap);
    trimmed(heap);
    assert.deepEqual([point.x, ...point.tag], [0.5, 1, 2, 3, 4]);
    assert.deepEqual([...numbers.view], [1, 2, 3]);
    assert.equal(numbers.view.buffer, heap.buffer);
    assert.equal(text.value, 'héllo');
    text.value = 'hallo';
    assert.equal(heap.readCString(text.byteOffset, 'utf16'), 'hallo');
    assert.equal(atomics.add('Int32', counter.byteOffset, 1), 6);
    assert.equal(counter.load(), 7);
    assert.deepEqual(heap.tracked({ tag: 'p' }).map(({ byteOffset }) => byteOffset), [point.byteOffset]);
    heap.free(numbers.byteOffset);
    assert.ok(numbers.isFreed);
    throwsCode(() => numbers.view, 'HeapError', 'freed_ref');
    assert.equal(heap.freeAll(), 3);
  });

  test(`a heap that is joined, given or restored can be trimmed (${image})`, () => {
    const memory = new WebAssembly.Memory({ initial: 2, maximum: 50 });
    const given = Heap.createSync({ memory, image });
    const block = given.alloc(Int32Array, [4, 5]);
    puffUp(given);
    const restored = Heap.restoreSync(given.snapshot());
    assert.ok(trimmed(restored) > 0);
    assert.equal(restored.readInt32(block.byteOffset + 4), 5);
    if (image === 'inside') {
      const joined = Heap.attachSync(memory);
      assert.ok(trimmed(joined) > 0);
      assert.equal(joined.readInt32(block.byteOffset), 4);
      // It has left. The other one still has the memory in which both were.
      joined.writeInt32(block.byteOffset, 9);
      assert.equal(given.readInt32(block.byteOffset), 4);
      given.validate();
    }
    assert.ok(trimmed(given) > 0);
  });

  test(`who listens is told afterwards: trim, then resize (${image})`, () => {
    const heap = puffed({ image });
    const oldSize = heap.buffer.byteLength;
    const told = [];
    const tell = ({ type, info }) => {
      told.push({ type, ...info });
      assert.ok(Object.isFrozen(info));
      assert.ok(info.memory === heap.memory && info.buffer === heap.buffer);
      heap.malloc(16); // handlers may allocate
    };
    for (const type of ['grow', 'resize', 'trim']) heap.on(type, tell);
    heap.bind(() => undefined, () => told.push({ type: 'respawn' }));
    const pages = heap.trim();
    const newSize = oldSize - pages * pageBytes;
    const { memory, buffer } = heap;
    const info = { oldSize, newSize, memory, buffer };
    assert.deepEqual(told, [{ type: 'respawn' }, { type: 'trim', ...info }, { type: 'resize', ...info }]);
  });

  test(`a handler may trim and grow again (${image})`, () => {
    const heap = puffed({ image });
    const sizes = [];
    heap.on('resize', ({ info }) => {
      sizes.push(info.newSize / pageBytes);
      if (sizes.length < 4) sizes.length % 2 === 1 ? heap.grow(3) : heap.trim();
    });
    const kept = heap.alloc(Int32Array, [1, 2]);
    heap.trim();
    assert.equal(sizes.length, 4);
    assert.equal(heap.buffer.byteLength / pageBytes, sizes.at(-1));
    heap.validate();
    assert.deepEqual([...kept.view], [1, 2]);
  });

  test(`debugging goes along (${image})`, () => {
    const heap = Heap.createSync({ image });
    heap.debug = true;
    const trace = heap.trace();
    const kept = heap.malloc(100);
    const large = heap.malloc(5 * pageBytes);
    heap.free(large); // held in quarantine
    assert.ok(trimmed(heap) >= 5);
    assert.ok(heap.debug.poison !== false);
    heap.writeUint8(kept + 100, 1);
    throwsCode(() => heap.free(kept), 'HeapError', 'overrun');
    const more = heap.malloc(10);
    heap.free(more);
    throwsCode(() => heap.free(more), 'HeapError', 'double_free');
    assert.ok(trace.stop().byteLength > 0);
  });

  test(`blocks of tokens go along (${image})`, () => {
    const heap = Heap.createSync({ image });
    const token = {};
    const weak = heap.malloc(64, { token });
    heap.writeInt32(weak, 8);
    puffUp(heap);
    trimmed(heap);
    assert.ok(heap.isWeak(weak));
    assert.equal(heap.readInt32(weak), 8);
    assert.ok(heap.strengthen(weak));
    heap.free(weak);
  });

  test(`a request that waits for memory does not have it pulled away (${image})`, () => {
    const heap = puffed({ image, maximum: 20 });
    let error;
    heap.onoom = () => {
      error = throwsCode(() => heap.trim(), 'TypeError', 'unsupported_operation', /waits/);
      return false;
    };
    const before = heap.memory;
    throwsCode(() => heap.malloc(21 * pageBytes), 'RangeError', 'out_of_memory');
    assert.ok(error);
    assert.equal(heap.memory, before);
    heap.onoom = undefined;
    trimmed(heap);
  });
}

if (can.resizable) {
  for (const image of places) {
    test(`a memory whose buffer grows in place (${image})`, () => {
      const memory = new WebAssembly.Memory({ initial: 1, maximum: 30 });
      memory.toResizableBuffer();
      const heap = Heap.createSync({ memory, image });
      const kept = heap.alloc(Int32Array, [1, 2]);
      puffUp(heap);
      assert.ok(heap.trim() > 0);
      heap.validate();
      assert.deepEqual([...kept.view], [1, 2]);
      heap.grow(30 - heap.buffer.byteLength / pageBytes);
      throwsCode(() => heap.grow(1), 'RangeError', 'out_of_memory');
    });
  }
}

if (can.shared) {
  test('a shared memory is not left, for others have it', () => {
    const heap = Heap.createSync({ shared: true, initial: 9, maximum: 9 });
    changesNothing(heap, () => heap.trim(), 'TypeError', 'unsupported_operation', /shared/);
    assert.equal(heap.bind(() => 5), 5);
  });
}

test('an adopted heap has no memory to move', () => {
  const memory = new WebAssembly.Memory({ initial: 1 });
  const foreign = { memory, malloc: () => 16, free() {} };
  for (const heap of [Heap.adopt(foreign), adopt(foreign)]) {
    throwsCode(() => heap.trim(), 'TypeError', 'unsupported_operation');
    throwsCode(() => heap.purge(), 'TypeError', 'unsupported_operation');
  }
  assert.equal(Heap.adopt(foreign).bind(() => 3), 3);
});

test('modules that heap.load has loaded hold the memory', async () => {
  const heap = Heap.createSync({ begin: 16384 });
  const module = heap.loadSync(dataModule('fixed', { 1024: 'hello' }));
  const { table } = heap;
  puffUp(heap);
  changesNothing(heap, () => heap.trim(), 'HeapError', 'module_in_use');
  module.unload();
  // One that is about to be there holds it too.
  const coming = heap.load(dataModule('later', { 1024: 'later' }));
  let whileComing;
  for (let i = 0; i < 10 && whileComing === undefined && heap.modules.length === 0; i++) {
    try {
      heap.trim();
      puffUp(heap);
    } catch (error) {
      whileComing = error.code;
    }
    await undefined;
  }
  const loaded = await coming;
  assert.ok(whileComing === undefined || whileComing === 'module_in_use');
  assert.equal(heap.readString(1024, 5), 'later');
  loaded.unload();
  assert.ok(trimmed(heap) > 0);
  assert.equal(heap.table, table, 'pointers to functions stay good');
  const again = heap.loadSync(dataModule('again', { 1024: 'again' }));
  assert.equal(heap.readString(1024, 5), 'again');
  again.unload();
});

for (const image of places) {
  test(`what a guest imports is of the memory of now (${image})`, () => {
    const heap = Heap.createSync({ image, begin: 16 });
    const old = heap.imports;
    puffUp(heap);
    trimmed(heap);
    const { imports } = heap;
    assert.ok(imports !== old && imports.memory === heap.memory);
    const block = imports.malloc(100);
    assert.ok(heap.usableSize(block) >= 100);
    assert.equal(imports.posix_memalign(block, 64, 100), 0);
    imports.free(heap.readUint32(block));
    imports.free(block);
    heap.validate();
    assert.equal(heap.stat('live'), 0);
  });
}

test('a damaged image is an error, and no crash', () => {
  const heap = puffed();
  const header = heap.imageAddress;
  const bytes = heap.bytes(header, 736).slice();
  heap.fill(header + 56, 200, 0xff);
  throwsCode(() => heap.trim(), 'HeapError', 'corrupt_image');
  heap.bytes(header, 736).set(bytes);
  assert.ok(trimmed(heap) > 0);
});
