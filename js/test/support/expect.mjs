// Expectations that many tests share.

import assert from 'node:assert/strict';

import { HeapError } from 'allot';

const classes = { HeapError, RangeError, TypeError };

/**
 * Expects an error of exactly this class and code, whose message matches. Gives the error back.
 *
 * @param {() => unknown} action
 * @param {'HeapError' | 'RangeError' | 'TypeError'} className
 * @param {string} code
 * @param {RegExp} [message]
 */
export function throwsCode(action, className, code, message = /./) {
  let error;
  try {
    const value = action();
    assert.fail(`expected ${className} ${code}, but it returned ${String(value)}`);
  } catch (thrown) {
    error = thrown;
  }
  checkError(error, className, code, message);
  return error;
}

/** As {@link throwsCode}, for a promise. */
export async function rejectsCode(promise, className, code, message = /./) {
  const error = await promise.then(
    (value) => assert.fail(`expected ${className} ${code}, but it resolved to ${String(value)}`),
    (reason) => reason,
  );
  checkError(error, className, code, message);
  return error;
}

function checkError(error, className, code, message) {
  if (error instanceof assert.AssertionError) throw error;
  assert.ok(error instanceof Error, `threw ${String(error)}, which is no error`);
  assert.equal(Object.getPrototypeOf(error), classes[className].prototype, error.stack);
  assert.equal(error.code, code, error.message);
  assert.match(error.message, message);
}

/** All that can be asked of a heap without changing it: two equal ones have no visible difference. */
export function portrait(heap) {
  return { stats: heap.stats(), blocks: [...heap.blocks()], bytes: heap.buffer.byteLength };
}

/** Expects an action to fail with a coded error and to leave no visible trace. */
export function changesNothing(heap, action, className, code, message) {
  const before = portrait(heap);
  const error = throwsCode(action, className, code, message);
  assert.deepEqual(portrait(heap), before);
  heap.validate();
  return error;
}

/** The ways of making a heap that behave alike unless a test says otherwise. */
export const places = ['inside', 'outside'];
export const policies = ['exact', 'compact', 'balanced', 'fast'];
