// Purpose: what every heap can do, whoever allocates in it: class Heap without the ways to make one. Apart
//          from it so that a program which only adopts a foreign allocator need not carry allot's own.
// Floor:   door js.

import { requireBounds, type BufferSource } from './access.js';
import { AdoptedAllocator, partsOf, type AdoptOptions } from './adopt.js';
import type { Allocator } from './allocator.js';
import {
  addressLimit,
  checkBound,
  checkLimit,
  wholeNumber,
  wrongType,
} from './arguments.js';
import { HeapAtomics } from './atomics.js';
import type { Block } from './blocks.js';
import { HeapError, makeError } from './errors.js';
import type { ElementArrays } from './generated/elements.js';
import { NumberAccess } from './generated/numbers.js';
import type { HeapStatistics } from './generated/statistics.js';
import { isMemory } from './instance.js';
import { Assignment } from './layout/assignment.js';
import type { Layout } from './layout/layout.js';
import type { Descriptor } from './layout/types.js';
import type { ImagePlace } from './module.js';
import type { LoadOptions } from './modules/load-options.js';
import type { LoadedModule } from './modules/loaded-module.js';
import type { HeapImports, ModuleLoader } from './modules/loader.js';
import type { ModuleBytes, ModuleSource } from './modules/source.js';
import type { OpenHeap } from './open.js';
import {
  readTag,
  readTracking,
  requireObject,
  type AllocOptions,
  type ArrayAllocOptions,
  type TagOptions,
} from './options.js';
import { arrayOf, listOf } from './refs/draft.js';
import { refAt } from './refs/make-ref.js';
import type { Place } from './refs/place.js';
import { Ref } from './refs/ref.js';
import { StringRef } from './refs/string.js';
import { isStatisticName, type StatisticName } from './statistics.js';
import { leaksOf, Tracker, type Leak, type TrackedBlock, type Tracking } from './tracking.js';
import {
  elementOfArray,
  layoutFor,
  type ArrayElementName,
  type ArrayOf,
  type InitOf,
  type RefTo,
  type RefType,
  type TypedArrayConstructor,
} from './types.js';
import {
  PreparedText,
  readText,
  readTerminated,
  requireEncoding,
  textMemoryOf,
  unitBytes,
  writeText,
  type StringEncoding,
  type TextOptions,
} from './strings/strings.js';

/** How to read a terminated text. */
export interface CStringOptions extends TextOptions {
  /** The most bytes to look at. */
  readonly maximum?: number | undefined;
}

/**
 * What every heap can do: see {@link Heap}, which is this with the ways to make one, and
 * {@link adopt}.
 */
export class HeapBase extends NumberAccess {
  readonly #allocator: Allocator;
  readonly #tracker: Tracker;
  readonly #memory: WebAssembly.Memory | undefined;
  readonly #image: number | undefined;
  readonly #place: ImagePlace | undefined;
  readonly #open: OpenHeap | undefined;
  #atomics: HeapAtomics | undefined;
  #loader: ModuleLoader | undefined;
  readonly #texts = textMemoryOf(this);

  /** @internal */
  protected constructor(source: BufferSource, allocator: Allocator, track: Tracking, open?: OpenHeap) {
    super(source);
    this.#allocator = allocator;
    this.#tracker = new Tracker(track);
    this.#memory = open?.memory;
    this.#image = open?.place === 'inside' ? open.image : undefined;
    this.#place = open?.place;
    this.#open = open;
  }

  /**
   * A heap of this class over a foreign allocator.
   *
   * @internal
   */
  static over(operation: string, allocator: unknown, options: AdoptOptions): HeapBase {
    requireObject(operation, options);
    const parts = partsOf(operation, allocator, options.address);
    const adopted = new AdoptedAllocator(parts);
    const heap = new this(parts.source, adopted, readTracking(operation, options.track));
    adopted.onNewBuffer = () => {
      heap.refresh();
    };
    return heap;
  }

  /**
   * The memory that the heap manages.
   *
   * @throws TypeError `unsupported_operation` for an adopted heap that has only a buffer
   */
  get memory(): WebAssembly.Memory {
    if (this.#memory !== undefined) return this.#memory;
    if (isMemory(this.source)) return this.source;
    throw makeError('unsupported_operation', 'memory', 'the adopted allocator gave a buffer');
  }

  /** Where the heap keeps its records; `undefined` for an adopted heap, which keeps none. */
  get image(): ImagePlace | undefined {
    return this.#place;
  }

  /**
   * Address of the heap's image in the memory, to hand to {@link Heap.attach} or to a module;
   * `undefined` when the image lies outside.
   */
  get imageAddress(): number | undefined {
    return this.#image;
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
  malloc(byteLength: number, options?: TagOptions): number {
    const tag = options === undefined ? undefined : readTag('malloc', options);
    const address = this.#allocator.malloc(byteLength);
    if (!this.#tracker.isIdle) this.#tracker.handedOut(address, byteLength, tag);
    return address;
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
  calloc(count: number, byteLength = 1, options?: TagOptions): number {
    const tag = options === undefined ? undefined : readTag('calloc', options);
    const address = this.#allocator.calloc(count, byteLength);
    if (!this.#tracker.isIdle) this.#tracker.handedOut(address, count * byteLength, tag);
    return address;
  }

  /**
   * Makes a block larger or smaller, in place if it can, else by moving it. The bytes up to the
   * smaller of both sizes are kept. Asked for 0 bytes it keeps 16; it never frees. With the image
   * inside, `realloc(0, byteLength)` is `malloc(byteLength)`. Refs to a block that moves or becomes
   * shorter end as if it were freed.
   *
   * May grow the memory. Moving costs the copying.
   *
   * @returns the block's address, the same or a new one; when it is a new one, the old is free
   * @throws RangeError `out_of_memory`, `quota_exceeded`, `size_too_large`: the block is as before
   * @throws HeapError as {@link Heap.free}
   */
  realloc(address: number, byteLength: number): number {
    const moved = this.#allocator.realloc(address, byteLength, this.#tracker.byteLengthAt(address));
    if (!this.#tracker.isIdle) this.#tracker.resized(address, moved, byteLength);
    return moved;
  }

  /**
   * As {@link Heap.malloc}, at a multiple of `alignment`.
   *
   * @param alignment any power of two; below 16 it is 16
   * @throws RangeError as `malloc`, and `invalid_alignment`
   */
  alignedAlloc(alignment: number, byteLength: number, options?: TagOptions): number {
    const tag = options === undefined ? undefined : readTag('alignedAlloc', options);
    const address = this.#allocator.alignedAlloc(alignment, byteLength);
    if (!this.#tracker.isIdle) this.#tracker.handedOut(address, byteLength, tag);
    return address;
  }

  /**
   * Gives a block back, by its address or a ref to it. With the image inside, `free(0)` does
   * nothing. Never grows the memory.
   *
   * @throws HeapError `double_free`, `interior_address`, `metadata_address`, `foreign_address`,
   * `wild_address`: what the address is, if not that of a live block; `freed_ref`, `another_heap`
   */
  free(block: number | Ref): void {
    if (block instanceof Ref) {
      this.#freeRef(block);
      return;
    }
    this.#allocator.free(block);
    if (!this.#tracker.isIdle) this.#tracker.freed(block);
  }

  /**
   * The size of a live block in bytes: the requested one where the heap records it (see
   * {@link HeapOptions.recordSizes}), else the usable one.
   *
   * @throws HeapError as {@link Heap.free}
   */
  sizeof(address: number): number {
    return this.#allocator.sizeof(address);
  }

  /**
   * The bytes that a live block really has: at least as many as were asked for, and all of them
   * may be used.
   *
   * @throws HeapError as {@link Heap.free}
   */
  usableSize(address: number): number {
    return this.#allocator.usableSize(address);
  }

  /**
   * The bytes that a live block was asked for.
   *
   * @throws HeapError as {@link Heap.free}, and `not_recorded` when the heap does not remember
   */
  requestedSize(address: number): number {
    return this.#allocator.requestedSize(address);
  }

  // ── Typed blocks ──────────────────────────────────────────────────────────────────────────────

  /**
   * Allocates a block for a type and gives a ref to it. All of it is zero but for what `init` says.
   *
   * `heap.alloc(Int32Array, 1000)` an array by its length, `heap.alloc(Int32Array, [1, 2, 3])` or by
   * its elements; `heap.alloc('Float64', 0.5)` a number; `heap.alloc(Point, { x: 1 })` a struct, or
   * anything else that a {@link Descriptor} describes.
   *
   * May grow the memory.
   *
   * @throws RangeError as {@link Heap.malloc}, and what writing `init` throws; then nothing is
   * allocated
   * @throws TypeError `invalid_layout`, `wrong_type`
   */
  alloc<const Type extends RefType>(
    type: Type,
    ...[init, options]: Type extends TypedArrayConstructor
      ? [init: InitOf<Type>, options?: AllocOptions]
      : [init?: InitOf<Type> | undefined, options?: AllocOptions]
  ): RefTo<Type> {
    if (typeof type === 'function') return this.#allocArray('alloc', type, init, options) as unknown as RefTo<Type>;
    const layout = layoutFor('alloc', type, undefined, undefined);
    const value = init === undefined ? undefined : new Assignment(this, 'alloc', layout, init, 'init');
    const place = this.#allocate('alloc', layout, options);
    value?.write(place.byteOffset);
    return refAt(layout, place) as RefTo<Type>;
  }

  /**
   * As {@link Heap.alloc}, an array of any type.
   *
   * @param init its length, or its elements
   * @param options `byteStride`: bytes from one element to the next, at least as many as it has
   */
  allocArray<const Type extends RefType>(
    type: Type,
    init: number | Iterable<InitOf<Type>>,
    options?: ArrayAllocOptions,
  ): RefTo<ArrayOf<Type>> {
    return this.#allocArray('allocArray', type, init, options) as unknown as RefTo<ArrayOf<Type>>;
  }

  /**
   * A ref to what lies in the memory already: in a block that the guest allocated, say. With a
   * `length` (which a typed array's constructor needs), to an array of that many.
   *
   * To free it frees the block that begins there, if one does. That the block was freed by its
   * address is noticed if it was allocated as a ref or is tracked.
   *
   * @throws RangeError `out_of_bounds`, `invalid_number`
   * @throws TypeError `invalid_layout`, `wrong_type`
   */
  ref<const Type extends TypedArrayConstructor>(type: Type, byteOffset: number, length: number): RefTo<Type>;
  ref<const Type extends Descriptor>(type: Type, byteOffset: number): RefTo<Type>;
  ref<const Type extends Descriptor>(
    type: Type,
    byteOffset: number,
    length: number,
    options?: { readonly byteStride?: number | undefined },
  ): RefTo<ArrayOf<Type>>;
  ref(type: RefType, byteOffset: number, length?: number, options?: { readonly byteStride?: number | undefined }): Ref {
    const layout = layoutFor('ref', type, length, options?.byteStride);
    requireBounds('ref', byteOffset, layout.byteLength, this.source.buffer);
    return refAt(layout, { heap: this, life: this.#tracker.lifeAt(byteOffset), byteOffset, isOwner: true });
  }

  /**
   * A typed array on the memory as it is now, for immediate use: growing the memory leaves it
   * behind. {@link Heap.ref} gives what lasts.
   *
   * @throws RangeError `out_of_bounds`, `invalid_number`, `unaligned` when `byteOffset` is not a
   * multiple of the element's length
   */
  view<View extends ElementArrays[ArrayElementName]>(
    type: (new (buffer: ArrayBufferLike, byteOffset: number, length: number) => View) & {
      readonly BYTES_PER_ELEMENT: number;
    },
    byteOffset: number,
    length: number,
  ): View {
    // Not by its BYTES_PER_ELEMENT alone: JavaScriptCore's DataView has one, too.
    if (typeof type !== 'function' || !(type.BYTES_PER_ELEMENT > 0) || !('subarray' in type.prototype)) {
      throw wrongType('view', 'type', type, 'the constructor of a typed array');
    }
    const bytes = type.BYTES_PER_ELEMENT;
    wholeNumber('view', 'length', length);
    const { buffer } = this.currentView('view', byteOffset, length * bytes);
    if (byteOffset % bytes !== 0) {
      throw makeError('unaligned', 'view', `${byteOffset} for elements of ${bytes} bytes`, byteOffset);
    }
    return new type(buffer, byteOffset, length);
  }

  /** The operations of `Atomics`, on any address. */
  get atomics(): HeapAtomics {
    this.#atomics ??= new HeapAtomics(this);
    return this.#atomics;
  }

  override refresh(): void {
    super.refresh();
    this.#atomics?.refresh();
    this.#texts.refresh();
  }

  // ── Tracking ──────────────────────────────────────────────────────────────────────────────────

  /** What the heap remembers of the blocks that it hands out; see {@link Tracking}. May be changed. */
  get track(): Tracking {
    return this.#tracker.mode;
  }

  set track(mode: Tracking) {
    this.#tracker.mode = readTracking('track', mode);
  }

  /**
   * The blocks that were handed out by this object while {@link Heap.track} was on, and not given
   * back to it: in the order in which they were allocated. Blocks that the guest or another heap
   * object has freed meanwhile are left out, unless something else lies there now.
   *
   * @param filter `tag`: only those with this tag
   */
  tracked(filter: TagOptions = {}): TrackedBlock[] {
    const blocks = this.#tracker.list(readTag('tracked', filter));
    return this.#place === undefined ? blocks : blocks.filter(({ byteOffset }) => this.#isLive(byteOffset));
  }

  /**
   * Frees all blocks that {@link Heap.tracked} lists.
   *
   * @returns how many
   */
  freeAll(filter: TagOptions = {}): number {
    const blocks = this.tracked(filter);
    for (const { byteOffset } of blocks) this.free(byteOffset);
    return blocks.length;
  }

  /** The blocks that {@link Heap.tracked} lists, put together by tag and site, the most bytes first. */
  leaks(filter: TagOptions = {}): Leak[] {
    return leaksOf(this.tracked(filter));
  }

  // ── Modules ───────────────────────────────────────────────────────────────────────────────────

  /**
   * Loads a module into this heap's memory. A position-independent one (with a section `dylink.0`) is
   * given memory, a stack and slots of {@link Heap.table} wherever there is room. Of an ordinary one,
   * whose addresses are fixed, the data and the stack are found in its bytes and reserved.
   *
   * What it imports is looked for in `imports`, then in {@link Heap.imports}, then among the exports of
   * the modules loaded before. Its constructors are run. Loads are carried out in the order of the calls.
   *
   * May grow the memory.
   *
   * @param source its bytes, what `fetch` gives, a compiled module (a position-independent one, or with
   * the option `spans`), or a promise of these
   * @throws HeapError `module_clash` when another module, a block or the heap's own records lie where
   * an ordinary module's data or stack are to be: then nothing is reserved
   * @throws TypeError `invalid_module`, `missing_import`, `unsupported_memory`, `wrong_type`,
   * `invalid_option`
   * @throws RangeError as {@link Heap.malloc}
   */
  async load(source: ModuleSource, imports?: WebAssembly.Imports, options?: LoadOptions): Promise<LoadedModule> {
    return this.#modules.load(source, imports, options);
  }

  /** As {@link Heap.load}, at once. Some engines refuse to compile long modules so on a page's main thread. */
  loadSync(source: ModuleBytes, imports?: WebAssembly.Imports, options?: LoadOptions): LoadedModule {
    return this.#modules.loadSync(source, imports, options);
  }

  /** The modules that are loaded, in the order in which they were. */
  get modules(): readonly LoadedModule[] {
    return this.#modules.modules;
  }

  /** The table that position-independent modules put their functions in: a pointer to a function is its index. */
  get table(): WebAssembly.Table {
    return this.#modules.table;
  }

  /**
   * What a module imports to allocate in this heap: its `memory`, `malloc` and its family as C declares
   * them, and C++'s `operator new` and `delete` by their mangled names. `{ env: heap.imports }` is all
   * that many modules want; {@link Heap.load} gives it by itself.
   *
   * They return 0 where this class throws for lack of memory (`operator new` throws that); a bad address
   * throws a `HeapError` through the guest. A call from a guest does not pass through JavaScript.
   *
   * @throws TypeError `unsupported_operation` for an adopted heap
   */
  get imports(): HeapImports {
    return this.#modules.imports;
  }

  get #modules(): ModuleLoader {
    this.#loader ??= this.makeLoader(this.#allocator, this.#open);
    return this.#loader;
  }

  /**
   * What loads modules. A program that only adopts need not carry it, so that it comes with {@link Heap}.
   *
   * @internal
   */
  makeLoader(_allocator: Allocator, _open: OpenHeap | undefined): ModuleLoader {
    throw makeError('unsupported_operation', 'load', 'Heap.adopt makes a heap that can load modules; adopt does not');
  }

  // ── The heap as a whole ───────────────────────────────────────────────────────────────────────

  /**
   * Walks all of the managed memory in address order, free neighbours joined into one. What the
   * iterator has not reached yet may change meanwhile, and is told as it is when it is reached: to
   * free each block as it comes is fine.
   */
  blocks(): IterableIterator<Block> {
    return this.#allocator.blocks();
  }

  /** All figures, as a plain object. Some are found by walking the heap. */
  stats(): HeapStatistics {
    return this.#allocator.stats();
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
    return this.#allocator.stat(name);
  }

  /**
   * Checks every invariant of the heap. Costs time in proportion to the memory it manages.
   *
   * @throws HeapError `corrupt_image`, with the number of the first invariant found broken
   */
  validate(): void {
    this.#allocator.validate();
  }

  /** Merges all free neighbours at once, which otherwise happens little by little. */
  merge(): void {
    this.#allocator.merge();
  }

  /**
   * Makes the memory `pages` pages (of 64 KiB) larger; the heap hands them out when it needs them.
   * (What is grown by `memory.grow` belongs to whoever grew it.)
   *
   * @returns the pages there were before, as `memory.grow` does
   * @throws RangeError `out_of_memory` when the memory, the engine or a limit refuses
   */
  grow(pages: number): number {
    return this.#allocator.grow(pages);
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
    this.#allocator.reserve(checkBound('reserve', 'begin', begin), checkBound('reserve', 'end', end));
  }

  /**
   * Gives a reserved span back to the heap.
   *
   * @param begin the first address, as it was reserved
   * @throws RangeError `invalid_span` when no reserved span begins there
   */
  unreserve(begin: number): void {
    this.#allocator.unreserve(checkBound('unreserve', 'begin', begin));
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
    this.#allocator.setQuota(checkLimit('quota', 'bytes', bytes));
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
    this.#allocator.setMaximum(checkLimit('softMaximum', 'address', address));
  }

  // ── Strings ───────────────────────────────────────────────────────────────────────────────────

  /**
   * Reads `byteLength` bytes at `byteOffset` as text. A byte order mark and zeros are characters
   * like any other. Never grows the memory.
   *
   * @param options `fatal: true` refuses malformed text, of which otherwise U+FFFD takes the place
   * @throws RangeError `out_of_bounds`, `unsupported_encoding`
   * @throws TypeError `malformed_text`
   */
  readString(
    byteOffset: number,
    byteLength: number,
    encoding: StringEncoding = 'utf8',
    options?: TextOptions,
  ): string {
    return readText('readString', this.#texts, byteOffset, byteLength, encoding, options);
  }

  /**
   * Writes text at `byteOffset`: all of it, or, when it does not fit, nothing. Puts no zero behind
   * it. Never grows the memory.
   *
   * @param capacity bytes that there are for it; default: all up to the end of the memory, which
   * may well reach beyond the block
   * @param options `fatal: true` refuses lone surrogates and characters that the encoding lacks
   * @returns the number of bytes written
   * @throws RangeError `string_too_long` when it takes more than `capacity`, `out_of_bounds` when
   * the memory ends before, `unsupported_encoding`
   * @throws TypeError `malformed_text`
   */
  writeString(
    byteOffset: number,
    text: string,
    encoding: StringEncoding = 'utf8',
    capacity?: number,
    options?: TextOptions,
  ): number {
    return writeText('writeString', this.#texts, byteOffset, text, encoding, capacity, false, options);
  }

  /**
   * Reads text up to its terminator: a zero of the encoding's unit (1, 2 or 4 bytes).
   *
   * @param options as for {@link Heap.readString}; `maximum`: the most bytes to look at, where
   * reading stops if no terminator came. Without it, there must be one before the memory's end
   * @throws RangeError `out_of_bounds`, `unsupported_encoding`
   * @throws TypeError `malformed_text`
   */
  readCString(byteOffset: number, encoding: StringEncoding = 'utf8', options?: CStringOptions): string {
    return readTerminated('readCString', this.#texts, byteOffset, options?.maximum, encoding, options);
  }

  /**
   * As {@link Heap.writeString}, with the terminator behind it, which counts towards `capacity`.
   *
   * @returns the number of bytes written, without the terminator
   */
  writeCString(
    byteOffset: number,
    text: string,
    encoding: StringEncoding = 'utf8',
    capacity?: number,
    options?: TextOptions,
  ): number {
    return writeText('writeCString', this.#texts, byteOffset, text, encoding, capacity, true, options);
  }

  /**
   * Allocates a block and writes text into it, with a terminator behind it as C wants it.
   *
   * May grow the memory.
   *
   * @param init the text; or how many bytes there are to be for one, with the terminator
   * @throws RangeError as {@link Heap.malloc}, and `unsupported_encoding`
   */
  allocString(
    init: string | { readonly byteLength: number },
    encoding: StringEncoding = 'utf8',
    options?: AllocOptions & TextOptions,
  ): StringRef {
    requireEncoding('allocString', encoding);
    const text = typeof init === 'string' ? new PreparedText('allocString', init, encoding, options) : undefined;
    const unit = unitBytes(encoding);
    let capacity: number;
    if (text !== undefined) capacity = text.byteLength + unit;
    else {
      if (typeof init !== 'object' || init === null) throw wrongType('allocString', 'init', init, 'a string or an object');
      capacity = Math.ceil(wholeNumber('allocString', 'byteLength', init.byteLength) / unit) * unit;
      if (capacity === 0) capacity = unit; // for the terminator
    }
    const layout = layoutFor('allocString', { string: encoding, byteLength: capacity }, undefined, undefined);
    const place = this.#allocate('allocString', layout, options);
    text?.write('allocString', this.#texts, place.byteOffset, true);
    return new StringRef(place, encoding, capacity, true, options);
  }

  // ── Inside ────────────────────────────────────────────────────────────────────────────────────

  /** An array of a typed array's elements, or of any type; `init` is its length or its elements. */
  #allocArray(operation: string, type: RefType, init: unknown, options: ArrayAllocOptions | undefined): Ref {
    const byteStride = options?.byteStride;
    if (typeof init === 'number') {
      const layout = layoutFor(operation, type, init, byteStride);
      return refAt(layout, this.#allocate(operation, layout, options));
    }
    if (typeof type !== 'function' || byteStride !== undefined) {
      const values = listOf(operation, init as Iterable<unknown>);
      const layout = layoutFor(operation, type, values.length, byteStride);
      const value = new Assignment(this, operation, layout, values, 'init');
      const place = this.#allocate(operation, layout, options);
      value.write(place.byteOffset);
      return refAt(layout, place);
    }
    // The elements of a typed array are many, and quickly checked.
    const element = elementOfArray(operation, type);
    const values = arrayOf(operation, element, init);
    const layout = layoutFor(operation, type, values.length, undefined);
    const place = this.#allocate(operation, layout, options);
    const view = this.view(element.array as unknown as typeof Int32Array, place.byteOffset, values.length);
    view.set(values as ArrayLike<number>);
    return refAt(layout, place);
  }

  /** A block for a type, zeroed, and remembered so that its refs know when it is freed. */
  #allocate(operation: string, layout: Layout, options: AllocOptions | undefined): Place {
    const tag = options === undefined ? undefined : readTag(operation, options);
    const { byteLength, alignment } = layout;
    const byteOffset =
      alignment <= 16 ? this.#allocator.calloc(1, byteLength) : this.#allocator.alignedAlloc(alignment, byteLength);
    if (alignment > 16) this.fill(byteOffset, byteLength);
    if (byteOffset % alignment !== 0) {
      this.#allocator.free(byteOffset);
      throw makeError('bad_allocator', operation, `it gave ${byteOffset}, no multiple of ${alignment}`, byteOffset);
    }
    const life = this.#tracker.allocated(byteOffset, byteLength, tag);
    return { heap: this, life, byteOffset, isOwner: true };
  }

  #freeRef(ref: Ref): void {
    if (ref.heap !== this) {
      const { byteOffset } = ref;
      throw makeError('another_heap', 'free', `it is at ${byteOffset}`, byteOffset);
    }
    ref.free();
  }

  #isLive(address: number): boolean {
    try {
      this.#allocator.usableSize(address);
      return true;
    } catch (error) {
      if (error instanceof HeapError && error.code !== 'corrupt_image') return false;
      throw error;
    }
  }

  /**
   * Whether a view on a buffer is still good, as far as this heap has looked.
   *
   * @internal
   */
  isCurrent(buffer: ArrayBufferLike): boolean {
    return buffer === this.dataView.buffer;
  }
}
