// Purpose: finds where a null-terminated text ends. It looks at a word of four bytes at a time, which in
//          V8 is more than twice as fast as the engine's own search.
// Floor:   door js.

import { windowBytes } from '../windows.js';
import { scratch } from './platform.js';
import { nearLimit } from './text-memory.js';

/** From here on other engines' own search is the faster one, and V8's has little to lose. */
const nearBytes = 4096;

/** The first piece of a text that is copied, in bytes; each further one is as long as all before it. */
const firstPiece = 64;

/** Views on the same bytes; the words may be fewer. */
interface Views {
  readonly bytes: Uint8Array;
  readonly words: Int32Array;
}

/**
 * Where the first zero unit begins, from `begin` up to `end` (as many bytes as whole units have);
 * -1 when there is none.
 */
export function findTerminator(views: Views, begin: number, end: number, unitBytes: 1 | 2 | 4): number {
  const { bytes, words } = views;
  const near = Math.min(begin + nearBytes, end);
  if (near <= nearLimit) {
    const found = findNear(bytes, words, begin, near, unitBytes);
    if (found >= 0 || near === end) return found;
    return findFar(bytes, near, end, unitBytes);
  }
  const base = begin - (begin % 4);
  const nearWords = new Int32Array(bytes.buffer, bytes.byteOffset + base, Math.floor((near - base) / 4));
  const found = findNear(part(bytes, base, near), nearWords, begin - base, near - base, unitBytes);
  if (found >= 0) return base + found;
  return near === end ? -1 : findFar(bytes, near, end, unitBytes);
}

function findNear(bytes: Uint8Array, words: Int32Array, begin: number, end: number, unitBytes: 1 | 2 | 4): number {
  if (unitBytes === 1) return findZeroByte(bytes, words, begin, end);
  if (begin % unitBytes !== 0) return findUnaligned(bytes, begin, end, unitBytes);
  return unitBytes === 2 ? findZeroHalf(bytes, words, begin, end) : findZeroWord(words, begin, end);
}

/** By the engine's own search; or, where units are not aligned, by ours; piece by piece. */
function findFar(bytes: Uint8Array, begin: number, end: number, unitBytes: 1 | 2 | 4): number {
  const isAligned = begin % unitBytes === 0;
  const pieceBytes = isAligned ? windowBytes : nearBytes;
  for (let at = begin; at < end; at += pieceBytes) {
    const next = Math.min(at + pieceBytes, end);
    const found = isAligned
      ? unitBytes * unitsOf(bytes, at, next, unitBytes).indexOf(0)
      : findUnaligned(part(bytes, at, next), 0, next - at, unitBytes);
    if (found >= 0) return at + found;
  }
  return -1;
}

/** Some of the bytes of a buffer, which may lie behind those that are shown of it. */
function part(bytes: Uint8Array, begin: number, end: number): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset + begin, end - begin);
}

type Units = Uint8Array | Uint16Array | Uint32Array;

function unitsOf(bytes: Uint8Array, begin: number, end: number, unitBytes: 1 | 2 | 4): Units {
  const { buffer } = bytes;
  const at = bytes.byteOffset + begin;
  const length = (end - begin) / unitBytes;
  if (unitBytes === 1) return new Uint8Array(buffer, at, length);
  return unitBytes === 2 ? new Uint16Array(buffer, at, length) : new Uint32Array(buffer, at, length);
}

// Ends are shifted as unsigned numbers: one at 2 GiB would be negative.

/** The number of the byte that the lowest bit of a word is in. */
function lowestByte(bits: number): number {
  return (31 - Math.clz32(bits & -bits)) >> 3;
}

function findZeroByte(bytes: Uint8Array, words: Int32Array, begin: number, end: number): number {
  let at = begin;
  for (; (at & 3) !== 0; at++) {
    if (at === end) return -1;
    if (bytes[at] === 0) return at;
  }
  const wordEnd = end >>> 2;
  for (let i = at >> 2; i < wordEnd; i++) {
    const word = words[i] as number;
    // Of each byte that is zero the highest bit, and perhaps of some above the lowest such byte.
    const zeros = (word - 0x01010101) & ~word & 0x80808080;
    if (zeros !== 0) return 4 * i + lowestByte(zeros);
  }
  for (at = Math.max(at, 4 * wordEnd); at < end; at++) if (bytes[at] === 0) return at;
  return -1;
}

function findZeroHalf(bytes: Uint8Array, words: Int32Array, begin: number, end: number): number {
  let i = begin >> 2;
  if ((begin & 3) !== 0 && begin < end) {
    if (((bytes[begin] as number) | (bytes[begin + 1] as number)) === 0) return begin;
    i++;
  }
  const wordEnd = end >>> 2;
  for (; i < wordEnd; i++) {
    const word = words[i] as number;
    const zeros = (word - 0x00010001) & ~word & 0x80008000;
    if (zeros !== 0) return 4 * i + (lowestByte(zeros) & 2);
  }
  return findUnaligned(bytes, Math.max(4 * i, begin), end, 2);
}

function findZeroWord(words: Int32Array, begin: number, end: number): number {
  const wordEnd = end >>> 2;
  for (let i = begin >> 2; i < wordEnd; i++) if (words[i] === 0) return 4 * i;
  return -1;
}

function findUnaligned(bytes: Uint8Array, begin: number, end: number, unitBytes: 1 | 2 | 4): number {
  for (let at = begin; at < end; at += unitBytes) {
    const half = (bytes[at] as number) | (bytes[at + 1] as number);
    if (half === 0 && (unitBytes === 2 || ((bytes[at + 2] as number) | (bytes[at + 3] as number)) === 0)) return at;
  }
  return -1;
}

/** The bytes of a text, at the beginning of an array, up to its terminator or to where reading stopped. */
interface CopiedText {
  readonly bytes: Uint8Array;
  readonly byteLength: number;
  readonly isTerminated: boolean;
}

/**
 * Copies a text up to its terminator, reading no byte twice: where others change the bytes in
 * between, one that was found not to be zero may be so a moment later.
 */
export function copyTerminated(bytes: Uint8Array, begin: number, end: number, unitBytes: 1 | 2 | 4): CopiedText {
  let copy = viewsOn(scratch);
  let byteLength = 0;
  for (let at = begin; at < end; at = begin + byteLength) {
    const piece = part(bytes, at, Math.min(at + Math.max(byteLength, firstPiece), end));
    if (byteLength + piece.length > copy.bytes.length) {
      const longer = viewsOn(new Uint8Array(4 * Math.ceil((byteLength + piece.length) / 2)));
      longer.bytes.set(copy.bytes);
      copy = longer;
    }
    copy.bytes.set(piece, byteLength);
    const found = findTerminator(copy, byteLength, byteLength + piece.length, unitBytes);
    if (found >= 0) return { bytes: copy.bytes, byteLength: found, isTerminated: true };
    byteLength += piece.length;
  }
  return { bytes: copy.bytes, byteLength, isTerminated: false };
}

function viewsOn(bytes: Uint8Array): Views {
  return { bytes, words: new Int32Array(bytes.buffer) };
}
