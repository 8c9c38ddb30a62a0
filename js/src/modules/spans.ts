// Purpose: the spans that are reserved in a heap for modules. A heap reserves granules of 16 bytes, three at
//          least, while modules take bytes: so two of them may share a span, and it stays until neither
//          needs it.
// Floor:   door js.

import { addressLimit } from '../arguments.js';
import { coreError, makeError, trapError } from '../errors.js';
import { coreErrorCodes } from '../generated/errors.js';
import type { HeapExports } from '../generated/exports.js';
import type { OpenHeap } from '../open.js';
import { boundsOf } from './bounds.js';

/** Addresses from `begin` up to, not including, `end`. */
export interface Span {
  readonly begin: number;
  readonly end: number;
}

const granuleBytes = 16;
const leastBytes = 3 * granuleBytes;

export function overlap(a: Span, b: Span): boolean {
  return a.begin < b.end && b.begin < a.end;
}

/** Reserves spans in one heap, on behalf of owners. */
export class SpanBook {
  readonly #heap: OpenHeap;
  /** What each owner needs, in whole granules. */
  readonly #needs = new Map<object, readonly Span[]>();
  /** What is reserved: the needs of all, and what was added to make a span long enough. No two overlap. */
  #reserved: Span[] = [];

  constructor(heap: OpenHeap) {
    this.#heap = heap;
  }

  /** The part of a span that this heap could hand out: whole granules, or `undefined` if there is none. */
  clip({ begin, end }: Span): Span | undefined {
    const bounds = boundsOf(this.#heap);
    // Pages that somebody else has grown are never this heap's.
    const isFollowed = this.#heap.memory.buffer.byteLength > bounds.ownedEnd;
    const limit = isFollowed ? Math.min(bounds.end, bounds.ownedEnd) : bounds.end;
    const from = Math.max(Math.floor(begin / granuleBytes) * granuleBytes, bounds.begin);
    const to = Math.min(Math.ceil(end / granuleBytes) * granuleBytes, limit);
    return from < to ? { begin: from, end: to } : undefined;
  }

  /**
   * Takes one more span for an owner. May grow the memory.
   *
   * @returns whether it could; not if something else lies there
   * @throws RangeError `out_of_memory`
   */
  take(operation: string, owner: object, span: Span): boolean {
    const need = this.clip(span);
    if (need === undefined) return true;
    const done = this.#guarded(operation, (core) => this.#reserve(operation, core, need));
    if (done) this.#needs.set(owner, [...(this.#needs.get(owner) ?? []), need]);
    return done;
  }

  /** Whether it is from here that a span is reserved. */
  holds(span: Span): boolean {
    return this.#reserved.some((reserved) => overlap(reserved, span));
  }

  /** Gives back what an owner has taken. */
  release(operation: string, owner: object): void {
    const needs = this.#needs.get(owner);
    if (needs === undefined) return;
    this.#needs.delete(owner);
    this.#guarded(operation, (core) => {
      for (const span of this.#reserved.filter((reserved) => needs.some((need) => overlap(reserved, need)))) {
        this.#shrink(operation, core, span);
      }
    });
  }

  #guarded<Result>(operation: string, use: (core: HeapExports) => Result): Result {
    try {
      return use(this.#heap.core);
    } catch (error) {
      throw trapError(error, operation);
    }
  }

  /** Tries the ways of making a short span long enough: upward first, then down. */
  #reserve(operation: string, core: HeapExports, need: Span): boolean {
    if (this.#reserved.some(({ begin, end }) => begin <= need.begin && need.end <= end)) return true;
    const missing = Math.max(leastBytes - (need.end - need.begin), 0);
    for (let below = 0; below <= missing; below += granuleBytes) {
      const wide = { begin: need.begin - below, end: need.end + missing - below };
      if (wide.begin >= 0 && this.#join(operation, core, wide)) return true;
    }
    return false;
  }

  /** Reserves a span as one with those that it overlaps. Gives whether it could. */
  #join(operation: string, core: HeapExports, span: Span): boolean {
    const { image } = this.#heap;
    const joined = this.#reserved.filter((reserved) => overlap(reserved, span));
    const begin = Math.min(span.begin, ...joined.map((part) => part.begin));
    const end = Math.max(span.end, ...joined.map((part) => part.end));
    if (end >= addressLimit) return false; // the core takes 32-bit numbers
    // In a shared heap another agent may come between: then what was reserved is lost, which is said.
    for (const part of joined) core.allot_unreserve(image, part.begin);
    const status = core.allot_reserve(image, begin, end);
    if (status === 0) {
      this.#reserved = [...this.#reserved.filter((reserved) => !joined.includes(reserved)), { begin, end }];
      return true;
    }
    for (const part of joined) this.#again(operation, core, part);
    const code = coreErrorCodes[status];
    // The latter when it was made longer than the heap is.
    if (code === 'span_in_use' || code === 'invalid_span') return false;
    throw coreError(status, operation);
  }

  /** Gives back of a span what nobody needs any more. */
  #shrink(operation: string, core: HeapExports, span: Span): void {
    const kept: { begin: number; end: number }[] = [];
    const needs = [...this.#needs.values()].flat().filter((need) => overlap(need, span));
    needs.sort((a, b) => a.begin - b.begin);
    for (const need of needs) {
      // Made long enough inside the old span, which was.
      const begin = Math.max(span.begin, Math.min(need.begin, span.end - leastBytes));
      const end = Math.max(need.end, begin + leastBytes);
      const last = kept.at(-1);
      if (last !== undefined && begin < last.end) last.end = Math.max(last.end, end);
      else kept.push({ begin, end });
    }
    core.allot_unreserve(this.#heap.image, span.begin);
    for (const part of kept) this.#again(operation, core, part);
    this.#reserved = [...this.#reserved.filter((reserved) => reserved !== span), ...kept];
  }

  /** Reserves what was reserved a moment ago. */
  #again(operation: string, core: HeapExports, { begin, end }: Span): void {
    const status = core.allot_reserve(this.#heap.image, begin, end);
    if (status !== 0) throw makeError('corrupt_image', operation, `the span ${begin}..${end} could not be kept`, begin);
  }
}
