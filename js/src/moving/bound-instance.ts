/// <reference lib="esnext.disposable" preserve="true" />
// Purpose: an instance that goes along when its heap moves to another memory: there is a new one of the same
//          module then, with the state of the old one.
// Floor:   door js.

import { dispose } from '../dispose.js';
import { makeError } from '../errors.js';
import { maker, notByHand, type Maker, type New } from '../maker.js';
import { instantiateError } from '../modules/prepared.js';
import type { InstanceImports } from './imports.js';
import type { Lineage } from './lineage.js';
import { InstanceState, TableContents, type Things } from './state.js';

/** A module in its two forms; see reach.ts. */
export interface BoundModule {
  readonly operation: string;
  readonly first: WebAssembly.Module;
  readonly again: WebAssembly.Module;
  /** What the names of exports begin with that are nobody else's business; `undefined`: there are none. */
  readonly prefix: string | undefined;
  /** How many pages its memory must have, as far as that is known. */
  readonly leastPages: number;
}

/** What an instance needs of its heap. */
export interface Binder {
  readonly lineage: Lineage;
  readonly memory: () => WebAssembly.Memory | undefined;
  readonly unbind: (instance: BoundInstance) => void;
}

/**
 * An instance that {@link Heap.instantiate} made. When {@link Heap.trim} puts the heap into another memory,
 * the module is instantiated anew over that, and the state of the old instance is put into the new one.
 */
export class BoundInstance {
  /**
   * What the instance exports: this object stays the same, and its properties are always those of the
   * instance of now. Do not keep what you read from it: `const { f } = bound.exports` stays with the
   * old memory.
   */
  readonly exports: WebAssembly.Exports;
  readonly #module: BoundModule;
  readonly #imports: InstanceImports;
  readonly #binder: Binder;
  #instance: WebAssembly.Instance | undefined;
  #things: Things = {};
  #first = new TableContents({});
  #isBound = true;
  /** Why there is no instance. */
  #failure: unknown;

  private constructor(by: Maker, module: BoundModule, imports: InstanceImports, binder: Binder) {
    if (by !== maker) throw notByHand('BoundInstance', 'heap.instantiate makes one');
    this.#module = module;
    this.#imports = imports;
    this.#binder = binder;
    this.#put(module.first);
    this.exports = this.#liveExports();
  }

  /** The module. Of one that was given as bytes, it also exports what keeps its state reachable. */
  get module(): WebAssembly.Module {
    return this.#module.first;
  }

  /** The instance of now. */
  get instance(): WebAssembly.Instance {
    if (!this.#isBound) throw makeError('unsupported_operation', 'instance', 'it was disposed of');
    if (this.#instance !== undefined) return this.#instance;
    const detail = 'it could not be instantiated over the memory that the heap was moved to';
    throw makeError('unsupported_operation', 'instance', detail, undefined, { cause: this.#failure });
  }

  /** Whether it still goes along with the heap. */
  get isBound(): boolean {
    return this.#isBound;
  }

  /** It is not needed any more, and is not instantiated again. Its exports throw from now on. */
  dispose(): void {
    this.#isBound = false;
    this.#binder.unbind(this);
  }

  /** As {@link BoundInstance.dispose}: `using bound = heap.instantiateSync(…)`. */
  [dispose](): void {
    this.dispose();
  }

  /**
   * How many pages its memory must have.
   *
   * @internal
   */
  get leastPages(): number {
    return this.#module.leastPages;
  }

  /**
   * Whether nobody's code runs, and nothing is written to the heap, when it is put over another memory.
   *
   * @internal
   */
  get isQuiet(): boolean {
    return this.#module.prefix !== undefined && !this.#imports.isMade;
  }

  /**
   * Puts it over the memory that the heap is in now.
   *
   * @param heapMemory the memory that the heap has left
   * @returns what is to be done when all others have been put there, too
   * @internal
   */
  respawn(heapMemory: WebAssembly.Memory): () => void {
    const { lineage, memory } = this.#binder;
    const [things, first] = [this.#things, this.#first];
    const state = new InstanceState(things, first, heapMemory);
    this.#instance = undefined;
    try {
      this.#put(this.#module.again);
      return state.restore(this.#module.operation, this.#things, this.#first, memory() ?? heapMemory, lineage);
    } catch (error) {
      // Next time it may succeed, with this state.
      [this.#things, this.#first] = [things, first];
      this.#instance = undefined;
      this.#failure = error;
      throw error;
    }
  }

  #put(module: WebAssembly.Module): void {
    const { imports, things } = this.#imports.get();
    const before = new TableContents(things);
    let instance;
    try {
      instance = new WebAssembly.Instance(module, imports);
    } catch (error) {
      throw instantiateError(error, this.#module.operation);
    }
    this.#things = { ...things, ...instance.exports };
    this.#first = new TableContents(this.#things, before);
    for (const thing of Object.values(instance.exports)) this.#binder.lineage.line(thing);
    this.#instance = instance;
  }

  #liveExports(): WebAssembly.Exports {
    const { first, prefix } = this.#module;
    const live = Object.create(null) as WebAssembly.Exports;
    for (const { name } of WebAssembly.Module.exports(first)) {
      if (prefix !== undefined && name.startsWith(prefix)) continue;
      Object.defineProperty(live, name, { enumerable: true, get: () => this.instance.exports[name] });
    }
    return Object.freeze(live);
  }
}

/** @internal */
export const NewBoundInstance = BoundInstance as unknown as New<
  [module: BoundModule, imports: InstanceImports, binder: Binder],
  BoundInstance
>;
