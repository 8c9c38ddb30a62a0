// Checked by the compiler only (npm run check): the types of the drop-in for wasm-heap-manager, which are those
// of the package, and what they refuse.

import {
  ArrayBufferArenaAllocator,
  createWasmHeapManager,
  DataType,
  defaultWasmHeapManagerOptions,
  HeapRef,
  Int8Ref,
  NullTerminatedStringRef,
  NullTerminatedUtf16StringRef,
  NumericRef,
  Pointer32ArrayRef,
  Pointer32Ref,
  Pointer53ArrayRef,
  Pointer53Ref,
  Pointer64Ref,
  PointerArrayRef,
  PointerRef,
  StringRef,
  TypedArrayRef,
  Uint8ClampedArrayRef,
  WasmHeapManager,
  WasmMemoryArenaAllocator,
  wrapEmscriptenModuleHeap,
  type AllocatorMethod,
  type BaseAllocationSize,
  type DeallocatorMethod,
  type Float64ArrayRef,
  type HeapGetterCallback,
  type WasmHeapManagerOptions,
} from 'allot/compat/wasm-heap-manager';

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const check = <T extends true>(): T | undefined => undefined;

// The samples of the package's documentation that are TypeScript, as they stand there.
const memory = new WebAssembly.Memory({ initial: 1, maximum: 1000 })
let currentAddress = 8

function myAllocator(requestedSize: number) {
  const startAddress = currentAddress
  let endAddress = currentAddress + Math.ceil(requestedSize)
  endAddress = alignToNextMultiple(endAddress, 8)
  currentAddress = endAddress
  return startAddress
}

function myDeallocator(address: number) {
  // Do nothing. It never frees memory.
  void address // mended: the samples leave it unused, which this project's compiler options refuse
}

function alignToNextMultiple(value: number, alignmentConstant: number) {
  const alignmentRemainder = value % alignmentConstant
  if (alignmentRemainder > 0) {
    value += alignmentConstant - alignmentRemainder
  }
  return value
}

interface Module {
  HEAPU8: Uint8Array;
  _malloc(size: number): number;
  _free(address: number): void;
}

export function usage(emscriptenModule: Module): void {
  const heapManager = createWasmHeapManager(
    () => memory.buffer,
    myAllocator,
    myDeallocator
  )
  check<Equal<typeof heapManager, WasmHeapManager>>();
  check<Equal<ReturnType<typeof wrapEmscriptenModuleHeap>, WasmHeapManager>>();
  wrapEmscriptenModuleHeap(emscriptenModule, { pollingMode: 'always' });

  const getter: HeapGetterCallback = () => new SharedArrayBuffer(8);
  const allocate: AllocatorMethod = (size) => size;
  const deallocate: DeallocatorMethod = (address) => { address.toFixed(); };
  const options: Partial<WasmHeapManagerOptions> = { clearAllocatedRegions: false };
  const manager = new WasmHeapManager(getter, allocate, deallocate, options);
  check<Equal<typeof manager.heapGetter, HeapGetterCallback>>();
  check<Equal<typeof manager.allocate, AllocatorMethod>>();
  check<Equal<BaseAllocationSize, 1 | 2 | 4 | 8>>();
  check<Equal<typeof defaultWasmHeapManagerOptions, WasmHeapManagerOptions>>();
  defaultWasmHeapManagerOptions.pollingMode = 'never';

  check<Equal<ReturnType<typeof manager.readInt32>, number>>();
  check<Equal<ReturnType<typeof manager.readPointer53>, number>>();
  check<Equal<ReturnType<typeof manager.readPointer64Atomic>, bigint>>();
  check<Equal<Parameters<typeof manager.writeBigUint256>, [address: number, value: bigint]>>();
  check<Equal<Parameters<typeof manager.writeClampedUint8Atomic>, [address: number, value: number]>>();
  check<Equal<ReturnType<typeof manager.viewPointer53Array>, BigUint64Array>>();
  check<Equal<ReturnType<typeof manager.viewClampedUint8Array>, Uint8ClampedArray>>();
  check<Equal<typeof manager.heapFloat64, Float64Array>>();
  check<Equal<typeof manager.heapDataView, DataView>>();
  check<Equal<Parameters<typeof manager.writeNullTerminatedUtf8String>,
    [address: number, value: string, elementCapacity?: number | undefined]>>();
  check<Equal<ReturnType<typeof manager.writeNullTerminatedUtf8String>, number>>();
  check<Equal<typeof manager.allocatedHeapRefs, HeapRef[]>>();
  manager.free(16);
  manager.free(manager.allocInt8());
  manager.getElementCountOfNullTerminatedString(16, 2);

  // Classes are types, and stand in order.
  const int8: Int8Ref = manager.allocInt8(1);
  const numeric: NumericRef<number> = int8;
  const base: HeapRef = numeric;
  check<Equal<typeof int8.value, number>>();
  check<Equal<typeof int8.allocatedByteCount, 1>>();
  check<Equal<ReturnType<typeof int8.write>, Int8Ref>>();
  base.address.toFixed();
  const pointer: PointerRef<bigint> = new Pointer64Ref(16, manager);
  pointer.free({ freePointedAddress: true });
  manager.allocPointer32().free({ freePointedAddress: true });
  const small: Pointer32Ref | Pointer53Ref = manager.wrapPointer53(16);
  small.value = 5;
  const pointers: PointerArrayRef<BigUint64Array> = new Pointer53ArrayRef(16, 2, manager);
  pointers.free({ freeElements: true });
  const from: Pointer32ArrayRef = manager.allocPointer32Array(Uint32Array.of(1));
  check<Equal<ReturnType<typeof from.readAt>, number>>();
  const array: TypedArrayRef<Float64Array> = manager.allocFloat64Array(2);
  check<Equal<typeof array.view, Float64Array>>();
  const clamped: Uint8ClampedArrayRef = manager.allocClampedUint8Array(2);
  clamped.writeAt(0, 1).writeAtomicAt(1, 2);
  const text: StringRef = manager.allocNullTerminatedUtf16String('abc');
  check<Equal<typeof text.value, string>>();
  const terminated: NullTerminatedStringRef = new NullTerminatedUtf16StringRef(16, 4, manager);
  terminated.allocatedElementCount.toFixed();
  check<Equal<NullTerminatedUtf16StringRef['encodedElementsView'], Uint16Array>>();
  check<Equal<NullTerminatedUtf16StringRef['bytesPerElement'], 2>>();

  class Pair extends HeapRef {
    get allocatedByteCount(): number {
      this.assertNotFreed();
      return this.manager.readInt32(this.address);
    }
  }
  new Pair(16, manager).free();

  const kind: DataType = DataType.Float64Array;
  check<Equal<typeof DataType.Pointer64Array, 27>>();
  void kind;

  const arena = new ArrayBufferArenaAllocator();
  check<Equal<typeof arena.heap, ArrayBuffer>>();
  createWasmHeapManager(() => arena.heap, (size) => arena.allocate(size), (address) => arena.deallocate(address));
  check<Equal<typeof WasmMemoryArenaAllocator.prototype.capacityPages, number>>();

  // @ts-expect-error the buffer is the arena's to replace
  arena.heap = new ArrayBuffer(8);
  // @ts-expect-error an arena stays in its memory
  new WasmMemoryArenaAllocator(new WebAssembly.Memory({ initial: 1 })).wasmMemory = new WebAssembly.Memory({ initial: 1 });

  // @ts-expect-error 64-bit integers are BigInts
  manager.writeBigInt64(16, 1);
  // @ts-expect-error and all others are not
  manager.writePointer53(16, 1n);
  manager.allocPointer53Array([16, 32]);
  // @ts-expect-error an array of another type
  manager.allocInt32Array(Float64Array.of(1));
  // @ts-expect-error no such mode
  createWasmHeapManager(getter, allocate, deallocate, { pollingMode: 'sometimes' });
  // @ts-expect-error the base classes are abstract
  new HeapRef(16, manager);
  // @ts-expect-error no such number
  const none: DataType = 28;
  // @ts-expect-error refs do not show the manager
  int8.manager;
  // @ts-expect-error a block is freed by address or by ref
  manager.free('16');
  const other: Float64ArrayRef = manager.allocFloat64Array(1);
  // @ts-expect-error the count of an array stays
  other.elementCount = 2;
}
