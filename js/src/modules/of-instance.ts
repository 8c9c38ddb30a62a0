// Purpose: how to get at the heap of an instance that has a memory of its own.
// Floor:   door js.

import { wrongType } from '../arguments.js';
import { makeError } from '../errors.js';
import { isMemory } from '../instance.js';

/** What there is to be done: join its heap, adopt its allocator, or make a heap behind its data. */
export type InstanceHeap =
  | { readonly kind: 'attach'; readonly memory: WebAssembly.Memory; readonly address: number }
  | { readonly kind: 'adopt'; readonly exports: WebAssembly.Exports }
  | { readonly kind: 'create'; readonly memory: WebAssembly.Memory; readonly begin: number };

/**
 * Finds out which kind of heap an instance has.
 *
 * @param begin where a new heap is to begin, for an instance that does not say where its data end
 */
export function heapOf(
  operation: string,
  instance: unknown,
  memory: WebAssembly.Memory | undefined,
  begin: number | undefined,
): InstanceHeap {
  if (typeof instance !== 'object' || instance === null) {
    throw wrongType(operation, 'instance', instance, 'an instance');
  }
  const isInstance = Object.prototype.toString.call(instance) === '[object WebAssembly.Instance]';
  const exports = isInstance ? (instance as WebAssembly.Instance).exports : (instance as WebAssembly.Exports);
  const exported: unknown = exports['memory'] ?? Object.values(exports).find(isMemory);
  const own = memory ?? exported;
  if (!isMemory(own)) {
    throw makeError('wrong_type', operation, 'the instance exports no memory; give the option memory');
  }
  const { allot_image: image, __heap_base: base } = exports as Record<string, unknown>;
  if (typeof image === 'function') return { kind: 'attach', memory: own, address: Number(image()) >>> 0 };
  // A heap beside an allocator that thinks all of the memory its own would take the same bytes.
  if (isCallable(exports, 'malloc') && isCallable(exports, 'free')) return { kind: 'adopt', exports };
  const from = begin ?? heapBase(base);
  if (from !== undefined) return { kind: 'create', memory: own, begin: from };
  throw makeError('wrong_type', operation, 'the instance exports no __heap_base; give the option begin');
}

function isCallable(exports: WebAssembly.Exports, name: string): boolean {
  return typeof exports[name] === 'function';
}

function heapBase(base: unknown): number | undefined {
  const value: unknown = typeof base === 'object' && base !== null ? (base as WebAssembly.Global).value : base;
  return Number.isInteger(value) ? (value as number) >>> 0 : undefined;
}
