// Snapshots: a heap as bytes, and the heap that comes of them.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Heap } from 'allot';

import { copyOf, sameBytes } from './support/bytes.mjs';
import { drive } from './support/drive.mjs';
import { places, policies, portrait, rejectsCode, throwsCode } from './support/expect.mjs';
import { makeRandom } from './support/random.mjs';
import { can, startAgent } from './support/runtime.mjs';

const kinds = places.map((image) => [image, { image }]);
if (can.shared) kinds.push(['shared', { shared: true, maximum: 300 }]);

/** A heap with live, freed and large blocks in it, each with a pattern. */
function usedHeap(options, seed = 1) {
  const heap = Heap.createSync({ maximum: 300, ...options });
  const random = makeRandom(seed);
  const blocks = [];
  for (let i = 0; i < 500; i++) {
    const length = random.percent(5) ? random.below(40_000) : random.below(600);
    const p = heap.malloc(length);
    heap.fill(p, length, 1 + (i % 250));
    blocks.push(p);
  }
  for (let i = 0; i < 250; i++) heap.free(blocks.splice(random.below(blocks.length), 1)[0]);
  heap.validate(); // which leaves a note in the image, as restoring will
  return { heap, blocks };
}

/** The bytes of blocks of some kinds. */
function contents(heap, ...wanted) {
  return [...heap.blocks()]
    .filter(({ kind }) => wanted.includes(kind))
    .flatMap(({ byteOffset, byteLength }) => [...heap.bytes(byteOffset, byteLength)]);
}

/** CRC-32, bit by bit. */
function crc32(bytes) {
  let remainder = 0xffffffff;
  for (const byte of bytes) {
    remainder ^= byte;
    for (let i = 0; i < 8; i++) remainder = remainder & 1 ? (remainder >>> 1) ^ 0xedb88320 : remainder >>> 1;
  }
  return ~remainder >>> 0;
}

/** The memories of a snapshot and its runs, read by docs/snapshot-format.md alone. */
function unpacked(snapshot, ...pages) {
  let at = 64;
  const number = () => {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = snapshot[at++];
      value += (byte % 128) * scale;
      if (byte < 128) return value;
    }
  };
  const memories = pages.map((count) => {
    const bytes = new Uint8Array(count * 65536);
    const runs = [];
    for (let done = 0; done < bytes.length; ) {
      const [zeros, length] = [number(), number()];
      bytes.set(snapshot.subarray(at, at + length), done + zeros);
      runs.push([zeros, length]);
      at += length;
      done += zeros + length;
    }
    return { bytes, runs };
  });
  assert.equal(at, snapshot.length - 4);
  return memories;
}

for (const [kind, options] of kinds) {
  test(`byte for byte, as docs/snapshot-format.md has it (${kind})`, () => {
    const heap = Heap.createSync({ ...options, initial: 2, maximum: 10 });
    const p = heap.malloc(300);
    heap.fill(p, 300, 5);
    for (const free of [true, false]) {
      const snapshot = heap.snapshot({ free });
      const view = new DataView(snapshot.buffer);
      assert.equal(new TextDecoder().decode(snapshot.subarray(0, 8)), 'allotS\n\x1a');
      assert.deepEqual([view.getUint16(8, true), view.getUint16(10, true)], [1, 64]);
      const isOutside = heap.image === 'outside';
      const flags = (options.shared ? 1 : 0) + (isOutside ? 2 : 0) + (free ? 0 : 4);
      assert.equal(view.getUint32(12, true), flags);
      const words = [16, 24, 32, 40, 48, 56].map((at) => Number(view.getBigUint64(at, true)));
      const [pages, maximum, image, recordPages, bodyBytes, zero] = words;
      assert.deepEqual([pages, maximum, bodyBytes, zero], [2, 10, snapshot.length - 68, 0]);
      assert.equal(view.getUint32(snapshot.length - 4, true), crc32(snapshot.subarray(0, -4)));
      const [memory, records] = unpacked(snapshot, pages, ...(isOutside ? [recordPages] : []));
      const now = copyOf(heap.buffer);
      if (!isOutside) now.fill(0, image + 720, image + 736); // the lock is held meanwhile, and the agents are not in it
      sameBytes(memory.bytes, now);
      const imageBytes = isOutside ? records.bytes : memory.bytes;
      assert.equal(new TextDecoder().decode(imageBytes.subarray(image, image + 8)), 'allot\r\n\x1a');
      if (!isOutside) assert.equal(image, heap.imageAddress);
      // Zeros are left out in steps of 16.
      for (const [zeros, length] of memory.runs) assert.ok(zeros % 16 === 0 && length % 16 === 0);
      if (isOutside) assert.deepEqual(memory.runs, [[0, 304], [2 * 65536 - 304, 0]]);
    }
  });

  for (const policy of policies) {
    test(`the heap that comes of it is the same, to the last byte, and goes on (${kind}, ${policy})`, async () => {
      const { heap, blocks } = usedHeap({ ...options, policy });
      const before = portrait(heap);
      const snapshot = heap.snapshot();
      assert.deepEqual(portrait(heap), before, 'taking it changes nothing');
      for (const twin of [Heap.restoreSync(snapshot), await Heap.restore(snapshot)]) {
        assert.notEqual(twin.memory, heap.memory);
        assert.deepEqual(portrait(twin), before);
        sameBytes(twin.buffer, heap.buffer);
        assert.equal(twin.image, heap.image);
        assert.equal(twin.imageAddress, heap.imageAddress);
        twin.validate();
        sameBytes(twin.snapshot(), snapshot);
        // From here on each goes its own way, and places blocks as the other would.
        const more = Array.from({ length: 200 }, (_, i) => twin.malloc(i * 11));
        for (const p of blocks) twin.free(p);
        for (const p of more) twin.free(p);
        assert.equal(twin.stat('live'), 0);
        twin.validate();
      }
      assert.deepEqual(portrait(heap), before);
      const twin = Heap.restoreSync(snapshot);
      for (let i = 0; i < 300; i++) assert.equal(twin.malloc(i * 13), heap.malloc(i * 13));
      heap.validate();
    });
  }

  test(`a heap that was restored bears a long run (${kind})`, () => {
    const heap = Heap.createSync({ ...options, maximum: 24, recordSizes: true });
    for (let round = 0; round < 3; round++) {
      const twin = Heap.restoreSync(heap.snapshot());
      drive(twin, { seed: 40 + round, operations: 3000, liveGoal: 300, recordSizes: true });
      for (let i = 0; i < 100; i++) heap.free(heap.malloc(i * 40));
    }
  });

  test(`without what lies in free blocks it is small, and they are zeros (${kind})`, () => {
    const { heap, blocks } = usedHeap(options);
    const [whole, live] = [heap.snapshot(), heap.snapshot({ free: false })];
    const inFree = contents(heap, 'free').filter((byte) => byte !== 0).length;
    assert.ok(inFree > 10_000);
    assert.ok(whole.length - live.length > inFree / 2, `${whole.length} and ${live.length}`);
    const twin = Heap.restoreSync(live);
    assert.deepEqual(portrait(twin), portrait(heap));
    assert.ok(contents(twin, 'free').every((byte) => byte === 0));
    assert.deepEqual(contents(twin, 'live', 'metadata'), contents(heap, 'live', 'metadata'));
    for (const p of blocks) heap.free(p);
    heap.merge();
    const { length } = heap.snapshot({ free: false });
    const records = heap.stat('metadata') + 40_000;
    assert.ok(length < records, `${length} bytes, and not more than ${records}`);
  });

  test(`a large heap with little in it makes a small snapshot (${kind})`, () => {
    const heap = Heap.createSync({ ...options, initial: 200, maximum: 300 });
    heap.writeInt32(heap.malloc(10_000_000), 42);
    assert.equal(heap.buffer.byteLength, 200 * 65536);
    const snapshot = heap.snapshot();
    assert.ok(snapshot.length < 60_000, `${snapshot.length} bytes`);
    assert.equal(Heap.restoreSync(snapshot).buffer.byteLength, 200 * 65536);
  });

  test(`limits, spans and what others grew come along (${kind})`, () => {
    const heap = Heap.createSync({ ...options, initial: 3, maximum: 20 });
    heap.quota = 50_000;
    heap.softMaximum = 10 * 65536;
    heap.malloc(100_000 / 4);
    heap.reserve(100_000, 110_000);
    heap.memory.grow(2); // somebody else's
    heap.writeInt32(4 * 65536, 77);
    const twin = Heap.restoreSync(heap.snapshot());
    assert.equal(twin.quota, 50_000);
    assert.equal(twin.softMaximum, 10 * 65536);
    assert.equal(twin.readInt32(4 * 65536), 77);
    throwsCode(() => twin.malloc(40_000), 'RangeError', 'quota_exceeded');
    twin.quota = Infinity;
    twin.unreserve(100_000);
    twin.softMaximum = Infinity;
    const blocks = [];
    throwsCode(() => {
      for (;;) blocks.push(twin.malloc(30_000));
    }, 'RangeError', 'out_of_memory');
    assert.equal(twin.buffer.byteLength, 20 * 65536, 'as far as the memory could grow');
    assert.ok(blocks.every((p) => p + 30_000 <= 4 * 65536 - 65536 || p >= 5 * 65536), 'not in what others grew');
    twin.validate();
  });

  test(`a heap in a part of a memory (${kind})`, () => {
    const shared = options.shared === true;
    const memory = new WebAssembly.Memory(shared ? { initial: 12, maximum: 12, shared } : { initial: 12 });
    new Uint8Array(memory.buffer).fill(0x99);
    const heap = Heap.createSync({ memory, begin: 70_000, end: 700_000, image: options.image ?? 'inside' });
    const p = heap.malloc(1000);
    heap.validate();
    const twin = Heap.restoreSync(heap.snapshot());
    sameBytes(twin.buffer, heap.buffer);
    twin.free(p);
    drive(twin, { seed: 3, operations: 1000, liveGoal: 200 });
    assert.ok(twin.bytes(0, 69_984).every((byte) => byte === 0x99));
    assert.ok(twin.bytes(700_000, 1000).every((byte) => byte === 0x99));
  });
}

test('how far the memory can grow is found out', () => {
  for (const image of places) {
    for (const maximum of [1, 2, 3, 100, 127, 128, 129, 16383, 16384, 65535, 65536]) {
      const heap = Heap.createSync({ image, maximum, initial: 1 });
      const view = new DataView(heap.snapshot().buffer);
      assert.equal(view.getBigUint64(24, true), BigInt(maximum));
    }
    const heap = Heap.createSync({ image, initial: 1 });
    assert.equal(new DataView(heap.snapshot().buffer).getBigUint64(24, true), 2n ** 64n - 1n);
  }
});

test('the new memory may grow less or further, and be shared or not', () => {
  const { heap, blocks } = usedHeap({ maximum: 100 });
  const snapshot = heap.snapshot();
  const pages = heap.buffer.byteLength / 65536;
  const tight = Heap.restoreSync(snapshot, { maximum: pages });
  throwsCode(() => tight.malloc(65536 * 2), 'RangeError', 'out_of_memory');
  throwsCode(() => Heap.restoreSync(snapshot, { maximum: pages - 1 }), 'RangeError', 'size_too_large');
  assert.ok(Heap.restoreSync(snapshot, { maximum: 500 }).malloc(65536 * 200) > 0);
  assert.deepEqual(Heap.restoreSync(snapshot, { track: true }).track, true);
  if (!can.shared) return;
  throwsCode(() => Heap.restoreSync(snapshot, { shared: true }), 'TypeError', 'invalid_option', /one agent/);
  const agents = usedHeap({ maximum: 100, shared: true }).heap.snapshot();
  throwsCode(() => Heap.restoreSync(agents, { shared: false }), 'TypeError', 'invalid_option', /several agents/);
  // With the records elsewhere the memory does not matter.
  const outside = usedHeap({ maximum: 100, image: 'outside' });
  const shared = Heap.restoreSync(outside.heap.snapshot(), { shared: true });
  assert.equal(Object.prototype.toString.call(shared.buffer), '[object SharedArrayBuffer]');
  for (const p of outside.blocks) shared.free(p);
  const back = Heap.restoreSync(shared.snapshot(), { shared: false });
  assert.equal(Object.prototype.toString.call(back.buffer), '[object ArrayBuffer]');
  for (const p of blocks) heap.free(p);
  const unlimited = Heap.createSync({ image: 'outside' }).snapshot();
  throwsCode(() => Heap.restoreSync(unlimited, { shared: true }), 'TypeError', 'invalid_option', /needs a maximum/);
});

if (can.shared) {
  test('whoever holds the lock is not in it', () => {
    const heap = Heap.createSync({ shared: true, maximum: 10 });
    const snapshot = heap.snapshot();
    const twin = Heap.restoreSync(snapshot);
    assert.equal(twin.readInt32(twin.imageAddress + 720), 0);
    twin.malloc(10); // it would wait for seconds, and fail
    // Nor when the bytes say so: as from a program that copied a memory at a bad moment.
    heap.writeInt32(heap.imageAddress + 720, 1);
    const bytes = new Uint8Array(heap.buffer).slice();
    heap.writeInt32(heap.imageAddress + 720, 0);
    assert.equal(bytes[heap.imageAddress + 720], 1);
    sameBytes(heap.snapshot(), snapshot);
  });
}

if (can.sendShared) {
  test('one that is taken while another agent allocates is sound or refused', async () => {
    const heap = Heap.createSync({ shared: true, maximum: 200 });
    const agent = startAgent(
      ({ memory }, { Heap: Theirs }) => {
        const there = Theirs.attachSync(memory);
        const blocks = [];
        for (let i = 0; i < 20_000; i++) {
          if (blocks.length < 200 || i % 3) blocks.push(there.malloc((i * 37) % 700));
          if (blocks.length > 400) there.free(blocks.splice((i * 7) % blocks.length, 1)[0]);
        }
        return blocks.length;
      },
      { memory: heap.memory },
    );
    let done = false;
    agent.result.finally(() => (done = true));
    for (let taken = 0; !done || taken < 3; taken++) {
      try {
        Heap.restoreSync(heap.snapshot({ free: taken % 2 === 0 })).validate();
      } catch (error) {
        assert.equal(error.code, 'corrupt_image', error.stack);
      }
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    assert.ok((await agent.result) > 100);
    Heap.restoreSync(heap.snapshot()).validate(); // now it is quiet
  });
}

if (can.agents) {
  test('another agent opens it', async () => {
    for (const image of places) {
      const heap = Heap.createSync({ image });
      const p = heap.allocString('from here');
      const { result } = startAgent(
        ({ snapshot, at }, { Heap: Theirs }) => {
          const there = Theirs.restoreSync(snapshot);
          there.malloc(100);
          there.validate();
          return [there.readCString(at), there.stat('blocks')];
        },
        { snapshot: heap.snapshot(), at: p.byteOffset },
      );
      assert.deepEqual(await result, ['from here', 2]);
    }
  });
}

test('debugging: what is held back is given up first, guards behind blocks are no matter', () => {
  for (const image of places) {
    const heap = Heap.createSync({ image });
    heap.debug = true;
    const p = heap.malloc(100);
    heap.free(heap.malloc(200));
    heap.fill(p, 100, 8);
    const twin = Heap.restoreSync(heap.snapshot());
    assert.equal(twin.stat('blocks'), 1);
    assert.ok(twin.bytes(p, 100).every((byte) => byte === 8));
    assert.equal(twin.debug.canaries, false);
    twin.free(p);
    assert.equal(twin.stat('live'), 0);
    heap.free(p);
    heap.validate();
  }
});

test('what cannot be asked for', async () => {
  const heap = Heap.createSync();
  throwsCode(() => heap.snapshot(null), 'TypeError', 'wrong_type');
  throwsCode(() => heap.snapshot({ free: 1 }), 'TypeError', 'wrong_type');
  throwsCode(() => heap.snapshot({ fre: true }), 'TypeError', 'invalid_option', /"fre"/);
  const snapshot = heap.snapshot();
  const cases = [
    ['text', {}, 'TypeError', 'wrong_type'],
    [undefined, {}, 'TypeError', 'wrong_type'],
    [heap.memory, {}, 'TypeError', 'wrong_type'],
    [snapshot, null, 'TypeError', 'wrong_type'],
    [snapshot, { maximum: '5' }, 'TypeError', 'wrong_type'],
    [snapshot, { maximum: -1 }, 'RangeError', 'invalid_number'],
    [snapshot, { maximum: 65537 }, 'RangeError', 'size_too_large'],
    [snapshot, { shared: 1 }, 'TypeError', 'wrong_type'],
    [snapshot, { track: 'yes' }, 'TypeError', 'invalid_option'],
  ];
  for (const [bytes, options, className, code] of cases) {
    throwsCode(() => Heap.restoreSync(bytes, options), className, code, /^Heap\.restoreSync: /);
    await rejectsCode(Heap.restore(bytes, options), className, code, /^Heap\.restore: /);
  }
  // However the bytes are held.
  const room = new ArrayBuffer(snapshot.length + 7);
  new Uint8Array(room, 7).set(snapshot);
  for (const bytes of [snapshot.slice().buffer, new Uint8Array(room, 7), new DataView(room, 7)]) {
    Heap.restoreSync(bytes).validate();
  }
});
