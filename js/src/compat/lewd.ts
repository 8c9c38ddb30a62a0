// Purpose: `allot/compat/lewd`: blocks that live as long as an object, in one memory for all modules of a
//          program, as the package of that name has it, on a heap of allot. docs/compat/lewd.md says what
//          is mended.
// Floor:   door js, compat.

import { requireSize, wrongType } from './lewd/refuse.js';
import { follow, growHeap, heapOfNow } from './lewd/state.js';
import type { bool, i32 } from './lewd/types.js';

export { off, on, type EventType, type Handler } from './lewd/events.js';
export {
  free,
  freeAtoms,
  freeBytes,
  headAtoms,
  headBytes,
  headFree,
  largestAtoms,
  largestBytes,
  largestFree,
  runAtoms,
  runBytes,
  tailAtoms,
  tailBytes,
  tailFree,
  total,
  totalAtoms,
  totalBytes,
  used,
  usedAtoms,
  usedBytes,
  usedRun,
} from './lewd/figures.js';
export { buffer, memory, reset } from './lewd/state.js';
export type { bool, f64, Grow, i32, LewdEvents, OOM, Resize, Trim } from './lewd/types.js';

/**
 * A scratch block: at least `size` bytes that nobody else has until the next allocation or
 * {@link trim}. Nothing is recorded.
 *
 * May grow the memory.
 *
 * @param size bytes, rounded up to a multiple of 16
 * @returns its address, a multiple of 16 from 0 to 2^32 - 16; 0 is an address like others
 * @throws RangeError `invalid_number` for a size of 0 and other numbers that are none; `out_of_memory`,
 * after the event `oom`; `size_too_large`
 * @throws TypeError `wrong_type`
 */
export function alloc(size: i32): i32;
/**
 * Allocates at least `size` bytes, which are freed when `token` is collected. A token can have many.
 * They lie where they fit best, and of places that fit alike at the lowest.
 *
 * May grow the memory.
 *
 * @throws TypeError `wrong_type`, also for a token that can never be collected
 */
export function alloc(size: i32, token: WeakKey): i32;
export function alloc(size: i32, token?: WeakKey): i32 {
  const byteLength = requireSize('alloc', size);
  const heap = heapOfNow();
  try {
    return token === undefined ? heap.scratch(byteLength) : heap.malloc(byteLength, { token });
  } finally {
    follow();
  }
}

/**
 * Makes the memory larger, for later allocations.
 *
 * @param pages of 64 KiB
 * @returns 0, or 1 if that cannot be: after the event `oom`
 * @throws RangeError `invalid_number`, `size_too_large` for what is no 32-bit number
 * @throws TypeError `wrong_type`
 */
export function grow(pages: i32): bool {
  try {
    growHeap(pages);
    return 0;
  } catch (error) {
    if (error instanceof RangeError && 'code' in error && error.code === 'out_of_memory') return 1;
    throw error;
  }
}

/**
 * Gives the pages behind the last block back to the engine; one stays. The blocks are moved, with
 * their addresses, to a smaller memory; then the callbacks of {@link bind} are called, and then the
 * events `trim` and `resize` are told. If there is nothing to give, nothing happens.
 *
 * @throws RangeError `out_of_memory` when there is none for the smaller memory: then nothing has changed
 */
export function trim(): void {
  const heap = heapOfNow();
  try {
    heap.trim();
  } finally {
    follow();
  }
}

/**
 * Makes a module's instance, and has it made anew whenever {@link trim} has put another memory in the
 * place of the one it was made with.
 *
 * @param spawn called at once: makes the instance with the `memory` of now
 * @param respawn called after each move: makes another instance with the `memory` of then. If it gives
 * the instance or its exports, and `spawn` has done so, then the exported mutable globals and tables of
 * the old one go into the new one. What it writes to the memory is undone
 * @returns what `spawn` gave
 * @throws TypeError `wrong_type`
 */
/*#__NO_SIDE_EFFECTS__*/
export function bind<T>(spawn: () => T, respawn: () => unknown): T {
  // Not for the heap to say: there respawn may be left out.
  if (typeof respawn !== 'function') throw wrongType('bind', 'respawn', 'a function', respawn);
  try {
    return heapOfNow().bind(spawn, respawn);
  } finally {
    heapOfNow(); // which notices if the module has made the memory grow
  }
}
