// Purpose: keeps the bytes that were moved as they were, while instances are put over the new memory: their
//          data segments and start functions write what was true when the program began.
// Floor:   door js.
//
// After each of them:
//
//   what                                        holds
//   a block, a span, memory that is not ours    what it held before
//   a block that came meanwhile                 what was written to it
//   the heap's records, image inside            what the heap wrote
//
// So each finds the memory as it should be, whatever the one before it did.

import { walk, type BlockKind } from '../blocks.js';
import { makeError } from '../errors.js';
import type { HeapExports } from '../generated/exports.js';
import type { OpenHeap } from '../open.js';
import type { Watcher } from './recorder.js';
import { isSame, SavedRecords } from './records.js';

/** How many bytes of records are looked at while one instance is put there, before that takes too long. */
const mostRecordBytes = 2 ** 28;

/** Blocks and reserved spans, in order. */
class Runs {
  readonly #begins: number[] = [];
  readonly #lengths: number[] = [];
  readonly #kinds: BlockKind[] = [];

  add(begin: number, byteLength: number, kind: BlockKind): void {
    this.#begins.push(begin);
    this.#lengths.push(byteLength);
    this.#kinds.push(kind);
  }

  /** How long the one is that begins at an address; 0 if none does. */
  lengthAt(address: number, kind?: BlockKind): number {
    const i = this.#lastUpTo(address);
    if (this.#begins[i] !== address || (kind !== undefined && this.#kinds[i] !== kind)) return 0;
    return this.#lengths[i] as number;
  }

  /** Where the last one begins that does so at an address or before it. */
  beginUpTo(address: number): number | undefined {
    return this.#begins[this.#lastUpTo(address)];
  }

  #lastUpTo(address: number): number {
    let low = 0;
    let high = this.#begins.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#begins[middle] as number) <= address) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }
}

/** The bytes of a heap that was moved. */
export class KeptData implements Watcher {
  readonly #from: WebAssembly.Memory;
  readonly #open: OpenHeap;
  /** How much was moved. */
  readonly #byteLength: number;
  /** What is to be kept. */
  #runs = new Runs();
  /** What those hold that were not moved, but came since, by their addresses. */
  readonly #added = new Map<number, Uint8Array>();
  /** Where something ended that was to be kept. */
  readonly #gone = new Set<number>();
  /** The records as the heap left them; `undefined` where nobody else can reach them. */
  #records: SavedRecords | undefined;
  /** How many bytes of them may still be looked at. Below 0, what is known of them is out of date. */
  #left = 0;

  /**
   * @param from the old memory
   * @param open the heap in the new one
   */
  constructor(from: WebAssembly.Memory, open: OpenHeap) {
    this.#from = from;
    this.#open = open;
    this.#byteLength = open.memory.buffer.byteLength;
    for (const { byteOffset, byteLength, kind } of this.#blocks()) {
      if (kind === 'live' || kind === 'reserved') this.#runs.add(byteOffset, byteLength, kind);
    }
    this.used();
  }

  /** Before somebody is called who may do anything. */
  begin(): void {
    this.#left = mostRecordBytes;
  }

  /** After it: puts back what was not to change, and keeps from now on what came. */
  end(): void {
    this.#checkRecords();
    const runs = new Runs();
    let at = 0;
    for (const { byteOffset, byteLength, kind } of this.#blocks()) {
      this.#putBack(at, byteOffset); // what lies before the heap
      at = byteOffset + byteLength;
      if (kind === 'free') this.#putBack(byteOffset, at);
      if (kind !== 'live' && kind !== 'reserved') continue;
      runs.add(byteOffset, byteLength, kind);
      const kept = Math.min(this.#keptLength(byteOffset, kind), byteLength);
      this.#putBack(byteOffset, byteOffset + kept);
      if (kept === 0) this.#added.set(byteOffset, this.#bytes().slice(byteOffset, at));
    }
    this.#putBack(at, this.#byteLength);
    this.#runs = runs;
    this.#gone.clear();
    this.#left = mostRecordBytes;
    this.used();
  }

  using(): void {
    if (this.#records === undefined || this.#left < 0) return;
    this.#left -= this.#records.byteLength;
    this.#checkRecords();
  }

  used(): void {
    if (this.#open.place === 'outside' || this.#left < 0) return;
    this.#records = new SavedRecords(this.#open);
    this.#left -= this.#records.byteLength;
  }

  resizing(address: number): void {
    // What was written over it would move along. Who debugs has bytes of his own before those of the user.
    const begin = this.#runs.beginUpTo(address);
    if (begin !== undefined) this.#putBack(begin, begin + this.#keptLength(begin, 'live'));
  }

  gone(address: number): void {
    const begin = this.#runs.beginUpTo(address);
    if (begin === undefined || address >= begin + this.#runs.lengthAt(begin)) return;
    this.#gone.add(begin);
    this.#added.delete(begin);
  }

  #blocks(): ReturnType<typeof walk> {
    return walk(this.#open.core, this.#open.image);
  }

  #bytes(): Uint8Array {
    return new Uint8Array(this.#open.memory.buffer);
  }

  /** How much of what begins at an address has been there all the time. */
  #keptLength(address: number, kind: BlockKind): number {
    return this.#gone.has(address) ? 0 : this.#runs.lengthAt(address, kind);
  }

  /** From the beginning of a run, or of memory that is none. */
  #putBack(begin: number, end: number): void {
    if (begin >= end) return;
    const added = this.#added.get(begin);
    const moved = Math.min(end, this.#byteLength) - begin;
    if (added !== undefined) putBack(this.#bytes(), begin, added.subarray(0, end - begin));
    else if (moved > 0) putBack(this.#bytes(), begin, new Uint8Array(this.#from.buffer, begin, moved));
  }

  /** Puts back records that others have written to. */
  #checkRecords(): void {
    const { core, image } = this.#open;
    // A guest may have allocated, of which nobody tells.
    if (this.#records === undefined || this.#records.isSame || isSound(core, image)) return;
    if (this.#left < 0) throw makeError('corrupt_image', 'trim', 'an instance has written over its records', image);
    this.#records.restore();
  }
}

/** What is compared, and written, at once. */
const pieceBytes = 4096;

/** Only what is another one is written: memory that nobody touches takes no room. */
function putBack(bytes: Uint8Array, begin: number, saved: Uint8Array): void {
  for (let at = 0; at < saved.length; at += pieceBytes) {
    const piece = saved.subarray(at, at + pieceBytes);
    if (!isSame(bytes, begin + at, piece)) bytes.set(piece, begin + at);
  }
}

function isSound(core: HeapExports, image: number): boolean {
  try {
    return core.allot_check(image) === 0 && core.allot_validate(image) === 0;
  } catch (error) {
    if (error instanceof WebAssembly.RuntimeError) return false;
    throw error;
  }
}
