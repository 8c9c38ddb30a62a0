// Purpose: what was found where nobody should have written, and how it is told.
// Floor:   door js.

import { makeError } from '../errors.js';

/** Bytes that somebody wrote where nobody should have. */
export interface HeapFault {
  /** `'overrun'`: before or behind a block; `'use_after_free'`: into a block after it was freed. */
  readonly code: 'overrun' | 'use_after_free';
  /** The operation that found it: `'free'`, `'validate'` … */
  readonly operation: string;
  /** The block's address, in bytes. */
  readonly byteOffset: number;
  /** The bytes that the block was asked for, or has where that is not known. */
  readonly byteLength: number;
  /** Where the first wrong byte is, counted from the block's beginning: negative in front of it. */
  readonly offset: number;
  /** From the first wrong byte to the last, of which at most 64 are kept in `found`. */
  readonly length: number;
  /** What was found there. */
  readonly found: Uint8Array;
  /** The byte that should have been there. */
  readonly expected: number;
}

const mostFound = 64;
const mostShown = 16;

/** What is wrong with bytes that should all have one value, if anything is: only the place, and the bytes. */
export function damageIn(
  bytes: Uint8Array,
  expected: number,
): Pick<HeapFault, 'offset' | 'length' | 'found' | 'expected'> | undefined {
  let first = 0;
  while (first < bytes.length && bytes[first] === expected) first++;
  if (first === bytes.length) return undefined;
  let last = bytes.length - 1;
  while (bytes[last] === expected) last--;
  const length = last + 1 - first;
  // A copy, which does not change any more; not of a shared buffer either.
  const found = Uint8Array.from(bytes.subarray(first, first + Math.min(length, mostFound)));
  return { offset: first, length, found, expected };
}

/** The error that says it; the fault itself is its `cause`. */
export function faultError(fault: HeapFault): Error {
  const { code, operation, byteOffset, byteLength, offset, length, found, expected } = fault;
  const hex = [...found.subarray(0, mostShown)].map(inHex).join(' ');
  const bytes = length === 1 ? '1 byte' : `${length} bytes`;
  const detail =
    `${bytes} at ${offset} of the block at ${byteOffset}, which has ${byteLength}: ` +
    `${hex}${length > mostShown ? ' …' : ''}, not ${inHex(expected)}`;
  return makeError(code, operation, detail, byteOffset, { cause: fault });
}

function inHex(byte: number): string {
  return byte.toString(16).padStart(2, '0');
}
