// Purpose: the walk over a heap's blocks, in address order.
// Floor:   door js.

import { addressLimit } from './arguments.js';
import { makeError, trapError } from './errors.js';
import type { HeapExports } from './generated/exports.js';
import { readStatistic } from './statistics.js';

/**
 * What a run of memory is: a `live` block, `free` memory, the heap's own records (`metadata`), or
 * a `reserved` span that the heap leaves alone.
 */
export type BlockKind = 'free' | 'live' | 'metadata' | 'reserved';

/** A run of memory. */
export interface Block {
  /** Its address, in bytes. */
  readonly byteOffset: number;
  /** Its length in bytes: a multiple of 16. */
  readonly byteLength: number;
  readonly kind: BlockKind;
}

/** By the numbers that the core gives them. */
const kinds: readonly (BlockKind | undefined)[] = ['free', 'live', 'metadata', 'reserved'];

/**
 * Walks the blocks, each `free` one joined with the free ones behind it (the core merges free
 * neighbours only when it needs to). Keeps nothing from before a `yield` but addresses, because the
 * caller, or another agent, may change the heap meanwhile.
 */
export function* walk(core: HeapExports, image: number): Generator<Block, void, undefined> {
  let at = readStatistic(core, image, 'begin');
  // Where the last two blocks began: the nearest places to go on from when the heap has changed.
  let [last, before] = [at, at];
  for (;;) {
    if (at >= readStatistic(core, image, 'top')) return;
    const block = blockAt(core, image, at) ?? enclosing(core, image, at, last, before);
    const end = block.kind === 'free' ? freeEnd(core, image, block) : endOf(block);
    [last, before] = [block.byteOffset, last];
    const run = toldFrom(block, at);
    at = end;
    yield { ...run, byteLength: at - run.byteOffset };
  }
}

function endOf(block: Block): number {
  return block.byteOffset + block.byteLength;
}

/** Where the run of free blocks ends that a free block begins. */
function freeEnd(core: HeapExports, image: number, first: Block): number {
  let end = endOf(first);
  for (;;) {
    const next = blockAt(core, image, end);
    if (next?.kind !== 'free') return end;
    end = endOf(next);
  }
}

/** The block that starts at an address, or `undefined` when none does. */
function blockAt(core: HeapExports, image: number, address: number): Block | undefined {
  if (address >= addressLimit) return undefined; // where a heap may end, but the core would read 0
  try {
    const byteLength = core.allot_block_size(image, address);
    if (byteLength <= 0) return undefined;
    const kind = kinds[core.allot_block_kind(image, address)];
    return kind === undefined ? undefined : { byteOffset: address, byteLength, kind };
  } catch (error) {
    throw trapError(error, 'blocks');
  }
}

/**
 * How often the blocks of a shared heap are looked at anew: others change them, and who looks just then may see a part of
 * what they do. It takes them less than a microsecond.
 */
const mostLooks = 100;

/**
 * The block that covers an address where none begins any more: the caller freed, say, the block it
 * was given, and that has become one with the next. Looks from the places given, and only if no
 * block begins there either from the beginning.
 */
function enclosing(core: HeapExports, image: number, address: number, ...near: number[]): Block {
  const isShared = 'allot_agent' in core;
  for (let looks = isShared ? mostLooks : 1; looks > 0; looks--) {
    for (const from of [...near, readStatistic(core, image, 'begin')]) {
      for (let start = from; start <= address; ) {
        const block = blockAt(core, image, start);
        if (block === undefined) break;
        start = endOf(block);
        if (start > address) return block;
      }
    }
  }
  throw makeError('corrupt_image', 'blocks', `no block covers the address ${address}`);
}

/**
 * What is left to tell of a block from an address on: of free memory only the rest is news; a live
 * block is told whole, with its own address, so that it can be freed by it.
 */
function toldFrom(block: Block, address: number): Block {
  if (block.byteOffset === address || block.kind === 'live') return block;
  return { ...block, byteOffset: address, byteLength: endOf(block) - address };
}
