// Purpose: which values may be written where allot's own methods are not asked, or would take too much.
// Floor:   door js, compat.

import { rangeError, requireType, show } from './errors.js';

/**
 * Refuses what is no address of 32 bits. One above 2 GiB may be negative, as WebAssembly hands it out.
 *
 * @returns it as it was
 */
export function address32(value: number): number {
  if (Number.isInteger(value) && value >= -(2 ** 31) && value < 2 ** 32) return value;
  requireType('value', value, 'number');
  throw rangeError('invalid_number', `a pointer of 32 bits must be a whole number below 2^32, not ${show(value)}`);
}
