// Purpose: what the platform has for text, and memory of our own for what it cannot be let loose on.
// Floor:   door js.

import { makeError } from '../errors.js';
import { isLead, isTrail } from './malformed.js';

// `ignoreBOM`: a byte order mark is a character like any other, or a string would not come back
// as it was written.
export const decoder = /* @__PURE__ */ new TextDecoder('utf-8', { ignoreBOM: true });
export const strictDecoder = /* @__PURE__ */ new TextDecoder('utf-8', { ignoreBOM: true, fatal: true });
export const wideDecoder = /* @__PURE__ */ new TextDecoder('utf-16le', { ignoreBOM: true });
export const strictWideDecoder = /* @__PURE__ */ new TextDecoder('utf-16le', { ignoreBOM: true, fatal: true });
export const encoder = /* @__PURE__ */ new TextEncoder();

/** UTF-8 needs at most three bytes for each UTF-16 unit of a JavaScript string. */
export const mostBytesPerUnit = 3;

/** Units of a long text that are worked on at once. */
export const chunkUnits = 16384;

/** Bytes of {@link scratch}. */
export const scratchBytes = mostBytesPerUnit * chunkUnits;

/** The most UTF-16 units that are sooner encoded here than by the platform. */
export const mostByHand = 32;

const scratchBuffer = /* @__PURE__ */ new ArrayBuffer(scratchBytes);

/** Bytes that nobody else sees: enough for a chunk of UTF-8. Overwritten by the next who uses them. */
export const scratch = /* @__PURE__ */ new Uint8Array(scratchBuffer);

/** The same bytes. */
export const scratchView = /* @__PURE__ */ new DataView(scratchBuffer);

/** The first bytes of {@link scratch}. */
export function scratchPart(byteLength: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(scratchBuffer, 0, byteLength);
}

/** Copies the first bytes of {@link scratch} to where there is room for them. */
export function copyFromScratch(bytes: Uint8Array, view: DataView, at: number, byteLength: number): void {
  // A few are sooner copied than the method that copies them is called.
  if (byteLength > 64) {
    bytes.set(scratchPart(byteLength), at);
    return;
  }
  let i = 0;
  for (; i < byteLength - 3; i += 4) view.setInt32(at + i, scratchView.getInt32(i, true), true);
  for (; i < byteLength; i++) view.setInt8(at + i, scratchView.getInt8(i));
}

/** Units of a short text, and a few more that may be written before it shows that it is malformed. */
export const shortUnits = /* @__PURE__ */ new Uint16Array(36);

/** Units for one chunk, and one more for a character that takes two; apart from {@link scratch}. */
export const chunkOfUnits = /* @__PURE__ */ new Uint16Array(chunkUnits + 1);

/** The string of some units, at most a chunk; unlike the decoder it lets lone surrogates be. */
export function textOfUnpaired(units: Uint16Array): string {
  return String.fromCharCode.apply(null, units as unknown as number[]);
}

/** A copy of some bytes, at its beginning: what others do to them after that does not matter. */
export function privateCopy(source: Uint8Array, begin: number, end: number): Uint8Array {
  const byteLength = end - begin;
  if (byteLength > scratchBytes) return source.slice(begin, end);
  if (byteLength > 64) scratch.set(source.subarray(begin, end));
  else for (let i = 0; i < byteLength; i++) scratch[i] = source[begin + i] as number;
  return scratch;
}

/** The error for a text that the engine could not make a string of. */
export function tooLongForEngine(operation: string, byteLength: number, cause: unknown): Error {
  const detail = `the engine makes no string of these ${byteLength} bytes`;
  return makeError('size_too_large', operation, detail, undefined, { cause });
}

/** The length of the next chunk of a string from `begin` on: it does not end inside a surrogate pair. */
export function chunkEnd(text: string, begin: number): number {
  const end = begin + chunkUnits;
  if (end >= text.length) return text.length;
  return isLead(text.charCodeAt(end - 1)) && isTrail(text.charCodeAt(end)) ? end - 1 : end;
}
