// What the tests of LocalSharedMemory share.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import LocalSharedMemory from 'allot/compat/local-shared-memory';

import { throwsCode } from './expect.mjs';
import { can } from './runtime.mjs';

export const page = 65536;

/** `SharedArrayBuffer`, say: what a value is by its own account, in browsers that hide the constructor too. */
export const tagOf = (value) => Object.prototype.toString.call(value).slice(8, -1);

/** Numbers that are none, or none from 0 up. */
export const notWhole = [
  [undefined, 'TypeError', 'wrong_type'],
  [null, 'TypeError', 'wrong_type'],
  ['7', 'TypeError', 'wrong_type'],
  [7n, 'TypeError', 'wrong_type'],
  [{}, 'TypeError', 'wrong_type'],
  [true, 'TypeError', 'wrong_type'],
  [NaN, 'RangeError', 'invalid_number'],
  [1.5, 'RangeError', 'invalid_number'],
  [-1, 'RangeError', 'invalid_number'],
  [-100, 'RangeError', 'invalid_number'],
  [Infinity, 'RangeError', 'invalid_number'],
];

/** Runs a test on both kinds of memory, or on the one that there is. */
export function testBoth(name, body) {
  for (const shared of can.shared ? [false, true] : [false]) {
    const make = (initial = 2, maximum = initial) => new LocalSharedMemory(initial, maximum, shared);
    test(`${name} (${shared ? 'shared' : 'not shared'})`, () => body(make));
  }
}

/** All that can be seen of a memory. */
export const portrait = (memory) => ({
  totals: [...memory.ai32],
  allocs: memory.allocs(),
  bytes: memory.buffer.byteLength,
});

/** Expects an error with a code, and nothing changed. */
export function changesNothing(memory, action, className, code) {
  const before = portrait(memory);
  const error = throwsCode(action, className, code);
  assert.deepEqual(portrait(memory), before);
  return error;
}

/** The types of integers that the functions of Atomics know. */
export const integerTypes = [
  Int8Array,
  Uint8Array,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  BigInt64Array,
  BigUint64Array,
];
