// A library whose algorithm is WebAssembly, prng.wat: random 32-bit integers. `node examples/prng/build.mjs` puts
// the module's bytes in and writes what would be shipped, build/prng/my-prng.mjs.
//
// Who imports this and does not use it pays nothing: all that runs at the start is annotated as pure.

import { alloc, trim, bind, memory, buffer, on } from 'allot/compat/lewd';

export { trim };

const PRNG_MOD = /*#__PURE__*/ new WebAssembly.Module(
  /*#__PURE__*/ new Uint8Array([
    // Compiled WASM module bytes
  ]),
);

// The table lives as long as the module, which is as long as this file.
const tab = /*#__PURE__*/ alloc(1024, PRNG_MOD);

const spawn = () => new WebAssembly.Instance(PRNG_MOD, { env: { mem: memory, tab } }).exports;

let impl = /*#__PURE__*/ bind(
  () => {
    const first = spawn();
    first.init();
    return first;
  },
  // In a smaller memory, where the table is already. The module keeps nothing outside of the memory.
  () => {
    impl = spawn();
  },
);

/** Numbers that are computed at once: a page of them. */
const partLength = 16384;

/** A generator of random 32-bit integers. What it needs of memory goes when it is collected. */
export class MyPRNG {
  // Where the state lies. From 2 GiB up it is negative: `| 0` makes it what wasm calls an i32.
  #addr;
  #view;

  /** @param {number} seed 32 bits of it count */
  constructor(seed) {
    this.#addr = alloc(16, this) | 0;
    this.#renewView();
    on('resize', this, () => this.#renewView());
    impl.seed(this.#addr, seed | 0);
  }

  #renewView() {
    this.#view = new Int32Array(buffer, this.#addr >>> 0, 4);
  }

  /** The next number. */
  rand = () => impl.rand(this.#addr);

  /**
   * The next numbers, as many as there is room for.
   *
   * @param {Int32Array} out
   */
  fill = (out) => {
    if (!(out instanceof Int32Array)) throw new TypeError('fill: out must be an Int32Array');
    try {
      for (let done = 0; done < out.length; done += partLength) this.#fillPart(out.subarray(done, done + partLength));
    } finally {
      trim();
    }
  };

  #fillPart(part) {
    const scratch = this.#scratch(part.byteLength);
    if (scratch === undefined) {
      for (let i = 0; i < part.length; i++) part[i] = impl.rand(this.#addr);
      return;
    }
    impl.fill(this.#addr, scratch | 0, part.byteLength);
    part.set(new Int32Array(buffer, scratch, part.length));
  }

  /** A place to compute in; `undefined` when memory has run out, which need not stop anybody. */
  #scratch(byteLength) {
    try {
      return alloc(byteLength);
    } catch (error) {
      if (error instanceof RangeError) return undefined;
      throw error;
    }
  }

  /** Four 32-bit integers, not all of them 0: with the same state it goes on with the same numbers. */
  get state() {
    return [...this.#view];
  }

  set state(state) {
    const words = Int32Array.from(state);
    if (words.length !== 4) throw new TypeError(`state: there must be 4 numbers, not ${words.length}`);
    if (words.every((word) => word === 0)) throw new RangeError('state: all zeros give nothing but zeros');
    this.#view.set(words);
  }
}
