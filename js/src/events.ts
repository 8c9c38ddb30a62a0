// Purpose: who is told when the memory changes its size or runs out, and the telling.
// Floor:   door js.

import { describe, wrongType } from './arguments.js';
import { makeError } from './errors.js';
import { requireToken } from './lifetimes.js';

/** A memory has another size now. */
export interface ResizeInfo {
  /** Its length before, in bytes. */
  readonly oldSize: number;
  /** Its length now, in bytes. */
  readonly newSize: number;
  /** The memory as it is now; `trim` puts another one in its place. `undefined` where a buffer was adopted. */
  readonly memory: WebAssembly.Memory | undefined;
  /** Its buffer as it is now. */
  readonly buffer: ArrayBufferLike;
}

/** A request cannot be met. */
export interface OutOfMemoryInfo {
  /** Whether the memory is at an end, or the heap's quota. */
  readonly code: 'out_of_memory' | 'quota_exceeded';
  /** How often this request has failed, from 1 up. */
  readonly attempt: number;
  /** The pages of the memory. */
  readonly currentCapacity: number;
  /** The pages that it would need, if all that is free lay elsewhere. */
  readonly requestCapacity: number;
  /** The most pages that it, or a limit of the heap's, allows. */
  readonly maximumCapacity: number;
  /** The bytes that were asked for. */
  readonly byteLength: number;
}

/** What each type of event tells. */
export interface HeapEvents {
  /** The memory was grown or trimmed. */
  resize: ResizeInfo;
  /** The memory was grown: by the heap, by the guest, by another agent, by anybody. */
  grow: ResizeInfo;
  /** The memory was made smaller. */
  trim: ResizeInfo;
  /** A request could not be met. */
  oom: OutOfMemoryInfo;
}

/** The type of an event. */
export type HeapEventType = keyof HeapEvents;

/** An event as its handlers get it. */
export interface HeapEvent<Type extends HeapEventType = HeapEventType> {
  readonly type: Type;
  readonly info: HeapEvents[Type];
}

/** Told of events. What it gives back is not looked at; what it throws disturbs nobody. */
export type HeapEventHandler<Type extends HeapEventType = HeapEventType> = (event: HeapEvent<Type>) => unknown;

/** See {@link Heap.onoom}. */
export type OutOfMemoryHook = (info: OutOfMemoryInfo) => boolean | void;

type AnyHandler = HeapEventHandler<never>;

/** A handler that was given once. Who tells looks whether it was taken off meanwhile, or given anew. */
interface Listener {
  readonly handler: AnyHandler;
  isOff: boolean;
}

const types: readonly HeapEventType[] = ['resize', 'grow', 'trim', 'oom'];

/** The handlers of one type, by token. */
class Handlers {
  // A handler as a rule refers to its token: what holds it must not hold that. So the handlers are
  // the token's, and of the tokens we only know the way to those that are still there.
  readonly #byToken = new WeakMap<WeakKey, Map<AnyHandler, Listener>>();
  #tokens: WeakRef<WeakKey>[] = [];

  add(token: WeakKey, handler: AnyHandler): void {
    let listeners = this.#byToken.get(token);
    if (listeners === undefined) {
      listeners = new Map();
      this.#byToken.set(token, listeners);
      this.#tokens.push(new WeakRef(token));
    }
    if (!listeners.has(handler)) listeners.set(handler, { handler, isOff: false });
  }

  remove(token: WeakKey, handler: AnyHandler | undefined): void {
    const listeners = this.#byToken.get(token);
    if (listeners === undefined) return;
    for (const listener of listeners.values()) {
      if (handler !== undefined && listener.handler !== handler) continue;
      listener.isOff = true;
      listeners.delete(listener.handler);
    }
    if (listeners.size > 0) return;
    this.#byToken.delete(token);
    this.#tokens = this.#tokens.filter((reference) => reference.deref() !== token);
  }

  get isEmpty(): boolean {
    return this.#tokens.length === 0;
  }

  /** All handlers there are now, in the order in which their tokens came. */
  list(): Listener[] {
    const list: Listener[] = [];
    this.#tokens = this.#tokens.filter((reference) => {
      const token = reference.deref();
      if (token === undefined) return false;
      list.push(...(this.#byToken.get(token)?.values() ?? []));
      return true;
    });
    return list;
  }
}

/** The handlers of a heap, and its events on their way to them. */
export class Events {
  readonly #handlers = new Map<HeapEventType, Handlers>(types.map((type) => [type, new Handlers()]));
  // Handlers that were given without a token live as long as this.
  readonly #own = {};
  readonly #waiting: HeapEvent[] = [];
  #isTelling = false;

  /** Whether nobody listens. */
  get isEmpty(): boolean {
    return [...this.#handlers.values()].every(({ isEmpty }) => isEmpty);
  }

  on(operation: string, type: unknown, token: unknown, handler: unknown): void {
    const handlers = this.#of(operation, type);
    if (typeof handler !== 'function') throw wrongType(operation, 'handler', handler, 'a function');
    handlers.add(this.#token(operation, token), handler as AnyHandler);
  }

  off(operation: string, type: unknown, token: unknown, handler: unknown): void {
    const handlers = this.#of(operation, type);
    if (handler !== undefined && typeof handler !== 'function') {
      throw wrongType(operation, 'handler', handler, 'a function');
    }
    handlers.remove(this.#token(operation, token), handler as AnyHandler | undefined);
  }

  /**
   * Tells all who listen, in the order of the events. What happens while handlers run is told when
   * they are done, so that each sees the events in the order in which they came. As with an EventTarget, a
   * handler that is taken off while others are told is not told, and one that is put there only of later events.
   */
  tell(...events: HeapEvent[]): void {
    for (const { type, info } of events) this.#waiting.push(Object.freeze({ type, info: Object.freeze(info) }));
    if (this.#isTelling) return;
    this.#isTelling = true;
    try {
      for (let event = this.#waiting.shift(); event !== undefined; event = this.#waiting.shift()) {
        for (const listener of this.#handlers.get(event.type)?.list() ?? []) {
          if (!listener.isOff) tellOne(listener.handler, event);
        }
      }
    } finally {
      this.#isTelling = false;
    }
  }

  #of(operation: string, type: unknown): Handlers {
    const handlers = this.#handlers.get(type as HeapEventType);
    if (handlers !== undefined) return handlers;
    throw makeError('invalid_option', operation, `type is ${describe(type)}, not ${types.join(', ')}`);
  }

  #token(operation: string, token: unknown): WeakKey {
    if (token === undefined) return this.#own;
    return requireToken(operation, token);
  }
}

function tellOne(handler: AnyHandler, event: HeapEvent): void {
  try {
    handler(event as HeapEvent<never>);
  } catch (error) {
    // Neither the other handlers nor whoever made the memory grow can do anything about it. Thrown from
    // a task of its own it would end a Node process.
    console.error('allot: a handler of the event', event.type, 'threw', error);
  }
}
