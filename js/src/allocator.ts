// Purpose: what a Heap needs of an allocator: its own core, or a foreign one that it adopted.
// Floor:   door js.

import type { Block } from './blocks.js';
import { coreErrorCodes } from './generated/errors.js';
import type { HeapStatistics } from './generated/statistics.js';
import type { StatisticName } from './statistics.js';

/**
 * Hands out blocks. The numbers it is given are checked; what it throws is what the user sees.
 * Addresses and lengths are in bytes.
 */
export interface Allocator {
  malloc(byteLength: number): number;
  calloc(count: number, byteLength: number): number;
  /** @param known the length it was asked for, where that is known */
  realloc(address: number, byteLength: number, known: number | undefined): number;
  alignedAlloc(alignment: number, byteLength: number): number;
  free(address: number): void;
  /**
   * Moves a block to where nothing else is.
   *
   * @param byteLength what it was asked for
   */
  relocate(from: number, to: number, byteLength: number): void;
  usableSize(address: number): number;
  requestedSize(address: number): number;
  /** The requested size where it is recorded, else the usable one. */
  sizeof(address: number): number;
  blocks(): IterableIterator<Block>;
  stats(): HeapStatistics;
  stat(name: StatisticName): number;
  validate(): void;
  merge(): void;
  /** Gives the pages there were before. */
  grow(pages: number): number;
  reserve(begin: number, end: number): void;
  unreserve(begin: number): void;
  setQuota(byteLength: number): void;
  setMaximum(address: number): void;
}

/** A request that an allocator cannot meet. */
export interface Shortage {
  readonly code: 'out_of_memory' | 'quota_exceeded';
  /** The bytes that it is about. */
  readonly byteLength: number;
  /** How often it was tried, from 1 up. */
  readonly attempt: number;
}

/** The code of a shortage, of the core's number of an error; `undefined` for other errors. */
export function shortageCode(error: number): Shortage['code'] | undefined {
  const code = coreErrorCodes[error];
  return code === 'out_of_memory' || code === 'quota_exceeded' ? code : undefined;
}

/** An allocator that asks before it gives up: one at the bottom of all layers. */
export interface Supplied extends Allocator {
  /** What it takes addresses as; `undefined` while that is not known. */
  readonly addressType: 'i32' | 'i64' | undefined;
  /** Called when a request cannot be met. Gives whether to try again. */
  onShortage: (shortage: Shortage) => boolean;
}
