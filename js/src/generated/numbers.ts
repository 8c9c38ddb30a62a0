// Made by tools/generate.mjs from js/src/elements.def. Do not edit.

import { ViewOfMemory } from '../access.js';
import { requireType } from '../arguments.js';

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
 * (`invalid_number`), bytes outside the memory a `RangeError` (`out_of_bounds`). After an error
 * nothing is written.
 */
export class NumberAccess extends ViewOfMemory {
  /** Reads a signed 8-bit integer at `byteOffset`. Rules: {@link NumberAccess}. */
  readInt8(byteOffset: number): number {
    try {
      if (byteOffset >>> 0 === byteOffset) return this.view.getInt8(byteOffset);
    } catch {
      // The view is stale or the bytes lie outside: the slow way below finds out which.
    }
    return this.currentView('readInt8', byteOffset, 1).getInt8(byteOffset);
  }

  /** Writes a signed 8-bit integer at `byteOffset`. Rules: {@link NumberAccess}. */
  writeInt8(byteOffset: number, value: number): void {
    try {
      if (byteOffset >>> 0 === byteOffset && typeof value === 'number') {
        this.view.setInt8(byteOffset, value);
        return;
      }
    } catch {
      // As above.
    }
    requireType('writeInt8', 'value', value, 'number');
    this.currentView('writeInt8', byteOffset, 1).setInt8(byteOffset, value);
  }

  /** Reads an unsigned 8-bit integer at `byteOffset`. Rules: {@link NumberAccess}. */
  readUint8(byteOffset: number): number {
    try {
      if (byteOffset >>> 0 === byteOffset) return this.view.getUint8(byteOffset);
    } catch {
      // The view is stale or the bytes lie outside: the slow way below finds out which.
    }
    return this.currentView('readUint8', byteOffset, 1).getUint8(byteOffset);
  }

  /** Writes an unsigned 8-bit integer at `byteOffset`. Rules: {@link NumberAccess}. */
  writeUint8(byteOffset: number, value: number): void {
    try {
      if (byteOffset >>> 0 === byteOffset && typeof value === 'number') {
        this.view.setUint8(byteOffset, value);
        return;
      }
    } catch {
      // As above.
    }
    requireType('writeUint8', 'value', value, 'number');
    this.currentView('writeUint8', byteOffset, 1).setUint8(byteOffset, value);
  }

  /** Reads a signed 16-bit integer at `byteOffset`. Rules: {@link NumberAccess}. */
  readInt16(byteOffset: number): number {
    try {
      if (byteOffset >>> 0 === byteOffset) return this.view.getInt16(byteOffset, true);
    } catch {
      // The view is stale or the bytes lie outside: the slow way below finds out which.
    }
    return this.currentView('readInt16', byteOffset, 2).getInt16(byteOffset, true);
  }

  /** Writes a signed 16-bit integer at `byteOffset`. Rules: {@link NumberAccess}. */
  writeInt16(byteOffset: number, value: number): void {
    try {
      if (byteOffset >>> 0 === byteOffset && typeof value === 'number') {
        this.view.setInt16(byteOffset, value, true);
        return;
      }
    } catch {
      // As above.
    }
    requireType('writeInt16', 'value', value, 'number');
    this.currentView('writeInt16', byteOffset, 2).setInt16(byteOffset, value, true);
  }

  /** Reads an unsigned 16-bit integer at `byteOffset`. Rules: {@link NumberAccess}. */
  readUint16(byteOffset: number): number {
    try {
      if (byteOffset >>> 0 === byteOffset) return this.view.getUint16(byteOffset, true);
    } catch {
      // The view is stale or the bytes lie outside: the slow way below finds out which.
    }
    return this.currentView('readUint16', byteOffset, 2).getUint16(byteOffset, true);
  }

  /** Writes an unsigned 16-bit integer at `byteOffset`. Rules: {@link NumberAccess}. */
  writeUint16(byteOffset: number, value: number): void {
    try {
      if (byteOffset >>> 0 === byteOffset && typeof value === 'number') {
        this.view.setUint16(byteOffset, value, true);
        return;
      }
    } catch {
      // As above.
    }
    requireType('writeUint16', 'value', value, 'number');
    this.currentView('writeUint16', byteOffset, 2).setUint16(byteOffset, value, true);
  }

  /** Reads a signed 32-bit integer at `byteOffset`. Rules: {@link NumberAccess}. */
  readInt32(byteOffset: number): number {
    try {
      if (byteOffset >>> 0 === byteOffset) return this.view.getInt32(byteOffset, true);
    } catch {
      // The view is stale or the bytes lie outside: the slow way below finds out which.
    }
    return this.currentView('readInt32', byteOffset, 4).getInt32(byteOffset, true);
  }

  /** Writes a signed 32-bit integer at `byteOffset`. Rules: {@link NumberAccess}. */
  writeInt32(byteOffset: number, value: number): void {
    try {
      if (byteOffset >>> 0 === byteOffset && typeof value === 'number') {
        this.view.setInt32(byteOffset, value, true);
        return;
      }
    } catch {
      // As above.
    }
    requireType('writeInt32', 'value', value, 'number');
    this.currentView('writeInt32', byteOffset, 4).setInt32(byteOffset, value, true);
  }

  /** Reads an unsigned 32-bit integer at `byteOffset`. Rules: {@link NumberAccess}. */
  readUint32(byteOffset: number): number {
    try {
      if (byteOffset >>> 0 === byteOffset) return this.view.getUint32(byteOffset, true);
    } catch {
      // The view is stale or the bytes lie outside: the slow way below finds out which.
    }
    return this.currentView('readUint32', byteOffset, 4).getUint32(byteOffset, true);
  }

  /** Writes an unsigned 32-bit integer at `byteOffset`. Rules: {@link NumberAccess}. */
  writeUint32(byteOffset: number, value: number): void {
    try {
      if (byteOffset >>> 0 === byteOffset && typeof value === 'number') {
        this.view.setUint32(byteOffset, value, true);
        return;
      }
    } catch {
      // As above.
    }
    requireType('writeUint32', 'value', value, 'number');
    this.currentView('writeUint32', byteOffset, 4).setUint32(byteOffset, value, true);
  }

  /** Reads a signed 64-bit integer at `byteOffset`. Rules: {@link NumberAccess}. */
  readBigInt64(byteOffset: number): bigint {
    try {
      if (byteOffset >>> 0 === byteOffset) return this.view.getBigInt64(byteOffset, true);
    } catch {
      // The view is stale or the bytes lie outside: the slow way below finds out which.
    }
    return this.currentView('readBigInt64', byteOffset, 8).getBigInt64(byteOffset, true);
  }

  /** Writes a signed 64-bit integer at `byteOffset`. Rules: {@link NumberAccess}. */
  writeBigInt64(byteOffset: number, value: bigint): void {
    try {
      if (byteOffset >>> 0 === byteOffset && typeof value === 'bigint') {
        this.view.setBigInt64(byteOffset, value, true);
        return;
      }
    } catch {
      // As above.
    }
    requireType('writeBigInt64', 'value', value, 'bigint');
    this.currentView('writeBigInt64', byteOffset, 8).setBigInt64(byteOffset, value, true);
  }

  /** Reads an unsigned 64-bit integer at `byteOffset`. Rules: {@link NumberAccess}. */
  readBigUint64(byteOffset: number): bigint {
    try {
      if (byteOffset >>> 0 === byteOffset) return this.view.getBigUint64(byteOffset, true);
    } catch {
      // The view is stale or the bytes lie outside: the slow way below finds out which.
    }
    return this.currentView('readBigUint64', byteOffset, 8).getBigUint64(byteOffset, true);
  }

  /** Writes an unsigned 64-bit integer at `byteOffset`. Rules: {@link NumberAccess}. */
  writeBigUint64(byteOffset: number, value: bigint): void {
    try {
      if (byteOffset >>> 0 === byteOffset && typeof value === 'bigint') {
        this.view.setBigUint64(byteOffset, value, true);
        return;
      }
    } catch {
      // As above.
    }
    requireType('writeBigUint64', 'value', value, 'bigint');
    this.currentView('writeBigUint64', byteOffset, 8).setBigUint64(byteOffset, value, true);
  }

  /** Reads a single precision number, rounded to the nearest at `byteOffset`. Rules: {@link NumberAccess}. */
  readFloat32(byteOffset: number): number {
    try {
      if (byteOffset >>> 0 === byteOffset) return this.view.getFloat32(byteOffset, true);
    } catch {
      // The view is stale or the bytes lie outside: the slow way below finds out which.
    }
    return this.currentView('readFloat32', byteOffset, 4).getFloat32(byteOffset, true);
  }

  /** Writes a single precision number, rounded to the nearest at `byteOffset`. Rules: {@link NumberAccess}. */
  writeFloat32(byteOffset: number, value: number): void {
    try {
      if (byteOffset >>> 0 === byteOffset && typeof value === 'number') {
        this.view.setFloat32(byteOffset, value, true);
        return;
      }
    } catch {
      // As above.
    }
    requireType('writeFloat32', 'value', value, 'number');
    this.currentView('writeFloat32', byteOffset, 4).setFloat32(byteOffset, value, true);
  }

  /** Reads a double precision number at `byteOffset`. Rules: {@link NumberAccess}. */
  readFloat64(byteOffset: number): number {
    try {
      if (byteOffset >>> 0 === byteOffset) return this.view.getFloat64(byteOffset, true);
    } catch {
      // The view is stale or the bytes lie outside: the slow way below finds out which.
    }
    return this.currentView('readFloat64', byteOffset, 8).getFloat64(byteOffset, true);
  }

  /** Writes a double precision number at `byteOffset`. Rules: {@link NumberAccess}. */
  writeFloat64(byteOffset: number, value: number): void {
    try {
      if (byteOffset >>> 0 === byteOffset && typeof value === 'number') {
        this.view.setFloat64(byteOffset, value, true);
        return;
      }
    } catch {
      // As above.
    }
    requireType('writeFloat64', 'value', value, 'number');
    this.currentView('writeFloat64', byteOffset, 8).setFloat64(byteOffset, value, true);
  }
}
