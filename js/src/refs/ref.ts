/// <reference lib="esnext.disposable" preserve="true" />
// Purpose: what all refs share: a place in a heap, the life of the block it lies in, and how to free it.
// Floor:   door js.

import { dispose } from '../dispose.js';
import { makeError } from '../errors.js';
import type { Heap } from '../heap.js';
import { maker, notByHand, type Maker } from '../maker.js';
import { inspectKey, inspectRef, shapeKey, type Shape } from './inspect.js';
import type { Life, Place } from './place.js';

const waysToRef = 'alloc, allocArray, allocString, ref or open of a heap';

/**
 * A typed place in a heap's memory: a number, an array, a text or a struct.
 *
 * A ref never goes stale when the memory grows: it keeps an address, and looks at the memory as it
 * is at each use. It is an `ArrayBufferView` by its properties: `new Uint8Array(ref.buffer,
 * ref.byteOffset, ref.byteLength)` are its bytes, for as long as nobody grows the memory.
 *
 * Once its block is freed (by any ref into it, by `heap.free(address)` or `heap.freeAll()`), every
 * use of it throws a `HeapError` with code `freed_ref`. A block that the guest frees by itself
 * cannot be noticed.
 *
 * A ref takes no further properties: to write one that it does not have, such as a misspelt `value`, or an element by its
 * index, is a TypeError in strict mode, which modules are.
 *
 * Consoles of Node, Deno and Bun show its kind, its address and what lies there. To JSON it is its value.
 */
export abstract class Ref {
  // Own properties with names, though loops over properties come upon them: of one that is private, or has a symbol for a
  // name, V8 looks the name up anew at each use where more than four classes of refs were seen, and each struct type has one.

  /** The heap that it lies in. */
  readonly heap: Heap;

  /** @internal */
  protected readonly blockLife: Life;

  /**
   * Its address, whether freed or not.
   *
   * @internal
   */
  protected readonly ownAddress: number;

  readonly #isOwner: boolean;

  /** Its length in bytes. */
  abstract get byteLength(): number;

  /** For subclasses of this package alone. */
  protected constructor(by: Maker, place: Place) {
    if (by !== maker) throw notByHand(new.target.name, `a ref is made by ${waysToRef}`);
    this.heap = place.heap;
    this.blockLife = place.life;
    this.ownAddress = place.byteOffset;
    this.#isOwner = place.isOwner;
  }

  /** Its address: bytes from the beginning of the memory. */
  get byteOffset(): number {
    if (this.blockLife.isFreed) throw this.freedError('byteOffset');
    return this.ownAddress;
  }

  /** The memory's buffer as it is now; see {@link Heap.buffer}. */
  get buffer(): ArrayBufferLike {
    if (this.blockLife.isFreed) throw this.freedError('buffer');
    return this.heap.buffer;
  }

  /** Its bytes, for immediate use: growing the memory leaves the view behind. */
  get bytes(): Uint8Array {
    return this.heap.bytes(this.byteOffset, this.byteLength);
  }

  /** Whether its block was freed. */
  get isFreed(): boolean {
    return this.blockLife.isFreed;
  }

  /** Whether it stands for a whole block: a part of a struct or an array cannot be freed by itself. */
  get isOwner(): boolean {
    return this.#isOwner;
  }

  /** Fills it with zeros. */
  clear(): void {
    this.heap.fill(this.byteOffset, this.byteLength);
  }

  /**
   * Gives its block back to the heap, which ends every ref into it.
   *
   * @throws HeapError `freed_ref`; as {@link Heap.free} when no live block begins here
   * @throws TypeError `unsupported_operation` for a part of another ref
   */
  free(): void {
    if (this.blockLife.isFreed) throw this.freedError('free');
    if (!this.#isOwner) throw makeError('unsupported_operation', 'free', 'it is a part of another ref', this.ownAddress);
    this.heap.free(this.ownAddress);
    // A ref to a block that the heap keeps no record of has a life of its own.
    this.blockLife.end();
  }

  /** Frees it unless that was done: for `using`. A part does nothing. */
  [dispose](): void {
    if (!this.blockLife.isFreed && this.#isOwner) this.free();
  }

  /**
   * What it is, for {@link inspectRef}.
   *
   * @internal
   */
  abstract get [shapeKey](): Shape;

  /** @internal */
  [inspectKey](depth: unknown, options: unknown, inspect: unknown): unknown {
    if (!(#isOwner in this)) return this; // the prototype itself
    const place = { heap: this.heap, life: this.blockLife, byteOffset: this.ownAddress, isOwner: this.#isOwner };
    return inspectRef(place, this[shapeKey], { depth, options, inspect });
  }

  /**
   * A place inside it, for the ref of a part.
   *
   * @internal
   */
  protected placeAt(offset: number): Place {
    return { heap: this.heap, life: this.blockLife, byteOffset: this.byteOffset + offset, isOwner: false };
  }

  /** @internal */
  protected freedError(operation: string): Error {
    return makeError('freed_ref', operation, `it was at ${this.ownAddress}`, this.ownAddress);
  }
}
