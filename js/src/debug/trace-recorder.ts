// Purpose: writes down what passes through a heap.
// Floor:   door js.

import type { Allocator } from '../allocator.js';
import { requireNames, requireType, wrongType } from '../arguments.js';
import { dispose } from '../dispose.js';
import { makeError } from '../errors.js';
import { checksumOf } from './checksum.js';
import {
  AddressCoder,
  endNumber,
  flagTimes,
  mark,
  traceFormat,
  traceMagic,
  traceVersion,
  type TraceField,
  type TraceOperation,
} from './trace-format.js';
import { ByteWriter } from './varint.js';

/** What a trace is to have. */
export interface TraceOptions {
  /** When each operation was done, in microseconds. Default: `false`. */
  readonly times?: boolean | undefined;
  /**
   * Begin with the blocks that are live already, so that the trace is complete. Default: `true`,
   * but `false` for an adopted allocator, which cannot tell.
   */
  readonly live?: boolean | undefined;
}

/** The same, settled. */
export interface TraceSettings {
  readonly times: boolean;
  readonly live: boolean | undefined;
}

export function readTraceOptions(operation: string, options: unknown): TraceSettings {
  if (typeof options !== 'object' || options === null) throw wrongType(operation, 'options', options, 'an object');
  const { times = false, live } = options as Readonly<Record<string, unknown>>;
  requireNames(operation, options, ['times', 'live']);
  requireType(operation, 'times', times, 'boolean');
  if (live !== undefined) requireType(operation, 'live', live, 'boolean');
  return { times: times as boolean, live: live as boolean | undefined };
}

/** The fields of a record. */
export type TraceValues = Readonly<Partial<Record<Exclude<TraceField, 'text'>, number>>>;

/**
 * A trace that is being recorded: every operation of one heap object with what it was asked and what
 * it gave, in a few bytes each. See docs/trace-format.md.
 */
export class TraceRecorder {
  readonly #writer = new ByteWriter();
  readonly #addresses = new AddressCoder();
  readonly #times: boolean;
  readonly #live: boolean | undefined;
  readonly #onStop: () => void;
  #last: number;
  #records = 0;
  #trace: Uint8Array<ArrayBuffer> | undefined;

  /** @internal */
  constructor({ times, live }: TraceSettings, onStop: () => void) {
    this.#times = times;
    this.#live = live;
    this.#onStop = onStop;
    this.#writer.bytes(traceMagic);
    this.#writer.word(traceVersion + (times ? flagTimes : 0) * 2 ** 16);
    this.#writer.word(0);
    this.#last = times ? performance.now() : 0;
  }

  /** How many records there are so far. */
  get records(): number {
    return this.#records;
  }

  /** How many bytes the trace has so far. */
  get byteLength(): number {
    return this.#trace?.length ?? this.#writer.length;
  }

  /** Whether it has ended. */
  get isStopped(): boolean {
    return this.#trace !== undefined;
  }

  /** Puts a text into the trace: what the program is about to do, say. */
  mark(text: string): void {
    requireType('mark', 'text', text, 'string');
    if (this.#trace !== undefined) throw makeError('unsupported_operation', 'mark', 'the trace has ended');
    const bytes = new TextEncoder().encode(text);
    this.#writer.byte(traceFormat.mark.number);
    this.#writer.number(bytes.length);
    this.#writer.bytes(bytes);
    this.#end();
  }

  /**
   * Ends the trace. From then on the heap runs without it.
   *
   * @returns the whole trace; the same one when it has ended already
   */
  stop(): Uint8Array<ArrayBuffer> {
    if (this.#trace !== undefined) return this.#trace;
    this.#onStop();
    this.#writer.byte(endNumber);
    this.#writer.number(this.#records);
    this.#writer.word(checksumOf(this.#writer.written()));
    this.#trace = this.#writer.written().slice();
    return this.#trace;
  }

  /** Ends the trace: for `using`. */
  [dispose](): void {
    this.stop();
  }

  /**
   * Writes down which blocks are live already, if that is wanted and can be told.
   *
   * @internal
   */
  begin(allocator: Allocator): void {
    if (this.#live === false) return;
    let blocks;
    try {
      blocks = allocator.blocks();
    } catch (error) {
      if (this.#live === true) throw error;
      return; // an allocator that was adopted
    }
    for (const { byteOffset, byteLength, kind } of blocks) {
      if (kind === 'live') this.record('live', { byteLength }, byteOffset, undefined);
    }
  }

  /**
   * Writes one record. What cannot be written, because it was no number that a heap could take, was
   * refused as well, and is left out.
   *
   * @param result the address or number that it gave
   * @param code of the error that it threw
   * @internal
   */
  record(operation: TraceOperation, values: TraceValues, result: number | undefined, code: string | undefined): void {
    if (this.#trace !== undefined || !Object.values(values).every(isWhole)) return;
    const format = traceFormat[operation];
    const hasAddress = 'result' in format && format.result === 'address' && code === undefined;
    const { operand } = values;
    this.#writer.byte(
      format.number +
        (code === undefined ? 0 : mark.refused) +
        (operand !== undefined && AddressCoder.isPlain(operand) ? mark.plainOperand : 0) +
        (hasAddress && AddressCoder.isPlain(result as number) ? mark.plainResult : 0),
    );
    for (const field of format.fields as readonly Exclude<TraceField, 'text'>[]) {
      const value = values[field] as number;
      if (field === 'operand') this.#addresses.write(this.#writer, value);
      else this.#writer.number(value);
    }
    if (code !== undefined) {
      const text = new TextEncoder().encode(code);
      this.#writer.number(text.length);
      this.#writer.bytes(text);
    } else if (hasAddress) this.#addresses.write(this.#writer, result as number);
    else if (result !== undefined) this.#writer.number(result);
    this.#end();
  }

  #end(): void {
    this.#records++;
    if (!this.#times) return;
    // The time that was written counts, not the one that is now: what is cut off does not add up.
    const now = performance.now();
    const microseconds = Math.max(0, Math.round((now - this.#last) * 1000));
    this.#writer.number(microseconds);
    this.#last += microseconds / 1000;
  }
}

function isWhole(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

