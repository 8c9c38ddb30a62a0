// Purpose: gives free pages inside the memory back to the system, where the engine can.
// Floor:   door js.
// Source:  WebAssembly memory control proposal: `memory.discard(byteOffset, byteLength)` makes whole pages zero
//          and gives up the storage behind them.

import { walk } from '../blocks.js';
import type { OpenHeap } from '../open.js';

const pageBytes = 65536;

interface Discarding {
  discard?(byteOffset: number, byteLength: number): void;
}

/** Gives the free pages back; gives how many bytes that were. */
export function purge({ memory, core, image, sharers }: OpenHeap): number {
  const discarding = memory as unknown as Discarding;
  // In a shared heap another agent may allocate a page at the moment at which it becomes zero.
  if (typeof discarding.discard !== 'function' || sharers !== undefined) return 0;
  let bytes = 0;
  for (const { byteOffset, byteLength, kind } of walk(core, image)) {
    if (kind !== 'free') continue;
    const begin = Math.ceil(byteOffset / pageBytes) * pageBytes;
    const end = Math.floor((byteOffset + byteLength) / pageBytes) * pageBytes;
    if (begin >= end) continue;
    discarding.discard(begin, end - begin);
    bytes += end - begin;
  }
  return bytes;
}
