// Purpose: what every heap can do, whoever allocates in it: class Heap without the ways to make one. Apart
//          from it so that a program which only adopts a foreign allocator need not carry allot's own.
// Floor:   door js.

import { requireBounds, type BufferSource } from './access.js';
import { AdoptedAllocator, partsOf, type AdoptOptions } from './adopt.js';
import type { Allocator, Shortage, Supplied } from './allocator.js';
import {
  addressLimit,
  checkBound,
  checkLimit,
  describe,
  wholeNumber,
  wrongType,
} from './arguments.js';
import { HeapAtomics } from './atomics.js';
import { isAgentNumber, mostAgents, type HeapAgent } from './agents.js';
import type { Block } from './blocks.js';
import type { DebugLayers } from './debug/layers.js';
import type { MapOptions } from './debug/map.js';
import type { HeapReport } from './debug/report.js';
import { noDebugging, type Debugging, type DebugSettings } from './debug/settings.js';
import type { SnapshotOptions } from './debug/snapshot.js';
import type { DebugTools } from './debug/tools.js';
import type { TraceOptions, TraceRecorder } from './debug/trace-recorder.js';
import { HeapError, makeError } from './errors.js';
import {
  Events,
  type HeapEventHandler,
  type HeapEventType,
  type OutOfMemoryHook,
  type OutOfMemoryInfo,
} from './events.js';
import type { ElementArrays } from './generated/elements.js';
import { NumberAccess } from './generated/numbers.js';
import type { HeapStatistics } from './generated/statistics.js';
import type { GuestError } from './guest-error.js';
import { isMemory, isShared } from './instance.js';
import { forEachOrThrow, freeForGood, Lifetimes, requireToken } from './lifetimes.js';
import { maker, notByHand, type Maker } from './maker.js';
import { maximumOf } from './memory-limits.js';
import type { Layout } from './layout/layout.js';
import type { Descriptor } from './layout/types.js';
import type { ImagePlace } from './module.js';
import { NewArena, type Arena, type ArenaOptions } from './arena.js';
import type { LoadOptions } from './modules/load-options.js';
import type { LoadedModule } from './modules/loaded-module.js';
import type { HeapImports, ModuleLoader } from './modules/loader.js';
import type { ModuleBytes, ModuleSource } from './modules/source.js';
import type { BoundInstance } from './moving/bound-instance.js';
import type { BoundImports } from './moving/imports.js';
import type { Movable } from './moving/movable.js';
import type { Mover } from './moving/mover.js';
import type { OpenHeap } from './open.js';
import {
  allocOptionNames,
  readTag,
  requireAllocOptions,
  readTracking,
  requireObject,
  tagOptionNames,
  type AllocOptions,
  type ArrayAllocOptions,
  type TagOptions,
} from './options.js';
import { codeOf, inspectKey } from './refs/inspect.js';
import { refAt } from './refs/make-ref.js';
import type { Relocatable } from './relocatable/relocatable.js';
import type { RelocatableHost, Relocatables } from './relocatable/relocatables.js';
import type { Life, Place } from './refs/place.js';
import { Ref } from './refs/ref.js';
import type { Ticket, TicketHost } from './refs/ticket.js';
import type { StringRef } from './refs/string.js';
import { isStatisticName, readStatistic, statisticNames, type StatisticName } from './statistics.js';
import { NewScope, runScope, type Scope } from './scope.js';
import type { Sharers } from './sharing.js';
import type { SharingTools } from './sharing-tools.js';
import { leaksOf, Tracker, type Leak, type TrackedBlock, type Tracking } from './tracking.js';
import {
  layoutFor,
  type ArrayElementName,
  type ArrayOf,
  type InitOf,
  type RefTo,
  type RefType,
  type TypedArrayConstructor,
} from './types.js';
import type { EndingWorker, WatchOptions } from './watch.js';
import { allocArrayTyped, allocText, allocTyped, type BlockGiver } from './typed-blocks.js';
import {
  readText,
  readTerminated,
  textMemoryOf,
  writeText,
  type StringEncoding,
  type TextOptions,
} from './strings/strings.js';
import { noView } from './windows.js';

/** How to read a terminated text. */
export interface CStringOptions extends TextOptions {
  /** The most bytes to look at. */
  readonly maximum?: number | undefined;
}

const pageBytes = 65536;
const maximumPages = 65536;

/** How often the same request is tried again: a hook that always says yes must not stop the program. */
const mostAttempts = 1000;

/**
 * What every heap can do: see {@link Heap}, which is this with the ways to make one, and
 * {@link adopt}.
 */
export class HeapBase extends NumberAccess {
  /** The heap's own allocator, or the layers of debugging around it. */
  #allocator: Allocator;
  /** The heap's own allocator. */
  #base: Supplied;
  #layers: DebugLayers | undefined;
  readonly #tracker: Tracker;
  /** `undefined` for an adopted heap. */
  #open: OpenHeap | undefined;
  #atomics: HeapAtomics | undefined;
  #loader: ModuleLoader | undefined;
  #moverIfMade: Mover | undefined;
  #relocatables: Relocatables | undefined;
  readonly #texts = textMemoryOf(this);

  // What follows is made when it is first asked for. `#isWatched` says whether any of it needs to hear of
  // blocks that are handed out and taken back.
  #isWatched = false;
  #events: Events | undefined;
  #lifetimes: Lifetimes | undefined;
  #onoom: OutOfMemoryHook | undefined;
  /** The memory's length in bytes as those who listen to events know it. */
  #knownSize = 0;
  /** While the memory is moved: of what happens meanwhile is told afterwards. */
  #isMoving = false;
  /** While a shortage is dealt with. */
  #isShort = false;
  readonly #giver: BlockGiver = {
    heap: this,
    optionNames: allocOptionNames,
    give: (operation, layout, options) => this.#allocate(operation, layout, options),
  };

  /** @internal */
  protected constructor(by: Maker, source: BufferSource, allocator: Supplied, track: Tracking, open?: OpenHeap) {
    if (by !== maker) {
      const ways = 'create, attach, restore, fromInstance (each also with Sync) or adopt';
      throw notByHand('Heap', `a heap is made by Heap.${ways}`);
    }
    super(source);
    this.#tracker = new Tracker(track);
    this.#open = open;
    this.#allocator = allocator;
    this.#base = allocator;
    allocator.onShortage = (shortage) => this.#supply(shortage);
  }

  /**
   * A heap of this class over a foreign allocator.
   *
   * @internal
   */
  static over(operation: string, allocator: unknown, options: AdoptOptions): HeapBase {
    requireObject(operation, options, ['address', 'track']);
    const parts = partsOf(operation, allocator, options.address);
    const adopted = new AdoptedAllocator(parts);
    const heap = new this(maker, parts.source, adopted, readTracking(operation, options.track));
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
    const memory = this.#memoryIfAny();
    if (memory !== undefined) return memory;
    throw makeError('unsupported_operation', 'memory', 'the adopted allocator gave a buffer');
  }

  /** Where the heap keeps its records; `undefined` for an adopted heap, which keeps none. */
  get image(): ImagePlace | undefined {
    return this.#open?.place;
  }

  /**
   * Address of the heap's image in the memory, to hand to {@link Heap.attach} or to a module;
   * `undefined` when the image lies outside.
   */
  get imageAddress(): number | undefined {
    return this.#open?.place === 'inside' ? this.#open.image : undefined;
  }

  /**
   * What a guest with `liballot` was refused last: the code that its trap does not tell, and the address that it gave.
   * Of several agents it is the last one's. `undefined` when nothing was refused yet; with the image outside, which no
   * guest reaches; and for an adopted heap.
   */
  get guestError(): GuestError | undefined {
    return undefined; // class Heap has it: who only adopts has no guest of ours, and need not carry it
  }

  /**
   * This agent, as others know it who share the heap. All `Heap` objects that a thread makes of one memory
   * object are one agent. `undefined` where nobody can share the heap: in a plain memory, with the image outside,
   * and for an adopted heap.
   */
  get agent(): HeapAgent | undefined {
    const sharers = this.#open?.sharers;
    return sharers === undefined ? undefined : Object.freeze({ id: sharers.agent });
  }

  /** The agents that share the heap, by their numbers: those that were terminated, too, until they are reaped. */
  get agents(): readonly number[] {
    return this.#open?.sharers?.list() ?? [];
  }

  /**
   * Tells the heap that an agent is no more: its worker was terminated, wherever it was at that moment. What it
   * held of the heap's own is given back: its number, its free memory and, if it died inside a call, the lock; a block
   * that it was just allocating is freed. The blocks that it had allocated stay, for anybody to free. Once is enough,
   * whoever does it, and twice does no harm: its number is nobody else's afterwards. {@link Heap.watch} does it by itself.
   *
   * To reap an agent that is still at work damages the heap. Costs a look at all its pages.
   *
   * @param agent its number: what {@link Heap.agent} was there; `'joining'` for one that died inside
   * {@link Heap.attach} while nobody else is joining
   * @returns whether there was such an agent
   * @throws TypeError `unsupported_operation` where nobody can share the heap, and for this agent itself
   * @throws RangeError `invalid_number`
   * @throws HeapError `lock_held` when yet another agent holds the lock, and may have died
   */
  reap(agent: number | 'joining'): boolean {
    const sharers = this.#sharers('reap');
    return sharers.reap('reap', agent === 'joining' ? mostAgents : this.#otherAgent('reap', agent));
  }

  /**
   * Ends this agent's part in the heap: its free memory goes to the others, its blocks stay. This object and all others of
   * this thread over the same memory object then refuse whatever would change the heap (`not_attached`); attach anew to
   * go on. An agent that ends without it is to be reaped.
   *
   * @throws TypeError `unsupported_operation` where nobody can share the heap
   * @throws HeapError `lock_held`
   */
  detach(): void {
    this.#sharers('detach').leave('detach');
  }

  /**
   * Waits for the end of an agent and reaps it. In Node, Deno and Bun give the worker, of `node:worker_threads`; it is
   * its event `exit` that tells. Browsers tell nobody when a worker ends, but they release its Web Locks: there the
   * agent calls {@link Heap.announce} first, and this one needs no worker.
   *
   * @param agent its number: what {@link Heap.agent} was there
   * @returns when it has ended: whether it was reaped by this call
   * @throws TypeError `unsupported_operation` as {@link Heap.reap}; where there are no Web Locks and no worker is given;
   * for an agent that has not announced itself, or has ended since
   */
  async watch(agent: number, worker?: EndingWorker, options: WatchOptions = {}): Promise<boolean> {
    const sharers = this.#sharers('watch');
    requireObject('watch', options, ['signal']);
    const other = this.#otherAgent('watch', agent);
    if (!sharers.list().includes(other)) return false;
    await this.#sharingTools('watch').ended('watch', this.#lifeName(other), worker, options);
    return sharers.reap('watch', other);
  }

  /**
   * Takes a Web Lock and keeps it for as long as this agent lives, so that others can {@link Heap.watch} it.
   *
   * @throws TypeError `unsupported_operation` where nobody can share the heap, and where there are no Web Locks
   */
  async announce(): Promise<void> {
    await this.#sharingTools('announce').holdForLife('announce', this.#lifeName(this.#sharers('announce').agent));
  }

  #sharers(operation: string): Sharers {
    const sharers = this.#open?.sharers;
    if (sharers !== undefined) return sharers;
    throw makeError('unsupported_operation', operation, 'only one agent can use this heap');
  }

  #otherAgent(operation: string, agent: unknown): number {
    const id = wholeNumber(operation, 'agent', agent);
    if (!isAgentNumber(id)) return Infinity;
    if (id !== this.#sharers(operation).agent) return id;
    throw makeError('unsupported_operation', operation, 'it is this agent itself');
  }

  /** The name of the lock that an agent holds for as long as it lives. */
  #lifeName(agent: number): string {
    const { memory, image } = this.#open as OpenHeap;
    return `allot/${this.#sharingTools('watch').identityOf(memory, image)}/${agent}`;
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
  malloc(byteLength: number, options?: AllocOptions): number {
    if (options !== undefined) this.#checkOptions('malloc', options, allocOptionNames);
    const address = this.#allocator.malloc(byteLength);
    if (this.#isWatched || !this.#tracker.isIdle) this.#handedOut(address, byteLength, options);
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
  calloc(count: number, byteLength = 1, options?: AllocOptions): number {
    if (options !== undefined) this.#checkOptions('calloc', options, allocOptionNames);
    const address = this.#allocator.calloc(count, byteLength);
    if (this.#isWatched || !this.#tracker.isIdle) this.#handedOut(address, count * byteLength, options);
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
    const known = this.#tracker.byteLengthAt(address);
    const moved =
      this.#relocatables === undefined
        ? this.#allocator.realloc(address, byteLength, known)
        : this.#relocatables.whilePinned(address, () => this.#allocator.realloc(address, byteLength, known));
    if (!this.#tracker.isIdle) this.#tracker.resized(address, moved, byteLength);
    this.#relocatables?.resized(address, moved, byteLength, this.#tracker.lifeAt(moved));
    if (this.#isWatched) {
      if (moved !== address) this.#lifetimes?.moved(address, moved);
      this.#noticeGrowth();
    }
    return moved;
  }

  /**
   * As {@link Heap.malloc}, at a multiple of `alignment`.
   *
   * @param alignment any power of two; below 16 it is 16
   * @throws RangeError as `malloc`, and `invalid_alignment`
   */
  alignedAlloc(alignment: number, byteLength: number, options?: AllocOptions): number {
    if (options !== undefined) this.#checkOptions('alignedAlloc', options, allocOptionNames);
    const address = this.#allocator.alignedAlloc(alignment, byteLength);
    if (this.#isWatched || !this.#tracker.isIdle) this.#handedOut(address, byteLength, options);
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
    this.#lifetimes?.untie(block);
    this.#relocatables?.freed(block);
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
  alloc<const Type extends TypedArrayConstructor>(type: Type, init: number | InitOf<Type>, options?: AllocOptions): RefTo<Type>;
  alloc<const Type extends Descriptor>(type: Type, init?: InitOf<Type>, options?: AllocOptions): RefTo<Type>;
  alloc(type: RefType, init?: unknown, options?: AllocOptions): Ref {
    return allocTyped(this.#giver, 'alloc', type, init, options);
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
    return allocArrayTyped(this.#giver, 'allocArray', type, init, options) as unknown as RefTo<ArrayOf<Type>>;
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
    if (options !== undefined) requireObject('ref', options, ['byteStride']);
    const layout = layoutFor('ref', type, length, options?.byteStride);
    requireBounds('ref', byteOffset, layout.byteLength, this.source.buffer);
    return refAt(layout, { heap: this, life: this.#tracker.lifeAt(byteOffset), byteOffset, isOwner: true });
  }

  /**
   * A ref as plain data, to be sent (`postMessage`) to another agent that shares the heap, or to another `Heap`
   * object of this one: {@link Heap.open} makes a ref of it there. Nothing is transferred but the knowledge: agree
   * on who frees the block.
   *
   * @param ref of a whole block
   * @throws HeapError `freed_ref`, `another_heap`; as {@link Heap.free} when no live block begins there
   * @throws TypeError `unsupported_operation` for a part of another ref, with the image outside, and for an adopted
   * heap; `wrong_type`
   */
  ticket(ref: Ref): Ticket {
    if (!(ref instanceof Ref)) throw wrongType('ticket', 'ref', ref, 'a ref');
    return this.#sharingTools('ticket').makeTicket('ticket', this.#ticketHost('ticket'), ref);
  }

  /**
   * The ref that a {@link Heap.ticket} stands for. Whatever the ticket says is checked: that it is for this heap, and
   * that the block is there, as long as it was. (Whether it was freed and a block of the same length allocated there
   * since, cannot be told.)
   *
   * @throws TypeError `malformed_ticket`; `wrong_type` when it is for another type; `unsupported_operation` as
   * {@link Heap.ticket}
   * @throws HeapError `another_heap`, `freed_ref`
   */
  open(ticket: Ticket): Ref;
  /**
   * The same for a ticket that must be for a ref of this type; one for anything else is refused.
   *
   * @param type any way to describe the type, an array's length included, but for a typed array's constructor
   */
  open<const Type extends RefType>(ticket: Ticket, type: Type): RefTo<Type>;
  open(ticket: Ticket, type?: RefType): Ref {
    return this.#sharingTools('open').openTicket('open', this.#ticketHost('open'), ticket, type);
  }

  /**
   * What agents that share a heap need of it. A program that only adopts need not carry it, so that it comes with
   * {@link Heap}.
   *
   * @internal
   */
  get sharingTools(): SharingTools | undefined {
    return undefined;
  }

  #sharingTools(operation: string): SharingTools {
    const tools = this.sharingTools;
    if (tools !== undefined) return tools;
    throw makeError('unsupported_operation', operation, 'the allocator was adopted');
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
    try {
      return new type(buffer, byteOffset, length);
    } catch (cause) {
      throw noView('view', length, cause);
    }
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

  // ── Lifetimes ─────────────────────────────────────────────────────────────────────────────────

  /**
   * Makes a block weak: from now on it lives as long as `token`, and is freed when that has been
   * collected. Any number of blocks can live by one token. A ref can be the token of its own block:
   * then the block is freed when nobody has the ref any more, if that was not done before.
   *
   * The engine decides when it collects, and may never do it: this is a net under `free`, not in its
   * place. A weak block that the guest or another heap object is to free must be made strong first,
   * for what lies at its address afterwards may not be told from it.
   *
   * @param block its address, or a ref to it
   * @throws HeapError as {@link Heap.free}; `freed_ref`, `another_heap`
   * @throws TypeError `wrong_type` for a token that cannot be collected; `unsupported_operation` for a
   * part of another ref
   */
  weaken(block: number | Ref, token: WeakKey): void {
    const address = this.#ownBlock('weaken', block);
    this.#isWatched = true;
    this.#tie(address, requireToken('weaken', token));
  }

  /**
   * Makes a block strong: it lives until it is freed.
   *
   * @returns whether it was weak
   * @throws as {@link Heap.weaken}
   */
  strengthen(block: number | Ref): boolean {
    const address = this.#ownBlock('strengthen', block);
    return this.#lifetimes?.untie(address) ?? false;
  }

  /** Whether a block lives by a token. */
  isWeak(block: number | Ref): boolean {
    const address = this.#ownBlock('isWeak', block);
    return this.#lifetimes?.isTied(address) ?? false;
  }

  /**
   * Frees the blocks whose tokens have been collected already. The engine tells of those only between
   * two tasks; a heap that runs out of memory calls this by itself.
   *
   * @returns how many
   */
  collect(): number {
    return this.#lifetimes?.collect() ?? 0;
  }

  /**
   * A place for `byteLength` bytes that may be used until something is allocated, freed or moved, by anybody:
   * for handing something to the guest and getting the answer back. Nothing is recorded, and there is
   * nothing to free.
   *
   * May grow the memory. Costs a {@link Heap.malloc} and a `free`.
   *
   * @returns its address, a multiple of 16
   * @throws RangeError as {@link Heap.malloc}
   * @throws TypeError `unsupported_operation` in a shared memory, where others allocate at any time
   */
  scratch(byteLength: number): number {
    const memory = this.#memoryIfAny();
    if (memory !== undefined && isShared(memory)) {
      throw makeError('unsupported_operation', 'scratch', 'other agents allocate in a shared memory at any time');
    }
    const address = this.#base.malloc(byteLength);
    // While it is a block: what a handler allocates must not lie in it.
    if (this.#isWatched) this.#noticeGrowth();
    this.#base.free(address);
    return address;
  }

  /**
   * Runs `fn` with a {@link Scope}, and then frees what was allocated through that: also when `fn`
   * throws, and for an async function when it is done. Without `fn` it gives the scope, for `using`.
   *
   * @returns what `fn` gives
   * @throws what `fn` throws; an `AggregateError` of that and what freeing the blocks throws (because {@link Heap.debug}
   * has found a fault), if both do
   */
  scope(): Scope;
  scope<Result>(fn: (scope: Scope) => Result): Result;
  scope<Result>(fn?: (scope: Scope) => Result): Result | Scope {
    if (fn !== undefined && typeof fn !== 'function') throw wrongType('scope', 'fn', fn, 'a function');
    const scope = new NewScope(maker, this);
    this.#madeLifetimes.neverCollected(scope);
    return fn === undefined ? scope : runScope(scope, fn);
  }

  /**
   * Makes an {@link Arena}: blocks one behind the other in large pieces of this heap, given up all
   * at once.
   *
   * @throws TypeError `wrong_type`, `invalid_option`
   */
  arena(options: ArenaOptions = {}): Arena {
    return new NewArena(
      maker,
      {
        heap: this,
        take: (byteLength, allocOptions, life) => {
          const byteOffset = this.#allocator.malloc(byteLength);
          return this.#placed(byteOffset, byteLength, allocOptions, life).byteOffset;
        },
        giveBack: (address) => {
          freeForGood(() => {
            this.free(address);
          });
        },
      },
      options,
    );
  }

  // ── Events ────────────────────────────────────────────────────────────────────────────────────

  /**
   * Has a handler told of events: `grow` and `resize` when the memory was grown, `trim` and `resize`
   * when {@link Heap.trim} has made it smaller, `oom` when a request cannot be met (before it fails).
   * Growth is told by the call that causes it, or, if the guest, another agent or `memory.grow` did
   * it, by the next call that allocates or comes upon it; {@link Heap.refresh} looks at once.
   *
   * Handlers may allocate. What they throw disturbs nobody; it goes to the console.
   *
   * @param handler lives as long as the heap; told once for each event, however often it is added
   * @throws TypeError `wrong_type`, `invalid_option`
   */
  on<Type extends HeapEventType>(type: Type, handler: HeapEventHandler<Type>): void;
  /**
   * The same, for as long as an object is there.
   *
   * @param token the object that the handler belongs to: when it has been collected, so is the handler.
   * The heap holds neither of them alive
   * @param handler told once for each event, however often it is added with the same token
   */
  on<Type extends HeapEventType>(type: Type, token: WeakKey, handler: HeapEventHandler<Type>): void;
  on(type: HeapEventType, ...rest: readonly unknown[]): void {
    this.#events ??= new Events();
    const wasEmpty = this.#events.isEmpty;
    if (rest.length < 2) this.#events.on('on', type, undefined, rest[0]);
    else this.#events.on('on', type, requireToken('on', rest[0]), rest[1]);
    if (wasEmpty) this.#knownSize = this.source.buffer.byteLength;
    this.#isWatched = true;
  }

  /**
   * Undoes {@link Heap.on}. Without a `handler`, all handlers of the token are removed.
   *
   * @throws TypeError `wrong_type`, `invalid_option`
   */
  off<Type extends HeapEventType>(type: Type, handler: HeapEventHandler<Type>): void;
  off<Type extends HeapEventType>(type: Type, token: WeakKey, handler?: HeapEventHandler<Type>): void;
  off(type: HeapEventType, ...rest: readonly unknown[]): void {
    this.#events ??= new Events();
    const [first, second] = rest;
    if (second === undefined && typeof first === 'function') this.#events.off('off', type, undefined, first);
    this.#events.off('off', type, requireToken('off', first), second);
  }

  /**
   * Called when a request cannot be met, after the heap has done for it what it can by itself (freed
   * the blocks of tokens that have been collected, given up the quarantine). It may free blocks or
   * raise {@link Heap.quota} or {@link Heap.softMaximum}, and gives `true` to have it tried again. What
   * it throws, the request throws. Called for a guest's calls, too, if it allocates by {@link Heap.imports};
   * not for what it asks for itself.
   */
  get onoom(): OutOfMemoryHook | undefined {
    return this.#onoom;
  }

  set onoom(hook: OutOfMemoryHook | undefined) {
    if (hook !== undefined && typeof hook !== 'function') throw wrongType('onoom', 'hook', hook, 'a function');
    this.#onoom = hook;
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
    return this.#tracked(readTag('tracked', filter, tagOptionNames));
  }

  #tracked(tag: string | undefined): TrackedBlock[] {
    const blocks = this.#tracker.list(tag);
    return this.#open === undefined ? blocks : blocks.filter(({ byteOffset }) => this.#isLive(byteOffset));
  }

  /**
   * Frees all blocks that {@link Heap.tracked} lists; or, with a `token`, all that live by it, tracked
   * or not: what an object's own `close` does that is the token of its blocks. If freeing one throws
   * (because {@link Heap.debug} has found a fault), so does this, when all are freed.
   *
   * @returns how many
   */
  freeAll(filter: AllocOptions = {}): number {
    requireAllocOptions('freeAll', filter, allocOptionNames);
    const { tag, token } = filter;
    if (token !== undefined) {
      if (tag !== undefined) throw makeError('invalid_option', 'freeAll', 'of tag and token one will do');
      const blocks = this.#lifetimes?.blocksOf(token) ?? [];
      forEachOrThrow(blocks, (address) => this.#freeDead(address));
      return blocks.length;
    }
    const blocks = this.#tracked(tag);
    forEachOrThrow(blocks, ({ byteOffset }) => this.#freeDead(byteOffset));
    return blocks.length;
  }

  /** The blocks that {@link Heap.tracked} lists, put together by tag and site, the most bytes first. */
  leaks(filter: TagOptions = {}): Leak[] {
    return leaksOf(this.#tracked(readTag('leaks', filter, tagOptionNames)));
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
    this.#loader ??= this.makeLoader(this.#base, this.#open);
    return this.#loader;
  }

  /**
   * What loads modules. A program that only adopts need not carry it, so that it comes with {@link Heap}.
   *
   * @internal
   */
  makeLoader(_allocator: Supplied, _open: OpenHeap | undefined): ModuleLoader {
    throw makeError('unsupported_operation', 'load', 'Heap.adopt makes a heap that can load modules; adopt does not');
  }

  // ── Debugging ─────────────────────────────────────────────────────────────────────────────────

  /**
   * What is watched: poison, quarantine, canaries; see {@link DebugOptions}. Set to `true` it is all
   * of that, to `false` nothing. May be changed at any time; off, it costs nothing. It is this object
   * that watches: what a guest or another heap object does is not seen.
   *
   * @throws TypeError `wrong_type`, `invalid_option`
   * @throws HeapError `use_after_free`, once for each block, when what has to leave the quarantine was
   * written to: then nothing has changed
   */
  get debug(): DebugSettings {
    return this.#layers?.settings ?? noDebugging;
  }

  set debug(debugging: Debugging) {
    this.#debugLayers('debug').configure('debug', debugging);
  }

  /**
   * Starts to record what this heap object is asked and what it gives, in a few bytes an operation;
   * see docs/trace-format.md. {@link readTrace} reads it, {@link replayTrace} does it again.
   *
   * @throws TypeError `wrong_type`, `invalid_option`
   */
  trace(options: TraceOptions = {}): TraceRecorder {
    return this.#debugLayers('trace').trace('trace', options);
  }

  /**
   * The memory and the heap in it as bytes to keep or to send: {@link Heap.restore} makes a heap of
   * them. Their format is in docs/snapshot-format.md. Other agents must be quiet until it is taken, or there may be no
   * sound heap in it. What is held in quarantine is given back first.
   *
   * @throws TypeError `wrong_type`, `invalid_option`; `unsupported_operation` for an adopted heap
   * @throws RangeError `out_of_memory`
   * @throws HeapError `use_after_free` when what was held in quarantine was written to
   */
  snapshot(options: SnapshotOptions = {}): Uint8Array<ArrayBuffer> {
    if (this.#open === undefined) throw makeError('unsupported_operation', 'snapshot', 'the allocator was adopted');
    const release = (): unknown => this.#layers?.release('snapshot');
    return this.#debugTools('snapshot').takeSnapshot('snapshot', this.#open, options, release);
  }

  /**
   * A picture of the memory in characters, for a terminal.
   *
   * @throws TypeError `wrong_type`, `invalid_option`; `unsupported_operation` for an adopted heap
   * @throws RangeError `invalid_number`, `invalid_span`, `size_too_large`
   */
  map(options: MapOptions = {}): string {
    return this.#debugTools('map').drawMap('map', this.#allocator, this.buffer.byteLength, options);
  }

  /** {@link Heap.stats}, how cut up the heap is, and which sizes its blocks have: for JSON. */
  report(): HeapReport {
    return this.#debugTools('report').makeReport(this.#allocator, this.buffer.byteLength);
  }

  /**
   * What debugging is made of: class Heap has it. A program that only calls {@link adopt} need not
   * carry it.
   *
   * @internal
   */
  get debugTools(): DebugTools | undefined {
    return undefined;
  }

  // ── Shrinking ─────────────────────────────────────────────────────────────────────────────────

  /**
   * Makes the memory smaller: gives back the pages behind the last block. WebAssembly cannot shrink a
   * memory, so the heap moves to a new one: {@link Heap.memory} is another object afterwards, and what is
   * bound ({@link Heap.bind}, {@link Heap.instantiate}) is put over it, in the order in which it was bound.
   * All blocks keep their addresses and bytes; see docs/shrinking.md. Then `trim` and `resize` are told.
   *
   * Costs the copying of what remains, and {@link Heap.merge}; little where there is nothing to give back.
   *
   * @returns how many pages (of 64 KiB) were given back; 0: nothing has changed
   * @throws RangeError `out_of_memory` when there is no room for the new memory: nothing has changed
   * @throws HeapError `module_in_use` while modules are loaded by {@link Heap.load}
   * @throws TypeError `unsupported_operation` for a shared memory and for an adopted heap, and inside a
   * `respawn` or {@link Heap.onoom}
   * @throws what a `respawn` throws, after all others have run: an `AggregateError` if there are several.
   * The heap has moved nevertheless
   */
  trim(): number {
    return this.#mover('trim').trim();
  }

  /**
   * Calls `spawn`, which makes an instance over {@link Heap.memory}, and `respawn` whenever
   * {@link Heap.trim} has put another memory in its place. Both have to be done when they return.
   *
   * If `spawn` gives an instance, or what one exports, and `respawn` does too, the exported mutable
   * globals, tables and other memories get what they held before. Whatever is written to the memory while
   * `respawn` runs is undone, but for blocks that are allocated meanwhile.
   *
   * @param respawn default: `spawn`
   * @returns what `spawn` gives
   * @throws TypeError `wrong_type`
   */
  bind<Result>(spawn: () => Result, respawn: () => unknown = spawn): Result {
    return this.#mover('bind').bind(spawn, respawn);
  }

  /** Undoes {@link Heap.bind}; gives whether there was anything to undo. */
  unbind(respawn: () => unknown): boolean {
    return this.#mover('unbind').unbind(respawn);
  }

  /**
   * Instantiates a module over this heap's memory, and again whenever {@link Heap.trim} has put another
   * memory in its place: with its globals, tables and other memories as they were, without running its
   * start function, and without writing its data a second time. Of a module that comes compiled, only what
   * it exports can be kept, and its start function runs.
   *
   * What it imports is looked for in `imports`, then in {@link Heap.imports}. Where `imports` has the
   * heap's memory, its functions, or what other instances of this heap export, the new instance gets what
   * has taken their place.
   *
   * @param source its bytes, what `fetch` gives, a compiled module, or a promise of these
   * @param imports or a function that gives them, called for each instance
   * @throws TypeError `invalid_module`, `missing_import`, `wrong_type`
   */
  async instantiate(source: ModuleSource, imports: BoundImports = {}): Promise<BoundInstance> {
    return this.#mover('instantiate').instantiate(source, imports);
  }

  /** As {@link Heap.instantiate}, at once. Some engines refuse to compile long modules so on a page's main thread. */
  instantiateSync(source: ModuleBytes, imports: BoundImports = {}): BoundInstance {
    return this.#mover('instantiateSync').instantiateSync(source, imports);
  }

  /**
   * Gives the whole free pages inside the memory back to the system, where the engine can do that
   * (`memory.discard` of the memory control proposal). The memory keeps its length; these pages are zero
   * afterwards, and take no room until they are used again.
   *
   * @returns how many bytes; 0 where the engine cannot
   * @throws TypeError `unsupported_operation` for an adopted heap
   */
  purge(): number {
    return this.#mover('purge').purge();
  }

  #mover(operation: string): Mover {
    this.#moverIfMade ??= this.makeMover(operation, this.#movable());
    return this.#moverIfMade;
  }

  /** What moving the heap needs of it; always as it is now. */
  #movable(): Movable {
    const heap = this;
    return {
      heap,
      get open() {
        return heap.#open;
      },
      get hasModules() {
        return heap.#loader?.isIdle === false;
      },
      get isShort() {
        return heap.#isShort;
      },
      get importsIfMade() {
        return heap.#loader?.importsIfMade;
      },
      release: (operation) => {
        heap.#layers?.release(operation);
      },
      rebase: (open, allocator) => {
        heap.rebase(open, allocator);
      },
      watch: (allocator = heap.#base, front = (inner: Allocator) => inner) => {
        if (heap.#layers === undefined) heap.#allocator = allocator;
        else heap.#layers.rebase(allocator);
        heap.#allocator = front(heap.#allocator);
      },
    };
  }

  /**
   * What moves the heap. A program that only adopts need not carry it, so that it comes with {@link Heap}.
   *
   * @internal
   */
  makeMover(operation: string, _movable: Movable): Mover {
    throw makeError('unsupported_operation', operation, 'Heap.adopt makes a heap that has it; adopt does not');
  }

  // ── Relocatable blocks ────────────────────────────────────────────────────────────────────────

  /**
   * Allocates a block that {@link Heap.compact} may move, for so many bytes or for a type: all of it zero
   * but for what `init` says. Whoever uses it asks for its address anew each time: JavaScript
   * the {@link Relocatable}, a guest the four bytes at its handle. See docs/relocatable.md.
   *
   * May grow the memory.
   *
   * @param init as for {@link Heap.alloc}; for a number of bytes, as many of them
   * @throws RangeError, TypeError as {@link Heap.alloc}
   * @throws TypeError `unsupported_operation` for a shared memory, where others would look at a block
   * while it moves, and for an adopted heap
   */
  allocRelocatable(byteLength: number, init?: Iterable<number>, options?: AllocOptions): Relocatable;
  allocRelocatable<const Type extends TypedArrayConstructor>(
    type: Type,
    init: number | InitOf<Type>,
    options?: AllocOptions,
  ): Relocatable<Type>;
  allocRelocatable<const Type extends Descriptor>(
    type: Type,
    init?: InitOf<Type>,
    options?: AllocOptions,
  ): Relocatable<Type>;
  allocRelocatable(type: number | RefType, init?: unknown, options?: AllocOptions): Relocatable<never> {
    return this.#relocatable('allocRelocatable').alloc('allocRelocatable', type, init, options);
  }

  /**
   * Slides relocatable blocks that are not pinned towards lower addresses, so that free memory comes
   * together: {@link Heap.trim} can then give back what is at the end. Their handles stay, their refs
   * end. Addresses of other blocks stay as they are.
   *
   * Blocks whose tokens were collected are freed first, and what is held in quarantine. Costs a walk
   * over the heap and the copying. Never grows the memory.
   *
   * @returns how many bytes were moved
   * @throws TypeError `unsupported_operation` for a shared memory, for an adopted heap, and while
   * {@link Heap.trim} is at work
   * @throws HeapError `use_after_free` when what was held in quarantine was written to
   */
  compact(): number {
    return this.#relocatable('compact').compact('compact');
  }

  #relocatable(operation: string): Relocatables {
    this.#relocatables ??= this.makeRelocatables(operation, {
      heap: this,
      open: () => this.#open,
      base: () => this.#base,
      front: () => this.#allocator,
      give: (asked, layout, options) => this.#allocate(asked, layout, options),
      moved: (from, to, byteLength) => {
        this.#tracker.resized(from, to, byteLength);
        this.#lifetimes?.moved(from, to);
        return this.#tracker.lifeAt(to);
      },
      tidy: (asked) => {
        this.collect();
        this.#layers?.release(asked);
      },
      isMoving: () => this.#isMoving,
    });
    return this.#relocatables;
  }

  /**
   * What keeps relocatable blocks. A program that only adopts need not carry it, so that it comes with
   * {@link Heap}.
   *
   * @internal
   */
  makeRelocatables(operation: string, _host: RelocatableHost): Relocatables {
    throw makeError('unsupported_operation', operation, 'the allocator was adopted');
  }

  // ── The heap as a whole ───────────────────────────────────────────────────────────────────────

  /**
   * Walks all of the managed memory in address order, free neighbours joined into one. What the
   * iterator has not reached yet may change meanwhile, and is told as it is when it is reached: to
   * free each block as it comes is fine. While other agents are at work, a block may be told twice, and one that
   * another agent has freed is live until its owner takes it in.
   */
  blocks(): IterableIterator<Block> {
    return this.#allocator.blocks();
  }

  /** All figures, as a plain object. Some are found by walking the heap. Exact while other agents are quiet. */
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
      throw makeError('invalid_option', 'stat', `there is no figure ${describe(name)}; there are ${statisticNames.join(', ')}`);
    }
    return this.#allocator.stat(name);
  }

  /**
   * Checks every invariant of the heap. Costs time in proportion to the memory it manages. While other agents are at
   * work it may find damage that is none.
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
    const before = this.#allocator.grow(pages);
    if (this.#isWatched) this.#noticeGrowth();
    return before;
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
   * The most bytes that may be live at once, each block in whole granules of 16; `Infinity` for no limit. A request beyond it is
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
    return allocText(this.#giver, 'allocString', init, encoding, options);
  }

  /** @internal */
  [inspectKey](): unknown {
    return #open in this ? this.#inOneLine() : this; // that is the prototype itself
  }

  // ── Inside ────────────────────────────────────────────────────────────────────────────────────

  /** Itself, for a console: see inspect.ts, which says what that may do. */
  #inOneLine(): string {
    const open = this.#open;
    const kind = open === undefined ? 'adopted' : open.sharers === undefined ? open.place : 'shared';
    const { addressType } = this.#base;
    const title = `Heap (${addressType === undefined ? kind : `${kind}, ${addressType}`}): `;
    try {
      const size = `${title}${this.buffer.byteLength} bytes`;
      if (open === undefined) return size;
      const { sharers, core, image } = open;
      // `stat` of a shared heap takes in first what other agents have freed.
      const figure = (name: StatisticName): number =>
        sharers === undefined ? this.#allocator.stat(name) : readStatistic(core, image, name);
      return `${size}, ${figure('live')} live in ${figure('blocks')} blocks`;
    } catch (error) {
      return title + codeOf(error);
    }
  }

  /** A block for a type, zeroed, and remembered so that its refs know when it is freed. */
  #allocate(operation: string, layout: Layout, options: AllocOptions | undefined): Place {
    if (options !== undefined) this.#checkOptions(operation, options);
    const { byteLength, alignment } = layout;
    const byteOffset =
      alignment <= 16 ? this.#allocator.calloc(1, byteLength) : this.#allocator.alignedAlloc(alignment, byteLength);
    if (alignment > 16) this.fill(byteOffset, byteLength);
    if (byteOffset % alignment !== 0) {
      this.#allocator.free(byteOffset);
      throw makeError('bad_allocator', operation, `it gave ${byteOffset}, no multiple of ${alignment}`, byteOffset);
    }
    return this.#placed(byteOffset, byteLength, options);
  }

  /** A block was handed out that is to know when it is freed. */
  #placed(byteOffset: number, byteLength: number, options: AllocOptions | undefined, life?: Life): Place {
    const shared = this.#tracker.allocated(byteOffset, byteLength, options?.tag, life);
    this.#relocatables?.freed(byteOffset);
    if (this.#isWatched || options?.token !== undefined) {
      this.#isWatched = true;
      this.#tie(byteOffset, options?.token);
    }
    return { heap: this, life: shared, byteOffset, isOwner: true };
  }

  #ticketHost(operation: string): TicketHost {
    const open = this.#open;
    if (open?.place !== 'inside') throw makeError('unsupported_operation', operation, 'only one object can use this heap');
    return {
      heap: this,
      identity: this.#sharingTools(operation).identityOf(open.memory, open.image),
      usableSize: (byteOffset) => this.#base.usableSize(byteOffset),
      placeAt: (byteOffset) => ({ heap: this, life: this.#tracker.lifeAt(byteOffset), byteOffset, isOwner: true }),
    };
  }

  #debugTools(operation: string): DebugTools {
    const tools = this.debugTools;
    if (tools !== undefined) return tools;
    throw makeError('unsupported_operation', operation, 'Heap.adopt, in the place of adopt, makes one that can');
  }

  #debugLayers(operation: string): DebugLayers {
    const { DebugLayers } = this.#debugTools(operation);
    this.#layers ??= new DebugLayers(this.#base, this, this.#open?.place !== 'outside', (allocator) => {
      this.#allocator = allocator;
    });
    return this.#layers;
  }

  #checkOptions(operation: string, options: AllocOptions, names?: readonly string[]): void {
    requireAllocOptions(operation, options, names);
    if (options.token !== undefined) this.#isWatched = true;
  }

  /** A block was handed out by its address. */
  #handedOut(address: number, byteLength: number, options: AllocOptions | undefined): void {
    if (!this.#tracker.isIdle) this.#tracker.handedOut(address, byteLength, options?.tag);
    this.#relocatables?.freed(address); // somebody else freed what was there
    if (this.#isWatched) this.#tie(address, options?.token);
  }

  /** A block begins at an address: whatever was there before, it now lives as long as the token, if there is one. */
  #tie(address: number, token: WeakKey | undefined): void {
    if (token === undefined) this.#lifetimes?.untie(address); // somebody else freed what was there
    else {
      this.#madeLifetimes.tie(address, token);
    }
    this.#noticeGrowth();
  }

  get #madeLifetimes(): Lifetimes {
    this.#lifetimes ??= new Lifetimes((dead) => {
      this.#freeDead(dead);
    });
    return this.#lifetimes;
  }

  /** Frees a block whose token was collected, unless somebody else has done it. */
  #freeDead(address: number): void {
    freeForGood(() => {
      try {
        this.free(address);
      } catch (error) {
        const code = error instanceof HeapError ? error.code : undefined;
        if (code !== 'double_free' && code !== 'interior_address' && code !== 'metadata_address') throw error;
        if (!this.#tracker.isIdle) this.#tracker.freed(address);
      }
    });
  }

  /** The address of a whole live block, given by it or by a ref. */
  #ownBlock(operation: string, block: number | Ref): number {
    let address = block as number;
    if (block instanceof Ref) {
      address = block.byteOffset;
      if (block.heap !== this) throw makeError('another_heap', operation, `it is at ${address}`, address);
      if (!block.isOwner) throw makeError('unsupported_operation', operation, 'it is a part of another ref', address);
    }
    // An adopted allocator cannot tell.
    if (this.#open === undefined) return checkBound(operation, 'block', address);
    try {
      this.#allocator.usableSize(address);
    } catch (error) {
      if (error instanceof HeapError) throw makeError(error.code, `${operation}(${address})`, '', address, { cause: error });
      throw error;
    }
    return address;
  }

  /** Tells of growth, whoever caused it, if there is somebody to tell. */
  #noticeGrowth(): void {
    const events = this.#events;
    if (events === undefined || this.#isMoving) return;
    const { byteLength } = this.source.buffer;
    if (byteLength > this.#knownSize) this.#tellResize('grow', this.#knownSize, byteLength);
  }

  #tellResize(type: 'grow' | 'trim', oldSize: number, newSize: number): void {
    this.#knownSize = newSize;
    const info = { oldSize, newSize, memory: this.#memoryIfAny(), buffer: this.source.buffer };
    this.#events?.tell({ type, info }, { type: 'resize', info });
  }

  /** Finds memory for a request that cannot be met. Gives whether to try again. */
  #supply({ code, byteLength, attempt }: Shortage): boolean {
    if (this.collect() > 0 || this.#layers?.release('malloc') === true) return true;
    // Who asks for memory from inside a handler has to do without.
    if (this.#isShort || (this.#onoom === undefined && this.#events === undefined)) return false;
    this.#isShort = true;
    try {
      const info = this.#shortageInfo(code, byteLength, attempt);
      if (attempt <= mostAttempts && this.#onoom?.(info) === true) return true;
      this.#events?.tell({ type: 'oom', info });
      return false;
    } finally {
      this.#isShort = false;
    }
  }

  #shortageInfo(code: OutOfMemoryInfo['code'], byteLength: number, attempt: number): OutOfMemoryInfo {
    const currentCapacity = Math.floor(this.source.buffer.byteLength / pageBytes);
    const memory = this.#memoryIfAny();
    const hard = (memory === undefined ? undefined : maximumOf(memory)) ?? maximumPages;
    const soft = this.#open === undefined ? Infinity : Math.floor(this.softMaximum / pageBytes);
    const requestCapacity = currentCapacity + Math.ceil(byteLength / pageBytes);
    return Object.freeze({
      code,
      byteLength,
      attempt,
      currentCapacity,
      requestCapacity,
      maximumCapacity: Math.min(hard, soft),
    });
  }

  #memoryIfAny(): WebAssembly.Memory | undefined {
    return this.#open?.memory ?? (isMemory(this.source) ? this.source : undefined);
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

  protected override renew(): void {
    super.renew();
    if (!this.#isWatched) return;
    this.#noticeGrowth();
    super.renew(); // a handler may have made it grow again
  }

  /**
   * The heap goes on in another memory, where all its blocks have the same addresses.
   *
   * @internal
   */
  rebase(open: OpenHeap, allocator: Supplied): void {
    this.source = open.memory;
    this.#open = open;
    allocator.onShortage = this.#base.onShortage;
    this.#base = allocator;
    if (this.#layers === undefined) this.#allocator = allocator;
    else this.#layers.rebase(allocator);
    // No module is loaded; what they import is of the old memory.
    this.#loader?.rebase(allocator, open);
    super.renew();
    this.#atomics?.refresh();
    this.#texts.refresh();
  }

  /**
   * Runs what moves the heap to another memory, or fails to: who listens is told of the memory's new
   * size afterwards, and of nothing in between. One move at a time.
   *
   * @internal
   */
  whileMoving<Result>(operation: string, move: () => Result): Result {
    if (this.#isMoving) throw makeError('unsupported_operation', operation, 'the heap is being moved');
    const { source } = this;
    const oldSize = source.buffer.byteLength;
    this.#isMoving = true;
    try {
      return move();
    } finally {
      this.#isMoving = false;
      this.#relocatables?.refresh();
      const newSize = this.source.buffer.byteLength;
      // Another memory of the same length is news, too: what was put over it may have made it grow again.
      const isNews = newSize !== oldSize || this.source !== source;
      if (isNews) this.#tellResize(newSize > oldSize ? 'grow' : 'trim', oldSize, newSize);
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
