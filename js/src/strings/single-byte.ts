// Purpose: ASCII and Latin-1. The platform has a codec for neither (what the web calls 'latin1' is
//          windows-1252), but its UTF-8 is ASCII as long as the text is, and its UTF-16 makes long
//          strings of units.
// Floor:   door js.

import { shortBytes, textOfUnits } from '../generated/short-texts.js';
import type { Codec } from './codec.js';
import { fatalMode, type Mode, type StringEncoding } from './encodings.js';
import { countCodes, isLead, isTrail, malformedBytes, questionMark, replacement } from './malformed.js';
import {
  chunkEnd,
  chunkOfUnits,
  chunkUnits,
  decoder,
  encoder,
  scratch,
  scratchPart,
  shortUnits,
  tooLongForEngine,
  wideDecoder,
} from './platform.js';

/** A string of units that `TextDecoder` may not change: there are no surrogates among bytes. */
function decodeWide(bytes: Uint8Array, begin: number, end: number): string {
  const units = chunkOfUnits;
  let text = '';
  for (let at = begin; at < end; at += chunkUnits) {
    const part = bytes.subarray(at, Math.min(at + chunkUnits, end));
    units.set(part);
    text += wideDecoder.decode(units.subarray(0, part.length));
  }
  return text;
}

/** The same, with U+FFFD for every byte that is not ASCII. */
function decodeReplaced(bytes: Uint8Array, begin: number, end: number): string {
  const units = chunkOfUnits;
  let text = '';
  for (let at = begin; at < end; at += chunkUnits) {
    const count = Math.min(chunkUnits, end - at);
    for (let i = 0; i < count; i++) {
      const byte = bytes[at + i] as number;
      units[i] = byte < 0x80 ? byte : replacement;
    }
    text += wideDecoder.decode(units.subarray(0, count));
  }
  return text;
}

/** The text, if all bytes are ASCII; else `undefined`. */
function decodeAscii(bytes: Uint8Array, begin: number, end: number): string | undefined {
  // Not worth the try when the text does not even begin with ASCII.
  for (let at = begin; at < begin + shortBytes; at++) if ((bytes[at] as number) > 0x7f) return undefined;
  // Each byte of ASCII becomes one unit. Of others some sequences become fewer, and the rest U+FFFD.
  const text = decoder.decode(bytes.subarray(begin, end));
  return text.length === end - begin && !text.includes('\ufffd') ? text : undefined;
}

function makeCodec(name: StringEncoding, highest: 0x7f | 0xff): Codec {
  const isAscii = highest === 0x7f;

  function decode(
    operation: string,
    bytes: Uint8Array,
    begin: number,
    end: number,
    mode: Mode,
    address: number,
  ): string {
    const isStrict = isAscii && (mode & fatalMode) !== 0;
    if (end - begin <= shortBytes) {
      for (let at = begin; at < end; at++) {
        const byte = bytes[at] as number;
        if (byte > highest && isStrict) throw malformedAt(operation, bytes, at, address, at - begin);
        shortUnits[at - begin] = byte > highest ? replacement : byte;
      }
      return textOfUnits(shortUnits, end - begin);
    }
    try {
      const text = decodeAscii(bytes, begin, end);
      if (text !== undefined) return text;
      if (!isStrict) return isAscii ? decodeReplaced(bytes, begin, end) : decodeWide(bytes, begin, end);
    } catch (cause) {
      throw tooLongForEngine(operation, end - begin, cause);
    }
    let at = begin;
    while ((bytes[at] as number) <= highest) at++;
    throw malformedAt(operation, bytes, at, address, at - begin);
  }

  function malformedAt(operation: string, bytes: Uint8Array, at: number, address: number, index: number): Error {
    return malformedBytes(operation, name, bytes, at, at + 1, address, index);
  }

  function findUnfit(text: string): number {
    for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > highest) return i;
    return -1;
  }

  /** Writes one unit after the other. */
  function encodePart(bytes: Uint8Array, at: number, text: string, begin: number, end: number): number {
    let to = at;
    for (let i = begin; i < end; i++) {
      const unit = text.charCodeAt(i);
      if (unit <= highest) {
        bytes[to++] = unit;
      } else {
        bytes[to++] = questionMark;
        if (isLead(unit) && i + 1 < end && isTrail(text.charCodeAt(i + 1))) i++;
      }
    }
    return to - at;
  }

  function encode(bytes: Uint8Array, at: number, text: string): number {
    if (text.length <= 2 * shortBytes) return encodePart(bytes, at, text, 0, text.length);
    let to = at;
    for (let begin = 0, end; begin < text.length; begin = end) {
      end = chunkEnd(text, begin);
      const length = end - begin;
      const { written } = encoder.encodeInto(length === text.length ? text : text.slice(begin, end), scratch);
      if (written === length) {
        // As many bytes as units: it is ASCII.
        bytes.set(scratchPart(written), to);
        to += written;
      } else {
        to += encodePart(bytes, to, text, begin, end);
      }
    }
    return to - at;
  }

  return { name, unitBytes: 1, mostBytes: 1, decode, measure: countCodes, findUnfit, encode };
}

export const ascii: Codec = /* @__PURE__ */ makeCodec('ascii', 0x7f);
export const latin1: Codec = /* @__PURE__ */ makeCodec('latin1', 0xff);
