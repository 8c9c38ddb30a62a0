// Comparing many bytes: deepEqual takes minutes to print megabytes.

import assert from 'node:assert/strict';

const viewOf = (bytes) =>
  ArrayBuffer.isView(bytes) ? new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength) : new Uint8Array(bytes);

/** A copy of the bytes of a buffer or view, shared or not. */
export function copyOf(bytes) {
  const view = viewOf(bytes);
  const copy = new Uint8Array(view.length);
  copy.set(view);
  return copy;
}

/** Expects the same bytes, and names the first place where they differ. */
export function sameBytes(actual, expected, message = 'bytes') {
  const [a, b] = [viewOf(actual), viewOf(expected)];
  assert.equal(a.length, b.length, `${message}: how many`);
  for (let i = 0; i < a.length; i++) {
    if (a[i] !== b[i]) assert.fail(`${message}: byte ${i} is ${a[i]}, not ${b[i]}`);
  }
}

/** Expects an action to throw and to change not one byte of a heap's memory. Gives the error back. */
export function writesNothing(heap, action) {
  const before = copyOf(heap.buffer);
  let error;
  try {
    const value = action();
    assert.fail(`expected an error, but it returned ${String(value)}`);
  } catch (thrown) {
    error = thrown;
  }
  if (error instanceof assert.AssertionError) throw error;
  sameBytes(heap.buffer, before, `the memory after ${error.message}`);
  return error;
}
