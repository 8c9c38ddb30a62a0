/// <reference lib="esnext.disposable" preserve="true" />
// Purpose: blocks that are freed together when a function is done.
// Floor:   door js.
//
// A scope is the token that its blocks live by, so that the heap does all the book-keeping; but one whose end is
// not left to the engine, because that would cost twenty times as much.

import { dispose } from './dispose.js';
import type { Heap } from './heap.js';
import type { Descriptor } from './layout/types.js';
import { maker, notByHand, type Maker, type New } from './maker.js';
import type { ArrayAllocOptions, TagOptions } from './options.js';
import type { Ref } from './refs/ref.js';
import type { StringRef } from './refs/string.js';
import type { StringEncoding, TextOptions } from './strings/strings.js';
import type { ArrayOf, InitOf, RefTo, RefType, TypedArrayConstructor } from './types.js';

/**
 * Allocates as its heap does, and frees all of it at once: see {@link Heap.scope}.
 *
 * A block that is freed or moved by its heap before is not freed again. One that the guest frees must be
 * taken out with {@link Scope.keep} first.
 */
export class Scope {
  readonly #heap: Heap;

  private constructor(by: Maker, heap: Heap) {
    if (by !== maker) throw notByHand('Scope', 'heap.scope makes one');
    this.#heap = heap;
  }

  /** As {@link Heap.malloc}. */
  malloc(byteLength: number, options?: TagOptions): number {
    return this.#heap.malloc(byteLength, { ...options, token: this });
  }

  /** As {@link Heap.calloc}. */
  calloc(count: number, byteLength = 1, options?: TagOptions): number {
    return this.#heap.calloc(count, byteLength, { ...options, token: this });
  }

  /** As {@link Heap.alignedAlloc}. */
  alignedAlloc(alignment: number, byteLength: number, options?: TagOptions): number {
    return this.#heap.alignedAlloc(alignment, byteLength, { ...options, token: this });
  }

  /** As {@link Heap.alloc}. */
  alloc<const Type extends TypedArrayConstructor>(type: Type, init: number | InitOf<Type>, options?: TagOptions): RefTo<Type>;
  alloc<const Type extends Descriptor>(type: Type, init?: InitOf<Type>, options?: TagOptions): RefTo<Type>;
  alloc(type: RefType, init?: unknown, options?: TagOptions): Ref {
    return this.#heap.alloc(type as Descriptor, init as InitOf<Descriptor>, { ...options, token: this });
  }

  /** As {@link Heap.allocArray}. */
  allocArray<const Type extends RefType>(
    type: Type,
    init: number | Iterable<InitOf<Type>>,
    options?: Omit<ArrayAllocOptions, 'token'>,
  ): RefTo<ArrayOf<Type>> {
    return this.#heap.allocArray(type, init, { ...options, token: this });
  }

  /** As {@link Heap.allocString}. */
  allocString(
    init: string | { readonly byteLength: number },
    encoding: StringEncoding = 'utf8',
    options?: TagOptions & TextOptions,
  ): StringRef {
    return this.#heap.allocString(init, encoding, { ...options, token: this });
  }

  /**
   * Takes a block out of the scope: it lives on until it is freed.
   *
   * @returns the block, as it was given
   * @throws HeapError as {@link Heap.strengthen}
   */
  keep<Block extends number | Ref>(block: Block): Block {
    this.#heap.strengthen(block);
    return block;
  }

  /**
   * Frees all blocks of the scope that are still there. It may be used again afterwards.
   *
   * @returns how many
   */
  free(): number {
    return this.#heap.freeAll({ token: this });
  }

  /** As {@link Scope.free}, for `using`. */
  [dispose](): void {
    this.free();
  }
}

/** @internal */
export const NewScope = Scope as unknown as New<[heap: Heap], Scope>;

/** Runs a function with a scope, and ends that when the function is done, or what it promised. */
export function runScope<Result>(scope: Scope, fn: (scope: Scope) => Result): Result {
  let result: Result;
  try {
    result = fn(scope);
  } catch (error) {
    throw failed(scope, error);
  }
  if (!isPromiseLike(result)) {
    scope.free();
    return result;
  }
  return Promise.resolve(result).then(
    (value) => {
      scope.free();
      return value;
    },
    (error: unknown) => {
      throw failed(scope, error);
    },
  ) as Result;
}

/** Ends a scope whose function has thrown. What that finds does not hide what was thrown. */
function failed(scope: Scope, error: unknown): unknown {
  try {
    scope.free();
  } catch (fault) {
    return new AggregateError([error, fault], 'scope: its function threw, and so did the freeing of its blocks');
  }
  return error;
}

function isPromiseLike(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function';
}
