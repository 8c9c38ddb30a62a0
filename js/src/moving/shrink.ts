// Purpose: makes the smaller memory that a heap moves to, with all its bytes and a core over it.
// Floor:   door js.
//
// WebAssembly has no way to make a memory smaller: the only way is another memory.

import { coreError, makeError, trapError } from '../errors.js';
import { maximumOf, noteMaximum } from '../memory-limits.js';
import { boundsOf } from '../modules/bounds.js';
import { reopen, type OpenHeap } from '../open.js';
import { SavedRecords } from './records.js';

const pageBytes = 65536;

/** A heap in a smaller memory. */
export interface Shrunk {
  readonly open: OpenHeap;
  /** How many pages (of 64 KiB) fewer it has. */
  readonly pages: number;
  /** Makes what is left in the old memory the heap that it was, for others who use it there. */
  readonly leave: () => void;
}

/**
 * The heap in a smaller memory, or `undefined` when nothing can be given back. The old memory still has all
 * bytes.
 *
 * @param leastPages how many pages the memory must have for instances to accept it
 * @throws RangeError `out_of_memory`: nothing has changed
 */
export function shrink(operation: string, open: OpenHeap, leastPages: number): Shrunk | undefined {
  const { memory, image, core } = open;
  const { byteLength } = memory.buffer;
  const status = core.allot_check(image);
  if (status !== 0) throw coreError(status, operation, image);
  const { end, ownedEnd } = boundsOf(open);
  // The memory's end is somebody else's, who would not find it again. (The core says so too, but later.)
  if (ownedEnd !== byteLength || end <= byteLength || leastPages * pageBytes >= byteLength) return undefined;
  const saved = saveRecords(operation, open);
  try {
    const needed = core.allot_trim(image) >>> 0;
    if (needed * pageBytes >= byteLength) return undefined;
    const pages = Math.max(needed, leastPages);
    const smaller = newMemory(operation, needed, maximumOf(memory));
    copyPages(new Uint8Array(memory.buffer, 0, needed * pageBytes), new Uint8Array(smaller.buffer));
    const moved = reopen(operation, open, smaller);
    // By the heap, so that these pages are its own.
    const before = moved.core.allot_grow(moved.image, pages - needed);
    if (before < 0) throw coreError(-before, operation);
    noteMaximum(smaller, maximumOf(memory));
    const leave = (): void => {
      if (open.place === 'inside') saved.restore();
    };
    return { open: moved, pages: byteLength / pageBytes - pages, leave };
  } catch (error) {
    if (open.place === 'outside') reopen(operation, open, memory);
    saved.restore();
    throw trapError(error, operation);
  }
}

function saveRecords(operation: string, open: OpenHeap): SavedRecords {
  try {
    return new SavedRecords(open);
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw makeError('corrupt_image', operation, 'its records lie outside the memory', open.image, { cause });
  }
}

function newMemory(operation: string, initial: number, maximum: number | undefined): WebAssembly.Memory {
  try {
    return new WebAssembly.Memory(maximum === undefined ? { initial } : { initial, maximum });
  } catch (cause) {
    throw makeError('out_of_memory', operation, `a memory of ${initial} pages to move to`, undefined, { cause });
  }
}

/** Copies to a memory of zeros. What is zero is not touched there, so that it takes no room. */
function copyPages(from: Uint8Array, to: Uint8Array): void {
  for (let at = 0; at < from.length; at += pageBytes) {
    const words = new Int32Array(from.buffer, at, pageBytes / 4);
    if (words.some(isNotZero)) to.set(from.subarray(at, at + pageBytes), at);
  }
}

function isNotZero(word: number): boolean {
  return word !== 0;
}
