// Checked by the compiler only (npm run check): what the types of LocalSharedMemory promise, and what they refuse.

import type { CodedRangeError, WaitResult } from 'allot';
import LocalSharedMemory, { type AllocationInfo, type TypedArrayType } from 'allot/compat/local-shared-memory';

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const check = <T extends true>(): T | undefined => undefined;
const is = <T>(value: T): T => value;

class Small extends LocalSharedMemory {
  static override devicePageSize = 3;
}

export function usage(received: WebAssembly.Memory): void {
  new LocalSharedMemory();
  new LocalSharedMemory(1, 2, false);
  const memory: WebAssembly.Memory = new Small();
  const joined = LocalSharedMemory.attach(received);
  new WebAssembly.Instance(new WebAssembly.Module(new Uint8Array()), { env: { memory: joined } });
  joined satisfies WebAssembly.Memory;
  memory.grow(1);

  const pointer = joined.malloc(24);
  check<Equal<typeof pointer, number>>();
  joined.malloc(24, 64);
  joined.free(pointer);
  check<Equal<ReturnType<typeof joined.realloc>, number>>();
  check<Equal<ReturnType<typeof joined.allocs>, AllocationInfo[]>>();
  check<Equal<typeof joined.length, number>>();
  is<ArrayBuffer>(joined.arrayBuffer(pointer));
  is<ArrayBufferLike>(joined.sharedArrayBuffer(pointer, 8));
  is<DataView>(joined.dataView(pointer));

  // The kind of array follows from the constructor, and the kind of number from that.
  is<Float32Array>(joined.arrayView(Float32Array, pointer));
  is<BigInt64Array>(joined.subarray(BigInt64Array, 0, 1));
  is<Uint8ClampedArray>(joined.fill(Uint8ClampedArray, 1, 16));
  is<Int16Array>(joined.copyWithin(Int16Array, 1, 2));
  is<number>(joined.at(Int32Array, 0));
  is<bigint>(joined.at(BigUint64Array, 0));
  is<number>(joined.add(Int32Array, 4, 1));
  is<bigint>(joined.add(BigInt64Array, 4, 1n));
  is<number>(joined.load(Float64Array, 4));
  is<bigint>(joined.compareExchange(BigUint64Array, 4, 1n, 2n));
  is<WaitResult>(joined.wait(Int32Array, 4, 0, 10));
  joined.set(Uint8Array, [1, 2], 16);
  joined.set(BigInt64Array, [1n], 2);
  joined.set(Uint8Array, Uint16Array.of(1), 16);

  joined.setInt32(pointer, 1);
  joined.setBigInt64(pointer);
  is<bigint>(joined.getBigVec128(pointer));
  is<number>(joined.memset(pointer, 0, 8));
  is<number>(joined.memset(pointer, new ArrayBuffer(8)));
  joined.memset(pointer, new Uint16Array(2), 3);
  is<Uint8Array>(joined.Uint8Array(4));
  is<BigUint64Array>(joined.BigUint64Array(4));

  const type: TypedArrayType = Uint8Array;
  joined.arrayView(type, pointer);
  const code: CodedRangeError['code'] = 'invalid_alignment';
  void code;

  // @ts-expect-error sizes are numbers
  joined.malloc('24');
  // @ts-expect-error a size is needed
  joined.malloc();
  // @ts-expect-error the constructor takes its parameters one by one
  new LocalSharedMemory({ initial: 1 });
  // @ts-expect-error 64-bit integers are BigInts
  joined.setBigInt64(pointer, 1);
  // @ts-expect-error and all others are not
  joined.add(Int32Array, 4, 1n);
  // @ts-expect-error nor in reverse
  joined.store(BigInt64Array, 4, 1);
  // @ts-expect-error no typed array
  joined.arrayView(Array, pointer);
  // @ts-expect-error where to fill from has no default
  joined.fill(Uint8Array, 1);
  // @ts-expect-error where to write has no default
  joined.set(Uint8Array, [1]);
  // @ts-expect-error a value needs a length
  joined.memset(pointer, 0);
  // @ts-expect-error only memories can be joined
  LocalSharedMemory.attach(new ArrayBuffer(16));
  // @ts-expect-error what allocs lists is not to be changed
  joined.allocs()[0]!.byteOffset = 0;
}
