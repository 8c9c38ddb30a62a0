// Purpose: text in a memory: read, written, measured and looked for. This file sees to the arguments, the
//          bounds and the kinds of memory; each encoding has a file of its own.
// Floor:   door js.
//
// Short ASCII is read, and short UTF-8 written, at once when nothing is unusual: what a general way
// does around a short text costs as much as the text. Everything else, and all that is wrong, takes
// the general way.

import { checkLimit, checkSize, requireType, wholeNumber } from '../arguments.js';
import { makeError } from '../errors.js';
import { shortAscii, shortBytes, shortUtf16 } from '../generated/short-texts.js';
import { writeByteUnits } from './byte-units.js';
import type { Codec } from './codec.js';
import {
  fatalMode,
  readMode,
  requireEncoding,
  textOptionNames,
  unitBytes,
  unsupportedEncoding,
  type Mode,
  type StringEncoding,
  type TextOptions,
} from './encodings.js';
import { malformedString } from './malformed.js';
import {
  copyFromScratch,
  decoder,
  encoder,
  mostByHand,
  mostBytesPerUnit,
  privateCopy,
  scratch,
  scratchBytes,
  scratchView,
  wideDecoder,
} from './platform.js';
import { ascii, latin1 } from './single-byte.js';
import { copyTerminated, findTerminator } from './terminator.js';
import { memoryOf, nearLimit, TextMemory, textMemoryOf, type TextPlace } from './text-memory.js';
import { decodeWellFormed, encodeRest, encodeShort, utf8 } from './utf8.js';
import { utf16 } from './utf16.js';
import { utf32 } from './utf32.js';

export { requireEncoding, TextMemory, textMemoryOf, unitBytes };
export type { StringEncoding, TextOptions, TextPlace };

/** Whoever calls has taken `maximum` out already. */
const cStringOptionNames: readonly string[] = ['fatal', 'keepSurrogates', 'maximum'];

function codecFor(operation: string, encoding: StringEncoding): Codec {
  switch (encoding) {
    case 'utf8':
      return utf8;
    case 'utf16':
      return utf16;
    case 'latin1':
      return latin1;
    case 'ascii':
      return ascii;
    case 'utf32':
      return utf32;
    default:
      throw unsupportedEncoding(operation, encoding);
  }
}

/**
 * Whether something is a whole number from 0 up and below 2 GiB. Beyond that, views on the whole memory
 * are not to be trusted: an index of 2^32 - 1 is none to WebKit.
 */
function isNear(value: unknown): value is number {
  return typeof value === 'number' && (value & (nearLimit - 1)) === value;
}

type ShortText = (view: DataView, at: number) => string | undefined;

/** Of so many bytes every engine makes a string; of longer ones only the general way knows what to do. */
const safeBytes = 2 ** 27;

// ── Reading ─────────────────────────────────────────────────────────────────────────────────────

/**
 * Reads bytes as text. Zeros in it are characters like any other.
 *
 * @throws RangeError `out_of_bounds`, `invalid_number` (also when `byteLength` is no multiple of the
 * encoding's unit), `size_too_large`, `unsupported_encoding`
 * @throws TypeError `wrong_type`, `malformed_text`, `invalid_option`
 */
export function readText(
  operation: string,
  place: TextPlace,
  byteOffset: number,
  byteLength: number,
  encoding: StringEncoding,
  options?: TextOptions,
): string {
  const memory = memoryOf(place);
  if (encoding === 'utf8' && options === undefined && isNear(byteOffset) && isNear(byteLength)) {
    const text = readUtf8(memory, byteOffset, byteLength);
    if (text !== undefined) return text;
  }
  return readGenerally(operation, memory, byteOffset, byteLength, encoding, options);
}

/** Reads UTF-8 where the memory was last seen, if there is nothing unusual about it. */
function readUtf8(memory: TextMemory, byteOffset: number, byteLength: number): string | undefined {
  const { bytes } = memory;
  if (byteLength <= shortBytes) {
    // The functions for short texts look at some bytes behind the text.
    if (byteOffset + shortBytes > bytes.length) return undefined;
    return (
      (shortAscii[byteLength] as ShortText)(memory.view, byteOffset) ??
      decodeWellFormed(bytes, byteOffset, byteOffset + byteLength)
    );
  }
  if (byteOffset + byteLength > bytes.length || !memory.isDirect || byteLength > safeBytes) return undefined;
  return decoder.decode(new Uint8Array(memory.buffer, byteOffset, byteLength));
}

function readGenerally(
  operation: string,
  memory: TextMemory,
  byteOffset: number,
  byteLength: number,
  encoding: StringEncoding,
  options: TextOptions | undefined,
): string {
  const codec = codecFor(operation, encoding);
  const mode = options === undefined ? 0 : readMode(operation, encoding, options, textOptionNames);
  checkSize(operation, 'byteLength', byteLength);
  if ((byteLength & (codec.unitBytes - 1)) !== 0) {
    const detail = `byteLength is ${byteLength}; a unit of ${encoding} has ${codec.unitBytes} bytes`;
    throw makeError('invalid_number', operation, detail);
  }
  if (!isNear(byteOffset) || byteOffset + byteLength > memory.bytes.length) {
    memory.require(operation, byteOffset, byteLength);
  }
  return decodeRange(operation, memory, byteOffset, byteOffset + byteLength, codec, mode);
}

/** The text of bytes that lie inside the memory. */
function decodeRange(
  operation: string,
  memory: TextMemory,
  begin: number,
  end: number,
  codec: Codec,
  mode: Mode,
): string {
  const byteLength = end - begin;
  if (codec === utf16 && mode === 0 && byteLength > shortBytes && byteLength <= safeBytes && memory.isDirect) {
    return wideDecoder.decode(new Uint8Array(memory.buffer, begin, byteLength));
  }
  const { bytes, view } = end <= nearLimit ? memory : memory.part(begin, end);
  const at = end <= nearLimit ? begin : 0;
  if (byteLength <= shortBytes) {
    let text: string | undefined;
    if (codec === utf16) {
      text = (shortUtf16[byteLength >> 1] as ShortText)(view, at);
    } else if (codec !== utf32 && at + shortBytes <= bytes.length) {
      text = (shortAscii[byteLength] as ShortText)(view, at);
    }
    if (text !== undefined) return text;
  }
  if (memory.isDirect) return codec.decode(operation, bytes, at, at + byteLength, mode, begin);
  return codec.decode(operation, privateCopy(bytes, at, at + byteLength), 0, byteLength, mode, begin);
}

/**
 * Reads text up to its terminator, a unit that is zero.
 *
 * @param maximum the most bytes to read: without a terminator in them the text ends there (before it,
 * if whole units do not fill them). They need not all lie in the memory, if the text ends earlier.
 * `undefined` or `Infinity`: as far as the memory goes
 * @throws as {@link readText}; RangeError `out_of_bounds` also when the memory ends before the text does
 */
export function readTerminated(
  operation: string,
  place: TextPlace,
  byteOffset: number,
  maximum: number | undefined,
  encoding: StringEncoding,
  options?: TextOptions,
): string {
  const memory = memoryOf(place);
  if (encoding === 'utf8' && options === undefined && maximum === undefined && isNear(byteOffset)) {
    const text = readTerminatedUtf8(memory, byteOffset);
    if (text !== undefined) return text;
  }
  const codec = codecFor(operation, encoding);
  const mode = options === undefined ? 0 : readMode(operation, encoding, options, cStringOptionNames);
  checkMaximum(operation, byteOffset, maximum);
  memory.require(operation, byteOffset, 0);
  if (memory.isShared) return readShared(operation, memory, byteOffset, maximum, codec, mode);
  const end = terminatorIn(operation, memory, byteOffset, maximum, codec.unitBytes);
  return decodeRange(operation, memory, byteOffset, end, codec, mode);
}

/** As {@link readUtf8}, if the terminator is where the memory was last seen. */
function readTerminatedUtf8(memory: TextMemory, byteOffset: number): string | undefined {
  const { bytes } = memory;
  if (memory.isShared || byteOffset >= bytes.length) return undefined;
  const end = findTerminator(memory, byteOffset, bytes.length, 1);
  return end < 0 ? undefined : readUtf8(memory, byteOffset, end - byteOffset);
}

function readShared(
  operation: string,
  memory: TextMemory,
  byteOffset: number,
  maximum: number | undefined,
  codec: Codec,
  mode: Mode,
): string {
  let end = searchEnd(memory, byteOffset, maximum, codec.unitBytes);
  let text = copyTerminated(memory.bytes, byteOffset, end, codec.unitBytes);
  if (!text.isTerminated && isCutOff(memory, byteOffset, end, maximum, codec.unitBytes)) {
    memory.refresh();
    end = searchEnd(memory, byteOffset, maximum, codec.unitBytes);
    text = copyTerminated(memory.bytes, byteOffset, end, codec.unitBytes);
    if (!text.isTerminated && isCutOff(memory, byteOffset, end, maximum, codec.unitBytes)) {
      throw unterminated(operation, memory, byteOffset);
    }
  }
  return codec.decode(operation, text.bytes, 0, text.byteLength, mode, byteOffset);
}

/**
 * How many bytes lie before the terminator, or before where reading stops; see {@link readTerminated}.
 *
 * @throws RangeError `out_of_bounds`, `invalid_number`
 */
export function terminatedLength(
  operation: string,
  place: TextPlace,
  byteOffset: number,
  maximum: number | undefined,
  encoding: StringEncoding,
): number {
  const memory = memoryOf(place);
  const codec = codecFor(operation, encoding);
  checkMaximum(operation, byteOffset, maximum);
  memory.require(operation, byteOffset, 0);
  return terminatorIn(operation, memory, byteOffset, maximum, codec.unitBytes) - byteOffset;
}

function checkMaximum(operation: string, byteOffset: number, maximum: number | undefined): void {
  wholeNumber(operation, 'byteOffset', byteOffset);
  if (maximum !== undefined) checkLimit(operation, 'maximum', maximum);
}

/** The address of the terminator, or where reading stops. */
function terminatorIn(
  operation: string,
  memory: TextMemory,
  byteOffset: number,
  maximum: number | undefined,
  unit: 1 | 2 | 4,
): number {
  let end = searchEnd(memory, byteOffset, maximum, unit);
  let found = findTerminator(memory, byteOffset, end, unit);
  if (found < 0 && isCutOff(memory, byteOffset, end, maximum, unit)) {
    // The view of a shared memory that has grown is too short.
    memory.refresh();
    end = searchEnd(memory, byteOffset, maximum, unit);
    found = findTerminator(memory, byteOffset, end, unit);
    if (found < 0 && isCutOff(memory, byteOffset, end, maximum, unit)) {
      throw unterminated(operation, memory, byteOffset);
    }
  }
  return found < 0 ? end : found;
}

/** How far to look for a terminator: whole units, inside the memory. */
function searchEnd(memory: TextMemory, byteOffset: number, maximum = Infinity, unit: number): number {
  const bytes = Math.min(maximum, memory.byteLength - byteOffset);
  return byteOffset + bytes - (bytes % unit);
}

/** Whether it is the memory's end, not the maximum, that ended the search. */
function isCutOff(memory: TextMemory, byteOffset: number, end: number, maximum = Infinity, unit: number): boolean {
  return end + unit > memory.byteLength && byteOffset + maximum >= end + unit;
}

function unterminated(operation: string, memory: TextMemory, byteOffset: number): Error {
  const detail = `the text from ${byteOffset} on has no terminator; the memory has ${memory.byteLength}`;
  return makeError('out_of_bounds', operation, detail);
}

// ── Writing ─────────────────────────────────────────────────────────────────────────────────────

/**
 * How many bytes text takes, without a terminator.
 *
 * Costs what encoding it costs, except in `utf16`.
 */
export function encodedByteLength(text: string, encoding: StringEncoding): number {
  return codecFor('encodedByteLength', encoding).measure(text);
}

/**
 * Writes text: all of it, or nothing.
 *
 * @param capacity the bytes that there are for it, the terminator's included; `undefined`: up to the
 * end of the memory
 * @param isTerminated whether to put a terminator behind it
 * @returns how many bytes it took, without the terminator
 * @throws RangeError `string_too_long` when it takes more than `capacity`, `out_of_bounds`,
 * `invalid_number`, `unsupported_encoding`
 * @throws TypeError `wrong_type`, `malformed_text`, `invalid_option`
 */
export function writeText(
  operation: string,
  place: TextPlace,
  byteOffset: number,
  text: string,
  encoding: StringEncoding,
  capacity?: number,
  isTerminated = false,
  options?: TextOptions,
): number {
  const memory = memoryOf(place);
  if (
    encoding === 'utf8' &&
    options === undefined &&
    typeof text === 'string' &&
    isNear(byteOffset) &&
    (capacity === undefined || isNear(capacity))
  ) {
    const { view } = memory;
    const { length } = memory.bytes;
    const end = capacity === undefined ? length : byteOffset + capacity;
    // With room for a terminator, needed or not.
    const hasRoom = byteOffset + text.length * mostBytesPerUnit + 1 <= end;
    if (end <= length) {
      let written: number;
      if (hasRoom && text.length <= mostByHand) {
        written = writeByteUnits(view, byteOffset, text, 0x7f);
        if (written !== text.length) written = encodeRest(view, byteOffset, text, written);
      } else {
        // One call for both: V8 leaves that a call, and has room left to put here what short texts need.
        const write = hasRoom ? writeLong : writeTight;
        written = write(memory, byteOffset, text, isTerminated ? end - 1 : end);
      }
      if (written >= 0) {
        if (isTerminated) view.setInt8(byteOffset + written, 0);
        return written;
      }
    }
  }
  return writeGenerally(operation, memory, byteOffset, text, encoding, capacity, isTerminated, options);
}

/** Writes UTF-8 that has room by the platform's codec; gives -1 where that is not let loose. */
function writeLong(memory: TextMemory, byteOffset: number, text: string): number {
  if (!memory.isDirect) return -1;
  const most = text.length * mostBytesPerUnit;
  return encoder.encodeInto(text, new Uint8Array(memory.buffer, byteOffset, most)).written;
}

/** Writes UTF-8 that perhaps has no room; gives -1, and writes nothing, if it has none, or is long. */
function writeTight(memory: TextMemory, byteOffset: number, text: string, end: number): number {
  const { length } = text;
  if (byteOffset + length > end || length * mostBytesPerUnit > scratchBytes) return -1;
  // How many bytes it takes is known when it is encoded: to count them first takes as long as that.
  const isShort = length <= mostByHand;
  const written = isShort ? encodeShort(scratchView, 0, text) : encoder.encodeInto(text, scratch).written;
  if (byteOffset + written > end) return -1;
  copyFromScratch(memory.bytes, memory.view, byteOffset, written);
  return written;
}

/**
 * Writes a short text where the memory was last seen, if there is nothing unusual about either.
 *
 * @returns how many bytes it took; -1 if it was not written, or not all of it
 */
function writeShortBytes(
  memory: TextMemory,
  byteOffset: number,
  text: string,
  encoding: 'ascii' | 'latin1',
  capacity: number | undefined,
  isTerminated: boolean,
): number {
  if (typeof text !== 'string' || text.length > mostByHand || !isNear(byteOffset)) return -1;
  if (capacity !== undefined && !isNear(capacity)) return -1;
  const { view } = memory;
  const { length } = memory.bytes;
  const end = capacity === undefined ? length : byteOffset + capacity;
  if (end > length || byteOffset + text.length + (isTerminated ? 1 : 0) > end) return -1;
  // A character that the encoding does not have takes no more room than its units.
  const written = writeByteUnits(view, byteOffset, text, encoding === 'ascii' ? 0x7f : 0xff);
  if (written !== text.length) return -1;
  if (isTerminated) view.setInt8(byteOffset + written, 0);
  return written;
}

function writeGenerally(
  operation: string,
  memory: TextMemory,
  byteOffset: number,
  text: string,
  encoding: StringEncoding,
  capacity: number | undefined,
  isTerminated: boolean,
  options: TextOptions | undefined,
): number {
  if (options === undefined && (encoding === 'latin1' || encoding === 'ascii')) {
    const written = writeShortBytes(memory, byteOffset, text, encoding, capacity, isTerminated);
    if (written >= 0) return written;
  }
  const { codec, mode } = requireText(operation, text, encoding, options);
  wholeNumber(operation, 'byteOffset', byteOffset);
  if (capacity !== undefined) wholeNumber(operation, 'capacity', capacity);
  memory.require(operation, byteOffset, capacity ?? 0);

  const terminator = isTerminated ? codec.unitBytes : 0;
  const most = text.length * codec.mostBytes + terminator;
  // The memory may be larger than its view, or the text shorter than it could be: then we look closer.
  if (most <= (capacity ?? memory.byteLength - byteOffset)) {
    return encodeTo(memory, byteOffset, text, codec, mode, isTerminated);
  }
  requireRoom(operation, memory, byteOffset, capacity, codec.measure(text) + terminator);
  return encodeTo(memory, byteOffset, text, codec, mode, isTerminated);
}

/** Refuses what cannot be encoded, whatever room there is for it. */
function requireText(
  operation: string,
  text: unknown,
  encoding: StringEncoding,
  options: TextOptions | undefined,
): { codec: Codec; mode: Mode } {
  requireType(operation, 'text', text, 'string');
  const codec = codecFor(operation, encoding);
  const mode = options === undefined ? 0 : readMode(operation, encoding, options, textOptionNames);
  const unfit = (mode & fatalMode) === 0 ? -1 : codec.findUnfit(text as string, mode);
  if (unfit >= 0) throw malformedString(operation, encoding, text as string, unfit);
  return { codec, mode };
}

/** Refuses what does not fit, now that it is known how many bytes it takes, its terminator included. */
function requireRoom(
  operation: string,
  memory: TextMemory,
  byteOffset: number,
  capacity: number | undefined,
  byteLength: number,
): void {
  if (capacity === undefined) {
    memory.require(operation, byteOffset, byteLength);
  } else if (byteLength > capacity) {
    throw makeError('string_too_long', operation, `it takes ${byteLength} bytes; there are ${capacity}`);
  }
}

/** Writes what is known to have room. */
function encodeTo(
  memory: TextMemory,
  byteOffset: number,
  text: string,
  codec: Codec,
  mode: Mode,
  isTerminated: boolean,
): number {
  const end = Math.min(byteOffset + text.length * codec.mostBytes + codec.unitBytes, memory.byteLength);
  const { bytes, view } = end <= nearLimit ? memory : memory.part(byteOffset, end);
  const at = end <= nearLimit ? byteOffset : 0;
  const written = codec.encode(bytes, view, at, text, mode, memory.isDirect);
  if (isTerminated) bytes.fill(0, at + written, at + written + codec.unitBytes);
  return written;
}

/**
 * Text that was checked and measured, for those who find a place for it only then: whatever can be
 * wrong with it shows before anything is allocated, and it is measured once.
 */
export class PreparedText {
  readonly #text: string;
  readonly #codec: Codec;
  readonly #mode: Mode;

  /** How many bytes it takes, without a terminator. */
  readonly byteLength: number;

  /** How many bytes its terminator takes. */
  readonly terminatorBytes: 1 | 2 | 4;

  /**
   * @throws RangeError `unsupported_encoding`
   * @throws TypeError `wrong_type`, `malformed_text`, `invalid_option`
   */
  constructor(operation: string, text: string, encoding: StringEncoding, options?: TextOptions) {
    const { codec, mode } = requireText(operation, text, encoding, options);
    this.#text = text;
    this.#codec = codec;
    this.#mode = mode;
    this.byteLength = codec.measure(text);
    this.terminatorBytes = codec.unitBytes;
  }

  /**
   * Writes it where there is room for it (and its terminator).
   *
   * @throws RangeError `out_of_bounds`
   */
  write(operation: string, place: TextPlace, byteOffset: number, isTerminated: boolean): void {
    const memory = memoryOf(place);
    memory.require(operation, byteOffset, this.byteLength + (isTerminated ? this.terminatorBytes : 0));
    encodeTo(memory, byteOffset, this.#text, this.#codec, this.#mode, isTerminated);
  }
}
