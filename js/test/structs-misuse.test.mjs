// Descriptions that cannot be laid out, values that will not do, and callers that change things meanwhile: a
// clear error each, and nothing changed.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Heap, struct, StructType, union } from 'allot';

import { changesNothing, throwsCode } from './support/expect.mjs';
import { makeRandom } from './support/random.mjs';
import { descriptorOf, isWritable, layOut, randomStruct, randomValue } from './support/structs.mjs';

const Point = struct({ x: 'Float64', y: 'Float64' });
const Item = struct({
  id: 'Uint32',
  flags: ['Uint8', 3],
  at: Point,
  name: { string: 'utf8', byteLength: 8 },
  next: 'Pointer32',
  far: 'Pointer53',
  fars: ['Pointer53', 2],
  big: 'BigInt64',
  grid: [['Int16', 4], 2],
  points: [Point, 2],
  bits: union({ i: 'Int32', f: 'Float32' }),
});
const heap = Heap.createSync({ initial: 4 });

/** A description wherever one can stand: in a struct, in a union, in an array, deeper, and for the heap. */
function refusesType(descriptor, message, code = 'invalid_layout', className = 'TypeError') {
  throwsCode(() => struct({ good: 'Int8', bad: descriptor }), className, code, message);
  throwsCode(() => union({ bad: descriptor }), className, code, message);
  throwsCode(() => struct({ outer: { bad: [descriptor, 2] } }), className, code, message);
  const error = throwsCode(() => struct({ outer: { bad: [[descriptor, 2], 3] } }), className, code, message);
  assert.match(error.message, /outer\.bad\[\]\[\]/, 'the message names the field');
  if (typeof descriptor === 'function') return; // the constructor of a typed array is a type for the heap
  changesNothing(heap, () => heap.alloc(descriptor), className, code, message);
  changesNothing(heap, () => heap.allocArray(descriptor, 2), className, code, message);
  changesNothing(heap, () => heap.ref(descriptor, 64), className, code, message);
}

test('a field that there is not cannot be assigned to', () => {
  const heap = Heap.createSync();
  const point = heap.alloc(struct({ x: 'Int32', y: 'Int32' }), { x: 1 });
  assert.throws(() => { point.z = 5; }, TypeError);
  assert.equal('z' in point, false);
  point.y = 2;
  assert.deepEqual(point.value, { x: 1, y: 2 });
});

test('what is no type', () => {
  for (const bad of [undefined, null, 5, 5n, true, Symbol('Int8')]) refusesType(bad, /no type/);
  for (const bad of ['', 'int', 'Int', 'int8', 'Int8Array', 'toString', '__proto__', 'constructor', 'x'.repeat(1000)]) {
    refusesType(bad, /no element type; they are Int8 Uint8/);
  }
  for (const bad of [() => 'Int8', Int8Array, StructType]) refusesType(bad, /a function is no type/);
  for (const bad of [
    new Map(),
    new Date(),
    /x/,
    new Int8Array(3),
    new (class Point {})(),
    Object.create({ a: 'Int8' }),
  ]) {
    refusesType(bad, /no plain object/);
  }
  refusesType(Object.create(StructType.prototype), /no plain object/);
  refusesType(Object.create(Point), /no plain object/);
  refusesType(heap.alloc(Point), /no plain object/);
});

test('arrays that are none', () => {
  for (const bad of [[], ['Int8'], [3], ['Int8', 3, {}, 4]]) refusesType(bad, /\[type, count\]/);
  for (const count of [-1, 0, 1.5, NaN, Infinity, -Infinity, '3', 3n, null, undefined, [3], {}, -0]) {
    refusesType(['Int8', count], /count is .*not a whole number from 1 up/);
  }
  for (const options of [undefined, null, 5, [], new Map(), 'Int8']) {
    refusesType(['Int8', 3, options], /options of an array/);
  }
  for (const options of [{}, { stride: 5 }, { byteStride: 4, more: 1 }, { byteLength: 4 }]) {
    refusesType(['Int8', 3, options], /the one option of an array is byteStride/);
  }
  for (const byteStride of [-1, 0, 1.5, NaN, '3', 3n, null, undefined]) {
    refusesType(['Int8', 3, { byteStride }], /byteStride is/);
  }
  refusesType(['Int32', 3, { byteStride: 3 }], /byteStride is 3, and an element has 4/);
  refusesType([Point, 3, { byteStride: 15 }], /byteStride is 15, and an element has 16/);
});

test('texts that are none', () => {
  for (const byteLength of [-1, 0, 1.5, NaN, '3', 3n, null, undefined]) {
    refusesType({ string: 'utf8', byteLength }, /byteLength is/);
  }
  refusesType({ string: 'utf8' }, /byteLength is undefined/);
  refusesType({ string: 'utf16', byteLength: 7 }, /byteLength is 7, no multiple of 2/);
  refusesType({ string: 'utf32', byteLength: 6 }, /byteLength is 6, no multiple of 4/);
  refusesType({ string: 'utf8', byteLength: 8, length: 8 }, /no option "length"/);
  for (const string of ['utf9', 'UTF8', '', 'toString']) {
    refusesType({ string, byteLength: 8 }, /encoding is/, 'unsupported_encoding', 'RangeError');
  }
});

test('fields that are none', () => {
  refusesType({}, /at least one field/);
  refusesType({ '': 'Int8' }, /empty name/);
  for (const name of ['0', '7', '10', '007', '4294967295', '99999999999999999999']) {
    refusesType({ [name]: 'Int8' }, /integers/);
  }
  refusesType({ [Symbol('x')]: 'Int8' }, /symbol/);
  refusesType({ a: 'Int8', [Symbol.iterator]: 'Int8' }, /symbol/);
  for (const bad of [undefined, null, 5, 'Int8', Symbol('x'), () => 1]) {
    throwsCode(() => struct(bad), 'TypeError', 'invalid_layout', /fields are/);
    throwsCode(() => union(bad), 'TypeError', 'invalid_layout', /fields are/);
  }
  for (const bad of [[], ['Int8', 3], new Map(), Point, Int8Array.of(1)]) {
    throwsCode(() => struct(bad), 'TypeError', 'invalid_layout');
  }
  throwsCode(() => struct(), 'TypeError', 'invalid_layout');
});

test('names that every ref has', () => {
  const { value: _, ...rest } = Object.getOwnPropertyDescriptors(
    Object.getPrototypeOf(Object.getPrototypeOf(heap.alloc(Point))),
  );
  const names = new Set([
    'value',
    ...Object.keys(rest),
    ...Object.keys(heap.alloc(Point)).filter((name) => name !== 'x' && name !== 'y'),
  ]);
  for (const name of [
    'heap',
    'byteOffset',
    'byteLength',
    'buffer',
    'bytes',
    'isFreed',
    'isOwner',
    'clear',
    'free',
    'part',
  ])
    names.add(name);
  for (const name of ['toString', 'valueOf', 'hasOwnProperty', 'constructor', '__proto__', '__defineGetter__']) {
    names.add(name);
  }
  for (const name of names) {
    refusesType(
      { a: 'Int8', [name]: 'Int8' },
      new RegExp(`${name}.*every struct ref has a member "${name}"; names need not be those in C`),
    );
  }
  // Names that C programs are full of stay free.
  for (const name of [
    'address',
    'life',
    'length',
    'type',
    'size',
    'name',
    'data',
    'next',
    'fields',
    'x',
    'then',
    'toJSON',
  ]) {
    assert.equal(heap.alloc(struct({ [name]: 'Int8' }), { [name]: 3 })[name], 3);
  }
});

test('every member of a ref is a name that no field can have, but for toJSON', () => {
  const ref = heap.alloc(Point);
  for (let object = ref; object !== null; object = Object.getPrototypeOf(object)) {
    for (const name of Reflect.ownKeys(object)) {
      if (typeof name === 'symbol' || name in Point.fields || name === 'toJSON') continue;
      throwsCode(() => struct({ [name]: 'Int8' }), 'TypeError', 'invalid_layout', /every struct ref/);
    }
  }
});

test('options', () => {
  const fields = { a: 'Int8', b: 'Int32' };
  for (const make of [struct, union]) {
    for (const pack of [0, 3, -1, 32, NaN, '1', 1n, null, true]) {
      throwsCode(() => make(fields, { pack }), 'TypeError', 'invalid_option', /pack is/);
    }
    for (const alignment of [0, 3, -2, 1.5, NaN, Infinity, 2 ** 32, '8', 8n, null]) {
      throwsCode(() => make(fields, { alignment }), 'TypeError', 'invalid_option', /alignment is/);
    }
    for (const byteLength of [0, -8, 8.5, NaN, Infinity, '8', 8n, null]) {
      throwsCode(() => make(fields, { byteLength }), 'TypeError', 'invalid_option', /byteLength is/);
    }
    for (const options of [{ align: 4 }, { pack: 1, size: 8 }, { [Symbol('pack')]: 1 }]) {
      throwsCode(() => make(fields, options), 'TypeError', 'invalid_option', /no option/);
    }
    for (const options of [null, 5, 'pack', [1], new Map(), () => 1]) {
      throwsCode(() => make(fields, options), 'TypeError', 'wrong_type', /options/);
    }
    throwsCode(
      () => make(fields, { alignment: 2 }),
      'TypeError',
      'invalid_layout',
      /alignment is 2; its fields want 4/,
    );
  }
  throwsCode(
    () => struct(fields, { byteLength: 7 }),
    'TypeError',
    'invalid_layout',
    /byteLength is 7; its fields take 8/,
  );
  throwsCode(
    () => struct(fields, { byteLength: 10 }),
    'TypeError',
    'invalid_layout',
    /no multiple of the alignment, 4/,
  );
  assert.equal(struct(fields, { byteLength: 7, pack: 1 }).byteLength, 7);
});

test('absurd sizes', () => {
  refusesType(['Int8', 2 ** 32 + 1], /more than a memory has/);
  refusesType(['Int32', Number.MAX_SAFE_INTEGER], /more than a memory has/);
  refusesType(['Int32', Number.MAX_VALUE], /more than a memory has/);
  refusesType(['Int32', 2, { byteStride: 2 ** 53 }], /more than a memory has/);
  refusesType([[['Int32', 2 ** 15], 2 ** 15], 2 ** 15], /more than a memory has/);
  refusesType({ a: ['Int8', 2 ** 31], b: ['Int8', 2 ** 31], c: 'Int8' }, /more than a memory has/);
  refusesType({ string: 'utf8', byteLength: 2 ** 33 }, /more than a memory has/);
  throwsCode(
    () => struct({ a: 'Int8' }, { byteLength: 2 ** 33 }),
    'TypeError',
    'invalid_layout',
    /more than a memory has/,
  );
  assert.equal(struct({ a: ['Int8', 2 ** 32 - 1] }).byteLength, 2 ** 32 - 1);
  changesNothing(heap, () => heap.allocArray(Point, 2 ** 32), 'RangeError', 'size_too_large');
  changesNothing(heap, () => heap.allocArray(Point, 2 ** 31), 'RangeError', 'size_too_large');
});

test('types that contain themselves, and depths', () => {
  const object = { a: 'Int8' };
  object.self = object;
  throwsCode(() => struct(object), 'TypeError', 'invalid_layout', /self: the type contains itself/);
  const array = ['Int8', 2];
  array[0] = array;
  throwsCode(() => struct({ array }), 'TypeError', 'invalid_layout', /contains itself/);
  const [one, two] = [{}, {}];
  Object.assign(one, { two: [two, 2] });
  Object.assign(two, { one });
  refusesType(one, /contains itself/);
  // A proxy that is new each time: no cycle to be seen, and no end.
  const endless = () =>
    new Proxy(
      {},
      {
        ownKeys: () => ['a'],
        getOwnPropertyDescriptor: () => ({ configurable: true, enumerable: true, value: 1 }),
        get: endless,
      },
    );
  refusesType(endless(), /more than 64 types/);

  let deep = 'Int8';
  for (let i = 0; i < 100_000; i++) deep = [deep, 1];
  throwsCode(() => struct({ deep }), 'TypeError', 'invalid_layout', /more than 64 types/);
  let type = Point;
  throwsCode(
    () => {
      for (let i = 0; i < 100; i++) type = struct({ type });
    },
    'TypeError',
    'invalid_layout',
    /more than 64 types/,
  );
  heap.alloc(type, heap.alloc(type).value);

  // The same object many times over is read once, or this would not end.
  let wide = { a: 'Int8', b: 'Int8' };
  for (let i = 0; i < 25; i++) wide = { a: wide, b: wide };
  assert.equal(struct(wide).byteLength, 2 ** 26);
});

test('a description is read once, whatever it answers later', () => {
  let reads = 0;
  const once = (value, other) => ({
    enumerable: true,
    get() {
      reads++;
      return reads === 1 ? value : other;
    },
  });
  const count = (make) => {
    reads = 0;
    const type = make();
    assert.equal(reads, 1);
    return type;
  };
  assert.equal(count(() => struct(Object.defineProperty({}, 'a', once('Int8', 'Float64')))).byteLength, 1);
  assert.equal(count(() => struct({ a: Object.defineProperty(['Int8', 3], '1', once(3, -1)) })).byteLength, 3);
  assert.equal(
    count(() => struct({ a: Object.defineProperty(['Int8', 3], '0', once('Int8', 'Float64')) })).byteLength,
    3,
  );
  const text = Object.defineProperty({ byteLength: 4 }, 'string', once('utf8', 'utf16'));
  assert.deepEqual(count(() => struct({ a: text })).fields.a.type, { string: 'utf8', byteLength: 4 });
  const stride = Object.defineProperty({}, 'byteStride', once(8, 1));
  assert.equal(count(() => struct({ a: ['Int32', 2, stride] })).byteLength, 16);
  for (const [name, value] of [
    ['pack', 1],
    ['alignment', 8],
    ['byteLength', 8],
  ]) {
    count(() => struct({ a: 'Int8' }, Object.defineProperty({}, name, once(value, -1))));
  }
  const failure = new Error('from the getter');
  const failing = {
    get a() {
      throw failure;
    },
  };
  assert.throws(
    () => struct(failing),
    (error) => error === failure,
  );
  assert.throws(
    () => heap.alloc(failing),
    (error) => error === failure,
  );
});

// ── Values ──────────────────────────────────────────────────────────────────────────────────────────

/** An item, with something in each field, and a neighbour on either side. */
function filled() {
  const item = heap.alloc(Item, {
    id: 1,
    flags: [1, 2, 3],
    at: { x: 1, y: 2 },
    name: 'before',
    next: 4,
    far: 5,
    big: 6n,
    grid: [
      [1, 2, 3, 4],
      [5, 6, 7, 8],
    ],
    points: [{ x: 1 }, { y: 2 }],
    bits: { f: 1.5 },
  });
  return item;
}

/** Expects an error, and the whole memory to be as before. */
function leavesBytes(action, className, code, message) {
  const before = heap.bytes(0, heap.buffer.byteLength).slice();
  throwsCode(action, className, code, message);
  const now = heap.bytes(0, heap.buffer.byteLength);
  assert.equal(now.length, before.length);
  const changed = now.findIndex((byte, i) => byte !== before[i]);
  assert.equal(changed, -1, `the byte at ${changed} has changed`);
}

test('a value that will not do: nothing of it is written', () => {
  const item = filled();
  const wrong = [
    ['id', ['1', 1n, null, undefined, {}, true, Symbol('1')], 'TypeError', 'wrong_type', /id must be a number/],
    ['big', [1, '1', null, undefined, {}], 'TypeError', 'wrong_type', /big must be a bigint/],
    ['next', ['1', 1n, null, {}], 'TypeError', 'wrong_type', /next must be a number or a ref/],
    ['next', [-1, 1.5, NaN, 2 ** 32], 'RangeError', 'invalid_number', /next is/],
    ['far', [-1, 1.5, NaN, 2 ** 53], 'RangeError', 'invalid_number', /far is/],
    ['name', [1, null, undefined, ['a']], 'TypeError', 'wrong_type', /name must be a string/],
    ['name', ['123456789', 'ééééé'], 'RangeError', 'string_too_long', /name/],
    ['name', ['\0', 'a\0b'], 'TypeError', 'malformed_text', /name/],
    ['flags', [1, null, undefined, 'abc', {}], 'TypeError', 'wrong_type', /flags must be 3 values/],
    [
      'flags',
      [[], [1, 2], [1, 2, 3, 4], new Uint8Array(2), new Uint8Array(4), new Set([1])],
      'TypeError',
      'wrong_type',
      /flags must be 3 values, not/,
    ],
    ['flags', [[1, 2, '3']], 'TypeError', 'wrong_type', /flags\[2\] must be a number/],
    ['flags', [[, 1, 2]], 'TypeError', 'wrong_type', /flags\[0\] must be a number/],
    ['fars', [new BigUint64Array(2), [1, 2n]], 'TypeError', 'wrong_type', /fars\[[01]\] must be a number/],
    ['fars', [[1, -2], new Float64Array([1, 2 ** 53])], 'RangeError', 'invalid_number', /fars\[1\] is/],
    ['flags', [new BigInt64Array(3)], 'TypeError', 'wrong_type', /flags\[0\] must be a number/],
    [
      'at',
      [1, null, undefined, 'x', [], new Map(), new (class {})(), () => 1],
      'TypeError',
      'wrong_type',
      /at must be a plain object/,
    ],
    [
      'at',
      [{ z: 1 }, { x: 1, z: 2 }, { x: 1, 0: 1 }, { x: 1, constructor: 1 }],
      'TypeError',
      'wrong_type',
      /at has no field/,
    ],
    ['at', [{ x: 1, [Symbol('y')]: 1 }], 'TypeError', 'wrong_type', /at has no field Symbol\(y\)/],
    ['at', [{ x: 1, y: '2' }], 'TypeError', 'wrong_type', /at\.y must be a number/],
    ['at', [{ x: 1, y: undefined }], 'TypeError', 'wrong_type', /at\.y must be a number/],
    [
      'at',
      [heap.alloc(struct({ x: 'Float64', y: 'Float64' }))],
      'TypeError',
      'wrong_type',
      /at must be a ref to the same type/,
    ],
    [
      'grid',
      [
        [[1, 2, 3, 4]],
        [
          [1, 2, 3, 4],
          [5, 6, 7],
        ],
        [1, 2],
      ],
      'TypeError',
      'wrong_type',
      /grid/,
    ],
    [
      'grid',
      [
        [
          [1, 2, 3, 4],
          [5, 6, 7, 8n],
        ],
      ],
      'TypeError',
      'wrong_type',
      /grid\[1\]\[3\] must be a number/,
    ],
    ['points', [[{ x: 1 }, { z: 1 }]], 'TypeError', 'wrong_type', /points\[1\] has no field "z"/],
    [
      'bits',
      [
        { i: 1, f: 1 },
        { i: 1, f: 'x' },
      ],
      'TypeError',
      'wrong_type',
      /bits is a union/,
    ],
  ];
  for (const [name, values, className, code, message] of wrong) {
    for (const value of values) {
      leavesBytes(() => (item[name] = value), className, code, message);
      // As the last of many that are good.
      const { [name]: _, ...good } = {
        id: 9,
        flags: [9, 9, 9],
        at: { x: 9 },
        grid: [
          [9, 9, 9, 9],
          [9, 9, 9, 9],
        ],
      };
      leavesBytes(() => (item.value = { ...good, [name]: value }), className, code, message);
      changesNothing(heap, () => heap.alloc(Item, { ...good, [name]: value }), className, code, message);
      changesNothing(heap, () => heap.allocArray(Item, [good, { [name]: value }]), className, code, message);
    }
  }
  for (const value of [1, null, undefined, 'x', [], [1], { none: 1 }, heap.alloc(Point)]) {
    leavesBytes(() => (item.value = value), 'TypeError', 'wrong_type', /value/);
  }
});

test('arrays: a value that will not do, an index that is none', () => {
  const points = heap.allocArray(Point, [{ x: 1 }, { x: 2 }, { x: 3 }]);
  const good = { x: 9, y: 9 };
  for (const index of [-1, 3, 0.5, NaN, Infinity, 2 ** 32, -(2 ** 31)]) {
    for (const call of ['at', 'read', 'write']) {
      leavesBytes(() => points[call](index, good), 'RangeError', 'index_out_of_range', /index/);
    }
  }
  for (const index of ['0', 0n, null, undefined, {}]) {
    for (const call of ['at', 'read', 'write']) leavesBytes(() => points[call](index, good), 'TypeError', 'wrong_type');
  }
  for (const index of [-1, 4, 0.5, NaN]) {
    leavesBytes(() => points.set([good], index), 'RangeError', 'index_out_of_range');
  }
  leavesBytes(() => points.set([good], '0'), 'TypeError', 'wrong_type');
  leavesBytes(() => points.set([good, good], 2), 'RangeError', 'index_out_of_range');
  leavesBytes(() => points.set([good, good, good, good]), 'RangeError', 'index_out_of_range');
  leavesBytes(() => points.set([good, { x: 'x' }]), 'TypeError', 'wrong_type', /values\[1\]\.x/);
  leavesBytes(() => points.write(0, { ...good, z: 1 }), 'TypeError', 'wrong_type');
  for (const values of [undefined, null, 5, 'abc', {}, good]) {
    leavesBytes(() => points.set(values), 'TypeError', 'wrong_type');
    leavesBytes(() => (points.value = values), 'TypeError', 'wrong_type');
  }
  leavesBytes(() => (points.value = [good, good]), 'TypeError', 'wrong_type', /3 values, not 2/);
  leavesBytes(() => (points.value = [good, good, good, good]), 'TypeError', 'wrong_type', /3 values/);
  leavesBytes(() => (points.value = [good, good, { y: null }]), 'TypeError', 'wrong_type', /value\[2\]\.y/);
});

test('values without end are not waited for', () => {
  const item = filled();
  let closed = 0;
  function* endless() {
    try {
      for (;;) yield 1;
    } finally {
      closed++;
    }
  }
  leavesBytes(() => (item.flags = endless()), 'TypeError', 'wrong_type', /3 values/);
  leavesBytes(() => (item.value = { id: 2, flags: endless() }), 'TypeError', 'wrong_type', /3 values/);
  leavesBytes(() => item.points.set(endless()), 'RangeError', 'index_out_of_range');
  assert.equal(closed, 3);
});

test('what the caller’s code does meanwhile is seen', () => {
  const at = (act, value) => ({
    get x() {
      act();
      return value;
    },
  });
  // It frees the struct: then nothing is written to the block, whoever has it now.
  for (const write of [(item, value) => (item.at = value), (item, value) => (item.value = { id: 9, at: value })]) {
    const item = filled();
    let other;
    const free = () => {
      item.free();
      other = heap.alloc(Item, { id: 77 });
    };
    throwsCode(() => write(item, at(free, 5)), 'HeapError', 'freed_ref');
    assert.deepEqual([other.id, other.at.x], [77, 0]);
    other.free();
  }
  // It grows the memory.
  const growing = Heap.createSync({ initial: 1 });
  const item = growing.alloc(Item);
  item.value = { id: 3, at: at(() => growing.memory.grow(1), 5), flags: [1, 2, 3], name: 'abc' };
  assert.deepEqual([item.id, item.at.x, item.flags.toArray(), item.name], [3, 5, [1, 2, 3], 'abc']);
  const made = growing.alloc(Item, { at: at(() => growing.memory.grow(1), 6) });
  assert.equal(made.at.x, 6);
  // It throws.
  const failure = new Error('from the getter');
  const before = [...made.bytes];
  const fail = () => {
    throw failure;
  };
  assert.throws(
    () => (made.value = { id: 4, at: at(fail) }),
    (error) => error === failure,
  );
  assert.deepEqual([...made.bytes], before);
  const blocks = growing.stats().blocks;
  assert.throws(
    () => growing.alloc(Item, { id: 4, at: at(fail) }),
    (error) => error === failure,
  );
  assert.equal(growing.stats().blocks, blocks);
  // It writes to the same struct: what is assigned comes later, and is what was read.
  const array = [1, 2, 3];
  made.value = {
    flags: array,
    at: at(() => {
      array[1] = 99;
      made.flags = [7, 7, 7];
    }, 1),
  };
  assert.deepEqual(made.flags.toArray(), [1, 2, 3]);
  const bytes = new Uint8Array([1, 2, 3]);
  made.value = { flags: bytes, at: at(() => bytes.fill(99), 1) };
  assert.deepEqual(made.flags.toArray(), [1, 2, 3]);
  // It answers differently each time.
  let reads = 0;
  made.value = {
    get id() {
      reads++;
      return reads === 1 ? 5 : 'x';
    },
  };
  assert.deepEqual([made.id, reads], [5, 1]);
});

test('an array of the caller’s that is gone', () => {
  const item = filled();
  const flags = new Uint8Array(3);
  structuredClone(flags.buffer, { transfer: [flags.buffer] });
  leavesBytes(() => (item.flags = flags), 'TypeError', 'wrong_type', /3 values, not 0/);
});

test('beyond the end of the memory nothing is written', () => {
  const heap = Heap.createSync({ initial: 1 });
  const end = heap.buffer.byteLength;
  for (const at of [end - Item.byteLength + 1, end - 1, end, end + 1, 2 ** 32]) {
    throwsCode(() => heap.ref(Item, at), 'RangeError', 'out_of_bounds');
  }
  throwsCode(() => heap.ref(Point, end - 32, 3), 'RangeError', 'out_of_bounds');
  heap.ref(Point, end - 32, 2).write(1, { y: 1 });
  // A memory cannot shrink, but an adopted buffer might.
  let buffer = new ArrayBuffer(1000);
  const adopted = Heap.adopt({ buffer: () => buffer, malloc: () => 500, free: () => {} });
  const [ref, points] = [adopted.ref(Item, 800), adopted.ref(Point, 800, 5)];
  ref.value = { id: 1, bits: { i: 1 } };
  buffer = new ArrayBuffer(810);
  adopted.refresh();
  for (const write of [
    () => (ref.value = { id: 1, bits: { i: 1 } }),
    () => (ref.value = { id: 1 }),
    () =>
      (ref.grid = [
        [1, 1, 1, 1],
        [1, 1, 1, 1],
      ]),
    () => (ref.name = 'abc'),
    () => ref.value,
    () => points.set([{ x: 1 }]),
  ]) {
    throwsCode(write, 'RangeError', 'out_of_bounds');
  }
  assert.ok(new Uint8Array(buffer).every((byte) => byte === 0));
});

test('random values with one fault in them: all or nothing', () => {
  const random = makeRandom(99);
  let tried = 0;
  for (let i = 0; i < 300; i++) {
    const node = layOut(randomStruct(random));
    if (!isWritable(node)) continue;
    const value = randomValue(random, node);
    if (!spoil(random, value)) continue;
    tried++;
    const ref = heap.alloc(descriptorOf(node), randomValue(random, node));
    const before = [...ref.bytes];
    const blocks = heap.stats().blocks;
    assert.throws(
      () => (ref.value = value),
      (error) => error.code === 'wrong_type',
      `type ${i}`,
    );
    assert.throws(
      () => heap.alloc(node.type, value),
      (error) => error.code === 'wrong_type',
    );
    assert.deepEqual([...ref.bytes], before, `type ${i}`);
    assert.equal(heap.stats().blocks, blocks);
    ref.free();
  }
  assert.ok(tried > 100);
  heap.validate();
});

/** Puts something somewhere in a value that no field can be. */
function spoil(random, value) {
  const names = Object.keys(value);
  const name = random.pick(names);
  if (name === undefined) return false;
  if (typeof value[name] === 'object' && random.percent(80)) return spoil(random, value[name]);
  value[name] = random.pick([Symbol('bad'), undefined, null, () => 1, true]);
  return true;
}
