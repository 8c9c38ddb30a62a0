// Made by tools/generate.mjs from js/src/elements.def. Do not edit.

import { ViewOfMemory } from '../access.js';
import { requireType } from '../arguments.js';
import { clampByte, halves, readSafe, readWide, requirePointer32, requirePointer53, requirePointer64, writeSafe, writeWide } from '../forms.js';

/**
 * Reads and writes numbers anywhere in the memory, little-endian as WebAssembly does. Any
 * `byteOffset` (an address, in bytes) will do: it need not be aligned, nor lie in a live block.
 *
 * Every method costs about as much as the `DataView` method it calls, never grows the memory, and
 * always sees the memory as it is now, whoever grew it. An integer outside the range of its type is
 * written modulo 2 to the number of bits, as typed arrays do.
 *
 * The errors of all of them: a `byteOffset` or value of the wrong type is a `TypeError` (code
 * `wrong_type`), a `byteOffset` that is negative, fractional or NaN a `RangeError`
 * (`invalid_number`), bytes outside the memory a `RangeError` (`out_of_bounds`). A pointer is
 * written only if it is an address (else `invalid_number`; one of 64 bits may be negative, as
 * WebAssembly hands it out), and read as a number only if it is at most 2^53 - 1
 * (`unsafe_pointer`). `Float16` is a `TypeError` (`unsupported_element`) where the engine
 * has none. After an error nothing is written.
 */
export class NumberAccess extends ViewOfMemory {
  /** Reads a signed 8-bit integer at `byteOffset`. Rules: {@link NumberAccess}. */
  readInt8(byteOffset: number): number {
    const at = Number.isSafeInteger(byteOffset) ? byteOffset : -1;
    try {
      return this.dataView.getInt8(at);
    } catch {
      // The view is stale or the bytes lie outside: the slow way below finds out which.
    }
    return this.readAnew('readInt8', 'getInt8', byteOffset, 1) as number;
  }

  /** Writes a signed 8-bit integer at `byteOffset`. Rules: {@link NumberAccess}. */
  writeInt8(byteOffset: number, value: number): void {
    const at = Number.isSafeInteger(byteOffset) && typeof value === 'number' ? byteOffset : -1;
    try {
      this.dataView.setInt8(at, value);
      return;
    } catch {
      // As above.
    }
    this.writeAnew('writeInt8', 'setInt8', byteOffset, 1, 'number', value);
  }

  /** Reads an unsigned 8-bit integer at `byteOffset`. Rules: {@link NumberAccess}. */
  readUint8(byteOffset: number): number {
    const at = Number.isSafeInteger(byteOffset) ? byteOffset : -1;
    try {
      return this.dataView.getUint8(at);
    } catch {
      // The view is stale or the bytes lie outside: the slow way below finds out which.
    }
    return this.readAnew('readUint8', 'getUint8', byteOffset, 1) as number;
  }

  /** Writes an unsigned 8-bit integer at `byteOffset`. Rules: {@link NumberAccess}. */
  writeUint8(byteOffset: number, value: number): void {
    const at = Number.isSafeInteger(byteOffset) && typeof value === 'number' ? byteOffset : -1;
    try {
      this.dataView.setUint8(at, value);
      return;
    } catch {
      // As above.
    }
    this.writeAnew('writeUint8', 'setUint8', byteOffset, 1, 'number', value);
  }

  /** Reads an unsigned 8-bit integer, rounded and clamped to 0 to 255 at `byteOffset`. Rules: {@link NumberAccess}. */
  readUint8Clamped(byteOffset: number): number {
    const at = Number.isSafeInteger(byteOffset) ? byteOffset : -1;
    try {
      return this.dataView.getUint8(at);
    } catch {
      // The view is stale or the bytes lie outside: the slow way below finds out which.
    }
    return this.currentView('readUint8Clamped', byteOffset, 1).getUint8(byteOffset);
  }

  /** Writes an unsigned 8-bit integer, rounded and clamped to 0 to 255 at `byteOffset`. Rules: {@link NumberAccess}. */
  writeUint8Clamped(byteOffset: number, value: number): void {
    const at = Number.isSafeInteger(byteOffset) && typeof value === 'number' ? byteOffset : -1;
    try {
      this.dataView.setUint8(at, clampByte(value));
      return;
    } catch {
      // As above.
    }
    requireType('writeUint8Clamped', 'value', value, 'number');
    this.currentView('writeUint8Clamped', byteOffset, 1).setUint8(byteOffset, clampByte(value));
  }

  /** Reads a signed 16-bit integer at `byteOffset`. Rules: {@link NumberAccess}. */
  readInt16(byteOffset: number): number {
    const at = Number.isSafeInteger(byteOffset) ? byteOffset : -1;
    try {
      return this.dataView.getInt16(at, true);
    } catch {
      // The view is stale or the bytes lie outside: the slow way below finds out which.
    }
    return this.readAnew('readInt16', 'getInt16', byteOffset, 2) as number;
  }

  /** Writes a signed 16-bit integer at `byteOffset`. Rules: {@link NumberAccess}. */
  writeInt16(byteOffset: number, value: number): void {
    const at = Number.isSafeInteger(byteOffset) && typeof value === 'number' ? byteOffset : -1;
    try {
      this.dataView.setInt16(at, value, true);
      return;
    } catch {
      // As above.
    }
    this.writeAnew('writeInt16', 'setInt16', byteOffset, 2, 'number', value);
  }

  /** Reads an unsigned 16-bit integer at `byteOffset`. Rules: {@link NumberAccess}. */
  readUint16(byteOffset: number): number {
    const at = Number.isSafeInteger(byteOffset) ? byteOffset : -1;
    try {
      return this.dataView.getUint16(at, true);
    } catch {
      // The view is stale or the bytes lie outside: the slow way below finds out which.
    }
    return this.readAnew('readUint16', 'getUint16', byteOffset, 2) as number;
  }

  /** Writes an unsigned 16-bit integer at `byteOffset`. Rules: {@link NumberAccess}. */
  writeUint16(byteOffset: number, value: number): void {
    const at = Number.isSafeInteger(byteOffset) && typeof value === 'number' ? byteOffset : -1;
    try {
      this.dataView.setUint16(at, value, true);
      return;
    } catch {
      // As above.
    }
    this.writeAnew('writeUint16', 'setUint16', byteOffset, 2, 'number', value);
  }

  /** Reads a signed 32-bit integer at `byteOffset`. Rules: {@link NumberAccess}. */
  readInt32(byteOffset: number): number {
    const at = Number.isSafeInteger(byteOffset) ? byteOffset : -1;
    try {
      return this.dataView.getInt32(at, true);
    } catch {
      // The view is stale or the bytes lie outside: the slow way below finds out which.
    }
    return this.readAnew('readInt32', 'getInt32', byteOffset, 4) as number;
  }

  /** Writes a signed 32-bit integer at `byteOffset`. Rules: {@link NumberAccess}. */
  writeInt32(byteOffset: number, value: number): void {
    const at = Number.isSafeInteger(byteOffset) && typeof value === 'number' ? byteOffset : -1;
    try {
      this.dataView.setInt32(at, value, true);
      return;
    } catch {
      // As above.
    }
    this.writeAnew('writeInt32', 'setInt32', byteOffset, 4, 'number', value);
  }

  /** Reads an unsigned 32-bit integer at `byteOffset`. Rules: {@link NumberAccess}. */
  readUint32(byteOffset: number): number {
    const at = Number.isSafeInteger(byteOffset) ? byteOffset : -1;
    try {
      return this.dataView.getUint32(at, true);
    } catch {
      // The view is stale or the bytes lie outside: the slow way below finds out which.
    }
    return this.readAnew('readUint32', 'getUint32', byteOffset, 4) as number;
  }

  /** Writes an unsigned 32-bit integer at `byteOffset`. Rules: {@link NumberAccess}. */
  writeUint32(byteOffset: number, value: number): void {
    const at = Number.isSafeInteger(byteOffset) && typeof value === 'number' ? byteOffset : -1;
    try {
      this.dataView.setUint32(at, value, true);
      return;
    } catch {
      // As above.
    }
    this.writeAnew('writeUint32', 'setUint32', byteOffset, 4, 'number', value);
  }

  /** Reads a signed 64-bit integer at `byteOffset`. Rules: {@link NumberAccess}. */
  readBigInt64(byteOffset: number): bigint {
    const at = Number.isSafeInteger(byteOffset) ? byteOffset : -1;
    try {
      return this.dataView.getBigInt64(at, true);
    } catch {
      // The view is stale or the bytes lie outside: the slow way below finds out which.
    }
    return this.readAnew('readBigInt64', 'getBigInt64', byteOffset, 8) as bigint;
  }

  /** Writes a signed 64-bit integer at `byteOffset`. Rules: {@link NumberAccess}. */
  writeBigInt64(byteOffset: number, value: bigint): void {
    const at = Number.isSafeInteger(byteOffset) && typeof value === 'bigint' ? byteOffset : -1;
    try {
      this.dataView.setBigInt64(at, value, true);
      return;
    } catch {
      // As above.
    }
    this.writeAnew('writeBigInt64', 'setBigInt64', byteOffset, 8, 'bigint', value);
  }

  /** Reads an unsigned 64-bit integer at `byteOffset`. Rules: {@link NumberAccess}. */
  readBigUint64(byteOffset: number): bigint {
    const at = Number.isSafeInteger(byteOffset) ? byteOffset : -1;
    try {
      return this.dataView.getBigUint64(at, true);
    } catch {
      // The view is stale or the bytes lie outside: the slow way below finds out which.
    }
    return this.readAnew('readBigUint64', 'getBigUint64', byteOffset, 8) as bigint;
  }

  /** Writes an unsigned 64-bit integer at `byteOffset`. Rules: {@link NumberAccess}. */
  writeBigUint64(byteOffset: number, value: bigint): void {
    const at = Number.isSafeInteger(byteOffset) && typeof value === 'bigint' ? byteOffset : -1;
    try {
      this.dataView.setBigUint64(at, value, true);
      return;
    } catch {
      // As above.
    }
    this.writeAnew('writeBigUint64', 'setBigUint64', byteOffset, 8, 'bigint', value);
  }

  /** Reads a half precision number, rounded to the nearest at `byteOffset`. Rules: {@link NumberAccess}. */
  readFloat16(byteOffset: number): number {
    const at = Number.isSafeInteger(byteOffset) ? byteOffset : -1;
    try {
      return halves('readFloat16', this.dataView).getFloat16(at, true);
    } catch {
      // The view is stale or the bytes lie outside: the slow way below finds out which.
    }
    return halves('readFloat16', this.currentView('readFloat16', byteOffset, 2)).getFloat16(byteOffset, true);
  }

  /** Writes a half precision number, rounded to the nearest at `byteOffset`. Rules: {@link NumberAccess}. */
  writeFloat16(byteOffset: number, value: number): void {
    const at = Number.isSafeInteger(byteOffset) && typeof value === 'number' ? byteOffset : -1;
    try {
      halves('writeFloat16', this.dataView).setFloat16(at, value, true);
      return;
    } catch {
      // As above.
    }
    requireType('writeFloat16', 'value', value, 'number');
    halves('writeFloat16', this.currentView('writeFloat16', byteOffset, 2)).setFloat16(byteOffset, value, true);
  }

  /** Reads a single precision number, rounded to the nearest at `byteOffset`. Rules: {@link NumberAccess}. */
  readFloat32(byteOffset: number): number {
    const at = Number.isSafeInteger(byteOffset) ? byteOffset : -1;
    try {
      return this.dataView.getFloat32(at, true);
    } catch {
      // The view is stale or the bytes lie outside: the slow way below finds out which.
    }
    return this.readAnew('readFloat32', 'getFloat32', byteOffset, 4) as number;
  }

  /** Writes a single precision number, rounded to the nearest at `byteOffset`. Rules: {@link NumberAccess}. */
  writeFloat32(byteOffset: number, value: number): void {
    const at = Number.isSafeInteger(byteOffset) && typeof value === 'number' ? byteOffset : -1;
    try {
      this.dataView.setFloat32(at, value, true);
      return;
    } catch {
      // As above.
    }
    this.writeAnew('writeFloat32', 'setFloat32', byteOffset, 4, 'number', value);
  }

  /** Reads a double precision number at `byteOffset`. Rules: {@link NumberAccess}. */
  readFloat64(byteOffset: number): number {
    const at = Number.isSafeInteger(byteOffset) ? byteOffset : -1;
    try {
      return this.dataView.getFloat64(at, true);
    } catch {
      // The view is stale or the bytes lie outside: the slow way below finds out which.
    }
    return this.readAnew('readFloat64', 'getFloat64', byteOffset, 8) as number;
  }

  /** Writes a double precision number at `byteOffset`. Rules: {@link NumberAccess}. */
  writeFloat64(byteOffset: number, value: number): void {
    const at = Number.isSafeInteger(byteOffset) && typeof value === 'number' ? byteOffset : -1;
    try {
      this.dataView.setFloat64(at, value, true);
      return;
    } catch {
      // As above.
    }
    this.writeAnew('writeFloat64', 'setFloat64', byteOffset, 8, 'number', value);
  }

  /** Reads an unsigned 128-bit integer at `byteOffset`. Rules: {@link NumberAccess}. */
  readBigUint128(byteOffset: number): bigint {
    const at = Number.isSafeInteger(byteOffset) ? byteOffset : -1;
    try {
      return readWide(this.dataView, at, 16);
    } catch {
      // The view is stale or the bytes lie outside: the slow way below finds out which.
    }
    return readWide(this.currentView('readBigUint128', byteOffset, 16), byteOffset, 16);
  }

  /** Writes an unsigned 128-bit integer at `byteOffset`. Rules: {@link NumberAccess}. */
  writeBigUint128(byteOffset: number, value: bigint): void {
    const at = Number.isSafeInteger(byteOffset) && typeof value === 'bigint' ? byteOffset : -1;
    try {
      writeWide(this.dataView, at, value, 16);
      return;
    } catch {
      // As above.
    }
    requireType('writeBigUint128', 'value', value, 'bigint');
    writeWide(this.currentView('writeBigUint128', byteOffset, 16), byteOffset, value, 16);
  }

  /** Reads an unsigned 256-bit integer at `byteOffset`. Rules: {@link NumberAccess}. */
  readBigUint256(byteOffset: number): bigint {
    const at = Number.isSafeInteger(byteOffset) ? byteOffset : -1;
    try {
      return readWide(this.dataView, at, 32);
    } catch {
      // The view is stale or the bytes lie outside: the slow way below finds out which.
    }
    return readWide(this.currentView('readBigUint256', byteOffset, 32), byteOffset, 32);
  }

  /** Writes an unsigned 256-bit integer at `byteOffset`. Rules: {@link NumberAccess}. */
  writeBigUint256(byteOffset: number, value: bigint): void {
    const at = Number.isSafeInteger(byteOffset) && typeof value === 'bigint' ? byteOffset : -1;
    try {
      writeWide(this.dataView, at, value, 32);
      return;
    } catch {
      // As above.
    }
    requireType('writeBigUint256', 'value', value, 'bigint');
    writeWide(this.currentView('writeBigUint256', byteOffset, 32), byteOffset, value, 32);
  }

  /** Reads a 32-bit address at `byteOffset`. Rules: {@link NumberAccess}. */
  readPointer32(byteOffset: number): number {
    const at = Number.isSafeInteger(byteOffset) ? byteOffset : -1;
    try {
      return this.dataView.getUint32(at, true);
    } catch {
      // The view is stale or the bytes lie outside: the slow way below finds out which.
    }
    return this.currentView('readPointer32', byteOffset, 4).getUint32(byteOffset, true);
  }

  /** Writes a 32-bit address at `byteOffset`. Rules: {@link NumberAccess}. */
  writePointer32(byteOffset: number, value: number): void {
    const at = Number.isSafeInteger(byteOffset) && typeof value === 'number' && value >>> 0 === value ? byteOffset : -1;
    try {
      this.dataView.setUint32(at, value, true);
      return;
    } catch {
      // As above.
    }
    requirePointer32('writePointer32', value);
    this.currentView('writePointer32', byteOffset, 4).setUint32(byteOffset, value, true);
  }

  /** Reads a 64-bit address of at most 2^53 - 1, as a number at `byteOffset`. Rules: {@link NumberAccess}. */
  readPointer53(byteOffset: number): number {
    const at = Number.isSafeInteger(byteOffset) ? byteOffset : -1;
    try {
      return readSafe('readPointer53', this.dataView, at);
    } catch {
      // The view is stale or the bytes lie outside: the slow way below finds out which.
    }
    return readSafe('readPointer53', this.currentView('readPointer53', byteOffset, 8), byteOffset);
  }

  /** Writes a 64-bit address of at most 2^53 - 1, as a number at `byteOffset`. Rules: {@link NumberAccess}. */
  writePointer53(byteOffset: number, value: number): void {
    const at = Number.isSafeInteger(byteOffset) && Number.isSafeInteger(value) && value >= 0 ? byteOffset : -1;
    try {
      writeSafe(this.dataView, at, value);
      return;
    } catch {
      // As above.
    }
    requirePointer53('writePointer53', value);
    writeSafe(this.currentView('writePointer53', byteOffset, 8), byteOffset, value);
  }

  /** Reads a 64-bit address, as a BigInt at `byteOffset`. Rules: {@link NumberAccess}. */
  readPointer64(byteOffset: number): bigint {
    const at = Number.isSafeInteger(byteOffset) ? byteOffset : -1;
    try {
      return this.dataView.getBigUint64(at, true);
    } catch {
      // The view is stale or the bytes lie outside: the slow way below finds out which.
    }
    return this.currentView('readPointer64', byteOffset, 8).getBigUint64(byteOffset, true);
  }

  /** Writes a 64-bit address, as a BigInt at `byteOffset`. Rules: {@link NumberAccess}. */
  writePointer64(byteOffset: number, value: bigint): void {
    const at = Number.isSafeInteger(byteOffset) && typeof value === 'bigint' && BigInt.asUintN(64, value) === value ? byteOffset : -1;
    try {
      this.dataView.setBigUint64(at, value, true);
      return;
    } catch {
      // As above.
    }
    requirePointer64('writePointer64', value);
    this.currentView('writePointer64', byteOffset, 8).setBigUint64(byteOffset, value, true);
  }
}
