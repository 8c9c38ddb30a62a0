/// <reference lib="esnext.disposable" preserve="true" />
// Purpose: a mutex in a heap that agents share.
// Floor:   door js.
//
// Ulrich Drepper's third mutex ("Futexes Are Tricky", 2004), with the holder's number in the word as in the
// robust futexes of Ingo Molnar and Thomas Gleixner (2006):
//
//     free = 0  ──lock──▶  agent + 1  ──somebody has to wait──▶  agent + 1, with the highest bit
//         ▲                    │                                        │
//         └──────unlock────────┴──────────unlock, wakes one─────────────┘
//
// Who is woken takes it with the bit set, as others may still wait. Who gives up waiting sets the bit too, or
// wakes the next, as it may have been woken itself.

import { isAgentNumber } from '../agents.js';
import { wholeNumber } from '../arguments.js';
import { dispose } from '../dispose.js';
import { makeError } from '../errors.js';
import type { HeapBase } from '../heap-base.js';
import { maker, notByHand, type Maker, type New } from '../maker.js';
import { placeAt, placeNew, publish, SharedObject, type ObjectKind, type ObjectPlace } from './shared-object.js';
import {
  noOptions,
  Obstacle,
  requireAsyncWaitOptions,
  requireWaitOptions,
  waitFor,
  waitForAsync,
  type AsyncWaitOptions,
  type Step,
  type WaitOptions,
} from './wait.js';

const kind: ObjectKind = { name: 'mutex', tag: 0x7874_756d /* mutx */, byteLength: 16 };

const stateCell = 1;
const free = 0;
const waited = 2 ** 31 | 0;

/** How often to look before sleeping: as a rule the holder is done soon. */
const spins = 50;

/**
 * A mutex: one agent at a time, and one task at a time in an agent. Lies in a block of a heap in a shared memory.
 *
 * Who takes it is given a {@link MutexGuard}, which alone can give it back. An agent that is terminated
 * keeps it, until {@link Mutex.recover}.
 */
export class Mutex extends SharedObject {
  /** The state when this agent holds it. Where agents have no numbers, all are 0. */
  readonly #held: number;
  readonly #isNumbered: boolean;

  private constructor(by: Maker, place: ObjectPlace) {
    super(by, place);
    const { agent } = place.heap;
    this.#held = (agent?.id ?? 0) + 1;
    this.#isNumbered = agent !== undefined;
  }

  /**
   * Allocates a mutex. May grow the memory.
   *
   * @throws TypeError `cannot_wait` when the memory is not shared, `wrong_type`
   * @throws RangeError as `Heap.malloc`
   */
  static create(heap: HeapBase): Mutex {
    const place = placeNew('Mutex.create', heap, kind);
    publish(place, kind);
    return new Mutex(maker, place);
  }

  /**
   * The mutex that another agent made.
   *
   * @param byteOffset what {@link Mutex.byteOffset} is there
   * @throws HeapError `wrong_object`; as `Heap.free` when no live block begins there
   */
  static at(heap: HeapBase, byteOffset: number): Mutex {
    return new Mutex(maker, placeAt('Mutex.at', heap, byteOffset, kind));
  }

  /**
   * The number of the agent that holds it; `undefined` when nobody does. Where agents have no numbers (over an adopted
   * allocator) it is 0.
   */
  get holder(): number | undefined {
    const holder = Atomics.load(this.cellsFor('holder'), stateCell) & ~waited;
    return holder === free ? undefined : holder - 1;
  }

  /** Takes it if it is free. */
  tryLock(): MutexGuard | undefined {
    return this.#take(this.cellsFor('tryLock')) ? this.#guard() : undefined;
  }

  /**
   * Takes it, asleep until it is free.
   *
   * @throws HeapError `timed_out`; `deadlock` when this agent holds it: asleep it could not give it back
   * @throws TypeError `cannot_wait` on a page's main thread, when it would have to wait
   */
  lock(options: WaitOptions = noOptions): MutexGuard {
    this.acquire('lock', options);
    return this.#guard();
  }

  /**
   * Takes it when it is free. Whoever comes first is first, but for those who do not have to wait.
   *
   * @throws HeapError `timed_out`
   */
  async lockAsync(options: AsyncWaitOptions = noOptions): Promise<MutexGuard> {
    await this.acquireAsync('lockAsync', options);
    return this.#guard();
  }

  /**
   * Takes it from an agent that was terminated. What it was to protect may be half done.
   *
   * @param agent its number; what `Heap.agent` was there
   * @returns whether that agent held it
   */
  recover(agent: number): boolean {
    const cells = this.cellsFor('recover');
    const held = wholeNumber('recover', 'agent', agent) + 1;
    for (;;) {
      const seen = Atomics.load(cells, stateCell);
      if ((seen & ~waited) !== held) return false;
      if (Atomics.compareExchange(cells, stateCell, seen, free) !== seen) continue;
      Atomics.notify(cells, stateCell, 1);
      return true;
    }
  }

  /** @internal */
  acquire(operation: string, options: WaitOptions): void {
    requireWaitOptions(operation, options);
    const cells = this.cellsFor(operation);
    for (let i = 0; i < spins; i++) if (this.#take(cells)) return;
    if (this.#isNumbered && this.holder === this.#held - 1) throw makeError('deadlock', operation, '', this.byteOffset);
    waitFor(operation, cells, this.#step(operation, cells), options, () => this.#passOn(cells));
  }

  /** @internal */
  async acquireAsync(operation: string, options: AsyncWaitOptions): Promise<void> {
    requireAsyncWaitOptions(operation, options);
    const cells = this.cellsFor(operation);
    if (options.signal?.aborted !== true && this.#take(cells)) return;
    await waitForAsync(operation, cells, this.#step(operation, cells), options, () => this.#passOn(cells));
  }

  /**
   * Gives it back; gives whether this agent held it.
   *
   * @internal
   */
  release(operation: string): boolean {
    const cells = this.cellsFor(operation);
    for (;;) {
      const seen = Atomics.load(cells, stateCell);
      if ((seen & ~waited) !== this.#held) return false;
      if (Atomics.compareExchange(cells, stateCell, seen, free) !== seen) continue;
      if ((seen & waited) !== 0) Atomics.notify(cells, stateCell, 1);
      return true;
    }
  }

  #guard(): MutexGuard {
    return new NewMutexGuard(maker, this);
  }

  #take(cells: Int32Array): boolean {
    return Atomics.compareExchange(cells, stateCell, free, this.#held) === free;
  }

  /** Takes it, or says that somebody waits. */
  #step(operation: string, cells: Int32Array): Step<true> {
    return () => {
      for (;;) {
        const seen = Atomics.load(cells, stateCell);
        if (seen === free) {
          if (Atomics.compareExchange(cells, stateCell, free, this.#held | waited) === free) return true;
        } else if (!isAgentNumber((seen & ~waited) - 1)) {
          throw makeError('wrong_object', operation, `its word is ${seen}`, this.byteOffset);
        } else if ((seen & waited) !== 0 || Atomics.compareExchange(cells, stateCell, seen, seen | waited) === seen) {
          return new Obstacle(stateCell, seen | waited);
        }
      }
    };
  }

  /** Leaves it so that nobody sleeps for good because this one was woken and does not want it any more. */
  #passOn(cells: Int32Array): void {
    const seen = Atomics.load(cells, stateCell);
    if (seen === free || Atomics.compareExchange(cells, stateCell, seen, seen | waited) !== seen) {
      Atomics.notify(cells, stateCell, 1);
    }
  }
}

/** That a {@link Mutex} is held. `using guard = mutex.lock()` gives it back at the end of the block. */
export class MutexGuard {
  /** What is held. */
  readonly mutex: Mutex;
  #isHeld = true;

  private constructor(by: Maker, mutex: Mutex) {
    if (by !== maker) throw notByHand('MutexGuard', 'lock, tryLock and lockAsync of a Mutex make one');
    this.mutex = mutex;
  }

  /** Whether it was not given back yet. */
  get isHeld(): boolean {
    return this.#isHeld;
  }

  /**
   * Gives it back, and wakes one who waits for it.
   *
   * @throws HeapError `not_held` the second time, and when it was taken away by {@link Mutex.recover}
   */
  unlock(): void {
    this.requireHeld('unlock');
    this.#isHeld = false;
    if (!this.mutex.release('unlock')) throw makeError('not_held', 'unlock', 'it was taken away', this.mutex.byteOffset);
  }

  /** Gives it back unless that was done. */
  [dispose](): void {
    if (this.#isHeld) this.unlock();
  }

  /** @internal */
  requireHeld(operation: string): void {
    if (!this.#isHeld) throw makeError('not_held', operation, 'it was given back', this.mutex.byteOffset);
  }

  /**
   * It is held again.
   *
   * @internal
   */
  renew(): void {
    this.#isHeld = true;
  }
}

const NewMutexGuard = MutexGuard as unknown as New<[mutex: Mutex], MutexGuard>;
