// Purpose: null-terminated strings in the heap: where they end, how long they become, and that none is
//          written beyond the room for it.
// Floor:   door js, compat.

import type { Heap, StringEncoding, TextOptions } from '../../index.js';
import { rangeError, requireType, requireWhole } from './errors.js';

/** An encoding, as a manager's methods know it. */
export interface TextForm {
  readonly encoding: StringEncoding;
  readonly bytesPerElement: 1 | 2 | 4;
  readonly options?: TextOptions;
  /** How many elements a text takes, without the terminator. */
  countElements(text: string): number;
  /** How it is read, if not as the heap reads the encoding. */
  read?(heap: Heap, address: number, byteCount: number): string;
}

export const Ascii: TextForm = {
  encoding: 'ascii',
  bytesPerElement: 1,
  options: { fatal: true },
  countElements: (text) => text.length,
  read: readAscii,
};

export const Utf8: TextForm = { encoding: 'utf8', bytesPerElement: 1, countElements: countUtf8Bytes };

export const Utf16: TextForm = {
  encoding: 'utf16',
  bytesPerElement: 2,
  options: { keepSurrogates: true },
  countElements: (text) => text.length,
};

export const Utf32: TextForm = {
  encoding: 'utf32',
  bytesPerElement: 4,
  options: { keepSurrogates: true },
  countElements: countCodePoints,
};

type Elements = Uint8Array | Uint16Array | Uint32Array;
type ElementsClass = new (buffer: ArrayBufferLike, byteOffset?: number, length?: number) => Elements;

const elementsClasses: Readonly<Record<1 | 2 | 4, ElementsClass>> = { 1: Uint8Array, 2: Uint16Array, 4: Uint32Array };

/** How many elements are looked through at once: in Node 20 no view reaches over more than 2^32 of them. */
const viewLength = 2 ** 30;

/** And how many where they must be copied first, to be aligned. */
const chunkLength = 4096;

/** How many elements lie before the first that is 0. */
export function countUpToTerminator(
  heap: Heap,
  address: number,
  bytesPerElement: 1 | 2 | 4,
  maxElementCount: number,
): number {
  requireWhole('address', address);
  if (maxElementCount !== Infinity) requireWhole('maxElementCount', maxElementCount);
  const { buffer } = heap;
  const elementsClass = elementsClasses[bytesPerElement];
  const limit = Math.min(maxElementCount, elementsUpToEnd(heap, address, bytesPerElement));
  const isAligned = address % bytesPerElement === 0;
  const step = isAligned ? viewLength : chunkLength;
  for (let from = 0; from < limit; from += step) {
    const length = Math.min(step, limit - from);
    const at = address + from * bytesPerElement;
    const elements = isAligned
      ? new elementsClass(buffer, at, length)
      : new elementsClass(buffer.slice(at, at + length * bytesPerElement));
    const index = elements.indexOf(0);
    if (index >= 0) return from + index;
  }
  throw rangeError('out_of_bounds', `the string at ${address} does not end within ${limit} elements`);
}

/** Reads a string up to its terminator. */
export function readTerminated(heap: Heap, form: TextForm, address: number, maxElementCount = Infinity): string {
  const elementCount = countUpToTerminator(heap, address, form.bytesPerElement, maxElementCount);
  const byteCount = elementCount * form.bytesPerElement;
  return form.read === undefined
    ? heap.readString(address, byteCount, form.encoding, form.options)
    : form.read(heap, address, byteCount);
}

/**
 * Writes a string and its terminator, if both have room, else nothing.
 *
 * @param elementCapacity the room, in elements, terminator included
 * @returns how many elements were written, without the terminator
 */
export function writeTerminated(
  heap: Heap,
  form: TextForm,
  address: number,
  value: string,
  elementCapacity: number,
): number {
  const { encoding, bytesPerElement, options } = form;
  requireWhole('address', address);
  requireType('value', value, 'string');
  if (elementCapacity !== Infinity) requireWhole('elementCapacity', elementCapacity);
  const room = Math.min(elementCapacity, elementsUpToEnd(heap, address, bytesPerElement));
  if (room === 0) throw rangeError('string_too_long', `there is no room for a terminator at ${address}`);
  const byteCount = heap.writeString(address, value, encoding, (room - 1) * bytesPerElement, options);
  heap.fill(address + byteCount, bytesPerElement);
  return byteCount / bytesPerElement;
}

/** The whole elements from an address up to the end of the memory. */
function elementsUpToEnd(heap: Heap, address: number, bytesPerElement: number): number {
  return Math.max(Math.floor((heap.buffer.byteLength - address) / bytesPerElement), 0);
}

function countCodePoints(text: string): number {
  let count = 0;
  for (const _ of text) count++;
  return count;
}

/** As TextEncoder has it: a lone surrogate becomes U+FFFD, three bytes. */
function countUtf8Bytes(text: string): number {
  let count = 0;
  for (const character of text) {
    const code = character.codePointAt(0) as number;
    count += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  }
  return count;
}

/** The characters that windows-1252 has from 0x80 on, where Latin-1 has control characters. */
const windowsCharacters = '€\x81‚ƒ„…†‡ˆ‰Š‹Œ\x8dŽ\x8f\x90‘’“”•–—˜™š›œ\x9džŸ';

/**
 * The package decodes ASCII by the platform's TextDecoder, for which that is windows-1252. By a table
 * here: some releases of Node take it for Latin-1.
 */
function readAscii(heap: Heap, address: number, byteCount: number): string {
  const text = heap.readString(address, byteCount, 'latin1');
  return text.replace(/[\x80-\x9f]/g, (character) => windowsCharacters[character.charCodeAt(0) - 0x80] as string);
}
