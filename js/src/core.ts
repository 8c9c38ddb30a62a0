// Purpose: allot's own allocator as Heap uses it: asks the core, and turns error numbers and traps into
//          errors.
// Floor:   door js.

import type { Allocator } from './allocator.js';
import { checkAddress, checkAlignment, checkSize, coreLimit } from './arguments.js';
import { walk, type Block } from './blocks.js';
import { coreError, trapError } from './errors.js';
import type { HeapExports } from './generated/exports.js';
import type { HeapStatistics } from './generated/statistics.js';
import type { GuardedCore } from './lock.js';
import { requireSound } from './open.js';
import { addressIn, errorNumberIn, isError } from './result.js';
import { readStatistic, readStatistics, type StatisticName } from './statistics.js';

/** The core over a memory, and the heap in it. */
export class CoreAllocator implements Allocator {
  readonly #core: HeapExports;
  readonly #guarded: GuardedCore;
  readonly #image: number;

  constructor(guarded: GuardedCore, image: number) {
    this.#core = guarded.core;
    this.#guarded = guarded;
    this.#image = image;
  }

  malloc(byteLength: number): number {
    const bytes = checkSize('malloc', 'byteLength', byteLength);
    let result;
    try {
      result = this.#core.allot_malloc(this.#image, bytes);
    } catch (error) {
      throw trapError(error, 'malloc');
    }
    if (isError(result)) throw coreError(errorNumberIn(result), `malloc(${bytes})`);
    return addressIn(result);
  }

  calloc(count: number, byteLength: number): number {
    const things = checkSize('calloc', 'count', count);
    const bytes = checkSize('calloc', 'byteLength', byteLength);
    let result;
    try {
      result = this.#core.allot_calloc(this.#image, things, bytes);
    } catch (error) {
      throw trapError(error, 'calloc');
    }
    if (isError(result)) throw coreError(errorNumberIn(result), `calloc(${things}, ${bytes})`);
    return addressIn(result);
  }

  realloc(address: number, byteLength: number): number {
    const block = checkAddress('realloc', address);
    const bytes = checkSize('realloc', 'byteLength', byteLength);
    let result;
    try {
      result = this.#core.allot_realloc(this.#image, block, bytes);
    } catch (error) {
      throw trapError(error, 'realloc');
    }
    if (isError(result)) throw coreError(errorNumberIn(result), `realloc(${block}, ${bytes})`, block);
    return addressIn(result);
  }

  alignedAlloc(alignment: number, byteLength: number): number {
    const multiple = checkAlignment('alignedAlloc', alignment);
    const bytes = checkSize('alignedAlloc', 'byteLength', byteLength);
    let result;
    try {
      result = this.#core.allot_aligned_alloc(this.#image, multiple, bytes);
    } catch (error) {
      throw trapError(error, 'alignedAlloc');
    }
    if (isError(result)) throw coreError(errorNumberIn(result), `alignedAlloc(${multiple}, ${bytes})`);
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
    if (status !== 0) throw coreError(status, `free(${block})`, block);
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
    return walk(this.#guarded, this.#image);
  }

  stats(): HeapStatistics {
    // No other agent may come between two figures that are to agree.
    return this.#guarded.exclusively('stats', (core) => readStatistics(core, this.#image));
  }

  stat(name: StatisticName): number {
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
    const before = this.#ask(() => this.#core.allot_grow(this.#image, count), 'grow');
    if (before < 0) throw coreError(-before, `grow(${count})`);
    return before;
  }

  reserve(begin: number, end: number): void {
    const status = this.#ask(() => this.#core.allot_reserve(this.#image, begin, end), 'reserve');
    if (status !== 0) throw coreError(status, `reserve(${begin}, ${end})`, begin);
  }

  unreserve(begin: number): void {
    const status = this.#ask(() => this.#core.allot_unreserve(this.#image, begin), 'unreserve');
    if (status !== 0) throw coreError(status, `unreserve(${begin})`, begin);
  }

  setQuota(bytes: number): void {
    const status = this.#ask(() => this.#core.allot_set_quota(this.#image, coreLimit(bytes)), 'quota');
    if (status !== 0) throw coreError(status, `quota = ${bytes}`);
  }

  setMaximum(address: number): void {
    const status = this.#ask(() => this.#core.allot_set_maximum(this.#image, coreLimit(address)), 'softMaximum');
    if (status !== 0) throw coreError(status, `softMaximum = ${address}`);
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
    if (bytes < 0) throw coreError(-bytes, operation, address);
    return bytes;
  }
}
