// Purpose: what a layout needs to know of an encoding.
// Floor:   door js.

import type { StringEncoding } from '../strings/strings.js';

/** Bytes in one unit of each encoding: what its terminating zero takes, and what C aligns it to. */
const unitLengths: { readonly [Encoding in StringEncoding]: number } = {
  ascii: 1,
  latin1: 1,
  utf8: 1,
  utf16: 2,
  utf32: 4,
};

/** Bytes in one unit; `undefined` for what is no encoding. */
export function unitLengthOf(encoding: unknown): number | undefined {
  return typeof encoding === 'string' && Object.hasOwn(unitLengths, encoding)
    ? unitLengths[encoding as StringEncoding]
    : undefined;
}
