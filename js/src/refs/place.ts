// Purpose: where a ref lies, and whether what lies there is still alive.
// Floor:   door js.

import type { Heap } from '../heap.js';

/**
 * Whether a block is still there. One for each block that was handed out through a ref or is
 * tracked; all refs into the block share it, so that freeing through any of them, or by address,
 * ends them all.
 */
export class Life {
  /** Set once, when the block is freed. */
  isFreed = false;

  /** The block is freed. */
  end(): void {
    this.isFreed = true;
  }
}

/** Where a ref lies. */
export interface Place {
  readonly heap: Heap;
  readonly life: Life;
  readonly byteOffset: number;
  /** `false` for a part of another ref, which cannot be freed by itself. */
  readonly isOwner: boolean;
}
