// Purpose: what the two arenas share: blocks one behind the other, freed all at once.
// Floor:   door js, compat.

import { rangeError, requireType, requireWhole, show } from './errors.js';

/** Where the next block of an arena goes, and how large it is. */
export abstract class Arena {
  /** Every address is a multiple of it. */
  alignmentConstant: number;
  /** Where the next block goes. */
  currentAllocationAddress: number;

  /** @internal */
  constructor(alignmentConstant: number) {
    requireAlignment(alignmentConstant);
    this.alignmentConstant = alignmentConstant;
    // Not 0, which means "no address".
    this.currentAllocationAddress = alignmentConstant;
  }

  /**
   * Allocates a block, and grows the arena for it if need be.
   *
   * @param requestedByteSize a fraction is rounded up
   * @throws RangeError `out_of_memory`, `invalid_number`; nothing has changed then
   */
  allocate(requestedByteSize: number): number {
    requireType('requestedByteSize', requestedByteSize, 'number');
    if (!(requestedByteSize >= 0)) {
      throw rangeError(
        'invalid_number',
        `requestedByteSize must be a number from 0 up, not ${show(requestedByteSize)}`,
      );
    }
    // Anybody may set them.
    const { alignmentConstant, currentAllocationAddress: address } = this;
    requireWhole('currentAllocationAddress', address);
    requireAlignment(alignmentConstant);
    const end = Math.ceil((address + requestedByteSize) / alignmentConstant) * alignmentConstant;
    if (end > this.capacity) this.growTo(end);
    this.currentAllocationAddress = end;
    return address;
  }

  /** Does nothing: an arena frees all its blocks at once, by {@link reset}. Takes the address that a manager gives. */
  deallocate(_address?: number): void {}

  /** Takes all blocks back. What lies in them stays until they are written to again. */
  reset(): void {
    this.currentAllocationAddress = this.alignmentConstant;
  }

  /** How many bytes the arena has now. */
  abstract get capacity(): number;

  /** @internal */
  protected abstract growTo(byteLength: number): void;
}

function requireAlignment(alignmentConstant: number): void {
  requireWhole('alignmentConstant', alignmentConstant);
  if (alignmentConstant === 0) throw rangeError('invalid_number', 'alignmentConstant must be at least 1, not 0');
}

/** The error for an arena that cannot grow. */
export function cannotGrow(byteLength: number, cause: unknown): Error {
  const error = rangeError('out_of_memory', `allocate: the arena cannot grow to ${byteLength} bytes`);
  error.cause = cause;
  return error;
}
