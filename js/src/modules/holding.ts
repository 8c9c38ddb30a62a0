// Purpose: what one module holds of a heap: blocks, reserved spans, slots of the table. All of it is given
//          back at once, when the module is unloaded or could not be loaded after all.
// Floor:   door js.

import type { Allocator } from '../allocator.js';
import type { SpanBook } from './spans.js';
import type { SharedTable } from './table.js';

export class Holding {
  readonly #allocator: Allocator;
  readonly #blocks: number[] = [];
  readonly #slots: { readonly table: SharedTable; readonly first: number }[] = [];
  #spans: SpanBook | undefined;

  constructor(allocator: Allocator) {
    this.#allocator = allocator;
  }

  /** Allocates a block. It is not at address 0, which means “none” to the module. */
  block(alignment: number, byteLength: number): number {
    const first = this.#allocator.alignedAlloc(alignment, byteLength);
    this.#blocks.push(first);
    if (first !== 0) return first;
    const second = this.#allocator.alignedAlloc(alignment, byteLength);
    this.#blocks.push(second);
    this.#allocator.free(first);
    this.#blocks.splice(this.#blocks.indexOf(first), 1);
    return second;
  }

  /** Notes slots that were taken. */
  slots(table: SharedTable, first: number): void {
    this.#slots.push({ table, first });
  }

  /** Notes that spans are reserved in its name. */
  spans(book: SpanBook): void {
    this.#spans = book;
  }

  /** Gives all back; what somebody else has freed already is reported when that is done. */
  release(): void {
    for (const { table, first } of this.#slots.splice(0)) table.release(first);
    this.#spans?.release('unload', this);
    const failures: unknown[] = [];
    for (const block of this.#blocks.splice(0)) {
      try {
        this.#allocator.free(block);
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
  }
}
