// Purpose: allot's own allocator as Heap uses it: asks the core, and turns error numbers and traps into
//          errors.
// Floor:   door js.

import { shortageCode, type Shortage, type Supplied } from './allocator.js';
import { checkAddress, checkAlignment, checkSize, coreLimit } from './arguments.js';
import { walk, type Block } from './blocks.js';
import { coreError, trapError } from './errors.js';
import type { HeapExports } from './generated/exports.js';
import type { HeapStatistics } from './generated/statistics.js';
import { requireSound, type OpenHeap } from './open.js';
import { addressIn, errorNumberIn, isError } from './result.js';
import type { Sharers } from './sharing.js';
import { readStatistic, readStatistics, type StatisticName } from './statistics.js';

const pageBytes = 65536;

/** The core over a memory, and the heap in it. */
export class CoreAllocator implements Supplied {
  readonly addressType = 'i32';
  readonly #core: HeapExports;
  readonly #image: number;
  readonly #sharers: Sharers | undefined;

  onShortage: (shortage: Shortage) => boolean = () => false;

  constructor({ core, image, sharers }: Pick<OpenHeap, 'core' | 'image' | 'sharers'>) {
    this.#core = core;
    this.#image = image;
    this.#sharers = sharers;
  }

  malloc(byteLength: number): number {
    const bytes = checkSize('malloc', 'byteLength', byteLength);
    let result;
    try {
      result = this.#core.allot_malloc(this.#image, bytes);
      if (isError(result)) result = this.#supplied(result, bytes, () => this.#core.allot_malloc(this.#image, bytes));
    } catch (error) {
      throw trapError(error, 'malloc');
    }
    if (isError(result)) throw this.#error(errorNumberIn(result), `malloc(${bytes})`);
    return addressIn(result);
  }

  calloc(count: number, byteLength: number): number {
    const things = checkSize('calloc', 'count', count);
    const bytes = checkSize('calloc', 'byteLength', byteLength);
    let result;
    try {
      result = this.#core.allot_calloc(this.#image, things, bytes);
      if (isError(result)) result = this.#supplied(result, things * bytes, () => this.#core.allot_calloc(this.#image, things, bytes));
    } catch (error) {
      throw trapError(error, 'calloc');
    }
    if (isError(result)) throw this.#error(errorNumberIn(result), `calloc(${things}, ${bytes})`);
    return addressIn(result);
  }

  realloc(address: number, byteLength: number): number {
    const block = checkAddress('realloc', address);
    const bytes = checkSize('realloc', 'byteLength', byteLength);
    let result;
    try {
      result = this.#core.allot_realloc(this.#image, block, bytes);
      if (isError(result)) result = this.#supplied(result, bytes, () => this.#core.allot_realloc(this.#image, block, bytes));
    } catch (error) {
      throw trapError(error, 'realloc');
    }
    if (isError(result)) throw this.#error(errorNumberIn(result), `realloc(${block}, ${bytes})`, block);
    return addressIn(result);
  }

  alignedAlloc(alignment: number, byteLength: number): number {
    const multiple = checkAlignment('alignedAlloc', alignment);
    const bytes = checkSize('alignedAlloc', 'byteLength', byteLength);
    let result;
    try {
      result = this.#core.allot_aligned_alloc(this.#image, multiple, bytes);
      if (isError(result)) result = this.#supplied(result, bytes, () => this.#core.allot_aligned_alloc(this.#image, multiple, bytes));
    } catch (error) {
      throw trapError(error, 'alignedAlloc');
    }
    if (isError(result)) throw this.#error(errorNumberIn(result), `alignedAlloc(${multiple}, ${bytes})`);
    return addressIn(result);
  }

  free(address: number): void {
    const block = checkAddress('free', address);
    let status;
    try {
      status = this.#core.allot_free(this.#image, block);
    } catch (error) {
      throw trapError(error, 'free');
    }
    if (status !== 0) throw this.#error(status, `free(${block})`, block);
  }

  relocate(from: number, to: number): void {
    const status = this.#ask(() => this.#core.allot_relocate(this.#image, from, to), 'compact');
    if (status !== 0) throw this.#error(status, `compact, from ${from} to ${to}`, from);
  }

  sizeof(address: number): number {
    const block = checkAddress('sizeof', address);
    const requested = this.#ask(() => this.#core.allot_requested_size(this.#image, block), 'sizeof');
    if (requested >= 0) return requested;
    return this.#sizeFrom(
      this.#ask(() => this.#core.allot_usable_size(this.#image, block), 'sizeof'),
      `sizeof(${block})`,
      block,
    );
  }

  usableSize(address: number): number {
    const block = checkAddress('usableSize', address);
    const bytes = this.#ask(() => this.#core.allot_usable_size(this.#image, block), 'usableSize');
    return this.#sizeFrom(bytes, `usableSize(${block})`, block);
  }

  requestedSize(address: number): number {
    const block = checkAddress('requestedSize', address);
    const bytes = this.#ask(() => this.#core.allot_requested_size(this.#image, block), 'requestedSize');
    return this.#sizeFrom(bytes, `requestedSize(${block})`, block);
  }

  blocks(): IterableIterator<Block> {
    this.#sharers?.collect();
    return walk(this.#core, this.#image);
  }

  stats(): HeapStatistics {
    this.#sharers?.collect();
    return readStatistics(this.#core, this.#image);
  }

  stat(name: StatisticName): number {
    this.#sharers?.collect();
    return readStatistic(this.#core, this.#image, name);
  }

  validate(): void {
    this.#ask(() => {
      requireSound('validate', this.#core, this.#image);
    }, 'validate');
  }

  merge(): void {
    this.#ask(() => {
      this.#core.allot_merge(this.#image);
    }, 'merge');
  }

  grow(pages: number): number {
    const count = checkSize('grow', 'pages', pages);
    const grow = (): number => this.#core.allot_grow(this.#image, count);
    const before = this.#ask(() => {
      for (let attempt = 1; ; attempt++) {
        const pages = grow();
        if (pages >= 0 || !this.#isSupplied(-pages, count * pageBytes, attempt)) return pages;
      }
    }, 'grow');
    if (before < 0) throw this.#error(-before, `grow(${count})`);
    return before;
  }

  reserve(begin: number, end: number): void {
    const status = this.#ask(() => this.#core.allot_reserve(this.#image, begin, end), 'reserve');
    if (status !== 0) throw this.#error(status, `reserve(${begin}, ${end})`, begin);
  }

  unreserve(begin: number): void {
    const status = this.#ask(() => this.#core.allot_unreserve(this.#image, begin), 'unreserve');
    if (status !== 0) throw this.#error(status, `unreserve(${begin})`, begin);
  }

  setQuota(bytes: number): void {
    const status = this.#ask(() => this.#core.allot_set_quota(this.#image, coreLimit(bytes)), 'quota');
    if (status !== 0) throw this.#error(status, `quota = ${bytes}`);
  }

  setMaximum(address: number): void {
    const status = this.#ask(() => this.#core.allot_set_maximum(this.#image, coreLimit(address)), 'softMaximum');
    if (status !== 0) throw this.#error(status, `softMaximum = ${address}`);
  }

  /** Does again what failed for lack of memory, for as long as somebody says that there is some now. */
  #supplied(failed: number, byteLength: number, again: () => number): number {
    const patient = (got: number): number => this.#sharers?.again(got, again) ?? got;
    let result = patient(failed);
    for (let attempt = 1; isError(result); attempt++) {
      if (!this.#isSupplied(errorNumberIn(result), byteLength, attempt)) break;
      result = patient(again());
    }
    return result;
  }

  #isSupplied(error: number, byteLength: number, attempt: number): boolean {
    const code = shortageCode(error);
    return code !== undefined && this.onShortage({ code, byteLength, attempt });
  }

  /** The error for a number of the core's. */
  #error(number: number, operation: string, address?: number): Error {
    return this.#sharers?.error(number, operation, address) ?? coreError(number, operation, address);
  }

  /** Runs a call of the core; a trap in it becomes a `HeapError`. The hot calls do it in place. */
  #ask<Result>(call: () => Result, operation: string): Result {
    try {
      return call();
    } catch (error) {
      throw trapError(error, operation);
    }
  }

  /** The core gives sizes as numbers from 0 up, errors as their negative numbers. */
  #sizeFrom(bytes: number, operation: string, address: number): number {
    if (bytes < 0) throw this.#error(-bytes, operation, address);
    return bytes;
  }
}
