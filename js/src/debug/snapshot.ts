// Purpose: a heap as bytes that can be kept, sent, and opened elsewhere.
// Floor:   door js.

import { requireNames, requireType } from '../arguments.js';
import { walk } from '../blocks.js';
import { makeError } from '../errors.js';
import type { HeapExports } from '../generated/exports.js';
import { isShared } from '../instance.js';
import type { OpenHeap } from '../open.js';
import { requireObject } from '../options.js';
import { maximumOf } from '../memory-limits.js';
import { fullRanges, runsLength, writeRuns, type Range } from './runs.js';
import { checksumBytes, headerBytes, pageBytes, seal, writeHeader } from './snapshot-format.js';
import { ByteWriter } from './varint.js';

/** What a snapshot is to have. */
export interface SnapshotOptions {
  /**
   * Whether to keep what lies in free blocks. Without it they are zeros afterwards, and the snapshot
   * of a heap that is mostly free is small. Default: `true`.
   */
  readonly free?: boolean | undefined;
}

/** Where an image has the lock, with which nothing else shares 16 bytes; docs/heap-image.md. */
export const lockGranule = 720;

/** What a snapshot is made of. */
export type SnapshotSource = Pick<OpenHeap, 'memory' | 'core' | 'sharers' | 'place' | 'image'>;

/**
 * Takes a snapshot. Other agents must be quiet meanwhile.
 *
 * @param prepare done before, if the options are right
 */
export function takeSnapshot(
  operation: string,
  source: SnapshotSource,
  options: SnapshotOptions,
  prepare?: () => void,
): Uint8Array<ArrayBuffer> {
  requireObject(operation, options);
  requireNames(operation, options, ['free']);
  const { free = true } = options;
  requireType(operation, 'free', free, 'boolean');
  prepare?.();
  const maximum = maximumOf(source.memory);
  return packed(operation, source, !free, maximum);
}

function packed(
  operation: string,
  { memory, place, image, core, sharers }: SnapshotSource,
  withoutFree: boolean,
  maximum: number | undefined,
): Uint8Array<ArrayBuffer> {
  const ignored: Range[] = [];
  // In a shared heap the lock has company; who reads the snapshot sets it free.
  if (place === 'inside' && sharers === undefined) ignored.push({ begin: image + lockGranule, end: image + lockGranule + 16 });
  if (withoutFree) {
    for (const { byteOffset, byteLength, kind } of walk(core, image)) {
      if (kind === 'free') ignored.push({ begin: byteOffset, end: byteOffset + byteLength });
    }
  }
  ignored.sort((a, b) => a.begin - b.begin);
  const memories = [new Uint8Array(memory.buffer)];
  if (place === 'outside') memories.push(new Uint8Array(recordsOf(core).buffer));
  // The records' own memory lies elsewhere: what is ignored is said of the first one.
  const parts = memories.map((bytes, i) => ({ bytes, ranges: fullRanges(bytes, i === 0 ? ignored : []) }));
  const bodyBytes = parts.reduce((sum, { bytes, ranges }) => sum + runsLength(bytes.length, ranges), 0);
  let writer;
  try {
    writer = new ByteWriter(headerBytes + bodyBytes + checksumBytes);
  } catch (cause) {
    throw makeError('out_of_memory', operation, `for ${bodyBytes} bytes outside the heap`, undefined, { cause });
  }
  writer.bytes(new Uint8Array(headerBytes));
  for (const { bytes, ranges } of parts) writeRuns(writer, bytes, ranges);
  writer.bytes(new Uint8Array(checksumBytes));
  const snapshot = writer.written();
  const pagesOf = (bytes: Uint8Array | undefined): number => (bytes?.length ?? 0) / pageBytes;
  writeHeader(snapshot, {
    pages: pagesOf(memories[0]),
    maximum,
    shared: isShared(memory),
    image: place,
    imageAddress: image,
    recordPages: pagesOf(memories[1]),
    withoutFree,
    bodyBytes,
  });
  seal(snapshot);
  return snapshot;
}

/** The memory in which a core with its image outside keeps it: it exports it. */
export function recordsOf(core: HeapExports): WebAssembly.Memory {
  return (core as HeapExports & { readonly memory: WebAssembly.Memory }).memory;
}
