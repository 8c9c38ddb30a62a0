// Purpose: a condition variable in a heap that agents share.
// Floor:   door js.
//
// A word counts the notifications (as in Ulrich Drepper, "Futexes Are Tricky", 2004; the monitors are those of
// C. A. R. Hoare, 1974, with the signals of Butler Lampson and David Redell, 1980, which are hints):
//
//     wait     reads the word while the mutex is held, unlocks, sleeps while the word is the same, locks
//     notify   adds 1, wakes one or all
//
// A notification between the reading and the sleeping changes the word, so that nobody sleeps through it.
// (2^32 of them between the two would: the word comes round.)

import { wrongType } from '../arguments.js';
import type { HeapBase } from '../heap-base.js';
import { maker, type Maker } from '../maker.js';
import { MutexGuard } from './mutex.js';
import { placeAt, placeNew, publish, SharedObject, type ObjectKind, type ObjectPlace } from './shared-object.js';
import {
  noOptions,
  Obstacle,
  requireAsyncWaitOptions,
  requireSleeper,
  requireWaitOptions,
  waitFor,
  waitForAsync,
  type AsyncWaitOptions,
  type Step,
  type WaitOptions,
} from './wait.js';

const kind: ObjectKind = { name: 'condition', tag: 0x646e_6f63 /* cond */, byteLength: 16 };

const countCell = 1;

/**
 * A condition variable: agents wait until what a {@link Mutex} protects has changed. Lies in a block of a heap in a
 * shared memory. A wait may end without a notification, so what is waited for is looked at again:
 *
 * `while (queue.isEmpty) condition.wait(guard);`
 */
export class Condition extends SharedObject {
  private constructor(by: Maker, place: ObjectPlace) {
    super(by, place);
  }

  /** Allocates a condition variable: as {@link Mutex.create}. */
  static create(heap: HeapBase): Condition {
    const place = placeNew('Condition.create', heap, kind);
    publish(place, kind);
    return new Condition(maker, place);
  }

  /** The condition variable that another agent made: as {@link Mutex.at}. */
  static at(heap: HeapBase, byteOffset: number): Condition {
    return new Condition(maker, placeAt('Condition.at', heap, byteOffset, kind));
  }

  /**
   * Gives the mutex back, sleeps until somebody notifies, and takes it again: also when it throws. For taking it again
   * there is no timeout.
   *
   * @param guard of the mutex that protects what is waited for; any, but the same for all who wait here
   * @throws HeapError `timed_out`, `not_held`
   * @throws TypeError `cannot_wait` on a page's main thread: the mutex was not given back
   */
  wait(guard: MutexGuard, options: WaitOptions = noOptions): void {
    requireWaitOptions('wait', options);
    const cells = this.#cells('wait', guard);
    requireSleeper('wait', cells);
    const step = countStep(cells);
    guard.unlock();
    try {
      waitFor('wait', cells, step, options);
    } finally {
      guard.mutex.acquire('wait', noOptions);
      guard.renew();
    }
  }

  /** As {@link Condition.wait}, with a promise. A signal that stops it stops the waiting, not the taking again. */
  async waitAsync(guard: MutexGuard, options: AsyncWaitOptions = noOptions): Promise<void> {
    requireAsyncWaitOptions('waitAsync', options);
    const cells = this.#cells('waitAsync', guard);
    const step = countStep(cells);
    guard.unlock();
    try {
      await waitForAsync('waitAsync', cells, step, options);
    } finally {
      await guard.mutex.acquireAsync('waitAsync', noOptions);
      guard.renew();
    }
  }

  /** Wakes one who waits. Those who wait where there is no `Atomics.waitAsync` all look. */
  notifyOne(): void {
    this.#notify('notifyOne', 1);
  }

  /** Wakes all who wait. */
  notifyAll(): void {
    this.#notify('notifyAll', Infinity);
  }

  #cells(operation: string, guard: unknown): Int32Array {
    if (!(guard instanceof MutexGuard)) throw wrongType(operation, 'guard', guard, 'a MutexGuard');
    guard.requireHeld(operation);
    return this.cellsFor(operation);
  }

  #notify(operation: string, count: number): void {
    const cells = this.cellsFor(operation);
    Atomics.add(cells, countCell, 1);
    Atomics.notify(cells, countCell, count);
  }
}

function countStep(cells: Int32Array): Step<true> {
  const before = Atomics.load(cells, countCell);
  return () => (Atomics.load(cells, countCell) === before ? new Obstacle(countCell, before) : true);
}
