// Debugging beside others who work on the same heap and know nothing of it: a guest, another heap object,
// another agent; and over an allocator that was adopted.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { adopt, Heap } from 'allot';

import { throwsCode } from './support/expect.mjs';
import { can, readArtifact, startAgent } from './support/runtime.mjs';

const guestModule = await WebAssembly.compile(await readArtifact('build/wasm/allot-malloc.wasm'));

function makeGuest() {
  const guest = new WebAssembly.Instance(guestModule).exports;
  guest.free(guest.malloc(1));
  return { guest, heap: Heap.attachSync(guest.memory) };
}

test('a guest frees blocks with guards behind them', () => {
  const { guest, heap } = makeGuest();
  heap.debug = true;
  const blocks = Array.from({ length: 50 }, (_, i) => heap.malloc(i * 11));
  for (const p of blocks) guest.free(p);
  assert.equal(heap.stat('blocks'), 0);
  heap.validate();
  for (const p of blocks) throwsCode(() => heap.free(p), 'HeapError', 'double_free');
  heap.debug = false;
  heap.validate();
});

test('a guest gives blocks another length, and JavaScript frees them', () => {
  const { guest, heap } = makeGuest();
  heap.debug = true;
  for (const [from, to] of [[20, 200], [100, 5000], [3000, 10], [50, 300]]) {
    const p = heap.malloc(from);
    heap.fill(p, from, 0x5a);
    const q = guest.realloc(p, to) >>> 0;
    const kept = Math.min(from, to);
    assert.ok(heap.bytes(q, kept).every((byte) => byte === 0x5a));
    heap.fill(q, to, 0x5b); // all of it is the guest's
    heap.validate();
    heap.free(q);
    heap.validate();
  }
  assert.equal(heap.stat('blocks'), 0);
});

test('a guest’s blocks are freed, given another length and watched when they are freed', () => {
  const { guest, heap } = makeGuest();
  heap.debug = true;
  const [p, q, r] = [guest.malloc(40), guest.malloc(40), guest.malloc(40)].map((address) => address >>> 0);
  heap.fill(p, 48, 1);
  heap.validate();
  assert.ok(heap.usableSize(p) >= 40 && heap.usableSize(p) % 16 === 0, 'nobody put a guard there');
  heap.free(p);
  heap.writeUint8(p + 5, 0);
  throwsCode(() => heap.validate(), 'HeapError', 'use_after_free', /1 byte at 5 /);
  heap.writeUint8(p + 5, 0xdd);
  heap.fill(q, 40, 7);
  const moved = heap.realloc(q, 100);
  assert.ok(heap.bytes(moved, 40).every((byte) => byte === 7));
  heap.writeUint8(moved + 100, 0);
  throwsCode(() => heap.free(moved), 'HeapError', 'overrun');
  guest.free(moved);
  guest.free(r);
  heap.debug = false;
  assert.equal(heap.stat('blocks'), 0);
  heap.validate();
});

test('a block that a guest has freed and got again is the guest’s', () => {
  // How long a block was asked to be tells whose it is, so the heap has to remember that.
  const heap = Heap.createSync({ recordSizes: true });
  const other = Heap.attachSync(heap.memory);
  heap.debug = { canaries: true };
  const p = heap.malloc(100);
  other.free(p);
  const q = other.malloc(115);
  assert.equal(q, p, 'the same place, and the same length in granules');
  heap.fill(p, 115, 9);
  heap.validate();
  assert.equal(heap.sizeof(p), 115);
  heap.free(p);
  assert.equal(heap.stat('blocks'), 0);
});

test('a block with a guard in front can be freed by the heap object that handed it out only', () => {
  const heap = Heap.createSync();
  const other = Heap.attachSync(heap.memory);
  heap.debug = { canaries: 'both' };
  const p = heap.malloc(100);
  throwsCode(() => other.free(p), 'HeapError', 'interior_address');
  throwsCode(() => other.realloc(p, 200), 'HeapError', 'interior_address');
  throwsCode(() => heap.free(p - 16), 'HeapError', 'metadata_address');
  throwsCode(() => heap.sizeof(p - 16), 'HeapError', 'metadata_address');
  heap.validate();
  // Another object that frees all that it sees takes it by the address that is underneath.
  for (const { byteOffset, kind } of other.blocks()) if (kind === 'live') other.free(byteOffset);
  throwsCode(() => heap.free(p), 'HeapError', 'double_free');
  assert.equal(heap.stat('live'), 0);
  assert.equal(heap.stats().live, 0);
  heap.validate();
  heap.debug = false;
  heap.validate();
});

test('a block in quarantine is live to others, and they see no more of it', () => {
  const heap = Heap.createSync();
  const other = Heap.attachSync(heap.memory);
  heap.debug = { quarantine: true };
  const p = heap.malloc(100);
  heap.free(p);
  assert.equal(heap.stat('blocks'), 0);
  assert.equal(other.stat('blocks'), 1);
  other.free(p); // by mistake: it is not his
  const q = other.malloc(40);
  heap.fill(q, 40, 3);
  heap.validate();
  heap.debug = false; // which must not free the other's block
  assert.equal(other.stat('blocks'), 1);
  assert.ok(heap.bytes(q, 40).every((byte) => byte === 3));
  heap.validate();
});

test('figures are right at once when another object has freed what is held back or guarded', () => {
  for (const canaries of ['after', 'both']) {
    const heap = Heap.createSync();
    const other = Heap.attachSync(heap.memory);
    const metadata = heap.stat('metadata');
    heap.debug = { quarantine: true, canaries };
    const blocks = [10, 100, 1000].map((byteLength) => heap.malloc(byteLength));
    heap.free(blocks[1]);
    for (const { byteOffset, kind } of other.blocks()) if (kind === 'live') other.free(byteOffset);
    for (const [name, expected] of [['live', 0], ['blocks', 0], ['metadata', metadata]]) {
      assert.equal(heap.stat(name), expected, `${name} (${canaries})`);
    }
    assert.deepEqual([heap.stats().live, heap.stats().blocks, heap.stats().metadata], [0, 0, metadata]);
    heap.validate();
  }
});

if (can.sendShared) {
  test('another agent frees what is guarded here, and allocates meanwhile', async () => {
    const heap = Heap.createSync({ shared: true, maximum: 100, recordSizes: true });
    heap.debug = true;
    const blocks = Array.from({ length: 100 }, (_, i) => heap.malloc(i * 3));
    const agent = startAgent(
      async ({ memory, theirs }, { Heap: Theirs }) => {
        const there = Theirs.attachSync(memory);
        const own = [];
        for (const p of theirs) {
          there.free(p);
          own.push(there.malloc(40));
        }
        for (const p of own) there.free(p);
        return own.length;
      },
      { memory: heap.memory, theirs: blocks.slice(0, 50) },
    );
    for (const p of blocks.slice(50)) heap.free(p);
    for (let i = 0; i < 500; i++) heap.free(heap.malloc(i));
    assert.equal(await agent.result, 50);
    heap.validate();
    heap.debug = false;
    assert.equal(heap.stat('blocks'), 0);
    heap.validate();
  });

  test('another agent has made the memory larger', async () => {
    const heap = Heap.createSync({ shared: true, maximum: 1000 });
    heap.debug = { poison: true, canaries: 'both' };
    heap.malloc(10);
    const agent = startAgent(
      ({ memory }, { Heap: Theirs }) => {
        const there = Theirs.attachSync(memory);
        const block = there.malloc(20_000_000);
        there.free(block);
        return block;
      },
      { memory: heap.memory },
    );
    await agent.result;
    const blocks = Array.from({ length: 10 }, () => heap.malloc(1_000_000));
    for (const p of blocks) {
      assert.equal(heap.readUint8(p + 999_999), 0xcd);
      heap.validate();
      heap.free(p);
    }
    heap.writeUint8(blocks[9], 0);
    throwsCode(() => heap.validate(), 'HeapError', 'use_after_free');
    heap.writeUint8(blocks[9], 0xdd);
    heap.debug = false;
    assert.equal(heap.stat('blocks'), 1);
  });
}

/** An allocator that only counts up, and notes what it was asked. */
function bump() {
  const memory = new WebAssembly.Memory({ initial: 1 });
  const calls = [];
  let top = 16;
  const malloc = (bytes) => {
    calls.push(['malloc', bytes]);
    const address = top;
    top += Math.ceil(bytes / 16) * 16;
    return address;
  };
  const free = (address) => {
    calls.push(['free', address]);
  };
  return { calls, memory, malloc, free };
}

test('over an adopted allocator, which knows no lengths', () => {
  for (const canaries of ['after', 'both']) {
    const foreign = bump();
    const heap = Heap.adopt(foreign);
    const early = heap.malloc(24);
    heap.debug = { poison: true, canaries };
    const p = heap.malloc(24);
    assert.ok(heap.bytes(p, 24).every((byte) => byte === 0xcd));
    heap.writeUint8(p + 24, 0);
    throwsCode(() => heap.free(p), 'HeapError', 'overrun', /at 24 of the block/);
    heap.free(p);
    throwsCode(() => heap.free(p), 'HeapError', 'double_free');
    assert.deepEqual(foreign.calls.filter(([name]) => name === 'free'), [], 'it is held back');
    heap.writeUint8(p + 1, 0);
    throwsCode(() => (heap.debug = { canaries }), 'HeapError', 'use_after_free', /at 1 of the block/);
    heap.debug = { canaries };
    const before = canaries === 'both' ? 16 : 0;
    assert.deepEqual(foreign.calls.at(-1), ['free', p - before]);
    const q = heap.malloc(10);
    heap.writeUint8(q + 9, 5);
    const moved = heap.realloc(q, 1000);
    assert.equal(heap.readUint8(moved + 9), 5);
    heap.writeUint8(moved - 1, heap.readUint8(moved - 1) ^ 1);
    if (before > 0) throwsCode(() => heap.free(moved), 'HeapError', 'overrun', /at -1 of the block/);
    heap.free(moved);
    heap.free(early);
    assert.deepEqual(foreign.calls.at(-1), ['free', early]);
    for (const action of [() => heap.validate(), () => heap.sizeof(p), () => heap.stats(), () => [...heap.blocks()]]) {
      throwsCode(action, 'TypeError', 'unsupported_operation');
    }
    throwsCode(() => heap.snapshot(), 'TypeError', 'unsupported_operation');
    throwsCode(() => heap.map(), 'TypeError', 'unsupported_operation');
    throwsCode(() => heap.report(), 'TypeError', 'unsupported_operation');
  }
});

test('poison alone over an adopted allocator', () => {
  const foreign = bump();
  const heap = Heap.adopt(foreign);
  heap.debug = { poison: true, quarantine: false };
  const p = heap.malloc(24);
  heap.free(p);
  assert.ok(heap.bytes(p, 24).every((byte) => byte === 0xdd));
  assert.deepEqual(foreign.calls, [['malloc', 24], ['free', p]]);
});

test('off, an allocator is asked what the user asks; on, it is asked for the guards too', () => {
  const foreign = bump();
  const heap = Heap.adopt(foreign);
  const asked = (byteLength) => {
    foreign.calls.length = 0;
    heap.free(heap.malloc(byteLength));
    return foreign.calls.map(([name, value]) => (name === 'malloc' ? value : name));
  };
  assert.deepEqual(asked(100), [100, 'free']);
  heap.debug = { canaries: true };
  assert.deepEqual(asked(100), [116, 'free']);
  heap.debug = { canaries: 'both' };
  assert.deepEqual(asked(100), [132, 'free']);
  const left = heap.malloc(8);
  heap.debug = false;
  assert.deepEqual(asked(100), [100, 'free']);
  heap.free(left);
  assert.deepEqual(foreign.calls.at(-1), ['free', left - 16]);
  assert.deepEqual(asked(100), [100, 'free']);
});

test('a heap that is to weigh little has no debugging, and says so', () => {
  const heap = adopt(bump());
  assert.equal(heap.debug.canaries, false);
  throwsCode(() => (heap.debug = true), 'TypeError', 'unsupported_operation', /Heap\.adopt/);
  throwsCode(() => heap.trace(), 'TypeError', 'unsupported_operation', /Heap\.adopt/);
  throwsCode(() => heap.map(), 'TypeError', 'unsupported_operation');
  throwsCode(() => heap.report(), 'TypeError', 'unsupported_operation');
  throwsCode(() => heap.snapshot(), 'TypeError', 'unsupported_operation');
});
