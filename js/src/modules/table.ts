// Purpose: the table of functions that the modules of a heap share: its slots are handed out here, as blocks
//          of the memory are by the heap. A slot's number is what a pointer to a function is in C.
// Floor:   door js.

import { makeError } from '../errors.js';
import { overlap, type Span } from './spans.js';

type WasmFunction = (...parameters: never[]) => unknown;

/** Hands out the slots of one table. Slot 0 stays empty: it is C's null. */
export class SharedTable {
  readonly table: WebAssembly.Table;
  /** In order; none overlap. */
  readonly #taken: Span[];
  /** Functions that have a slot: every use of one gets the same, so that pointers to it are equal. */
  readonly #slots = new Map<unknown, number>();

  /** @param given a table whose functions stay where they are; else a new one is made */
  constructor(given?: WebAssembly.Table) {
    this.table = given ?? new WebAssembly.Table({ element: 'anyfunc', initial: 1 });
    this.#taken = [{ begin: 0, end: Math.max(this.table.length, 1) }];
    this.require('load', 1);
  }

  /** Makes the table as long as a module wants it. */
  require(operation: string, length: number): void {
    if (length <= this.table.length) return;
    try {
      this.table.grow(length - this.table.length);
    } catch (cause) {
      throw makeError('out_of_memory', operation, `a table of ${length} functions`, undefined, { cause });
    }
  }

  /** Takes slots anywhere; gives the number of the first. */
  take(operation: string, length: number, alignment: number): number {
    if (length === 0) return 0;
    let at = 0;
    let begin = 0;
    for (const next of [...this.#taken, undefined]) {
      begin = Math.ceil(begin / alignment) * alignment;
      if (next === undefined || begin + length <= next.begin) break;
      begin = next.end;
      at++;
    }
    this.require(operation, begin + length);
    this.#taken.splice(at, 0, { begin, end: begin + length });
    return begin;
  }

  /** Takes these slots; gives whether it could. */
  takeAt(operation: string, span: Span): boolean {
    if (this.#taken.some((taken) => overlap(taken, span))) return false;
    this.require(operation, span.end);
    const at = this.#taken.findIndex(({ begin }) => begin > span.begin);
    this.#taken.splice(at < 0 ? this.#taken.length : at, 0, span);
    return true;
  }

  /** Gives slots back, empty, by the first. */
  release(first: number): void {
    const at = this.#taken.findIndex(({ begin }) => begin === first);
    const [taken] = at < 0 ? [] : this.#taken.splice(at, 1);
    if (taken === undefined) return;
    for (let slot = taken.begin; slot < taken.end; slot++) this.table.set(slot, null);
    for (const [wasmFunction, slot] of this.#slots) {
      if (slot >= taken.begin && slot < taken.end) this.#slots.delete(wasmFunction);
    }
  }

  /** Remembers that a function has a slot. */
  learn(wasmFunction: unknown, slot: number): void {
    if (!this.#slots.has(wasmFunction)) this.#slots.set(wasmFunction, slot);
  }

  /**
   * The slot of a function; takes one if it has none.
   *
   * @returns `isNew`: whether it was taken, and is to be released some time
   * @throws TypeError of the engine when it is no WebAssembly function
   */
  slotOf(operation: string, wasmFunction: unknown): { slot: number; isNew: boolean } {
    const known = this.#slots.get(wasmFunction);
    if (known !== undefined) return { slot: known, isNew: false };
    const slot = this.take(operation, 1, 1);
    try {
      this.table.set(slot, wasmFunction as WasmFunction);
    } catch (error) {
      this.release(slot);
      throw error;
    }
    this.#slots.set(wasmFunction, slot);
    return { slot, isNew: true };
  }
}
