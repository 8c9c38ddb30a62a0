/// <reference lib="esnext.disposable" preserve="true" />
// Purpose: blocks that are handed out one behind the other and given up all at once.
// Floor:   door js.
//
//   piece     [16 spare][block][block][block]· · · · · ·      a block of the heap
//   piece     [16 spare][block]· · · · · · · · · · · · ·
//
// The spare bytes keep the first block from having the piece's address: `heap.free` of a block in an arena is
// then always an error, and never the end of the whole piece.

import { checkAlignment, checkSize, requireType, wholeNumber, wrongType } from './arguments.js';
import { makeError } from './errors.js';
import type { Heap } from './heap.js';
import type { Layout } from './layout/layout.js';
import { requireObject, type ArrayAllocOptions } from './options.js';
import { Life, type Place } from './refs/place.js';
import { dispose } from './refs/ref.js';
import type { StringRef } from './refs/string.js';
import type { StringEncoding, TextOptions } from './strings/strings.js';
import { allocArrayTyped, allocText, allocTyped, type BlockGiver } from './typed-blocks.js';
import type { ArrayOf, InitOf, RefTo, RefType, TypedArrayConstructor } from './types.js';

/** How to make an arena. */
export interface ArenaOptions {
  /** The bytes that it takes from its heap at once, or more when a block needs more. Default: 65536. */
  readonly byteLength?: number | undefined;
  /** For its pieces; see {@link Heap.track}. */
  readonly tag?: string | undefined;
  /** The arena is given up when this object has been collected; see {@link Heap.weaken}. */
  readonly token?: WeakKey | undefined;
}

/** A place in an arena to go back to. */
export interface ArenaMark {
  /** The bytes that were handed out when it was made. */
  readonly used: number;
}

interface Piece {
  readonly address: number;
  readonly byteLength: number;
}

interface Position extends ArenaMark {
  /** The piece in use, and the first byte in it that is not handed out. */
  readonly piece: number;
  readonly next: number;
  /** How many refs there were. */
  readonly lives: number;
}

const spare = 16;
const leastPiece = 64;

/**
 * Hands out blocks one behind the other, and takes them back all at once, or all since a mark: the fastest
 * way to many blocks with one end. A block by itself cannot be freed. See {@link Heap.arena}.
 *
 * The blocks have no size of their own in the heap, and nothing between them: writing beyond one is writing
 * into the next.
 */
export class Arena {
  readonly #heap: Heap;
  readonly #options: ArenaOptions;
  readonly #byteLength: number;
  /** All pieces; those behind the one in use are empty, and wait. */
  #pieces: Piece[] = [];
  #lives: Life[] = [];
  #marks: Position[] = [];
  #piece = -1;
  #next = 0;
  #end = 0;
  #used = 0;
  readonly #giver: BlockGiver;

  /** @internal */
  constructor(heap: Heap, options: ArenaOptions) {
    requireObject('arena', options);
    const { byteLength = 65536, tag, token } = options;
    requireType('arena', 'byteLength', byteLength, 'number');
    this.#byteLength = Math.max(wholeNumber('arena', 'byteLength', byteLength), leastPiece);
    this.#heap = heap;
    this.#options = { tag, token };
    this.#giver = { heap, give: (operation, layout) => this.#give(operation, layout) };
  }

  /** Bytes that are handed out, with what lies between them for alignment. */
  get used(): number {
    return this.#used;
  }

  /** Bytes that the arena has of its heap. */
  get byteLength(): number {
    return this.#pieces.reduce((sum, piece) => sum + piece.byteLength, 0);
  }

  /**
   * Hands out `byteLength` bytes, which hold whatever lay there.
   *
   * May grow the memory.
   *
   * @returns their address, a multiple of 16
   * @throws RangeError as {@link Heap.malloc}
   */
  malloc(byteLength: number): number {
    return this.#take('malloc', 16, byteLength);
  }

  /** As {@link Arena.malloc}, for `count` things, filled with zeros. */
  calloc(count: number, byteLength = 1): number {
    const bytes = checkSize('calloc', 'count', count) * checkSize('calloc', 'byteLength', byteLength);
    const address = this.#take('calloc', 16, bytes);
    this.#heap.fill(address, bytes);
    return address;
  }

  /** As {@link Arena.malloc}, at a multiple of `alignment`, a power of two; below 16 it is packed more tightly. */
  alignedAlloc(alignment: number, byteLength: number): number {
    const multiple = checkAlignment('alignedAlloc', alignment);
    if (!Number.isInteger(Math.log2(multiple))) {
      throw makeError('invalid_alignment', `alignedAlloc(${multiple}, ${byteLength})`);
    }
    return this.#take('alignedAlloc', multiple, byteLength);
  }

  /** As {@link Heap.alloc}; the ref ends when the arena is reset. */
  alloc<const Type extends RefType>(
    type: Type,
    ...[init]: Type extends TypedArrayConstructor ? [init: InitOf<Type>] : [init?: InitOf<Type> | undefined]
  ): RefTo<Type> {
    return allocTyped(this.#giver, 'alloc', type, init, undefined) as unknown as RefTo<Type>;
  }

  /** As {@link Heap.allocArray}; the ref ends when the arena is reset. */
  allocArray<const Type extends RefType>(
    type: Type,
    init: number | Iterable<InitOf<Type>>,
    options?: Pick<ArrayAllocOptions, 'byteStride'>,
  ): RefTo<ArrayOf<Type>> {
    return allocArrayTyped(this.#giver, 'allocArray', type, init, options) as unknown as RefTo<ArrayOf<Type>>;
  }

  /** As {@link Heap.allocString}; the ref ends when the arena is reset. */
  allocString(
    init: string | { readonly byteLength: number },
    encoding: StringEncoding = 'utf8',
    options?: TextOptions,
  ): StringRef {
    return allocText(this.#giver, 'allocString', init, encoding, options);
  }

  /** Remembers how far the arena has come, for {@link Arena.reset}. */
  mark(): ArenaMark {
    const mark = Object.freeze({ used: this.#used, piece: this.#piece, next: this.#next, lives: this.#lives.length });
    this.#marks.push(mark);
    return mark;
  }

  /**
   * Takes back all blocks that came after a mark, or all there are: their refs end. The memory stays the
   * arena's, for what comes next; {@link Arena.free} gives it back.
   *
   * @throws HeapError `stale_mark` for one that the arena was reset beyond, or that is another arena's
   */
  reset(mark?: ArenaMark): void {
    if (mark === undefined) {
      this.#marks = [];
      this.#goTo({ used: 0, piece: this.#pieces.length > 0 ? 0 : -1, next: spare, lives: 0 });
      return;
    }
    if (typeof mark !== 'object' || mark === null) throw wrongType('reset', 'mark', mark, 'what mark() gave');
    const index = this.#marks.lastIndexOf(mark as Position);
    const position = this.#marks[index];
    if (position === undefined) throw makeError('stale_mark', 'reset');
    this.#marks.length = index + 1;
    this.#goTo(position);
  }

  /** Takes back all blocks, and gives the memory back to the heap. The arena may be used again afterwards. */
  free(): void {
    this.reset();
    const pieces = this.#pieces;
    this.#pieces = [];
    this.#goTo({ used: 0, piece: -1, next: 0, lives: 0 });
    for (const { address } of pieces) this.#heap.free(address);
  }

  /** As {@link Arena.free}, for `using`. */
  [dispose](): void {
    this.free();
  }

  #goTo({ used, piece, next, lives }: Position): void {
    for (const life of this.#lives.splice(lives)) life.isFreed = true;
    this.#used = used;
    this.#piece = piece;
    const current = this.#pieces[piece];
    this.#next = current === undefined ? 0 : Math.max(next, current.address + spare);
    this.#end = current === undefined ? 0 : current.address + current.byteLength;
  }

  #take(operation: string, alignment: number, byteLength: number): number {
    const bytes = Math.max(checkSize(operation, 'byteLength', byteLength), 1);
    const address = Math.ceil(this.#next / alignment) * alignment;
    if (address + bytes > this.#end || this.#piece < 0) return this.#takeElsewhere(operation, alignment, bytes);
    this.#used += address + bytes - this.#next;
    this.#next = address + bytes;
    return address;
  }

  /** Goes on to the next piece: one that waits, if it is long enough, or a new one. */
  #takeElsewhere(operation: string, alignment: number, bytes: number): number {
    const needed = spare + bytes + Math.max(alignment - 16, 0);
    const index = this.#piece + 1;
    const waiting = this.#pieces[index];
    if (waiting === undefined || waiting.byteLength < needed) {
      const byteLength = Math.max(this.#byteLength, needed);
      const address = this.#heap.malloc(byteLength, this.#options);
      this.#pieces.splice(index, 0, { address, byteLength });
    }
    this.#piece = index;
    const piece = this.#pieces[index] as Piece;
    this.#next = piece.address + spare;
    this.#end = piece.address + piece.byteLength;
    return this.#take(operation, alignment, bytes);
  }

  #give(operation: string, { byteLength, alignment }: Layout): Place {
    const byteOffset = this.#take(operation, alignment, byteLength);
    this.#heap.fill(byteOffset, byteLength);
    const life = new Life();
    this.#lives.push(life);
    return { heap: this.#heap, life, byteOffset, isOwner: false };
  }
}
