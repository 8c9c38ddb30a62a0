/// <reference lib="esnext.disposable" preserve="true" />
// Purpose: a block that may be moved: what its user has of it.
// Floor:   door js.

import { wholeNumber, wrongType } from '../arguments.js';
import { dispose } from '../dispose.js';
import { makeError } from '../errors.js';
import type { Heap } from '../heap.js';
import { checkedArrayLayout } from '../layout/array-layout.js';
import type { Layout } from '../layout/layout.js';
import type { Descriptor } from '../layout/types.js';
import { maker, notByHand, type Maker, type New } from '../maker.js';
import { refAt } from '../refs/make-ref.js';
import type { Ref } from '../refs/ref.js';
import { layoutFor, type ArrayOf, type RefTo, type RefType, type TypedArrayConstructor } from '../types.js';
import type { RelocatableBlock } from './block.js';
import type { Relocatables } from './relocatables.js';

/**
 * A block that {@link Heap.compact} may move: see {@link Heap.allocRelocatable}.
 *
 * Nobody should keep its address. JavaScript asks for it at each use; a guest is given the
 * {@link Relocatable.handle}, and loads the address from there. It moves only in `heap.compact()` and
 * in a `realloc`, never while it is pinned.
 *
 * Once it is freed (by itself, by `heap.free(address)`, with its token), everything but `isFreed` and a
 * repeated `[Symbol.dispose]` throws a `HeapError` with code `freed_ref`, and its handle leads to 0
 * until it is another block's.
 */
export class Relocatable<Type extends RefType = Uint8ArrayConstructor> {
  /** The heap that it lies in. */
  readonly heap: Heap;
  readonly #owner: Relocatables;
  readonly #block: RelocatableBlock;

  private constructor(by: Maker, heap: Heap, owner: Relocatables, block: RelocatableBlock) {
    if (by !== maker) throw notByHand('Relocatable', 'heap.allocRelocatable makes one');
    this.heap = heap;
    this.#owner = owner;
    this.#block = block;
  }

  /**
   * Where its address always stands in the memory, as a 32-bit number: the address of four bytes that
   * never move while it lives. Never 0.
   */
  get handle(): number {
    return this.#live('handle').slot;
  }

  /** Its address, as it is now. */
  get byteOffset(): number {
    return this.#live('byteOffset').address;
  }

  /** The bytes it was asked for. */
  get byteLength(): number {
    return this.#live('byteLength').byteLength;
  }

  /** The memory's buffer, as it is now. */
  get buffer(): ArrayBufferLike {
    this.#live('buffer');
    return this.heap.buffer;
  }

  /** Its bytes, for immediate use: growing the memory or moving the block leaves the view behind. */
  get bytes(): Uint8Array {
    const { address, byteLength } = this.#live('bytes');
    return this.heap.bytes(address, byteLength);
  }

  /** Whether it was freed. */
  get isFreed(): boolean {
    return this.#owner.isGone(this.#block);
  }

  /** Whether it stays where it is for now. */
  get isPinned(): boolean {
    return this.#live('isPinned').pins > 0;
  }

  /**
   * A ref to it as what it was allocated for, until it moves: then the ref ends as if the block were
   * freed. After a `realloc` an array has as many elements as there is room for.
   *
   * @throws RangeError `out_of_bounds` when it has become too short
   */
  ref(): RefTo<Type>;
  /**
   * A ref to something in it, until it moves.
   *
   * @param byteOffset bytes from its beginning
   * @param length of an array; for a typed array's constructor by default as many as there is room for
   * @throws RangeError `out_of_bounds`, `invalid_number`
   * @throws TypeError `invalid_layout`, `wrong_type`
   */
  ref<const Other extends TypedArrayConstructor>(type: Other, byteOffset?: number, length?: number): RefTo<Other>;
  ref<const Other extends Descriptor>(type: Other, byteOffset?: number): RefTo<Other>;
  ref<const Other extends RefType>(type: Other, byteOffset: number, length: number): RefTo<ArrayOf<Other>>;
  ref(type?: RefType, byteOffset = 0, length?: number): Ref {
    const block = this.#live('ref');
    wholeNumber('ref', 'byteOffset', byteOffset);
    const room = block.byteLength - byteOffset;
    let layout: Layout;
    if (type === undefined) layout = fitted(block.layout, room);
    else {
      const isBare = typeof type === 'function' && length === undefined;
      const count = isBare ? Math.max(Math.floor(room / type.BYTES_PER_ELEMENT), 0) : length;
      layout = layoutFor('ref', type, count, undefined);
    }
    if (layout.byteLength > room) {
      const detail = `${layout.byteLength} bytes from ${byteOffset} on in a block of ${block.byteLength}`;
      throw makeError('out_of_bounds', 'ref', detail, block.address);
    }
    return refAt(layout, { heap: this.heap, life: block.life, byteOffset: block.address + byteOffset, isOwner: false });
  }

  /**
   * Keeps it where it is, until {@link Relocatable.unpin} was called as often.
   *
   * @returns its address
   */
  pin(): number;
  /**
   * Keeps it where it is while a function runs, and until what that promises is there.
   *
   * @param fn called with the address
   * @returns what the function gives
   */
  pin<Result>(fn: (byteOffset: number) => Result): Result;
  pin(fn?: (byteOffset: number) => unknown): unknown {
    if (fn !== undefined && typeof fn !== 'function') throw wrongType('pin', 'fn', fn, 'a function');
    const block = this.#live('pin');
    block.pins++;
    if (fn === undefined) return block.address;
    const unpin = (): void => {
      block.pins--;
    };
    let result;
    try {
      result = fn(block.address);
    } catch (error) {
      unpin();
      throw error;
    }
    if (!isPromiseLike(result)) {
      unpin();
      return result;
    }
    return Promise.resolve(result).finally(unpin);
  }

  /**
   * Undoes one {@link Relocatable.pin}.
   *
   * @throws TypeError `unsupported_operation` when it is not pinned
   */
  unpin(): void {
    const block = this.#live('unpin');
    if (block.pins === 0) throw makeError('unsupported_operation', 'unpin', 'it is not pinned', block.address);
    block.pins--;
  }

  /**
   * Makes it longer or shorter; as {@link Heap.realloc}. It may move. Its handle stays.
   *
   * @throws RangeError as {@link Heap.realloc}: it is as before
   * @throws TypeError `unsupported_operation` while it is pinned
   */
  realloc(byteLength: number): void {
    const block = this.#live('realloc');
    if (block.pins > 0) throw makeError('unsupported_operation', 'realloc', 'it is pinned', block.address);
    this.#owner.realloc(block, byteLength);
  }

  /** Gives it back to the heap, pinned or not. */
  free(): void {
    this.heap.free(this.#live('free').address);
  }

  /** Frees it unless that was done: for `using`. */
  [dispose](): void {
    if (!this.isFreed) this.free();
  }

  #live(operation: string): RelocatableBlock {
    const block = this.#block;
    if (!this.#owner.isGone(block)) return block;
    throw makeError('freed_ref', operation, `it was at ${block.address}`, block.address);
  }
}

/** @internal */
export const NewRelocatable = Relocatable as unknown as New<
  [heap: Heap, owner: Relocatables, block: RelocatableBlock],
  Relocatable<never>
>;

/** A layout for so many bytes: an array is as long as there is room. */
function fitted(layout: Layout, room: number): Layout {
  if (layout.kind !== 'array' || layout.byteStride === 0) return layout;
  const length = Math.floor(room / layout.byteStride);
  return length === layout.length ? layout : checkedArrayLayout('ref', layout.item, length, layout.byteStride);
}

function isPromiseLike(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function';
}
