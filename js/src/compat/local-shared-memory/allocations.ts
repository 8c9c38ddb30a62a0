// Purpose: what malloc, free, realloc and allocs do: blocks of allot's heap, each with the header before
//          its data that the originals' readers expect, and the two totals at the start of the memory.
// Floor:   door js, compat.
//
// The memory:
//
//   0            total: bytes requested and live (u32)      for everybody to read,
//   4            total: live allocations (u32)              never read by this code
//   8            the mark that tells such a memory from others (u32)
//   12           0
//   16           the image of allot's heap, then its blocks
//
// A block of the heap, with the allocation in it:
//
//   block        front: offset - block, at least 16 (u32)
//   block + 4    seal: a digest of block, front and requested; 0 while there is no allocation (u32)
//                padding, for alignments above 16
//   offset - 8   requested: bytes asked for (u32)
//   offset - 4   used: front + requested (u32)
//   offset       the data
//
// Why a seal. The block that the heap hands out holds whatever lay there, and from that moment on every
// other agent's walk sees it as live. So the seal is what makes it an allocation, and it is the last thing
// that malloc writes: a walk sees either no allocation or a whole one. Old bytes cannot pass for a seal:
// the seal of an allocation is cleared before its block goes back, and other bytes would have to hit upon
// a digest that is made with their own address. Whoever frees takes the seal away by an atomic exchange
// first, so of two agents that free the same allocation one is told so, and the block is freed once.
// An agent that is terminated halfway leaves a block without a seal: lost, but in nobody's way.
//
// Headers and seals lie where a program can overwrite them. They are believed only when they agree with
// each other, and when the heap, whose records lie elsewhere, knows the block as live and as large enough.

import { HeapError, type Heap, type HeapErrorCode } from '../../index.js';
import { rangeError, requireWhole, show, typeError } from './refuse.js';

/** What the heap leaves alone at the start of the memory. */
export const reservedBytes = 16;

/** What lies before the data at least; it keeps the data at a multiple of 16, as blocks are. */
const leastFront = 16;

const mark = 0x314d534c; // "LSM1"

/** Most that an address can name. */
const mostBytes = 2 ** 32 - 1;

// Places of words: addresses divided by 4.
const totalBytes = 0;
const totalCount = 1;
const markWord = 2;

/** An allocation: numbers of bytes. */
export interface Allocation {
  readonly byteOffset: number;
  /** As it was asked for. */
  readonly requested: number;
  /** From the block's start to the end of the data. */
  readonly used: number;
}

/** One that was found in the memory. */
interface Found extends Allocation {
  readonly block: number;
  readonly seal: number;
}

/** All allocations of a memory. Its state lies in the memory: any number of these may work on one. */
export class Allocations {
  readonly heap: Heap;
  readonly #memory: WebAssembly.Memory;
  #stale: Uint32Array;

  /** @param heap the heap whose image lies in the memory, from {@link reservedBytes} on */
  constructor(memory: WebAssembly.Memory, heap: Heap) {
    this.heap = heap;
    this.#memory = memory;
    this.#stale = new Uint32Array(memory.buffer);
  }

  /** Whether a memory holds what this code keeps in it. */
  static areIn(memory: WebAssembly.Memory): boolean {
    const { buffer } = memory;
    return buffer.byteLength > reservedBytes && Atomics.load(new Uint32Array(buffer, 0, 4), markWord) === mark;
  }

  /** Writes the mark: the last step of making a memory. */
  begin(): void {
    Atomics.store(this.#words(markWord), markWord, mark);
  }

  /** Allocates; gives the offset of the data. */
  allocate(operation: string, byteLength: number, alignBytes: number): number {
    const requested = requireWhole(operation, 'byteLength', byteLength, 1);
    const step = requireAlignment(operation, alignBytes);
    // A block begins at a multiple of 16: that is how far at most the next good place is away.
    const slack = step - leastFront;
    const block = this.heap.malloc(leastFront + slack + requested);
    const byteOffset = Math.ceil((block + leastFront) / step) * step;
    const front = byteOffset - block;
    // What lies behind the data goes back; a block that shrinks stays where it is.
    if (front !== leastFront + slack) this.heap.realloc(block, front + requested);
    this.#publish(block, front, requested);
    return byteOffset;
  }

  /** Gives an allocation back. */
  free(operation: string, byteOffset: number): void {
    const found = this.find(operation, byteOffset);
    this.#claim(operation, found);
    try {
      this.heap.free(found.block);
    } catch (error) {
      this.#seal(found.block, found.seal);
      throw error;
    }
    this.#count(-found.requested, -1);
  }

  /** Makes an allocation larger or smaller; gives its offset, the same or a new one. */
  resize(operation: string, byteOffset: number, byteLength: number, alignBytes: number): number {
    const requested = requireWhole(operation, 'byteLength', byteLength, 1);
    const step = requireAlignment(operation, alignBytes);
    const found = this.find(operation, byteOffset);
    // Without its seal nobody else frees the block meanwhile, and no walk sees it half done.
    this.#claim(operation, found);
    try {
      if (step === leastFront && byteOffset - found.block === leastFront) {
        const block = this.heap.realloc(found.block, leastFront + requested);
        this.#publish(block, leastFront, requested);
        byteOffset = block + leastFront;
      } else {
        const moved = this.allocate(operation, requested, alignBytes);
        this.heap.copy(moved, byteOffset, Math.min(requested, found.requested));
        this.heap.free(found.block);
        byteOffset = moved;
      }
    } catch (error) {
      this.#seal(found.block, found.seal);
      throw error;
    }
    this.#count(-found.requested, -1);
    return byteOffset;
  }

  /**
   * What is known of an allocation.
   *
   * @throws HeapError where none begins at the offset
   */
  find(operation: string, byteOffset: number): Found {
    const offset = requireWhole(operation, 'offset', byteOffset);
    const { byteLength } = this.#memory.buffer;
    if (offset % leastFront === 0 && offset >= reservedBytes + leastFront && offset < byteLength) {
      const words = this.#words(byteLength / 4 - 1);
      const front = word(words, offset - 4) - word(words, offset - 8);
      if (front >= leastFront && front % leastFront === 0 && front <= offset - reservedBytes) {
        const block = offset - front;
        const found = this.#read(block);
        if (found?.byteOffset === offset && this.#holds(found)) return found;
        // All there but the seal: another agent is about to free it, or to move it.
        if (word(words, block) === front && word(words, block + 4) === 0) {
          throw heapError('double_free', operation, offset);
        }
      }
    }
    throw this.#whyNone(operation, offset);
  }

  /** Every allocation, in the order of addresses. */
  *all(): Generator<Allocation, void, undefined> {
    for (const { byteOffset: block, byteLength, kind } of this.heap.blocks()) {
      if (kind !== 'live') continue;
      const found = this.#read(block);
      // Damaged or forged: no allocation reaches beyond its block.
      if (found !== undefined && found.used <= byteLength) yield found;
    }
  }

  /** Whether an allocation that was found is still there. */
  isStill(allocation: Allocation): boolean {
    const { seal, block } = allocation as Found;
    return word(this.#words(block / 4 + 1), block + 4) === seal;
  }

  /** The allocation in a block, if there is one whose parts agree. */
  #read(block: number): Found | undefined {
    const words = this.#words(block / 4 + 1);
    const seal = word(words, block + 4);
    const front = word(words, block);
    if (front < leastFront || front % leastFront !== 0) return undefined;
    const byteOffset = block + front;
    if (byteOffset > this.#memory.buffer.byteLength) return undefined;
    const header = this.#words(byteOffset / 4 - 1);
    const requested = word(header, byteOffset - 8);
    const used = word(header, byteOffset - 4);
    if (used !== front + requested || seal !== digest(block, front, requested)) return undefined;
    return { block, seal, byteOffset, requested, used };
  }

  /** Whether the heap knows the block. */
  #holds({ block, used }: Found): boolean {
    try {
      return this.heap.usableSize(block) >= used;
    } catch (error) {
      if (error instanceof HeapError && error.code in reasons) return false;
      throw error;
    }
  }

  #publish(block: number, front: number, requested: number): void {
    const words = this.#words((block + front) / 4 - 1);
    const header = (block + front) / 4 - 2;
    Atomics.store(words, block / 4, front);
    Atomics.store(words, header, requested);
    Atomics.store(words, header + 1, front + requested);
    this.#seal(block, digest(block, front, requested));
    this.#count(requested, 1);
  }

  /** Takes the seal away: from here on the block is this agent's. */
  #claim(operation: string, { block, seal, byteOffset }: Found): void {
    const at = block / 4 + 1;
    if (Atomics.compareExchange(this.#words(at), at, seal, 0) === seal) return;
    throw heapError('double_free', operation, byteOffset);
  }

  #seal(block: number, seal: number): void {
    const at = block / 4 + 1;
    Atomics.store(this.#words(at), at, seal);
  }

  #count(bytes: number, count: number): void {
    const words = this.#words(totalCount);
    Atomics.add(words, totalBytes, bytes);
    Atomics.add(words, totalCount, count);
  }

  /** The memory as words, at least up to the place `last`, whoever has grown it meanwhile. */
  #words(last: number): Uint32Array {
    // A grown memory leaves an array behind that is empty or too short: no need to ask for the buffer each time.
    if (last >= this.#stale.length) this.#stale = new Uint32Array(this.#memory.buffer);
    return this.#stale;
  }

  /** The error for an offset where no allocation begins: what the heap says of the place. */
  #whyNone(operation: string, offset: number): Error {
    if (offset >= this.#memory.buffer.byteLength) return heapError('wild_address', operation, offset);
    if (offset < reservedBytes) return heapError('foreign_address', operation, offset);
    try {
      this.heap.usableSize(offset - (offset % leastFront));
    } catch (error) {
      if (!(error instanceof HeapError)) throw error;
      return error.code in reasons ? heapError(error.code, operation, offset) : error;
    }
    return heapError('interior_address', operation, offset);
  }
}

function word(words: Uint32Array, byteOffset: number): number {
  return Atomics.load(words, byteOffset / 4);
}

/**
 * 32 bits that depend on every bit of what is given, never 0. The finalizer of MurmurHash3 (Austin
 * Appleby, 2011) after each number.
 */
function digest(block: number, front: number, requested: number): number {
  let h = mark;
  for (const part of [block, front, requested]) {
    h ^= part;
    h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
    h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
    h ^= h >>> 16;
  }
  return (h | 1) >>> 0;
}

/** What may be wrong with an offset. */
const reasons: { readonly [code in HeapErrorCode]?: string } = {
  double_free: 'it was freed already, or never allocated',
  interior_address: 'no allocation begins there, or what was written before it has destroyed its header',
  metadata_address: "it lies in the heap's own records",
  foreign_address: 'it lies outside what malloc hands out',
  wild_address: 'it lies outside the memory',
};

function heapError(code: HeapErrorCode, operation: string, offset: number): HeapError {
  return new HeapError(code, `${operation}(${offset}): ${reasons[code] ?? code}`, offset);
}

/**
 * The distance of the places that will do for an alignment: its least common multiple with 16, so
 * that blocks and headers stay where the heap's own alignment puts them.
 */
function requireAlignment(operation: string, alignBytes: unknown): number {
  if (typeof alignBytes !== 'number') {
    throw typeError('wrong_type', operation, `alignBytes must be a number, not ${show(alignBytes)}`);
  }
  if (Number.isInteger(alignBytes) && alignBytes > 0) {
    // The power of two in it counts, up to 16; the rest is odd and comes on top.
    let common = 1;
    while (common < leastFront && alignBytes % (common * 2) === 0) common *= 2;
    const step = (alignBytes / common) * leastFront;
    if (step <= mostBytes) return step;
  }
  throw rangeError(
    'invalid_alignment',
    operation,
    `alignBytes must be a whole number from 1 up that fits the address space, not ${show(alignBytes)}`,
  );
}
