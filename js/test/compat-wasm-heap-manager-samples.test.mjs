// The code samples of the documentation of wasm-heap-manager, run as they stand there, one test for a section.
// Where a sample itself is wrong, or is TypeScript, the mend is named beside it.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { createWasmHeapManager, wrapEmscriptenModuleHeap } from 'allot/compat/wasm-heap-manager';
import { Heap } from 'allot';

// ── Initialization ────────────────────────────────────────────────────────────────────────────────

/** Something like an Emscripten module. */
function instantiate() {
  const heap = Heap.createSync({ initial: 1, maximum: 10 });
  return {
    get HEAPU8() {
      return new Uint8Array(heap.buffer);
    },
    _malloc: (size) => heap.malloc(size),
    _free: (address) => heap.free(address),
  };
}

function useIt(heapManager) {
  const ref = heapManager.allocFloat64Array(Float64Array.of(1.5, 2.5));
  assert.equal(ref.readAt(1), 2.5);
  ref.free();
  const large = heapManager.allocNullTerminatedUtf8String('x'.repeat(100000));
  assert.equal(large.value.length, 100000);
  large.free();
}

test('the heap of an Emscripten module', () => {
  const emscriptenModule = instantiate();

  const heapManager = createWasmHeapManager(
    () => emscriptenModule.HEAPU8.buffer, // mended: the comma was missing
    emscriptenModule._malloc,
    emscriptenModule._free
  )

  useIt(heapManager);
});

test('the heap of an Emscripten module, by the utility method', () => {
  const emscriptenModule = instantiate();

  const heapManager = wrapEmscriptenModuleHeap(emscriptenModule)

  useIt(heapManager);
});

test("the heap of a plain WebAssembly module's memory object", () => {
  const heap = Heap.createSync({ initial: 1, maximum: 10 });
  const wasmModule = {
    instance: {
      exports: { memory: heap.memory, malloc: (size) => heap.malloc(size), free: (address) => heap.free(address) },
    },
  };

  const instanceExports = wasmModule.instance.exports

  // Assuming `memory`, `malloc` and `free` are valid exports from the module:
  const heapManager = createWasmHeapManager(
    () => instanceExports.memory.buffer,
    instanceExports.malloc,
    instanceExports.free
  )

  useIt(heapManager);
});

/** The section about a custom memory, as a function that the sections after it use. */
function custom() {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1000 })

  // Current allocation address. Is incremented after each allocation.
  let currentAddress = 8

  function myAllocator(requestedSize) { // mended: without the type
    // Compute start and end addresses of the newly allocated region
    const startAddress = currentAddress
    let endAddress = currentAddress + Math.ceil(requestedSize)

    // Align end address to 8 byte boundaries, if needed
    endAddress = alignToNextMultiple(endAddress, 8)

    // Grow memory if needed
    const currentCapacity = memory.buffer.byteLength

    if (endAddress > currentCapacity) {
      const additionalRequiredCapacity = endAddress - currentCapacity
      const additionalRequiredPages = Math.ceil(additionalRequiredCapacity / (2 ** 16)) + 1

      memory.grow(additionalRequiredPages)
    }

    // Update current allocation address
    currentAddress = endAddress

    return startAddress
  }

  function myDeallocator(address) { // mended: without the type
    // Do nothing. It never frees memory.
  }

  const heapManager = createWasmHeapManager(
    () => memory.buffer,
    myAllocator,
    myDeallocator
  )

  return heapManager;
}

function alignToNextMultiple(value, alignmentConstant) { // mended: without the types
  // Align end address to the alignment constant, if needed
  const alignmentRemainder = value % alignmentConstant

  if (alignmentRemainder > 0) {
    // Pad end address to next multiple of the alignment constant
    value += alignmentConstant - alignmentRemainder
  }

  return value
}

test('a custom memory, allocator and deallocator', () => {
  useIt(custom());
});

// ── Reading and writing ───────────────────────────────────────────────────────────────────────────

test('numbers, read and written', () => {
  const heapManager = custom();
  const address = 64;

  const int8Value = heapManager.readInt8(address)
  const uint8Value = heapManager.readUint8(address)
  const clampedUint8Value = heapManager.readClampedUint8(address)
  const int16Value = heapManager.readInt16(address)
  const uint16Value = heapManager.readUint16(address)
  const int32Value = heapManager.readInt32(address)
  const uint32Value = heapManager.readUint32(address)
  const bigInt64Value = heapManager.readBigInt64(address)
  const bigUint64Value = heapManager.readBigUint64(address)
  const float32Value = heapManager.readFloat32(address)
  const float64Value = heapManager.readFloat64(address)

  // Pointer types
  const pointer32Value = heapManager.readPointer32(address)
  const pointer53Value = heapManager.readPointer53(address)
  const pointer64Value = heapManager.readPointer64(address)

  // Large unsigned integer extensions (little endian):
  const bigUint128Value = heapManager.readBigUint128LE(address)
  const bigUint256Value = heapManager.readBigUint256LE(address)

  heapManager.writeInt8(address, int8Value)
  heapManager.writeUint8(address, uint8Value)
  heapManager.writeClampedUint8(address, clampedUint8Value)
  heapManager.writeInt16(address, int16Value)
  heapManager.writeUint16(address, uint16Value)
  heapManager.writeInt32(address, int32Value)
  heapManager.writeUint32(address, uint32Value)
  heapManager.writeBigInt64(address, bigInt64Value)
  heapManager.writeBigUint64(address, bigUint64Value)
  heapManager.writeFloat32(address, float32Value)
  heapManager.writeFloat64(address, float64Value)

  // Pointer types
  heapManager.writePointer32(address, pointer32Value)
  heapManager.writePointer53(address, pointer53Value)
  heapManager.writePointer64(address, pointer64Value)

  // Large unsigned integer extensions (little endian):
  heapManager.writeBigUint128LE(address, bigUint128Value)
  heapManager.writeBigUint256LE(address, bigUint256Value)

  assert.equal(bigUint256Value, 0n);
  heapManager.writeBigUint256LE(address, 2n ** 256n - 1n);
  assert.equal(heapManager.readBigUint128LE(address), 2n ** 128n - 1n);
  assert.equal(heapManager.readInt8(address), -1);
});

test('strings, read and written', () => {
  const heapManager = custom();
  const address = 64;
  // mended: each in a scope of its own, for they all declare stringValue
  {
    const stringValue = 'plain'
    heapManager.writeNullTerminatedAsciiString(address, stringValue)
  }
  {
    const stringValue = heapManager.readNullTerminatedAsciiString(address)
    assert.equal(stringValue, 'plain');
    heapManager.writeNullTerminatedUtf8String(address, stringValue)
  }
  {
    const stringValue = heapManager.readNullTerminatedUtf8String(address)
    assert.equal(stringValue, 'plain');
    heapManager.writeNullTerminatedUtf16String(address, stringValue)
  }
  {
    const stringValue = heapManager.readNullTerminatedUtf16String(address)
    assert.equal(stringValue, 'plain');
    heapManager.writeNullTerminatedUtf32String(address, stringValue)
  }
  {
    const stringValue = heapManager.readNullTerminatedUtf32String(address)
    assert.equal(stringValue, 'plain');
  }
});

test('views', () => {
  const heapManager = custom();
  const address = 64;
  const elementCount = 3;

  const views = [
    heapManager.viewInt8Array(address, elementCount),
    heapManager.viewUint8Array(address, elementCount),
    heapManager.viewClampedUint8Array(address, elementCount),
    heapManager.viewInt16Array(address, elementCount),
    heapManager.viewUint16Array(address, elementCount),
    heapManager.viewInt32Array(address, elementCount),
    heapManager.viewUint32Array(address, elementCount),
    heapManager.viewBigInt64Array(address, elementCount),
    heapManager.viewBigUint64Array(address, elementCount),
    heapManager.viewFloat32Array(address, elementCount),
    heapManager.viewFloat64Array(address, elementCount),

    // Pointer views
    heapManager.viewPointer32Array(address, elementCount), // identical to viewUint32Array
    heapManager.viewPointer64Array(address, elementCount), // identical to viewBigUint64Array
  ];

  assert.ok(views.every((view) => view.byteOffset === address && view.length === elementCount));
  assert.deepEqual(views.slice(-2).map((view) => view.constructor), [Uint32Array, BigUint64Array]);
});

// ── Allocating ────────────────────────────────────────────────────────────────────────────────────

function checkNumbers(refs) {
  for (const ref of refs) {
    const one = typeof ref.value === 'bigint' ? 1n : 1;
    ref.value = one;
    assert.equal(ref.read(), one);
    assert.equal(ref.readAtomic(), one);
    ref.write(one)
    ref.writeAtomic(one)
    assert.equal(ref.allocatedBytesView.length, ref.allocatedByteSize);
    assert.ok(ref.address > 0 && !ref.isFreed);
    ref.clear()
    assert.equal(ref.value, one - one);
    ref.free()
    assert.equal(ref.isFreed, true);
  }
}

test('numbers, allocated', () => {
  const heapManager = custom();

  const int8Ref = heapManager.allocInt8()
  const uint8Ref = heapManager.allocUint8()
  const clampedUint8Ref = heapManager.allocClampedUint8()
  const int16Ref = heapManager.allocInt16()
  const uint16Ref = heapManager.allocUint16()
  const int32Ref = heapManager.allocInt32()
  const uint32Ref = heapManager.allocUint32()
  const bigInt64Ref = heapManager.allocBigInt64()
  const bigUint64Ref = heapManager.allocBigUint64()
  const float32Ref = heapManager.allocFloat32()
  const float64Ref = heapManager.allocFloat64()

  // Pointer types
  const pointer32Ref = heapManager.allocPointer32()
  const pointer53Ref = heapManager.allocPointer53()
  const pointer64Ref = heapManager.allocPointer64()

  checkNumbers([
    int8Ref, uint8Ref, clampedUint8Ref, int16Ref, uint16Ref, int32Ref, uint32Ref, bigInt64Ref, bigUint64Ref, float32Ref,
    float64Ref, pointer32Ref, pointer53Ref, pointer64Ref,
  ]);
});

function checkStrings(refs, bytesPerElement) {
  refs.forEach((ref, index) => {
    assert.equal(ref.bytesPerElement, bytesPerElement[index]);
    ref.value = 'hello';
    assert.equal(ref.value, 'hello');
    ref.write('hi')
    assert.equal(ref.read(), 'hi');
    assert.equal(ref.encodedElementsView.length, 2);
    assert.equal(ref.encodedElementCount, 2);
    assert.equal(ref.encodedBytesView.length, ref.encodedByteLength);
    assert.equal(ref.encodedByteLength, 2 * ref.bytesPerElement);
    assert.equal(ref.allocatedBytesView.length, ref.allocatedByteSize);
    ref.clear()
    assert.equal(ref.value, '');
    ref.free()
    assert.equal(ref.isFreed, true);
  });
}

test('strings, allocated', () => {
  const heapManager = custom();
  const elementCount = 10;

  const asciiStringRef = heapManager.allocNullTerminatedAsciiString(elementCount)
  const utf8StringRef = heapManager.allocNullTerminatedUtf8String(elementCount)
  const utf16StringRef = heapManager.allocNullTerminatedUtf16String(elementCount)
  const utf32StringRef = heapManager.allocNullTerminatedUtf32String(elementCount)

  checkStrings([asciiStringRef, utf8StringRef, utf16StringRef, utf32StringRef], [1, 1, 2, 4]);
});

function checkArrays(refs, elementCount) {
  for (const ref of refs) {
    const one = typeof ref.readAt(0) === 'bigint' ? 1n : 1;
    const [index, newValue] = [1, one];
    ref.writeAt(index, newValue)
    assert.equal(ref.readAt(index), one);
    ref.writeAtomicAt(index, newValue)
    assert.equal(ref.readAtomicAt(index), one);
    assert.equal(ref.view.length, elementCount);
    assert.equal(ref.elementCount, elementCount);
    assert.equal(ref.allocatedByteSize, elementCount * ref.bytesPerElement);
    assert.equal(ref.allocatedBytesView.length, ref.allocatedByteSize);
    ref.clear()
    assert.equal(ref.readAt(index), one - one);
    ref.free()
    assert.equal(ref.isFreed, true);
  }
}

test('typed arrays, allocated', () => {
  const heapManager = custom();
  const elementCount = 5;

  const int8ArrayRef = heapManager.allocInt8Array(elementCount)
  const uint8ArrayRef = heapManager.allocUint8Array(elementCount)
  const uint8ClampedArrayRef = heapManager.allocClampedUint8Array(elementCount)
  const int16ArrayRef = heapManager.allocInt16Array(elementCount)
  const uint16ArrayRef = heapManager.allocUint16Array(elementCount)
  const int32ArrayRef = heapManager.allocInt32Array(elementCount)
  const uint32ArrayRef = heapManager.allocUint32Array(elementCount)
  const bigInt64ArrayRef = heapManager.allocBigInt64Array(elementCount)
  const bigUint64ArrayRef = heapManager.allocBigUint64Array(elementCount)
  const float32ArrayRef = heapManager.allocFloat32Array(elementCount)
  const float64ArrayRef = heapManager.allocFloat64Array(elementCount)

  // Pointer types
  const pointer32ArrayRef = heapManager.allocPointer32Array(elementCount)
  const pointer53ArrayRef = heapManager.allocPointer53Array(elementCount)
  const pointer64ArrayRef = heapManager.allocPointer64Array(elementCount)

  checkArrays([
    int8ArrayRef, uint8ArrayRef, uint8ClampedArrayRef, int16ArrayRef, uint16ArrayRef, int32ArrayRef, uint32ArrayRef,
    bigInt64ArrayRef, bigUint64ArrayRef, float32ArrayRef, float64ArrayRef, pointer32ArrayRef, pointer53ArrayRef,
    pointer64ArrayRef,
  ], elementCount);
});

// ── Wrapping ──────────────────────────────────────────────────────────────────────────────────────

test('numbers, wrapped', () => {
  const heapManager = custom();
  const address = 64;

  const int8Ref = heapManager.wrapInt8(address)
  const uint8Ref = heapManager.wrapUint8(address)
  const clampedUint8Ref = heapManager.wrapClampedUint8(address)
  const int16Ref = heapManager.wrapInt16(address)
  const uint16Ref = heapManager.wrapUint16(address)
  const int32Ref = heapManager.wrapInt32(address)
  const uint32Ref = heapManager.wrapUint32(address)
  const bigInt64Ref = heapManager.wrapBigInt64(address)
  const bigUint64Ref = heapManager.wrapBigUint64(address)
  const float32Ref = heapManager.wrapFloat32(address)
  const float64Ref = heapManager.wrapFloat64(address)

  // Pointer types
  const pointer32Ref = heapManager.wrapPointer32(address)
  const pointer53Ref = heapManager.wrapPointer53(address)
  const pointer64Ref = heapManager.wrapPointer64(address)

  for (const ref of [
    int8Ref, uint8Ref, clampedUint8Ref, int16Ref, uint16Ref, int32Ref, uint32Ref, bigInt64Ref, bigUint64Ref, float32Ref,
    float64Ref, pointer32Ref, pointer53Ref, pointer64Ref,
  ]) {
    const one = typeof ref.value === 'bigint' ? 1n : 1;
    ref.value = one;
    assert.deepEqual([ref.address, ref.value], [address, one]);
    ref.clear();
  }
});

test('strings, wrapped', () => {
  const heapManager = custom();
  const address = 64;
  heapManager.writeNullTerminatedUtf32String(address, 'h');
  // mended: each in a scope of its own, for they all declare stringRef
  {
    const stringRef = heapManager.wrapNullTerminatedAsciiString(address)
    assert.equal(stringRef.value, 'h');
  }
  {
    const stringRef = heapManager.wrapNullTerminatedUtf8String(address)
    assert.equal(stringRef.value, 'h');
  }
  {
    const stringRef = heapManager.wrapNullTerminatedUtf16String(address)
    assert.equal(stringRef.value, 'h');
  }
  {
    const stringRef = heapManager.wrapNullTerminatedUtf32String(address)
    assert.equal(stringRef.value, 'h');
  }
});

test('typed arrays, wrapped', () => {
  const heapManager = custom();
  const address = 64;
  const elementCount = 5;

  const int8ArrayRef = heapManager.wrapInt8Array(address, elementCount)
  const uint8ArrayRef = heapManager.wrapUint8Array(address, elementCount)
  const uint8ClampedArrayRef = heapManager.wrapClampedUint8Array(address, elementCount)
  const int16ArrayRef = heapManager.wrapInt16Array(address, elementCount)
  const uint16ArrayRef = heapManager.wrapUint16Array(address, elementCount)
  const int32ArrayRef = heapManager.wrapInt32Array(address, elementCount)
  const uint32ArrayRef = heapManager.wrapUint32Array(address, elementCount)
  const bigInt64ArrayRef = heapManager.wrapBigInt64Array(address, elementCount)
  const bigUint64ArrayRef = heapManager.wrapBigUint64Array(address, elementCount)
  const float32ArrayRef = heapManager.wrapFloat32Array(address, elementCount)
  const float64ArrayRef = heapManager.wrapFloat64Array(address, elementCount)

  // Pointer types
  const pointer32ArrayRef = heapManager.wrapPointer32Array(address, elementCount)
  const pointer53ArrayRef = heapManager.wrapPointer53Array(address, elementCount)
  const pointer64ArrayRef = heapManager.wrapPointer64Array(address, elementCount)

  const refs = [
    int8ArrayRef, uint8ArrayRef, uint8ClampedArrayRef, int16ArrayRef, uint16ArrayRef, int32ArrayRef, uint32ArrayRef,
    bigInt64ArrayRef, bigUint64ArrayRef, float32ArrayRef, float64ArrayRef, pointer32ArrayRef, pointer53ArrayRef,
    pointer64ArrayRef,
  ];
  for (const ref of refs) {
    const one = typeof ref.readAt(0) === 'bigint' ? 1n : 1;
    ref.writeAt(4, one);
    assert.deepEqual([ref.address, ref.view.length, ref.readAt(4)], [address, elementCount, one]);
    ref.clear();
  }
});
