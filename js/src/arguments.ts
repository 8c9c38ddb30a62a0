// Purpose: checks of arguments. A bad value is refused before the heap sees it, in words that name the
//          value and the rule; WebAssembly itself would silently turn -1, NaN, 1.5 and '7' into
//          addresses.
// Floor:   door js.
//
// Every check takes `operation`, the name of the method called, and gives the value back unchanged.

import { makeError, type ErrorCode } from './errors.js';

/** One more than the largest address or size that wasm32 can name. */
export const addressLimit = 2 ** 32;

/** A value as an error message shows it: short, and safe for any value. */
export function describe(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return `the string ${JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value)}`;
    case 'bigint':
      return `the BigInt ${value}n`;
    case 'number':
      return Object.is(value, -0) ? '0' : String(value);
    case 'boolean':
    case 'undefined':
      return String(value);
    case 'object':
      return value === null ? 'null' : 'an object';
    case 'function':
      return 'a function';
    case 'symbol':
      return 'a symbol';
  }
}

/** Refuses a value that is not of the named primitive type. */
export function requireType(
  operation: string,
  name: string,
  value: unknown,
  type: 'number' | 'bigint' | 'string' | 'boolean',
): void {
  if (typeof value !== type) throw wrongType(operation, name, value, `a ${type}`);
}

/** The error for an argument of the wrong type. */
export function wrongType(operation: string, name: string, value: unknown, rule: string): Error {
  return makeError('wrong_type', operation, `${name} must be ${rule}, not ${describe(value)}`);
}

/**
 * Refuses options that there are not: one that is misspelt would be ignored.
 *
 * @param within the option that these are options of
 */
export function requireNames(operation: string, options: object, names: readonly string[], within = ''): void {
  for (const name of Object.keys(options)) {
    if (names.includes(name)) continue;
    const whole = JSON.stringify(within + (name.length > 40 ? `${name.slice(0, 40)}…` : name));
    throw makeError('invalid_option', operation, `there is no option ${whole}; there are ${names.join(', ')}`);
  }
}

/** Refuses anything but a whole number from 0 up; it may be larger than an address. */
export function wholeNumber(operation: string, name: string, value: unknown): number {
  requireType(operation, name, value, 'number');
  if (!Number.isInteger(value) || (value as number) < 0) {
    throw makeError('invalid_number', operation, `${name} is ${describe(value)}`);
  }
  return value as number;
}

/**
 * Refuses anything but a whole number below 2^32. The hot calls come through here, so the check
 * that lets good values pass stands alone.
 *
 * @param tooLarge the code for a whole number of 2^32 or more
 */
function word(operation: string, name: string, value: number, tooLarge: ErrorCode): number {
  return typeof value === 'number' && value >>> 0 === value
    ? value
    : refuseWord(operation, name, value, tooLarge);
}

function refuseWord(operation: string, name: string, value: unknown, tooLarge: ErrorCode): never {
  const whole = wholeNumber(operation, name, value);
  const address = tooLarge === 'wild_address' ? whole : undefined;
  throw makeError(tooLarge, operation, `${name} is ${whole}`, address);
}

/** A size or count: at most 2^32 - 1. */
export function checkSize(operation: string, name: string, value: number): number {
  return word(operation, name, value, 'size_too_large');
}

/** The address of a block: at most 2^32 - 1. */
export function checkAddress(operation: string, value: number): number {
  return word(operation, 'address', value, 'wild_address');
}

/** An alignment; whether it is a power of two is the core's to say. */
export function checkAlignment(operation: string, value: number): number {
  return word(operation, 'alignment', value, 'invalid_alignment');
}

/** A bound of a span: at most 2^32 - 1. */
export function checkBound(operation: string, name: string, value: number): number {
  return word(operation, name, value, 'invalid_span');
}

/** A limit in bytes: a whole number, or `Infinity` for none. */
export function checkLimit(operation: string, name: string, value: number): number {
  return value === Infinity ? value : wholeNumber(operation, name, value);
}

/**
 * A limit as the core takes it. There 0 means none, so that a limit of 0 bytes becomes 1: a block
 * has 16, and neither limit lets one through.
 */
export function coreLimit(value: number): number {
  return value === Infinity ? 0 : Math.max(value, 1);
}
