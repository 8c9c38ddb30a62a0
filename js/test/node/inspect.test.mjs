// What Node's console shows of refs and heaps.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from 'node:util';

import * as allot from 'allot';

import { copyOf, sameBytes } from '../support/bytes.mjs';
import { portrait } from '../support/expect.mjs';

const { Heap, struct, union } = allot;
const custom = Symbol.for('nodejs.util.inspect.custom');

const Point = struct({ x: 'Float64', y: 'Float32' });
const Item = struct({
  id: 'Uint32',
  at: Point,
  tags: ['Uint8', 4],
  name: { string: 'utf8', byteLength: 16 },
  deep: { a: { b: { c: 'Int8' } } },
  next: 'Pointer53',
});

/** The line for a ref, with `@` for its address. */
const lineOf = (ref, options) => inspect(ref, { breakLength: Infinity, ...options }).replace(/ at \d+/, ' at @');

const expected = [
  [(heap) => heap.alloc('Int32', 42), 'ValueRef<Int32> at @: 42'],
  [(heap) => heap.alloc('BigUint128', 3n), 'ValueRef<BigUint128> at @: 3n'],
  [(heap) => heap.alloc('Float64', -0), 'ValueRef<Float64> at @: -0'],
  [(heap) => heap.alloc('Pointer32', 16), 'PointerRef<Pointer32> at @: 16'],
  [(heap) => heap.alloc(Int32Array, [1, 2, 3]), 'ArrayRef<Int32>(3) at @: [ 1, 2, 3 ]'],
  [(heap) => heap.alloc(Int32Array, 0), 'ArrayRef<Int32>(0) at @: []'],
  [(heap) => heap.allocArray('Uint8', [1, 2], { byteStride: 7 }), 'ArrayRef<Uint8>(2) at @: [ 1, 2 ]'],
  [(heap) => heap.allocString('it’s'), 'StringRef<utf8>(6) at @: \'it’s\''],
  [(heap) => heap.allocString('ab', 'utf16'), 'StringRef<utf16>(2) at @: \'ab\''],
  [(heap) => heap.alloc(Point, { x: 1 }), 'StructRef<struct>(16 bytes) at @: { x: 1, y: 0 }'],
  [(heap) => heap.alloc(union({ i: 'Int32', b: 'Uint8' }), { i: 5 }), 'StructRef<union>(4 bytes) at @: { i: 5, b: 5 }'],
  [(heap) => heap.allocArray(Point, 2), 'StructArrayRef<struct>(2) at @: [ { x: 0, y: 0 }, { x: 0, y: 0 } ]'],
  [(heap) => heap.allocArray({ string: 'utf8', byteLength: 4 }, ['a']), 'StructArrayRef<utf8>(1) at @: [ \'a\' ]'],
  [(heap) => heap.alloc(Item, { id: 1, name: 'n' }).at, 'StructRef<struct>(16 bytes) at @: { x: 0, y: 0 }'],
  [
    (heap) => heap.alloc(Item, { id: 1, name: 'n' }),
    'StructRef<struct>(56 bytes) at @: { id: 1, at: { x: 0, y: 0 }, tags: [ 0, 0, 0, 0 ], name: \'n\', deep: { a: { b: [Object] } }, next: 0 }',
  ],
];

for (const options of [{ image: 'inside' }, { image: 'outside' }, { shared: true, maximum: 10 }]) {
  for (const [make, line] of expected) {
    test(`${line} (${JSON.stringify(options)})`, () => {
      const heap = Heap.createSync(options);
      const ref = make(heap);
      const before = copyOf(heap.buffer);
      const keys = Reflect.ownKeys(ref);
      assert.equal(lineOf(ref), line);
      assert.equal(inspect([ref], { breakLength: Infinity }), `[ ${inspect(ref, { breakLength: Infinity, depth: 1 })} ]`);
      const [title] = line.split(': ');
      assert.equal(lineOf({ a: { b: ref } }, { depth: 1 }).includes(`[${title.replace(/\((\d+)\)(?= at)/, title.startsWith('StringRef') ? '' : '($1)')}]`), true);
      assert.deepEqual(Reflect.ownKeys(ref), keys);
      sameBytes(heap.buffer, before);
      if (ref.isOwner) ref.free();
      else heap.freeAll?.();
      if (ref.isFreed) assert.match(inspect(ref), /^\w+<\w+>(\([\w ]+\))? at \d+ \(freed\)$/);
    });
  }
}

test('long arrays and texts are cut, as typed arrays are', () => {
  const heap = Heap.createSync({ initial: 1, maximum: 3000 });
  const values = Array.from({ length: 150 }, (_, i) => i);
  const array = heap.alloc(Uint8Array, values);
  const { length } = 'Uint8Array(150) ';
  assert.equal(inspect(array).split(': ')[1], inspect(Uint8Array.from(values)).slice(length));
  assert.match(inspect(array, { maxArrayLength: 2 }), /: \[ 0, 1, \.\.\. 148 more items \]$/);
  assert.match(inspect(array, { maxArrayLength: null }), /148, 149\s+\]$/);
  assert.match(inspect(heap.alloc(Uint8Array, 100_000_000)), /\.\.\. 99999900 more items\s+\]$/);
  assert.match(inspect(heap.allocArray(Point, 1000)), /\.\.\. 900 more items\s+\]$/);
  for (const encoding of ['ascii', 'latin1', 'utf8', 'utf16', 'utf32']) {
    assert.match(inspect(heap.allocString('x'.repeat(200), encoding)), /\(200\) at \d+: 'x{200}'$/);
    assert.match(inspect(heap.allocString('x'.repeat(201), encoding)), /\(201\) at \d+: 'x{200}'\.\.\.$/);
  }
  assert.match(inspect(heap.allocString('\u{10ffff}'.repeat(5000))), /\(20000\) at \d+: '\u{10ffff}{100}'\.\.\.$/u);
});

test('what cannot be read is named in its place', () => {
  const heap = Heap.createSync();
  const item = heap.alloc(Item);
  heap.fill(item.byteOffset, item.byteLength, 0xff);
  assert.match(lineOf(item), /^StructRef<struct>\(56 bytes\) at @: \{ id: 4294967295, .*, next: <unsafe_pointer> \}$/);
  const fatal = heap.allocString('abc', 'utf8', { fatal: true });
  heap.writeUint8(fatal.byteOffset, 0xff);
  assert.equal(lineOf(fatal), 'StringRef<utf8>(3) at @: \'\u{fffd}bc\'');
});

test('a memory that is gone or damaged makes nothing throw', () => {
  let buffer = new ArrayBuffer(65536);
  let top = 4096;
  const adopted = Heap.adopt({ get buffer() { return buffer; }, malloc: () => (top += 256), free() {} });
  const refs = expected.map(([make]) => make(adopted));
  const texts = refs.map((ref) => inspect(ref));
  structuredClone(buffer, { transfer: [buffer] });
  for (const ref of refs) assert.match(inspect(ref), /^\w+<\w+>.* at \d+: .*(?:<out_of_bounds>|\[\])/s);
  assert.match(inspect(adopted), /^Heap \(adopted\): 0 bytes$/);
  buffer = undefined;
  for (const ref of refs) assert.match(inspect(ref), / at \d+: .*(?:<unreadable>|<out_of_bounds>|\[\])/s);
  assert.match(inspect(adopted), /^Heap \(adopted\): <unreadable>$/);
  assert.equal(texts.length, refs.length);

  for (const fill of [0, 0xff]) {
    const heap = Heap.createSync();
    const made = expected.map(([make]) => make(heap));
    heap.bytes(0, heap.buffer.byteLength).fill(fill);
    for (const ref of made) assert.match(inspect(ref), /^\w+<\w+>.* at \d+: /);
    assert.match(inspect(heap), /^Heap \(inside, i32\): /);
  }
});

test('asked in another way, or of what is no ref, it does not throw either', () => {
  const heap = Heap.createSync();
  for (const [make] of expected) {
    const ref = make(heap);
    for (const args of [[], [undefined, undefined, undefined], [-1, {}, inspect], [2, null, () => { throw new Error('no'); }]]) {
      assert.equal(typeof ref[custom](...args), 'string');
    }
    assert.equal(typeof inspect(new Proxy(ref, {})), 'string');
  }
  for (const it of Object.values(allot)) if (it.prototype !== undefined) assert.equal(typeof inspect(it.prototype), 'string');
});

test('a heap in one line', () => {
  for (const [kind, options] of [['inside', {}], ['outside', { image: 'outside' }], ['shared', { shared: true, maximum: 10 }]]) {
    const heap = Heap.createSync(options);
    assert.equal(inspect(heap), `Heap (${kind}, i32): ${heap.buffer.byteLength} bytes, 0 live in 0 blocks`);
    heap.malloc(16);
    heap.malloc(16);
    const before = copyOf(heap.buffer);
    assert.equal(inspect(heap), `Heap (${kind}, i32): 65536 bytes, ${heap.stat('live')} live in 2 blocks`.replace('65536', heap.buffer.byteLength));
    sameBytes(heap.buffer, before);
    assert.equal(inspect({ a: { b: { c: heap } } }, { depth: 2, breakLength: Infinity }).includes(inspect(heap)), true);
    heap.debug = true;
    heap.free(heap.malloc(16));
    const figures = portrait(heap);
    assert.match(inspect(heap), new RegExp(`^Heap \\(${kind}, i32\\): \\d+ bytes, \\d+ live in \\d+ blocks$`));
    assert.deepEqual(portrait(heap), figures);
  }
});

test('a shared heap is shown without taking in what another agent has freed', () => {
  const heap = Heap.createSync({ shared: true, maximum: 10 });
  const other = Heap.attachSync(structuredClone(heap.memory));
  const blocks = Array.from({ length: 20 }, () => heap.malloc(64));
  for (const block of blocks) other.free(block);
  const before = copyOf(heap.buffer);
  inspect(heap);
  inspect(other);
  sameBytes(heap.buffer, before);
});

test('the address type of an adopted heap', () => {
  const memory = new WebAssembly.Memory({ initial: 1 });
  const parts = { memory, malloc: () => 4096, free() {} };
  assert.equal(inspect(Heap.adopt(parts)), 'Heap (adopted): 65536 bytes');
  assert.equal(inspect(Heap.adopt({ ...parts, malloc: () => 4096n }, { address: 'i64' })), 'Heap (adopted, i64): 65536 bytes');
});
