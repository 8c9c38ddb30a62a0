// Made by tools/generate.mjs from js/src/elements.def. Do not edit.

import { Allocation } from '../wasm-heap-manager/allocation.js';
import { address32, pointerForms } from '../wasm-heap-manager/elements.js';
import { Ascii, Utf16, Utf32, Utf8 } from '../wasm-heap-manager/strings.js';
import {
  BigInt64ArrayRef,
  BigInt64Ref,
  BigUint64ArrayRef,
  BigUint64Ref,
  Float32ArrayRef,
  Float32Ref,
  Float64ArrayRef,
  Float64Ref,
  Int16ArrayRef,
  Int16Ref,
  Int32ArrayRef,
  Int32Ref,
  Int8ArrayRef,
  Int8Ref,
  NullTerminatedAsciiStringRef,
  NullTerminatedUtf16StringRef,
  NullTerminatedUtf32StringRef,
  NullTerminatedUtf8StringRef,
  Pointer32ArrayRef,
  Pointer32Ref,
  Pointer53ArrayRef,
  Pointer53Ref,
  Pointer64ArrayRef,
  Pointer64Ref,
  Uint16ArrayRef,
  Uint16Ref,
  Uint32ArrayRef,
  Uint32Ref,
  Uint8ArrayRef,
  Uint8ClampedArrayRef,
  Uint8ClampedRef,
  Uint8Ref,
} from './wasm-heap-manager-refs.js';

/** The methods that a manager has once for each type of number and each encoding. */
export class TypedMethods extends Allocation {
  /** Reads a signed 8-bit integer. */
  readInt8(address: number): number {
    return this.heapOfNow.readInt8(address);
  }

  /** Reads a signed 8-bit integer, atomically. */
  readInt8Atomic(address: number): number {
    return this.heapOfNow.atomics.load('Int8', address);
  }

  /** Writes a signed 8-bit integer. */
  writeInt8(address: number, value: number): void {
    this.heapOfNow.writeInt8(address, value);
  }

  /** Writes a signed 8-bit integer, atomically. */
  writeInt8Atomic(address: number, value: number): void {
    this.heapOfNow.atomics.store('Int8', address, value);
  }

  /** Allocates a signed 8-bit integer. */
  allocInt8(initialValue?: number): Int8Ref {
    return this.allocValue(Int8Ref, 1, initialValue);
  }

  /** A ref to a signed 8-bit integer that lies at an address already. */
  wrapInt8(address: number): Int8Ref {
    return new Int8Ref(address, this.self);
  }

  /** A view on elements in the heap, for immediate use: growth leaves it behind. */
  viewInt8Array(address: number, elementCount: number): Int8Array {
    return this.heap.view(Int8Array, address, elementCount);
  }

  /** Allocates an array: of a number of elements, or with these. */
  allocInt8Array(elementCount: number): Int8ArrayRef;
  allocInt8Array(elements: Int8Array): Int8ArrayRef;
  allocInt8Array(elements: number | Int8Array): Int8ArrayRef {
    return this.allocArray(Int8ArrayRef, Int8Array, elements);
  }

  /** A ref to an array that lies at an address already. */
  wrapInt8Array(address: number, elementCount: number): Int8ArrayRef {
    return new Int8ArrayRef(address, elementCount, this.self);
  }

  /** Reads an unsigned 8-bit integer. */
  readUint8(address: number): number {
    return this.heapOfNow.readUint8(address);
  }

  /** Reads an unsigned 8-bit integer, atomically. */
  readUint8Atomic(address: number): number {
    return this.heapOfNow.atomics.load('Uint8', address);
  }

  /** Writes an unsigned 8-bit integer. */
  writeUint8(address: number, value: number): void {
    this.heapOfNow.writeUint8(address, value);
  }

  /** Writes an unsigned 8-bit integer, atomically. */
  writeUint8Atomic(address: number, value: number): void {
    this.heapOfNow.atomics.store('Uint8', address, value);
  }

  /** Allocates an unsigned 8-bit integer. */
  allocUint8(initialValue?: number): Uint8Ref {
    return this.allocValue(Uint8Ref, 1, initialValue);
  }

  /** A ref to an unsigned 8-bit integer that lies at an address already. */
  wrapUint8(address: number): Uint8Ref {
    return new Uint8Ref(address, this.self);
  }

  /** A view on elements in the heap, for immediate use: growth leaves it behind. */
  viewUint8Array(address: number, elementCount: number): Uint8Array {
    return this.heap.view(Uint8Array, address, elementCount);
  }

  /** Allocates an array: of a number of elements, or with these. */
  allocUint8Array(elementCount: number): Uint8ArrayRef;
  allocUint8Array(elements: Uint8Array): Uint8ArrayRef;
  allocUint8Array(elements: number | Uint8Array): Uint8ArrayRef {
    return this.allocArray(Uint8ArrayRef, Uint8Array, elements);
  }

  /** A ref to an array that lies at an address already. */
  wrapUint8Array(address: number, elementCount: number): Uint8ArrayRef {
    return new Uint8ArrayRef(address, elementCount, this.self);
  }

  /** Reads an unsigned 8-bit integer, rounded and clamped to 0 to 255. */
  readUint8Clamped(address: number): number {
    return this.heapOfNow.readUint8Clamped(address);
  }

  /** Another name of {@link readUint8Clamped}. */
  readClampedUint8(address: number): number {
    return this.readUint8Clamped(address);
  }

  /** Reads an unsigned 8-bit integer, rounded and clamped to 0 to 255, atomically. */
  readUint8ClampedAtomic(address: number): number {
    return this.heapOfNow.atomics.load('Uint8Clamped', address);
  }

  /** Another name of {@link readUint8ClampedAtomic}. */
  readClampedUint8Atomic(address: number): number {
    return this.readUint8ClampedAtomic(address);
  }

  /** Writes an unsigned 8-bit integer, rounded and clamped to 0 to 255. */
  writeUint8Clamped(address: number, value: number): void {
    this.heapOfNow.writeUint8Clamped(address, value);
  }

  /** Another name of {@link writeUint8Clamped}. */
  writeClampedUint8(address: number, value: number): void {
    this.writeUint8Clamped(address, value);
  }

  /** Writes an unsigned 8-bit integer, rounded and clamped to 0 to 255, atomically. */
  writeUint8ClampedAtomic(address: number, value: number): void {
    this.heapOfNow.atomics.store('Uint8Clamped', address, value);
  }

  /** Another name of {@link writeUint8ClampedAtomic}. */
  writeClampedUint8Atomic(address: number, value: number): void {
    this.writeUint8ClampedAtomic(address, value);
  }

  /** Allocates an unsigned 8-bit integer, rounded and clamped to 0 to 255. */
  allocUint8Clamped(initialValue?: number): Uint8ClampedRef {
    return this.allocValue(Uint8ClampedRef, 1, initialValue);
  }

  /** Another name of {@link allocUint8Clamped}. */
  allocClampedUint8(initialValue?: number): Uint8ClampedRef {
    return this.allocUint8Clamped(initialValue);
  }

  /** A ref to an unsigned 8-bit integer, rounded and clamped to 0 to 255 that lies at an address already. */
  wrapUint8Clamped(address: number): Uint8ClampedRef {
    return new Uint8ClampedRef(address, this.self);
  }

  /** Another name of {@link wrapUint8Clamped}. */
  wrapClampedUint8(address: number): Uint8ClampedRef {
    return this.wrapUint8Clamped(address);
  }

  /** A view on elements in the heap, for immediate use: growth leaves it behind. */
  viewUint8ClampedArray(address: number, elementCount: number): Uint8ClampedArray {
    return this.heap.view(Uint8ClampedArray, address, elementCount);
  }

  /** Another name of {@link viewUint8ClampedArray}. */
  viewClampedUint8Array(address: number, elementCount: number): Uint8ClampedArray {
    return this.viewUint8ClampedArray(address, elementCount);
  }

  /** Allocates an array: of a number of elements, or with these. */
  allocUint8ClampedArray(elementCount: number): Uint8ClampedArrayRef;
  allocUint8ClampedArray(elements: Uint8ClampedArray): Uint8ClampedArrayRef;
  allocUint8ClampedArray(elements: number | Uint8ClampedArray): Uint8ClampedArrayRef {
    return this.allocArray(Uint8ClampedArrayRef, Uint8ClampedArray, elements);
  }

  /** Another name of {@link allocUint8ClampedArray}. */
  allocClampedUint8Array(elementCount: number): Uint8ClampedArrayRef;
  allocClampedUint8Array(elements: Uint8ClampedArray): Uint8ClampedArrayRef;
  allocClampedUint8Array(elements: number | Uint8ClampedArray): Uint8ClampedArrayRef {
    return this.allocUint8ClampedArray(elements as never);
  }

  /** A ref to an array that lies at an address already. */
  wrapUint8ClampedArray(address: number, elementCount: number): Uint8ClampedArrayRef {
    return new Uint8ClampedArrayRef(address, elementCount, this.self);
  }

  /** Another name of {@link wrapUint8ClampedArray}. */
  wrapClampedUint8Array(address: number, elementCount: number): Uint8ClampedArrayRef {
    return this.wrapUint8ClampedArray(address, elementCount);
  }

  /** Reads a signed 16-bit integer. */
  readInt16(address: number): number {
    return this.heapOfNow.readInt16(address);
  }

  /** Reads a signed 16-bit integer, atomically. */
  readInt16Atomic(address: number): number {
    return this.heapOfNow.atomics.load('Int16', address);
  }

  /** Writes a signed 16-bit integer. */
  writeInt16(address: number, value: number): void {
    this.heapOfNow.writeInt16(address, value);
  }

  /** Writes a signed 16-bit integer, atomically. */
  writeInt16Atomic(address: number, value: number): void {
    this.heapOfNow.atomics.store('Int16', address, value);
  }

  /** Allocates a signed 16-bit integer. */
  allocInt16(initialValue?: number): Int16Ref {
    return this.allocValue(Int16Ref, 2, initialValue);
  }

  /** A ref to a signed 16-bit integer that lies at an address already. */
  wrapInt16(address: number): Int16Ref {
    return new Int16Ref(address, this.self);
  }

  /** A view on elements in the heap, for immediate use: growth leaves it behind. */
  viewInt16Array(address: number, elementCount: number): Int16Array {
    return this.heap.view(Int16Array, address, elementCount);
  }

  /** Allocates an array: of a number of elements, or with these. */
  allocInt16Array(elementCount: number): Int16ArrayRef;
  allocInt16Array(elements: Int16Array): Int16ArrayRef;
  allocInt16Array(elements: number | Int16Array): Int16ArrayRef {
    return this.allocArray(Int16ArrayRef, Int16Array, elements);
  }

  /** A ref to an array that lies at an address already. */
  wrapInt16Array(address: number, elementCount: number): Int16ArrayRef {
    return new Int16ArrayRef(address, elementCount, this.self);
  }

  /** Reads an unsigned 16-bit integer. */
  readUint16(address: number): number {
    return this.heapOfNow.readUint16(address);
  }

  /** Reads an unsigned 16-bit integer, atomically. */
  readUint16Atomic(address: number): number {
    return this.heapOfNow.atomics.load('Uint16', address);
  }

  /** Writes an unsigned 16-bit integer. */
  writeUint16(address: number, value: number): void {
    this.heapOfNow.writeUint16(address, value);
  }

  /** Writes an unsigned 16-bit integer, atomically. */
  writeUint16Atomic(address: number, value: number): void {
    this.heapOfNow.atomics.store('Uint16', address, value);
  }

  /** Allocates an unsigned 16-bit integer. */
  allocUint16(initialValue?: number): Uint16Ref {
    return this.allocValue(Uint16Ref, 2, initialValue);
  }

  /** A ref to an unsigned 16-bit integer that lies at an address already. */
  wrapUint16(address: number): Uint16Ref {
    return new Uint16Ref(address, this.self);
  }

  /** A view on elements in the heap, for immediate use: growth leaves it behind. */
  viewUint16Array(address: number, elementCount: number): Uint16Array {
    return this.heap.view(Uint16Array, address, elementCount);
  }

  /** Allocates an array: of a number of elements, or with these. */
  allocUint16Array(elementCount: number): Uint16ArrayRef;
  allocUint16Array(elements: Uint16Array): Uint16ArrayRef;
  allocUint16Array(elements: number | Uint16Array): Uint16ArrayRef {
    return this.allocArray(Uint16ArrayRef, Uint16Array, elements);
  }

  /** A ref to an array that lies at an address already. */
  wrapUint16Array(address: number, elementCount: number): Uint16ArrayRef {
    return new Uint16ArrayRef(address, elementCount, this.self);
  }

  /** Reads a signed 32-bit integer. */
  readInt32(address: number): number {
    return this.heapOfNow.readInt32(address);
  }

  /** Reads a signed 32-bit integer, atomically. */
  readInt32Atomic(address: number): number {
    return this.heapOfNow.atomics.load('Int32', address);
  }

  /** Writes a signed 32-bit integer. */
  writeInt32(address: number, value: number): void {
    this.heapOfNow.writeInt32(address, value);
  }

  /** Writes a signed 32-bit integer, atomically. */
  writeInt32Atomic(address: number, value: number): void {
    this.heapOfNow.atomics.store('Int32', address, value);
  }

  /** Allocates a signed 32-bit integer. */
  allocInt32(initialValue?: number): Int32Ref {
    return this.allocValue(Int32Ref, 4, initialValue);
  }

  /** A ref to a signed 32-bit integer that lies at an address already. */
  wrapInt32(address: number): Int32Ref {
    return new Int32Ref(address, this.self);
  }

  /** A view on elements in the heap, for immediate use: growth leaves it behind. */
  viewInt32Array(address: number, elementCount: number): Int32Array {
    return this.heap.view(Int32Array, address, elementCount);
  }

  /** Allocates an array: of a number of elements, or with these. */
  allocInt32Array(elementCount: number): Int32ArrayRef;
  allocInt32Array(elements: Int32Array): Int32ArrayRef;
  allocInt32Array(elements: number | Int32Array): Int32ArrayRef {
    return this.allocArray(Int32ArrayRef, Int32Array, elements);
  }

  /** A ref to an array that lies at an address already. */
  wrapInt32Array(address: number, elementCount: number): Int32ArrayRef {
    return new Int32ArrayRef(address, elementCount, this.self);
  }

  /** Reads an unsigned 32-bit integer. */
  readUint32(address: number): number {
    return this.heapOfNow.readUint32(address);
  }

  /** Reads an unsigned 32-bit integer, atomically. */
  readUint32Atomic(address: number): number {
    return this.heapOfNow.atomics.load('Uint32', address);
  }

  /** Writes an unsigned 32-bit integer. */
  writeUint32(address: number, value: number): void {
    this.heapOfNow.writeUint32(address, value);
  }

  /** Writes an unsigned 32-bit integer, atomically. */
  writeUint32Atomic(address: number, value: number): void {
    this.heapOfNow.atomics.store('Uint32', address, value);
  }

  /** Allocates an unsigned 32-bit integer. */
  allocUint32(initialValue?: number): Uint32Ref {
    return this.allocValue(Uint32Ref, 4, initialValue);
  }

  /** A ref to an unsigned 32-bit integer that lies at an address already. */
  wrapUint32(address: number): Uint32Ref {
    return new Uint32Ref(address, this.self);
  }

  /** A view on elements in the heap, for immediate use: growth leaves it behind. */
  viewUint32Array(address: number, elementCount: number): Uint32Array {
    return this.heap.view(Uint32Array, address, elementCount);
  }

  /** Allocates an array: of a number of elements, or with these. */
  allocUint32Array(elementCount: number): Uint32ArrayRef;
  allocUint32Array(elements: Uint32Array): Uint32ArrayRef;
  allocUint32Array(elements: number | Uint32Array): Uint32ArrayRef {
    return this.allocArray(Uint32ArrayRef, Uint32Array, elements);
  }

  /** A ref to an array that lies at an address already. */
  wrapUint32Array(address: number, elementCount: number): Uint32ArrayRef {
    return new Uint32ArrayRef(address, elementCount, this.self);
  }

  /** Reads a signed 64-bit integer. */
  readBigInt64(address: number): bigint {
    return this.heapOfNow.readBigInt64(address);
  }

  /** Reads a signed 64-bit integer, atomically. */
  readBigInt64Atomic(address: number): bigint {
    return this.heapOfNow.atomics.load('BigInt64', address);
  }

  /** Writes a signed 64-bit integer. */
  writeBigInt64(address: number, value: bigint): void {
    this.heapOfNow.writeBigInt64(address, value);
  }

  /** Writes a signed 64-bit integer, atomically. */
  writeBigInt64Atomic(address: number, value: bigint): void {
    this.heapOfNow.atomics.store('BigInt64', address, value);
  }

  /** Allocates a signed 64-bit integer. */
  allocBigInt64(initialValue?: bigint): BigInt64Ref {
    return this.allocValue(BigInt64Ref, 8, initialValue);
  }

  /** A ref to a signed 64-bit integer that lies at an address already. */
  wrapBigInt64(address: number): BigInt64Ref {
    return new BigInt64Ref(address, this.self);
  }

  /** A view on elements in the heap, for immediate use: growth leaves it behind. */
  viewBigInt64Array(address: number, elementCount: number): BigInt64Array {
    return this.heap.view(BigInt64Array, address, elementCount);
  }

  /** Allocates an array: of a number of elements, or with these. */
  allocBigInt64Array(elementCount: number): BigInt64ArrayRef;
  allocBigInt64Array(elements: BigInt64Array): BigInt64ArrayRef;
  allocBigInt64Array(elements: number | BigInt64Array): BigInt64ArrayRef {
    return this.allocArray(BigInt64ArrayRef, BigInt64Array, elements);
  }

  /** A ref to an array that lies at an address already. */
  wrapBigInt64Array(address: number, elementCount: number): BigInt64ArrayRef {
    return new BigInt64ArrayRef(address, elementCount, this.self);
  }

  /** Reads an unsigned 64-bit integer. */
  readBigUint64(address: number): bigint {
    return this.heapOfNow.readBigUint64(address);
  }

  /** Reads an unsigned 64-bit integer, atomically. */
  readBigUint64Atomic(address: number): bigint {
    return this.heapOfNow.atomics.load('BigUint64', address);
  }

  /** Writes an unsigned 64-bit integer. */
  writeBigUint64(address: number, value: bigint): void {
    this.heapOfNow.writeBigUint64(address, value);
  }

  /** Writes an unsigned 64-bit integer, atomically. */
  writeBigUint64Atomic(address: number, value: bigint): void {
    this.heapOfNow.atomics.store('BigUint64', address, value);
  }

  /** Allocates an unsigned 64-bit integer. */
  allocBigUint64(initialValue?: bigint): BigUint64Ref {
    return this.allocValue(BigUint64Ref, 8, initialValue);
  }

  /** A ref to an unsigned 64-bit integer that lies at an address already. */
  wrapBigUint64(address: number): BigUint64Ref {
    return new BigUint64Ref(address, this.self);
  }

  /** A view on elements in the heap, for immediate use: growth leaves it behind. */
  viewBigUint64Array(address: number, elementCount: number): BigUint64Array {
    return this.heap.view(BigUint64Array, address, elementCount);
  }

  /** Allocates an array: of a number of elements, or with these. */
  allocBigUint64Array(elementCount: number): BigUint64ArrayRef;
  allocBigUint64Array(elements: BigUint64Array): BigUint64ArrayRef;
  allocBigUint64Array(elements: number | BigUint64Array): BigUint64ArrayRef {
    return this.allocArray(BigUint64ArrayRef, BigUint64Array, elements);
  }

  /** A ref to an array that lies at an address already. */
  wrapBigUint64Array(address: number, elementCount: number): BigUint64ArrayRef {
    return new BigUint64ArrayRef(address, elementCount, this.self);
  }

  /** Reads a single precision number, rounded to the nearest. */
  readFloat32(address: number): number {
    return this.heapOfNow.readFloat32(address);
  }

  /** Reads a single precision number, rounded to the nearest, atomically. */
  readFloat32Atomic(address: number): number {
    return this.heapOfNow.atomics.load('Float32', address);
  }

  /** Writes a single precision number, rounded to the nearest. */
  writeFloat32(address: number, value: number): void {
    this.heapOfNow.writeFloat32(address, value);
  }

  /** Writes a single precision number, rounded to the nearest, atomically. */
  writeFloat32Atomic(address: number, value: number): void {
    this.heapOfNow.atomics.store('Float32', address, value);
  }

  /** Allocates a single precision number, rounded to the nearest. */
  allocFloat32(initialValue?: number): Float32Ref {
    return this.allocValue(Float32Ref, 4, initialValue);
  }

  /** A ref to a single precision number, rounded to the nearest that lies at an address already. */
  wrapFloat32(address: number): Float32Ref {
    return new Float32Ref(address, this.self);
  }

  /** A view on elements in the heap, for immediate use: growth leaves it behind. */
  viewFloat32Array(address: number, elementCount: number): Float32Array {
    return this.heap.view(Float32Array, address, elementCount);
  }

  /** Allocates an array: of a number of elements, or with these. */
  allocFloat32Array(elementCount: number): Float32ArrayRef;
  allocFloat32Array(elements: Float32Array): Float32ArrayRef;
  allocFloat32Array(elements: number | Float32Array): Float32ArrayRef {
    return this.allocArray(Float32ArrayRef, Float32Array, elements);
  }

  /** A ref to an array that lies at an address already. */
  wrapFloat32Array(address: number, elementCount: number): Float32ArrayRef {
    return new Float32ArrayRef(address, elementCount, this.self);
  }

  /** Reads a double precision number. */
  readFloat64(address: number): number {
    return this.heapOfNow.readFloat64(address);
  }

  /** Reads a double precision number, atomically. */
  readFloat64Atomic(address: number): number {
    return this.heapOfNow.atomics.load('Float64', address);
  }

  /** Writes a double precision number. */
  writeFloat64(address: number, value: number): void {
    this.heapOfNow.writeFloat64(address, value);
  }

  /** Writes a double precision number, atomically. */
  writeFloat64Atomic(address: number, value: number): void {
    this.heapOfNow.atomics.store('Float64', address, value);
  }

  /** Allocates a double precision number. */
  allocFloat64(initialValue?: number): Float64Ref {
    return this.allocValue(Float64Ref, 8, initialValue);
  }

  /** A ref to a double precision number that lies at an address already. */
  wrapFloat64(address: number): Float64Ref {
    return new Float64Ref(address, this.self);
  }

  /** A view on elements in the heap, for immediate use: growth leaves it behind. */
  viewFloat64Array(address: number, elementCount: number): Float64Array {
    return this.heap.view(Float64Array, address, elementCount);
  }

  /** Allocates an array: of a number of elements, or with these. */
  allocFloat64Array(elementCount: number): Float64ArrayRef;
  allocFloat64Array(elements: Float64Array): Float64ArrayRef;
  allocFloat64Array(elements: number | Float64Array): Float64ArrayRef {
    return this.allocArray(Float64ArrayRef, Float64Array, elements);
  }

  /** A ref to an array that lies at an address already. */
  wrapFloat64Array(address: number, elementCount: number): Float64ArrayRef {
    return new Float64ArrayRef(address, elementCount, this.self);
  }

  /** Reads a 32-bit address. */
  readPointer32(address: number): number {
    return this.heapOfNow.readUint32(address);
  }

  /** Reads a 32-bit address, atomically. */
  readPointer32Atomic(address: number): number {
    return this.heapOfNow.atomics.load('Uint32', address);
  }

  /** Writes a 32-bit address. */
  writePointer32(address: number, value: number): void {
    this.heapOfNow.writeUint32(address, address32(value));
  }

  /** Writes a 32-bit address, atomically. */
  writePointer32Atomic(address: number, value: number): void {
    this.heapOfNow.atomics.store('Uint32', address, address32(value));
  }

  /** Allocates a 32-bit address. */
  allocPointer32(initialValue?: number): Pointer32Ref {
    return this.allocValue(Pointer32Ref, 4, initialValue);
  }

  /** A ref to a 32-bit address that lies at an address already. */
  wrapPointer32(address: number): Pointer32Ref {
    return new Pointer32Ref(address, this.self);
  }

  /** A view on elements in the heap, for immediate use: growth leaves it behind. */
  viewPointer32Array(address: number, elementCount: number): Uint32Array {
    return this.heap.view(Uint32Array, address, elementCount);
  }

  /** Allocates an array: of a number of elements, or with these. */
  allocPointer32Array(elementCount: number): Pointer32ArrayRef;
  allocPointer32Array(elements: Uint32Array): Pointer32ArrayRef;
  allocPointer32Array(elements: number | Uint32Array): Pointer32ArrayRef {
    return this.allocArray(Pointer32ArrayRef, Uint32Array, elements, pointerForms.Pointer32);
  }

  /** A ref to an array that lies at an address already. */
  wrapPointer32Array(address: number, elementCount: number): Pointer32ArrayRef {
    return new Pointer32ArrayRef(address, elementCount, this.self);
  }

  /** Reads a 64-bit address of at most 2^53 - 1, as a number. */
  readPointer53(address: number): number {
    return this.heapOfNow.readPointer53(address);
  }

  /** Reads a 64-bit address of at most 2^53 - 1, as a number, atomically. */
  readPointer53Atomic(address: number): number {
    return this.heapOfNow.atomics.load('Pointer53', address);
  }

  /** Writes a 64-bit address of at most 2^53 - 1, as a number. */
  writePointer53(address: number, value: number): void {
    this.heapOfNow.writePointer53(address, value);
  }

  /** Writes a 64-bit address of at most 2^53 - 1, as a number, atomically. */
  writePointer53Atomic(address: number, value: number): void {
    this.heapOfNow.atomics.store('Pointer53', address, value);
  }

  /** Allocates a 64-bit address of at most 2^53 - 1, as a number. */
  allocPointer53(initialValue?: number): Pointer53Ref {
    return this.allocValue(Pointer53Ref, 8, initialValue);
  }

  /** A ref to a 64-bit address of at most 2^53 - 1, as a number that lies at an address already. */
  wrapPointer53(address: number): Pointer53Ref {
    return new Pointer53Ref(address, this.self);
  }

  /** A view on elements in the heap, for immediate use: growth leaves it behind. */
  viewPointer53Array(address: number, elementCount: number): BigUint64Array {
    return this.heap.view(BigUint64Array, address, elementCount);
  }

  /** Allocates an array: of a number of elements, or with these. */
  allocPointer53Array(elementCount: number): Pointer53ArrayRef;
  allocPointer53Array(elements: BigUint64Array | readonly number[]): Pointer53ArrayRef;
  allocPointer53Array(elements: number | BigUint64Array | readonly number[]): Pointer53ArrayRef {
    return this.allocArray(Pointer53ArrayRef, BigUint64Array, elements, pointerForms.Pointer53);
  }

  /** A ref to an array that lies at an address already. */
  wrapPointer53Array(address: number, elementCount: number): Pointer53ArrayRef {
    return new Pointer53ArrayRef(address, elementCount, this.self);
  }

  /** Reads a 64-bit address, as a BigInt. */
  readPointer64(address: number): bigint {
    return this.heapOfNow.readPointer64(address);
  }

  /** Reads a 64-bit address, as a BigInt, atomically. */
  readPointer64Atomic(address: number): bigint {
    return this.heapOfNow.atomics.load('Pointer64', address);
  }

  /** Writes a 64-bit address, as a BigInt. */
  writePointer64(address: number, value: bigint): void {
    this.heapOfNow.writePointer64(address, value);
  }

  /** Writes a 64-bit address, as a BigInt, atomically. */
  writePointer64Atomic(address: number, value: bigint): void {
    this.heapOfNow.atomics.store('Pointer64', address, value);
  }

  /** Allocates a 64-bit address, as a BigInt. */
  allocPointer64(initialValue?: bigint): Pointer64Ref {
    return this.allocValue(Pointer64Ref, 8, initialValue);
  }

  /** A ref to a 64-bit address, as a BigInt that lies at an address already. */
  wrapPointer64(address: number): Pointer64Ref {
    return new Pointer64Ref(address, this.self);
  }

  /** A view on elements in the heap, for immediate use: growth leaves it behind. */
  viewPointer64Array(address: number, elementCount: number): BigUint64Array {
    return this.heap.view(BigUint64Array, address, elementCount);
  }

  /** Allocates an array: of a number of elements, or with these. */
  allocPointer64Array(elementCount: number): Pointer64ArrayRef;
  allocPointer64Array(elements: BigUint64Array): Pointer64ArrayRef;
  allocPointer64Array(elements: number | BigUint64Array): Pointer64ArrayRef {
    return this.allocArray(Pointer64ArrayRef, BigUint64Array, elements, pointerForms.Pointer64);
  }

  /** A ref to an array that lies at an address already. */
  wrapPointer64Array(address: number, elementCount: number): Pointer64ArrayRef {
    return new Pointer64ArrayRef(address, elementCount, this.self);
  }

  /** Reads an unsigned 128-bit integer, little-endian. */
  readBigUint128(address: number): bigint {
    return this.heapOfNow.readBigUint128(address);
  }

  /** Another name of {@link readBigUint128}. */
  readBigUint128LE(address: number): bigint {
    return this.readBigUint128(address);
  }

  /** Writes an unsigned 128-bit integer, little-endian. */
  writeBigUint128(address: number, value: bigint): void {
    this.heapOfNow.writeBigUint128(address, value);
  }

  /** Another name of {@link writeBigUint128}. */
  writeBigUint128LE(address: number, value: bigint): void {
    this.writeBigUint128(address, value);
  }

  /** Reads an unsigned 256-bit integer, little-endian. */
  readBigUint256(address: number): bigint {
    return this.heapOfNow.readBigUint256(address);
  }

  /** Another name of {@link readBigUint256}. */
  readBigUint256LE(address: number): bigint {
    return this.readBigUint256(address);
  }

  /** Writes an unsigned 256-bit integer, little-endian. */
  writeBigUint256(address: number, value: bigint): void {
    this.heapOfNow.writeBigUint256(address, value);
  }

  /** Another name of {@link writeBigUint256}. */
  writeBigUint256LE(address: number, value: bigint): void {
    this.writeBigUint256(address, value);
  }

  /** Reads a string; its terminator must be among the first `maxElementCount` bytes. */
  readNullTerminatedAsciiString(address: number, maxElementCount?: number): string {
    return this.readText(Ascii, address, maxElementCount);
  }

  /** Writes a string and its terminator, if both fit `elementCapacity` bytes; gives its length. */
  writeNullTerminatedAsciiString(address: number, value: string, elementCapacity?: number): number {
    return this.writeText(Ascii, address, value, elementCapacity);
  }

  /** Allocates a string: with room for a number of elements and a terminator, or this one. */
  allocNullTerminatedAsciiString(maxElementCount: number): NullTerminatedAsciiStringRef;
  allocNullTerminatedAsciiString(value: string): NullTerminatedAsciiStringRef;
  allocNullTerminatedAsciiString(content: number | string): NullTerminatedAsciiStringRef {
    return this.allocText(NullTerminatedAsciiStringRef, Ascii, content);
  }

  /** A ref to a string that is there already, with room up to its terminator, or for `maxElementCount`. */
  wrapNullTerminatedAsciiString(address: number, maxElementCount?: number): NullTerminatedAsciiStringRef {
    return this.wrapText(NullTerminatedAsciiStringRef, Ascii, address, maxElementCount);
  }

  /** Reads a string; its terminator must be among the first `maxElementCount` bytes. */
  readNullTerminatedUtf8String(address: number, maxElementCount?: number): string {
    return this.readText(Utf8, address, maxElementCount);
  }

  /** Writes a string and its terminator, if both fit `elementCapacity` bytes; gives its length. */
  writeNullTerminatedUtf8String(address: number, value: string, elementCapacity?: number): number {
    return this.writeText(Utf8, address, value, elementCapacity);
  }

  /** Allocates a string: with room for a number of elements and a terminator, or this one. */
  allocNullTerminatedUtf8String(maxElementCount: number): NullTerminatedUtf8StringRef;
  allocNullTerminatedUtf8String(value: string): NullTerminatedUtf8StringRef;
  allocNullTerminatedUtf8String(content: number | string): NullTerminatedUtf8StringRef {
    return this.allocText(NullTerminatedUtf8StringRef, Utf8, content);
  }

  /** A ref to a string that is there already, with room up to its terminator, or for `maxElementCount`. */
  wrapNullTerminatedUtf8String(address: number, maxElementCount?: number): NullTerminatedUtf8StringRef {
    return this.wrapText(NullTerminatedUtf8StringRef, Utf8, address, maxElementCount);
  }

  /** Reads a string; its terminator must be among the first `maxElementCount` elements of 16 bits. */
  readNullTerminatedUtf16String(address: number, maxElementCount?: number): string {
    return this.readText(Utf16, address, maxElementCount);
  }

  /** Writes a string and its terminator, if both fit `elementCapacity` elements of 16 bits; gives its length. */
  writeNullTerminatedUtf16String(address: number, value: string, elementCapacity?: number): number {
    return this.writeText(Utf16, address, value, elementCapacity);
  }

  /** Allocates a string: with room for a number of elements and a terminator, or this one. */
  allocNullTerminatedUtf16String(maxElementCount: number): NullTerminatedUtf16StringRef;
  allocNullTerminatedUtf16String(value: string): NullTerminatedUtf16StringRef;
  allocNullTerminatedUtf16String(content: number | string): NullTerminatedUtf16StringRef {
    return this.allocText(NullTerminatedUtf16StringRef, Utf16, content);
  }

  /** A ref to a string that is there already, with room up to its terminator, or for `maxElementCount`. */
  wrapNullTerminatedUtf16String(address: number, maxElementCount?: number): NullTerminatedUtf16StringRef {
    return this.wrapText(NullTerminatedUtf16StringRef, Utf16, address, maxElementCount);
  }

  /** Reads a string; its terminator must be among the first `maxElementCount` elements of 32 bits. */
  readNullTerminatedUtf32String(address: number, maxElementCount?: number): string {
    return this.readText(Utf32, address, maxElementCount);
  }

  /** Writes a string and its terminator, if both fit `elementCapacity` elements of 32 bits; gives its length. */
  writeNullTerminatedUtf32String(address: number, value: string, elementCapacity?: number): number {
    return this.writeText(Utf32, address, value, elementCapacity);
  }

  /** Allocates a string: with room for a number of elements and a terminator, or this one. */
  allocNullTerminatedUtf32String(maxElementCount: number): NullTerminatedUtf32StringRef;
  allocNullTerminatedUtf32String(value: string): NullTerminatedUtf32StringRef;
  allocNullTerminatedUtf32String(content: number | string): NullTerminatedUtf32StringRef {
    return this.allocText(NullTerminatedUtf32StringRef, Utf32, content);
  }

  /** A ref to a string that is there already, with room up to its terminator, or for `maxElementCount`. */
  wrapNullTerminatedUtf32String(address: number, maxElementCount?: number): NullTerminatedUtf32StringRef {
    return this.wrapText(NullTerminatedUtf32StringRef, Utf32, address, maxElementCount);
  }

  /** All of the heap; growth leaves it behind. */
  get heapInt8(): Int8Array {
    return this.wholeAs(Int8Array);
  }

  /** All of the heap; growth leaves it behind. */
  get heapUint8(): Uint8Array {
    return this.wholeAs(Uint8Array);
  }

  /** All of the heap; growth leaves it behind. */
  get heapUint8Clamped(): Uint8ClampedArray {
    return this.wholeAs(Uint8ClampedArray);
  }

  /** All of the heap; growth leaves it behind. */
  get heapInt16(): Int16Array {
    return this.wholeAs(Int16Array);
  }

  /** All of the heap; growth leaves it behind. */
  get heapUint16(): Uint16Array {
    return this.wholeAs(Uint16Array);
  }

  /** All of the heap; growth leaves it behind. */
  get heapInt32(): Int32Array {
    return this.wholeAs(Int32Array);
  }

  /** All of the heap; growth leaves it behind. */
  get heapUint32(): Uint32Array {
    return this.wholeAs(Uint32Array);
  }

  /** All of the heap; growth leaves it behind. */
  get heapBigInt64(): BigInt64Array {
    return this.wholeAs(BigInt64Array);
  }

  /** All of the heap; growth leaves it behind. */
  get heapBigUint64(): BigUint64Array {
    return this.wholeAs(BigUint64Array);
  }

  /** All of the heap; growth leaves it behind. */
  get heapFloat32(): Float32Array {
    return this.wholeAs(Float32Array);
  }

  /** All of the heap; growth leaves it behind. */
  get heapFloat64(): Float64Array {
    return this.wholeAs(Float64Array);
  }
}
