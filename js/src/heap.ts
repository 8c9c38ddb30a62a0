// Purpose: class Heap: the package's face. Here are the ways to make one; what it can do is in heap-base.ts.
// Floor:   door js.

import type { BufferSource } from './access.js';
import type { Adoptable, AdoptOptions } from './adopt.js';
import type { Supplied } from './allocator.js';
import { CoreAllocator } from './core.js';
import type { BytesLike } from './bytes-like.js';
import { restore, restoreSync, type RestoreOptions } from './debug/restore.js';
import { debugTools, type DebugTools } from './debug/tools.js';
import { guestErrorIn, type GuestError } from './guest-error.js';
import { HeapBase } from './heap-base.js';
import { maker, type Maker } from './maker.js';
import type { Movable } from './moving/movable.js';
import { Mover } from './moving/mover.js';
import { ModuleLoader } from './modules/loader.js';
import { heapOf } from './modules/of-instance.js';
import { attach, attachSync, create, createSync, type OpenHeap } from './open.js';
import { heapOptionNames, requireObject, type AttachOptions, type HeapOptions } from './options.js';
import { Relocatables, type RelocatableHost } from './relocatable/relocatables.js';
import { sharingTools, type SharingTools } from './sharing-tools.js';
import type { Tracking } from './tracking.js';

/**
 * A heap in a WebAssembly memory: hands out blocks of it, takes them back, and reads and writes
 * numbers and strings in it.
 *
 * Addresses and sizes are numbers of bytes; every address that is handed out is a multiple of 16.
 * Several `Heap` objects, wasm modules and native hosts can use one heap, one at a time, if its
 * image lies inside the memory, and several agents at once, if that is shared: the heap is what lies in the memory, not
 * this object.
 *
 * Methods that may grow the memory say so. Growth leaves every `ArrayBuffer`, `DataView` and typed
 * array on the memory behind; the methods of this class are not affected.
 *
 * Every method refuses addresses and sizes that are not whole numbers from 0 up: with a `TypeError`
 * (code `wrong_type`) when they are not numbers, else with a `RangeError` (`invalid_number`). A
 * method that throws has changed nothing, unless the image was found damaged (a `HeapError` with
 * code `corrupt_image`, which every method may throw): then the heap should not be used further.
 */
export class Heap extends HeapBase {
  // For the declarations: see maker.ts.
  private constructor(by: Maker, source: BufferSource, allocator: Supplied, track: Tracking, open?: OpenHeap) {
    super(by, source, allocator, track, open);
  }

  static #from(open: OpenHeap): Heap {
    return new Heap(maker, open.memory, new CoreAllocator(open), open.track, open);
  }

  /**
   * Makes a heap, in a new memory or in one that is given. A given memory keeps all that lies
   * outside the span that the heap may use; a heap that was there before is forgotten.
   *
   * May grow the memory (a memory of 0 pages has no room for an image).
   *
   * @throws RangeError `out_of_memory`, `invalid_span`, `invalid_policy`, `invalid_number`,
   * `size_too_large`
   * @throws TypeError `wrong_type`, `invalid_option`, `unsupported_memory`
   */
  static async create(options: HeapOptions = {}): Promise<Heap> {
    return Heap.#from(await create('Heap.create', options));
  }

  /**
   * As {@link Heap.create}, at once. The first call compiles the core, which takes a few
   * milliseconds and holds up the thread.
   */
  static createSync(options: HeapOptions = {}): Heap {
    return Heap.#from(createSync('Heap.createSync', options));
  }

  /**
   * Joins the heap that a guest, another instance or an earlier run keeps in a memory. Never grows
   * the memory. The cost is that of {@link Heap.validate} unless `validate` is `false`, plus, without
   * an `address`, that of searching the memory up to the image.
   *
   * @throws HeapError `not_a_heap`, `wrong_version`, `wrong_address_type`, `corrupt_image`
   * @throws TypeError `wrong_type`, `unsupported_memory`
   */
  static async attach(memory: WebAssembly.Memory, options: AttachOptions = {}): Promise<Heap> {
    return Heap.#from(await attach('Heap.attach', memory, options));
  }

  /** As {@link Heap.attach}, at once; as {@link Heap.createSync} it may have to compile the core. */
  static attachSync(memory: WebAssembly.Memory, options: AttachOptions = {}): Heap {
    return Heap.#from(attachSync('Heap.attachSync', memory, options));
  }

  /**
   * Makes a heap of what {@link Heap.snapshot} gave, in a new memory: here, in another agent, or in
   * another process. Whatever the bytes are, there is either a sound heap or an error.
   *
   * @throws HeapError `malformed_snapshot`; `not_a_heap`, `wrong_version`, `wrong_address_type`,
   * `corrupt_image` when there is no sound heap in it
   * @throws RangeError `out_of_memory`, `size_too_large`, `invalid_number`
   * @throws TypeError `wrong_type`, `invalid_option`, `unsupported_memory`
   */
  static async restore(bytes: BytesLike, options: RestoreOptions = {}): Promise<Heap> {
    return Heap.#from(await restore('Heap.restore', bytes, options));
  }

  /** As {@link Heap.restore}, at once; as {@link Heap.createSync} it may have to compile the core. */
  static restoreSync(bytes: BytesLike, options: RestoreOptions = {}): Heap {
    return Heap.#from(restoreSync('Heap.restoreSync', bytes, options));
  }

  /**
   * Adopts a foreign allocator: what this class does with numbers, texts, arrays, structs and refs,
   * in blocks that somebody else's `malloc` hands out. Takes an Emscripten module (built with
   * `-sEXPORTED_FUNCTIONS=_malloc,_free`), the exports of a module that has `memory`, `malloc` and
   * `free`, or any object with a memory or buffer and those two functions.
   *
   * What only allot's own allocator knows (`blocks`, `stats`, `validate`, `sizeof`, limits, spans) is
   * refused with a `TypeError` (`unsupported_operation`). `realloc` needs a `realloc`, or a block of
   * known length: one that was allocated as a ref, or with `track`. An answer of the allocator that
   * cannot be an address is a `HeapError` (`bad_allocator`), one of 0 a `RangeError`
   * (`out_of_memory`).
   *
   * @throws TypeError `wrong_type`, `invalid_option`
   */
  static adopt(allocator: Adoptable, options: AdoptOptions = {}): Heap {
    return this.over('Heap.adopt', allocator, options);
  }

  /**
   * The heap of an instance that has a memory of its own: joins the heap that a module linked with
   * liballot keeps there (it exports `allot_image`), adopts the allocator of one that exports `malloc`
   * and `free`, and otherwise makes a heap behind the module's data, from `__heap_base` on.
   *
   * @param instance an instance, or its exports
   * @param options as for {@link Heap.create}: `begin` for an instance without `__heap_base`, `memory`
   * for one that imports its memory; of a heap that is there already only `track` is looked at
   * @throws TypeError `wrong_type`, `invalid_option`
   */
  static async fromInstance(
    instance: WebAssembly.Instance | WebAssembly.Exports,
    options: HeapOptions = {},
  ): Promise<Heap> {
    const operation = 'Heap.fromInstance';
    requireObject(operation, options, heapOptionNames);
    const { track } = options;
    const found = heapOf(operation, instance, options.memory, options.begin);
    if (found.kind === 'adopt') return Heap.adopt(found.exports, { track });
    const { memory } = found;
    if (found.kind === 'attach') return Heap.#from(await attach(operation, memory, { address: found.address, track }));
    return Heap.#from(await create(operation, { ...options, memory, begin: found.begin }));
  }

  /** As {@link Heap.fromInstance}, at once; as {@link Heap.createSync} it may have to compile the core. */
  static fromInstanceSync(instance: WebAssembly.Instance | WebAssembly.Exports, options: HeapOptions = {}): Heap {
    const operation = 'Heap.fromInstanceSync';
    requireObject(operation, options, heapOptionNames);
    const { track } = options;
    const found = heapOf(operation, instance, options.memory, options.begin);
    if (found.kind === 'adopt') return Heap.adopt(found.exports, { track });
    const { memory } = found;
    if (found.kind === 'attach') return Heap.#from(attachSync(operation, memory, { address: found.address, track }));
    return Heap.#from(createSync(operation, { ...options, memory, begin: found.begin }));
  }

  /** @internal */
  override makeLoader(allocator: Supplied, open: OpenHeap | undefined): ModuleLoader {
    return new ModuleLoader(this, allocator, open);
  }

  /** @internal */
  override makeMover(_operation: string, movable: Movable): Mover {
    return new Mover(movable);
  }

  /** @internal */
  override makeRelocatables(_operation: string, host: RelocatableHost): Relocatables {
    return new Relocatables(host);
  }

  /** @internal */
  override get debugTools(): DebugTools | undefined {
    return debugTools;
  }

  /** @internal */
  override get sharingTools(): SharingTools | undefined {
    return sharingTools;
  }

  /** {@inheritDoc HeapBase.guestError} */
  override get guestError(): GuestError | undefined {
    const image = this.imageAddress;
    return image === undefined ? undefined : guestErrorIn(this.memory, image);
  }
}
