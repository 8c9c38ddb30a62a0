// Purpose: blocks that are freed when a token object is collected.
// Floor:   door js.

/** A block that a token keeps alive. */
interface Weak {
  readonly address: number;
  readonly token: WeakRef<WeakKey>;
}

/** The weak blocks of a heap. */
export class Lifetimes {
  readonly #free: (address: number) => void;
  readonly #blocks = new Map<number, Weak>();
  readonly #registry = new FinalizationRegistry<Weak>((weak) => {
    this.#collected(weak);
  });

  /** @param free gives a block back; it may have been given back already by others */
  constructor(free: (address: number) => void) {
    this.#free = free;
  }

  /** How many there are. */
  get count(): number {
    return this.#blocks.size;
  }

  /** From now on the block lives as long as the token, whatever it lived by before. */
  tie(address: number, token: WeakKey): void {
    this.untie(address);
    const weak: Weak = { address, token: new WeakRef(token) };
    this.#blocks.set(address, weak);
    this.#registry.register(token, weak, weak);
  }

  /** From now on the block lives until it is freed. Gives whether a token kept it. */
  untie(address: number): boolean {
    const weak = this.#blocks.get(address);
    if (weak === undefined) return false;
    this.#blocks.delete(address);
    this.#registry.unregister(weak);
    return true;
  }

  /** A block has another address. */
  moved(from: number, to: number): void {
    const token = this.#blocks.get(from)?.token.deref();
    this.untie(from);
    this.untie(to);
    if (token !== undefined) this.tie(to, token);
  }

  /** Whether a token keeps the block. */
  isTied(address: number): boolean {
    return this.#blocks.has(address);
  }

  /**
   * Frees the blocks whose tokens the engine has collected but not yet told of, which it does only
   * between tasks.
   *
   * @returns how many
   */
  collect(): number {
    const dead = [...this.#blocks.values()].filter(({ token }) => token.deref() === undefined);
    for (const weak of dead) this.#collected(weak);
    return dead.length;
  }

  #collected(weak: Weak): void {
    // Another block may be there by now.
    if (this.#blocks.get(weak.address) !== weak) return;
    this.untie(weak.address);
    this.#free(weak.address);
  }
}
