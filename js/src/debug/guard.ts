// Purpose: poison, quarantine and canaries: a layer around an allocator that finds out who writes where
//          nothing is his.
// Floor:   door js.
//
// What is watched is only what passes through here. A guest or another heap object works on the same heap
// without it, so that nothing is believed of a block before the allocator underneath has been asked: a
// block that somebody else freed is forgotten, whatever lies there now.
//
// Only memory that is held back is compared with what it was filled with. What is free belongs to nobody:
// a guest may allocate it, or the heap put its records there, and both may give it back used.

import type { BufferSource } from '../access.js';
import type { Allocator } from '../allocator.js';
import type { Block } from '../blocks.js';
import { HeapError, makeError, type ErrorCode } from '../errors.js';
import type { HeapStatistics } from '../generated/statistics.js';
import type { StatisticName } from '../statistics.js';
import { copyBytes, fillBytes } from '../windows.js';
import { damageIn, faultError, type HeapFault } from './fault.js';
import { AllocatorLayer } from './layer.js';
import { isOff, noDebugging, poisonBytes, type DebugSettings } from './settings.js';
import { WatchedBlocks, type HeldBlock, type WatchedBlock } from './watched-blocks.js';

/** The byte that guards are made of. */
const guardByte = 0xfd;

/** The least length of a guard: with one in front an address keeps its alignment. */
const guardBytes = 16;

/** Watches the blocks that pass through. */
export class GuardedAllocator extends AllocatorLayer {
  readonly #source: BufferSource;
  readonly #zeroIsNull: boolean;
  readonly #onIdle: () => void;
  readonly #blocks = new WatchedBlocks();
  #settings = noDebugging;
  /** How many faults `onFault` was told: it may have changed anything. */
  #told = 0;
  /** How many of its calls are under way: what it does may tell of other faults, and not of those again. */
  #telling = 0;
  /** Calls that are under way, the innermost last: handlers may call the heap, too. */
  readonly #calls: string[] = [];
  /** Whether the allocator underneath knows the lengths of its blocks; and records what was asked for. */
  #knowsLengths = true;
  #recordsSizes = true;

  /**
   * @param source has the memory's buffer of now
   * @param zeroIsNull whether address 0 means no address
   * @param onIdle called when everything is off and no block needs this layer any more
   */
  constructor(inner: Allocator, source: BufferSource, zeroIsNull: boolean, onIdle: () => void) {
    super(inner);
    this.#source = source;
    this.#zeroIsNull = zeroIsNull;
    this.#onIdle = onIdle;
  }

  get settings(): DebugSettings {
    return this.#settings;
  }

  /** Whether there is nothing to do: everything is off, no block has an address of ours, or is about to. */
  get isIdle(): boolean {
    return isOff(this.#settings) && this.#blocks.count === 0 && this.#calls.length === 0;
  }

  /** Switches parts on and off. What does not fit the new limits leaves the quarantine, and is looked at. */
  configure(operation: string, settings: DebugSettings): void {
    this.#shrinkQuarantine(operation, settings.quarantine, 0, 0);
    this.#settings = settings;
    if (settings.canaries !== false) return;
    // A guard behind a block may become the user's. One in front stays, or the address would not.
    for (const block of this.#blocks.list()) {
      if (block.address === block.block && (block.usable !== undefined || isOff(settings))) this.#blocks.forget(block);
    }
  }

  /**
   * Gives everything back that is held, after a look at it. Gives whether there was anything.
   *
   * @param operation what faults are told to be found by, if it is not in the middle of a call
   */
  release(operation: string): boolean {
    const isHolding = this.#blocks.held.count > 0;
    this.#shrinkQuarantine(this.#calls.at(-1) ?? operation, false, 0, 0);
    return isHolding;
  }

  // ── Allocating ────────────────────────────────────────────────────────────────────────────────

  override malloc(byteLength: number): number {
    if (!isWhole(byteLength)) return this.inner.malloc(byteLength); // which says what is wrong
    return this.#during('malloc', () => this.#malloc(`malloc(${byteLength})`, byteLength));
  }

  override calloc(count: number, byteLength: number): number {
    const bytes = count * byteLength;
    if (!isWhole(count) || !isWhole(byteLength) || !isWhole(bytes)) return this.inner.calloc(count, byteLength);
    return this.#during('calloc', () => {
      const [before, after] = this.#guards(guardBytes);
      const block = this.#ask(`calloc(${count}, ${byteLength})`, before + after, () =>
        this.inner.calloc(1, before + bytes + after),
      );
      return this.#handOut(block, bytes, before, after, Infinity);
    });
  }

  override alignedAlloc(alignment: number, byteLength: number): number {
    const isPower = isWhole(alignment) && alignment > 0 && Number.isInteger(Math.log2(alignment));
    if (!isWhole(byteLength) || !isPower) return this.inner.alignedAlloc(alignment, byteLength);
    return this.#during('alignedAlloc', () => {
      const [before, after] = this.#guards(Math.max(alignment, guardBytes));
      const block = this.#ask(`alignedAlloc(${alignment}, ${byteLength})`, before + after, () =>
        this.inner.alignedAlloc(alignment, before + byteLength + after),
      );
      return this.#handOut(block, byteLength, before, after, 0);
    });
  }

  override realloc(address: number, byteLength: number, known: number | undefined): number {
    if (!isWhole(address) || !isWhole(byteLength)) return this.inner.realloc(address, byteLength, known);
    return this.#during('realloc', () => this.#realloc(address, byteLength, known));
  }

  #realloc(address: number, byteLength: number, known: number | undefined): number {
    const call = `realloc(${address}, ${byteLength})`;
    if (address === 0 && this.#zeroIsNull) return this.#malloc(call, byteLength);
    const told = this.#told;
    const old = this.#find(call, address, known);
    if (old === undefined) return this.#resize(call, undefined, address, byteLength);
    this.#requireGuards('realloc', old);
    this.#makeRoom('realloc', old);
    const block = this.#findAgain(call, old, told);
    const { poison, quarantine } = this.#settings;
    if (quarantine === false && poison === false) return this.#resize(call, block, address, byteLength);
    // It moves, so that who still uses the old address is noticed.
    let moved;
    try {
      moved = this.#malloc(call, byteLength);
    } catch (error) {
      if (!isShortage(error)) throw error;
      return this.#resize(call, block, address, byteLength); // there may be room in place
    }
    let still;
    try {
      // Whoever was asked for memory may have freed the block.
      still = this.#find(call, address, block.byteLength) ?? block;
    } catch (error) {
      this.#giveBack(this.#find(call, moved, byteLength) as WatchedBlock);
      throw error;
    }
    copyBytes(this.#source.buffer, moved, address, Math.min(still.byteLength, byteLength));
    this.#giveBack(still);
    return moved;
  }

  override free(address: number): void {
    this.#during('free', () => {
      const call = isWhole(address) && (address > 0 || !this.#zeroIsNull) ? `free(${address})` : undefined;
      const told = this.#told;
      const block = call === undefined ? undefined : this.#find(call, address, undefined);
      if (call === undefined || block === undefined) {
        this.inner.free(address);
        return;
      }
      this.#requireGuards('free', block);
      this.#makeRoom('free', block);
      this.#giveBack(this.#findAgain(call, block, told));
    });
  }

  /** Runs a call; the layer stays until it is done, whatever handlers switch off meanwhile. */
  #during<Result>(operation: string, call: () => Result): Result {
    this.#calls.push(operation);
    try {
      return call();
    } finally {
      this.#calls.pop();
      if (this.isIdle) this.#onIdle();
    }
  }

  /** The guard bytes move along. Who still uses the old address is to see the poison. */
  override relocate(from: number, to: number, byteLength: number): void {
    const block = this.#find('compact', from, byteLength);
    if (block === undefined) {
      this.inner.relocate(from, to, byteLength);
      return;
    }
    const { whole } = block;
    const begin = block.block + to - from;
    this.inner.relocate(block.block, begin, byteLength);
    const isWatched = this.#blocks.at(from) === block;
    if (isWatched) this.#blocks.forget(block);
    // Whatever was known of the place: somebody else has freed it.
    this.#blocks.forgetAt(begin);
    this.#blocks.forgetAt(to);
    if (isWatched) this.#blocks.add({ ...block, address: to, block: begin });
    const { poison } = this.#settings;
    if (poison === false) return;
    const old = new Uint8Array(this.#source.buffer, block.block, whole);
    const shift = to - from;
    if (shift < 0) old.fill(poison.freed, Math.max(whole + shift, 0));
    else old.fill(poison.freed, 0, shift);
  }

  // ── Looking at it ─────────────────────────────────────────────────────────────────────────────

  override usableSize(address: number): number {
    if (!isWhole(address)) return this.inner.usableSize(address);
    const call = `usableSize(${address})`;
    const block = this.#watched(call, address);
    return block?.usable !== undefined ? block.byteLength : this.#explained(call, () => this.inner.usableSize(address));
  }

  override sizeof(address: number): number {
    if (!isWhole(address)) return this.inner.sizeof(address);
    const call = `sizeof(${address})`;
    const block = this.#watched(call, address);
    return block?.usable !== undefined ? block.byteLength : this.#explained(call, () => this.inner.sizeof(address));
  }

  override requestedSize(address: number): number {
    if (!isWhole(address)) return this.inner.requestedSize(address);
    const call = `requestedSize(${address})`;
    const block = this.#watched(call, address);
    const bytes = this.#explained(call, () => this.inner.requestedSize(block?.block ?? address));
    return block === undefined ? bytes : block.byteLength;
  }

  /** What is held back, and guards in front, are the heap's own for now: `metadata`. */
  override *blocks(): Generator<Block, void, undefined> {
    for (const run of this.inner.blocks()) {
      const front = this.#blocks.frontAt(run.byteOffset);
      const held = this.#blocks.held.at(front?.address ?? run.byteOffset);
      const isOurs = run.kind === 'live' && (held ?? front)?.usable === run.byteLength;
      if (isOurs && held !== undefined) yield { ...run, kind: 'metadata' };
      else if (isOurs && front !== undefined) {
        const byteLength = front.address - front.block;
        yield { byteOffset: front.block, byteLength, kind: 'metadata' };
        yield { byteOffset: front.address, byteLength: run.byteLength - byteLength, kind: 'live' };
      } else yield run;
    }
  }

  override stats(): HeapStatistics {
    const { bytes, blocks } = this.#hidden();
    const figures = this.inner.stats();
    return {
      ...figures,
      live: figures.live - bytes,
      metadata: figures.metadata + bytes,
      blocks: figures.blocks - blocks,
      ...this.#walked(),
    };
  }

  override stat(name: StatisticName): number {
    switch (name) {
      case 'live':
        return this.inner.stat(name) - this.#hidden().bytes;
      case 'metadata':
        return this.inner.stat(name) + this.#hidden().bytes;
      case 'blocks':
        return this.inner.stat(name) - this.#hidden().blocks;
      case 'headFree':
      case 'usedSpan':
        return this.#walked()[name];
      default:
        return this.inner.stat(name);
    }
  }

  override validate(): void {
    this.inner.validate();
    this.#forgetStale();
    for (const held of this.#blocks.held.list()) {
      if (this.#blocks.held.at(held.address) === held) this.#requireUntouched('validate', held);
    }
    if (this.#settings.canaries === false) return;
    for (const block of this.#blocks.list()) {
      if (this.#blocks.at(block.address) === block) this.#reportGuards(block);
    }
  }

  override reserve(begin: number, end: number): void {
    try {
      this.inner.reserve(begin, end);
    } catch (error) {
      if (this.#blocks.held.count === 0 || codeOf(error) !== 'span_in_use') throw error;
      this.release('reserve');
      this.inner.reserve(begin, end);
    }
  }

  // ── Handing out and taking back ───────────────────────────────────────────────────────────────

  /** Lengths of the guards that a new block is to have. */
  #guards(alignment: number): [before: number, after: number] {
    const { canaries } = this.#settings;
    return [canaries === 'both' ? alignment : 0, canaries === false ? 0 : guardBytes];
  }

  #malloc(call: string, byteLength: number): number {
    const [before, after] = this.#guards(guardBytes);
    const block = this.#ask(call, before + after, () => this.inner.malloc(before + byteLength + after));
    return this.#handOut(block, byteLength, before, after, 0);
  }

  /** Asks for memory. What is held back is given up before a request fails. */
  #ask(call: string, guards: number, request: () => number): number {
    for (;;) {
      try {
        return request();
      } catch (error) {
        if (!isShortage(error)) throw error;
        if (this.#blocks.held.count === 0 || codeOf(error) === 'size_too_large') {
          const detail = guards === 0 ? '' : `and ${guards} guard bytes`;
          throw makeError(codeOf(error) as ErrorCode, call, detail, undefined, { cause: error });
        }
        this.release(call);
      }
    }
  }

  /**
   * Prepares a block for its user.
   *
   * @param newFrom from this byte on the user has never seen it
   * @returns the user's address
   */
  #handOut(block: number, byteLength: number, before: number, after: number, newFrom: number): number {
    const address = block + before;
    // Whatever was known of the place: somebody else has freed it.
    this.#blocks.forgetAt(block);
    this.#blocks.forgetAt(address);
    const usable = this.#usable(block);
    const whole = usable ?? before + byteLength + after;
    const length = after === 0 ? whole : byteLength;
    const { buffer } = this.#source;
    const { poison } = this.#settings;
    if (poison !== false && newFrom < length) fillBytes(buffer, address + newFrom, length - newFrom, poison.allocated);
    if (after > 0) {
      fillBytes(buffer, block, before, guardByte);
      fillBytes(buffer, address + byteLength, whole - before - byteLength, guardByte);
    }
    if (after > 0 || usable === undefined) {
      const requested = this.#requested(block);
      this.#blocks.add({ address, block, byteLength: length, whole, usable, requested, isReported: false });
    }
    return address;
  }

  /** Gives a block another length by the allocator underneath, in place if it can. */
  #resize(call: string, old: WatchedBlock | undefined, address: number, byteLength: number): number {
    const before = old === undefined ? 0 : old.address - old.block;
    const after = before > 0 || this.#settings.canaries !== false ? guardBytes : 0;
    const request = (): number => this.inner.realloc(old?.block ?? address, before + byteLength + after, old?.whole);
    const block = this.#ask(call, before + after, () => this.#explained(call, request, address));
    if (old !== undefined) {
      const held = this.#blocks.held.at(address);
      if (held?.block === old.block) {
        // Whoever was asked for memory has freed the block, and it was held back.
        this.#blocks.forget(held);
        this.inner.free(block);
        throw makeError('double_free', call, '', address);
      }
      this.#blocks.forget(old);
    }
    return this.#handOut(block, byteLength, before, after, old?.byteLength ?? Infinity);
  }

  /** Takes a block from its user: to be held back, or straight to the allocator underneath. */
  #giveBack(block: WatchedBlock): void {
    const { poison, quarantine } = this.#settings;
    const isHeld = quarantine !== false && fits(block, quarantine);
    const fill = poison === false ? poisonBytes.freed : poison.freed;
    // While it is not free yet: then it may be another agent's at once.
    if (poison !== false || isHeld) fillBytes(this.#source.buffer, block.block, block.whole, fill);
    this.#blocks.forget(block);
    if (isHeld) this.#blocks.hold({ ...block, fill, isReported: false });
    else this.inner.free(block.block);
  }

  /** Makes room for a block in the quarantine. What has to leave is looked at, which may throw. */
  #makeRoom(operation: string, block: WatchedBlock): void {
    const { quarantine } = this.#settings;
    if (quarantine === false || !fits(block, quarantine)) return;
    this.#shrinkQuarantine(operation, quarantine, 1, block.whole);
  }

  /** Lets the oldest go until there is room for so many blocks and bytes more. */
  #shrinkQuarantine(operation: string, limit: DebugSettings['quarantine'], blocks: number, bytes: number): void {
    const { held } = this.#blocks;
    for (let oldest = held.oldest(); oldest !== undefined; oldest = held.oldest()) {
      const isWithin =
        limit !== false && held.count + blocks <= limit.blocks && held.byteLength + bytes <= limit.byteLength;
      if (isWithin) return;
      if (!this.#isThere(oldest)) continue;
      this.#requireUntouched(operation, oldest);
      if (held.at(oldest.address) !== oldest) continue; // whoever was told has freed something
      this.#blocks.forget(oldest);
      this.inner.free(oldest.block);
    }
  }

  // ── Faults ────────────────────────────────────────────────────────────────────────────────────

  /** Reports damaged guards of a block: once, so that it can be freed after all. */
  #requireGuards(operation: string, block: WatchedBlock): void {
    if (block.isReported || this.#settings.canaries === false) return;
    const faults = this.#faultsOf(operation, block);
    if (faults.length > 0) block.isReported = true;
    this.#report(faults);
  }

  /** Reports them for `validate`: each time, but for the calls of a handler that is told of them. */
  #reportGuards(block: WatchedBlock): void {
    if (this.#telling > 0 && block.isReported) return;
    const faults = this.#faultsOf('validate', block);
    if (faults.length === 0) return;
    const { isReported } = block;
    block.isReported = true;
    try {
      this.#report(faults);
    } finally {
      if (this.#telling === 0) block.isReported = isReported;
    }
  }

  #faultsOf(operation: string, { address, block, byteLength, whole }: WatchedBlock): HeapFault[] {
    if (whole === byteLength) return []; // it has no guards
    const faults: HeapFault[] = [];
    for (const [from, to] of [[block, address], [address + byteLength, block + whole]] as const) {
      const damage = damageIn(this.#bytes(from, to), guardByte);
      if (damage === undefined) continue;
      const offset = from + damage.offset - address;
      faults.push({ ...damage, code: 'overrun', operation, byteOffset: address, byteLength, offset });
    }
    return faults;
  }

  /** Reports that a block which is held back was written to. */
  #requireUntouched(operation: string, held: HeldBlock): void {
    const { address, block, byteLength, whole, fill } = held;
    if (held.isReported && (operation !== 'validate' || this.#telling > 0)) return;
    const damage = damageIn(this.#bytes(block, block + whole), fill);
    if (damage === undefined) return;
    held.isReported = true;
    const offset = damage.offset - (address - block);
    this.#report([{ ...damage, code: 'use_after_free', operation, byteOffset: address, byteLength, offset }]);
  }

  #report(faults: readonly HeapFault[]): void {
    const { onFault } = this.#settings;
    for (const fault of faults) {
      if (onFault === undefined) throw faultError(fault);
      this.#told++;
      this.#telling++;
      try {
        onFault(fault);
      } finally {
        this.#telling--;
      }
    }
  }

  /** Bytes of the memory as it is now. */
  #bytes(begin: number, end: number): Uint8Array {
    return new Uint8Array(this.#source.buffer, begin, end - begin);
  }

  // ── What is known of blocks ───────────────────────────────────────────────────────────────────

  /** The block at an address as its user knows it. Throws where there is nothing to use or free any more. */
  #watched(call: string, address: number): WatchedBlock | undefined {
    const front = this.#blocks.frontAt(address);
    if (front !== undefined && this.#isThere(front)) throw makeError('metadata_address', call, '', address);
    const held = this.#blocks.held.at(address);
    if (held !== undefined && this.#isThere(held)) throw makeError('double_free', call, '', address);
    const block = this.#blocks.at(address);
    return block !== undefined && this.#isThere(block) ? block : undefined;
  }

  /**
   * The same, also for a block that is not watched.
   *
   * @returns `undefined` when its length cannot be found out
   */
  #find(call: string, address: number, known: number | undefined): WatchedBlock | undefined {
    const watched = this.#watched(call, address);
    if (watched !== undefined) return watched;
    const usable = this.#explained(call, () => this.#usable(address));
    const whole = usable ?? known;
    if (whole === undefined) return undefined;
    return { address, block: address, byteLength: whole, whole, usable, requested: undefined, isReported: false };
  }

  /** A block, unless whoever was told of a fault since has freed it, which is then an error. */
  #findAgain(call: string, block: WatchedBlock, told: number): WatchedBlock {
    if (this.#told === told) return block;
    return this.#find(call, block.address, block.byteLength) ?? block;
  }

  /** Whether a block is still the one that we know. If it is not, it is forgotten. */
  #isThere(block: WatchedBlock): boolean {
    if (!this.#isStale(block)) return true;
    this.#blocks.forget(block);
    return false;
  }

  /** Whether somebody else has freed a block, as far as that can be found out. */
  #isStale({ block, whole, usable, requested }: WatchedBlock): boolean {
    if (block + whole > this.#source.buffer.byteLength) return true;
    if (usable === undefined) return false;
    try {
      if (this.inner.usableSize(block) !== usable) return true;
      return requested !== undefined && this.inner.requestedSize(block) !== requested;
    } catch (error) {
      if (error instanceof HeapError && error.code !== 'corrupt_image') return true;
      throw error;
    }
  }

  #forgetStale(): void {
    for (const block of [...this.#blocks.list(), ...this.#blocks.held.list()]) this.#isThere(block);
  }

  /** What is live underneath and nobody's to use: without what somebody else has freed since. */
  #hidden(): { readonly bytes: number; readonly blocks: number } {
    for (const block of this.#blocks.hidden()) this.#isThere(block);
    return { bytes: this.#blocks.hiddenBytes, blocks: this.#blocks.held.count };
  }

  // ── The allocator underneath ──────────────────────────────────────────────────────────────────

  /** The length of a block; `undefined` where the allocator underneath, one that was adopted, cannot say. */
  #usable(block: number): number | undefined {
    if (!this.#knowsLengths) return undefined;
    try {
      return this.inner.usableSize(block);
    } catch (error) {
      if (codeOf(error) !== 'unsupported_operation') throw error;
      this.#knowsLengths = false;
      return undefined;
    }
  }

  #requested(block: number): number | undefined {
    if (!this.#knowsLengths || !this.#recordsSizes) return undefined;
    try {
      return this.inner.requestedSize(block);
    } catch (error) {
      if (codeOf(error) !== 'not_recorded') throw error;
      this.#recordsSizes = false;
      return undefined;
    }
  }

  /**
   * Asks about a block that is not watched. What lies inside one that is held back is free memory, as
   * far as the user is concerned.
   *
   * @param call as what the error is to be told
   * @param user the address that the user has, if it is another one
   */
  #explained<Result>(call: string, ask: () => Result, user?: number): Result {
    try {
      return ask();
    } catch (error) {
      // What has a cause is a fault of another block, found by the way.
      if (!(error instanceof HeapError) || error.address === undefined || error.cause !== undefined) throw error;
      const isFreed = error.code === 'interior_address' && this.#blocks.held.covering(error.address) !== undefined;
      throw makeError(isFreed ? 'double_free' : error.code, call, '', user ?? error.address);
    }
  }

  /** The figures that depend on which blocks are live. */
  #walked(): Pick<HeapStatistics, 'headFree' | 'usedSpan'> {
    let headFree = 0;
    let first = -1;
    let end = 0;
    for (const { byteOffset, byteLength, kind } of this.blocks()) {
      if (kind === 'free' && first < 0) headFree += byteLength;
      if (kind !== 'live') continue;
      if (first < 0) first = byteOffset;
      end = byteOffset + byteLength;
    }
    return { headFree, usedSpan: first < 0 ? 0 : end - first };
  }
}

function isWhole(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function fits(block: WatchedBlock, limit: { readonly byteLength: number; readonly blocks: number }): boolean {
  return block.whole <= limit.byteLength && limit.blocks > 0;
}

function codeOf(error: unknown): unknown {
  return error instanceof Error ? (error as Error & { readonly code?: unknown }).code : undefined;
}

/** Whether memory was refused. */
function isShortage(error: unknown): boolean {
  return ['out_of_memory', 'quota_exceeded', 'size_too_large'].includes(codeOf(error) as string);
}
