// Purpose: weak blocks: which live by which token, and their end when that has been collected.
// Floor:   door js.
//
// A token's blocks are a group. Nothing here keeps a token or a heap alive: the group knows them by WeakRefs, and
// the registry is given the group to remember.

import { AddressMap } from './address-map.js';
import { wrongType } from './arguments.js';
import { HeapError } from './errors.js';

/** Refuses what cannot be collected: a token's end must be noticed. */
export function requireToken(operation: string, token: unknown): WeakKey {
  if ((typeof token === 'object' && token !== null) || typeof token === 'function') return token;
  // Symbols that are not registered can be collected too, where the engine has come that far.
  if (typeof token === 'symbol' && Symbol.keyFor(token) === undefined) {
    try {
      new WeakRef(token as unknown as WeakKey);
      return token as unknown as WeakKey;
    } catch {
      // not here
    }
  }
  throw wrongType(operation, 'token', token, 'an object, which can be collected');
}

/** The blocks that live by one token. */
interface Group {
  readonly owner: WeakRef<Lifetimes>;
  /** `undefined`: it does not end by itself. */
  readonly token: WeakRef<WeakKey> | undefined;
  /** Their addresses. */
  readonly blocks: AddressMap<number>;
}

/**
 * Tells of all tokens of all heaps. One for each heap would go with it; and when a registry is collected while it
 * has something to tell, V8 (in Node 20 and 24) tells nothing of any other one either, ever again.
 */
let registry: FinalizationRegistry<Group> | undefined;

/** The weak blocks of a heap. */
export class Lifetimes {
  readonly #free: (address: number) => void;
  readonly #byToken = new WeakMap<WeakKey, Group>();
  readonly #byBlock = new AddressMap<Group>();
  /** Those with a token that can be collected. They stay until it is, since to make one costs 2 µs. */
  readonly #groups = new Set<Group>();
  readonly #self = new WeakRef(this);

  /** @param free gives a block back, which somebody else may have done already */
  constructor(free: (address: number) => void) {
    this.#free = free;
  }

  /** From now on the block lives by the token, whatever it lived by before. */
  tie(address: number, token: WeakKey): void {
    let group = this.#byToken.get(token);
    if (group === undefined) {
      group = { owner: this.#self, token: new WeakRef(token), blocks: new AddressMap() };
      this.#byToken.set(token, group);
      this.#groups.add(group);
      registry ??= new FinalizationRegistry<Group>((dead) => {
        const owner = dead.owner.deref();
        if (owner !== undefined) owner.#end(dead);
      });
      registry.register(token, group);
    }
    this.#put(address, group);
  }

  /** The blocks of this token will be freed by {@link Lifetimes.blocksOf}: it need not be watched. */
  neverCollected(token: WeakKey): void {
    this.#byToken.set(token, { owner: this.#self, token: undefined, blocks: new AddressMap() });
  }

  /** From now on the block lives by no token. Gives whether it did. */
  untie(address: number): boolean {
    const group = this.#byBlock.get(address);
    if (group === undefined) return false;
    this.#byBlock.delete(address);
    return group.blocks.delete(address);
  }

  /** A block has another address. */
  moved(from: number, to: number): void {
    const group = this.#byBlock.get(from);
    this.untie(from);
    if (group === undefined) this.untie(to);
    else this.#put(to, group);
  }

  /** Whether a block lives by a token. */
  isTied(address: number): boolean {
    return this.#byBlock.get(address) !== undefined;
  }

  /** The addresses of a token's blocks. */
  blocksOf(token: WeakKey): number[] {
    return this.#byToken.get(token)?.blocks.list() ?? [];
  }

  /**
   * Frees the blocks whose tokens the engine has collected and not told of yet, which it does only
   * between two tasks.
   *
   * @returns how many
   */
  collect(): number {
    let count = 0;
    for (const group of [...this.#groups]) {
      if (group.token?.deref() !== undefined) continue;
      count += group.blocks.size;
      this.#end(group);
    }
    return count;
  }

  #put(address: number, group: Group): void {
    this.#byBlock.get(address)?.blocks.delete(address);
    this.#byBlock.set(address, group);
    group.blocks.set(address, address);
  }

  /** Frees all blocks of a group. What freeing one throws does not keep the others alive. */
  #end(group: Group): void {
    this.#groups.delete(group);
    forEachOrThrow(group.blocks.list(), (address) => {
      this.untie(address);
      this.#free(address);
    });
  }
}

/** Does something with each, and when all are done, throws what was thrown first. */
export function forEachOrThrow<Item>(items: readonly Item[], action: (item: Item) => void): void {
  let failure: { readonly error: unknown } | undefined;
  for (const item of items) {
    try {
      action(item);
    } catch (error) {
      failure ??= { error };
    }
  }
  if (failure !== undefined) throw failure.error;
}

/** Frees a block that nobody will free again. What debugging finds on the way, and tells once, is thrown when it is free. */
export function freeForGood(free: () => void): void {
  try {
    free();
  } catch (error) {
    const code = error instanceof HeapError ? error.code : undefined;
    if (code === 'overrun' || code === 'use_after_free') freeForGood(free);
    throw error;
  }
}
