// Purpose: the bytes of a memory without its zeros: runs, each so many zeros and then so many bytes.
// Floor:   door js.

import { numberLength, type ByteReader, type ByteWriter } from './varint.js';

/** A range of bytes: from `begin` up to `end`, without that one. */
export interface Range {
  readonly begin: number;
  readonly end: number;
}

/** Zeros are told apart in steps of so many bytes: fewer are not worth a run of their own. */
const step = 16;

/**
 * The ranges of a memory that are not all zero.
 *
 * @param ignored ranges that count as zeros: in order, at multiples of 16
 */
export function fullRanges(bytes: Uint8Array, ignored: readonly Range[]): Range[] {
  const words = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
  const ranges: Range[] = [];
  let from = 0;
  for (const { begin, end } of ignored) {
    addFull(words, from, begin, ranges);
    from = end;
  }
  addFull(words, from, bytes.length, ranges);
  return ranges;
}

function addFull(words: Uint32Array, from: number, to: number, ranges: Range[]): void {
  let begin = -1;
  for (let at = from; at < to; at += step) {
    const i = at / 4;
    const any = (words[i] as number) | (words[i + 1] as number) | (words[i + 2] as number) | (words[i + 3] as number);
    if (any !== 0 && begin < 0) begin = at;
    if (any !== 0 || begin < 0) continue;
    ranges.push({ begin, end: at });
    begin = -1;
  }
  if (begin >= 0) ranges.push({ begin, end: to });
}

/** How many bytes {@link writeRuns} writes. */
export function runsLength(byteLength: number, ranges: readonly Range[]): number {
  let length = 0;
  forEachRun(byteLength, ranges, (zeros, { begin, end }) => {
    length += numberLength(zeros) + numberLength(end - begin) + (end - begin);
  });
  return length;
}

/** Writes a memory's bytes, of which those outside the ranges are zeros. */
export function writeRuns(writer: ByteWriter, bytes: Uint8Array, ranges: readonly Range[]): void {
  forEachRun(bytes.length, ranges, (zeros, { begin, end }) => {
    writer.number(zeros);
    writer.number(end - begin);
    writer.bytes(bytes.subarray(begin, end));
  });
}

function forEachRun(
  byteLength: number,
  ranges: readonly Range[],
  action: (zeros: number, range: Range) => void,
): void {
  let from = 0;
  for (const range of ranges) {
    action(range.begin - from, range);
    from = range.end;
  }
  if (from < byteLength) action(byteLength - from, { begin: byteLength, end: byteLength });
}

/**
 * Reads the bytes of a memory that was all zero.
 *
 * @param fail called when the runs do not fill it exactly; throws
 * @param put where what is no zero is to go; without it they are only checked
 */
export function readRuns(
  reader: ByteReader,
  byteLength: number,
  fail: (reason: string) => never,
  put?: (at: number, bytes: Uint8Array) => void,
): void {
  for (let at = 0; at < byteLength; ) {
    const [zeros, count] = [reader.number(), reader.number()];
    if (zeros + count === 0) fail('a run has no bytes');
    if (zeros + count > byteLength - at) fail('a run is longer than the memory');
    const bytes = reader.bytes(count);
    put?.(at + zeros, bytes);
    at += zeros + count;
  }
}
