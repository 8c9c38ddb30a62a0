// Making a heap: every option, and every option that cannot be.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Heap } from 'allot';

import { places, policies, rejectsCode, throwsCode } from './support/expect.mjs';
import { can } from './support/runtime.mjs';

const pageBytes = 65536;

test('create and createSync make the same heap', async () => {
  const [a, b] = [await Heap.create(), Heap.createSync()];
  assert.deepEqual(a.stats(), b.stats());
  assert.deepEqual(a.buffer, b.buffer);
  assert.equal(a.malloc(100), b.malloc(100));
});

test('new Heap says how a heap is made', () => {
  const memory = new WebAssembly.Memory({ initial: 1 });
  for (const action of [() => new Heap(), () => new Heap({ initial: 1 }), () => new Heap(memory)]) {
    throwsCode(action, 'TypeError', 'wrong_type', /new Heap: .*Heap\.create/);
  }
});

for (const image of places) {
  for (const policy of policies) {
    test(`image ${image}, policy ${policy}: an empty heap is sound and adds up`, () => {
      const heap = Heap.createSync({ image, policy });
      heap.validate();
      const stats = heap.stats();
      assert.equal(stats.live, 0);
      assert.equal(stats.blocks, 0);
      assert.equal(stats.peak, 0);
      assert.equal(stats.live + stats.free + stats.metadata, stats.managed);
      assert.equal(heap.image, image);
      const p = heap.malloc(24);
      assert.equal(p % 16, 0);
      heap.free(p);
      heap.validate();
    });
  }
}

test('with the image inside, 0 is never the address of a block', () => {
  const heap = Heap.createSync();
  assert.ok(heap.malloc(16) > 0);
  assert.ok(heap.imageAddress >= 16);
  assert.deepEqual(new Uint8Array(heap.buffer, 0, 16), new Uint8Array(16));
});

test('with the image outside, the whole memory is the user’s, from address 0', () => {
  const heap = Heap.createSync({ image: 'outside', initial: 1, maximum: 1, policy: 'exact' });
  assert.equal(heap.imageAddress, undefined);
  assert.equal(heap.stat('metadata'), 0);
  assert.equal(heap.malloc(pageBytes), 0);
  assert.ok(new Uint8Array(heap.buffer).every((byte) => byte === 0), 'nothing was written into it');
  heap.free(0);
  assert.equal(heap.stat('live'), 0);
});

test('a new empty heap touches at most 1 KiB of the memory', () => {
  for (const policy of policies) {
    const { buffer } = Heap.createSync({ policy });
    const touched = new Uint8Array(buffer).reduce((count, byte) => count + (byte === 0 ? 0 : 1), 0);
    assert.ok(touched <= 1024, `${policy}: ${touched} bytes are not zero`);
  }
});

test('initial and maximum make the memory', () => {
  const heap = Heap.createSync({ initial: 2, maximum: 3 });
  assert.equal(heap.buffer.byteLength, 2 * pageBytes);
  assert.equal(heap.memory.grow(1), 2);
  assert.throws(() => heap.memory.grow(1), RangeError);
});

test('a memory of 0 pages grows as it needs to', () => {
  for (const image of places) {
    const heap = Heap.createSync({ image, initial: 0 });
    const p = heap.malloc(100);
    heap.writeInt32(p, 42);
    assert.equal(heap.readInt32(p), 42);
    heap.validate();
  }
});

test('a given memory keeps what lies before begin', () => {
  for (const image of places) {
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 8 });
    new Uint8Array(memory.buffer, 0, 5000).fill(0xcd);
    const heap = Heap.createSync({ memory, begin: 5000, image });
    assert.equal(heap.memory, memory);
    for (let i = 0; i < 3000; i++) {
      const p = heap.malloc(100);
      assert.ok(p >= 5000);
      new Uint8Array(memory.buffer, p, 100).fill(0xff);
    }
    assert.ok(new Uint8Array(memory.buffer, 0, 5000).every((byte) => byte === 0xcd));
    heap.validate();
  }
});

test('a given memory that holds rubbish makes a sound heap, and calloc clears it', () => {
  for (const image of places) {
    for (const policy of policies) {
      const memory = new WebAssembly.Memory({ initial: 2, maximum: 4 });
      new Uint8Array(memory.buffer).fill(0xcd);
      const heap = Heap.createSync({ memory, image, policy });
      heap.validate();
      for (const length of [1, 100, 5000, 100_000]) {
        const p = heap.calloc(length);
        assert.ok(new Uint8Array(memory.buffer, p, length).every((byte) => byte === 0), `${image} ${policy} ${length}`);
      }
      heap.validate();
    }
  }
});

test('a heap with an end never leaves its span, and leaves the rest as it is', () => {
  for (const image of places) {
    const memory = new WebAssembly.Memory({ initial: 4 });
    new Uint8Array(memory.buffer).fill(0xcd);
    const [begin, end] = [pageBytes + 1000, 3 * pageBytes + 1000];
    const heap = Heap.createSync({ memory, begin, end, image });
    const addresses = [];
    throwsCode(() => {
      for (;;) addresses.push(heap.malloc(500));
    }, 'RangeError', 'out_of_memory');
    assert.ok(addresses.length > 150);
    for (const p of addresses) {
      assert.ok(p >= begin && p + heap.usableSize(p) <= end);
      new Uint8Array(memory.buffer, p, 500).fill(0xff);
    }
    heap.validate();
    assert.equal(memory.buffer.byteLength, 4 * pageBytes);
    const bytes = new Uint8Array(memory.buffer);
    assert.ok(bytes.subarray(0, begin).every((byte) => byte === 0xcd), 'before');
    assert.ok(bytes.subarray(end).every((byte) => byte === 0xcd), 'behind');
  }
});

test('softMaximum, quota and recordSizes can be given at once', () => {
  const heap = Heap.createSync({ softMaximum: 2 * pageBytes, quota: 10_000, recordSizes: true });
  assert.equal(heap.softMaximum, 2 * pageBytes);
  assert.equal(heap.quota, 10_000);
  assert.equal(heap.requestedSize(heap.malloc(33)), 33);
});

test('without limits both are Infinity', () => {
  for (const image of places) {
    const heap = Heap.createSync({ image });
    assert.equal(heap.softMaximum, Infinity);
    assert.equal(heap.quota, Infinity);
  }
});

test('options that cannot be are refused, by both ways of making a heap', async () => {
  const memory = new WebAssembly.Memory({ initial: 1 });
  const cases = [
    [null, 'TypeError', 'wrong_type'],
    [7, 'TypeError', 'wrong_type'],
    ['fast', 'TypeError', 'wrong_type'],
    [{ memory: {} }, 'TypeError', 'wrong_type'],
    [{ memory: null }, 'TypeError', 'wrong_type'],
    [{ memory: new ArrayBuffer(65536) }, 'TypeError', 'wrong_type'],
    [{ memory, initial: 1 }, 'TypeError', 'invalid_option'],
    [{ memory, maximum: 1 }, 'TypeError', 'invalid_option'],
    [{ initial: -1 }, 'RangeError', 'invalid_number'],
    [{ initial: 1.5 }, 'RangeError', 'invalid_number'],
    [{ initial: NaN }, 'RangeError', 'invalid_number'],
    [{ initial: '1' }, 'TypeError', 'wrong_type'],
    [{ initial: 1n }, 'TypeError', 'wrong_type'],
    [{ initial: 65537 }, 'RangeError', 'size_too_large'],
    [{ maximum: 65537 }, 'RangeError', 'size_too_large'],
    [{ initial: 3, maximum: 2 }, 'RangeError', 'size_too_large'],
    [{ begin: -1 }, 'RangeError', 'invalid_number'],
    [{ begin: 0.5 }, 'RangeError', 'invalid_number'],
    [{ begin: 2 ** 32 }, 'RangeError', 'invalid_span'],
    [{ begin: '16' }, 'TypeError', 'wrong_type'],
    [{ begin: 1000, end: 1000 }, 'RangeError', 'invalid_span'],
    [{ begin: 1000, end: 999 }, 'RangeError', 'invalid_span'],
    [{ end: 0 }, 'RangeError', 'invalid_span'],
    [{ end: 100 }, 'RangeError', 'invalid_span'], // no room for an image
    [{ end: 2 ** 32 }, 'RangeError', 'invalid_span'],
    [{ policy: 'best' }, 'RangeError', 'invalid_policy'],
    [{ policy: 2 }, 'RangeError', 'invalid_policy'],
    [{ image: 'under' }, 'TypeError', 'invalid_option'],
    [{ image: true }, 'TypeError', 'invalid_option'],
    [{ softMaximum: -1 }, 'RangeError', 'invalid_number'],
    [{ softMaximum: '9' }, 'TypeError', 'wrong_type'],
    [{ quota: NaN }, 'RangeError', 'invalid_number'],
    [{ quota: 9n }, 'TypeError', 'wrong_type'],
    [{ recordSizes: 1 }, 'TypeError', 'wrong_type'],
    [{ shared: true }, 'TypeError', 'invalid_option'], // WebAssembly wants a maximum
    [{ shared: true, initial: 3 }, 'TypeError', 'invalid_option'],
    [{ shared: 1, maximum: 4 }, 'TypeError', 'wrong_type'],
    [{ shared: 'yes', maximum: 4 }, 'TypeError', 'wrong_type'],
    [{ shared: null, maximum: '4' }, 'TypeError', 'wrong_type'],
    [{ shared: true, initial: 5, maximum: 4 }, 'RangeError', 'size_too_large'],
    [{ memory, shared: true }, 'TypeError', 'invalid_option'],
    [{ memory, address: 'i32' }, 'TypeError', 'invalid_option'],
    [{ address: 'i64' }, 'TypeError', 'unsupported_memory'],
    [{ track: 1 }, 'TypeError', 'invalid_option'],
    [memory, 'TypeError', 'wrong_type'], // Heap.attach takes it so
    [{ inital: 4 }, 'TypeError', 'invalid_option'],
    [{ memory, max: 1 }, 'TypeError', 'invalid_option'],
  ];
  for (const [options, className, code] of cases) {
    throwsCode(() => Heap.createSync(options), className, code, /Heap\.createSync/);
    await rejectsCode(Heap.create(options), className, code, /Heap\.create/);
  }
  assert.deepEqual(new Uint8Array(memory.buffer), new Uint8Array(pageBytes), 'the memory is untouched');
  throwsCode(() => Heap.createSync({ inital: 4 }), 'TypeError', 'invalid_option', /there is no option "inital"; there are memory, initial, /);
});

if (can.shared) {
  test('a shared memory, new or given', async () => {
    const heaps = [
      Heap.createSync({ shared: true, maximum: 4 }),
      await Heap.create({ shared: true, initial: 2, maximum: 4 }),
      Heap.createSync({ memory: new WebAssembly.Memory({ initial: 1, maximum: 4, shared: true }) }),
      await Heap.create({ memory: new WebAssembly.Memory({ initial: 1, maximum: 4, shared: true }), policy: 'exact' }),
    ];
    assert.equal(heaps[1].buffer.byteLength, 2 * pageBytes);
    for (const heap of heaps) {
      assert.equal(Object.prototype.toString.call(heap.buffer), '[object SharedArrayBuffer]');
      const p = heap.malloc(100_000);
      heap.writeInt32(p, 42);
      assert.equal(Heap.attachSync(heap.memory).readInt32(p), 42);
      (await Heap.attach(heap.memory)).free(p);
      assert.equal(heap.stat('live'), 0);
      throwsCode(() => heap.malloc(4 * pageBytes), 'RangeError', 'out_of_memory');
      heap.validate();
    }
  });
}

test('what is not said to be shared is not', () => {
  for (const options of [{}, { maximum: 4 }, { shared: false }, { shared: false, maximum: 4 }, { shared: undefined, maximum: 4 }]) {
    assert.ok(Heap.createSync(options).buffer instanceof ArrayBuffer);
  }
});

test('many heaps at once do not know of each other', () => {
  const heaps = Array.from({ length: 20 }, (_, i) =>
    Heap.createSync({ image: places[i % 2], policy: policies[i % 4] }),
  );
  const blocks = heaps.map((heap, i) => {
    const p = heap.malloc(1000);
    heap.writeInt32(p, i);
    return p;
  });
  heaps.forEach((heap, i) => {
    assert.equal(heap.readInt32(blocks[i]), i);
    assert.equal(heap.stat('blocks'), 1);
    heap.validate();
  });
});

test('two heaps share one memory, each in its span', () => {
  const memory = new WebAssembly.Memory({ initial: 4 });
  const low = Heap.createSync({ memory, begin: 16, end: 2 * pageBytes });
  const high = Heap.createSync({ memory, begin: 2 * pageBytes });
  const [p, q] = [low.malloc(1000), high.malloc(1000)];
  assert.ok(p < 2 * pageBytes && q >= 2 * pageBytes);
  throwsCode(() => low.free(q), 'HeapError', 'foreign_address');
  throwsCode(() => high.free(p), 'HeapError', 'foreign_address');
  low.validate();
  high.validate();
});
