// Purpose: UTF-32, little-endian, at any address. The platform has no codec for it.
// Floor:   door js.

import { shortBytes, textOfUnits } from '../generated/short-texts.js';
import type { Codec } from './codec.js';
import { fatalMode, keepMode, type Mode } from './encodings.js';
import {
  countCodes,
  findLoneSurrogate,
  isLead,
  isSurrogate,
  isTrail,
  malformedBytes,
  pairToCode,
  replacement,
} from './malformed.js';
import { chunkUnits, chunkOfUnits, shortUnits, textOfUnpaired, tooLongForEngine, wideDecoder } from './platform.js';

const highest = 0x10ffff;

/** The unit at an address, from 0 to 2^32 - 1. */
function unitAt(bytes: Uint8Array, at: number): number {
  return (
    ((bytes[at] as number) |
      ((bytes[at + 1] as number) << 8) |
      ((bytes[at + 2] as number) << 16) |
      ((bytes[at + 3] as number) << 24)) >>>
    0
  );
}

function isSurrogateCode(code: number): boolean {
  return code >= 0xd800 && code <= 0xdfff;
}

/** The character at an address, or what stands for it. */
function codeAt(
  operation: string,
  bytes: Uint8Array,
  at: number,
  mode: Mode,
  address: number,
  index: number,
): number {
  const code = unitAt(bytes, at);
  if (code <= highest && (!isSurrogateCode(code) || (mode & keepMode) !== 0)) return code;
  if ((mode & fatalMode) !== 0) throw malformedBytes(operation, 'utf32', bytes, at, at + 4, address, index);
  return replacement;
}

function decode(
  operation: string,
  bytes: Uint8Array,
  begin: number,
  end: number,
  mode: Mode,
  address: number,
): string {
  const isShort = end - begin <= 2 * shortBytes; // 16 characters, at most 32 units
  const units = isShort ? shortUnits : chunkOfUnits;
  let text = '';
  for (let at = begin; at < end; ) {
    let count = 0;
    for (; at < end && count < chunkUnits; at += 4) {
      const code = codeAt(operation, bytes, at, mode, address, at - begin);
      if (code < 0x10000) {
        units[count++] = code;
      } else {
        units[count++] = (code >> 10) + 0xd7c0;
        units[count++] = (code & 0x3ff) + 0xdc00;
      }
    }
    if (isShort) return textOfUnits(units, count);
    const part = units.subarray(0, count);
    try {
      text += (mode & keepMode) === 0 ? wideDecoder.decode(part) : textOfUnpaired(part);
    } catch (cause) {
      throw tooLongForEngine(operation, end - begin, cause);
    }
  }
  return text;
}

function encode(bytes: Uint8Array, _view: DataView, at: number, text: string, mode: Mode): number {
  let to = at;
  for (let i = 0; i < text.length; i++, to += 4) {
    let code = text.charCodeAt(i);
    if (isSurrogate(code)) {
      const next = i + 1 < text.length ? text.charCodeAt(i + 1) : 0;
      if (isLead(code) && isTrail(next)) {
        code = pairToCode(code, next);
        i++;
      } else if ((mode & keepMode) === 0) {
        code = replacement;
      }
    }
    bytes[to] = code;
    bytes[to + 1] = code >> 8;
    bytes[to + 2] = code >> 16;
    bytes[to + 3] = 0;
  }
  return to - at;
}

export const utf32: Codec = {
  name: 'utf32',
  unitBytes: 4,
  mostBytes: 4,
  decode,
  measure: (text) => 4 * countCodes(text),
  findUnfit: (text, mode) => ((mode & keepMode) !== 0 ? -1 : findLoneSurrogate(text)),
  encode,
};
