// Refs as others come upon them: in JSON; and properties that they do not have.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Heap, struct, union } from 'allot';

import { copyOf, sameBytes } from './support/bytes.mjs';
import { throwsCode } from './support/expect.mjs';
import { can } from './support/runtime.mjs';

const Point = struct({ x: 'Float64', y: 'Float64' });
const Item = struct({ id: 'Uint32', at: Point, tags: ['Uint8', 3], name: { string: 'utf8', byteLength: 8 } });

/** Each kind of ref: how it is made, and what it is worth. */
const kinds = {
  ValueRef: [(heap) => heap.alloc('Int32', -5), -5],
  'ValueRef of what JSON has no number for': [(heap) => heap.alloc('Float64', NaN), null],
  PointerRef: [(heap) => heap.alloc('Pointer32', 16), 16],
  ArrayRef: [(heap) => heap.alloc(Int32Array, [1, 2, 3]), [1, 2, 3]],
  'ArrayRef of nothing': [(heap) => heap.alloc(Int32Array, 0), []],
  StringRef: [(heap) => heap.allocString('héllo'), 'héllo'],
  StructRef: [
    (heap) => heap.alloc(Item, { id: 3, at: { x: 0.5 }, tags: [1, 2, 3], name: 'a' }),
    { id: 3, at: { x: 0.5, y: 0 }, tags: [1, 2, 3], name: 'a' },
  ],
  'StructRef of a union': [(heap) => heap.alloc(union({ a: 'Uint8', b: 'Uint16' }), { a: 7 }), { a: 7, b: 7 }],
  StructArrayRef: [
    (heap) => heap.allocArray(Point, [{ x: 1, y: 2 }, { x: 3 }]),
    [{ x: 1, y: 2 }, { x: 3, y: 0 }],
  ],
  'StructArrayRef of texts': [
    (heap) => heap.allocArray({ string: 'utf8', byteLength: 4 }, ['a', 'bc']),
    ['a', 'bc'],
  ],
};

for (const [kind, [make, value]] of Object.entries(kinds)) {
  test(`${kind}: JSON has its value`, () => {
    const heap = Heap.createSync({ shared: can.shared, maximum: 10 });
    const ref = make(heap);
    const before = copyOf(heap.buffer);
    assert.deepEqual(JSON.parse(JSON.stringify(ref)), value);
    assert.deepEqual(JSON.parse(JSON.stringify({ deep: [ref] })), { deep: [value] });
    sameBytes(heap.buffer, before);
    ref.free();
    assert.equal(throwsCode(() => JSON.stringify(ref), 'HeapError', 'freed_ref').address > 0, true);
  });
}

test('a BigInt is for JSON to refuse, as anywhere', () => {
  const heap = Heap.createSync();
  for (const ref of [heap.alloc('BigInt64', 5n), heap.alloc(BigInt64Array, [5n]), heap.alloc({ a: 'BigInt64' }, { a: 5n })]) {
    assert.throws(() => JSON.stringify(ref), TypeError);
    assert.match(JSON.stringify(ref, (_, value) => (typeof value === 'bigint' ? String(value) : value)), /"5"/);
  }
});

test('a part has its own value in JSON', () => {
  const heap = Heap.createSync();
  const item = heap.alloc(Item, { at: { x: 1, y: 2 }, tags: [4, 5, 6] });
  assert.equal(JSON.stringify([item.at, item.tags, item.part('name')]), '[{"x":1,"y":2},[4,5,6],""]');
});

test('a field can be called toJSON, as before', () => {
  const heap = Heap.createSync();
  const ref = heap.alloc({ toJSON: 'Int32', a: 'Int8' }, { toJSON: 5 });
  ref.toJSON += 1;
  assert.equal(ref.toJSON, 6);
  assert.equal(JSON.stringify(ref.value), '{"toJSON":6,"a":0}');
  assert.deepEqual(Object.keys(Object.getPrototypeOf(ref)), ['toJSON', 'a']);
});

test('which names a field cannot have', () => {
  const refused = [
    ...['heap', 'blockLife', 'ownAddress', 'buffer', 'byteLength', 'byteOffset', 'bytes', 'clear', 'free', 'freedError', 'isFreed'],
    ...['isOwner', 'part', 'placeAt', 'value', 'constructor', 'toString', 'valueOf', 'hasOwnProperty', '__proto__'],
  ];
  for (const name of refused) throwsCode(() => struct({ [name]: 'Int8' }), 'TypeError', 'invalid_layout');
  for (const name of ['toJSON', 'inspect', 'element', 'length', 'shape']) assert.ok(struct({ [name]: 'Int8' }));
});

for (const [kind, [make, value]] of Object.entries(kinds)) {
  test(`${kind}: a property that it does not have is not kept in the place of what was meant`, () => {
    const heap = Heap.createSync();
    const ref = make(heap);
    for (const name of [0, '1', 'valu', Symbol('any')]) {
      assert.throws(() => (ref[name] = 1), TypeError);
      assert.equal(name in ref, false);
    }
    assert.throws(() => Object.defineProperty(ref, 'mine', { value: 1 }), TypeError);
    assert.deepEqual(JSON.parse(JSON.stringify(ref)), value);
    // What it has, it still takes.
    if (kind === 'ArrayRef') assert.equal(ref.view[0] + ref.write(0, 5).view[0], 6);
    if (kind === 'StructRef') ref.at.x = ref.tags.read(0);
    if (kind === 'ValueRef') assert.equal((ref.value = 6), ref.read());
    ref.free();
  });
}
