// Purpose: learns that a worker has ended: from the worker, where it tells; else from a Web Lock that it held.
// Floor:   door js.

import { describe, wrongType } from './arguments.js';
import { makeError } from './errors.js';

/** A worker that tells when it ends, as those of `node:worker_threads` do. */
export interface EndingWorker {
  /** Has the listener called once, when the worker ends. */
  once(event: 'exit', listener: () => void): unknown;
  /** Takes the listener back. */
  off(event: 'exit', listener: () => void): unknown;
  /** -1 once it has ended. */
  readonly threadId?: number;
}

/** How long to watch. */
export interface WatchOptions {
  /** Stops the watching: the promise is rejected with its reason. */
  readonly signal?: AbortSignal | undefined;
}

/** What is used of the Web Locks API. */
interface Locks {
  request(name: string, options: { signal?: AbortSignal }, use: () => unknown): Promise<unknown>;
  query(): Promise<{ held?: readonly { name?: string }[] }>;
}

function locksOf(operation: string): Locks {
  const { navigator, Worker } = globalThis as { navigator?: { locks?: Locks }; Worker?: unknown };
  // Node 24 and 26 have them, but do not release those of a thread that was terminated, and do not list them either.
  // What they do not have is the web's Worker.
  if (navigator?.locks !== undefined && typeof Worker === 'function') return navigator.locks;
  throw makeError('unsupported_operation', operation, 'there are no Web Locks here; give the worker, or call reap');
}

/** Holds a lock until this agent ends. */
export async function holdForLife(operation: string, name: string): Promise<void> {
  const locks = locksOf(operation);
  await new Promise<void>((resolve, reject) => {
    const never = new Promise<never>(() => {});
    locks
      .request(name, {}, () => {
        resolve();
        return never;
      })
      .catch(reject);
  });
}

/** Waits until a worker has ended, or, without one, until the holder of a lock has. */
export async function ended(
  operation: string,
  name: string,
  worker: EndingWorker | undefined,
  { signal }: WatchOptions,
): Promise<void> {
  signal?.throwIfAborted();
  if (worker !== undefined) {
    await exitOf(operation, worker, signal);
    return;
  }
  const locks = locksOf(operation);
  const { held = [] } = await locks.query();
  if (!held.some((lock) => lock.name === name)) {
    throw makeError('unsupported_operation', operation, 'the agent has not announced itself, or has ended since');
  }
  await locks.request(name, signal === undefined ? {} : { signal }, () => undefined);
}

function exitOf(operation: string, worker: EndingWorker, signal: AbortSignal | undefined): Promise<void> {
  if (typeof worker?.once !== 'function' || typeof worker.off !== 'function') {
    throw wrongType(operation, 'worker', worker, `a worker with an event exit; ${describe(worker)} has none`);
  }
  if (worker.threadId === -1) return Promise.resolve();
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      worker.off('exit', exit);
      reject(signal?.reason as Error);
    };
    const exit = (): void => {
      signal?.removeEventListener('abort', abort);
      resolve();
    };
    worker.once('exit', exit);
    signal?.addEventListener('abort', abort, { once: true });
  });
}
