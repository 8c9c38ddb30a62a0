// Purpose: ASCII and Latin-1. The platform has a codec for neither (what the web calls 'latin1' is
//          windows-1252), but its UTF-8 is ASCII as long as the text is, and its UTF-16 makes long
//          strings of units.
// Floor:   door js.

import { shortBytes, textOfUnits } from '../generated/short-texts.js';
import { writeByteUnits } from './byte-units.js';
import type { Codec } from './codec.js';
import { fatalMode, type Mode, type StringEncoding } from './encodings.js';
import { countCodes, hasSurrogates, isLead, isTrail, malformedBytes, questionMark, replacement } from './malformed.js';
import {
  chunkEnd,
  chunkOfUnits,
  chunkUnits,
  copyFromScratch,
  decoder,
  encoder,
  mostByHand,
  scratch,
  shortUnits,
  tooLongForEngine,
  wideDecoder,
} from './platform.js';

/** The highest character of an encoding. */
type Highest = 0x7f | 0xff;

/** The text, if all bytes are ASCII; else `undefined`. */
function decodeAscii(bytes: Uint8Array, begin: number, end: number, highest: Highest): string | undefined {
  // Not worth the try when there is something else at the first look.
  const step = highest === 0xff ? Math.max((end - begin) >>> 5, 1) : end;
  let all = 0;
  for (let i = 0, at = begin; i < shortBytes && at < end; i++, at += step) {
    all |= (bytes[begin + i] as number) | (bytes[at] as number);
  }
  if (all > 0x7f) return undefined;
  // Each byte of ASCII becomes one unit. Of others some sequences become fewer, and the rest U+FFFD.
  const text = decoder.decode(bytes.subarray(begin, end));
  return text.length === end - begin && !text.includes('\ufffd') ? text : undefined;
}

/** A string of bytes, with U+FFFD for those above the highest. */
function decodeWide(bytes: Uint8Array, begin: number, end: number, highest: Highest): string {
  let text = '';
  for (let at = begin; at < end; at += chunkUnits) {
    const part = bytes.subarray(at, Math.min(at + chunkUnits, end));
    chunkOfUnits.set(part);
    if (highest === 0x7f) {
      for (let i = 0; i < part.length; i++) if ((chunkOfUnits[i] as number) > 0x7f) chunkOfUnits[i] = replacement;
    }
    text += wideDecoder.decode(chunkOfUnits.subarray(0, part.length));
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
  highest: Highest,
): string {
  if (highest === 0x7f && (mode & fatalMode) !== 0) requireAscii(operation, bytes, begin, end, address);
  const byteLength = end - begin;
  if (byteLength <= shortBytes) {
    for (let i = 0; i < byteLength; i++) {
      const byte = bytes[begin + i] as number;
      shortUnits[i] = byte > highest ? replacement : byte;
    }
    return textOfUnits(shortUnits, byteLength);
  }
  try {
    return decodeAscii(bytes, begin, end, highest) ?? decodeWide(bytes, begin, end, highest);
  } catch (cause) {
    throw tooLongForEngine(operation, byteLength, cause);
  }
}

function requireAscii(operation: string, bytes: Uint8Array, begin: number, end: number, address: number): void {
  for (let at = begin; at < end; at++) {
    if ((bytes[at] as number) > 0x7f) {
      throw malformedBytes(operation, 'ascii', bytes, at, at + 1, address, at - begin);
    }
  }
}

function findUnfit(text: string, highest: Highest): number {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > highest) return i;
  return -1;
}

/** Writes a string, with a question mark for a character above the highest. */
function encodeUnits(view: DataView, at: number, text: string, highest: Highest): number {
  const { length } = text;
  let i = writeByteUnits(view, at, text, highest);
  let to = at + i;
  while (i < length) {
    const unit = text.charCodeAt(i);
    view.setUint8(to++, unit > highest ? questionMark : unit);
    i += isLead(unit) && i + 1 < length && isTrail(text.charCodeAt(i + 1)) ? 2 : 1;
  }
  return to - at;
}

function encode(
  bytes: Uint8Array,
  view: DataView,
  at: number,
  text: string,
  isDirect: boolean,
  highest: Highest,
): number {
  const { length } = text;
  if (length <= mostByHand) return encodeUnits(view, at, text, highest);
  if (isDirect && !hasSurrogates(text)) {
    // As many bytes as units. If the platform needs more it is not ASCII, and written again.
    const { read, written } = encoder.encodeInto(text, bytes.subarray(at, at + length));
    return read === length && written === length ? length : encodeUnits(view, at, text, highest);
  }
  let to = at;
  for (let begin = 0, end; begin < length; begin = end) {
    end = chunkEnd(text, begin);
    const part = text.slice(begin, end);
    const { written } = encoder.encodeInto(part, scratch);
    if (written === part.length) copyFromScratch(bytes, view, to, written);
    to += written === part.length ? written : encodeUnits(view, to, part, highest);
  }
  return to - at;
}

function makeCodec(name: StringEncoding, highest: Highest): Codec {
  return {
    name,
    unitBytes: 1,
    mostBytes: 1,
    decode: (operation, bytes, begin, end, mode, address) =>
      decode(operation, bytes, begin, end, mode, address, highest),
    measure: countCodes,
    findUnfit: (text) => findUnfit(text, highest),
    encode: (bytes, view, at, text, _mode, isDirect) => encode(bytes, view, at, text, isDirect, highest),
  };
}

export const ascii: Codec = /* @__PURE__ */ makeCodec('ascii', 0x7f);
export const latin1: Codec = /* @__PURE__ */ makeCodec('latin1', 0xff);
