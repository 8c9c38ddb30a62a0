// Purpose: what is known of one relocatable block.
// Floor:   door js.

import type { Layout } from '../layout/layout.js';
import type { Life } from '../refs/place.js';

/** A relocatable block. Apart from the object that its user has, which may be collected before. */
export interface RelocatableBlock {
  /** Where its address stands for the guest. */
  readonly slot: number;
  /** What its address must be a multiple of. */
  readonly alignment: number;
  /** What it was allocated for. */
  readonly layout: Layout;
  address: number;
  /** The bytes it was asked for. */
  byteLength: number;
  /** Of the refs to it: another one each time it moves. */
  life: Life;
  /** How many want it to stay where it is. */
  pins: number;
  /** Whether it is gone, and its slot given back. */
  isFreed: boolean;
}
