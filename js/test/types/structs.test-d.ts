// Checked by the compiler only: what struct types promise, and what they refuse.

import {
  Heap,
  struct,
  StructType,
  union,
  type ArrayRef,
  type Descriptor,
  type FieldDescriptors,
  type InputOf,
  type PointerRef,
  type RefTo,
  type StringRef,
  type StructArrayRef,
  type StructRef,
  type StructRefTo,
  type ValueOf,
  type ValueRef,
} from 'allot';

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const check = <T extends true>(): T | undefined => undefined;

const Point = struct({ x: 'Float64', y: 'Float64' });
const Bits = union({ i: 'Int32', f: 'Float32' });
const Item = struct(
  {
    id: 'Uint32',
    flags: ['Uint8', 3],
    at: Point,
    name: { string: 'utf8', byteLength: 24 },
    next: 'Pointer32',
    far: 'Pointer64',
    grid: [['Int16', 4], 2],
    inner: { a: 'Uint8', b: 'BigInt64' },
    points: [Point, 5, { byteStride: 24 }],
    bits: Bits,
  },
  { pack: 4 },
);

export function types(): void {
  Item.byteLength.toFixed();
  Item.fields.id.byteOffset.toFixed();
  check<Equal<typeof Point.kind, 'struct'>>();
  check<Equal<typeof Bits.kind, 'union'>>();
  check<Equal<typeof Item.fields.id.type, 'Uint32'>>();
  check<Equal<typeof Item.fields.at.type, typeof Point>>();
  check<Equal<typeof Item.fields.flags.type, readonly ['Uint8', 3]>>();
  check<Equal<typeof Item.fields.inner.type, StructType<{ readonly a: 'Uint8'; readonly b: 'BigInt64' }, 'struct'>>>();

  // @ts-expect-error no such field
  Item.fields.nothing.byteOffset.toFixed();
  // @ts-expect-error frozen
  Item.byteLength = 8;
  // @ts-expect-error no such element type
  struct({ a: 'Int' });
  // @ts-expect-error an array has a count
  struct({ a: ['Int8'] });
  // @ts-expect-error which is a number
  struct({ a: ['Int8', '3'] });
  // @ts-expect-error no such encoding
  struct({ a: { string: 'utf9', byteLength: 3 } });
  // @ts-expect-error no such option
  struct({ a: 'Int8' }, { align: 4 });
  // @ts-expect-error types are made by struct and union
  new StructType();
  // @ts-expect-error no such packing
  struct({ a: 'Int8' }, { pack: 3 });
}

export function values(): void {
  type Value = ValueOf<typeof Item>;
  check<Equal<ValueOf<typeof Point>, { x: number; y: number }>>();
  check<Equal<Value['id'], number>>();
  check<Equal<Value['flags'], number[]>>();
  check<Equal<Value['at'], { x: number; y: number }>>();
  check<Equal<Value['name'], string>>();
  check<Equal<Value['next'], number>>();
  check<Equal<Value['far'], bigint>>();
  check<Equal<Value['grid'], number[][]>>();
  check<Equal<Value['inner'], { a: number; b: bigint }>>();
  check<Equal<Value['points'], { x: number; y: number }[]>>();
  check<Equal<Value['bits'], { i?: number; f?: number }>>();
  check<Equal<ValueOf<'BigUint256'>, bigint>>();
  check<Equal<ValueOf<readonly ['Int8', 3]>, number[]>>();

  const whole: Value = {
    id: 1,
    flags: [1, 2, 3],
    at: { x: 1, y: 2 },
    name: 'a',
    next: 0,
    far: 0n,
    grid: [],
    inner: { a: 1, b: 2n },
    points: [],
    bits: {},
  };
  whole.id = 2;
  const some: InputOf<typeof Item> = {
    id: 1,
    at: { y: 2 },
    flags: new Uint8Array(3),
    grid: [[1, 2, 3, 4], new Set([1])],
  };
  void [whole, some];

  // @ts-expect-error a BigInt it is
  const bad1: InputOf<typeof Item> = { inner: { b: 1 } };
  // @ts-expect-error no such field
  const bad2: InputOf<typeof Point> = { z: 1 };
  // @ts-expect-error an array of numbers
  const bad3: InputOf<typeof Item> = { flags: ['1'] };
  // @ts-expect-error text is no array
  const bad4: InputOf<typeof Item> = { points: 'abc' };
  // @ts-expect-error nor is it an array of texts
  const bad6: InputOf<readonly [{ string: 'utf8'; byteLength: 4 }, 3]> = 'abc';
  void bad6;
  // @ts-expect-error a union takes a field that it has
  const bad5: InputOf<typeof Bits> = { g: 1 };
  void [bad1, bad2, bad3, bad4, bad5];
}

export function refs(heap: Heap): void {
  const item = heap.alloc(Item, { id: 3, at: { x: 1 } });
  item.id = 3;
  item.name = 'abc';
  item.far = 3n;
  item.at.x += 1;
  item.inner.b = 5n;
  check<Equal<typeof item.id, number>>();
  check<Equal<typeof item.far, bigint>>();
  check<Equal<typeof item.name, string>>();
  check<Equal<typeof item.flags, ArrayRef<'Uint8'>>>();
  check<Equal<typeof item.grid, StructArrayRef<readonly ['Int16', 4]>>>();
  check<Equal<typeof item.value, ValueOf<typeof Item>>>();
  const at: StructRefTo<{ readonly x: 'Float64'; readonly y: 'Float64' }, 'struct'> = item.at;
  const row: ArrayRef<'Int16'> = item.grid.at(1);
  const first: number = row.read(0);
  item.points.at(3).x = 0.5;
  const id: ValueRef<'Uint32'> = item.part('id');
  const next: PointerRef<'Pointer32'> = item.part('next');
  const name: StringRef = item.part('name');
  const any: StructRef = item;
  check<Equal<RefTo<'Int8'>, ValueRef<'Int8'>>>();
  item.value = { id: 5, next: item, at: item.at, bits: { i: 1 } };
  item.bits.value = { f: 1 };
  void [at, first, id, next, name, any];

  const points = heap.allocArray(Point, 100);
  check<Equal<ReturnType<typeof points.read>, { x: number; y: number }>>();
  points.write(3, { x: 1 });
  points.at(3).x = 1;
  for (const point of points) point.y += 1;
  heap.allocArray(Point, [{ x: 1 }, { y: 2 }]);
  heap.ref(Point, 16).x.toFixed();
  heap.ref(Point, 16, 3).at(0).x.toFixed();

  const old: ArrayBufferView = item;
  void old;

  // @ts-expect-error a number it is
  item.id = 'x';
  // @ts-expect-error a BigInt it is
  item.far = 3;
  // @ts-expect-error no such field
  item.nothing = 1;
  // @ts-expect-error no such part
  item.part('nothing');
  // @ts-expect-error a part stays where it is (but: item.at.value = …)
  item.at = { x: 1 };
  // @ts-expect-error the address stays the same
  item.byteOffset = 3;
  // @ts-expect-error no such field
  heap.alloc(Point, { z: 1 });
  // @ts-expect-error numbers they are
  points.write(3, { x: 'x' });
  // @ts-expect-error a union takes one field
  item.bits.value = {};
}

/** Types that are known only when the program runs. */
export function dynamic(heap: Heap, type: StructType, descriptor: Descriptor, fields: FieldDescriptors): void {
  const made = struct(fields);
  const ref = heap.alloc(type, { id: 1 });
  for (const name of Object.keys(type.fields)) ref.part(name);
  ref.value = { anything: 1 };
  heap.alloc(made, { a: 1 }).value = { b: 'x' };
  heap.alloc(descriptor).free();
  heap.allocArray(descriptor, 3).free();
  const names = ['x', 'y', 'z'];
  const vector = struct(Object.fromEntries(names.map((name) => [name, 'Float64'])));
  heap.alloc(vector, { x: 1 });
  const constant = { a: 'Int8', b: ['Int16', 2] } as const;
  check<Equal<ValueOf<typeof constant>, { a: number; b: number[] }>>();
  heap
    .alloc(constant, { b: [1, 2] })
    .b.read(0)
    .toFixed();
}
