// Purpose: UTF-16, little-endian, at any address. Units are put together from bytes: at an odd address
//          there is no view with units, and one that is made costs more than a short text.
// Floor:   door js.

import { shortBytes, textOfUnits } from '../generated/short-texts.js';
import type { Codec } from './codec.js';
import { fatalMode, keepMode, type Mode } from './encodings.js';
import { findLoneSurrogate, isLead, isSurrogate, isTrail, malformedBytes, replacement } from './malformed.js';
import {
  chunkOfUnits,
  chunkUnits,
  mostByHand,
  shortUnits,
  strictWideDecoder,
  textOfUnpaired,
  tooLongForEngine,
  wideDecoder,
} from './platform.js';

/** The unit at an address; 0 at the end. */
function unitAt(bytes: Uint8Array, at: number, end: number): number {
  return at < end ? (bytes[at] as number) | ((bytes[at + 1] as number) << 8) : 0;
}

/** Where the first lone surrogate is; `end` when there is none. */
function findMalformed(bytes: Uint8Array, begin: number, end: number): number {
  for (let at = begin; at < end; at += 2) {
    const unit = unitAt(bytes, at, end);
    if (!isSurrogate(unit)) continue;
    if (isLead(unit) && isTrail(unitAt(bytes, at + 2, end))) at += 2;
    else return at;
  }
  return end;
}

function decodeShort(
  operation: string,
  bytes: Uint8Array,
  begin: number,
  end: number,
  mode: Mode,
  address: number,
): string {
  const count = (end - begin) >> 1;
  for (let i = 0; i < count; i++) {
    const at = begin + 2 * i;
    const unit = unitAt(bytes, at, end);
    shortUnits[i] = unit;
    if (!isSurrogate(unit) || (mode & keepMode) !== 0) continue;
    const next = unitAt(bytes, at + 2, end);
    if (isLead(unit) && isTrail(next)) {
      i++;
      shortUnits[i] = next;
    } else {
      if ((mode & fatalMode) !== 0) throw malformedBytes(operation, 'utf16', bytes, at, at + 2, address, at - begin);
      shortUnits[i] = replacement;
    }
  }
  return textOfUnits(shortUnits, count);
}

/** All units as they are. */
function decodeKept(bytes: Uint8Array, begin: number, end: number): string {
  const units = chunkOfUnits;
  let text = '';
  for (let at = begin; at < end; at += 2 * chunkUnits) {
    const count = Math.min(chunkUnits, (end - at) >> 1);
    for (let i = 0; i < count; i++) units[i] = unitAt(bytes, at + 2 * i, end);
    text += textOfUnpaired(units.subarray(0, count));
  }
  return text;
}

function decode(
  operation: string,
  bytes: Uint8Array,
  begin: number,
  end: number,
  mode: Mode,
  address: number,
): string {
  if (end - begin <= shortBytes) return decodeShort(operation, bytes, begin, end, mode, address);
  try {
    return (mode === 0 ? wideDecoder : strictWideDecoder).decode(bytes.subarray(begin, end));
  } catch (cause) {
    if (mode === 0) throw tooLongForEngine(operation, end - begin, cause);
    return decodeRefused(operation, bytes, begin, end, mode, address, cause);
  }
}

/** What the platform would not decode. */
function decodeRefused(
  operation: string,
  bytes: Uint8Array,
  begin: number,
  end: number,
  mode: Mode,
  address: number,
  cause: unknown,
): string {
  const at = findMalformed(bytes, begin, end);
  if (at === end) throw tooLongForEngine(operation, end - begin, cause);
  if ((mode & keepMode) === 0) throw malformedBytes(operation, 'utf16', bytes, at, at + 2, address, at - begin);
  try {
    return decodeKept(bytes, begin, end);
  } catch (error) {
    throw tooLongForEngine(operation, end - begin, error);
  }
}

function encode(bytes: Uint8Array, view: DataView, at: number, text: string, mode: Mode): number {
  if ((mode & keepMode) !== 0 || (text.length > mostByHand && findLoneSurrogate(text) < 0)) {
    encodeUnits(bytes, view, at, text);
    return 2 * text.length;
  }
  let to = at;
  for (let i = 0; i < text.length; i++, to += 2) {
    let unit = text.charCodeAt(i);
    if (isSurrogate(unit)) {
      const next = i + 1 < text.length ? text.charCodeAt(i + 1) : 0;
      if (isLead(unit) && isTrail(next)) {
        bytes[to] = unit;
        bytes[to + 1] = unit >> 8;
        to += 2;
        i++;
        unit = next;
      } else {
        unit = replacement;
      }
    }
    bytes[to] = unit;
    bytes[to + 1] = unit >> 8;
  }
  return to - at;
}

/** Writes all units as they are, two at a time. */
function encodeUnits(bytes: Uint8Array, view: DataView, at: number, text: string): void {
  const { length } = text;
  let i = 0;
  for (; i < length - 1; i += 2) {
    view.setInt32(at + 2 * i, text.charCodeAt(i) | (text.charCodeAt(i + 1) << 16), true);
  }
  if (i === length) return;
  const last = text.charCodeAt(i);
  bytes[at + 2 * i] = last;
  bytes[at + 2 * i + 1] = last >> 8;
}

export const utf16: Codec = {
  name: 'utf16',
  unitBytes: 2,
  mostBytes: 2,
  decode,
  measure: (text) => 2 * text.length,
  findUnfit: (text, mode) => ((mode & keepMode) !== 0 ? -1 : findLoneSurrogate(text)),
  encode,
};
