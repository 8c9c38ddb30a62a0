// Purpose: who shares a heap, and which heap it is.
// Floor:   door js.

import { imageWords } from './generated/image-words.js';
import { isShared } from './instance.js';

/** An agent that shares a heap. */
export interface HeapAgent {
  /** Its number, from 0 up, below 2^30: one that no other agent of the heap has or ever had. */
  readonly id: number;
}

/** How many agents can share a heap at a time; and the number of one that is about to be an agent. */
export const mostAgents = 64;

/** Whether it may be an agent's number, which says in 7 bits where its record is, and above how many had that before. */
export function isAgentNumber(id: number): boolean {
  return id < 2 ** 30 && id % 128 < mostAgents;
}

/**
 * A number that tells a heap from others: drawn at random when it is first asked for, and then kept in the
 * image.
 */
export function identityOf(memory: WebAssembly.Memory, image: number): number {
  const word = identityWord(memory, image);
  const known = Atomics.load(word, 0);
  if (known !== 0) return known;
  const [random = 0] = crypto.getRandomValues(new Uint32Array(1));
  const drawn = (random | 1) >>> 0;
  return Atomics.compareExchange(word, 0, 0, drawn) || drawn;
}

/** A heap that was copied is another one. */
export function forgetIdentity(memory: WebAssembly.Memory, image: number): void {
  const offset = image + offsetOf(memory);
  if (offset + 4 <= memory.buffer.byteLength) new DataView(memory.buffer).setUint32(offset, 0, true);
}

function identityWord(memory: WebAssembly.Memory, image: number): Uint32Array {
  return new Uint32Array(memory.buffer, image + offsetOf(memory), 1);
}

function offsetOf(memory: WebAssembly.Memory): number {
  return isShared(memory) ? imageWords.shared_identity : imageWords.identity;
}
