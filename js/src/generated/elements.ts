// Made by tools/generate.mjs from js/src/elements.def. Do not edit.

import { halfArray, type HalfArray } from '../forms.js';
import type { NumberAccess } from './numbers.js';

/** What each element type is in JavaScript. */
export interface ElementTypes {
  /** A signed 8-bit integer. */
  Int8: number;
  /** An unsigned 8-bit integer. */
  Uint8: number;
  /** An unsigned 8-bit integer, rounded and clamped to 0 to 255. */
  Uint8Clamped: number;
  /** A signed 16-bit integer. */
  Int16: number;
  /** An unsigned 16-bit integer. */
  Uint16: number;
  /** A signed 32-bit integer. */
  Int32: number;
  /** An unsigned 32-bit integer. */
  Uint32: number;
  /** A signed 64-bit integer. */
  BigInt64: bigint;
  /** An unsigned 64-bit integer. */
  BigUint64: bigint;
  /** A half precision number, rounded to the nearest. */
  Float16: number;
  /** A single precision number, rounded to the nearest. */
  Float32: number;
  /** A double precision number. */
  Float64: number;
  /** An unsigned 128-bit integer. */
  BigUint128: bigint;
  /** An unsigned 256-bit integer. */
  BigUint256: bigint;
  /** A 32-bit address. */
  Pointer32: number;
  /** A 64-bit address of at most 2^53 - 1, as a number. */
  Pointer53: number;
  /** A 64-bit address, as a BigInt. */
  Pointer64: bigint;
}

/** The typed array that holds each element type; `never` where there is none. */
export interface ElementArrays {
  Int8: Int8Array;
  Uint8: Uint8Array;
  Uint8Clamped: Uint8ClampedArray;
  Int16: Int16Array;
  Uint16: Uint16Array;
  Int32: Int32Array;
  Uint32: Uint32Array;
  BigInt64: BigInt64Array;
  BigUint64: BigUint64Array;
  Float16: HalfArray;
  Float32: Float32Array;
  Float64: Float64Array;
  BigUint128: never;
  BigUint256: never;
  Pointer32: Uint32Array;
  Pointer53: BigUint64Array;
  Pointer64: BigUint64Array;
}

/** The name of an element type: `Int32`, say. */
export type ElementName = keyof ElementTypes;

/** What an element type is in JavaScript: `number` or `bigint`. */
export type ElementValue<Name extends ElementName> = ElementTypes[Name];

/** The element types that hold an address. */
export type PointerName = 'Pointer32' | 'Pointer53' | 'Pointer64';

/** The element types whose typed arrays the `Atomics` functions take. */
export type CarrierName = 'Int8' | 'Uint8' | 'Int16' | 'Uint16' | 'Int32' | 'Uint32' | 'BigInt64' | 'BigUint64';

/** What there is to know of an element type. */
export interface Element<Name extends ElementName = ElementName> {
  readonly name: Name;
  readonly byteLength: number;
  /** As C has it. Typed arrays and atomics want a multiple of the length instead. */
  readonly alignment: number;
  readonly type: 'number' | 'bigint';
  readonly arrayName: string | undefined;
  /** `undefined` where there is no such array, or not in this engine. */
  readonly array: (new (buffer: ArrayBufferLike, byteOffset: number, length: number) => ElementArrays[Name]) | undefined;
  /** The element that atomic operations work on. */
  readonly carrier: CarrierName | undefined;
  /** Whether that is the element itself. */
  readonly isNative: boolean;
  readonly isPointer: boolean;
  /** Reads one, as the method of that name does. */
  read(memory: NumberAccess, byteOffset: number): ElementValue<Name>;
  /** Writes one, as the method of that name does. */
  write(memory: NumberAccess, byteOffset: number, value: ElementValue<Name>): void;
}

/** All element types. */
export const elements: { readonly [Name in ElementName]: Element<Name> } = {
  Int8: {
    name: 'Int8',
    byteLength: 1,
    alignment: 1,
    type: 'number',
    arrayName: 'Int8Array',
    array: Int8Array,
    carrier: 'Int8',
    isNative: true,
    isPointer: false,
    read: (memory, byteOffset) => memory.readInt8(byteOffset),
    write: (memory, byteOffset, value) => {
      memory.writeInt8(byteOffset, value);
    },
  },
  Uint8: {
    name: 'Uint8',
    byteLength: 1,
    alignment: 1,
    type: 'number',
    arrayName: 'Uint8Array',
    array: Uint8Array,
    carrier: 'Uint8',
    isNative: true,
    isPointer: false,
    read: (memory, byteOffset) => memory.readUint8(byteOffset),
    write: (memory, byteOffset, value) => {
      memory.writeUint8(byteOffset, value);
    },
  },
  Uint8Clamped: {
    name: 'Uint8Clamped',
    byteLength: 1,
    alignment: 1,
    type: 'number',
    arrayName: 'Uint8ClampedArray',
    array: Uint8ClampedArray,
    carrier: 'Uint8',
    isNative: false,
    isPointer: false,
    read: (memory, byteOffset) => memory.readUint8Clamped(byteOffset),
    write: (memory, byteOffset, value) => {
      memory.writeUint8Clamped(byteOffset, value);
    },
  },
  Int16: {
    name: 'Int16',
    byteLength: 2,
    alignment: 2,
    type: 'number',
    arrayName: 'Int16Array',
    array: Int16Array,
    carrier: 'Int16',
    isNative: true,
    isPointer: false,
    read: (memory, byteOffset) => memory.readInt16(byteOffset),
    write: (memory, byteOffset, value) => {
      memory.writeInt16(byteOffset, value);
    },
  },
  Uint16: {
    name: 'Uint16',
    byteLength: 2,
    alignment: 2,
    type: 'number',
    arrayName: 'Uint16Array',
    array: Uint16Array,
    carrier: 'Uint16',
    isNative: true,
    isPointer: false,
    read: (memory, byteOffset) => memory.readUint16(byteOffset),
    write: (memory, byteOffset, value) => {
      memory.writeUint16(byteOffset, value);
    },
  },
  Int32: {
    name: 'Int32',
    byteLength: 4,
    alignment: 4,
    type: 'number',
    arrayName: 'Int32Array',
    array: Int32Array,
    carrier: 'Int32',
    isNative: true,
    isPointer: false,
    read: (memory, byteOffset) => memory.readInt32(byteOffset),
    write: (memory, byteOffset, value) => {
      memory.writeInt32(byteOffset, value);
    },
  },
  Uint32: {
    name: 'Uint32',
    byteLength: 4,
    alignment: 4,
    type: 'number',
    arrayName: 'Uint32Array',
    array: Uint32Array,
    carrier: 'Uint32',
    isNative: true,
    isPointer: false,
    read: (memory, byteOffset) => memory.readUint32(byteOffset),
    write: (memory, byteOffset, value) => {
      memory.writeUint32(byteOffset, value);
    },
  },
  BigInt64: {
    name: 'BigInt64',
    byteLength: 8,
    alignment: 8,
    type: 'bigint',
    arrayName: 'BigInt64Array',
    array: BigInt64Array,
    carrier: 'BigInt64',
    isNative: true,
    isPointer: false,
    read: (memory, byteOffset) => memory.readBigInt64(byteOffset),
    write: (memory, byteOffset, value) => {
      memory.writeBigInt64(byteOffset, value);
    },
  },
  BigUint64: {
    name: 'BigUint64',
    byteLength: 8,
    alignment: 8,
    type: 'bigint',
    arrayName: 'BigUint64Array',
    array: BigUint64Array,
    carrier: 'BigUint64',
    isNative: true,
    isPointer: false,
    read: (memory, byteOffset) => memory.readBigUint64(byteOffset),
    write: (memory, byteOffset, value) => {
      memory.writeBigUint64(byteOffset, value);
    },
  },
  Float16: {
    name: 'Float16',
    byteLength: 2,
    alignment: 2,
    type: 'number',
    arrayName: 'Float16Array',
    array: halfArray,
    carrier: 'Uint16',
    isNative: false,
    isPointer: false,
    read: (memory, byteOffset) => memory.readFloat16(byteOffset),
    write: (memory, byteOffset, value) => {
      memory.writeFloat16(byteOffset, value);
    },
  },
  Float32: {
    name: 'Float32',
    byteLength: 4,
    alignment: 4,
    type: 'number',
    arrayName: 'Float32Array',
    array: Float32Array,
    carrier: 'Int32',
    isNative: false,
    isPointer: false,
    read: (memory, byteOffset) => memory.readFloat32(byteOffset),
    write: (memory, byteOffset, value) => {
      memory.writeFloat32(byteOffset, value);
    },
  },
  Float64: {
    name: 'Float64',
    byteLength: 8,
    alignment: 8,
    type: 'number',
    arrayName: 'Float64Array',
    array: Float64Array,
    carrier: 'BigInt64',
    isNative: false,
    isPointer: false,
    read: (memory, byteOffset) => memory.readFloat64(byteOffset),
    write: (memory, byteOffset, value) => {
      memory.writeFloat64(byteOffset, value);
    },
  },
  BigUint128: {
    name: 'BigUint128',
    byteLength: 16,
    alignment: 16,
    type: 'bigint',
    arrayName: undefined,
    array: undefined,
    carrier: undefined,
    isNative: false,
    isPointer: false,
    read: (memory, byteOffset) => memory.readBigUint128(byteOffset),
    write: (memory, byteOffset, value) => {
      memory.writeBigUint128(byteOffset, value);
    },
  },
  BigUint256: {
    name: 'BigUint256',
    byteLength: 32,
    alignment: 8,
    type: 'bigint',
    arrayName: undefined,
    array: undefined,
    carrier: undefined,
    isNative: false,
    isPointer: false,
    read: (memory, byteOffset) => memory.readBigUint256(byteOffset),
    write: (memory, byteOffset, value) => {
      memory.writeBigUint256(byteOffset, value);
    },
  },
  Pointer32: {
    name: 'Pointer32',
    byteLength: 4,
    alignment: 4,
    type: 'number',
    arrayName: 'Uint32Array',
    array: Uint32Array,
    carrier: 'Uint32',
    isNative: false,
    isPointer: true,
    read: (memory, byteOffset) => memory.readPointer32(byteOffset),
    write: (memory, byteOffset, value) => {
      memory.writePointer32(byteOffset, value);
    },
  },
  Pointer53: {
    name: 'Pointer53',
    byteLength: 8,
    alignment: 8,
    type: 'number',
    arrayName: 'BigUint64Array',
    array: BigUint64Array,
    carrier: 'BigUint64',
    isNative: false,
    isPointer: true,
    read: (memory, byteOffset) => memory.readPointer53(byteOffset),
    write: (memory, byteOffset, value) => {
      memory.writePointer53(byteOffset, value);
    },
  },
  Pointer64: {
    name: 'Pointer64',
    byteLength: 8,
    alignment: 8,
    type: 'bigint',
    arrayName: 'BigUint64Array',
    array: BigUint64Array,
    carrier: 'BigUint64',
    isNative: false,
    isPointer: true,
    read: (memory, byteOffset) => memory.readPointer64(byteOffset),
    write: (memory, byteOffset, value) => {
      memory.writePointer64(byteOffset, value);
    },
  },
};
