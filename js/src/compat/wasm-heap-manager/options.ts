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
  if (typeof given !== 'object' || given === null) {
    throw typeError('wrong_type', `options must be an object, not ${show(given)}`);
  }
  const defaults = defaultWasmHeapManagerOptions;
  const {
    clearAllocatedRegions = defaults.clearAllocatedRegions,
    pollingMode = defaults.pollingMode,
    trackAllocations = defaults.trackAllocations,
  } = given;
  requireSwitch('clearAllocatedRegions', clearAllocatedRegions);
  requireSwitch('trackAllocations', trackAllocations);
  if (!pollingModes.includes(pollingMode)) {
    const found = show(pollingMode);
    throw typeError('invalid_option', `pollingMode must be 'never', 'whenEmpty' or 'always', not ${found}`);
  }
  return { clearAllocatedRegions, pollingMode, trackAllocations };
}

/** Refuses what is neither true nor false: `'no'`, `1` and `null` would each be taken for one of them. */
export function requireSwitch(name: string, value: unknown): void {
  if (typeof value !== 'boolean') throw typeError('invalid_option', `${name} must be true or false, not ${show(value)}`);
}
