// Purpose: bytes that a caller hands in, however he holds them.
// Floor:   door js.

import { wrongType } from './arguments.js';
import { makeError } from './errors.js';

/** Bytes, however they are held. */
export type BytesLike = ArrayBufferLike | ArrayBufferView;

/** The bytes themselves: a view on them, no copy. */
export function bytesOf(operation: string, name: string, given: unknown): Uint8Array {
  try {
    if (ArrayBuffer.isView(given)) return new Uint8Array(given.buffer, given.byteOffset, given.byteLength);
    const tag = Object.prototype.toString.call(given);
    const isBuffer = tag === '[object ArrayBuffer]' || tag === '[object SharedArrayBuffer]';
    if (isBuffer) return new Uint8Array(given as ArrayBuffer);
  } catch (cause) {
    throw makeError('wrong_type', operation, `${name} was transferred away: its buffer is detached`, undefined, { cause });
  }
  throw wrongType(operation, name, given, 'an ArrayBuffer or a view');
}
