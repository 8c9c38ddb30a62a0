// Purpose: all that goes along when a heap moves to another memory, in the order in which it was bound.
// Floor:   door js.

import { wrongType } from '../arguments.js';
import { makeError } from '../errors.js';
import { BoundInstance } from './bound-instance.js';
import type { Lineage } from './lineage.js';
import { exportsOf, InstanceState, TableContents, type Things } from './state.js';

/** What was bound by a pair of functions. */
interface Callbacks {
  readonly respawn: () => unknown;
  /** What the instance of now exports, if they gave one, and what its tables held at first. */
  exports: Things | undefined;
  first: TableContents;
}

type Binding = Callbacks | BoundInstance;

/** Where the heap was, and where it is. */
export interface Move {
  readonly from: WebAssembly.Memory;
  readonly to: WebAssembly.Memory;
}

export class Bindings {
  readonly #lineage: Lineage;
  #list: readonly Binding[] = [];

  constructor(lineage: Lineage) {
    this.#lineage = lineage;
  }

  get isEmpty(): boolean {
    return this.#list.length === 0;
  }

  /** How many pages a memory must have for all of them, as far as that is known. */
  get leastPages(): number {
    return Math.max(0, ...this.#list.map((each) => (each instanceof BoundInstance ? each.leastPages : 0)));
  }

  /** Runs `spawn`, and `respawn` whenever the heap has moved. */
  bind<Result>(operation: string, spawn: () => Result, respawn: () => unknown): Result {
    if (typeof spawn !== 'function') throw wrongType(operation, 'spawn', spawn, 'a function');
    if (typeof respawn !== 'function') throw wrongType(operation, 'respawn', respawn, 'a function');
    const result = spawn();
    const exports = exportsOf(result);
    this.#learn(exports);
    this.#list = [...this.#list, { respawn, exports, first: new TableContents(exports ?? {}) }];
    return result;
  }

  /** Gives whether it was bound. */
  unbind(operation: string, respawn: unknown): boolean {
    if (typeof respawn !== 'function') throw wrongType(operation, 'respawn', respawn, 'a function');
    const { length } = this.#list;
    this.#list = this.#list.filter((each) => each instanceof BoundInstance || each.respawn !== respawn);
    return this.#list.length < length;
  }

  add(instance: BoundInstance): void {
    this.#list = [...this.#list, instance];
  }

  remove(instance: BoundInstance): void {
    this.#list = this.#list.filter((each) => each !== instance);
  }

  /**
   * Puts all over the memory that the heap has moved to.
   *
   * @param around runs each that may do anything
   * @returns what went wrong
   */
  respawn(operation: string, move: Move, around: (each: () => void) => void): unknown[] {
    const errors: unknown[] = [];
    const relinks: (() => void)[] = [];
    const attempt = (action: () => void): void => {
      try {
        action();
      } catch (error) {
        errors.push(error);
      }
    };
    // What is bound meanwhile is in the new memory from the start.
    for (const binding of this.#list) {
      if (!this.#list.includes(binding)) continue; // unbound by one before it
      const isInstance = binding instanceof BoundInstance;
      const respawn = (): void => {
        relinks.push(isInstance ? binding.respawn(move.from) : this.#respawn(operation, binding, move));
      };
      attempt(() => {
        if (isInstance && binding.isQuiet) respawn();
        else around(respawn);
      });
    }
    for (const relink of relinks) attempt(relink);
    return errors;
  }

  #respawn(operation: string, binding: Callbacks, move: Move): () => void {
    const state = new InstanceState(binding.exports ?? {}, binding.first, move.from);
    const result = binding.respawn();
    if (typeof (result as PromiseLike<unknown> | undefined | null)?.then === 'function') {
      const detail = 'respawn gave a promise: what it does later may overwrite the data of the heap';
      throw makeError('unsupported_operation', operation, detail);
    }
    const exports = exportsOf(result);
    if (exports === undefined) return () => undefined;
    this.#learn(exports);
    binding.exports = exports;
    binding.first = new TableContents(exports);
    return state.restore(operation, exports, binding.first, move.to, this.#lineage);
  }

  #learn(exports: Things | undefined): void {
    for (const thing of Object.values(exports ?? {})) this.#lineage.line(thing);
  }
}
