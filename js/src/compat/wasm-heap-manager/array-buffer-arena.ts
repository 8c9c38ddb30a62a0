// Purpose: an arena in a buffer that is replaced by a larger one when it is full.
// Floor:   door js, compat.

import { Arena, cannotGrow } from './arena.js';
import { requireWhole } from './errors.js';

/**
 * Allocates in an `ArrayBuffer` of its own, one block behind the other.
 *
 * When it grows, its bytes move to a larger buffer, and the one before is detached, as a
 * WebAssembly memory's is: so nobody goes on writing to a copy that nobody reads.
 */
export class ArrayBufferArenaAllocator extends Arena {
  #heap: ArrayBuffer;

  constructor(initialCapacity = 2 ** 16, alignmentConstant = 8) {
    super(alignmentConstant);
    requireWhole('initialCapacity', initialCapacity);
    this.#heap = new ArrayBuffer(initialCapacity);
  }

  /** The buffer of now. */
  get heap(): ArrayBuffer {
    return this.#heap;
  }

  get capacity(): number {
    return this.#heap.byteLength;
  }

  /**
   * To twice what is needed, so that bytes move seldom.
   *
   * @internal
   */
  protected override growTo(byteLength: number): void {
    try {
      const larger = new ArrayBuffer(2 * byteLength);
      new Uint8Array(larger).set(new Uint8Array(this.#heap));
      // To transfer a buffer is how JavaScript detaches one.
      structuredClone(this.#heap, { transfer: [this.#heap] });
      this.#heap = larger;
    } catch (error) {
      throw cannotGrow(2 * byteLength, error);
    }
  }
}
