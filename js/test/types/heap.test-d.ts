// Checked by the compiler only (npm run check): what the types promise, and what they refuse.

import {
  Heap,
  HeapError,
  type AttachOptions,
  type Block,
  type BlockKind,
  type HeapErrorCode,
  type HeapOptions,
  type HeapStatistics,
  type Policy,
  type StatisticName,
  type StringRef,
} from 'allot';

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const check = <T extends true>(): T | undefined => undefined;

export async function usage(memory: WebAssembly.Memory): Promise<void> {
  const options: HeapOptions = { initial: 1, maximum: 2, policy: 'fast', image: 'outside', quota: Infinity };
  const heap = await Heap.create(options);
  Heap.createSync();
  const joining: AttachOptions = { address: 16, validate: false };
  await Heap.attach(memory, joining);
  Heap.attachSync(memory);

  check<Equal<ReturnType<typeof heap.malloc>, number>>();
  check<Equal<ReturnType<typeof heap.free>, void>>();
  check<Equal<ReturnType<typeof heap.readInt32>, number>>();
  check<Equal<ReturnType<typeof heap.readBigInt64>, bigint>>();
  check<Equal<Parameters<typeof heap.writeBigUint64>, [byteOffset: number, value: bigint]>>();
  check<Equal<ReturnType<typeof heap.allocString>, StringRef>>();
  check<Equal<ReturnType<typeof heap.stats>, HeapStatistics>>();
  check<Equal<Block['kind'], BlockKind>>();
  check<Equal<Policy, 'exact' | 'compact' | 'balanced' | 'fast'>>();
  const name: StatisticName = 'largestFree';
  heap.stat(name).toFixed();
  // Typed blocks: the type says what the ref reads and writes.
  const typed = heap.alloc(Int32Array, 10);
  check<Equal<ReturnType<(typeof typed)['read']>, number>>();
  check<Equal<(typeof typed)['view'], Int32Array>>();
  const pointer = heap.alloc('Pointer64', 0n);
  check<Equal<typeof pointer.value, bigint>>();
  pointer.target(Float64Array, 3)?.view.fill(1);
  pointer.target('Int32', 3)?.write(2, 1);
  pointer.target('Int8')?.value.toFixed();
  // In a function for any type.
  const filled = <T extends Int32ArrayConstructor | Float64ArrayConstructor>(type: T, length: number) => heap.alloc(type, length);
  filled(Float64Array, 3).view.fill(1);
  const one = <T extends 'Int32' | 'Float64'>(type: T) => heap.scope().alloc(type);
  one('Int32').value.toFixed();
  const wide = heap.allocArray('BigUint128', [1n, 2n]);
  check<Equal<ReturnType<typeof wide.read>, bigint>>();
  check<Equal<ReturnType<typeof heap.view<Uint8Array>>, Uint8Array>>();
  heap.atomics.add('BigInt64', 16, 1n);
  // @ts-expect-error a BigInt element takes no number
  heap.atomics.add('BigInt64', 16, 1);
  // @ts-expect-error an array needs a length or elements
  heap.alloc(Float32Array);
  // @ts-expect-error there is no such element
  heap.alloc('Int24', 1);
  // @ts-expect-error an array at an address needs a length
  heap.ref(Int32Array, 16);
  for (const block of heap.blocks()) block.byteOffset.toFixed();
  heap.quota = heap.quota + 1;
  if (!(await Promise.resolve(true))) throw new HeapError('double_free' satisfies HeapErrorCode, 'message', 16);

  // @ts-expect-error sizes are numbers
  heap.malloc('24');
  // @ts-expect-error nor are they BigInts
  heap.malloc(24n);
  // @ts-expect-error 64-bit integers are BigInts
  heap.writeBigInt64(16, 1);
  // @ts-expect-error and all others are not
  heap.writeInt32(16, 1n);
  // @ts-expect-error no such policy
  Heap.createSync({ policy: 'best' });
  // @ts-expect-error no such option
  Heap.createSync({ size: 1 });
  // @ts-expect-error a heap is made by create or attach
  new Heap();
  // @ts-expect-error the memory of a heap stays the same
  heap.memory = memory;
  // @ts-expect-error no such figure
  heap.stat('nothing');
  // @ts-expect-error blocks are described, not changed
  for (const block of heap.blocks()) block.byteOffset = 0;
}
