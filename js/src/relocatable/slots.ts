// Purpose: the slots that handles are the addresses of: four bytes each, in the heap's memory, in tables.
// Floor:   door js.
//
// A table never moves, because guests keep handles: the memory below it cannot be given back. So there are few,
// and they come early: each new one has three times as many slots as all others together, so that the last lies
// among the first quarter of all blocks. The lowest that has room is used first, so that those above it
// become empty and go.

import type { Allocator } from '../allocator.js';

const slotBytes = 4;
/** Slots of the first table. */
const firstTable = 256;

interface Table {
  readonly address: number;
  readonly end: number;
  /** Slots that were used and are free again. */
  readonly free: number[];
  /** The first slot that was never used. */
  next: number;
  used: number;
}

/** The slots of one heap. */
export class Slots {
  readonly #allocator: () => Allocator;
  /** From the lowest address up. */
  readonly #tables: Table[] = [];

  /** @param allocator gives the one that tables come from */
  constructor(allocator: () => Allocator) {
    this.#allocator = allocator;
  }

  /**
   * Gives a slot, whatever it holds. May grow the memory.
   *
   * @throws RangeError as `malloc`
   */
  take(): number {
    const table = this.#tables.find(({ free, next, end }) => free.length > 0 || next < end) ?? this.#newTable();
    table.used++;
    const freed = table.free.pop();
    if (freed !== undefined) return freed;
    const slot = table.next;
    table.next += slotBytes;
    return slot;
  }

  /** Takes a slot back. */
  release(slot: number): void {
    const index = this.#tables.findIndex(({ end }) => slot < end);
    const table = this.#tables[index] as Table;
    table.used--;
    table.free.push(slot);
    if (table.used > 0) return;
    this.#tables.splice(index, 1);
    this.#allocator().free(table.address);
  }

  #newTable(): Table {
    const before = this.#tables.reduce((sum, { address, end }) => sum + (end - address) / slotBytes, 0);
    const allocator = this.#allocator();
    const address = allocator.malloc(Math.max(3 * before, firstTable) * slotBytes);
    const end = address + allocator.usableSize(address);
    // A handle of 0 is nobody's: where the image lies outside, a table can begin there.
    const next = address === 0 ? slotBytes : address;
    const table: Table = { address, end, free: [], next, used: 0 };
    this.#tables.push(table);
    this.#tables.sort((a, b) => a.address - b.address);
    return table;
  }
}
