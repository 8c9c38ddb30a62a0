// Purpose: `allot/sync`: what agents need to work together, in blocks of the heap that they share.
// Floor:   door js.

export { Condition } from './condition.js';
export { Mutex, MutexGuard } from './mutex.js';
export { RingBuffer, type RingBytes } from './ring-buffer.js';
export { Semaphore } from './semaphore.js';
export { SharedObject } from './shared-object.js';
export type { AsyncWaitOptions, WaitOptions } from './wait.js';
