// Purpose: one agent at a time in a heap that several share: a lock around every call of the core.
//          The lock lies in the image, so all agents that attach find the same one.
// Floor:   door js.
//
// The lock is Ulrich Drepper's third mutex ("Futexes Are Tricky", 2004): free, held, or held with
// somebody waiting for it; who gives it back wakes one of those. An agent that may not wait (a page's
// main thread) looks again and again instead. Both give up after a while with an error rather than
// stand still for good: the holder may have been terminated.

import { makeError } from './errors.js';
import { exportNames, type HeapExports } from './generated/exports.js';

/** Where an image keeps the lock; docs/heap-image.md. */
const lockOffset = 720;

const free = 0;
const held = 1;
const waitedFor = 2;

/** How often to look before waiting: the holder is done within a microsecond as a rule. */
const spins = 100;

/** What a wait is cut into, in milliseconds, and how long to try in all. */
const waitMilliseconds = 100;
const patienceMilliseconds = 5000;

/** The lock of a heap in a shared memory. */
export class HeapLock {
  readonly #state: Int32Array;
  #canWait = true;

  constructor(memory: WebAssembly.Memory, image: number) {
    // A shared memory never moves: what was in this buffer when it was smaller stays in it.
    this.#state = new Int32Array(memory.buffer, image + lockOffset, 1);
  }

  /** Takes the lock. */
  take(operation: string): void {
    for (let i = 0; i < spins; i++) {
      if (Atomics.compareExchange(this.#state, 0, free, held) === free) return;
    }
    const found = Atomics.load(this.#state, 0);
    if (found < free || found > waitedFor) throw makeError('corrupt_image', operation, `the lock holds ${found}`);
    const end = Date.now() + patienceMilliseconds;
    while (Atomics.exchange(this.#state, 0, waitedFor) !== free) {
      if (Date.now() > end) {
        throw makeError('lock_held', operation, `for ${patienceMilliseconds} ms`);
      }
      this.#wait();
    }
  }

  /** Gives it back. */
  give(): void {
    if (Atomics.exchange(this.#state, 0, free) === waitedFor) Atomics.notify(this.#state, 0, 1);
  }

  #wait(): void {
    if (!this.#canWait) return;
    try {
      Atomics.wait(this.#state, 0, waitedFor, waitMilliseconds);
    } catch {
      this.#canWait = false; // a page's main thread
    }
  }
}

/** A core, as heaps in a plain and in a shared memory are to call it. */
export interface GuardedCore {
  /** Every call alone in the heap. */
  readonly core: HeapExports;
  /** For several calls that belong together: `exclusively` runs them alone in the heap. */
  readonly exclusively: <Result>(operation: string, use: (core: HeapExports) => Result) => Result;
}

/** The core of a heap that only this agent uses. */
export function unguardedCore(core: HeapExports): GuardedCore {
  return { core, exclusively: (_operation, use) => use(core) };
}

/** The core of a heap that other agents use too. */
export function lockedCore(core: HeapExports, lock: HeapLock): GuardedCore {
  const exclusively: GuardedCore['exclusively'] = (operation, use) => {
    lock.take(operation);
    try {
      return use(core);
    } finally {
      lock.give();
    }
  };
  const locked = exportNames.map((name) => {
    const call = core[name] as (...parameters: number[]) => number;
    const operation = name.replace('allot_', '');
    return [name, (...parameters: number[]): number => exclusively(operation, () => call(...parameters))];
  });
  return { core: Object.fromEntries(locked) as unknown as HeapExports, exclusively };
}
