// Purpose: what a Heap needs of an allocator: its own core, or a foreign one that it adopted.
// Floor:   door js.

import type { Block } from './blocks.js';
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
