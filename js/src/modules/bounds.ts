// Purpose: which part of the memory is a heap's, read from its image.
// Floor:   door js.

import { imageWords } from '../generated/image-words.js';
import type { OpenHeap } from '../open.js';

/** Addresses, in bytes. */
export interface Bounds {
  /** First that the heap may use. */
  readonly begin: number;
  /** After the last that it may ever use. */
  readonly end: number;
  /** After the last that it manages now. */
  readonly top: number;
  /** Memory up to here is the heap's to take. What lies beyond was grown by somebody else, if it is there. */
  readonly ownedEnd: number;
}

/** The bounds of a heap, as they are now. */
export function boundsOf({ place, image, memory, core }: OpenHeap): Bounds {
  const records = place === 'inside' ? memory : (core as unknown as { memory: WebAssembly.Memory }).memory;
  const header = new DataView(records.buffer, image);
  const read = (offset: number): number => Number(header.getBigUint64(offset, true));
  return {
    begin: read(imageWords.begin),
    end: read(imageWords.end),
    top: read(imageWords.top),
    ownedEnd: read(imageWords.owned_end),
  };
}
