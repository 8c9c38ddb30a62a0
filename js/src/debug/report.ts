// Purpose: what can be said of a heap in numbers: its figures, how cut up it is, and which sizes it has.
// Floor:   door js.

import type { Allocator } from '../allocator.js';
import type { HeapStatistics } from '../generated/statistics.js';

/** Blocks of about one size. */
export interface SizeClass {
  /** The least length in bytes: a power of two. */
  readonly from: number;
  /** They are shorter than this: twice as much. */
  readonly below: number;
  /** How many there are. */
  readonly blocks: number;
  /** Their bytes in all. */
  readonly byteLength: number;
}

/** How cut up a heap is. */
export interface Fragmentation {
  /** The part of the free memory that is not in its longest run: 0 when it is all in one piece. */
  readonly external: number;
  /** Runs of free memory. */
  readonly freeRuns: number;
  /** The longest, in bytes. */
  readonly largestFree: number;
  /** What they have on average, in bytes; 0 when there is none. */
  readonly meanFreeRun: number;
  /** The part of the live bytes that nobody asked for; `null` where that is not recorded, or nothing is live. */
  readonly internal: number | null;
}

/** A heap in numbers: plain objects that JSON can take. */
export interface HeapReport {
  /** Bytes of the memory, whoever they belong to. */
  readonly memory: number;
  /** All figures: {@link Heap.stats}. */
  readonly statistics: HeapStatistics;
  /** How cut up it is. */
  readonly fragmentation: Fragmentation;
  /** The sizes of live blocks, and of the runs of free memory; only those that there are. */
  readonly histogram: { readonly live: readonly SizeClass[]; readonly free: readonly SizeClass[] };
}

/** Asks an allocator for all of it: costs a walk or two. */
export function makeReport(allocator: Allocator, memory: number): HeapReport {
  const statistics = allocator.stats();
  const sizes = { live: new Map<number, Count>(), free: new Map<number, Count>() };
  const live: number[] = [];
  for (const { byteOffset, byteLength, kind } of allocator.blocks()) {
    if (kind === 'live') live.push(byteOffset);
    if (kind === 'live' || kind === 'free') count(sizes[kind], byteLength);
  }
  const { free, largestFree, freeBlocks } = statistics;
  return {
    memory,
    statistics,
    fragmentation: {
      external: free === 0 ? 0 : 1 - largestFree / free,
      freeRuns: freeBlocks,
      largestFree,
      meanFreeRun: freeBlocks === 0 ? 0 : free / freeBlocks,
      internal: internalOf(allocator, live, statistics.live),
    },
    histogram: { live: classesOf(sizes.live), free: classesOf(sizes.free) },
  };
}

interface Count {
  blocks: number;
  byteLength: number;
}

function count(classes: Map<number, Count>, byteLength: number): void {
  const exponent = Math.floor(Math.log2(byteLength));
  const entry = classes.get(exponent) ?? { blocks: 0, byteLength: 0 };
  entry.blocks++;
  entry.byteLength += byteLength;
  classes.set(exponent, entry);
}

function classesOf(classes: ReadonlyMap<number, Count>): SizeClass[] {
  return [...classes]
    .sort(([a], [b]) => a - b)
    .map(([exponent, counted]) => ({ from: 2 ** exponent, below: 2 ** (exponent + 1), ...counted }));
}

function internalOf(allocator: Allocator, blocks: readonly number[], live: number): number | null {
  let requested = 0;
  for (const address of blocks) {
    try {
      requested += allocator.requestedSize(address);
    } catch (error) {
      if ((error as { readonly code?: unknown } | undefined)?.code === 'not_recorded') return null;
      // Another agent has freed it meanwhile.
    }
  }
  return live === 0 ? null : Math.max(0, 1 - requested / live);
}
