// Purpose: an allocator around another one, which passes everything on: what a layer of debugging begins as.
// Floor:   door js.
//
// A layer is in place only while it is wanted. Switched off, it is not there: nothing asks whether it is.

import type { Allocator } from '../allocator.js';
import type { Block } from '../blocks.js';
import type { HeapStatistics } from '../generated/statistics.js';
import type { StatisticName } from '../statistics.js';

/** Passes every call on to the allocator underneath. */
export class AllocatorLayer implements Allocator {
  /** The allocator underneath; another one when layers come and go. */
  inner: Allocator;

  constructor(inner: Allocator) {
    this.inner = inner;
  }

  malloc(byteLength: number): number {
    return this.inner.malloc(byteLength);
  }

  calloc(count: number, byteLength: number): number {
    return this.inner.calloc(count, byteLength);
  }

  realloc(address: number, byteLength: number, known: number | undefined): number {
    return this.inner.realloc(address, byteLength, known);
  }

  alignedAlloc(alignment: number, byteLength: number): number {
    return this.inner.alignedAlloc(alignment, byteLength);
  }

  free(address: number): void {
    this.inner.free(address);
  }

  relocate(from: number, to: number, byteLength: number): void {
    this.inner.relocate(from, to, byteLength);
  }

  usableSize(address: number): number {
    return this.inner.usableSize(address);
  }

  requestedSize(address: number): number {
    return this.inner.requestedSize(address);
  }

  sizeof(address: number): number {
    return this.inner.sizeof(address);
  }

  blocks(): IterableIterator<Block> {
    return this.inner.blocks();
  }

  stats(): HeapStatistics {
    return this.inner.stats();
  }

  stat(name: StatisticName): number {
    return this.inner.stat(name);
  }

  validate(): void {
    this.inner.validate();
  }

  merge(): void {
    this.inner.merge();
  }

  grow(pages: number): number {
    return this.inner.grow(pages);
  }

  reserve(begin: number, end: number): void {
    this.inner.reserve(begin, end);
  }

  unreserve(begin: number): void {
    this.inner.unreserve(begin);
  }

  setQuota(byteLength: number): void {
    this.inner.setQuota(byteLength);
  }

  setMaximum(address: number): void {
    this.inner.setMaximum(address);
  }
}
