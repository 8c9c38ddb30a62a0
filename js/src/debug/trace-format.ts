// Purpose: the format of a trace, byte for byte: docs/trace-format.md is the same thing in words.
// Floor:   door js.

import { unzigzag, zigzag, type ByteReader, type ByteWriter } from './varint.js';

/** "allotT", LF, SUB. */
export const traceMagic = /* @__PURE__ */ Uint8Array.of(0x61, 0x6c, 0x6c, 0x6f, 0x74, 0x54, 0x0a, 0x1a);
export const traceVersion = 1;
export const traceHeaderBytes = 16;

/** In the header's flags: each record ends with the time since the last. */
export const flagTimes = 1;

/** In a record's first byte, above the number of the operation. */
export const mark = {
  operation: 0x1f,
  /** It was refused: a code stands in the place of the result. */
  refused: 0x20,
  /** The address of the block it is about is written as it is; the same for the one that it gave. */
  plainOperand: 0x40,
  plainResult: 0x80,
} as const;

/** What a record has between its first byte and its result. `operand` is the address of a block. */
export type TraceField =
  | 'operand'
  | 'count'
  | 'alignment'
  | 'byteLength'
  | 'pages'
  | 'begin'
  | 'end'
  | 'limit'
  | 'text';

interface TraceOperationFormat {
  readonly number: number;
  readonly fields: readonly TraceField[];
  /** What it gives: the address of a block, or a number. */
  readonly result?: 'address' | 'before';
}

/** All operations, by name. Numbers are never used again for something else. */
export const traceFormat = {
  malloc: { number: 1, fields: ['byteLength'], result: 'address' },
  calloc: { number: 2, fields: ['count', 'byteLength'], result: 'address' },
  realloc: { number: 3, fields: ['operand', 'byteLength'], result: 'address' },
  alignedAlloc: { number: 4, fields: ['alignment', 'byteLength'], result: 'address' },
  free: { number: 5, fields: ['operand'] },
  merge: { number: 6, fields: [] },
  grow: { number: 7, fields: ['pages'], result: 'before' },
  reserve: { number: 8, fields: ['begin', 'end'] },
  unreserve: { number: 9, fields: ['begin'] },
  quota: { number: 10, fields: ['limit'] },
  maximum: { number: 11, fields: ['limit'] },
  live: { number: 12, fields: ['byteLength'], result: 'address' },
  mark: { number: 13, fields: ['text'] },
} as const satisfies Readonly<Record<string, TraceOperationFormat>>;

/** The name of an operation in a trace. */
export type TraceOperation = keyof typeof traceFormat;

/** The number of the record that ends a trace. */
export const endNumber = 0;

let names: ReadonlyMap<number, TraceOperation> | undefined;

/** The name of an operation by its number. */
export function operationName(number: number): TraceOperation | undefined {
  names ??= new Map((Object.keys(traceFormat) as TraceOperation[]).map((name) => [traceFormat[name].number, name]));
  return names.get(number);
}

const granule = 16;

/** Addresses of blocks as a trace has them: the distance, in granules, from the last one. */
export class AddressCoder {
  #last = 0;

  /** Whether an address has to be written as it is. */
  static isPlain(address: number): boolean {
    return address % granule !== 0;
  }

  write(writer: ByteWriter, address: number): void {
    const place = Math.floor(address / granule);
    writer.number(AddressCoder.isPlain(address) ? address : zigzag(place - this.#last));
    this.#last = place;
  }

  /** Gives the address; not a safe number, or below 0, when it is none. */
  read(reader: ByteReader, isPlain: boolean): number {
    const value = reader.number();
    const address = isPlain ? value : (this.#last + unzigzag(value)) * granule;
    if (Number.isSafeInteger(address) && address >= 0) this.#last = Math.floor(address / granule);
    return address;
  }
}
