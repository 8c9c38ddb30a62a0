// Purpose: the errors of this drop-in, and the checks of what it is given. They carry the codes of the
//          package, so that one `switch` serves both.
// Floor:   door js, compat.

import type { CodedRangeError, CodedTypeError, RangeErrorCode, TypeErrorCode } from '../../index.js';

/** A `RangeError` with a code. */
export function rangeError(
  code: RangeErrorCode,
  operation: string,
  what: string,
  options?: ErrorOptions,
): CodedRangeError {
  return Object.assign(new RangeError(`${operation}: ${what}`, options), { code });
}

/** A `TypeError` with a code. */
export function typeError(
  code: TypeErrorCode,
  operation: string,
  what: string,
  options?: ErrorOptions,
): CodedTypeError {
  return Object.assign(new TypeError(`${operation}: ${what}`, options), { code });
}

/** A value as a message shows it: short, and safe for any value. */
export function show(value: unknown): string {
  if (typeof value === 'number') return Object.is(value, -0) ? '0' : String(value);
  if (value === null || value === undefined || typeof value === 'boolean') return String(value);
  if (typeof value === 'bigint') return `the BigInt ${value}n`;
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

/** Refuses what is not a number. */
export function requireNumber(operation: string, name: string, value: unknown): number {
  if (typeof value === 'number') return value;
  throw typeError('wrong_type', operation, `${name} must be a number, not ${show(value)}`);
}

/** Refuses what is not a whole number, of either sign. */
export function requireInteger(operation: string, name: string, value: unknown): number {
  const number = requireNumber(operation, name, value);
  if (Number.isInteger(number)) return number;
  throw rangeError('invalid_number', operation, `${name} must be a whole number, not ${show(number)}`);
}

/** Refuses what is not a whole number from `least` up. */
export function requireWhole(operation: string, name: string, value: unknown, least = 0): number {
  const number = requireNumber(operation, name, value);
  // Adding 0 makes the 0 of the -0.
  if (Number.isInteger(number) && number >= least) return number + 0;
  throw rangeError('invalid_number', operation, `${name} must be a whole number from ${least} up, not ${show(number)}`);
}

/** Refuses bytes that do not all lie in a buffer. */
export function requireBytes(
  operation: string,
  buffer: ArrayBufferLike,
  byteOffset: number,
  byteLength: number,
): void {
  if (byteOffset + byteLength <= buffer.byteLength) return;
  throw rangeError(
    'out_of_bounds',
    operation,
    `${byteLength} bytes from ${byteOffset} on; the memory has ${buffer.byteLength}`,
  );
}
