// Refs to structs and arrays of structs: reading and writing, by property and as a whole.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { ArrayRef, Heap, PointerRef, Ref, StringRef, struct, StructArrayRef, StructRef, union, ValueRef } from 'allot';

import { places, throwsCode } from './support/expect.mjs';
import { makeRandom } from './support/random.mjs';
import { can } from './support/runtime.mjs';
import { bytesWritten, descriptorOf, isWritable, layOut, randomStruct, randomValue } from './support/structs.mjs';

const Point = struct({ x: 'Float64', y: 'Float64' });
const Item = struct({
  id: 'Uint32',
  flags: ['Uint8', 3],
  at: Point,
  name: { string: 'utf8', byteLength: 24 },
  next: 'Pointer32',
  grid: [['Int16', 4], 2],
  inner: { a: 'Uint8', b: 'BigInt64' },
});
const zeros = {
  id: 0,
  flags: [0, 0, 0],
  at: { x: 0, y: 0 },
  name: '',
  next: 0,
  grid: [
    [0, 0, 0, 0],
    [0, 0, 0, 0],
  ],
  inner: { a: 0, b: 0n },
};

for (const image of places) {
  const open = () => Heap.createSync({ initial: 2, image });

  test(`a new struct is zero, or what it was made with (${image})`, () => {
    const heap = open();
    heap.free(heap.malloc(1000));
    assert.deepEqual(heap.alloc(Item).value, zeros);
    const item = heap.alloc(Item, {
      id: 7,
      at: { y: 2 },
      grid: [
        [1, 2, 3, 4],
        [5, 6, 7, 8],
      ],
      name: 'é',
    });
    assert.deepEqual(item.value, {
      ...zeros,
      id: 7,
      at: { x: 0, y: 2 },
      grid: [
        [1, 2, 3, 4],
        [5, 6, 7, 8],
      ],
      name: 'é',
    });
    heap.validate();
  });

  test(`fields are properties (${image})`, () => {
    const heap = open();
    const item = heap.alloc(Item);
    item.id = 4_294_967_295;
    item.at.x = 0.5;
    item.at.y -= 1;
    item.flags.write(1, 255);
    item.name = 'abc';
    item.grid.at(1).write(2, -3);
    item.inner.b = -5n;
    item.inner.a++;
    assert.equal(item.id, 4_294_967_295);
    assert.equal(item.at.x, 0.5);
    assert.equal(item.flags.read(1), 255);
    assert.equal(item.name, 'abc');
    assert.deepEqual(item.value, {
      ...zeros,
      id: 4_294_967_295,
      at: { x: 0.5, y: -1 },
      flags: [0, 255, 0],
      name: 'abc',
      grid: [
        [0, 0, 0, 0],
        [0, 0, -3, 0],
      ],
      inner: { a: 1, b: -5n },
    });
    const at = item.byteOffset;
    assert.equal(heap.readUint32(at + Item.fields.id.byteOffset), 4_294_967_295);
    assert.equal(heap.readFloat64(at + Item.fields.at.byteOffset), 0.5);
  });

  test(`structs and arrays can be assigned to (${image})`, () => {
    const heap = open();
    const item = heap.alloc(Item, { at: { x: 1, y: 2 } });
    item.at = { x: 3 };
    assert.deepEqual(item.at.value, { x: 3, y: 2 });
    item.flags = [1, 2, 3];
    item.flags = new Uint8Array([4, 5, 6]);
    item.flags = new Set([7, 8, 9]);
    assert.deepEqual(item.flags.toArray(), [7, 8, 9]);
    item.flags = new Float32Array([1, 300, -1]);
    assert.deepEqual(item.flags.toArray(), [1, 44, 255]);
    item.grid = [new Int16Array([1, 2, 3, 4]), [5, 6, 7, 8]];
    item.inner = { b: 1n };
    assert.deepEqual(item.inner.value, { a: 0, b: 1n });
    assert.deepEqual(item.grid.value, [
      [1, 2, 3, 4],
      [5, 6, 7, 8],
    ]);
    item.at = heap.alloc(Point, { x: 8, y: 9 });
    assert.deepEqual(item.at.value, { x: 8, y: 9 });
    item.flags = heap.alloc('Uint8', 3) instanceof Ref ? heap.allocArray('Uint8', [3, 2, 1]) : [];
    assert.deepEqual(item.flags.toArray(), [3, 2, 1]);
  });
}

const heap = Heap.createSync({ initial: 2 });

test('parts are refs that are no owners, and the same each time', () => {
  const item = heap.alloc(Item);
  assert.ok(item instanceof StructRef && item instanceof Ref && item.isOwner);
  assert.equal(item.at, item.at);
  for (const [part, type, name] of [
    [item.part('id'), ValueRef, 'id'],
    [item.part('flags'), ArrayRef, 'flags'],
    [item.part('at'), StructRef, 'at'],
    [item.part('name'), StringRef, 'name'],
    [item.part('next'), PointerRef, 'next'],
    [item.part('grid'), StructArrayRef, 'grid'],
    [item.grid.at(1), ArrayRef, undefined],
  ]) {
    assert.ok(part instanceof type, type.name);
    assert.equal(part.isOwner, false);
    assert.equal(part.heap, heap);
    throwsCode(() => part.free(), 'TypeError', 'unsupported_operation');
    part[Symbol.dispose ?? Symbol.for('Symbol.dispose')]();
    assert.equal(part.isFreed, false);
    if (name === undefined) continue;
    assert.equal(item.part(name), part);
    assert.equal(part.byteOffset, item.byteOffset + Item.fields[name].byteOffset);
    const room = part instanceof StringRef ? part.capacity : part.byteLength;
    assert.equal(room, Item.fields[name].byteLength);
  }
  item.free();
});

test('part gives what atomics need', () => {
  const item = heap.alloc(Item, { id: 5 });
  assert.equal(item.part('id').add(3), 5);
  assert.equal(item.id, 8);
  assert.equal(item.inner.part('b').exchange(9n), 0n);
  assert.equal(item.inner.b, 9n);
  item.part('name').clear();
  throwsCode(() => item.part('nothing'), 'TypeError', 'wrong_type', /"nothing"/);
  throwsCode(() => item.part('value'), 'TypeError', 'wrong_type');
  throwsCode(() => item.part(0), 'TypeError', 'wrong_type');
  throwsCode(() => item.part(Symbol('id')), 'TypeError', 'wrong_type');
});

test('a struct is an ArrayBufferView', () => {
  const item = heap.alloc(Item, { id: 0x01020304 });
  assert.equal(item.byteLength, Item.byteLength);
  assert.equal(item.buffer, heap.buffer);
  assert.deepEqual([...item.bytes.subarray(0, 4)], [4, 3, 2, 1]);
  assert.deepEqual([...new Uint8Array(item.at.buffer, item.at.byteOffset, item.at.byteLength)], new Array(16).fill(0));
  item.clear();
  assert.deepEqual(item.value, zeros);
});

test('value is a copy, and takes what it gives', () => {
  const item = heap.alloc(Item, { id: 1, flags: [1, 2, 3] });
  const { value } = item;
  item.id = 2;
  item.flags.write(0, 9);
  assert.deepEqual([value.id, value.flags], [1, [1, 2, 3]]);
  assert.equal(Object.getPrototypeOf(value), Object.prototype);
  item.value = value;
  assert.deepEqual(item.value, value);
  item.value = {};
  assert.deepEqual(item.value, value);
  item.value = Object.assign(Object.create(null), { id: 3 });
  assert.equal(item.id, 3);
  assert.deepEqual(Object.keys(value), Object.keys(Item.fields));
});

test('a ref to the same type is copied whole', () => {
  const [one, two] = [heap.alloc(Item, { id: 1, name: 'one' }), heap.alloc(Item, { id: 2, name: 'two' })];
  one.bytes[3 + 4] = 77; // padding, or nothing's business
  two.value = one;
  assert.deepEqual([...two.bytes], [...one.bytes]);
  one.value = one;
  assert.equal(one.name, 'one');
  const other = Heap.createSync();
  const far = other.alloc(Item, { id: 3 });
  far.value = two;
  assert.equal(far.name, 'one');
  // Overlapping ones too, as memmove.
  const points = heap.allocArray('Float64', [1, 2, 3]);
  const [a, b] = [heap.ref(Point, points.byteOffset), heap.ref(Point, points.byteOffset + 8)];
  b.value = a;
  assert.deepEqual(points.toArray(), [1, 1, 2]);
});

test('what is read from the place that is written to is read first', () => {
  const points = heap.allocArray(Point, [{ x: 1 }, { x: 2 }]);
  points.value = [points.at(1), points.at(0)];
  assert.deepEqual(points.value, [
    { x: 2, y: 0 },
    { x: 1, y: 0 },
  ]);
  points.set([...points].reverse());
  assert.deepEqual(points.value, [
    { x: 1, y: 0 },
    { x: 2, y: 0 },
  ]);
  const rows = heap.allocArray(
    ['Int16', 2],
    [
      [1, 2],
      [3, 4],
    ],
  );
  rows.value = [rows.at(1).view, rows.at(0).view];
  assert.deepEqual(rows.value, [
    [3, 4],
    [1, 2],
  ]);
  rows.value = [rows.at(1), rows.at(0)];
  assert.deepEqual(rows.value, [
    [1, 2],
    [3, 4],
  ]);
});

test('all structs of a type are of one class, and those of another of another', () => {
  const [one, two] = [heap.alloc(Point), heap.allocArray(Point, 1).at(0)];
  assert.equal(one.constructor, two.constructor);
  assert.notEqual(one.constructor, heap.alloc(struct({ x: 'Float64', y: 'Float64' })).constructor);
  assert.equal(one.constructor.name, 'StructRef');
  assert.deepEqual(Object.keys(Object.getPrototypeOf(one)), ['x', 'y']);
});

test('text in a struct', () => {
  const type = struct({ before: 'Uint8', name: { string: 'utf8', byteLength: 4 }, after: 'Uint8' });
  const ref = heap.alloc(type, { before: 255, after: 255 });
  for (const [text, bytes] of [
    ['abcd', [97, 98, 99, 100]],
    ['ab', [97, 98, 0, 0]],
    ['é', [0xc3, 0xa9, 0, 0]],
    ['', [0, 0, 0, 0]],
    ['😀', [0xf0, 0x9f, 0x98, 0x80]],
  ]) {
    ref.name = text;
    assert.equal(ref.name, text);
    assert.deepEqual([...ref.bytes], [255, ...bytes, 255], text);
  }
  for (const text of ['abcde', 'ab€', '😀a']) {
    throwsCode(() => (ref.name = text), 'RangeError', 'string_too_long');
    throwsCode(() => (ref.value = { before: 1, name: text }), 'RangeError', 'string_too_long', /name/);
    assert.equal(ref.name, '😀');
    assert.equal(ref.before, 255);
  }
  throwsCode(() => (ref.name = 'a\0b'), 'TypeError', 'malformed_text', /name/);
  throwsCode(() => (ref.name = 5), 'TypeError', 'wrong_type', /name/);
  throwsCode(() => (ref.name = undefined), 'TypeError', 'wrong_type', /name/);
});

test('all encodings', () => {
  for (const [string, text] of [
    ['ascii', 'abc'],
    ['latin1', 'éÿa'],
    ['utf8', 'é€😀'],
    ['utf16', 'é€😀'],
    ['utf32', 'é😀'],
  ]) {
    // Not aligned, too.
    for (const pack of [1, 16]) {
      const type = struct({ before: 'Uint8', names: [{ string, byteLength: 12 }, 2] }, { pack });
      const ref = heap.alloc(type, { names: [text, ''] });
      assert.deepEqual(ref.value, { before: 0, names: [text, ''] }, string);
      ref.names.write(1, text);
      assert.equal(ref.names.read(1), text, string);
      assert.equal(ref.names.at(1).capacity, 12);
      assert.equal(ref.names.at(1).value, text, string);
    }
  }
});

test('a part that there is not', () => {
  const ref = heap.alloc(Point);
  for (const name of ['z', '', undefined, null, 1, 1n, {}, Object.create(null), Symbol('x'), ['x']]) {
    throwsCode(() => ref.part(name), 'TypeError', 'wrong_type', /field/);
  }
});

test('pointers take refs', () => {
  const type = struct({ p32: 'Pointer32', p53: 'Pointer53', p64: 'Pointer64', all: ['Pointer32', 2] });
  const [ref, target] = [heap.alloc(type), heap.alloc(Point)];
  ref.p32 = target;
  ref.p53 = target;
  ref.p64 = target;
  const at = target.byteOffset;
  assert.deepEqual(ref.value, { p32: at, p53: at, p64: BigInt(at), all: [0, 0] });
  ref.value = { p32: 0, p53: 2 ** 53 - 1, p64: 2n ** 64n - 1n, all: [target, target.part('y')] };
  assert.deepEqual(ref.value, { p32: 0, p53: 2 ** 53 - 1, p64: 2n ** 64n - 1n, all: [at, at + 8] });
  ref.p64 = 3n;
  assert.equal(ref.p64, 3n);
  for (const wrong of [2n ** 64n, -(2n ** 63n) - 1n]) {
    throwsCode(() => (ref.p64 = wrong), 'RangeError', 'invalid_number', /p64/);
    throwsCode(() => (ref.value = { p32: 0, p64: wrong }), 'RangeError', 'invalid_number', /p64/);
  }
  assert.deepEqual([ref.p32, ref.p64], [0, 3n]);
  assert.equal(ref.part('p32').target(Point), undefined);
  ref.p32 = target;
  ref.part('p32').target(Point).y = 4;
  assert.equal(target.y, 4);
});

test('a pointer to another heap, or to what is gone, is refused', () => {
  const type = struct({ id: 'Uint8', next: 'Pointer32', all: ['Pointer32', 2] });
  const [ref, target] = [heap.alloc(type, { id: 1 }), heap.alloc(Point)];
  const foreign = Heap.createSync().alloc(Point);
  for (const set of [
    () => (ref.next = foreign),
    () => (ref.value = { id: 2, next: foreign }),
    () => (ref.all = [target, foreign]),
    () => heap.alloc(type, { next: foreign }),
  ]) {
    throwsCode(set, 'HeapError', 'another_heap');
  }
  target.free();
  throwsCode(() => (ref.next = target), 'HeapError', 'freed_ref');
  throwsCode(() => (ref.value = { id: 2, next: target }), 'HeapError', 'freed_ref');
  assert.deepEqual(ref.value, { id: 1, next: 0, all: [0, 0] });
  // Numbers are no pointers to anything but in pointer fields.
  throwsCode(() => (ref.id = heap.alloc(Point)), 'TypeError', 'wrong_type');
});

test('unions', () => {
  const Bits = union({ float: 'Float32', word: 'Uint32', octets: ['Uint8', 4] });
  const Tagged = struct({ tag: 'Uint8', bits: Bits, each: [Bits, 2] });
  const bits = heap.alloc(Bits, { float: 1.5 });
  assert.equal(bits.word, 0x3fc00000);
  assert.deepEqual(bits.value, { float: 1.5, word: 0x3fc00000, octets: [0, 0, 0xc0, 0x3f] });
  bits.octets.write(3, 0xbf);
  assert.equal(bits.float, -1.5);
  const tagged = heap.alloc(Tagged, { tag: 1, bits: { word: 5 }, each: [bits, { float: 1 }] });
  assert.equal(tagged.bits.word, 5);
  assert.equal(tagged.each.at(0).float, -1.5);
  throwsCode(() => (bits.value = { float: 1, word: 1 }), 'TypeError', 'wrong_type', /union/);
  throwsCode(
    () => (tagged.value = { tag: 2, bits: { float: 1, word: 1 } }),
    'TypeError',
    'wrong_type',
    /value\.bits is a union/,
  );
  assert.equal(tagged.tag, 1);
  // What cannot be read as one field is left out, rather than that nothing can be read.
  const Address = union({ float: 'Float64', address: 'Pointer53' });
  const address = heap.alloc(struct({ tag: 'Uint8', it: Address }), { it: { float: 1.5 } });
  assert.deepEqual(address.value, { tag: 0, it: { float: 1.5 } });
  throwsCode(() => address.it.address, 'RangeError', 'unsafe_pointer');
  address.it.address = 5;
  assert.equal(address.value.it.address, 5);
  const plain = heap.alloc(struct({ address: 'Pointer53' }));
  plain.bytes.fill(255);
  throwsCode(() => plain.value, 'RangeError', 'unsafe_pointer');
});

test('arrays of structs', () => {
  const points = heap.allocArray(Point, 100);
  assert.ok(points instanceof StructArrayRef);
  assert.deepEqual([points.length, points.byteStride, points.byteLength, points.isOwner], [100, 16, 1600, true]);
  points.at(3).x = 0.5;
  points.write(4, { y: 2 }).write(5, points.at(3));
  assert.deepEqual(
    [points.read(3), points.read(4), points.read(5)],
    [
      { x: 0.5, y: 0 },
      { x: 0, y: 2 },
      { x: 0.5, y: 0 },
    ],
  );
  for (const point of points) point.y += 1;
  assert.deepEqual(
    [...points].slice(3, 5).map((point) => point.value),
    [
      { x: 0.5, y: 1 },
      { x: 0, y: 3 },
    ],
  );
  points.set([{ x: 1 }, { x: 2 }], 98);
  points.set(new Set([{ x: 7 }]));
  points.set([], 100);
  assert.deepEqual(
    [points.read(98), points.read(99), points.read(0)],
    [
      { x: 1, y: 1 },
      { x: 2, y: 1 },
      { x: 7, y: 1 },
    ],
  );
  assert.equal(points.at(1).byteOffset, points.byteOffset + 16);
  points.free();
  assert.ok(points.isFreed);
});

test('arrays from values, of no length, of arrays and of text', () => {
  assert.deepEqual(heap.allocArray(Point, [{ x: 1 }, { y: 2 }]).value, [
    { x: 1, y: 0 },
    { x: 0, y: 2 },
  ]);
  const none = heap.allocArray(Point, 0);
  assert.deepEqual([none.length, none.value, [...none]], [0, [], []]);
  none.value = [];
  throwsCode(() => none.at(0), 'RangeError', 'index_out_of_range');
  const rows = heap.allocArray(['Int16', 3], 2);
  rows.at(1).set([1, 2, 3]);
  rows.write(0, [4, 5, 6]);
  assert.deepEqual(rows.value, [
    [4, 5, 6],
    [1, 2, 3],
  ]);
  rows.value = [
    [1, 1, 1],
    [2, 2, 2],
  ];
  assert.deepEqual(rows.read(1), [2, 2, 2]);
  const names = heap.allocArray({ string: 'utf8', byteLength: 4 }, ['a', 'bcde']);
  assert.deepEqual(names.value, ['a', 'bcde']);
  const pairs = heap.allocArray({ a: 'Int8', b: 'Int8' }, [{ a: 1, b: 2 }]);
  assert.equal(pairs.at(0).b, 2);
});

test('an element size of one’s own', () => {
  const points = heap.allocArray(Point, 3, { byteStride: 20 });
  assert.deepEqual([points.byteStride, points.byteLength], [20, 60]);
  points.bytes.fill(255);
  points.value = [
    { x: 1, y: 2 },
    { x: 3, y: 4 },
    { x: 5, y: 6 },
  ];
  assert.equal(points.at(2).byteOffset, points.byteOffset + 40);
  assert.deepEqual(points.read(2), { x: 5, y: 6 });
  assert.deepEqual([...points.bytes.subarray(16, 20)], [255, 255, 255, 255], 'what lies between is nobody’s');
  const type = struct({ samples: ['Int16', 3, { byteStride: 6 }], end: 'Uint8' });
  const ref = heap.alloc(type, { samples: [1, 2, 3] });
  assert.deepEqual([...ref.bytes], [1, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0]);
  assert.deepEqual(ref.value, { samples: [1, 2, 3], end: 0 });
  ref.samples.write(1, -1);
  assert.equal(ref.samples.read(1), -1);
  throwsCode(() => heap.allocArray(Point, 3, { byteStride: 15 }), 'TypeError', 'invalid_option', /15/);
});

test('refs to what is there already', () => {
  const at = heap.malloc(200);
  const item = heap.ref(Item, at);
  item.clear();
  item.id = 5;
  assert.equal(heap.ref(Item, at).id, 5);
  const points = heap.ref(Point, at, 2);
  points.at(1).x = 1;
  assert.equal(heap.readFloat64(at + 16), 1);
  // Any address will do, as for plain reads.
  const odd = heap.ref(Point, at + 3);
  odd.x = 0.25;
  assert.equal(odd.x, 0.25);
  item.free();
});

test('alignment beyond the heap’s own', () => {
  const type = struct({ a: 'Uint8' }, { alignment: 256 });
  for (let i = 0; i < 5; i++) {
    assert.equal(heap.alloc(type).byteOffset % 256, 0);
    heap.malloc(16);
  }
  const wide = heap.allocArray(type, 3);
  for (const ref of wide) assert.equal(ref.byteOffset % 256, 0);
});

test('nothing goes stale when the memory grows', () => {
  const heap = Heap.createSync({ initial: 2 });
  const item = heap.alloc(Item, { id: 1, name: 'abc' });
  const points = heap.allocArray(Point, [{ x: 1 }]);
  const { at, flags, grid } = item;
  const [part, point] = [item.part('id'), points.at(0)];
  const { buffer } = item;
  heap.memory.grow(3);
  assert.notEqual(item.buffer, buffer);
  item.name += 'd';
  item.value = { at: { x: 2 } };
  assert.deepEqual([item.id, item.name, at.x, flags.read(0), grid.at(0).read(0)], [1, 'abcd', 2, 0, 0]);
  heap.memory.grow(1);
  assert.deepEqual([part.value, point.x, points.read(0)], [1, 1, { x: 1, y: 0 }]);
  heap.memory.grow(1);
  assert.equal(item.value.name, 'abcd');
  heap.memory.grow(1);
  assert.equal(item.bytes.length, Item.byteLength);
});

if (can.shared) {
  test('structs on shared memory, which others grow', () => {
    const heap = Heap.createSync({ shared: true, initial: 2, maximum: 20 });
    const item = heap.alloc(Item, { id: 1, name: 'é', flags: [1, 2, 3] });
    heap.memory.grow(3);
    item.value = { name: 'abc', at: { x: 2 } };
    assert.deepEqual(item.value, { ...zeros, id: 1, name: 'abc', flags: [1, 2, 3], at: { x: 2, y: 0 } });
    assert.equal(item.part('id').add(1), 1);
    const copy = heap.alloc(Item, item);
    assert.deepEqual(copy.value, item.value);
    // Beyond the end that the memory had.
    const far = heap.allocArray(Item, 4000);
    far.at(3999).name = 'far';
    assert.equal(far.read(3999).name, 'far');
  });
}

test('halves: where the engine has them', () => {
  const type = struct({ id: 'Uint8', half: 'Float16', halves: ['Float16', 2] });
  assert.deepEqual([type.byteLength, type.fields.half.byteOffset], [8, 2]);
  if (can.float16) {
    const ref = heap.alloc(type, { half: 1.5, halves: [0.25, -2] });
    assert.deepEqual(ref.value, { id: 0, half: 1.5, halves: [0.25, -2] });
    return;
  }
  const ref = heap.alloc(type, { id: 1 });
  for (const use of [
    () => ref.half,
    () => (ref.half = 1),
    () => ref.value,
    () => (ref.value = { id: 2, half: 1 }),
    () => (ref.value = { id: 2, halves: [1, 2] }),
    () => heap.alloc(type, { half: 1 }),
  ]) {
    throwsCode(use, 'TypeError', 'unsupported_element');
  }
  assert.equal(ref.id, 1);
});

test('every use of a freed struct throws', () => {
  for (const free of [(item) => item.free(), (item) => heap.free(item.byteOffset), (item) => heap.free(item)]) {
    const item = heap.alloc(Item);
    const { at, grid, inner } = item;
    const part = item.part('id');
    const row = grid.at(0);
    free(item);
    assert.ok(item.isFreed && at.isFreed && part.isFreed && row.isFreed);
    for (const use of [
      () => item.id,
      () => (item.id = 1),
      () => (item.id = 'x'),
      () => item.at,
      () => (item.at = { x: 1 }),
      () => (item.at = 'x'),
      () => item.name,
      () => (item.name = 'a'),
      () => item.flags,
      () => (item.next = 0),
      () => item.value,
      () => (item.value = {}),
      () => item.part('id'),
      () => item.bytes,
      () => item.buffer,
      () => item.byteOffset,
      () => item.clear(),
      () => item.free(),
      () => at.x,
      () => (at.x = 1),
      () => at.value,
      () => grid.at(0),
      () => grid.read(0),
      () => grid.write(0, [1, 2, 3, 4]),
      () => grid.set([]),
      () => grid.value,
      () => (grid.value = []),
      () => [...grid],
      () => inner.b,
      () => part.value,
      () => row.read(0),
    ]) {
      throwsCode(use, 'HeapError', 'freed_ref');
    }
    item[Symbol.dispose ?? Symbol.for('Symbol.dispose')]();
  }
});

test('random types and values, byte for byte against the model', () => {
  const random = makeRandom(712);
  const heap = Heap.createSync({ initial: 4 });
  let tried = 0;
  for (let i = 0; i < 300; i++) {
    const node = layOut(randomStruct(random));
    if (!isWritable(node)) continue;
    tried++;
    const [type, value] = [descriptorOf(node), randomValue(random, node)];
    const address = heap.malloc(node.size + 2);
    const around = heap.bytes(address, node.size + 2);
    around.fill(0xa5);
    const expected = [...around];
    // At an odd address as well as at an even one.
    const shift = random.below(2);
    for (const [at, byte] of bytesWritten(node, value)) expected[at + shift] = byte;
    const ref = heap.ref(type, address + shift);
    ref.value = value;
    assert.deepEqual([...heap.bytes(address, node.size + 2)], expected, `type ${i}`);
    agrees(ref.value, value, `type ${i}`);
    for (const [name] of node.fields) if (name in value) agrees(valueOf(ref[name]), value[name], `type ${i}.${name}`);
    // Field by field it comes to the same.
    const again = heap.ref(type, heap.calloc(node.size));
    for (const [name] of node.fields) if (name in value) again[name] = value[name];
    again.value = ref;
    assert.deepEqual([...again.bytes], expected.slice(shift, shift + node.size));
    heap.free(address);
    again.free();
  }
  assert.ok(tried > 100);
  heap.validate();
});

const valueOf = (field) => (field instanceof ArrayRef ? field.toArray() : field instanceof Ref ? field.value : field);

/** A union gives back more fields than were written. */
function agrees(actual, expected, path) {
  if (typeof expected !== 'object') return assert.equal(actual, expected, path);
  if (Array.isArray(expected)) assert.equal(actual.length, expected.length, path);
  for (const name of Object.keys(expected)) agrees(actual[name], expected[name], `${path}.${name}`);
}
