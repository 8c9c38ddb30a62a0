// Purpose: one number at any offset of the memory.
// Floor:   door js, compat.

import { allocationsOf } from './joined.js';

/**
 * A memory whose numbers can be read and written at any offset from 0 up, aligned or not,
 * little-endian. A value that is left out is 0; an integer outside the range of its type is written
 * modulo 2 to the number of bits, as `DataView` does.
 *
 * The errors of all of them: a `TypeError` (code `wrong_type`) for an offset or value of the wrong
 * type; a `RangeError` for an offset that is no whole number from 0 up (`invalid_number`) or whose
 * bytes do not all lie in the memory (`out_of_bounds`). Nothing is written then.
 */
export class NumberMemory extends WebAssembly.Memory {
  /** Reads a signed 8-bit integer. */
  getInt8(offset: number): number {
    return allocationsOf(this).heap.readInt8(offset);
  }

  /** Writes a signed 8-bit integer. */
  setInt8(offset: number, value = 0): void {
    allocationsOf(this).heap.writeInt8(offset, value);
  }

  /** Reads an unsigned 8-bit integer. */
  getUint8(offset: number): number {
    return allocationsOf(this).heap.readUint8(offset);
  }

  /** Writes an unsigned 8-bit integer. */
  setUint8(offset: number, value = 0): void {
    allocationsOf(this).heap.writeUint8(offset, value);
  }

  /** Reads a signed 16-bit integer. */
  getInt16(offset: number): number {
    return allocationsOf(this).heap.readInt16(offset);
  }

  /** Writes a signed 16-bit integer. */
  setInt16(offset: number, value = 0): void {
    allocationsOf(this).heap.writeInt16(offset, value);
  }

  /** Reads an unsigned 16-bit integer. */
  getUint16(offset: number): number {
    return allocationsOf(this).heap.readUint16(offset);
  }

  /** Writes an unsigned 16-bit integer. */
  setUint16(offset: number, value = 0): void {
    allocationsOf(this).heap.writeUint16(offset, value);
  }

  /** Reads a signed 32-bit integer. */
  getInt32(offset: number): number {
    return allocationsOf(this).heap.readInt32(offset);
  }

  /** Writes a signed 32-bit integer. */
  setInt32(offset: number, value = 0): void {
    allocationsOf(this).heap.writeInt32(offset, value);
  }

  /** Reads an unsigned 32-bit integer. */
  getUint32(offset: number): number {
    return allocationsOf(this).heap.readUint32(offset);
  }

  /** Writes an unsigned 32-bit integer. */
  setUint32(offset: number, value = 0): void {
    allocationsOf(this).heap.writeUint32(offset, value);
  }

  /** Reads a signed 64-bit integer. */
  getBigInt64(offset: number): bigint {
    return allocationsOf(this).heap.readBigInt64(offset);
  }

  /** Writes a signed 64-bit integer. */
  setBigInt64(offset: number, value = 0n): void {
    allocationsOf(this).heap.writeBigInt64(offset, value);
  }

  /** Reads an unsigned 64-bit integer. */
  getBigUint64(offset: number): bigint {
    return allocationsOf(this).heap.readBigUint64(offset);
  }

  /** Writes an unsigned 64-bit integer. */
  setBigUint64(offset: number, value = 0n): void {
    allocationsOf(this).heap.writeBigUint64(offset, value);
  }

  /** Reads a single precision number. */
  getFloat32(offset: number): number {
    return allocationsOf(this).heap.readFloat32(offset);
  }

  /** Writes a single precision number. */
  setFloat32(offset: number, value = 0): void {
    allocationsOf(this).heap.writeFloat32(offset, value);
  }

  /** Reads a double precision number. */
  getFloat64(offset: number): number {
    return allocationsOf(this).heap.readFloat64(offset);
  }

  /** Writes a double precision number. */
  setFloat64(offset: number, value = 0): void {
    allocationsOf(this).heap.writeFloat64(offset, value);
  }

  /** Reads the 16 bytes of a vector as an unsigned 128-bit integer. */
  getBigVec128(offset: number): bigint {
    return allocationsOf(this).heap.readBigUint128(offset);
  }

  /** Writes an unsigned 128-bit integer as the 16 bytes of a vector. */
  setBigVec128(offset: number, value = 0n): void {
    allocationsOf(this).heap.writeBigUint128(offset, value);
  }
}
