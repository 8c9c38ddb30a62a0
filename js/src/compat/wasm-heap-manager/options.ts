// Purpose: the options of a manager, and their defaults.
// Floor:   door js, compat.

import { show, typeError } from './errors.js';

/** How a manager behaves. */
export interface WasmHeapManagerOptions {
  /** Fill every block with zeros when it is allocated. */
  clearAllocatedRegions: boolean;
  /**
   * When to ask for the buffer again: `never` after the first time, `whenEmpty` once memory has
   * grown (a plain buffer is empty then; a shared one ends before the bytes that are wanted), or
   * `always`, for a buffer that is replaced while the old one stays as it was.
   */
  pollingMode: 'never' | 'whenEmpty' | 'always';
  /** Keep a list of the blocks that were allocated, to look at or to free in bulk. */
  trackAllocations: boolean;
}

/** What holds unless an option says otherwise; read whenever a manager is made. */
export const defaultWasmHeapManagerOptions: WasmHeapManagerOptions = {
  clearAllocatedRegions: true,
  pollingMode: 'whenEmpty',
  trackAllocations: true,
};

const pollingModes: readonly unknown[] = ['never', 'whenEmpty', 'always'];

/** All options, checked; one that is `undefined` has its default. */
export function completeOptions(given: Partial<WasmHeapManagerOptions> = {}): WasmHeapManagerOptions {
  const { clearAllocatedRegions, pollingMode, trackAllocations } = given;
  const complete = {
    clearAllocatedRegions: clearAllocatedRegions ?? defaultWasmHeapManagerOptions.clearAllocatedRegions,
    pollingMode: pollingMode ?? defaultWasmHeapManagerOptions.pollingMode,
    trackAllocations: trackAllocations ?? defaultWasmHeapManagerOptions.trackAllocations,
  };
  if (!pollingModes.includes(complete.pollingMode)) {
    const found = show(complete.pollingMode);
    throw typeError('invalid_option', `pollingMode must be 'never', 'whenEmpty' or 'always', not ${found}`);
  }
  return complete;
}
