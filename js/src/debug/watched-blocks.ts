// Purpose: which blocks have guard bytes and which are held back, and what is known of each.
// Floor:   door js.

import { Quarantine } from './quarantine.js';

/** A block that is watched. `block <= address`, and the bytes between are guard bytes. */
export interface WatchedBlock {
  /** The address that its user has. */
  readonly address: number;
  /** The address that the allocator underneath knows it by. */
  readonly block: number;
  /** The bytes that its user may use: what was asked for, where there are guard bytes behind them. */
  readonly byteLength: number;
  /** All its bytes, from `block` on. */
  readonly whole: number;
  /** What the allocator underneath says of its length; `undefined` where that cannot be asked. */
  readonly usable: number | undefined;
  /** What it says that it was asked for; `undefined` where it does not record that. */
  readonly requested: number | undefined;
  /** What is wrong with it has been told once: then it may be freed. */
  isReported: boolean;
}

/** A block that its user has freed, and the allocator underneath has not got back yet. */
export interface HeldBlock extends WatchedBlock {
  /** The byte that it is filled with. */
  readonly fill: number;
}

/** The blocks that a layer watches. */
export class WatchedBlocks {
  /** Live blocks with guard bytes, or whose length only we know, by the address that the user has. */
  readonly #live = new Map<number, WatchedBlock>();
  /** Blocks with a guard in front, live or held back, by the address underneath. */
  readonly #fronts = new Map<number, WatchedBlock>();
  #frontBytes = 0;

  /** Blocks that are held back. */
  readonly held = new Quarantine();

  /** How many are live. */
  get count(): number {
    return this.#live.size;
  }

  /** Bytes that are live to the allocator underneath, but nobody's to use. */
  get hiddenBytes(): number {
    return this.#frontBytes + this.held.byteLength;
  }

  /** The blocks that these are in: held back, or with a guard in front. */
  hidden(): Set<WatchedBlock> {
    return new Set([...this.#fronts.values(), ...this.held.list()]);
  }

  /** The live block that its user has by this address. */
  at(address: number): WatchedBlock | undefined {
    return this.#live.get(address);
  }

  /** The block, live or held back, whose guard in front begins at this address. */
  frontAt(address: number): WatchedBlock | undefined {
    return this.#fronts.get(address);
  }

  /** All live ones, as they are now. */
  list(): WatchedBlock[] {
    return [...this.#live.values()];
  }

  add(block: WatchedBlock): void {
    this.#live.set(block.address, block);
    this.#frontBytes += block.address - block.block;
    this.#addFront(block);
  }

  hold(block: HeldBlock): void {
    this.held.add(block);
    this.#addFront(block);
  }

  forget(block: WatchedBlock): void {
    if (this.#fronts.get(block.block) === block) this.#fronts.delete(block.block);
    if (this.held.at(block.address) === block) this.held.remove(block as HeldBlock);
    if (this.#live.get(block.address) !== block) return;
    this.#live.delete(block.address);
    this.#frontBytes -= block.address - block.block;
  }

  /** Forgets what was known of an address. */
  forgetAt(address: number): void {
    for (const block of [this.#fronts.get(address), this.held.at(address), this.#live.get(address)]) {
      if (block !== undefined) this.forget(block);
    }
  }

  #addFront(block: WatchedBlock): void {
    if (block.block !== block.address) this.#fronts.set(block.block, block);
  }
}
