// Purpose: the errors of this drop-in, and the checks of what it is given. They carry the codes of the
//          package, so that one `switch` serves both.
// Floor:   door js, compat.

import type { CodedRangeError, CodedTypeError } from '../../index.js';

function show(value: unknown): string {
  if (typeof value === 'bigint') return `the BigInt ${value}n`;
  if (typeof value === 'number' || value === null || value === undefined) return String(value);
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

/** The error for an argument of the wrong type. */
export function wrongType(operation: string, name: string, rule: string, value: unknown): CodedTypeError {
  const message = `${operation}: ${name} must be ${rule}, not ${show(value)}`;
  return Object.assign(new TypeError(message), { code: 'wrong_type' as const });
}

function invalidNumber(operation: string, what: string): CodedRangeError {
  return Object.assign(new RangeError(`${operation}: ${what}`), { code: 'invalid_number' as const });
}

/**
 * A number of bytes to allocate.
 *
 * A size from 2 GiB up that went through `| 0`, as the original's documents write it, arrives as a
 * negative number and is taken for what it was. Only those of the last page of 4 GiB, -65536 to -1,
 * are refused: a memory that is used at all never has them, whereas they are what a subtraction that
 * went wrong gives.
 */
export function requireSize(operation: string, size: unknown): number {
  if (typeof size !== 'number') throw wrongType(operation, 'size', 'a number', size);
  if (!Number.isInteger(size)) throw invalidNumber(operation, `size must be a whole number, not ${size}`);
  if (size > 0) return size;
  if (size === 0) throw invalidNumber(operation, 'size is 0; there are no blocks without bytes');
  if (size >= -(2 ** 31) && size < -65536) return size >>> 0;
  throw invalidNumber(operation, `size must be from 1 up, not ${size}`);
}
