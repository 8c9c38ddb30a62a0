// Purpose: which blocks a manager handed out, and that none is freed twice: a second free is reported and
//          not performed.
// Floor:   door js, compat.
//
// What can be known: the allocator also serves the guest, and nobody tells the manager what the guest
// allocates and frees. A ref is safe ground: it was made for the block that lay at its address then,
// so when that address has changed hands since, its block is gone. A mere number is not: a block that
// the manager freed may by now be one that the guest was given at the same place, which the user
// rightly frees by its number. So a number is refused only while the bytes there show that nobody
// has used the block since.

import type { Heap } from '../../index.js';
import { heapError } from './errors.js';
import { FreedBlocks } from './freed-blocks.js';
import type { HeapRef } from './refs.js';

/** The blocks of one manager. */
export class Blocks {
  readonly #heap: Heap;
  readonly #refs: Map<number, HeapRef> | undefined;
  readonly #freed: FreedBlocks | undefined;
  /** How many allocations and frees there were. */
  #time = 0;

  /** @param tracks whether to keep a list of the refs */
  constructor(heap: Heap, tracks: boolean) {
    this.#heap = heap;
    this.#refs = tracks ? new Map() : undefined;
    this.#freed = tracks ? new FreedBlocks() : undefined;
  }

  /** The refs to the blocks that were handed out and not freed, in that order; `undefined` without tracking. */
  get refs(): IterableIterator<HeapRef> | undefined {
    return this.#refs?.values();
  }

  /** The length of the block that begins at an address, if it is a known one. */
  byteCountAt(address: number): number | undefined {
    return this.#refs?.get(address)?.allocatedByteCount;
  }

  /** Allocates a block. (Even for no bytes the heap asks for one, so that each has a place of its own.) */
  allocate(byteCount: number): number {
    const address = this.#heap.malloc(byteCount);
    this.#time++;
    // If there is a ref to this address, the guest or an arena's reset() took its block away.
    this.#end(address);
    return address;
  }

  /** Puts the ref to a new block on the list. */
  track(ref: HeapRef): void {
    this.#refs?.set(ref.address, ref);
  }

  /** Takes back a block that no ref was given to the user for. */
  abandon(address: number): void {
    this.#release(address, false);
  }

  /** A ref to an address is made: the time of its birth. */
  birth(address: number): number {
    this.#freed?.forgetPrint(address);
    return this.#time;
  }

  /** A ref was given another address. */
  moved(ref: HeapRef, from: number): void {
    if (this.#refs?.get(from) !== ref) return;
    this.#refs.delete(from);
    if (ref.address !== 0) this.#refs.set(ref.address, ref);
  }

  /** Frees the block of a ref. */
  freeRef(ref: HeapRef): void {
    const { address, birth } = ref;
    const known = this.#refs?.get(address);
    const freed = this.#freed?.timeAt(address) ?? 0;
    if (freed > birth || (known !== undefined && known.birth > birth)) {
      ref.end();
      throw freedTwice(address);
    }
    this.#release(address, known !== undefined);
    ref.end();
  }

  /** Frees the block at an address: one of the manager's, or one that the guest allocated. */
  freeAddress(address: number): void {
    // As free(NULL) in C.
    if (address === 0) return;
    const print = this.#freed?.printAt(address) ?? 0;
    if (print !== 0 && print === this.#fingerprint(address)) throw freedTwice(address);
    this.#release(address, this.#refs?.has(address) === true);
  }

  /** Gives a block back. If the allocator refuses it, nothing has changed here. */
  #release(address: number, isKnown: boolean): void {
    this.#heap.free(address);
    this.#end(address);
    this.#time++;
    this.#freed?.add(address, this.#time, isKnown ? this.#fingerprint(address) : 0);
  }

  /** Ends the ref on the list, if there is one. */
  #end(address: number): void {
    const ref = this.#refs?.get(address);
    if (ref === undefined) return;
    this.#refs?.delete(address);
    ref.end();
  }

  /**
   * What a free block looks like: where its allocator keeps the block's record (in the bytes before
   * it, as most do) and in its first bytes. Never 0.
   */
  #fingerprint(address: number): number {
    this.#heap.refresh();
    const begin = Math.max(address - 8, 0);
    const end = Math.min(address + 32, this.#heap.buffer.byteLength) - 3;
    let print = 0;
    for (let at = begin; at < end; at += 4) {
      print = Math.imul(print ^ this.#heap.readInt32(at), 0x01000193) ^ (print >>> 15);
    }
    return print === 0 ? 1 : print;
  }
}

function freedTwice(address: number): Error {
  return heapError('double_free', `free: the block at ${address} was freed before`, address);
}
