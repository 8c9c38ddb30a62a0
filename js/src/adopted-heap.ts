// Purpose: adopting without allot's own allocator in the program.
// Floor:   door js.

import type { Adoptable, AdoptOptions } from './adopt.js';
import { HeapBase } from './heap-base.js';
import type { Heap } from './heap.js';

/**
 * As {@link Heap.adopt}, for programs that make no heap of their own: a bundler then leaves allot's
 * allocator out, which is most of the package. What it gives can do all that a `Heap` can, and is
 * not `instanceof Heap`.
 */
export function adopt(allocator: Adoptable, options: AdoptOptions = {}): Heap {
  return HeapBase.over('adopt', allocator, options);
}
