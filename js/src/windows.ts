// Purpose: work on parts of a memory of any length. A typed array on all of it is not to be had
//          everywhere: Node 20 has buffers of more than 4 GiB, and no typed array of more than 2^32 elements.
// Floor:   door js.

import { makeError } from './errors.js';

/** The most elements that every engine's typed arrays can have. */
export const mostElements = 2 ** 32 - 1;

/** What is worked on at once, in bytes, where it might be too much. */
export const windowBytes = 2 ** 30;

/** The error for a view that the engine does not give. */
export function noView(operation: string, length: number, cause: unknown): Error {
  return makeError('unsupported_operation', operation, `the engine has no view of ${length} elements`, undefined, { cause });
}

/** Copies bytes that lie inside a buffer; the two ranges may overlap. */
export function copyBytes(buffer: ArrayBufferLike, target: number, source: number, byteLength: number): void {
  if (buffer.byteLength <= mostElements) {
    new Uint8Array(buffer).copyWithin(target, source, source + byteLength);
    return;
  }
  // From the end on which no piece runs over what is still to be copied.
  const isUpwards = target <= source;
  for (let done = 0; done < byteLength; done += windowBytes) {
    const length = Math.min(windowBytes, byteLength - done);
    const at = isUpwards ? done : byteLength - done - length;
    new Uint8Array(buffer, target + at, length).set(new Uint8Array(buffer, source + at, length));
  }
}

/** Fills bytes that lie inside a buffer. */
export function fillBytes(buffer: ArrayBufferLike, byteOffset: number, byteLength: number, value: number): void {
  let at = byteOffset;
  for (let rest = byteLength; rest > windowBytes; rest -= windowBytes, at += windowBytes) {
    new Uint8Array(buffer, at, windowBytes).fill(value);
  }
  new Uint8Array(buffer, at, byteOffset + byteLength - at).fill(value);
}
