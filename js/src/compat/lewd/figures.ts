// Purpose: how much there is, is used and is free. Each is told in bytes, and in atoms of 16 bytes.
// Floor:   door js, compat.

import type { StatisticName } from '../../index.js';
import { buffer, heapOfNow, spareBytes } from './state.js';
import type { f64 } from './types.js';

const atomBytes = 16;

function figure(name: StatisticName): number {
  return heapOfNow().stat(name);
}

/** A figure to which what is spare at the end belongs. */
function figureWithSpare(name: StatisticName): number {
  const heap = heapOfNow();
  return heap.stat(name) + spareBytes(heap);
}

/** The total memory size in bytes. */
export function totalBytes(): f64 {
  heapOfNow();
  return buffer.byteLength;
}

/** Bytes that are allocated. */
export function usedBytes(): f64 {
  return figure('live');
}

/** Bytes from the first allocated block to the end of the last one, with the gaps between them. */
export function runBytes(): f64 {
  return figure('usedSpan');
}

/** Bytes that are free. */
export function freeBytes(): f64 {
  return figureWithSpare('free');
}

/** Free bytes at the beginning of the memory: all of them when nothing is allocated. */
export function headBytes(): f64 {
  return usedBytes() === 0 ? figureWithSpare('headFree') : figure('headFree');
}

/** Free bytes at the end of the memory: all of them when nothing is allocated. */
export function tailBytes(): f64 {
  return figureWithSpare('tailFree');
}

/** Bytes in the longest run of free memory. */
export function largestBytes(): f64 {
  return Math.max(figure('largestFree'), tailBytes());
}

/** {@link totalBytes} in atoms of 16 bytes. */
export function totalAtoms(): f64 {
  return totalBytes() / atomBytes;
}

/** {@link usedBytes} in atoms of 16 bytes. */
export function usedAtoms(): f64 {
  return usedBytes() / atomBytes;
}

/** {@link runBytes} in atoms of 16 bytes. */
export function runAtoms(): f64 {
  return runBytes() / atomBytes;
}

/** {@link freeBytes} in atoms of 16 bytes. */
export function freeAtoms(): f64 {
  return freeBytes() / atomBytes;
}

/** {@link headBytes} in atoms of 16 bytes. */
export function headAtoms(): f64 {
  return headBytes() / atomBytes;
}

/** {@link tailBytes} in atoms of 16 bytes. */
export function tailAtoms(): f64 {
  return tailBytes() / atomBytes;
}

/** {@link largestBytes} in atoms of 16 bytes. */
export function largestAtoms(): f64 {
  return largestBytes() / atomBytes;
}

export {
  totalBytes as total,
  usedBytes as used,
  runBytes as usedRun,
  freeBytes as free,
  headBytes as headFree,
  tailBytes as tailFree,
  // In atoms, and not in bytes as all the others: so the original's document has it.
  largestAtoms as largestFree,
};
