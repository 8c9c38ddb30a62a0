// Purpose: UTF-8. Long texts are the platform's; for short ones, calling its codec costs more than the
//          work, so that is done here.
// Floor:   door js.

import { shortBytes, textOfUnits } from '../generated/short-texts.js';
import { writeByteUnits } from './byte-units.js';
import type { Codec } from './codec.js';
import { fatalMode, type Mode } from './encodings.js';
import {
  findLoneSurrogate,
  isLead,
  isSurrogate,
  isTrail,
  malformedBytes,
  pairToCode,
  replacement,
} from './malformed.js';
import {
  chunkEnd,
  copyFromScratch,
  decoder,
  encoder,
  mostByHand,
  mostBytesPerUnit,
  scratch,
  shortUnits,
  strictDecoder,
  tooLongForEngine,
} from './platform.js';

/** Bytes of the longest form of a character: 1, 2, 3 or 4. */
function bytesOfCode(code: number): number {
  if (code < 0x80) return 1;
  if (code < 0x800) return 2;
  return code < 0x10000 ? 3 : 4;
}

/**
 * A valid sequence, or as much of one as the bytes begin with (Unicode's maximal subpart of an
 * ill-formed sequence, which is what one U+FFFD stands for).
 *
 * @returns the character; for a malformed one the number of its bytes, as a negative number
 */
function codeAt(bytes: Uint8Array, at: number, end: number): number {
  const first = bytes[at] as number;
  if (first < 0x80) return first;
  if (first < 0xc2 || first > 0xf4) return -1;
  const second = at + 1 < end ? (bytes[at + 1] as number) : 0;
  if (first < 0xe0) return (second & 0xc0) === 0x80 ? ((first & 0x1f) << 6) | (second & 0x3f) : -1;
  // The second byte keeps out what has a shorter form, surrogates, and what is above U+10FFFF.
  const least = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80;
  const most = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf;
  if (second < least || second > most) return -1;
  const third = at + 2 < end ? (bytes[at + 2] as number) : 0;
  if ((third & 0xc0) !== 0x80) return -2;
  if (first < 0xf0) return ((first & 0xf) << 12) | ((second & 0x3f) << 6) | (third & 0x3f);
  const fourth = at + 3 < end ? (bytes[at + 3] as number) : 0;
  if ((fourth & 0xc0) !== 0x80) return -3;
  return ((first & 7) << 18) | ((second & 0x3f) << 12) | ((third & 0x3f) << 6) | (fourth & 0x3f);
}

/** The error for the first malformed sequence; `undefined` when there is none. */
function findMalformed(
  operation: string,
  bytes: Uint8Array,
  begin: number,
  end: number,
  address: number,
): Error | undefined {
  let at = begin;
  while (at < end) {
    const code = codeAt(bytes, at, end);
    if (code < 0) return malformedBytes(operation, 'utf8', bytes, at, at - code, address, at - begin);
    at += bytesOfCode(code);
  }
  return undefined;
}

/**
 * Decodes a short text that is well-formed; `undefined` when it is not. Reads no byte twice, and up to
 * three behind the text.
 */
export function decodeWellFormed(bytes: Uint8Array, begin: number, end: number): string | undefined {
  const units = shortUnits;
  let at = begin;
  let count = 0;
  // Becomes negative with the first number below 0 that it is combined with: one for each rule.
  let broken = 0;
  while (at < end) {
    const first = bytes[at] as number;
    if (first < 0x80) {
      units[count++] = first;
      at++;
      continue;
    }
    // What follows the first byte is 0x80 to 0xbf: without the highest bit, 0 to 0x3f.
    const second = (bytes[at + 1] as number) ^ 0x80;
    if (first < 0xe0) {
      broken |= (first - 0xc2) | (0x3f - second);
      units[count++] = ((first & 0x1f) << 6) | second;
      at += 2;
      continue;
    }
    const third = (bytes[at + 2] as number) ^ 0x80;
    if (first < 0xf0) {
      const code = ((first & 0xf) << 12) | (second << 6) | third;
      broken |= (0x3f - second) | (0x3f - third) | (code - 0x800);
      if (isSurrogate(code)) return undefined;
      units[count++] = code;
      at += 3;
      continue;
    }
    const fourth = (bytes[at + 3] as number) ^ 0x80;
    const code = ((first & 0xf) << 18) | (second << 12) | (third << 6) | fourth;
    broken |= (0x3f - second) | (0x3f - third) | (0x3f - fourth) | (code - 0x10000) | (0x10ffff - code);
    units[count++] = (code >> 10) + 0xd7c0;
    units[count++] = (code & 0x3ff) + 0xdc00;
    at += 4;
  }
  return broken < 0 || at > end ? undefined : textOfUnits(units, count);
}

/** Decodes a short text that may be malformed. */
function decodeShort(
  operation: string,
  bytes: Uint8Array,
  begin: number,
  end: number,
  mode: Mode,
  address: number,
): string {
  let text = '';
  for (let at = begin; at < end; ) {
    const code = codeAt(bytes, at, end);
    if (code >= 0) {
      text += String.fromCodePoint(code);
      at += bytesOfCode(code);
      continue;
    }
    if ((mode & fatalMode) !== 0) {
      throw malformedBytes(operation, 'utf8', bytes, at, at - code, address, at - begin);
    }
    text += '\ufffd';
    at -= code;
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
  if (end - begin <= shortBytes) {
    return decodeWellFormed(bytes, begin, end) ?? decodeShort(operation, bytes, begin, end, mode, address);
  }
  const isFatal = (mode & fatalMode) !== 0;
  try {
    return (isFatal ? strictDecoder : decoder).decode(bytes.subarray(begin, end));
  } catch (cause) {
    const malformed = isFatal ? findMalformed(operation, bytes, begin, end, address) : undefined;
    throw malformed ?? tooLongForEngine(operation, end - begin, cause);
  }
}

/**
 * Encodes a short string that has room. Reads no bytes, and writes none that are not of the text.
 *
 * @returns how many bytes it took
 */
export function encodeShort(view: DataView, at: number, text: string): number {
  const { length } = text;
  const done = writeByteUnits(view, at, text, 0x7f);
  return done === length ? done : encodeRest(view, at, text, done);
}

/** Encodes what is behind the first `from` units, all of which were ASCII. */
export function encodeRest(view: DataView, at: number, text: string, from: number): number {
  const { length } = text;
  let to = at + from;
  for (let i = from; i < length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) {
      view.setInt8(to, unit);
      to += 1;
    } else if (unit < 0x800) {
      view.setInt16(to, (unit >> 6) | ((unit & 0x3f) << 8) | 0x80c0, true);
      to += 2;
    } else {
      let code = unit;
      if (isSurrogate(unit)) {
        const next = i + 1 < length ? text.charCodeAt(i + 1) : 0;
        if (isLead(unit) && isTrail(next)) {
          code = pairToCode(unit, next);
          const first = (code >> 18) | ((code >> 4) & 0x3f00);
          view.setInt32(to, first | ((code << 10) & 0x3f0000) | ((code & 0x3f) << 24) | 0x808080f0, true);
          to += 4;
          i++;
          continue;
        }
        code = replacement;
      }
      view.setInt16(to, (code >> 12) | ((code << 2) & 0x3f00) | 0x80e0, true);
      view.setInt8(to + 2, (code & 0x3f) | 0x80);
      to += 3;
    }
  }
  return to - at;
}

function encode(
  bytes: Uint8Array,
  view: DataView,
  at: number,
  text: string,
  _mode: Mode,
  isDirect: boolean,
): number {
  if (text.length <= mostByHand) return encodeShort(view, at, text);
  if (isDirect) {
    return encoder.encodeInto(text, bytes.subarray(at, at + text.length * mostBytesPerUnit)).written;
  }
  let to = at;
  for (let begin = 0, end; begin < text.length; begin = end) {
    end = chunkEnd(text, begin);
    const { written } = encoder.encodeInto(text.slice(begin, end), scratch);
    copyFromScratch(bytes, view, to, written);
    to += written;
  }
  return to - at;
}

/** Counting is slower than the platform is at encoding; so that is what is done, bit by bit. */
function measure(text: string): number {
  if (text.length <= mostByHand) {
    let byteLength = 0;
    for (let i = 0; i < text.length; i++) {
      const unit = text.charCodeAt(i);
      byteLength += unit < 0x80 ? 1 : unit < 0x800 ? 2 : 3;
      // Two surrogates take four bytes together, one alone becomes U+FFFD, which takes three.
      if (isLead(unit) && isTrail(text.charCodeAt(i + 1))) {
        byteLength++;
        i++;
      }
    }
    return byteLength;
  }
  let byteLength = 0;
  for (let begin = 0, end; begin < text.length; begin = end) {
    end = chunkEnd(text, begin);
    byteLength += encoder.encodeInto(text.slice(begin, end), scratch).written;
  }
  return byteLength;
}

export const utf8: Codec = {
  name: 'utf8',
  unitBytes: 1,
  mostBytes: mostBytesPerUnit,
  decode,
  measure,
  findUnfit: findLoneSurrogate,
  encode,
};
