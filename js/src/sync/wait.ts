// Purpose: waiting for a word of a shared memory to change: asleep, or with a promise where an agent may not
//          sleep (a page's main thread); with a timeout, and with a signal.
// Floor:   door js.
//
// What uses this says in a `step` how it tries to get what it wants: it gives that, or the word and the value
// that stand in its way. Everything is tried again after each wake and, whatever happens, after half a second:
// a wake is a hint. So nothing is lost with a worker that is terminated between being woken and acting on
// it, and those that are left go on.

import { requireNames, requireType, wrongType } from '../arguments.js';
import { makeError } from '../errors.js';

/** How long to wait. */
export interface WaitOptions {
  /** The longest to wait, in milliseconds; 0 tries once. Default: `Infinity`. */
  readonly timeout?: number | undefined;
}

/** How long to wait with a promise. */
export interface AsyncWaitOptions extends WaitOptions {
  /** Stops the waiting: the promise is rejected with its reason. */
  readonly signal?: AbortSignal | undefined;
}

/** What is meant where no options are given: nothing in it needs a look. */
export const noOptions: AsyncWaitOptions = {};

/**
 * Refuses options that will not do: before anything is done, also where there is nothing to wait for. One that is found
 * only when it is needed is found in production.
 */
export function requireWaitOptions(operation: string, options: WaitOptions): void {
  if (options === noOptions) return;
  // Those of a wait with a promise do, too, as their type says, but for a signal that nobody would listen to.
  const { signal } = (options ?? {}) as AsyncWaitOptions;
  requireTimeout(operation, options, signal === undefined ? ['timeout', 'signal'] : ['timeout']);
}

/** As {@link requireWaitOptions}, for a wait with a promise. */
export function requireAsyncWaitOptions(operation: string, options: AsyncWaitOptions): void {
  if (options === noOptions) return;
  requireTimeout(operation, options, ['timeout', 'signal']);
  const { signal } = options;
  if (signal !== undefined && typeof signal?.throwIfAborted !== 'function') {
    throw wrongType(operation, 'signal', signal, 'an AbortSignal');
  }
}

function requireTimeout(operation: string, options: WaitOptions, names: readonly string[]): void {
  if (typeof options !== 'object' || options === null) throw wrongType(operation, 'options', options, 'an object');
  requireNames(operation, options, names);
  const { timeout = Infinity } = options;
  requireType(operation, 'timeout', timeout, 'number');
  if (!(timeout >= 0)) throw makeError('invalid_number', operation, `timeout is ${timeout}`);
}

/** What stands in the way: a word, by its index among the cells, as long as it has this value. */
export class Obstacle {
  readonly index: number;
  readonly value: number;

  constructor(index: number, value: number) {
    this.index = index;
    this.value = value;
  }
}

/** Tries to get what is wanted. */
export type Step<Result> = () => Result | Obstacle;

/** What a wait is cut into, in milliseconds. */
const slice = 500;

/** Where there is no Atomics.waitAsync: how long to wait from one look to the next, in milliseconds. */
const firstPause = 1;
const lastPause = 16;

/**
 * Waits asleep.
 *
 * @param giveUp called before an error is thrown
 * @throws HeapError `timed_out`
 * @throws TypeError `cannot_wait` on a thread that may not, when it would have to
 */
export function waitFor<Result>(
  operation: string,
  cells: Int32Array,
  step: Step<Result>,
  options: WaitOptions,
  giveUp: () => void = () => {},
): Result {
  requireWaitOptions(operation, options);
  const end = endOf(options);
  for (;;) {
    const outcome = step();
    if (!(outcome instanceof Obstacle)) return outcome;
    const rest = end - performance.now();
    try {
      if (!(rest > 0)) throw makeError('timed_out', operation);
      sleep(operation, cells, outcome, Math.min(rest, slice));
    } catch (error) {
      giveUp();
      throw error;
    }
  }
}

/** As {@link waitFor}, with a promise. */
export async function waitForAsync<Result>(
  operation: string,
  cells: Int32Array,
  step: Step<Result>,
  options: AsyncWaitOptions,
  giveUp: () => void = () => {},
): Promise<Result> {
  requireAsyncWaitOptions(operation, options);
  const end = endOf(options);
  const { signal } = options;
  signal?.throwIfAborted();
  for (let pause = firstPause; ; pause = Math.min(2 * pause, lastPause)) {
    const outcome = step();
    if (!(outcome instanceof Obstacle)) return outcome;
    const rest = end - performance.now();
    if (rest > 0) await doze(cells, outcome, Math.min(rest, slice), pause, signal);
    if (signal?.aborted !== true && rest > 0) continue;
    giveUp();
    signal?.throwIfAborted();
    throw makeError('timed_out', operation);
  }
}

/** Refuses an agent that may not sleep, before it has done anything. */
export function requireSleeper(operation: string, cells: Int32Array): void {
  // Whatever the word holds, it is not waited for.
  sleep(operation, cells, new Obstacle(0, ~Atomics.load(cells, 0)), 0);
}

function sleep(operation: string, cells: Int32Array, { index, value }: Obstacle, milliseconds: number): void {
  try {
    Atomics.wait(cells, index, value, milliseconds);
  } catch (cause) {
    throw makeError('cannot_wait', operation, 'this agent may not; use the form with a promise', undefined, { cause });
  }
}

type WaitAsync = (
  cells: Int32Array,
  index: number,
  value: number,
  milliseconds: number,
) => { readonly async: boolean; readonly value: string | Promise<string> };

/** Waits for a wake, for the end of a slice, or for a signal. */
function doze(
  cells: Int32Array,
  { index, value }: Obstacle,
  milliseconds: number,
  pause: number,
  signal: AbortSignal | undefined,
): Promise<void> {
  // Looked up each time: it may be a stand-in, made later.
  const { waitAsync } = Atomics as unknown as { waitAsync?: WaitAsync };
  const waiting = waitAsync?.(cells, index, value, milliseconds);
  if (waiting?.async === false) return Promise.resolve();
  return new Promise((resolve) => {
    let isOver = false;
    const finish = (): void => {
      isOver = true;
      clearTimeout(timer);
      signal?.removeEventListener('abort', finish);
      resolve();
    };
    // Also where there is waitAsync: a promise of that keeps no process alive.
    const timer = setTimeout(finish, waiting === undefined ? Math.min(pause, milliseconds) : milliseconds);
    signal?.addEventListener('abort', finish, { once: true });
    void (waiting?.value as Promise<string> | undefined)?.then((outcome) => {
      // Who has stopped waiting cannot leave the queue: a wake that it takes away belongs to the next.
      if (isOver && outcome === 'ok') Atomics.notify(cells, index, 1);
      if (!isOver) finish();
    });
  });
}

/** When the waiting has to end. */
function endOf({ timeout = Infinity }: WaitOptions): number {
  return performance.now() + timeout;
}
