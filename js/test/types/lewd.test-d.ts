// Checked by the compiler only (npm run check): what the types of LEWD promise, and what they refuse. The second half
// is the wrapper of the original's document, with the types that it has there.

import {
  alloc, bind, buffer, free, freeAtoms, freeBytes, grow, headAtoms, headBytes, headFree, largestAtoms, largestBytes,
  largestFree, memory, off, on, reset, runAtoms, runBytes, tailAtoms, tailBytes, tailFree, total, totalAtoms, totalBytes,
  trim, used, usedAtoms, usedBytes, usedRun, type bool, type f64, type Grow, type i32, type OOM, type Resize, type Trim,
} from 'allot/compat/lewd';

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const check = <T extends true>(): T | undefined => undefined;

export function usage(token: object): void {
  check<Equal<i32, number>>();
  check<Equal<f64, number>>();
  check<Equal<bool, 0 | 1>>();
  const address: i32 = alloc(16);
  const lasting: i32 = alloc(16, token);
  const done: bool = grow(1);
  check<Equal<ReturnType<typeof trim>, void>>();
  check<Equal<ReturnType<typeof reset>, void>>();
  check<Equal<typeof memory, WebAssembly.Memory>>();
  check<Equal<typeof buffer, ArrayBuffer>>();
  void [address, lasting, done];

  const gave = bind(() => ({ n: 1 }), () => undefined);
  check<Equal<typeof gave, { n: number }>>();
  const later = bind(async () => 'instance', () => undefined);
  check<Equal<typeof later, Promise<string>>>();

  const figures: (() => f64)[] = [total, used, usedRun, free, headFree, tailFree, largestFree];
  figures.push(totalBytes, usedBytes, runBytes, freeBytes, headBytes, tailBytes, largestBytes);
  figures.push(totalAtoms, usedAtoms, runAtoms, freeAtoms, headAtoms, tailAtoms, largestAtoms);

  on('resize', token, ({ type, info }) => {
    check<Equal<typeof type, 'resize'>>();
    check<Equal<typeof info, Resize.Info>>();
    new Int32Array(info.buffer, 0, info.newSize / 4 - info.oldSize / 4);
    info.memory satisfies WebAssembly.Memory;
  });
  on('grow', () => {}, (event: Grow) => event.info.newSize);
  on('trim', token, (event: Trim) => event.info.oldSize);
  on('oom', token, ({ type, info }) => {
    check<Equal<typeof type, 'oom'>>();
    const { currentCapacity, requestCapacity, maximumCapacity }: OOM.Info = info;
    return currentCapacity + requestCapacity + maximumCapacity;
  });
  const both = (event: Grow | Trim): Resize.Info => event.info;
  on('grow', token, both);
  off('grow', token, both);
  off('trim', token);
  const info: Grow.Info | Trim.Info = undefined as unknown as Resize.Info;
  void info;

  // @ts-expect-error a size is a number
  alloc('16');
  // @ts-expect-error a size is needed
  alloc();
  // @ts-expect-error a token is an object
  alloc(16, 'token');
  // @ts-expect-error nor is null one
  alloc(16, null);
  // @ts-expect-error a module moves with the memory
  bind(() => 1);
  // @ts-expect-error there is no such event
  on('shrink', token, () => {});
  // @ts-expect-error handlers belong to something
  on('grow', () => {});
  // @ts-expect-error of another event
  on('oom', token, (event: Resize) => event);
  // @ts-expect-error only the memory itself changes it
  memory = new WebAssembly.Memory({ initial: 1 });
  // @ts-expect-error infos are frozen
  on('grow', token, ({ info }) => (info.newSize = 0));
}

interface Exports extends WebAssembly.Exports {
  init(): void;
  seed(self: number, seed: number): void;
  rand(self: number): number;
  fill(self: number, out: number, length: number): void;
}

const PRNG_MOD = /*#__PURE__*/ new WebAssembly.Module(/*#__PURE__*/ new Uint8Array([]));

const tab = /*#__PURE__*/ alloc(1024, PRNG_MOD);

let impl = /*#__PURE__*/ bind(
  () => {
    let impl = new WebAssembly.Instance(PRNG_MOD, { env: { mem: memory, tab } }).exports as Exports;
    impl.init();
    return impl;
  },
  () => {
    impl = new WebAssembly.Instance(PRNG_MOD, { env: { mem: memory, tab } }).exports as Exports;
  },
);

export class MyPRNG {
  #addr: number;
  #view: Int32Array;

  constructor(seed: number) {
    seed = seed | 0;
    this.#addr = alloc(16, this) | 0;
    this.#view = new Int32Array(buffer, this.#addr >>> 0, 4);
    on('resize', this, () => {
      this.#view = new Int32Array(buffer, this.#addr >>> 0, 4);
    });
    impl.seed(this.#addr | 0, seed | 0);
  }

  rand = (): number => {
    return impl.rand(this.#addr) | 0;
  };

  fill = (out: Int32Array): void => {
    let scratch = alloc(out.byteLength | 0) | 0;
    impl.fill(this.#addr | 0, scratch | 0, out.byteLength | 0);
    out.set(new Int32Array(buffer, scratch >>> 0, out.length));
    trim();
  };

  get state() {
    return [...this.#view];
  }
  set state(state: number[]) {
    this.#view.set([state[0]!, state[1]!, state[2]!, state[3]!]);
  }
}
