// Made by tools/generate.mjs from core/allot/base/statistics.def. Do not edit.

/** The figures of a heap, as {@link Heap.stats} gives them. */
export interface HeapStatistics {
  /** Bytes under management: live + free + metadata. Read at once. */
  readonly managed: number;
  /** Bytes in live blocks, rounded to granules. Read at once. */
  readonly live: number;
  /** Bytes in free blocks. Read at once. */
  readonly free: number;
  /** Bytes taken by the heap's own records inside the managed memory. Read at once. */
  readonly metadata: number;
  /** Bytes in reserved spans, which are not managed. Read at once. */
  readonly reserved: number;
  /** Number of live blocks. Found by walking the heap. */
  readonly blocks: number;
  /** The highest value that live_bytes ever had. Read at once. */
  readonly peak: number;
  /** The most bytes that may be live; the largest number when unlimited. Read at once. */
  readonly quota: number;
  /** The address that the heap never grows beyond (its soft maximum). Read at once. */
  readonly maximum: number;
  /** First address of the managed memory. Read at once. */
  readonly begin: number;
  /** The address after the last managed byte. Read at once. */
  readonly top: number;
  /** How many times the heap took more memory. Read at once. */
  readonly grows: number;
  /** Bytes in the longest run of free memory. Found by walking the heap. */
  readonly largestFree: number;
  /** Free bytes between the heap's own first records and the first live block. Found by walking the heap. */
  readonly headFree: number;
  /** Free bytes at the end of the managed memory. Found by walking the heap. */
  readonly tailFree: number;
  /** Bytes from the first live block to the end of the last one. Found by walking the heap. */
  readonly usedSpan: number;
  /** Number of runs of free memory. Found by walking the heap. */
  readonly freeBlocks: number;
}

/** The number by which the core knows each figure. */
export const statisticNumbers = {
  managed: 0,
  live: 1,
  free: 2,
  metadata: 3,
  reserved: 4,
  blocks: 5,
  peak: 6,
  quota: 7,
  maximum: 8,
  begin: 9,
  top: 10,
  grows: 11,
  largestFree: 12,
  headFree: 13,
  tailFree: 14,
  usedSpan: 15,
  freeBlocks: 16,
} as const satisfies Readonly<Record<keyof HeapStatistics, number>>;
