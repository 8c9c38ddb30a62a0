// Purpose: what a guest was refused last. liballot writes it into the image before it traps, for nobody hears from a trap.
// Floor:   door js.

import type { ErrorCode } from './errors.js';
import { coreErrorCodes } from './generated/errors.js';
import { imageWords } from './generated/image-words.js';

/** A call of a guest that its allocator refused: see {@link Heap.guestError}. */
export interface GuestError {
  /** What was wrong with it, as in the errors that JavaScript gets. */
  readonly code: ErrorCode;
  /** The address (in bytes) that the guest gave. */
  readonly address: number;
}

/** As the image has it; a guest can have written anything there. */
export function guestErrorIn(memory: WebAssembly.Memory, image: number): GuestError | undefined {
  const header = new DataView(memory.buffer, image);
  const code = coreErrorCodes[header.getUint32(imageWords.last_error, true)];
  if (code === undefined) return undefined;
  return Object.freeze({ code, address: Number(header.getBigUint64(imageWords.last_error_address, true)) });
}
