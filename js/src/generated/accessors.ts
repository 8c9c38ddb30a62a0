// Made by tools/generate.mjs from js/src/elements.def. Do not edit.

import type { StructRef } from '../refs/struct.js';
import { numberFor } from '../layout/assignment.js';
import { elements, type ElementName } from './elements.js';

/** How a property is read and written. */
export interface Accessor {
  get(this: StructRef): unknown;
  set(this: StructRef, value: unknown): void;
}

/**
 * Makes the accessor for a field of each element type, from its name and where in the struct it
 * lies. Written out for each, because functions made in one place share what the engine learns
 * about them: so the call that reads or writes is inlined whatever other types are in use.
 */
export const accessors: { readonly [Name in ElementName]: (name: string, offset: number) => Accessor } = {
  Int8: (name, offset) => ({
    get() {
      return this.heap.readInt8(this.byteOffset + offset);
    },
    set(value) {
      const number = typeof value === 'number' ? value : numberFor(this, name, elements.Int8, value);
      this.heap.writeInt8(this.byteOffset + offset, number);
    },
  }),
  Uint8: (name, offset) => ({
    get() {
      return this.heap.readUint8(this.byteOffset + offset);
    },
    set(value) {
      const number = typeof value === 'number' ? value : numberFor(this, name, elements.Uint8, value);
      this.heap.writeUint8(this.byteOffset + offset, number);
    },
  }),
  Uint8Clamped: (name, offset) => ({
    get() {
      return this.heap.readUint8Clamped(this.byteOffset + offset);
    },
    set(value) {
      const number = typeof value === 'number' ? value : numberFor(this, name, elements.Uint8Clamped, value);
      this.heap.writeUint8Clamped(this.byteOffset + offset, number);
    },
  }),
  Int16: (name, offset) => ({
    get() {
      return this.heap.readInt16(this.byteOffset + offset);
    },
    set(value) {
      const number = typeof value === 'number' ? value : numberFor(this, name, elements.Int16, value);
      this.heap.writeInt16(this.byteOffset + offset, number);
    },
  }),
  Uint16: (name, offset) => ({
    get() {
      return this.heap.readUint16(this.byteOffset + offset);
    },
    set(value) {
      const number = typeof value === 'number' ? value : numberFor(this, name, elements.Uint16, value);
      this.heap.writeUint16(this.byteOffset + offset, number);
    },
  }),
  Int32: (name, offset) => ({
    get() {
      return this.heap.readInt32(this.byteOffset + offset);
    },
    set(value) {
      const number = typeof value === 'number' ? value : numberFor(this, name, elements.Int32, value);
      this.heap.writeInt32(this.byteOffset + offset, number);
    },
  }),
  Uint32: (name, offset) => ({
    get() {
      return this.heap.readUint32(this.byteOffset + offset);
    },
    set(value) {
      const number = typeof value === 'number' ? value : numberFor(this, name, elements.Uint32, value);
      this.heap.writeUint32(this.byteOffset + offset, number);
    },
  }),
  BigInt64: (name, offset) => ({
    get() {
      return this.heap.readBigInt64(this.byteOffset + offset);
    },
    set(value) {
      const number = typeof value === 'bigint' ? value : numberFor(this, name, elements.BigInt64, value);
      this.heap.writeBigInt64(this.byteOffset + offset, number);
    },
  }),
  BigUint64: (name, offset) => ({
    get() {
      return this.heap.readBigUint64(this.byteOffset + offset);
    },
    set(value) {
      const number = typeof value === 'bigint' ? value : numberFor(this, name, elements.BigUint64, value);
      this.heap.writeBigUint64(this.byteOffset + offset, number);
    },
  }),
  Float16: (name, offset) => ({
    get() {
      return this.heap.readFloat16(this.byteOffset + offset);
    },
    set(value) {
      const number = typeof value === 'number' ? value : numberFor(this, name, elements.Float16, value);
      this.heap.writeFloat16(this.byteOffset + offset, number);
    },
  }),
  Float32: (name, offset) => ({
    get() {
      return this.heap.readFloat32(this.byteOffset + offset);
    },
    set(value) {
      const number = typeof value === 'number' ? value : numberFor(this, name, elements.Float32, value);
      this.heap.writeFloat32(this.byteOffset + offset, number);
    },
  }),
  Float64: (name, offset) => ({
    get() {
      return this.heap.readFloat64(this.byteOffset + offset);
    },
    set(value) {
      const number = typeof value === 'number' ? value : numberFor(this, name, elements.Float64, value);
      this.heap.writeFloat64(this.byteOffset + offset, number);
    },
  }),
  BigUint128: (name, offset) => ({
    get() {
      return this.heap.readBigUint128(this.byteOffset + offset);
    },
    set(value) {
      const number = typeof value === 'bigint' ? value : numberFor(this, name, elements.BigUint128, value);
      this.heap.writeBigUint128(this.byteOffset + offset, number);
    },
  }),
  BigUint256: (name, offset) => ({
    get() {
      return this.heap.readBigUint256(this.byteOffset + offset);
    },
    set(value) {
      const number = typeof value === 'bigint' ? value : numberFor(this, name, elements.BigUint256, value);
      this.heap.writeBigUint256(this.byteOffset + offset, number);
    },
  }),
  Pointer32: (name, offset) => ({
    get() {
      return this.heap.readPointer32(this.byteOffset + offset);
    },
    set(value) {
      const number = numberFor(this, name, elements.Pointer32, value);
      this.heap.writePointer32(this.byteOffset + offset, number);
    },
  }),
  Pointer53: (name, offset) => ({
    get() {
      return this.heap.readPointer53(this.byteOffset + offset);
    },
    set(value) {
      const number = numberFor(this, name, elements.Pointer53, value);
      this.heap.writePointer53(this.byteOffset + offset, number);
    },
  }),
  Pointer64: (name, offset) => ({
    get() {
      return this.heap.readPointer64(this.byteOffset + offset);
    },
    set(value) {
      const number = numberFor(this, name, elements.Pointer64, value);
      this.heap.writePointer64(this.byteOffset + offset, number);
    },
  }),
};
