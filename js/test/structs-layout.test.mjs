// How structs are laid out, against a second calculation. (tests/wasm/struct-layout.test.mjs asks clang.)

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { struct, StructType, union } from 'allot';

import { makeRandom } from './support/random.mjs';
import { descriptorOf, elementLayouts, layOut, randomStruct } from './support/structs.mjs';

test('the example of the documentation', () => {
  const Point = struct({ x: 'Float64', y: 'Float64' });
  const Item = struct({
    id: 'Uint32',
    flags: ['Uint8', 3],
    at: Point,
    name: { string: 'utf8', byteLength: 24 },
    next: 'Pointer32',
    inner: { a: 'Uint8', b: 'BigInt64' },
  });
  assert.deepEqual([Point.byteLength, Point.alignment], [16, 8]);
  assert.deepEqual([Item.byteLength, Item.alignment, Item.kind], [72, 8, 'struct']);
  const offsets = Object.entries(Item.fields).map(([name, field]) => [name, field.byteOffset, field.byteLength]);
  assert.deepEqual(offsets, [
    ['id', 0, 4],
    ['flags', 4, 3],
    ['at', 8, 16],
    ['name', 24, 24],
    ['next', 48, 4],
    ['inner', 56, 16],
  ]);
});

test('every element type has its length and alignment', () => {
  for (const [name, [byteLength, alignment]] of Object.entries(elementLayouts)) {
    const type = struct({ before: 'Uint8', it: name });
    assert.deepEqual(type.fields.it, { byteOffset: alignment, byteLength, type: name }, name);
    assert.equal(type.alignment, alignment, name);
    assert.equal(type.byteLength, Math.ceil((alignment + byteLength) / alignment) * alignment, name);
  }
});

test('text is aligned to its units', () => {
  for (const [string, unit] of [
    ['ascii', 1],
    ['latin1', 1],
    ['utf8', 1],
    ['utf16', 2],
    ['utf32', 4],
  ]) {
    const { fields, alignment } = struct({ before: 'Uint8', it: { string, byteLength: 12 } });
    assert.deepEqual([fields.it.byteOffset, fields.it.byteLength, alignment], [unit, 12, unit], string);
  }
});

test('a union has all fields at its beginning', () => {
  const type = union({ a: 'Uint8', b: ['Uint16', 5], c: 'Uint32' });
  assert.deepEqual([type.byteLength, type.alignment, type.kind], [12, 4, 'union']);
  for (const name of ['a', 'b', 'c']) assert.equal(type.fields[name].byteOffset, 0);
});

test('pack, alignment and byteLength', () => {
  const fields = { a: 'Uint8', b: 'Uint32', c: { d: 'Uint8', e: 'Float64' } };
  const measures = (options) => {
    const { byteLength, alignment, fields: at } = struct(fields, options);
    return [byteLength, alignment, at.b.byteOffset, at.c.byteOffset, at.c.type.fields.e.byteOffset];
  };
  assert.deepEqual(measures({}), [24, 8, 4, 8, 8]);
  assert.deepEqual(measures(undefined), [24, 8, 4, 8, 8]);
  assert.deepEqual(measures({ pack: undefined, alignment: undefined, byteLength: undefined }), [24, 8, 4, 8, 8]);
  assert.deepEqual(measures({ pack: 1 }), [14, 1, 1, 5, 1]);
  assert.deepEqual(measures({ pack: 2 }), [16, 2, 2, 6, 2]);
  assert.deepEqual(measures({ pack: 16 }), [24, 8, 4, 8, 8]);
  assert.deepEqual(measures({ alignment: 64 }), [64, 64, 4, 8, 8]);
  assert.deepEqual(measures({ byteLength: 32 }), [32, 8, 4, 8, 8]);
  assert.deepEqual(measures({ pack: 1, alignment: 4, byteLength: 20 }), [20, 4, 1, 5, 1]);
});

test('pack leaves a struct alone that was made before', () => {
  const Inner = struct({ d: 'Uint8', e: 'Float64' });
  const type = struct({ a: 'Uint8', c: Inner }, { pack: 2 });
  assert.deepEqual([type.fields.c.byteOffset, type.byteLength, type.alignment], [2, 18, 2]);
  assert.equal(type.fields.c.type, Inner);
  assert.equal(Inner.fields.e.byteOffset, 8);
});

test('a type is frozen, plain data, and its fields are descriptors again', () => {
  const type = struct({
    a: ['Uint8', 3],
    b: { c: 'Int16' },
    d: ['Int16', 2, { byteStride: 6 }],
    e: { string: 'utf16', byteLength: 8 },
  });
  assert.deepEqual(type.fields.a.type, ['Uint8', 3]);
  assert.deepEqual(type.fields.d.type, ['Int16', 2, { byteStride: 6 }]);
  assert.deepEqual(type.fields.e.type, { string: 'utf16', byteLength: 8 });
  assert.ok(type.fields.b.type instanceof StructType);
  for (const part of [
    type,
    type.fields,
    type.fields.a,
    type.fields.a.type,
    type.fields.d.type[2],
    type.fields.e.type,
  ]) {
    assert.ok(Object.isFrozen(part));
  }
  assert.throws(() => (type.byteLength = 1), TypeError);
  const again = struct(Object.fromEntries(Object.entries(type.fields).map(([name, field]) => [name, field.type])));
  assert.deepEqual(again.fields, type.fields);
  assert.deepEqual(Object.keys(JSON.parse(JSON.stringify(type))), ['kind', 'byteLength', 'alignment', 'fields']);
});

test('what a descriptor is changed to later does not matter', () => {
  const inner = { a: 'Uint8' };
  const array = ['Uint8', 3];
  const fields = { inner, array };
  const type = struct(fields);
  inner.a = 'Float64';
  array[1] = 1000;
  fields.more = 'Int8';
  assert.equal(type.byteLength, 4);
  assert.deepEqual(Object.keys(type.fields), ['inner', 'array']);
});

test('a descriptor may be used twice, and is one type then', () => {
  const pair = { a: 'Uint8', b: 'Uint16' };
  const { fields, byteLength } = struct({ one: pair, two: pair, three: [pair, 2] });
  assert.equal(byteLength, 16);
  assert.equal(fields.one.type, fields.two.type);
  assert.equal(fields.three.type[0], fields.one.type);
});

test('objects without a prototype, names that C knows not, and fields called string', () => {
  const fields = Object.create(null);
  fields['größe'] = 'Uint8';
  fields['a b'] = 'Uint8';
  fields.string = 'Uint8';
  fields.length = 'Uint8';
  fields.type = 'Uint8';
  fields.then = 'Uint8';
  assert.equal(struct(fields).byteLength, 6);
  assert.equal(struct({ inner: { string: 'Uint8' } }).byteLength, 1);
  assert.equal(struct({ inner: { string: ['Uint8', 2], other: 'Uint8' } }).byteLength, 3);
});

function agrees(node, type, path) {
  assert.deepEqual([type.byteLength, type.alignment], [node.size, node.align], path);
  assert.deepEqual(
    Object.keys(type.fields),
    node.fields.map(([name]) => name),
    path,
  );
  node.fields.forEach(([name, field], i) => {
    const where = `${path}.${name}`;
    const { byteOffset, byteLength, type: inner } = type.fields[name];
    assert.deepEqual([byteOffset, byteLength], [node.offsets[i], field.size], where);
    if (inner instanceof StructType) agrees(field, inner, where);
  });
}

test('random types, against the model', () => {
  const random = makeRandom(20261);
  for (let i = 0; i < 400; i++) {
    const node = layOut(randomStruct(random));
    agrees(node, descriptorOf(node), `type ${i}`);
  }
});
