// Purpose: moves blocks towards lower addresses, so that the free memory comes together at the end.
// Floor:   door js.
//
// One walk over the heap, from the lowest address up. Each block that may be moved goes to the lowest hole
// that is long enough, or down to the end of what lies before it. What a block leaves joins the hole before
// it, so that in a heap where all may be moved there is one hole, which wanders to the end.

import { trapError } from '../errors.js';
import type { HeapExports } from '../generated/exports.js';
import { readStatistic } from '../statistics.js';
import type { RelocatableBlock } from './block.js';
import { highest, Holes, none } from './holes.js';

/** The numbers of the core. */
const free = 0;
const live = 1;

/** What a compaction asks for. */
export interface Mover {
  /** Whether the block is still there, and may be moved. */
  mayMove(block: RelocatableBlock): boolean;
  move(block: RelocatableBlock, to: number): void;
}

/**
 * Compacts a heap all of whose free neighbours are merged.
 *
 * @param blocks sorted by address
 * @returns the bytes of the blocks that were moved
 */
export function compact(
  core: HeapExports,
  image: number,
  blocks: readonly RelocatableBlock[],
  { mayMove, move }: Mover,
): number {
  const top = readStatistic(core, image, 'top');
  const holes = new Holes();
  let moved = 0;
  let index = 0;
  let at = readStatistic(core, image, 'begin');
  let { byteLength, kind } = blockAt(core, image, at);
  while (at < top && byteLength > 0) {
    const end = at + byteLength;
    // Before anything is moved: it may become one with what the block leaves.
    const next = end < top ? blockAt(core, image, end) : undefined;
    while (index < blocks.length && (blocks[index] as RelocatableBlock).address < at) index++;
    const block = blocks[index];
    if (kind === free) holes.add(at, end);
    else if (kind === live && block !== undefined && block.address < end && mayMove(block)) {
      if (moveDown(holes, block, at, end, move)) moved += byteLength;
    }
    if (next === undefined) break;
    at = end;
    ({ byteLength, kind } = next);
  }
  return moved;
}

/** Moves the block that lies in [begin, end) if there is room below it. */
function moveDown(
  holes: Holes,
  block: RelocatableBlock,
  begin: number,
  end: number,
  move: Mover['move'],
): boolean {
  const byteLength = end - begin;
  // With guard bytes in front the block begins before its address.
  const front = block.address - begin;
  const { alignment } = block;
  // What is free right before it is long enough, together with the block's own place.
  const isBehindHole = holes.endsAt(begin);
  let hole = holes.find(byteLength + Math.max(alignment - 16, 0));
  if (hole === none && isBehindHole) hole = highest;
  if (hole === none) return false;
  const to = Math.ceil((holes.beginOf(hole) + front) / alignment) * alignment - front;
  if (to >= begin) return false;
  move(block, to + front);
  if (hole === highest && isBehindHole) holes.fill(hole, to, to + byteLength, end);
  else {
    holes.fill(hole, to, to + byteLength);
    holes.add(begin, end);
  }
  return true;
}

function blockAt(core: HeapExports, image: number, address: number): { byteLength: number; kind: number } {
  try {
    return {
      byteLength: core.allot_block_size(image, address),
      kind: core.allot_block_kind(image, address),
    };
  } catch (error) {
    throw trapError(error, 'compact');
  }
}
