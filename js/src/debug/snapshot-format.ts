// Purpose: the format of a snapshot, byte for byte: docs/snapshot-format.md is the same thing in words.
// Floor:   door js.

import { makeError } from '../errors.js';
import { checksumOf } from './checksum.js';

/** "allotS", LF, SUB. */
const magic = /* @__PURE__ */ Uint8Array.of(0x61, 0x6c, 0x6c, 0x6f, 0x74, 0x53, 0x0a, 0x1a);
const version = 1;

/** Bytes of the header, and of the checksum at the end. */
export const headerBytes = 64;
export const checksumBytes = 4;

const flag = { shared: 1, outside: 2, withoutFree: 4, wide: 8 } as const;

export const pageBytes = 65536;
const mostPages = 65536;

/** What a snapshot says of a heap, beside the bytes. */
export interface SnapshotHeader {
  /** Pages (of 64 KiB) that the memory has. */
  readonly pages: number;
  /** Pages that it may grow to; `undefined` without such a limit. */
  readonly maximum: number | undefined;
  /** Whether several agents can use it at once. */
  readonly shared: boolean;
  /** Where the heap's records are. */
  readonly image: 'inside' | 'outside';
  /** Address of the image: in the memory, or in the records' own memory. */
  readonly imageAddress: number;
  /** Pages of the records' own memory; 0 with the image inside. */
  readonly recordPages: number;
  /** Whether free blocks were left out, and are zeros now. */
  readonly withoutFree: boolean;
  /** Bytes of what follows the header, without the checksum. */
  readonly bodyBytes: number;
}

/** Writes the header to the beginning. */
export function writeHeader(snapshot: Uint8Array<ArrayBuffer>, header: SnapshotHeader): void {
  const { pages, maximum, shared, image, imageAddress, recordPages, withoutFree, bodyBytes } = header;
  const view = new DataView(snapshot.buffer, snapshot.byteOffset);
  snapshot.set(magic);
  view.setUint16(8, version, true);
  view.setUint16(10, headerBytes, true);
  const flags =
    (shared ? flag.shared : 0) + (image === 'outside' ? flag.outside : 0) + (withoutFree ? flag.withoutFree : 0);
  view.setUint32(12, flags, true);
  view.setBigUint64(16, BigInt(pages), true);
  view.setBigUint64(24, maximum === undefined ? 2n ** 64n - 1n : BigInt(maximum), true);
  view.setBigUint64(32, BigInt(imageAddress), true);
  view.setBigUint64(40, BigInt(recordPages), true);
  view.setBigUint64(48, BigInt(bodyBytes), true);
}

/** Writes the checksum to the end. */
export function seal(snapshot: Uint8Array<ArrayBuffer>): void {
  const end = snapshot.length - checksumBytes;
  new DataView(snapshot.buffer, snapshot.byteOffset).setUint32(end, checksumOf(snapshot.subarray(0, end)), true);
}

/** Reads the header, and refuses what no snapshot of this version could say. */
export function readHeader(operation: string, snapshot: Uint8Array): SnapshotHeader {
  const refuse = (reason: string): never => {
    throw makeError('malformed_snapshot', operation, reason);
  };
  if (snapshot.length < magic.length || magic.some((byte, i) => snapshot[i] !== byte)) refuse('it is none');
  if (snapshot.length < headerBytes + checksumBytes) refuse('it ends too early');
  const view = new DataView(snapshot.buffer, snapshot.byteOffset, snapshot.byteLength);
  const found = view.getUint16(8, true);
  if (found !== version) refuse(`its version is ${found}, not ${version}`);
  const end = snapshot.length - checksumBytes;
  const number = (name: string, at: number, limit: number): number => {
    const value = view.getBigUint64(at, true);
    return value <= limit ? Number(value) : refuse(`${name} is ${value}, and at most ${limit}`);
  };
  if (number('the length', 48, Number.MAX_SAFE_INTEGER) !== end - headerBytes) refuse('its length is another one');
  if (view.getUint32(end, true) !== checksumOf(snapshot.subarray(0, end))) refuse('its checksum does not hold');
  const flags = view.getUint32(12, true);
  if (flags & flag.wide) throw makeError('unsupported_memory', operation);
  const known = flag.shared | flag.outside | flag.withoutFree;
  if ((flags & ~known) !== 0 || view.getUint16(10, true) !== headerBytes || view.getBigUint64(56, true) !== 0n) {
    refuse('its header is another one');
  }
  const shared = (flags & flag.shared) !== 0;
  const image = flags & flag.outside ? 'outside' : 'inside';
  const pages = number('the number of pages', 16, mostPages);
  const isUnlimited = view.getBigUint64(24, true) === 2n ** 64n - 1n;
  const maximum = isUnlimited ? undefined : number('the maximum', 24, mostPages);
  const recordPages = number('the number of pages', 40, image === 'outside' ? mostPages : 0);
  const room = image === 'outside' ? recordPages : pages;
  const imageAddress = number('the address of the image', 32, Math.max(room * pageBytes - 1, 0));
  if (maximum === undefined ? shared : maximum < pages) refuse('its maximum cannot be');
  if (imageAddress % 16 !== 0) refuse('the address of the image is no multiple of 16');
  const withoutFree = (flags & flag.withoutFree) !== 0;
  return { pages, maximum, shared, image, imageAddress, recordPages, withoutFree, bodyBytes: end - headerBytes };
}
