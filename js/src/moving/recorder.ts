// Purpose: sees what happens to a heap's blocks while the instances that use it are put over another memory.
// Floor:   door js.

import type { Allocator } from '../allocator.js';
import type { Block } from '../blocks.js';
import { AllocatorLayer } from '../debug/layer.js';
import type { HeapStatistics } from '../generated/statistics.js';
import type { StatisticName } from '../statistics.js';

/** Told of what happens. */
export interface Watcher {
  /** The heap's records are about to be used. */
  using(): void;
  /** They were used. */
  used(): void;
  /** The block at an address, or around it, is about to be resized, and may be copied for that. */
  resizing(address: number): void;
  /** What was at an address is gone, or given up. */
  gone(address: number): void;
}

/** Tells of every use of the records, and of blocks that go. Those that come were not there before. */
export class Recorder extends AllocatorLayer {
  readonly #watcher: Watcher;

  constructor(inner: Allocator, watcher: Watcher) {
    super(inner);
    this.#watcher = watcher;
  }

  override malloc(byteLength: number): number {
    return this.#use(() => super.malloc(byteLength));
  }

  override calloc(count: number, byteLength: number): number {
    return this.#use(() => super.calloc(count, byteLength));
  }

  override alignedAlloc(alignment: number, byteLength: number): number {
    return this.#use(() => super.alignedAlloc(alignment, byteLength));
  }

  override realloc(address: number, byteLength: number, known: number | undefined): number {
    return this.#use(() => {
      const moved = super.realloc(address, byteLength, known);
      this.#watcher.gone(address);
      return moved;
    });
  }

  override free(address: number): void {
    this.#use(() => {
      super.free(address);
      this.#watcher.gone(address);
    });
  }

  override merge(): void {
    this.#use(() => {
      super.merge();
    });
  }

  override grow(pages: number): number {
    return this.#use(() => super.grow(pages));
  }

  override reserve(begin: number, end: number): void {
    this.#use(() => {
      super.reserve(begin, end);
    });
  }

  override unreserve(begin: number): void {
    this.#use(() => {
      super.unreserve(begin);
      this.#watcher.gone(begin);
    });
  }

  override setQuota(byteLength: number): void {
    this.#use(() => {
      super.setQuota(byteLength);
    });
  }

  override setMaximum(address: number): void {
    this.#use(() => {
      super.setMaximum(address);
    });
  }

  override usableSize(address: number): number {
    this.#watcher.using();
    return super.usableSize(address);
  }

  override requestedSize(address: number): number {
    this.#watcher.using();
    return super.requestedSize(address);
  }

  override sizeof(address: number): number {
    this.#watcher.using();
    return super.sizeof(address);
  }

  override blocks(): IterableIterator<Block> {
    this.#watcher.using();
    return super.blocks();
  }

  override stats(): HeapStatistics {
    this.#watcher.using();
    return super.stats();
  }

  override stat(name: StatisticName): number {
    this.#watcher.using();
    return super.stat(name);
  }

  override validate(): void {
    this.#watcher.using();
    super.validate();
  }

  #use<Result>(call: () => Result): Result {
    this.#watcher.using();
    try {
      return call();
    } finally {
      this.#watcher.used();
    }
  }
}

/**
 * Tells of blocks that the user resizes or gives up: in front of the layers of debugging, which copy blocks
 * themselves, and hold those back that were freed.
 */
export class UserRecorder extends AllocatorLayer {
  readonly #watcher: Watcher;

  constructor(inner: Allocator, watcher: Watcher) {
    super(inner);
    this.#watcher = watcher;
  }

  override realloc(address: number, byteLength: number, known: number | undefined): number {
    this.#watcher.resizing(address);
    const moved = super.realloc(address, byteLength, known);
    this.#watcher.gone(address);
    return moved;
  }

  override free(address: number): void {
    super.free(address);
    this.#watcher.gone(address);
  }
}
