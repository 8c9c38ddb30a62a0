/// <reference lib="esnext.disposable" preserve="true" />
// Purpose: what the objects of this folder share: a block of a heap in a shared memory that begins with a word
//          that says what it is, so that another agent finds it by its address.
// Floor:   door js.

import { wholeNumber, wrongType } from '../arguments.js';
import { dispose } from '../dispose.js';
import { HeapError, makeError } from '../errors.js';
import type { HeapBase } from '../heap-base.js';
import { maker, notByHand, type Maker } from '../maker.js';

/** Where the word lies that says what the object is. */
const tagCell = 0;

/** What an object is made of: checked by {@link placeNew} and {@link placeAt}. */
export interface ObjectPlace {
  readonly heap: HeapBase;
  readonly byteOffset: number;
  readonly cells: Int32Array;
}

/** A kind of object. */
export interface ObjectKind {
  /** As errors name it. */
  readonly name: string;
  /** Four characters, as a number. */
  readonly tag: number;
  readonly byteLength: number;
  /** Default: 16. */
  readonly alignment?: number;
}

/** An object that agents share, in a block of a heap. */
export abstract class SharedObject {
  /** The heap that it lies in. */
  readonly heap: HeapBase;

  readonly #byteOffset: number;
  readonly #cells: Int32Array;
  #isFreed = false;

  /** For subclasses of this package alone. */
  protected constructor(by: Maker, place: ObjectPlace) {
    if (by !== maker) {
      const { name } = new.target;
      throw notByHand(name, `${name}.create makes one, ${name}.at finds another agent's`);
    }
    const { heap, byteOffset, cells } = place;
    this.heap = heap;
    this.#byteOffset = byteOffset;
    this.#cells = cells;
  }

  /** Its address: send it to another agent, which finds the object by it. */
  get byteOffset(): number {
    return this.#byteOffset;
  }

  /** Whether {@link SharedObject.free} was called here. */
  get isFreed(): boolean {
    return this.#isFreed;
  }

  /**
   * Gives its block back to the heap. Nobody may use it any more, here or in another agent, and nobody may wait.
   *
   * @throws HeapError `freed_ref` the second time; `wrong_object` when another agent has done it
   */
  free(): void {
    const cells = this.cellsFor('free');
    const tag = Atomics.exchange(cells, tagCell, 0);
    if (tag === 0) throw makeError('wrong_object', 'free', 'it was freed already', this.#byteOffset);
    this.#isFreed = true;
    this.heap.free(this.#byteOffset);
  }

  /** Frees it unless that was done here: for `using`. */
  [dispose](): void {
    if (!this.#isFreed) this.free();
  }

  /**
   * Its words.
   *
   * @internal
   */
  protected cellsFor(operation: string): Int32Array {
    if (this.#isFreed) throw makeError('freed_ref', operation, `it was at ${this.#byteOffset}`, this.#byteOffset);
    return this.#cells;
  }
}

/** A block for a new object, all zero. The tag is written by {@link publish}, when the rest is there. */
export function placeNew(operation: string, heap: HeapBase, kind: ObjectKind, byteLength = kind.byteLength): ObjectPlace {
  requireSharedHeap(operation, heap);
  const byteOffset = heap.alignedAlloc(kind.alignment ?? 16, byteLength);
  heap.fill(byteOffset, byteLength);
  return { heap, byteOffset, cells: cellsAt(heap, byteOffset, kind.byteLength) };
}

/** From now on others find it. */
export function publish(place: ObjectPlace, kind: ObjectKind): void {
  Atomics.store(place.cells, tagCell, kind.tag);
}

/** The object that another agent has made. */
export function placeAt(operation: string, heap: HeapBase, byteOffset: number, kind: ObjectKind): ObjectPlace {
  requireSharedHeap(operation, heap);
  wholeNumber(operation, 'byteOffset', byteOffset);
  const refuse = (detail: string): Error => {
    return makeError('wrong_object', operation, `there is no ${kind.name} at ${byteOffset}: ${detail}`, byteOffset);
  };
  if (usableAt(operation, heap, byteOffset) < kind.byteLength) throw refuse('the block is too short');
  if (byteOffset % (kind.alignment ?? 16) !== 0) throw refuse('it is not aligned');
  const cells = cellsAt(heap, byteOffset, kind.byteLength);
  if (Atomics.load(cells, tagCell) !== kind.tag) throw refuse('another thing lies there');
  return { heap, byteOffset, cells };
}

/** The bytes of the live block that begins at an address, as far as the allocator knows. */
export function usableAt(operation: string, heap: HeapBase, byteOffset: number): number {
  try {
    return heap.usableSize(byteOffset);
  } catch (error) {
    const { code } = error as { code?: unknown };
    if (code === 'unsupported_operation') return heap.buffer.byteLength - byteOffset; // an adopted allocator cannot tell
    if (!(error instanceof HeapError)) throw error;
    throw makeError(error.code, `${operation}(${byteOffset})`, '', byteOffset, { cause: error });
  }
}

function cellsAt(heap: HeapBase, byteOffset: number, byteLength: number): Int32Array {
  // A shared memory never moves: what was in this buffer when it was smaller stays in it.
  return new Int32Array(heap.buffer, byteOffset, byteLength / 4);
}

function requireSharedHeap(operation: string, heap: unknown): void {
  const { buffer } = (typeof heap === 'object' && heap !== null ? heap : {}) as { buffer?: unknown };
  const tag = Object.prototype.toString.call(buffer);
  if (tag === '[object SharedArrayBuffer]') return;
  if (tag === '[object ArrayBuffer]') throw makeError('cannot_wait', operation, 'the memory is not shared');
  throw wrongType(operation, 'heap', heap, 'a Heap');
}
