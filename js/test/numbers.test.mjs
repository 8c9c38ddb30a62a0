// Numbers read and written: every type, every growth, every bad argument.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Heap } from 'allot';

import { copyOf, sameBytes } from './support/bytes.mjs';
import { throwsCode } from './support/expect.mjs';
import { makeGuest } from './support/guest.mjs';
import { makeRandom } from './support/random.mjs';
import { can, startAgent } from './support/runtime.mjs';

const half = 2n ** 64n;

/**
 * Kept apart from the package's own table on purpose: a test must not believe what it tests.
 * `samples` come back as they are, `beyond` are pairs of what is written and what comes back, `never`
 * cannot be written.
 */
const allElements = [
  { name: 'Int8', bytes: 1, samples: [0, 1, -1, 127, -128], beyond: [[128, -128], [-129, 127], [1.9, 1]] },
  { name: 'Uint8', bytes: 1, samples: [0, 1, 255], beyond: [[256, 0], [-1, 255], [3.7, 3]] },
  {
    name: 'Uint8Clamped',
    bytes: 1,
    samples: [0, 1, 255],
    beyond: [
      [-1, 0], [256, 255], [1e300, 255], [-1e300, 0], [Infinity, 255], [-Infinity, 0], [NaN, 0], [-0, 0],
      // To the nearest, and from the middle to the even one.
      [0.5, 0], [1.5, 2], [2.5, 2], [126.5, 126], [127.5, 128], [253.5, 254], [254.5, 254], [-0.5, 0],
      [0.49999999999999994, 0], [0.5000000000000001, 1], [1.4999999999999998, 1], [2.5000000000000004, 3],
      [254.49999999999997, 254], [254.50000000000003, 255], [254.99999999999997, 255], [5e-324, 0],
    ],
  },
  { name: 'Int16', bytes: 2, samples: [0, -1, 32767, -32768], beyond: [[32768, -32768], [NaN, 0]] },
  { name: 'Uint16', bytes: 2, samples: [0, 65535], beyond: [[65536, 0], [-1, 65535]] },
  { name: 'Int32', bytes: 4, samples: [0, -1, 2147483647, -2147483648], beyond: [[2 ** 31, -(2 ** 31)]] },
  { name: 'Uint32', bytes: 4, samples: [0, 4294967295], beyond: [[2 ** 32, 0], [-1, 4294967295]] },
  { name: 'BigInt64', bytes: 8, samples: [0n, -1n, 2n ** 63n - 1n, -(2n ** 63n)], beyond: [[2n ** 63n, -(2n ** 63n)]] },
  { name: 'BigUint64', bytes: 8, samples: [0n, 2n ** 64n - 1n], beyond: [[2n ** 64n, 0n], [-1n, 2n ** 64n - 1n]] },
  {
    name: 'Float16',
    bytes: 2,
    samples: [0, -0, 1.5, -2048, 65504, 2 ** -24, Infinity, -Infinity, NaN],
    beyond: [[1.1, 1.099609375], [2049, 2048], [65519.99, 65504], [65520, Infinity], [2 ** -26, 0]],
  },
  { name: 'Float32', bytes: 4, samples: [0, -0, 1.5, Infinity, NaN], beyond: [[1.1, Math.fround(1.1)], [1e300, Infinity]] },
  { name: 'Float64', bytes: 8, samples: [0, -0, 1.1, -Infinity, NaN, Number.MAX_VALUE], beyond: [] },
  {
    name: 'BigUint128',
    bytes: 16,
    samples: [0n, 1n, half - 1n, half, 0x0123456789abcdef_fedcba9876543210n, 2n ** 128n - 1n],
    beyond: [[2n ** 128n, 0n], [2n ** 200n + 5n, 5n], [-1n, 2n ** 128n - 1n], [-half, 2n ** 128n - half]],
  },
  {
    name: 'BigUint256',
    bytes: 32,
    samples: [0n, 1n, half, half ** 2n, half ** 3n, (half ** 4n - 1n) / 0x0fn, 2n ** 256n - 1n],
    beyond: [[2n ** 256n, 0n], [2n ** 500n + 5n, 5n], [-1n, 2n ** 256n - 1n], [-(half ** 3n), 2n ** 256n - half ** 3n]],
  },
  {
    name: 'Pointer32',
    bytes: 4,
    samples: [0, 16, 2 ** 31, 2 ** 32 - 1],
    beyond: [[-0, 0]],
    never: [-1, -16, -(2 ** 31), 2 ** 32, 2 ** 53, 1.5, NaN, Infinity, -Infinity],
  },
  {
    name: 'Pointer53',
    bytes: 8,
    samples: [0, 16, 2 ** 32 - 1, 2 ** 32, 2 ** 32 + 1, 2 ** 53 - 1],
    beyond: [[-0, 0]],
    never: [-1, -16, 2 ** 53, 2 ** 64, 0.5, NaN, Infinity, -Infinity],
  },
  {
    name: 'Pointer64',
    bytes: 8,
    samples: [0n, 16n, 2n ** 53n, 2n ** 64n - 1n],
    beyond: [[-16n, 2n ** 64n - 16n], [-(2n ** 63n), 2n ** 63n]], // as i64 addresses arrive from WebAssembly
    never: [2n ** 64n, 2n ** 64n + 16n, -(2n ** 63n) - 1n, 2n ** 200n],
  },
];

const elements = allElements.filter(({ name }) => name !== 'Float16' || can.float16);
const pageBytes = 65536;

/** The bytes of a number, little-endian, worked out one by one. */
function bytesOf(name, length, value) {
  const bytes = new Uint8Array(length);
  if (name.startsWith('Float')) new DataView(bytes.buffer)[`set${name}`](0, value, true);
  else bytes.forEach((_, i) => (bytes[i] = Number((BigInt(value) >> BigInt(8 * i)) & 255n)));
  return bytes;
}

for (const { name, bytes, samples, beyond, never = [] } of elements) {
  const read = (heap, at) => heap[`read${name}`](at);
  const write = (heap, at, value) => heap[`write${name}`](at, value);
  const one = typeof samples[0] === 'bigint' ? 1n : 1;

  test(`${name}: what is written is read, aligned or not`, () => {
    const heap = Heap.createSync();
    const p = heap.malloc(64);
    for (const at of [p, p + 1, p + 3, p + 7]) {
      for (const value of samples) {
        assert.equal(write(heap, at, value), undefined);
        assert.ok(Object.is(read(heap, at), value), `${value} at ${at}`);
      }
      for (const [value, expected] of beyond) {
        write(heap, at, value);
        assert.ok(Object.is(read(heap, at), expected), `${value} at ${at}`);
      }
    }
  });

  test(`${name}: little-endian, and not a byte too many`, () => {
    const heap = Heap.createSync();
    const p = heap.malloc(80);
    const around = new Uint8Array(heap.buffer, p, 80);
    for (const at of [16, 19]) {
      for (const value of [one, ...samples.filter((sample) => !Number.isNaN(sample))]) {
        around.fill(0xaa);
        write(heap, p + at, value);
        const expected = new Uint8Array(80).fill(0xaa);
        expected.set(bytesOf(name, bytes, value), at);
        assert.deepEqual(around, expected, `${value} at ${at}`);
      }
    }
  });

  test(`${name}: the last place in the memory, and one further`, () => {
    const heap = Heap.createSync();
    const end = heap.buffer.byteLength;
    write(heap, end - bytes, one);
    assert.equal(read(heap, end - bytes), one);
    const before = copyOf(heap.buffer);
    const partly = Array.from({ length: bytes - 1 }, (_, i) => end - bytes + 1 + i);
    for (const at of [...partly, end, end + 1, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 53 - 1, 2 ** 53, 2 ** 60]) {
      throwsCode(() => read(heap, at), 'RangeError', 'out_of_bounds', new RegExp(`read${name}.*${at}`));
      const other = samples.at(-1);
      throwsCode(() => write(heap, at, other), 'RangeError', 'out_of_bounds', new RegExp(`write${name}.*${at}`));
    }
    sameBytes(heap.buffer, before);
  });

  test(`${name}: survives growth by the script, by a guest and by the heap`, () => {
    const heap = Heap.createSync({ maximum: 100 });
    const p = heap.malloc(16);
    const q = heap.malloc(bytes);
    write(heap, q, one);
    const growths = [
      () => heap.memory.grow(1),
      () => makeGuest(heap.memory).grow(2),
      () => heap.malloc(4 * pageBytes),
      () => heap.grow(3),
      () => Heap.attachSync(heap.memory).grow(1),
    ];
    for (const grow of growths) {
      const before = heap.buffer.byteLength;
      grow();
      assert.ok(heap.buffer.byteLength > before);
      assert.equal(read(heap, q), one, 'an old place');
      grow();
      write(heap, heap.buffer.byteLength - bytes, one);
      assert.equal(read(heap, heap.buffer.byteLength - bytes), one, 'a new place');
    }
    heap.free(p);
  });

  test(`${name}: refuses what is no address`, () => {
    const heap = Heap.createSync();
    heap.bytes(0, 64).fill(0x5a); // where -1 and its like would end up
    const before = copyOf(heap.buffer);
    for (const at of [-1, -7, -16, NaN, 1.5, -0.5, Infinity, -Infinity]) {
      throwsCode(() => read(heap, at), 'RangeError', 'invalid_number', new RegExp(`byteOffset is ${at}`));
      throwsCode(() => write(heap, at, one), 'RangeError', 'invalid_number', new RegExp(`byteOffset is ${at}`));
    }
    for (const at of ['16', 16n, null, undefined, {}, [16], true, Symbol('16'), () => 16]) {
      throwsCode(() => read(heap, at), 'TypeError', 'wrong_type', /byteOffset/);
      throwsCode(() => write(heap, at, one), 'TypeError', 'wrong_type', /byteOffset/);
    }
    sameBytes(heap.buffer, before);
  });

  test(`${name}: refuses what is no ${typeof one}`, () => {
    const heap = Heap.createSync();
    const p = heap.malloc(64);
    const bytesOfBlock = heap.bytes(p, 64).fill(0x5a);
    const others = ['1', null, undefined, {}, true, Symbol('1'), typeof one === 'bigint' ? 1 : 1n];
    for (const value of others) {
      throwsCode(() => write(heap, p, value), 'TypeError', 'wrong_type', /value/);
      // A bad value at a bad place is an error too, whichever of the two it names.
      assert.throws(() => write(heap, -1, value), (error) => 'code' in error);
    }
    for (const value of never) {
      throwsCode(() => write(heap, p, value), 'RangeError', 'invalid_number', new RegExp(`write${name}.*value is ${value}`));
      assert.throws(() => write(heap, heap.buffer.byteLength, value), RangeError);
    }
    assert.ok(bytesOfBlock.every((byte) => byte === 0x5a));
  });

  if (can.shared) {
    test(`${name}: a shared memory that another Heap object grows`, () => {
      const heap = Heap.createSync({ shared: true, maximum: 40 });
      const other = Heap.attachSync(heap.memory);
      const p = heap.malloc(bytes);
      write(heap, p, one);
      for (let round = 0; round < 3; round++) {
        const end = heap.buffer.byteLength;
        throwsCode(() => read(heap, end), 'RangeError', 'out_of_bounds');
        other.grow(1);
        const last = end + pageBytes - bytes;
        assert.equal(read(other, p), one);
        write(heap, last, one);
        assert.equal(read(other, last), one);
        throwsCode(() => write(heap, last + 1, one), 'RangeError', 'out_of_bounds');
        // Half in what was there before, half in what is new.
        write(heap, end - (bytes >> 1), samples.at(-1));
        assert.ok(Object.is(read(other, end - (bytes >> 1)), samples.at(-1)));
      }
    });
  }
}

test('clamped bytes as Uint8ClampedArray has them', () => {
  const heap = Heap.createSync();
  const p = heap.malloc(16);
  const oracle = new Uint8ClampedArray(1);
  const random = makeRandom(17);
  const values = Array.from({ length: 260 * 16 }, (_, i) => i / 16 - 2);
  for (let i = 0; i < 5000; i++) values.push((random.word() / 2 ** 32) * 300 - 20);
  for (const value of values) {
    oracle[0] = value;
    heap.writeUint8Clamped(p, value);
    assert.equal(heap.readUint8Clamped(p), oracle[0], String(value));
  }
});

test('clamped bytes cannot be told from bytes when read', () => {
  const heap = Heap.createSync();
  const p = heap.malloc(256);
  for (let i = 0; i < 256; i++) heap.writeUint8(p + i, i);
  for (let i = 0; i < 256; i++) assert.equal(heap.readUint8Clamped(p + i), i);
});

if (!can.float16) {
  test('Float16 is refused where the engine has none', () => {
    const heap = Heap.createSync();
    const p = heap.malloc(16);
    heap.writeUint16(p, 0x5a5a);
    throwsCode(() => heap.readFloat16(p), 'TypeError', 'unsupported_element', /readFloat16/);
    throwsCode(() => heap.writeFloat16(p, 1), 'TypeError', 'unsupported_element', /writeFloat16/);
    assert.equal(heap.readUint16(p), 0x5a5a);
  });
}

test('a 64-bit address that is no safe number is not read as one', () => {
  const heap = Heap.createSync();
  const p = heap.malloc(16);
  for (const value of [2n ** 53n, 2n ** 53n + 1n, 2n ** 63n, 2n ** 64n - 1n]) {
    for (const at of [p, p + 3]) {
      heap.writeBigUint64(at, value);
      throwsCode(() => heap.readPointer53(at), 'RangeError', 'unsafe_pointer', new RegExp(`readPointer53.*${value}`));
      assert.equal(heap.readPointer64(at), value);
    }
  }
  heap.writeBigUint64(p, 2n ** 53n - 1n);
  assert.equal(heap.readPointer53(p), Number.MAX_SAFE_INTEGER);
  // Also where the view had to be looked for first.
  heap.memory.grow(1);
  const last = heap.buffer.byteLength - 8;
  new DataView(heap.buffer).setBigUint64(last, 2n ** 60n, true);
  throwsCode(() => heap.readPointer53(last), 'RangeError', 'unsafe_pointer');
});

test('random wide integers, against arithmetic', () => {
  const heap = Heap.createSync();
  const p = heap.malloc(64);
  const random = makeRandom(23);
  for (const [name, bytes] of [['BigUint128', 16], ['BigUint256', 32]]) {
    for (let round = 0; round < 500; round++) {
      let value = 0n;
      for (let i = 0; i < 10; i++) value = (value << 32n) | BigInt(random.percent(20) ? 0 : random.word());
      if (random.percent(50)) value = -value;
      const at = p + random.below(32);
      heap[`write${name}`](at, value);
      const expected = ((value % 2n ** BigInt(8 * bytes)) + 2n ** BigInt(8 * bytes)) % 2n ** BigInt(8 * bytes);
      assert.equal(heap[`read${name}`](at), expected);
      assert.deepEqual(heap.bytes(at, bytes), bytesOf(name, bytes, expected));
    }
  }
});

test('-0 is the address 0', () => {
  const heap = Heap.createSync({ image: 'outside' });
  heap.writeUint8(-0, 7);
  assert.equal(heap.readUint8(0), 7);
  assert.equal(heap.readUint8(-0), 7);
});

test('two heaps do not share a view', () => {
  const [a, b] = [Heap.createSync(), Heap.createSync()];
  const [p, q] = [a.malloc(16), b.malloc(16)];
  a.writeInt32(p, 1);
  b.writeInt32(q, 2);
  a.memory.grow(1);
  assert.equal(a.readInt32(p), 1);
  assert.equal(b.readInt32(q), 2);
});

if (can.sendShared) {
  test('every type in a shared memory that another agent grows', async () => {
    const first = Heap.createSync({ shared: true, maximum: 40 });
    const end = first.buffer.byteLength;
    // One object for each type: the first access renews the view for all that follow.
    const heaps = elements.map(() => Heap.attachSync(first.memory));
    heaps.forEach((heap, i) => {
      const { name } = elements[i];
      throwsCode(() => heap[`read${name}`](end), 'RangeError', 'out_of_bounds');
    });
    await startAgent((memory, allot) => void allot.Heap.attachSync(memory).grow(3), first.memory).result;
    heaps.forEach((heap, i) => {
      const { name, bytes, samples } = elements[i];
      const at = end + 3 * pageBytes - bytes * (i + 1);
      heap[`write${name}`](at, samples.at(-1));
      assert.ok(Object.is(heap[`read${name}`](at), samples.at(-1)), name);
    });
  });
}

if (can.bigMemory) {
  test('every type above 2 GiB', () => {
    const memory = new WebAssembly.Memory({ initial: 65536, maximum: 65536 });
    const heap = Heap.createSync({ memory, begin: 2 ** 31 - pageBytes, end: 2 ** 31 + 4 * pageBytes });
    for (const { name, bytes, samples } of elements) {
      for (const at of [2 ** 31 - bytes, 2 ** 31, 2 ** 31 + 3, 2 ** 32 - bytes]) {
        for (const value of samples) {
          heap[`write${name}`](at, value);
          assert.ok(Object.is(heap[`read${name}`](at), value), `${name} at ${at}`);
        }
      }
      throwsCode(() => heap[`read${name}`](2 ** 32 - bytes + 1), 'RangeError', 'out_of_bounds');
      throwsCode(() => heap[`write${name}`](-(2 ** 31), samples[0]), 'RangeError', 'invalid_number');
    }
  });
}

if (can.bigMemory && can.memory64) {
  test('every type above 4 GiB', () => {
    const memory = new WebAssembly.Memory({ address: 'i64', initial: 65536n + 2n });
    const end = memory.buffer.byteLength;
    const heap = Heap.adopt({ memory, malloc: () => 2n ** 32n, free() {} });
    assert.equal(heap.malloc(16), 2 ** 32);
    for (const { name, bytes, samples } of elements) {
      for (const at of [2 ** 32 - bytes, 2 ** 32 - 1, 2 ** 32, 2 ** 32 + 3, end - bytes]) {
        for (const value of samples) {
          heap[`write${name}`](at, value);
          assert.ok(Object.is(heap[`read${name}`](at), value), `${name} at ${at}`);
        }
      }
      // Not at the place that is left when the address is cut to 32 bits.
      heap.fill(0, 64);
      heap[`write${name}`](2 ** 32 + 16, samples.at(-1));
      assert.ok(heap.bytes(0, 64).every((byte) => byte === 0), name);
      throwsCode(() => heap[`read${name}`](end - bytes + 1), 'RangeError', 'out_of_bounds');
      throwsCode(() => heap[`write${name}`](end, samples[0]), 'RangeError', 'out_of_bounds');
    }
  });
}
