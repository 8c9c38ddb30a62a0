// Purpose: what becomes of malformed text: the characters put in its place, and the errors.
// Floor:   door js.

import { makeError } from '../errors.js';

/** What stands for malformed text: U+FFFD. */
export const replacement = 0xfffd;

/** What stands for a character that an encoding without U+FFFD does not have: a question mark. */
export const questionMark = 0x3f;

/** Whether a UTF-16 unit is a surrogate. */
export function isSurrogate(unit: number): boolean {
  return (unit & 0xf800) === 0xd800;
}

/** Whether a UTF-16 unit is the first of a surrogate pair. */
export function isLead(unit: number): boolean {
  return (unit & 0xfc00) === 0xd800;
}

/** Whether a UTF-16 unit (or `NaN`, behind the end of a string) is the second of a surrogate pair. */
export function isTrail(unit: number): boolean {
  return (unit & 0xfc00) === 0xdc00;
}

/** The character that a surrogate pair stands for. */
export function pairToCode(lead: number, trail: number): number {
  return ((lead - 0xd800) << 10) + (trail - 0xdc00) + 0x10000;
}

const anySurrogate = /[\ud800-\udfff]/;

/** Whether a string has surrogates. Engines tell without looking that a string of bytes has none. */
export function hasSurrogates(text: string): boolean {
  return anySurrogate.test(text);
}

/** How many characters (lone surrogates count too) a string has. */
export function countCodes(text: string): number {
  let count = text.length;
  if (!hasSurrogates(text)) return count;
  for (let i = 0; i < text.length; i++) {
    if (!isLead(text.charCodeAt(i)) || !isTrail(text.charCodeAt(i + 1))) continue;
    count--;
    i++;
  }
  return count;
}

type MaybeWellFormed = string & { isWellFormed?(): boolean };

/** Where a string has its first lone surrogate; -1 when it has none. */
export function findLoneSurrogate(text: string): number {
  // Engines that have the method need not even look at a string of bytes.
  if ((text as MaybeWellFormed).isWellFormed?.() === true) return -1;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (!isSurrogate(unit)) continue;
    if (isLead(unit) && isTrail(text.charCodeAt(i + 1))) i++;
    else return i;
  }
  return -1;
}

/** A number as it is written in tables of bytes and characters. */
function hex(value: number, digits: number): string {
  return value.toString(16).toUpperCase().padStart(digits, '0');
}

/**
 * The error for bytes that are none of an encoding.
 *
 * @param address where the text begins
 * @param index where in it they are, in bytes
 */
export function malformedBytes(
  operation: string,
  encoding: string,
  bytes: Uint8Array,
  begin: number,
  end: number,
  address: number,
  index: number,
): Error {
  const shown = Array.from(bytes.subarray(begin, end), (byte) => hex(byte, 2)).join(' ');
  const place = `at ${address + index}, byte ${index} of the text`;
  return makeError('malformed_text', operation, `${shown} ${place}, is not ${encoding}`);
}

/** The error for a character of a string that an encoding does not have. */
export function malformedString(operation: string, encoding: string, text: string, index: number): Error {
  const code = text.codePointAt(index) as number;
  const what = isSurrogate(code) && code <= 0xffff ? 'a lone surrogate' : `a character that ${encoding} does not have`;
  return makeError('malformed_text', operation, `U+${hex(code, 4)} at index ${index} is ${what}`);
}
