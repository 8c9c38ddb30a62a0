// Checked by the compiler only: what the types of relocatable blocks promise, and what they refuse.

import { struct, type ArrayRef, type Heap, type Relocatable, type ValueRef } from 'allot';

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const check = <T extends true>(): T | undefined => undefined;

export function relocatables(heap: Heap): void {
  const bytes = heap.allocRelocatable(100);
  check<Equal<typeof bytes, Relocatable>>();
  const ref = bytes.ref();
  check<Equal<typeof ref, ArrayRef<'Uint8'>>>();
  heap.allocRelocatable(3, [1, 2, 3], { tag: 'three', token: bytes });

  const ints = heap.allocRelocatable(Int32Array, 1000).ref();
  check<Equal<typeof ints, ArrayRef<'Int32'>>>();
  const number = heap.allocRelocatable('BigInt64', 5n).ref();
  check<Equal<typeof number, ValueRef<'BigInt64'>>>();
  const Point = struct({ x: 'Float64', y: 'Float64' });
  heap.allocRelocatable(Point, { x: 1 }).ref().y = 2;
  const part = bytes.ref(Float32Array, 8);
  check<Equal<typeof part, ArrayRef<'Float32'>>>();
  const parts = bytes.ref('Float32', 8, 3);
  check<Equal<typeof parts, ArrayRef<'Float32'>>>();

  // @ts-expect-error a typed array needs its length
  heap.allocRelocatable(Int32Array);
  // @ts-expect-error no number is written as text
  heap.allocRelocatable('Int32', 'five');
  // @ts-expect-error the handle is given, not chosen
  bytes.handle = 5;

  const pinned: number = bytes.pin();
  const given: string = bytes.pin((address: number) => String(address + pinned));
  const promised: Promise<number> = bytes.pin(async (address) => address);
  void [given, promised];
  const moved: number = heap.compact();
  void moved;
}
