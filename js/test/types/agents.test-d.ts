// Checked by the compiler only: what the types of agents, tickets and allot/sync promise, and what they refuse.

import { Heap, struct, type ArrayRef, type HeapAgent, type Ref, type Ticket, type ValueRef } from 'allot';
import { Condition, Mutex, RingBuffer, Semaphore, type MutexGuard, type SharedObject } from 'allot/sync';

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
function is<T extends true>(): T | void {}

declare const heap: Heap;
const Point = struct({ x: 'Float64' });

is<Equal<typeof heap.agent, HeapAgent | undefined>>();
is<Equal<typeof heap.agents, readonly number[]>>();
// @ts-expect-error: an agent's number is given to it
heap.agent!.id = 3;
heap.reap(3);
heap.reap('joining');
// @ts-expect-error
heap.reap('leaving');

const ticket = heap.ticket(heap.alloc('Int32'));
is<Equal<typeof ticket, Ticket>>();
const anything = heap.open(ticket);
is<Equal<typeof anything, Ref>>();
const number = heap.open(ticket, 'Int32');
is<Equal<typeof number, ValueRef<'Int32'>>>();
const list = heap.open(ticket, Float32Array);
is<Equal<typeof list, ArrayRef<'Float32'>>>();
heap.open(ticket, Point).x = 1;
// @ts-expect-error: a ref is no ticket
heap.open(heap.alloc('Int32'));
// @ts-expect-error
heap.ticket(16);

const mutex = Mutex.create(heap);
const guard: MutexGuard = mutex.lock({ timeout: 5 });
const later: Promise<MutexGuard> = Mutex.at(heap, mutex.byteOffset).lockAsync({ signal: AbortSignal.timeout(5) });
// @ts-expect-error: asleep one does not hear a signal
mutex.lock({ signal: AbortSignal.timeout(5) });
// @ts-expect-error: made by create and at
new Mutex();
const object: SharedObject = mutex;
Condition.create(heap).wait(guard);
// @ts-expect-error
Condition.create(heap).wait(mutex);
Semaphore.create(heap, 3).release(2);
const count: number = RingBuffer.create(heap, 100).read(new Uint8Array(3));
void [later, object, count];
