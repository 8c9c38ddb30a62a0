// Purpose: the free memory below a place, and a low part of it that is long enough: the book that a
//          compaction keeps.
// Floor:   door js.
//
// The highest hole, which grows while the compaction goes on, stands alone. Over all others there is a tree,
// in which each node knows the longest hole below it:
//
//                 [1] 96
//          [2] 96        [3] 32
//        [4] 48 [5] 96  [6] 32 [7] 0        leaf i is hole i
//
// So finding the first that fits takes as many steps as the tree is high, and a compaction of n blocks
// n log n at most. Holes come in the order of their addresses, but for what an alignment cuts off: the first
// that fits is the lowest, most of the time.

/** In the place of a hole's number: the highest one; none. */
export const highest = -1;
export const none = -2;

/** Holes. */
export class Holes {
  readonly #begins: number[] = [];
  readonly #ends: number[] = [];
  #begin = 0;
  #end = 0;
  /** How many leaves there is room for: a power of two. */
  #capacity = 16;
  #longest: number[] = new Array<number>(2 * this.#capacity).fill(0);

  /** Adds free memory above all holes: to the highest when it ends where this begins. */
  add(begin: number, end: number): void {
    if (this.#end !== begin) {
      this.#push(this.#begin, this.#end);
      this.#begin = begin;
    }
    this.#end = end;
  }

  /** A hole of at least so many bytes: the highest only when no other is long enough. */
  find(byteLength: number): number {
    const longest = this.#longest;
    if ((longest[1] as number) < byteLength) return this.#end - this.#begin < byteLength ? none : highest;
    let node = 1;
    while (node < this.#capacity) {
      node *= 2;
      if ((longest[node] as number) < byteLength) node++;
    }
    return node - this.#capacity;
  }

  /** Whether the highest hole ends at an address. */
  endsAt(address: number): boolean {
    return this.#end === address;
  }

  beginOf(hole: number): number {
    return hole === highest ? this.#begin : (this.#begins[hole] as number);
  }

  /** Something is in [begin, end) now, which lay in a hole. The highest ends at `holeEnd` from now on. */
  fill(hole: number, begin: number, end: number, holeEnd = this.#end): void {
    const before = this.beginOf(hole);
    if (hole === highest) {
      this.#begin = end;
      this.#end = holeEnd;
    } else this.#set(hole, end, this.#ends[hole] as number);
    this.#push(before, begin);
  }

  #push(begin: number, end: number): void {
    if (begin === end) return;
    const index = this.#ends.length;
    if (index === this.#capacity) this.#widen();
    this.#set(index, begin, end);
  }

  #set(index: number, begin: number, end: number): void {
    this.#begins[index] = begin;
    this.#ends[index] = end;
    const longest = this.#longest;
    let node = this.#capacity + index;
    longest[node] = end - begin;
    for (node >>= 1; node > 0; node >>= 1) {
      longest[node] = Math.max(longest[2 * node] as number, longest[2 * node + 1] as number);
    }
  }

  #widen(): void {
    this.#capacity *= 2;
    this.#longest = new Array<number>(2 * this.#capacity).fill(0);
    for (let index = 0; index < this.#ends.length; index++) {
      this.#longest[this.#capacity + index] = (this.#ends[index] as number) - (this.#begins[index] as number);
    }
    for (let node = this.#capacity - 1; node > 0; node--) {
      this.#longest[node] = Math.max(this.#longest[2 * node] as number, this.#longest[2 * node + 1] as number);
    }
  }
}
