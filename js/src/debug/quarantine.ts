// Purpose: freed blocks that are held back: which they are, and which leaves first.
// Floor:   door js.

import type { HeldBlock } from './watched-blocks.js';

/** Blocks held back, the oldest first. */
export class Quarantine {
  readonly #blocks = new Map<number, HeldBlock>();
  /**
   * In the order in which they came, from `#first` on; with some that have left since. The Map knows
   * that order too, but an engine comes past all that were deleted when it looks for the first.
   */
  #queue: HeldBlock[] = [];
  #first = 0;
  #byteLength = 0;

  /** How many there are. */
  get count(): number {
    return this.#blocks.size;
  }

  /** The bytes of all. */
  get byteLength(): number {
    return this.#byteLength;
  }

  add(held: HeldBlock): void {
    this.#blocks.set(held.address, held);
    this.#queue.push(held);
    this.#byteLength += held.whole;
  }

  remove(held: HeldBlock): void {
    if (this.#blocks.delete(held.address)) this.#byteLength -= held.whole;
  }

  at(address: number): HeldBlock | undefined {
    return this.#blocks.get(address);
  }

  oldest(): HeldBlock | undefined {
    for (;;) {
      const held = this.#queue[this.#first];
      if (held === undefined || this.#blocks.get(held.address) === held) break;
      this.#first++;
    }
    if (2 * this.#first >= this.#queue.length) {
      this.#queue = this.#queue.slice(this.#first);
      this.#first = 0;
    }
    return this.#queue[this.#first];
  }

  /** All of them, as they are now. */
  list(): HeldBlock[] {
    return [...this.#blocks.values()];
  }

  /** The block that covers an address: looks at all of them. */
  covering(address: number): HeldBlock | undefined {
    for (const held of this.#blocks.values()) {
      if (address >= held.block && address < held.block + held.whole) return held;
    }
    return undefined;
  }
}
