// Purpose: who is told when the memory changes its size or runs out.
// Floor:   door js, compat.

import type { Heap } from '../../index.js';
import { heapOfNow } from './state.js';
import type { LewdEvents } from './types.js';

/** The type of an event. */
export type EventType = keyof LewdEvents;

/** Told of events. */
export type Handler<Name extends EventType> = (event: LewdEvents[Name]) => unknown;

/** A handler as the heap takes it: it tells the same, and a few things more. */
type HeapHandler = Parameters<Heap['on']>[2];

/**
 * Has `fn` told of an event for as long as `token` lives. Each handler is told once per token, however
 * often it was registered.
 *
 * `grow` or `trim` comes first, `resize` after it, with the same info. What a handler throws is written
 * to the console and disturbs nobody. Handlers may allocate; what follows from that is told when all
 * have been told of this.
 *
 * @param type `'resize'`, `'grow'`, `'trim'` or `'oom'`
 * @throws TypeError `wrong_type`, `invalid_option`
 */
export function on<Name extends EventType>(type: Name, token: WeakKey, fn: Handler<Name>): void {
  heapOfNow().on(type, token, fn as unknown as HeapHandler);
}

/**
 * Has `fn` no longer told of an event; without it, all handlers of the token. What was not registered
 * is no matter.
 *
 * @throws TypeError `wrong_type`, `invalid_option`
 */
export function off<Name extends EventType>(type: Name, token: WeakKey, fn?: Handler<Name>): void {
  heapOfNow().off(type, token, fn as HeapHandler | undefined);
}
