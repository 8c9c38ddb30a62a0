// Purpose: class Heap: the whole of the package's face. Its methods check what they are given, ask the
//          core, and turn error numbers into errors; everything longer than that has a file of its own.
// Floor:   door js.

import {
  addressLimit,
  checkAddress,
  checkAlignment,
  checkBound,
  checkLimit,
  checkSize,
  coreLimit,
  requireType,
} from './arguments.js';
import { walk, type Block } from './blocks.js';
import { coreError, makeError, trapError } from './errors.js';
import type { HeapExports } from './generated/exports.js';
import { NumberAccess } from './generated/numbers.js';
import type { HeapStatistics } from './generated/statistics.js';
import type { ImagePlace } from './module.js';
import { attach, attachSync, create, createSync, requireSound, type OpenHeap } from './open.js';
import type { AttachOptions, HeapOptions } from './options.js';
import { addressIn, errorNumberIn, isError } from './result.js';
import { isStatisticName, readStatistic, readStatistics, type StatisticName } from './statistics.js';
import { decodeString, encodeString, requireEncoding, writeEncoded, type StringEncoding } from './strings.js';

/** Where an allocated string lies. */
export interface AllocatedString {
  /** Address of its first byte; the block to free. */
  readonly byteOffset: number;
  /** Its bytes, without the zero that stands behind them. */
  readonly byteLength: number;
}

/**
 * A heap in a WebAssembly memory: hands out blocks of it, takes them back, and reads and writes
 * numbers and strings in it.
 *
 * Addresses and sizes are numbers of bytes; every address that is handed out is a multiple of 16.
 * Several `Heap` objects, wasm modules and native hosts can use one heap, one at a time, if its
 * image lies inside the memory: the heap is what lies in the memory, not this object.
 *
 * Methods that may grow the memory say so. Growth leaves every `ArrayBuffer`, `DataView` and typed
 * array on the memory behind; the methods of this class are not affected.
 *
 * Every method refuses addresses and sizes that are not whole numbers from 0 up: with a `TypeError`
 * (code `wrong_type`) when they are not numbers, else with a `RangeError` (`invalid_number`). A
 * method that throws has changed nothing, unless the image was found damaged (a `HeapError` with
 * code `corrupt_image`, which every method may throw): then the heap should not be used further.
 */
export class Heap extends NumberAccess {
  readonly #core: HeapExports;
  readonly #image: number;
  readonly #place: ImagePlace;

  private constructor({ memory, core, image, place }: OpenHeap) {
    super(memory);
    this.#core = core;
    this.#image = image;
    this.#place = place;
  }

  /**
   * Makes a heap, in a new memory or in one that is given. A given memory keeps all that lies
   * outside the span that the heap may use; a heap that was there before is forgotten.
   *
   * May grow the memory (a memory of 0 pages has no room for an image).
   *
   * @throws RangeError `out_of_memory`, `invalid_span`, `invalid_policy`, `invalid_number`,
   * `size_too_large`
   * @throws TypeError `wrong_type`, `invalid_option`, `unsupported_shared`, `unsupported_memory`
   */
  static async create(options: HeapOptions = {}): Promise<Heap> {
    return new Heap(await create('Heap.create', options));
  }

  /**
   * As {@link Heap.create}, at once. The first call compiles the core, which takes a few
   * milliseconds and holds up the thread.
   */
  static createSync(options: HeapOptions = {}): Heap {
    return new Heap(createSync('Heap.createSync', options));
  }

  /**
   * Joins the heap that a guest, another instance or an earlier run keeps in a memory. Never grows
   * the memory. The cost is that of {@link Heap.validate} unless `validate` is `false`, plus, without
   * an `address`, that of searching the memory up to the image.
   *
   * @throws HeapError `not_a_heap`, `wrong_version`, `wrong_address_type`, `corrupt_image`
   * @throws TypeError `wrong_type`, `unsupported_shared`, `unsupported_memory`
   */
  static async attach(memory: WebAssembly.Memory, options: AttachOptions = {}): Promise<Heap> {
    return new Heap(await attach('Heap.attach', memory, options));
  }

  /** As {@link Heap.attach}, at once; as {@link Heap.createSync} it may have to compile the core. */
  static attachSync(memory: WebAssembly.Memory, options: AttachOptions = {}): Heap {
    return new Heap(attachSync('Heap.attachSync', memory, options));
  }

  /** Where the heap keeps its records. */
  get image(): ImagePlace {
    return this.#place;
  }

  /**
   * Address of the heap's image in the memory, to hand to {@link Heap.attach} or to a module;
   * `undefined` when the image lies outside.
   */
  get imageAddress(): number | undefined {
    return this.#place === 'inside' ? this.#image : undefined;
  }

  // ── Blocks ────────────────────────────────────────────────────────────────────────────────────

  /**
   * Allocates a block of at least `byteLength` bytes. What it holds is whatever lay there. Asked
   * for 0 bytes it allocates 16.
   *
   * May grow the memory.
   *
   * @returns its address, a multiple of 16
   * @throws RangeError `out_of_memory`, `quota_exceeded`, `size_too_large`
   */
  malloc(byteLength: number): number {
    const bytes = checkSize('malloc', 'byteLength', byteLength);
    let result;
    try {
      result = this.#core.allot_malloc(this.#image, bytes);
    } catch (error) {
      throw trapError(error, 'malloc');
    }
    if (isError(result)) throw coreError(errorNumberIn(result), `malloc(${bytes})`);
    return addressIn(result);
  }

  /**
   * Allocates a block for `count` things of `byteLength` bytes each, filled with zeros. Costs a
   * {@link Heap.malloc} and the filling.
   *
   * May grow the memory.
   *
   * @returns its address, a multiple of 16
   * @throws RangeError `out_of_memory`, `quota_exceeded`, `size_too_large` (also when the product is)
   */
  calloc(count: number, byteLength = 1): number {
    const things = checkSize('calloc', 'count', count);
    const bytes = checkSize('calloc', 'byteLength', byteLength);
    let result;
    try {
      result = this.#core.allot_calloc(this.#image, things, bytes);
    } catch (error) {
      throw trapError(error, 'calloc');
    }
    if (isError(result)) throw coreError(errorNumberIn(result), `calloc(${things}, ${bytes})`);
    return addressIn(result);
  }

  /**
   * Makes a block larger or smaller, in place if it can, else by moving it. The bytes up to the
   * smaller of both sizes are kept. Asked for 0 bytes it keeps 16; it never frees. With the image
   * inside, `realloc(0, byteLength)` is `malloc(byteLength)`.
   *
   * May grow the memory. Moving costs the copying.
   *
   * @returns the block's address, the same or a new one; when it is a new one, the old is free
   * @throws RangeError `out_of_memory`, `quota_exceeded`, `size_too_large`: the block is as before
   * @throws HeapError as {@link Heap.free}
   */
  realloc(address: number, byteLength: number): number {
    const block = checkAddress('realloc', address);
    const bytes = checkSize('realloc', 'byteLength', byteLength);
    let result;
    try {
      result = this.#core.allot_realloc(this.#image, block, bytes);
    } catch (error) {
      throw trapError(error, 'realloc');
    }
    if (isError(result)) throw coreError(errorNumberIn(result), `realloc(${block}, ${bytes})`, block);
    return addressIn(result);
  }

  /**
   * As {@link Heap.malloc}, at a multiple of `alignment`.
   *
   * @param alignment any power of two; below 16 it is 16
   * @throws RangeError as `malloc`, and `invalid_alignment`
   */
  alignedAlloc(alignment: number, byteLength: number): number {
    const multiple = checkAlignment('alignedAlloc', alignment);
    const bytes = checkSize('alignedAlloc', 'byteLength', byteLength);
    let result;
    try {
      result = this.#core.allot_aligned_alloc(this.#image, multiple, bytes);
    } catch (error) {
      throw trapError(error, 'alignedAlloc');
    }
    if (isError(result)) throw coreError(errorNumberIn(result), `alignedAlloc(${multiple}, ${bytes})`);
    return addressIn(result);
  }

  /**
   * Gives a block back. With the image inside, `free(0)` does nothing. Never grows the memory.
   *
   * @throws HeapError `double_free`, `interior_address`, `metadata_address`, `foreign_address`,
   * `wild_address`: what the address is, if not that of a live block
   */
  free(address: number): void {
    const block = checkAddress('free', address);
    let status;
    try {
      status = this.#core.allot_free(this.#image, block);
    } catch (error) {
      throw trapError(error, 'free');
    }
    if (status !== 0) throw coreError(status, `free(${block})`, block);
  }

  /**
   * The size of a live block in bytes: the requested one where the heap records it (see
   * {@link HeapOptions.recordSizes}), else the usable one.
   *
   * @throws HeapError as {@link Heap.free}
   */
  sizeof(address: number): number {
    const block = checkAddress('sizeof', address);
    const requested = this.#ask(() => this.#core.allot_requested_size(this.#image, block), 'sizeof');
    if (requested >= 0) return requested;
    return this.#sizeFrom(
      this.#ask(() => this.#core.allot_usable_size(this.#image, block), 'sizeof'),
      `sizeof(${block})`,
      block,
    );
  }

  /**
   * The bytes that a live block really has: at least as many as were asked for, and all of them
   * may be used.
   *
   * @throws HeapError as {@link Heap.free}
   */
  usableSize(address: number): number {
    const block = checkAddress('usableSize', address);
    const bytes = this.#ask(() => this.#core.allot_usable_size(this.#image, block), 'usableSize');
    return this.#sizeFrom(bytes, `usableSize(${block})`, block);
  }

  /**
   * The bytes that a live block was asked for.
   *
   * @throws HeapError as {@link Heap.free}, and `not_recorded` when the heap does not remember
   */
  requestedSize(address: number): number {
    const block = checkAddress('requestedSize', address);
    const bytes = this.#ask(() => this.#core.allot_requested_size(this.#image, block), 'requestedSize');
    return this.#sizeFrom(bytes, `requestedSize(${block})`, block);
  }

  // ── The heap as a whole ───────────────────────────────────────────────────────────────────────

  /**
   * Walks all of the managed memory in address order, free neighbours joined into one. What the
   * iterator has not reached yet may change meanwhile, and is told as it is when it is reached: to
   * free each block as it comes is fine.
   */
  blocks(): IterableIterator<Block> {
    return walk(this.#core, this.#image);
  }

  /** All figures, as a plain object. Some are found by walking the heap. */
  stats(): HeapStatistics {
    return readStatistics(this.#core, this.#image);
  }

  /**
   * One figure of {@link Heap.stats}: costs nothing worth mentioning for those that say so.
   *
   * @throws TypeError `invalid_option` for a name that is none
   */
  stat(name: StatisticName): number {
    if (!isStatisticName(name)) {
      throw makeError('invalid_option', 'stat', 'no such figure');
    }
    return readStatistic(this.#core, this.#image, name);
  }

  /**
   * Checks every invariant of the heap. Costs time in proportion to the memory it manages.
   *
   * @throws HeapError `corrupt_image`, with the number of the first invariant found broken
   */
  validate(): void {
    this.#ask(() => {
      requireSound('validate', this.#core, this.#image);
    }, 'validate');
  }

  /** Merges all free neighbours at once, which otherwise happens little by little. */
  merge(): void {
    this.#ask(() => {
      this.#core.allot_merge(this.#image);
    }, 'merge');
  }

  /**
   * Takes a span of the memory out of the heap's hands: a module's data, say, that is to be placed
   * there. No block is placed in it until {@link Heap.unreserve}. Its bounds are rounded outward to
   * multiples of 16.
   *
   * May grow the memory, when the span lies beyond what the heap has taken so far.
   *
   * @param begin first address
   * @param end address after the last
   * @throws RangeError `invalid_span`, `out_of_memory`
   * @throws HeapError `span_in_use`
   */
  reserve(begin: number, end: number): void {
    const first = checkBound('reserve', 'begin', begin);
    const last = checkBound('reserve', 'end', end);
    const status = this.#ask(() => this.#core.allot_reserve(this.#image, first, last), 'reserve');
    if (status !== 0) throw coreError(status, `reserve(${first}, ${last})`, first);
  }

  /**
   * Gives a reserved span back to the heap.
   *
   * @param begin the first address, as it was reserved
   * @throws RangeError `invalid_span` when no reserved span begins there
   */
  unreserve(begin: number): void {
    const first = checkBound('unreserve', 'begin', begin);
    const status = this.#ask(() => this.#core.allot_unreserve(this.#image, first), 'unreserve');
    if (status !== 0) throw coreError(status, `unreserve(${first})`, first);
  }

  /**
   * The most bytes that may be live at once; `Infinity` for no limit. A request beyond it is
   * refused with a `RangeError` (`quota_exceeded`). Set below what is live already, it refuses
   * every request until enough is freed.
   */
  get quota(): number {
    const bytes = this.stat('quota');
    return bytes > Number.MAX_SAFE_INTEGER ? Infinity : bytes;
  }

  set quota(bytes: number) {
    const most = checkLimit('quota', 'bytes', bytes);
    const status = this.#ask(() => this.#core.allot_set_quota(this.#image, coreLimit(most)), 'quota');
    if (status !== 0) throw coreError(status, `quota = ${most}`);
  }

  /**
   * The address (in bytes) that the heap never grows beyond, whatever the memory's own maximum;
   * `Infinity` for no limit. Set below what the heap holds already, it only stops further growth.
   */
  get softMaximum(): number {
    const address = this.stat('maximum');
    return address >= addressLimit ? Infinity : address;
  }

  set softMaximum(address: number) {
    const most = checkLimit('softMaximum', 'address', address);
    const status = this.#ask(() => this.#core.allot_set_maximum(this.#image, coreLimit(most)), 'softMaximum');
    if (status !== 0) throw coreError(status, `softMaximum = ${most}`);
  }

  // ── Strings ───────────────────────────────────────────────────────────────────────────────────

  /**
   * Reads `byteLength` bytes at `byteOffset` as text. Malformed UTF-8 becomes U+FFFD; a byte order
   * mark and zeros are characters like any other. Never grows the memory.
   *
   * @throws RangeError `out_of_bounds`, `unsupported_encoding`
   */
  readString(byteOffset: number, byteLength: number, encoding: StringEncoding = 'utf8'): string {
    requireEncoding('readString', encoding);
    return decodeString('readString', this.memory.buffer, byteOffset, byteLength);
  }

  /**
   * Writes text at `byteOffset`: all of it, or, when it does not fit, nothing. Lone surrogates
   * become U+FFFD. Puts no zero behind it. Never grows the memory.
   *
   * @param capacity bytes that there are for it; default: all up to the end of the memory, which
   * may well reach beyond the block
   * @returns the number of bytes written
   * @throws RangeError `string_too_long` when it takes more than `capacity`, `out_of_bounds` when
   * the memory ends before, `unsupported_encoding`
   */
  writeString(
    byteOffset: number,
    text: string,
    encoding: StringEncoding = 'utf8',
    capacity?: number,
  ): number {
    requireType('writeString', 'text', text, 'string');
    requireEncoding('writeString', encoding);
    return writeEncoded('writeString', this.memory.buffer, byteOffset, text, capacity);
  }

  /**
   * Allocates a block and writes text into it, with a zero behind it as C wants it.
   *
   * May grow the memory.
   *
   * @throws RangeError as {@link Heap.malloc}, and `unsupported_encoding`
   */
  allocString(text: string, encoding: StringEncoding = 'utf8'): AllocatedString {
    requireType('allocString', 'text', text, 'string');
    requireEncoding('allocString', encoding);
    const bytes = encodeString(text);
    const byteOffset = this.malloc(bytes.length + 1);
    const memory = new Uint8Array(this.memory.buffer);
    memory.set(bytes, byteOffset);
    memory[byteOffset + bytes.length] = 0;
    return { byteOffset, byteLength: bytes.length };
  }

  // ── Inside ────────────────────────────────────────────────────────────────────────────────────

  /** Runs a call of the core; a trap in it becomes a `HeapError`. The hot calls do it in place. */
  #ask<Result>(call: () => Result, operation: string): Result {
    try {
      return call();
    } catch (error) {
      throw trapError(error, operation);
    }
  }

  /** The core gives sizes as numbers from 0 up, errors as their negative numbers. */
  #sizeFrom(bytes: number, operation: string, address: number): number {
    if (bytes < 0) throw coreError(-bytes, operation, address);
    return bytes;
  }
}
