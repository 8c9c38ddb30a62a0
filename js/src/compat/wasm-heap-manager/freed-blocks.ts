// Purpose: what a manager remembers of the blocks that were freed: when, and what they looked like then.
// Floor:   door js, compat.
//
// A table in which every address has one seat, and the later sits there: what is forgotten is only not
// noticed. A Map that must lose its oldest entries costs several times as much.

const seatBits = 12;

/** Some of the latest frees. */
export class FreedBlocks {
  readonly #addresses = new Float64Array(2 ** seatBits);
  readonly #times = new Float64Array(2 ** seatBits);
  readonly #prints = new Int32Array(2 ** seatBits);

  /**
   * A block was freed.
   *
   * @param time from 1 up
   * @param print its fingerprint, or 0 for none
   */
  add(address: number, time: number, print: number): void {
    const seat = seatOf(address);
    this.#addresses[seat] = address;
    this.#times[seat] = time;
    this.#prints[seat] = print;
  }

  /** When the block at an address was freed; 0 if that is not known. */
  timeAt(address: number): number {
    const seat = seatOf(address);
    return this.#addresses[seat] === address ? (this.#times[seat] as number) : 0;
  }

  /** What it looked like; 0 if that is not known. */
  printAt(address: number): number {
    const seat = seatOf(address);
    return this.#addresses[seat] === address ? (this.#prints[seat] as number) : 0;
  }

  /** There is a block at the address again, or somebody believes so. */
  forgetPrint(address: number): void {
    const seat = seatOf(address);
    if (this.#addresses[seat] === address) this.#prints[seat] = 0;
  }
}

/** Blocks begin at multiples of 8 as a rule. 0x9e3779b1: 2^32 by the golden ratio (Knuth, TAOCP 3, 6.4). */
function seatOf(address: number): number {
  return Math.imul(address >>> 3, 0x9e3779b1) >>> (32 - seatBits);
}
