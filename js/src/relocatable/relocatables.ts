// Purpose: the relocatable blocks of a heap: which there are, what follows from their moves, and the moving.
// Floor:   door js.

import { AddressMap } from '../address-map.js';
import type { Allocator } from '../allocator.js';
import { checkSize } from '../arguments.js';
import { HeapError, makeError } from '../errors.js';
import type { Heap } from '../heap.js';
import { isShared } from '../instance.js';
import type { Layout } from '../layout/layout.js';
import { maker } from '../maker.js';
import type { OpenHeap } from '../open.js';
import { allocOptionNames, type AllocOptions } from '../options.js';
import type { Life, Place } from '../refs/place.js';
import { allocTyped } from '../typed-blocks.js';
import type { RefType } from '../types.js';
import type { RelocatableBlock } from './block.js';
import { compact } from './compaction.js';
import { NewRelocatable, type Relocatable } from './relocatable.js';
import { Slots } from './slots.js';

/** What relocatable blocks need of their heap. */
export interface RelocatableHost {
  readonly heap: Heap;
  /** The heap as it is now; `undefined` for an adopted one. */
  open(): OpenHeap | undefined;
  /** The heap's own allocator. */
  base(): Allocator;
  /** The same, with the layers of debugging around it. */
  front(): Allocator;
  /** Allocates for a type, and remembers the block. */
  give(operation: string, layout: Layout, options: AllocOptions | undefined): Place;
  /** Moves all that is remembered of a block. Gives the life of the refs to come. */
  moved(from: number, to: number, byteLength: number): Life;
  /** Gives back what is held back, and frees what is dead already. */
  tidy(operation: string): void;
  /** Whether the memory is being moved. */
  isMoving(): boolean;
}

/** The relocatable blocks of one heap. */
export class Relocatables {
  readonly #host: RelocatableHost;
  readonly #blocks = new AddressMap<RelocatableBlock>();
  readonly #slots: Slots;
  #view: DataView | undefined;

  constructor(host: RelocatableHost) {
    this.#host = host;
    this.#slots = new Slots(() => host.base());
  }

  alloc(operation: string, type: number | RefType, init: unknown, options: AllocOptions | undefined): Relocatable<never> {
    this.#require(operation);
    // A handle first: without one there is to be no block.
    const slot = this.#slots.take();
    let layout: Layout | undefined;
    let place: Place | undefined;
    try {
      const giver = {
        heap: this.#host.heap,
        optionNames: allocOptionNames,
        give: (_: string, wanted: Layout, wishes: AllocOptions | undefined): Place => {
          layout = wanted;
          place = this.#host.give(operation, wanted, wishes);
          return place;
        },
      };
      if (typeof type === 'number') {
        const bytes = checkSize(operation, 'byteLength', type);
        if (init === undefined) allocTyped(giver, operation, Uint8Array, bytes, options);
        else allocTyped(giver, operation, ['Uint8', bytes], init, options);
      } else allocTyped(giver, operation, type, init, options);
    } catch (error) {
      if (place !== undefined) this.#host.heap.free(place.byteOffset);
      this.#slots.release(slot);
      throw error;
    }
    const { byteOffset: address, life } = place as unknown as Place;
    const { byteLength, alignment } = layout as unknown as Layout;
    const block: RelocatableBlock = {
      slot,
      alignment,
      layout: layout as unknown as Layout,
      address,
      byteLength,
      life,
      pins: 0,
      isFreed: false,
    };
    this.#end(this.#blocks.get(address)); // the guest has freed it
    this.#blocks.set(address, block);
    this.#write(slot, address);
    return new NewRelocatable(maker, this.#host.heap, this, block);
  }

  /** Slides blocks down; gives how many bytes. */
  compact(operation: string): number {
    const { core, image } = this.#require(operation);
    this.#host.tidy(operation);
    this.#host.base().merge();
    const blocks = this.#blocks.list().sort((a, b) => a.address - b.address);
    const front = this.#host.front();
    return compact(core, image, blocks, {
      mayMove: (block) => block.pins === 0 && isThere(front, block.address),
      move: (block, to) => {
        front.relocate(block.address, to, block.byteLength);
        this.#blocks.delete(block.address);
        this.#moved(block, to, block.byteLength);
      },
    });
  }

  /** Gives a block another length. */
  realloc(block: RelocatableBlock, byteLength: number): void {
    const { heap } = this.#host;
    const { address, alignment } = block;
    if (alignment <= 16) {
      heap.realloc(address, byteLength); // which tells us
      return;
    }
    // What realloc gives is aligned to 16 only.
    const bytes = checkSize('realloc', 'byteLength', byteLength);
    const to = this.whilePinned(address, () => this.#host.front().alignedAlloc(alignment, bytes));
    heap.copy(to, address, Math.min(bytes, block.byteLength));
    this.#host.front().free(address);
    this.#blocks.delete(address);
    this.#moved(block, to, bytes);
  }

  /** Asks for memory on behalf of a block: whoever is told of a shortage may compact, but not move that one. */
  whilePinned<Result>(address: number, ask: () => Result): Result {
    const block = this.#blocks.get(address);
    if (block === undefined) return ask();
    block.pins++;
    try {
      return ask();
    } finally {
      block.pins--;
    }
  }

  /** Whether a block is gone. Notices one that went without our being told. */
  isGone(block: RelocatableBlock): boolean {
    if (block.life.isFreed) this.#end(block);
    return block.isFreed;
  }

  /** The heap has taken a block back. */
  freed(address: number): void {
    this.#end(this.#blocks.get(address));
  }

  /** A block of the heap has another length, and perhaps another address. */
  resized(from: number, to: number, byteLength: number, life: Life): void {
    const block = this.#blocks.get(from);
    if (from !== to) this.#end(this.#blocks.get(to)); // the guest has freed it
    if (block === undefined) return;
    this.#blocks.delete(from);
    this.#settle(block, to, byteLength, life);
  }

  /** Writes all addresses anew: what came to move during `trim` was undone in the memory. */
  refresh(): void {
    for (const { slot, address } of this.#blocks.list()) this.#write(slot, address);
  }

  #moved(block: RelocatableBlock, to: number, byteLength: number): void {
    this.#settle(block, to, byteLength, this.#host.moved(block.address, to, byteLength));
  }

  #settle(block: RelocatableBlock, to: number, byteLength: number, life: Life): void {
    block.address = to;
    block.byteLength = byteLength;
    block.life = life;
    this.#blocks.set(to, block);
    this.#write(block.slot, to);
  }

  /** Not as the heap writes: that may notice a growth, and who is told of it may compact. */
  #write(slot: number, address: number): void {
    const { buffer } = this.#host.heap;
    if (this.#view?.buffer !== buffer) this.#view = new DataView(buffer);
    this.#view.setUint32(slot, address, true);
  }

  #end(block: RelocatableBlock | undefined): void {
    if (block === undefined || block.isFreed) return;
    block.isFreed = true;
    block.life.end();
    if (this.#blocks.get(block.address) === block) this.#blocks.delete(block.address);
    this.#write(block.slot, 0);
    this.#slots.release(block.slot);
  }

  #require(operation: string): OpenHeap {
    const open = this.#host.open();
    if (open === undefined) throw makeError('unsupported_operation', operation, 'the allocator was adopted');
    if (isShared(open.memory)) {
      throw makeError('unsupported_operation', operation, 'other agents use the memory while blocks would move');
    }
    if (this.#host.isMoving()) throw makeError('unsupported_operation', operation, 'the heap is being moved');
    return open;
  }
}

/** Whether a block begins at an address, as far as the heap knows. */
function isThere(allocator: Allocator, address: number): boolean {
  try {
    allocator.usableSize(address);
    return true;
  } catch (error) {
    if (error instanceof HeapError && error.code !== 'corrupt_image') return false;
    throw error;
  }
}
