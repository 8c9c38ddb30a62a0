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
import { dispose } from './dispose.js';
import { makeError } from './errors.js';
import type { Heap } from './heap.js';
import type { Layout } from './layout/layout.js';
import type { Descriptor } from './layout/types.js';
import { forEachOrThrow } from './lifetimes.js';
import { maker, notByHand, type Maker, type New } from './maker.js';
import { requireAllocOptions, type AllocOptions, type ArrayAllocOptions } from './options.js';
import { Life, type Place } from './refs/place.js';
import type { Ref } from './refs/ref.js';
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

/** What an arena needs of its heap. */
export interface PieceSource {
  readonly heap: Heap;
  /** Gives a block, and ends its life when it is freed by whoever passes through the heap. */
  take(byteLength: number, options: AllocOptions, life: Life): number;
  /** Frees it. What is found wrong on the way is thrown when it is free. */
  giveBack(address: number): void;
}

/** The life of a piece: what lies in it ends with it. */
class Piece extends Life {
  readonly byteLength: number;
  address = 0;
  /** Of the refs to blocks in it. */
  readonly lives: Life[] = [];
  /** The first byte that was not handed out when the next piece was begun. */
  next = 0;
  /** The bytes that had been handed out when it was begun. */
  usedBefore = 0;
  readonly #onEnd: (piece: Piece) => void;

  constructor(byteLength: number, onEnd: (piece: Piece) => void) {
    super();
    this.byteLength = byteLength;
    this.#onEnd = onEnd;
  }

  override end(): void {
    if (this.isFreed) return;
    super.end();
    this.endAfter(0);
    this.#onEnd(this);
  }

  /** The refs end that came after so many. */
  endAfter(count: number): void {
    for (const life of this.lives.splice(count)) life.end();
  }
}

interface Position extends ArenaMark {
  /** The piece in use, and the first byte in it that is not handed out. */
  readonly piece: number;
  readonly next: number;
  /** How many refs there were into that piece. */
  readonly lives: number;
}

const arenaOptionNames: readonly (keyof ArenaOptions)[] = ['byteLength', 'tag', 'token'];

const spare = 16;
const leastPiece = 64;

/**
 * Hands out blocks one behind the other, and takes them back all at once, or all since a mark: the fastest
 * way to many blocks with one end. A block by itself cannot be freed. See {@link Heap.arena}.
 *
 * The blocks have no size of their own in the heap, and nothing between them: writing beyond one is writing
 * into the next. What else frees a piece through the heap (`heap.freeAll`, the end of its token) ends the refs into it;
 * the arena goes on in others.
 */
export class Arena {
  readonly #heap: Heap;
  readonly #source: PieceSource;
  readonly #tag: string | undefined;
  /** Not the token itself, which could not be collected then as long as the arena is there. */
  readonly #token: WeakRef<WeakKey> | undefined;
  readonly #byteLength: number;
  /** All pieces; those behind the one in use are empty, and wait. */
  #pieces: Piece[] = [];
  #marks: Position[] = [];
  #piece = -1;
  #next = 0;
  #end = 0;
  #used = 0;
  readonly #giver: BlockGiver;
  readonly #onEnd = (piece: Piece): void => {
    this.#lost(piece);
  };

  private constructor(by: Maker, source: PieceSource, options: ArenaOptions) {
    if (by !== maker) throw notByHand('Arena', 'heap.arena makes one');
    requireAllocOptions('arena', options, arenaOptionNames);
    const { byteLength = 65536, tag, token } = options;
    requireType('arena', 'byteLength', byteLength, 'number');
    this.#byteLength = Math.max(wholeNumber('arena', 'byteLength', byteLength), leastPiece);
    this.#heap = source.heap;
    this.#source = source;
    this.#tag = tag;
    this.#token = token === undefined ? undefined : new WeakRef(token);
    this.#giver = { heap: source.heap, optionNames: [], give: (operation, layout) => this.#give(operation, layout) };
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
  alloc<const Type extends TypedArrayConstructor>(type: Type, init: number | InitOf<Type>): RefTo<Type>;
  alloc<const Type extends Descriptor>(type: Type, init?: InitOf<Type>): RefTo<Type>;
  alloc(type: RefType, init?: unknown): Ref {
    return allocTyped(this.#giver, 'alloc', type, init, undefined);
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
    const last = this.#marks.at(-1);
    const lives = this.#pieces[this.#piece]?.lives.length ?? 0;
    const isSame = last?.piece === this.#piece && last.next === this.#next && last.lives === lives;
    if (isSame) return last;
    const mark = Object.freeze({ used: this.#used, piece: this.#piece, next: this.#next, lives });
    this.#marks.push(mark);
    return mark;
  }

  /**
   * Takes back all blocks that came after a mark, or all there are: their refs end. The memory stays the
   * arena's, for what comes next; {@link Arena.free} gives it back.
   *
   * @throws HeapError `stale_mark` for one that the arena was reset beyond, that lies in or behind a piece which somebody
   * else has freed, or that is another arena's
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

  /**
   * Takes back all blocks, and gives the memory back to the heap. The arena may be used again afterwards. If freeing a piece
   * throws (because {@link Heap.debug} has found a fault), so does this, when all are freed.
   */
  free(): void {
    this.reset();
    const pieces = this.#pieces;
    this.#pieces = [];
    this.#goTo({ used: 0, piece: -1, next: 0, lives: 0 });
    forEachOrThrow(pieces, ({ address }) => {
      this.#source.giveBack(address);
    });
  }

  /** As {@link Arena.free}, for `using`. */
  [dispose](): void {
    this.free();
  }

  #goTo({ used, piece, next, lives }: Position): void {
    for (const later of this.#pieces.slice(piece + 1)) later.endAfter(0);
    this.#pieces[piece]?.endAfter(lives);
    this.#used = used;
    this.#enter(piece, next);
  }

  /** From now on blocks come from a piece. */
  #enter(piece: number, next: number): void {
    this.#piece = piece;
    const current = this.#pieces[piece];
    this.#next = current === undefined ? 0 : Math.max(next, current.address + spare);
    this.#end = current === undefined ? 0 : current.address + current.byteLength;
  }

  /** Somebody else has freed a piece: the arena goes on as if it had never had it. */
  #lost(piece: Piece): void {
    const index = this.#pieces.indexOf(piece);
    if (index < 0) return; // it is the arena that frees it
    this.#pieces.splice(index, 1);
    this.#marks = this.#marks.filter((mark) => mark.piece < index);
    if (index > this.#piece) return; // it was empty
    const isCurrent = index === this.#piece;
    const used = (isCurrent ? this.#used : (this.#pieces[index] as Piece).usedBefore) - piece.usedBefore;
    for (const later of this.#pieces.slice(index)) later.usedBefore -= used;
    this.#used -= used;
    if (isCurrent) this.#enter(index - 1, this.#pieces[index - 1]?.next ?? 0);
    else this.#piece--;
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
    const waiting = this.#pieces[this.#piece + 1];
    if (waiting === undefined || waiting.byteLength < needed) {
      const made = this.#makePiece(operation, Math.max(this.#byteLength, needed));
      this.#pieces.splice(this.#piece + 1, 0, made);
    }
    const last = this.#pieces[this.#piece];
    if (last !== undefined) last.next = this.#next;
    this.#enter(this.#piece + 1, 0);
    (this.#pieces[this.#piece] as Piece).usedBefore = this.#used;
    return this.#take(operation, alignment, bytes);
  }

  /** Whoever is asked for memory by the way may do anything, also with this arena. */
  #makePiece(operation: string, byteLength: number): Piece {
    const token = this.#token?.deref();
    if (this.#token !== undefined && token === undefined) {
      throw makeError('freed_ref', operation, 'the token of the arena was collected');
    }
    const piece = new Piece(byteLength, this.#onEnd);
    piece.address = this.#source.take(byteLength, { tag: this.#tag, token }, piece);
    return piece;
  }

  #give(operation: string, { byteLength, alignment }: Layout): Place {
    const byteOffset = this.#take(operation, alignment, byteLength);
    this.#heap.fill(byteOffset, byteLength);
    const life = new Life();
    (this.#pieces[this.#piece] as Piece).lives.push(life);
    return { heap: this.#heap, life, byteOffset, isOwner: false };
  }
}

/** @internal */
export const NewArena = Arena as unknown as New<[source: PieceSource, options: ArenaOptions], Arena>;
