/// <reference lib="esnext.disposable" preserve="true" />
// Purpose: a module that was placed in a heap, and how it is taken out again.
// Floor:   door js.

import { wrongType } from '../arguments.js';
import { dispose } from '../dispose.js';
import { makeError } from '../errors.js';
import { maker, notByHand, type Maker, type New } from '../maker.js';
import type { MemoryRange } from './footprint.js';
import type { GotEntry } from './got.js';
import type { Holding } from './holding.js';
import type { Offer } from './exports.js';

/** The stack that a position-independent module was given. */
export interface ModuleStack {
  /** Its lowest address. */
  readonly byteOffset: number;
  readonly byteLength: number;
  /** Holds the address that it reaches down to now. */
  readonly pointer: WebAssembly.Global<'i32'>;
}

/**
 * What a module is put together from.
 *
 * @internal
 */
export interface Parts {
  readonly name: string;
  readonly module: WebAssembly.Module;
  readonly instance: WebAssembly.Instance;
  readonly exports: WebAssembly.Exports;
  readonly offers: ReadonlyMap<string, Offer>;
  readonly memoryBase: number;
  readonly memoryByteLength: number;
  readonly tableBase: number;
  readonly tableLength: number;
  readonly stack: ModuleStack | undefined;
  readonly ranges: readonly MemoryRange[];
  readonly holding: Holding;
  /** Makes all zero that the module had, so that another one finds it as this one did. */
  readonly clear: () => void;
  readonly got: readonly GotEntry[];
  readonly providers: Set<LoadedModule>;
  readonly callsConstructors: boolean;
  /** Destructors and the like, to be called when it is unloaded, the last first. */
  readonly atExit: (() => void)[];
  /** All modules of the heap, in the order in which they were loaded. */
  readonly modules: LoadedModule[];
}

/** A module that {@link Heap.load} has placed in a heap. */
export class LoadedModule {
  /** What it is called in messages, and by modules that need it. */
  readonly name: string;
  readonly module: WebAssembly.Module;
  readonly instance: WebAssembly.Instance;
  /**
   * What it exports. The addresses of its variables, which a position-independent module knows only
   * relative to where it is placed, are addresses in the memory here.
   */
  readonly exports: WebAssembly.Exports;
  /** Where the data of a position-independent module begin; 0 for an ordinary one, whose addresses are fixed. */
  readonly memoryBase: number;
  readonly memoryByteLength: number;
  /** The first of its slots in the heap's table. */
  readonly tableBase: number;
  readonly tableLength: number;
  /** Its stack, if the heap has given it one. */
  readonly stack: ModuleStack | undefined;
  /** The parts of the memory that it has for itself. */
  readonly ranges: readonly MemoryRange[];

  /** @internal */
  readonly parts: Parts;
  /** The modules that use this one's functions or variables. */
  readonly #users = new Set<{ readonly name: string }>();
  #state: 'waiting' | 'ready' | 'unloaded' = 'waiting';

  private constructor(by: Maker, parts: Parts) {
    if (by !== maker) throw notByHand('LoadedModule', 'heap.load makes one');
    this.name = parts.name;
    this.module = parts.module;
    this.instance = parts.instance;
    this.exports = parts.exports;
    this.memoryBase = parts.memoryBase;
    this.memoryByteLength = parts.memoryByteLength;
    this.tableBase = parts.tableBase;
    this.tableLength = parts.tableLength;
    this.stack = parts.stack;
    this.ranges = parts.ranges;
    this.parts = parts;
  }

  /** Whether it is still in the heap. */
  get isLoaded(): boolean {
    return this.#state !== 'unloaded';
  }

  /**
   * Whether it is ready for use: its constructors were run. One that was loaded with `lazy` waits for
   * the modules whose variables and functions its own data point to.
   */
  get isReady(): boolean {
    return this.#state === 'ready';
  }

  /**
   * Takes it out of the heap: runs its destructors, and gives its memory, its stack and its slots in
   * the table back. Does nothing the second time. What JavaScript keeps of it must not be called any
   * more.
   *
   * @param together modules to unload with it, as those must be that use each other
   * @throws HeapError `module_in_use` when another module uses its functions or variables; then all
   * are as before. (A pointer that was handed over as a number is not known of.)
   */
  unload(...together: LoadedModule[]): void {
    for (const module of together) {
      if (!(module instanceof LoadedModule)) throw wrongType('unload', 'together', module, 'loaded modules');
      if (module.parts.modules !== this.parts.modules) {
        throw makeError('another_heap', 'unload', `'${module.name}' is in another heap`);
      }
    }
    const all = new Set([this, ...together].filter(({ isLoaded }) => isLoaded));
    for (const module of all) {
      const users = [...module.#users].filter((user) => !(all as ReadonlySet<unknown>).has(user));
      if (users.length === 0) continue;
      const names = users.map(({ name }) => `'${name}'`).join(', ');
      throw makeError('module_in_use', 'unload', `'${module.name}', by ${names}`);
    }
    // The last loaded first, as in C.
    const order = this.parts.modules.filter((module) => all.has(module)).reverse();
    const failures: unknown[] = [];
    for (const { parts } of order) {
      for (let call = parts.atExit.pop(); call !== undefined; call = parts.atExit.pop()) {
        try {
          call();
        } catch (error) {
          failures.push(error);
        }
      }
    }
    for (const module of order) module.remove();
    // Whatever a destructor did, the module is gone.
    if (failures.length > 0) throw failures[0];
  }

  /** {@link LoadedModule.unload}, for `using`. */
  [dispose](): void {
    this.unload();
  }

  /**
   * Remembers that another module uses this one.
   *
   * @internal
   */
  addUser(user: LoadedModule): void {
    if (user === this) return;
    this.#users.add(user);
    user.parts.providers.add(this);
  }

  /**
   * Whether its constructors were run, which happens once.
   *
   * @internal
   */
  isConstructed = false;

  /**
   * Keeps it loaded for a module that is being loaded.
   *
   * @internal
   */
  holdFor(module: { readonly name: string }): void {
    this.#users.add(module);
  }

  /** @internal */
  letGo(module: { readonly name: string }): void {
    this.#users.delete(module);
  }

  /** @internal */
  becomeReady(): void {
    this.#state = 'ready';
  }

  /** @internal */
  waits(): void {
    if (this.isLoaded) this.#state = 'waiting';
  }

  /**
   * Gives all back, without asking anybody.
   *
   * @internal
   */
  remove(): void {
    if (!this.isLoaded) return;
    this.#state = 'unloaded';
    const { modules, providers, holding, clear } = this.parts;
    modules.splice(modules.indexOf(this), 1);
    for (const provider of providers) provider.#users.delete(this);
    clear();
    holding.release();
  }
}

/** @internal */
export const NewLoadedModule = LoadedModule as unknown as New<[parts: Parts], LoadedModule>;
