// Purpose: what moving a heap to another memory needs of the heap that its methods do not give.
// Floor:   door js.

import type { Allocator, Supplied } from '../allocator.js';
import type { HeapBase } from '../heap-base.js';
import type { HeapImports } from '../modules/loader.js';
import type { OpenHeap } from '../open.js';

/** A heap that can be moved. */
export interface Movable {
  readonly heap: HeapBase;
  /** As it is now; `undefined` for an adopted heap. */
  readonly open: OpenHeap | undefined;
  /** Whether modules are loaded, or about to be. */
  readonly hasModules: boolean;
  /** Whether somebody waits for memory, and will ask the core again that is here now. */
  readonly isShort: boolean;
  /** What {@link Heap.imports} gave, if it was ever asked. */
  readonly importsIfMade: HeapImports | undefined;
  /** Gives back what is held in quarantine. */
  release(operation: string): void;
  /** The heap goes on in another memory. */
  rebase(open: OpenHeap, allocator: Supplied): void;
  /**
   * Has all calls of the heap's own allocator go through another one, and the user's calls, before they come to
   * the layers of debugging, through one that `front` puts around those; without them, ends that.
   */
  watch(allocator?: Allocator, front?: (allocator: Allocator) => Allocator): void;
}
