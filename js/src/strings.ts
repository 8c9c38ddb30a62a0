// Purpose: UTF-8 text in a memory. The platform's codec does the work; this file sees to the bounds,
//          and to the buffers that some engines' codecs refuse (browsers: resizable ones, and shared
//          ones once those are supported), for which it goes through a copy.
// Floor:   door js.

import { requireBounds } from './access.js';
import { checkSize, requireType } from './arguments.js';
import { makeError } from './errors.js';

/** The encodings of strings that this version knows. */
export type StringEncoding = 'utf8';

// `ignoreBOM`: a byte order mark is a character like any other, or a string would not come back
// as it was written.
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
const encoder = new TextEncoder();

/** UTF-8 needs at most three bytes for each UTF-16 unit of a JavaScript string. */
const maximumBytesPerUnit = 3;

export function requireEncoding(operation: string, encoding: unknown): void {
  requireType(operation, 'encoding', encoding, 'string');
  if (encoding === 'utf8') return;
  throw makeError('unsupported_encoding', operation, `encoding is ${JSON.stringify(encoding)}`);
}

/** Decodes bytes; malformed ones become U+FFFD, as everywhere on the web. */
export function decodeString(
  operation: string,
  buffer: ArrayBufferLike,
  byteOffset: number,
  byteLength: number,
): string {
  checkSize(operation, 'byteLength', byteLength);
  requireBounds(operation, byteOffset, byteLength, buffer);
  const bytes = new Uint8Array(buffer, byteOffset, byteLength);
  return decoder.decode(refusedByCodecs(buffer) ? bytes.slice() : bytes);
}

/** The bytes of a string; lone surrogates become U+FFFD. */
export function encodeString(text: string): Uint8Array<ArrayBuffer> {
  return encoder.encode(text);
}

/**
 * Writes a string's bytes when all of them fit, else nothing.
 *
 * @param capacity the bytes there are for it; `undefined`: up to the end of the memory
 * @returns how many bytes it took
 */
export function writeEncoded(
  operation: string,
  buffer: ArrayBufferLike,
  byteOffset: number,
  text: string,
  capacity: number | undefined,
): number {
  const room = capacity === undefined ? undefined : checkSize(operation, 'capacity', capacity);
  requireBounds(operation, byteOffset, room ?? 0, buffer);
  const space = room ?? buffer.byteLength - byteOffset;

  if (text.length * maximumBytesPerUnit <= space && !refusedByCodecs(buffer)) {
    // It fits whatever its characters are: no need to encode it first to know.
    return encoder.encodeInto(text, new Uint8Array(buffer, byteOffset, space)).written;
  }
  const bytes = encodeString(text);
  if (bytes.length > space) {
    if (room === undefined) requireBounds(operation, byteOffset, bytes.length, buffer);
    throw makeError('string_too_long', operation, `it takes ${bytes.length} bytes; there are ${space}`);
  }
  new Uint8Array(buffer).set(bytes, byteOffset);
  return bytes.length;
}

function refusedByCodecs(buffer: ArrayBufferLike): boolean {
  return (
    !(buffer instanceof ArrayBuffer) || (buffer as ArrayBuffer & { resizable?: boolean }).resizable === true
  );
}
