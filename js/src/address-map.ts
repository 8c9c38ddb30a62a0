// Purpose: what is known of blocks by their addresses, where blocks come and go quickly.
// Floor:   door js.
//
// A Map alone would do, were it not for V8: there a key that was deleted stays in its bucket until the
// table is made anew, so that the same address set and deleted again and again makes a chain of thousands
// that each look-up walks along (10 µs in a map of 5000, in place of 0.1). Here the key stays, without a value.

/** Things by addresses, in no particular order. */
export class AddressMap<Value> {
  #values = new Map<number, Value | undefined>();
  #count = 0;

  /** How many there are. */
  get size(): number {
    return this.#count;
  }

  get(address: number): Value | undefined {
    return this.#values.get(address);
  }

  set(address: number, value: Value): void {
    if (this.#values.get(address) === undefined) this.#count++;
    this.#values.set(address, value);
  }

  /** Gives whether there was one. */
  delete(address: number): boolean {
    if (this.#values.get(address) === undefined) return false;
    this.#values.set(address, undefined);
    this.#count--;
    if (this.#values.size > 2 * this.#count + 64) this.#sweep();
    return true;
  }

  /** All of them, as they are now. */
  list(): Value[] {
    return [...this.#values.values()].filter((value) => value !== undefined) as Value[];
  }

  #sweep(): void {
    const values = new Map<number, Value | undefined>();
    for (const [address, value] of this.#values) if (value !== undefined) values.set(address, value);
    this.#values = values;
  }
}
