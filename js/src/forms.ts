// Purpose: how the numbers lie in memory that DataView has no methods for: clamped bytes, halves where
//          the engine has them, addresses, and integers of 128 and 256 bits.
// Floor:   door js.

import { describe, requireType, wholeNumber } from './arguments.js';
import { makeError } from './errors.js';

/** A `Float16Array`; declared here because TypeScript's oldest supported library has none. */
export interface HalfArray extends ArrayBufferView {
  readonly length: number;
  readonly BYTES_PER_ELEMENT: number;
  [index: number]: number;
}

interface HalfView {
  getFloat16(byteOffset: number, littleEndian: boolean): number;
  setFloat16(byteOffset: number, value: number, littleEndian: boolean): void;
}

type HalfArrayConstructor = new (buffer: ArrayBufferLike, byteOffset: number, length: number) => HalfArray;

declare const Float16Array: HalfArrayConstructor | undefined;

/** The engine's `Float16Array`, or `undefined` when it has none. */
export const halfArray: HalfArrayConstructor | undefined =
  typeof Float16Array === 'undefined' ? undefined : Float16Array;

/** The view, when the engine can read halves. */
export function halves(operation: string, view: DataView): HalfView {
  if ('getFloat16' in view) return view as unknown as HalfView;
  throw makeError('unsupported_element', operation, 'it has no Float16');
}

/** As `Uint8ClampedArray` does it: to the nearest, ties to even, NaN to 0. */
export function clampByte(value: number): number {
  if (!(value > 0)) return 0;
  if (value >= 255) return 255;
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest < 0.5) return floor;
  return rest > 0.5 || floor % 2 === 1 ? floor + 1 : floor;
}

/** One more than the largest high word of an address that is a safe number. */
const safeHighLimit = 2 ** 21;

/** Reads a 64-bit address as a number. */
export function readSafe(operation: string, view: DataView, byteOffset: number): number {
  const high = view.getUint32(byteOffset + 4, true);
  if (high >= safeHighLimit) {
    throw makeError('unsafe_pointer', operation, `it is ${view.getBigUint64(byteOffset, true)}`);
  }
  return high * 2 ** 32 + view.getUint32(byteOffset, true);
}

/** Writes a number as a 64-bit address. */
export function writeSafe(view: DataView, byteOffset: number, value: number): void {
  // At once: another agent must not see half of it.
  view.setBigUint64(byteOffset, BigInt(value), true);
}

/** Refuses what is no 32-bit address. */
export function requirePointer32(operation: string, value: unknown): void {
  const address = wholeNumber(operation, 'value', value);
  if (address >= 2 ** 32) throw makeError('invalid_number', operation, `value is ${address}, beyond 32 bits`);
}

/** Refuses what is no address below 2^53. */
export function requirePointer53(operation: string, value: unknown): void {
  requireType(operation, 'value', value, 'number');
  if (Number.isSafeInteger(value) && (value as number) >= 0) return;
  throw makeError('invalid_number', operation, `value is ${describe(value)}`);
}

/** Refuses what is no 64-bit address, be it read as signed or as unsigned. */
export function requirePointer64(operation: string, value: unknown, name = 'value'): void {
  requireType(operation, name, value, 'bigint');
  if (BigInt.asUintN(64, value as bigint) === value || BigInt.asIntN(64, value as bigint) === value) return;
  throw makeError('invalid_number', operation, `${name} is ${value}n, beyond 64 bits`);
}

const wordBits = 64n;

/** Reads an unsigned integer of several 64-bit words, the lowest first. */
export function readWide(view: DataView, byteOffset: number, byteLength: number): bigint {
  let value = 0n;
  for (let at = byteLength - 8; at >= 0; at -= 8) {
    value = (value << wordBits) | view.getBigUint64(byteOffset + at, true);
  }
  return value;
}

/** Writes an unsigned integer as several 64-bit words, modulo 2 to the number of bits. */
export function writeWide(view: DataView, byteOffset: number, value: bigint, byteLength: number): void {
  // -1 stands for no place, which only the first word would be refused at.
  if (byteOffset < 0) throw new RangeError('no place');
  // The last word first: if that one is inside the memory, all are, and nothing is written by halves.
  for (let at = byteLength - 8; at >= 0; at -= 8) {
    view.setBigUint64(byteOffset + at, value >> BigInt(8 * at), true);
  }
}
