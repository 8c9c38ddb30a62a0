// Purpose: a heap from the bytes of a snapshot, in a new memory. They may come from anybody: all that
//          they say is checked before there is a heap.
// Floor:   door js.

import { forgetIdentity } from '../agents.js';
import { requireType, wholeNumber } from '../arguments.js';
import { coreError, makeError, trapError } from '../errors.js';
import type { HeapExports } from '../generated/exports.js';
import { instantiate, instantiateSync } from '../instance.js';
import { compile, compileSync } from '../module.js';
import { attach, attachSync, requireSound, type OpenHeap } from '../open.js';
import { readTracking, requireObject, type AttachOptions } from '../options.js';
import type { Tracking } from '../tracking.js';
import { bytesOf, type BytesLike } from '../bytes-like.js';
import { readRuns } from './runs.js';
import { headerBytes, pageBytes, readHeader, type SnapshotHeader } from './snapshot-format.js';
import { lockGranule, recordsOf } from './snapshot.js';
import { ByteReader } from './varint.js';

/** How to restore a heap. */
export interface RestoreOptions {
  /** Pages (of 64 KiB) that the new memory may grow to. Default: as the memory of the snapshot. */
  readonly maximum?: number | undefined;
  /**
   * Whether several agents can use the new memory at once. Default: as the memory of the snapshot; something else
   * can only be said of a heap with its image outside.
   */
  readonly shared?: boolean | undefined;
  /** See {@link HeapOptions.track}. */
  readonly track?: Tracking | undefined;
}

/** A snapshot that is sound as far as it goes by itself. */
interface Plan {
  readonly header: SnapshotHeader;
  readonly memory: WebAssembly.Memory;
  readonly track: Tracking;
  /** Puts the bytes into the memory of the heap, and then those into that of the records. */
  fill(memory: WebAssembly.Memory): void;
}

export async function restore(operation: string, bytes: BytesLike, options: RestoreOptions): Promise<OpenHeap> {
  const plan = read(operation, bytes, options);
  const { header, memory, track } = plan;
  if (header.image === 'inside') return attach(operation, memory, ofImage(header, track), true);
  return outside(operation, plan, await instantiate(operation, await compile('outside'), 'outside', memory));
}

export function restoreSync(operation: string, bytes: BytesLike, options: RestoreOptions): OpenHeap {
  const plan = read(operation, bytes, options);
  const { header, memory, track } = plan;
  if (header.image === 'inside') return attachSync(operation, memory, ofImage(header, track), true);
  return outside(operation, plan, instantiateSync(operation, compileSync('outside'), 'outside', memory));
}

function ofImage({ imageAddress: address }: SnapshotHeader, track: Tracking): AttachOptions {
  return { address, track };
}

/** Reads a snapshot and makes the heap's memory of it. */
function read(operation: string, bytes: BytesLike, options: RestoreOptions): Plan {
  requireObject(operation, options, ['maximum', 'shared', 'track']);
  const track = readTracking(operation, options.track);
  const snapshot = bytesOf(operation, 'bytes', bytes);
  const header = readHeader(operation, snapshot);
  const fail = (reason: string): never => {
    throw makeError('malformed_snapshot', operation, reason);
  };
  const body = snapshot.subarray(0, headerBytes + header.bodyBytes);
  // Once to see whether it is all there: a memory is not made for what cannot fill it.
  const check = new ByteReader(body, headerBytes, fail);
  for (const pages of [header.pages, header.recordPages]) readRuns(check, pages * pageBytes, fail);
  if (!check.isAtEnd) fail('there is more than the memory has');

  const reader = new ByteReader(body, headerBytes, fail);
  const fill = (memory: WebAssembly.Memory, pages: number): void => {
    const target = new Uint8Array(memory.buffer);
    readRuns(reader, pages * pageBytes, fail, (at, run) => target.set(run, at));
  };
  const memory = newMemory(operation, header, options);
  fill(memory, header.pages);
  if (header.image === 'inside' && header.imageAddress + lockGranule < memory.buffer.byteLength) {
    // Whoever held the lock is not here; and it is another heap.
    new Uint8Array(memory.buffer, header.imageAddress + lockGranule, 4).fill(0);
    forgetIdentity(memory, header.imageAddress);
  }
  return { header, memory, track, fill: (records) => fill(records, header.recordPages) };
}

function newMemory(operation: string, header: SnapshotHeader, options: RestoreOptions): WebAssembly.Memory {
  const { pages: initial } = header;
  const maximum = options.maximum ?? header.maximum;
  const shared = options.shared ?? header.shared;
  requireType(operation, 'shared', shared, 'boolean');
  if (header.image === 'inside' && shared !== header.shared) {
    throw makeError('invalid_option', operation, `the image inside is one for ${header.shared ? 'several agents' : 'one agent'}`);
  }
  if (maximum !== undefined && (wholeNumber(operation, 'maximum', maximum) < initial || maximum > 65536)) {
    throw makeError('size_too_large', operation, `the heap has ${initial} pages, and maximum is ${maximum}`);
  }
  const most = mostRecordPages(maximum ?? 65536);
  if (header.recordPages > most) {
    throw makeError('size_too_large', operation, `there are ${header.recordPages} pages of records, and a heap with this maximum has ${most} at most`);
  }
  if (shared && maximum === undefined) {
    throw makeError('invalid_option', operation, 'a shared memory needs a maximum');
  }
  try {
    return new WebAssembly.Memory(maximum === undefined ? { initial } : { initial, maximum, shared });
  } catch (cause) {
    throw makeError('out_of_memory', operation, `${initial} pages`, undefined, { cause });
  }
}

/**
 * The most pages of records that a heap of so many pages can need, and more for one that was longer once. The bytes
 * may say anything, and `maximum` is to limit what they cost. A page's record has 3104 bytes at most, and half as many
 * again are made in advance; the page map takes a few more, and what it was before it grew.
 */
function mostRecordPages(pages: number): number {
  return 64 + Math.ceil((pages * 6144) / pageBytes);
}

/** The heap, with a new core whose own memory has the records. */
function outside(operation: string, { header, memory, track, fill }: Plan, core: HeapExports): OpenHeap {
  const { imageAddress: image, recordPages } = header;
  const records = recordsOf(core);
  const missing = recordPages - records.buffer.byteLength / pageBytes;
  try {
    if (missing > 0) records.grow(missing);
  } catch (cause) {
    throw makeError('out_of_memory', operation, `${recordPages} pages for records`, undefined, { cause });
  }
  fill(records);
  try {
    const status = core.allot_check(image);
    if (status !== 0) throw coreError(status, operation, image);
    requireSound(operation, core, image);
  } catch (error) {
    throw trapError(error, operation);
  }
  return { memory, core, place: 'outside', image, track };
}
