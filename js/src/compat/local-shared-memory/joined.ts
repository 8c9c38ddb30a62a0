// Purpose: from a memory to the allocations in it.
// Floor:   door js, compat.
//
// The state of an instance is kept beside it and not in private fields: a constructor runs only where the
// memory is made. In a worker that it was sent to it arrives as a bare WebAssembly.Memory and becomes a
// LocalSharedMemory by its prototype (`attach`, or `Object.setPrototypeOf` as programs for the original do),
// and private fields cannot be added to what is there already. Such an instance is joined when it is first used.

import { Heap, HeapError } from '../../index.js';
import { Allocations, reservedBytes } from './allocations.js';
import { show, typeError } from './refuse.js';

const joined = new WeakMap<WebAssembly.Memory, Allocations>();

const bufferGetter = Object.getOwnPropertyDescriptor(WebAssembly.Memory.prototype, 'buffer')?.get;

/** The allocations in a memory; joins their heap at the first call. */
export function allocationsOf(memory: WebAssembly.Memory): Allocations {
  return joined.get(memory) ?? join('LocalSharedMemory', memory);
}

/** Makes the heap of a new memory. */
export function found(memory: WebAssembly.Memory): void {
  const allocations = new Allocations(memory, Heap.createSync({ memory, begin: reservedBytes }));
  allocations.begin();
  joined.set(memory, allocations);
}

/**
 * Joins the heap of a memory that another agent made.
 *
 * @throws TypeError `wrong_type` for what is no memory
 * @throws HeapError `not_a_heap` for a memory that no LocalSharedMemory was made with
 */
export function join(operation: string, memory: WebAssembly.Memory): Allocations {
  const known = joined.get(memory);
  if (known !== undefined) return known;
  requireMemory(operation, memory);
  if (!Allocations.areIn(memory)) {
    throw new HeapError('not_a_heap', `${operation}: the memory was not made by LocalSharedMemory`);
  }
  const allocations = new Allocations(memory, Heap.attachSync(memory, { address: reservedBytes }));
  joined.set(memory, allocations);
  return allocations;
}

/** Refuses what is no memory, by what it can do: memories of another realm are memories too. */
function requireMemory(operation: string, memory: unknown): void {
  try {
    bufferGetter?.call(memory);
  } catch (cause) {
    throw typeError('wrong_type', operation, `memory must be a WebAssembly.Memory, not ${show(memory)}`, { cause });
  }
}
