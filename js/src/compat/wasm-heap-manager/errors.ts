// Purpose: what this drop-in throws by itself, with the codes that the whole package uses, and the checks
//          of its arguments.
// Floor:   door js, compat.

import {
  HeapError,
  type CodedRangeError,
  type CodedTypeError,
  type HeapErrorCode,
  type RangeErrorCode,
  type TypeErrorCode,
} from '../../index.js';

export function heapError(code: HeapErrorCode, message: string, address: number): HeapError {
  return new HeapError(code, message, address);
}

export function rangeError(code: RangeErrorCode, message: string): CodedRangeError {
  return Object.assign(new RangeError(message), { code });
}

export function typeError(code: TypeErrorCode, message: string): CodedTypeError {
  return Object.assign(new TypeError(message), { code });
}

/** A value for a message: short, and safe for any value. */
export function show(value: unknown): string {
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 40));
  return typeof value === 'number' || value === null ? String(value) : `${typeof value}`;
}

/** Refuses what is not of a primitive type, or no function. */
export function requireType(name: string, value: unknown, type: 'number' | 'string' | 'function'): void {
  if (typeof value !== type) throw typeError('wrong_type', `${name} must be a ${type}, not ${show(value)}`);
}

/** Refuses anything but a whole number from 0 up: an address, a size or a count. */
export function requireWhole(name: string, value: number): void {
  requireType(name, value, 'number');
  if (!Number.isSafeInteger(value) || value < 0) {
    throw rangeError('invalid_number', `${name} must be a whole number from 0 up, not ${show(value)}`);
  }
}
