// Purpose: does to a heap what a trace says was done to another one, and counts.
// Floor:   door js.

import { wrongType } from '../arguments.js';
import type { HeapBase } from '../heap-base.js';
import type { BytesLike } from '../bytes-like.js';
import { readTrace } from './trace-reader.js';
import type { TraceRecord } from './trace-record.js';

/** What a replay needs of a heap. */
export type ReplayTarget = Pick<HeapBase, 'malloc' | 'calloc' | 'realloc' | 'alignedAlloc' | 'free'>;

/** What came of a replay. */
export interface ReplayStatistics {
  /** Operations that were done. */
  readonly operations: number;
  /**
   * Records that were not: marks; growth, limits and spans, which are about one memory; what had been
   * refused for another reason than want of memory; what is about blocks that the trace does not know.
   */
  readonly skipped: number;
  /** Operations that were refused here and had been done when they were recorded. */
  readonly refused: number;
  /** Operations that were done here and had been refused when they were recorded. */
  readonly granted: number;
  /** How often the heap gave the same address as when it was recorded. */
  readonly sameAddress: number;
  /** How many blocks moved when they were given another length. */
  readonly moved: number;
  /** The most bytes that were asked for and live at once. */
  readonly peakBytes: number;
  /** The blocks that were still live at the end, and are free now. */
  readonly leftBlocks: number;
  /** The bytes that they were asked for. */
  readonly leftBytes: number;
  /** How long it took, in milliseconds: the reading, too. */
  readonly milliseconds: number;
}

interface Replayed {
  readonly address: number;
  readonly byteLength: number;
}

const shortages = ['out_of_memory', 'quota_exceeded'];

class Replay {
  readonly #heap: ReplayTarget;
  /** By the address that a block had when it was recorded. */
  readonly #blocks = new Map<number, Replayed>();
  #bytes = 0;
  #peakBytes = 0;
  readonly counts = { operations: 0, skipped: 0, refused: 0, granted: 0, sameAddress: 0, moved: 0 };

  constructor(heap: ReplayTarget) {
    this.#heap = heap;
  }

  run(record: TraceRecord): void {
    switch (record.operation) {
      case 'malloc':
      case 'live':
        this.#allocate(record, record.byteLength, () => this.#heap.malloc(record.byteLength));
        return;
      case 'calloc': {
        const { count, byteLength } = record;
        this.#allocate(record, count * byteLength, () => this.#heap.calloc(count, byteLength));
        return;
      }
      case 'alignedAlloc': {
        const { alignment, byteLength } = record;
        this.#allocate(record, byteLength, () => this.#heap.alignedAlloc(alignment, byteLength));
        return;
      }
      case 'realloc': {
        const block = this.#blocks.get(record.block);
        if (block === undefined && record.block === 0) {
          // C's way to write malloc.
          this.#allocate(record, record.byteLength, () => this.#heap.malloc(record.byteLength));
        } else this.#reallocate(record.block, block, record.byteLength, record.address);
        return;
      }
      case 'free': {
        if (record.refused !== undefined || !this.#free(record.block)) this.counts.skipped++;
        else this.counts.operations++;
        return;
      }
      default:
        this.counts.skipped++;
    }
  }

  /** Frees what is left. */
  end(): { peakBytes: number; leftBlocks: number; leftBytes: number } {
    const left = { peakBytes: this.#peakBytes, leftBlocks: this.#blocks.size, leftBytes: this.#bytes };
    for (const block of [...this.#blocks.keys()]) this.#free(block);
    return left;
  }

  /** Frees what it can, after an error that is to be thrown. */
  giveUp(): void {
    try {
      this.end();
    } catch {
      // That error says more than this one.
    }
  }

  #allocate({ address, refused }: { address?: number; refused?: string }, byteLength: number, ask: () => number): void {
    if (address === undefined && !shortages.includes(refused as string)) {
      this.counts.skipped++;
      return;
    }
    // It was there once more: somebody else had freed the block that was recorded there before.
    if (address !== undefined) this.#free(address);
    this.counts.operations++;
    const got = this.#asked(ask);
    if (got === undefined) {
      if (address !== undefined) this.counts.refused++;
      return;
    }
    if (address === undefined) {
      this.counts.granted++;
      this.#heap.free(got); // the program did not get it
      return;
    }
    if (got === address) this.counts.sameAddress++;
    this.#add(address, got, byteLength);
  }

  #reallocate(from: number, block: Replayed | undefined, byteLength: number, to: number | undefined): void {
    if (block === undefined || to === undefined) {
      this.counts.skipped++;
      return;
    }
    if (to !== from) this.#free(to);
    this.counts.operations++;
    const got = this.#asked(() => this.#resize(block.address, byteLength));
    if (got === undefined) this.counts.refused++;
    else if (got !== block.address) this.counts.moved++;
    if (got === to) this.counts.sameAddress++;
    // A refused one stays as long as it was; the program believes that it is elsewhere.
    this.#blocks.delete(from);
    this.#bytes -= block.byteLength;
    this.#add(to, got ?? block.address, got === undefined ? block.byteLength : byteLength);
  }

  #resize(address: number, byteLength: number): number {
    try {
      return this.#heap.realloc(address, byteLength);
    } catch (error) {
      // An adopted allocator may have no realloc. As nothing is in the block, another one will do.
      if (codeOf(error) !== 'unsupported_operation') throw error;
      const moved = this.#heap.malloc(byteLength);
      this.#heap.free(address);
      return moved;
    }
  }

  #add(recorded: number, address: number, byteLength: number): void {
    this.#blocks.set(recorded, { address, byteLength });
    this.#bytes += byteLength;
    this.#peakBytes = Math.max(this.#peakBytes, this.#bytes);
  }

  #free(recorded: number): boolean {
    const block = this.#blocks.get(recorded);
    if (block === undefined) return false;
    this.#blocks.delete(recorded);
    this.#bytes -= block.byteLength;
    this.#heap.free(block.address);
    return true;
  }

  /** What the heap gives; `undefined` when it refuses. */
  #asked(ask: () => number): number | undefined {
    try {
      return ask();
    } catch (error) {
      // A size or an alignment that this heap cannot have at all is a refusal, too.
      if ([...shortages, 'size_too_large', 'invalid_alignment'].includes(codeOf(error) as string)) return undefined;
      throw error;
    }
  }
}

function codeOf(error: unknown): unknown {
  return (error as { readonly code?: unknown } | undefined)?.code;
}

/**
 * Does to a heap what a trace says: the same blocks, in the same order, wherever this heap places them.
 * What is in them is not written. All its blocks are free again at the end.
 *
 * @param heap any heap; what lives in it already stays as it is
 * @throws HeapError `malformed_trace`, before anything was done
 */
export function replayTrace(bytes: BytesLike, heap: ReplayTarget): ReplayStatistics {
  if (typeof heap !== 'object' || heap === null || typeof heap.malloc !== 'function') {
    throw wrongType('replayTrace', 'heap', heap, 'a heap');
  }
  // Twice, rather than keep all records: once for its errors.
  for (const record of readTrace(bytes)) void record;
  const replay = new Replay(heap);
  const start = performance.now();
  try {
    for (const record of readTrace(bytes)) replay.run(record);
  } catch (error) {
    replay.giveUp();
    throw error;
  }
  const milliseconds = performance.now() - start;
  return { ...replay.counts, ...replay.end(), milliseconds };
}
