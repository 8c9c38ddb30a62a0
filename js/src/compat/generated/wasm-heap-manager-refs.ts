// Made by tools/generate.mjs from js/src/elements.def. Do not edit.

import { NumericRef, PointerArrayRef, PointerRef, TypedArrayRef } from '../wasm-heap-manager/refs.js';
import { NullTerminatedStringRef } from '../wasm-heap-manager/string-refs.js';

/** A ref to a signed 8-bit integer. */
export class Int8Ref extends NumericRef<number> {
  override read(): number {
    this.assertNotFreed();
    return this.manager.readInt8(this.address);
  }

  override readAtomic(): number {
    this.assertNotFreed();
    return this.manager.readInt8Atomic(this.address);
  }

  override write(newValue: number): this {
    this.assertNotFreed();
    this.manager.writeInt8(this.address, newValue);
    return this;
  }

  override writeAtomic(newValue: number): this {
    this.assertNotFreed();
    this.manager.writeInt8Atomic(this.address, newValue);
    return this;
  }

  override get allocatedByteCount(): 1 {
    return 1;
  }
}

/** A ref to an unsigned 8-bit integer. */
export class Uint8Ref extends NumericRef<number> {
  override read(): number {
    this.assertNotFreed();
    return this.manager.readUint8(this.address);
  }

  override readAtomic(): number {
    this.assertNotFreed();
    return this.manager.readUint8Atomic(this.address);
  }

  override write(newValue: number): this {
    this.assertNotFreed();
    this.manager.writeUint8(this.address, newValue);
    return this;
  }

  override writeAtomic(newValue: number): this {
    this.assertNotFreed();
    this.manager.writeUint8Atomic(this.address, newValue);
    return this;
  }

  override get allocatedByteCount(): 1 {
    return 1;
  }
}

/** A ref to an unsigned 8-bit integer, rounded and clamped to 0 to 255. */
export class Uint8ClampedRef extends NumericRef<number> {
  override read(): number {
    this.assertNotFreed();
    return this.manager.readUint8Clamped(this.address);
  }

  override readAtomic(): number {
    this.assertNotFreed();
    return this.manager.readUint8ClampedAtomic(this.address);
  }

  override write(newValue: number): this {
    this.assertNotFreed();
    this.manager.writeUint8Clamped(this.address, newValue);
    return this;
  }

  override writeAtomic(newValue: number): this {
    this.assertNotFreed();
    this.manager.writeUint8ClampedAtomic(this.address, newValue);
    return this;
  }

  override get allocatedByteCount(): 1 {
    return 1;
  }
}

/** A ref to a signed 16-bit integer. */
export class Int16Ref extends NumericRef<number> {
  override read(): number {
    this.assertNotFreed();
    return this.manager.readInt16(this.address);
  }

  override readAtomic(): number {
    this.assertNotFreed();
    return this.manager.readInt16Atomic(this.address);
  }

  override write(newValue: number): this {
    this.assertNotFreed();
    this.manager.writeInt16(this.address, newValue);
    return this;
  }

  override writeAtomic(newValue: number): this {
    this.assertNotFreed();
    this.manager.writeInt16Atomic(this.address, newValue);
    return this;
  }

  override get allocatedByteCount(): 2 {
    return 2;
  }
}

/** A ref to an unsigned 16-bit integer. */
export class Uint16Ref extends NumericRef<number> {
  override read(): number {
    this.assertNotFreed();
    return this.manager.readUint16(this.address);
  }

  override readAtomic(): number {
    this.assertNotFreed();
    return this.manager.readUint16Atomic(this.address);
  }

  override write(newValue: number): this {
    this.assertNotFreed();
    this.manager.writeUint16(this.address, newValue);
    return this;
  }

  override writeAtomic(newValue: number): this {
    this.assertNotFreed();
    this.manager.writeUint16Atomic(this.address, newValue);
    return this;
  }

  override get allocatedByteCount(): 2 {
    return 2;
  }
}

/** A ref to a signed 32-bit integer. */
export class Int32Ref extends NumericRef<number> {
  override read(): number {
    this.assertNotFreed();
    return this.manager.readInt32(this.address);
  }

  override readAtomic(): number {
    this.assertNotFreed();
    return this.manager.readInt32Atomic(this.address);
  }

  override write(newValue: number): this {
    this.assertNotFreed();
    this.manager.writeInt32(this.address, newValue);
    return this;
  }

  override writeAtomic(newValue: number): this {
    this.assertNotFreed();
    this.manager.writeInt32Atomic(this.address, newValue);
    return this;
  }

  override get allocatedByteCount(): 4 {
    return 4;
  }
}

/** A ref to an unsigned 32-bit integer. */
export class Uint32Ref extends NumericRef<number> {
  override read(): number {
    this.assertNotFreed();
    return this.manager.readUint32(this.address);
  }

  override readAtomic(): number {
    this.assertNotFreed();
    return this.manager.readUint32Atomic(this.address);
  }

  override write(newValue: number): this {
    this.assertNotFreed();
    this.manager.writeUint32(this.address, newValue);
    return this;
  }

  override writeAtomic(newValue: number): this {
    this.assertNotFreed();
    this.manager.writeUint32Atomic(this.address, newValue);
    return this;
  }

  override get allocatedByteCount(): 4 {
    return 4;
  }
}

/** A ref to a signed 64-bit integer. */
export class BigInt64Ref extends NumericRef<bigint> {
  override read(): bigint {
    this.assertNotFreed();
    return this.manager.readBigInt64(this.address);
  }

  override readAtomic(): bigint {
    this.assertNotFreed();
    return this.manager.readBigInt64Atomic(this.address);
  }

  override write(newValue: bigint): this {
    this.assertNotFreed();
    this.manager.writeBigInt64(this.address, newValue);
    return this;
  }

  override writeAtomic(newValue: bigint): this {
    this.assertNotFreed();
    this.manager.writeBigInt64Atomic(this.address, newValue);
    return this;
  }

  override get allocatedByteCount(): 8 {
    return 8;
  }
}

/** A ref to an unsigned 64-bit integer. */
export class BigUint64Ref extends NumericRef<bigint> {
  override read(): bigint {
    this.assertNotFreed();
    return this.manager.readBigUint64(this.address);
  }

  override readAtomic(): bigint {
    this.assertNotFreed();
    return this.manager.readBigUint64Atomic(this.address);
  }

  override write(newValue: bigint): this {
    this.assertNotFreed();
    this.manager.writeBigUint64(this.address, newValue);
    return this;
  }

  override writeAtomic(newValue: bigint): this {
    this.assertNotFreed();
    this.manager.writeBigUint64Atomic(this.address, newValue);
    return this;
  }

  override get allocatedByteCount(): 8 {
    return 8;
  }
}

/** A ref to a single precision number, rounded to the nearest. */
export class Float32Ref extends NumericRef<number> {
  override read(): number {
    this.assertNotFreed();
    return this.manager.readFloat32(this.address);
  }

  override readAtomic(): number {
    this.assertNotFreed();
    return this.manager.readFloat32Atomic(this.address);
  }

  override write(newValue: number): this {
    this.assertNotFreed();
    this.manager.writeFloat32(this.address, newValue);
    return this;
  }

  override writeAtomic(newValue: number): this {
    this.assertNotFreed();
    this.manager.writeFloat32Atomic(this.address, newValue);
    return this;
  }

  override get allocatedByteCount(): 4 {
    return 4;
  }
}

/** A ref to a double precision number. */
export class Float64Ref extends NumericRef<number> {
  override read(): number {
    this.assertNotFreed();
    return this.manager.readFloat64(this.address);
  }

  override readAtomic(): number {
    this.assertNotFreed();
    return this.manager.readFloat64Atomic(this.address);
  }

  override write(newValue: number): this {
    this.assertNotFreed();
    this.manager.writeFloat64(this.address, newValue);
    return this;
  }

  override writeAtomic(newValue: number): this {
    this.assertNotFreed();
    this.manager.writeFloat64Atomic(this.address, newValue);
    return this;
  }

  override get allocatedByteCount(): 8 {
    return 8;
  }
}

/** A ref to a 32-bit address. */
export class Pointer32Ref extends PointerRef<number> {
  override read(): number {
    this.assertNotFreed();
    return this.manager.readPointer32(this.address);
  }

  override readAtomic(): number {
    this.assertNotFreed();
    return this.manager.readPointer32Atomic(this.address);
  }

  override write(newValue: number): this {
    this.assertNotFreed();
    this.manager.writePointer32(this.address, newValue);
    return this;
  }

  override writeAtomic(newValue: number): this {
    this.assertNotFreed();
    this.manager.writePointer32Atomic(this.address, newValue);
    return this;
  }

  override get allocatedByteCount(): 4 {
    return 4;
  }
}

/** A ref to a 64-bit address of at most 2^53 - 1, as a number. */
export class Pointer53Ref extends PointerRef<number> {
  override read(): number {
    this.assertNotFreed();
    return this.manager.readPointer53(this.address);
  }

  override readAtomic(): number {
    this.assertNotFreed();
    return this.manager.readPointer53Atomic(this.address);
  }

  override write(newValue: number): this {
    this.assertNotFreed();
    this.manager.writePointer53(this.address, newValue);
    return this;
  }

  override writeAtomic(newValue: number): this {
    this.assertNotFreed();
    this.manager.writePointer53Atomic(this.address, newValue);
    return this;
  }

  override get allocatedByteCount(): 8 {
    return 8;
  }
}

/** A ref to a 64-bit address, as a BigInt. */
export class Pointer64Ref extends PointerRef<bigint> {
  override read(): bigint {
    this.assertNotFreed();
    return this.manager.readPointer64(this.address);
  }

  override readAtomic(): bigint {
    this.assertNotFreed();
    return this.manager.readPointer64Atomic(this.address);
  }

  override write(newValue: bigint): this {
    this.assertNotFreed();
    this.manager.writePointer64(this.address, newValue);
    return this;
  }

  override writeAtomic(newValue: bigint): this {
    this.assertNotFreed();
    this.manager.writePointer64Atomic(this.address, newValue);
    return this;
  }

  override get allocatedByteCount(): 8 {
    return 8;
  }
}

/** A ref to an array of {@link Int8Ref}'s type. */
export class Int8ArrayRef extends TypedArrayRef<Int8Array> {
  override get view(): Int8Array {
    this.assertNotFreed();
    return this.manager.viewInt8Array(this.address, this.elementCount);
  }

  override readAt(index: number): number {
    return this.manager.readInt8(this.addressAt(index));
  }

  override readAtomicAt(index: number): number {
    return this.manager.readInt8Atomic(this.addressAt(index));
  }

  override writeAt(index: number, value: number): this {
    this.manager.writeInt8(this.addressAt(index), value);
    return this;
  }

  override writeAtomicAt(index: number, value: number): this {
    this.manager.writeInt8Atomic(this.addressAt(index), value);
    return this;
  }

  override get bytesPerElement(): 1 {
    return 1;
  }
}

/** A ref to an array of {@link Uint8Ref}'s type. */
export class Uint8ArrayRef extends TypedArrayRef<Uint8Array> {
  override get view(): Uint8Array {
    this.assertNotFreed();
    return this.manager.viewUint8Array(this.address, this.elementCount);
  }

  override readAt(index: number): number {
    return this.manager.readUint8(this.addressAt(index));
  }

  override readAtomicAt(index: number): number {
    return this.manager.readUint8Atomic(this.addressAt(index));
  }

  override writeAt(index: number, value: number): this {
    this.manager.writeUint8(this.addressAt(index), value);
    return this;
  }

  override writeAtomicAt(index: number, value: number): this {
    this.manager.writeUint8Atomic(this.addressAt(index), value);
    return this;
  }

  override get bytesPerElement(): 1 {
    return 1;
  }
}

/** A ref to an array of {@link Uint8ClampedRef}'s type. */
export class Uint8ClampedArrayRef extends TypedArrayRef<Uint8ClampedArray> {
  override get view(): Uint8ClampedArray {
    this.assertNotFreed();
    return this.manager.viewUint8ClampedArray(this.address, this.elementCount);
  }

  override readAt(index: number): number {
    return this.manager.readUint8Clamped(this.addressAt(index));
  }

  override readAtomicAt(index: number): number {
    return this.manager.readUint8ClampedAtomic(this.addressAt(index));
  }

  override writeAt(index: number, value: number): this {
    this.manager.writeUint8Clamped(this.addressAt(index), value);
    return this;
  }

  override writeAtomicAt(index: number, value: number): this {
    this.manager.writeUint8ClampedAtomic(this.addressAt(index), value);
    return this;
  }

  override get bytesPerElement(): 1 {
    return 1;
  }
}

/** A ref to an array of {@link Int16Ref}'s type. */
export class Int16ArrayRef extends TypedArrayRef<Int16Array> {
  override get view(): Int16Array {
    this.assertNotFreed();
    return this.manager.viewInt16Array(this.address, this.elementCount);
  }

  override readAt(index: number): number {
    return this.manager.readInt16(this.addressAt(index));
  }

  override readAtomicAt(index: number): number {
    return this.manager.readInt16Atomic(this.addressAt(index));
  }

  override writeAt(index: number, value: number): this {
    this.manager.writeInt16(this.addressAt(index), value);
    return this;
  }

  override writeAtomicAt(index: number, value: number): this {
    this.manager.writeInt16Atomic(this.addressAt(index), value);
    return this;
  }

  override get bytesPerElement(): 2 {
    return 2;
  }
}

/** A ref to an array of {@link Uint16Ref}'s type. */
export class Uint16ArrayRef extends TypedArrayRef<Uint16Array> {
  override get view(): Uint16Array {
    this.assertNotFreed();
    return this.manager.viewUint16Array(this.address, this.elementCount);
  }

  override readAt(index: number): number {
    return this.manager.readUint16(this.addressAt(index));
  }

  override readAtomicAt(index: number): number {
    return this.manager.readUint16Atomic(this.addressAt(index));
  }

  override writeAt(index: number, value: number): this {
    this.manager.writeUint16(this.addressAt(index), value);
    return this;
  }

  override writeAtomicAt(index: number, value: number): this {
    this.manager.writeUint16Atomic(this.addressAt(index), value);
    return this;
  }

  override get bytesPerElement(): 2 {
    return 2;
  }
}

/** A ref to an array of {@link Int32Ref}'s type. */
export class Int32ArrayRef extends TypedArrayRef<Int32Array> {
  override get view(): Int32Array {
    this.assertNotFreed();
    return this.manager.viewInt32Array(this.address, this.elementCount);
  }

  override readAt(index: number): number {
    return this.manager.readInt32(this.addressAt(index));
  }

  override readAtomicAt(index: number): number {
    return this.manager.readInt32Atomic(this.addressAt(index));
  }

  override writeAt(index: number, value: number): this {
    this.manager.writeInt32(this.addressAt(index), value);
    return this;
  }

  override writeAtomicAt(index: number, value: number): this {
    this.manager.writeInt32Atomic(this.addressAt(index), value);
    return this;
  }

  override get bytesPerElement(): 4 {
    return 4;
  }
}

/** A ref to an array of {@link Uint32Ref}'s type. */
export class Uint32ArrayRef extends TypedArrayRef<Uint32Array> {
  override get view(): Uint32Array {
    this.assertNotFreed();
    return this.manager.viewUint32Array(this.address, this.elementCount);
  }

  override readAt(index: number): number {
    return this.manager.readUint32(this.addressAt(index));
  }

  override readAtomicAt(index: number): number {
    return this.manager.readUint32Atomic(this.addressAt(index));
  }

  override writeAt(index: number, value: number): this {
    this.manager.writeUint32(this.addressAt(index), value);
    return this;
  }

  override writeAtomicAt(index: number, value: number): this {
    this.manager.writeUint32Atomic(this.addressAt(index), value);
    return this;
  }

  override get bytesPerElement(): 4 {
    return 4;
  }
}

/** A ref to an array of {@link BigInt64Ref}'s type. */
export class BigInt64ArrayRef extends TypedArrayRef<BigInt64Array> {
  override get view(): BigInt64Array {
    this.assertNotFreed();
    return this.manager.viewBigInt64Array(this.address, this.elementCount);
  }

  override readAt(index: number): bigint {
    return this.manager.readBigInt64(this.addressAt(index));
  }

  override readAtomicAt(index: number): bigint {
    return this.manager.readBigInt64Atomic(this.addressAt(index));
  }

  override writeAt(index: number, value: bigint): this {
    this.manager.writeBigInt64(this.addressAt(index), value);
    return this;
  }

  override writeAtomicAt(index: number, value: bigint): this {
    this.manager.writeBigInt64Atomic(this.addressAt(index), value);
    return this;
  }

  override get bytesPerElement(): 8 {
    return 8;
  }
}

/** A ref to an array of {@link BigUint64Ref}'s type. */
export class BigUint64ArrayRef extends TypedArrayRef<BigUint64Array> {
  override get view(): BigUint64Array {
    this.assertNotFreed();
    return this.manager.viewBigUint64Array(this.address, this.elementCount);
  }

  override readAt(index: number): bigint {
    return this.manager.readBigUint64(this.addressAt(index));
  }

  override readAtomicAt(index: number): bigint {
    return this.manager.readBigUint64Atomic(this.addressAt(index));
  }

  override writeAt(index: number, value: bigint): this {
    this.manager.writeBigUint64(this.addressAt(index), value);
    return this;
  }

  override writeAtomicAt(index: number, value: bigint): this {
    this.manager.writeBigUint64Atomic(this.addressAt(index), value);
    return this;
  }

  override get bytesPerElement(): 8 {
    return 8;
  }
}

/** A ref to an array of {@link Float32Ref}'s type. */
export class Float32ArrayRef extends TypedArrayRef<Float32Array> {
  override get view(): Float32Array {
    this.assertNotFreed();
    return this.manager.viewFloat32Array(this.address, this.elementCount);
  }

  override readAt(index: number): number {
    return this.manager.readFloat32(this.addressAt(index));
  }

  override readAtomicAt(index: number): number {
    return this.manager.readFloat32Atomic(this.addressAt(index));
  }

  override writeAt(index: number, value: number): this {
    this.manager.writeFloat32(this.addressAt(index), value);
    return this;
  }

  override writeAtomicAt(index: number, value: number): this {
    this.manager.writeFloat32Atomic(this.addressAt(index), value);
    return this;
  }

  override get bytesPerElement(): 4 {
    return 4;
  }
}

/** A ref to an array of {@link Float64Ref}'s type. */
export class Float64ArrayRef extends TypedArrayRef<Float64Array> {
  override get view(): Float64Array {
    this.assertNotFreed();
    return this.manager.viewFloat64Array(this.address, this.elementCount);
  }

  override readAt(index: number): number {
    return this.manager.readFloat64(this.addressAt(index));
  }

  override readAtomicAt(index: number): number {
    return this.manager.readFloat64Atomic(this.addressAt(index));
  }

  override writeAt(index: number, value: number): this {
    this.manager.writeFloat64(this.addressAt(index), value);
    return this;
  }

  override writeAtomicAt(index: number, value: number): this {
    this.manager.writeFloat64Atomic(this.addressAt(index), value);
    return this;
  }

  override get bytesPerElement(): 8 {
    return 8;
  }
}

/** A ref to an array of {@link Pointer32Ref}'s type. */
export class Pointer32ArrayRef extends PointerArrayRef<Uint32Array> {
  override get view(): Uint32Array {
    this.assertNotFreed();
    return this.manager.viewPointer32Array(this.address, this.elementCount);
  }

  override readAt(index: number): number {
    return this.manager.readPointer32(this.addressAt(index));
  }

  override readAtomicAt(index: number): number {
    return this.manager.readPointer32Atomic(this.addressAt(index));
  }

  override writeAt(index: number, value: number): this {
    this.manager.writePointer32(this.addressAt(index), value);
    return this;
  }

  override writeAtomicAt(index: number, value: number): this {
    this.manager.writePointer32Atomic(this.addressAt(index), value);
    return this;
  }

  override get bytesPerElement(): 4 {
    return 4;
  }
}

/** A ref to an array of {@link Pointer53Ref}'s type. */
export class Pointer53ArrayRef extends PointerArrayRef<BigUint64Array> {
  override get view(): BigUint64Array {
    this.assertNotFreed();
    return this.manager.viewPointer53Array(this.address, this.elementCount);
  }

  override readAt(index: number): number {
    return this.manager.readPointer53(this.addressAt(index));
  }

  override readAtomicAt(index: number): number {
    return this.manager.readPointer53Atomic(this.addressAt(index));
  }

  override writeAt(index: number, value: number): this {
    this.manager.writePointer53(this.addressAt(index), value);
    return this;
  }

  override writeAtomicAt(index: number, value: number): this {
    this.manager.writePointer53Atomic(this.addressAt(index), value);
    return this;
  }

  override get bytesPerElement(): 8 {
    return 8;
  }
}

/** A ref to an array of {@link Pointer64Ref}'s type. */
export class Pointer64ArrayRef extends PointerArrayRef<BigUint64Array> {
  override get view(): BigUint64Array {
    this.assertNotFreed();
    return this.manager.viewPointer64Array(this.address, this.elementCount);
  }

  override readAt(index: number): bigint {
    return this.manager.readPointer64(this.addressAt(index));
  }

  override readAtomicAt(index: number): bigint {
    return this.manager.readPointer64Atomic(this.addressAt(index));
  }

  override writeAt(index: number, value: bigint): this {
    this.manager.writePointer64(this.addressAt(index), value);
    return this;
  }

  override writeAtomicAt(index: number, value: bigint): this {
    this.manager.writePointer64Atomic(this.addressAt(index), value);
    return this;
  }

  override get bytesPerElement(): 8 {
    return 8;
  }
}

/** A ref to a null-terminated string in Ascii. */
export class NullTerminatedAsciiStringRef extends NullTerminatedStringRef {
  override read(): string {
    this.assertNotFreed();
    return this.manager.readNullTerminatedAsciiString(this.address, this.allocatedElementCount);
  }

  override write(newValue: string): this {
    this.assertNotFreed();
    this.manager.writeNullTerminatedAsciiString(this.address, newValue, this.allocatedElementCount);
    return this;
  }

  override get allocatedElementsView(): Uint8Array {
    this.assertNotFreed();
    return this.manager.viewUint8Array(this.address, this.allocatedElementCount);
  }

  override get encodedElementsView(): Uint8Array {
    this.assertNotFreed();
    return this.manager.viewUint8Array(this.address, this.encodedElementCount);
  }

  override get bytesPerElement(): 1 {
    return 1;
  }
}

/** A ref to a null-terminated string in Utf8. */
export class NullTerminatedUtf8StringRef extends NullTerminatedStringRef {
  override read(): string {
    this.assertNotFreed();
    return this.manager.readNullTerminatedUtf8String(this.address, this.allocatedElementCount);
  }

  override write(newValue: string): this {
    this.assertNotFreed();
    this.manager.writeNullTerminatedUtf8String(this.address, newValue, this.allocatedElementCount);
    return this;
  }

  override get allocatedElementsView(): Uint8Array {
    this.assertNotFreed();
    return this.manager.viewUint8Array(this.address, this.allocatedElementCount);
  }

  override get encodedElementsView(): Uint8Array {
    this.assertNotFreed();
    return this.manager.viewUint8Array(this.address, this.encodedElementCount);
  }

  override get bytesPerElement(): 1 {
    return 1;
  }
}

/** A ref to a null-terminated string in Utf16. */
export class NullTerminatedUtf16StringRef extends NullTerminatedStringRef {
  override read(): string {
    this.assertNotFreed();
    return this.manager.readNullTerminatedUtf16String(this.address, this.allocatedElementCount);
  }

  override write(newValue: string): this {
    this.assertNotFreed();
    this.manager.writeNullTerminatedUtf16String(this.address, newValue, this.allocatedElementCount);
    return this;
  }

  override get allocatedElementsView(): Uint16Array {
    this.assertNotFreed();
    return this.manager.viewUint16Array(this.address, this.allocatedElementCount);
  }

  override get encodedElementsView(): Uint16Array {
    this.assertNotFreed();
    return this.manager.viewUint16Array(this.address, this.encodedElementCount);
  }

  override get bytesPerElement(): 2 {
    return 2;
  }
}

/** A ref to a null-terminated string in Utf32. */
export class NullTerminatedUtf32StringRef extends NullTerminatedStringRef {
  override read(): string {
    this.assertNotFreed();
    return this.manager.readNullTerminatedUtf32String(this.address, this.allocatedElementCount);
  }

  override write(newValue: string): this {
    this.assertNotFreed();
    this.manager.writeNullTerminatedUtf32String(this.address, newValue, this.allocatedElementCount);
    return this;
  }

  override get allocatedElementsView(): Uint32Array {
    this.assertNotFreed();
    return this.manager.viewUint32Array(this.address, this.allocatedElementCount);
  }

  override get encodedElementsView(): Uint32Array {
    this.assertNotFreed();
    return this.manager.viewUint32Array(this.address, this.encodedElementCount);
  }

  override get bytesPerElement(): 4 {
    return 4;
  }
}
