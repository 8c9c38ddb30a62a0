// Purpose: leaks as a text for people.
// Floor:   door js.

import { wrongType } from '../arguments.js';
import type { Leak } from '../tracking.js';

/** What {@link Heap.leaks} gives, as a text: the most bytes first, each with its tag and its place. */
export function formatLeaks(leaks: readonly Leak[]): string {
  if (!Array.isArray(leaks)) throw wrongType('formatLeaks', 'leaks', leaks, 'what heap.leaks() gives');
  if (leaks.length === 0) return 'no leaks';
  const sum = (name: 'blocks' | 'byteLength'): number => leaks.reduce((total, leak) => total + leak[name], 0);
  return [inWords(sum('blocks'), sum('byteLength')), ...leaks.map(leakInWords)].join('\n');
}

function leakInWords({ tag, site, blocks, byteLength }: Leak): string {
  const first = `  ${inWords(blocks, byteLength)}${tag === undefined ? '' : `, ${tag}`}`;
  const lines = site === undefined ? [] : site.split('\n').map((line) => `    ${line.trim()}`);
  return [first, ...lines].join('\n');
}

function inWords(blocks: number, byteLength: number): string {
  return `${blocks} ${blocks === 1 ? 'block' : 'blocks'}, ${byteLength} ${byteLength === 1 ? 'byte' : 'bytes'}`;
}
