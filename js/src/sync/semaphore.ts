// Purpose: a counting semaphore in a heap that agents share.
// Floor:   door js.
//
// Edsger W. Dijkstra's (1965), on two words: what is left, and how many wait for it.
//
//     acquire   takes 1 off what is left, if there is any; else counts itself among those who wait, and sleeps
//               while nothing is left
//     release   adds to what is left; wakes as many, if anybody waits
//
// A worker that is terminated while it waits stays counted: that costs a wake in vain, and nothing else.

import { wholeNumber } from '../arguments.js';
import { makeError } from '../errors.js';
import type { HeapBase } from '../heap-base.js';
import { maker, type Maker } from '../maker.js';
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

const kind: ObjectKind = { name: 'semaphore', tag: 0x616d_6573 /* sema */, byteLength: 16 };

const leftCell = 1;
const waitersCell = 2;

/** The most that can be left. */
const most = 2 ** 31 - 1;

/**
 * A counting semaphore: so many at a time, or a signal that is not lost when nobody waits yet. Lies in a block of a
 * heap in a shared memory. Anybody may release; what a terminated agent had taken stays taken until somebody does.
 */
export class Semaphore extends SharedObject {
  private constructor(by: Maker, place: ObjectPlace) {
    super(by, place);
  }

  /**
   * Allocates a semaphore: as {@link Mutex.create}.
   *
   * @param count how many can be acquired at first
   * @throws RangeError `invalid_number` above 2^31 - 1
   */
  static create(heap: HeapBase, count = 0): Semaphore {
    const left = requireCount('Semaphore.create', count);
    const place = placeNew('Semaphore.create', heap, kind);
    Atomics.store(place.cells, leftCell, left);
    publish(place, kind);
    return new Semaphore(maker, place);
  }

  /** The semaphore that another agent made: as {@link Mutex.at}. */
  static at(heap: HeapBase, byteOffset: number): Semaphore {
    return new Semaphore(maker, placeAt('Semaphore.at', heap, byteOffset, kind));
  }

  /** How many can be acquired at this moment. */
  get count(): number {
    return Atomics.load(this.cellsFor('count'), leftCell);
  }

  /** Acquires one if one is left; gives whether it did. */
  tryAcquire(): boolean {
    return take(this.cellsFor('tryAcquire')) === true;
  }

  /**
   * Acquires one, asleep until one is left.
   *
   * @throws HeapError `timed_out`
   * @throws TypeError `cannot_wait` on a page's main thread, when it would have to wait
   */
  acquire(options: WaitOptions = noOptions): void {
    requireWaitOptions('acquire', options);
    const cells = this.cellsFor('acquire');
    if (take(cells) === true) return;
    Atomics.add(cells, waitersCell, 1);
    try {
      waitFor('acquire', cells, stepOn(cells), options, () => passOn(cells));
    } finally {
      Atomics.sub(cells, waitersCell, 1);
    }
  }

  /** As {@link Semaphore.acquire}, with a promise. */
  async acquireAsync(options: AsyncWaitOptions = noOptions): Promise<void> {
    requireAsyncWaitOptions('acquireAsync', options);
    const cells = this.cellsFor('acquireAsync');
    if (options.signal?.aborted !== true && take(cells) === true) return;
    Atomics.add(cells, waitersCell, 1);
    try {
      await waitForAsync('acquireAsync', cells, stepOn(cells), options, () => passOn(cells));
    } finally {
      Atomics.sub(cells, waitersCell, 1);
    }
  }

  /**
   * Gives back, or adds, `count`, and wakes as many of those who wait.
   *
   * @throws RangeError `invalid_number` when more than 2^31 - 1 would be left: nothing is released
   */
  release(count = 1): void {
    const cells = this.cellsFor('release');
    const more = requireCount('release', count);
    for (;;) {
      const left = Atomics.load(cells, leftCell);
      if (left + more > most) throw makeError('invalid_number', 'release', `${left} are left already, and count is ${more}`);
      if (Atomics.compareExchange(cells, leftCell, left, left + more) === left) break;
    }
    if (Atomics.load(cells, waitersCell) !== 0) Atomics.notify(cells, leftCell, more);
  }
}

/** Takes one, or gives what is in the way. */
function take(cells: Int32Array): true | Obstacle {
  for (;;) {
    const left = Atomics.load(cells, leftCell);
    if (left <= 0) return new Obstacle(leftCell, left);
    if (Atomics.compareExchange(cells, leftCell, left, left - 1) === left) return true;
  }
}

function stepOn(cells: Int32Array): Step<true> {
  return () => take(cells);
}

/** Who was woken and does not want it any more wakes the next. */
function passOn(cells: Int32Array): void {
  if (Atomics.load(cells, leftCell) > 0) Atomics.notify(cells, leftCell, 1);
}

function requireCount(operation: string, count: number): number {
  if (wholeNumber(operation, 'count', count) <= most) return count;
  throw makeError('invalid_number', operation, `count is ${count}; ${most} is the most`);
}
