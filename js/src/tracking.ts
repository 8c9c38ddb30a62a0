// Purpose: which blocks this heap object handed out and has not taken back: for refs to know when their
//          block is gone, and, where it is asked for, as a list by tag and place of allocation.
// Floor:   door js.

import { AddressMap } from './address-map.js';
import { Life } from './refs/place.js';

/**
 * What is remembered of each block that is handed out: nothing but what refs need (`false`), its
 * size and tag (`true`), or also where in the program it was allocated (`'sites'`, which costs a
 * stack trace for each allocation).
 */
export type Tracking = boolean | 'sites';

/** A live block that this heap object handed out. */
export interface TrackedBlock {
  /** Its address, in bytes. */
  readonly byteOffset: number;
  /** The bytes that were asked for. */
  readonly byteLength: number;
  /** The tag it was allocated with. */
  readonly tag: string | undefined;
  /** Where it was allocated: a stack trace, the innermost call first. */
  readonly site: string | undefined;
}

/** Blocks that were allocated in one place, or with one tag, and are still live. */
export interface Leak {
  readonly tag: string | undefined;
  readonly site: string | undefined;
  /** How many blocks. */
  readonly blocks: number;
  /** How many bytes were asked for, in all. */
  readonly byteLength: number;
}

interface Entry {
  /** Its number: those who ask want them in the order in which they came. */
  readonly order: number;
  readonly byteOffset: number;
  readonly life: Life;
  readonly byteLength: number;
  readonly tag: string | undefined;
  readonly site: string | undefined;
  /** Whether it is on the list, or there only for its refs. */
  readonly isListed: boolean;
}

/** The blocks of one heap object. */
export class Tracker {
  readonly #entries = new AddressMap<Entry>();
  #count = 0;

  /** What to remember of the blocks to come. */
  mode: Tracking;

  constructor(mode: Tracking) {
    this.mode = mode;
  }

  /** Whether there is nothing to look up and nothing to remember: spares the hot calls the looking. */
  get isIdle(): boolean {
    return this.mode === false && this.#entries.size === 0;
  }

  /** A block was handed out by its address. */
  handedOut(address: number, byteLength: number, tag: string | undefined): void {
    if (this.mode === false) this.freed(address);
    else this.allocated(address, byteLength, tag);
  }

  /** A block was handed out. Gives the life that its refs are to share. */
  allocated(address: number, byteLength: number, tag: string | undefined, life = new Life()): Life {
    // Somebody else freed the block that was here, and the heap has handed it out again: the old
    // one's refs end.
    this.freed(address);
    const isListed = this.mode !== false;
    const site = this.mode === 'sites' ? callSite() : undefined;
    this.#entries.set(address, { order: this.#count++, byteOffset: address, life, byteLength, tag, site, isListed });
    return life;
  }

  /** A block was taken back. */
  freed(address: number): void {
    const entry = this.#entries.get(address);
    if (entry === undefined) return;
    entry.life.end();
    this.#entries.delete(address);
  }

  /** A block has another size, and perhaps another address. Its refs end if it moved or has become shorter. */
  resized(from: number, to: number, byteLength: number): void {
    const entry = this.#entries.get(from);
    if (entry === undefined) {
      // Not one of ours; but where it was moved to is a block that we handed out.
      if (from !== to) this.handedOut(to, byteLength, undefined);
      return;
    }
    const keepsRefs = from === to && byteLength >= entry.byteLength;
    if (!keepsRefs) entry.life.end();
    if (from !== to) {
      this.#entries.delete(from);
      this.freed(to); // as in `allocated`
    }
    const order = from === to ? entry.order : this.#count++;
    const life = keepsRefs ? entry.life : new Life();
    this.#entries.set(to, { ...entry, order, byteOffset: to, life, byteLength });
  }

  /** The life that refs to a block share, or a new one when nothing is known of it. */
  lifeAt(address: number): Life {
    return this.#entries.get(address)?.life ?? new Life();
  }

  /** The bytes that a block was asked for, if that is known. */
  byteLengthAt(address: number): number | undefined {
    return this.#entries.get(address)?.byteLength;
  }

  /** The blocks on the list, those with a tag or all, in the order in which they were allocated. */
  list(tag: string | undefined): TrackedBlock[] {
    return this.#entries
      .list()
      .filter((entry) => entry.isListed && (tag === undefined || tag === entry.tag))
      .sort((a, b) => a.order - b.order)
      .map(({ byteOffset, byteLength, tag: own, site }) => ({ byteOffset, byteLength, tag: own, site }));
  }
}

/** The blocks, put together by tag and site, the most bytes first. */
export function leaksOf(blocks: readonly TrackedBlock[]): Leak[] {
  const groups = new Map<string, { -readonly [Key in keyof Leak]: Leak[Key] }>();
  for (const { tag, site, byteLength } of blocks) {
    const key = JSON.stringify([tag, site]);
    const group = groups.get(key) ?? { tag, site, blocks: 0, byteLength: 0 };
    group.blocks++;
    group.byteLength += byteLength;
    groups.set(key, group);
  }
  return [...groups.values()].sort((a, b) => b.byteLength - a.byteLength);
}

/** Where the program called: the stack without the heap's own calls. */
function callSite(): string | undefined {
  const { stack } = new Error();
  if (stack === undefined) return undefined;
  const lines = stack.split('\n').map((line) => line.trim()).filter((line) => line !== '' && line !== 'Error');
  // The first frame is this function: its folder is the package's, as the engine calls it (a source map
  // may have changed the name).
  const ownFolder = /[^\s()@]*[/\\](?=[^/\\]*$)/.exec(lines[0] ?? '')?.[0];
  const theirs = lines.filter((line) => ownFolder === undefined || !line.includes(ownFolder));
  // In a bundle everything may be one file: then a few calls too many are better than none.
  const site = (theirs.length > 0 ? theirs : lines).join('\n');
  return site === '' ? undefined : site;
}
