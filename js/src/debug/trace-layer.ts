// Purpose: the layer through which a trace sees what the heap does.
// Floor:   door js.

import type { Allocator } from '../allocator.js';
import { AllocatorLayer } from './layer.js';
import type { TraceOperation } from './trace-format.js';
import type { TraceRecorder, TraceValues } from './trace-recorder.js';

/** Passes every call on, and what came of it to a recorder. */
export class TraceLayer extends AllocatorLayer {
  readonly #recorder: TraceRecorder;

  constructor(inner: Allocator, recorder: TraceRecorder) {
    super(inner);
    this.#recorder = recorder;
  }

  override malloc(byteLength: number): number {
    return this.#traced('malloc', { byteLength }, () => this.inner.malloc(byteLength));
  }

  override calloc(count: number, byteLength: number): number {
    return this.#traced('calloc', { count, byteLength }, () => this.inner.calloc(count, byteLength));
  }

  override realloc(address: number, byteLength: number, known: number | undefined): number {
    const values = { operand: address, byteLength };
    return this.#traced('realloc', values, () => this.inner.realloc(address, byteLength, known));
  }

  override alignedAlloc(alignment: number, byteLength: number): number {
    const values = { alignment, byteLength };
    return this.#traced('alignedAlloc', values, () => this.inner.alignedAlloc(alignment, byteLength));
  }

  override free(address: number): void {
    this.#traced('free', { operand: address }, () => {
      this.inner.free(address);
    });
  }

  /** For whoever replays it, a block that was given its own length again, and moved. */
  override relocate(from: number, to: number, byteLength: number): void {
    this.#traced('realloc', { operand: from, byteLength }, () => {
      this.inner.relocate(from, to, byteLength);
      return to;
    });
  }

  override merge(): void {
    this.#traced('merge', {}, () => {
      this.inner.merge();
    });
  }

  override grow(pages: number): number {
    return this.#traced('grow', { pages }, () => this.inner.grow(pages));
  }

  override reserve(begin: number, end: number): void {
    this.#traced('reserve', { begin, end }, () => {
      this.inner.reserve(begin, end);
    });
  }

  override unreserve(begin: number): void {
    this.#traced('unreserve', { begin }, () => {
      this.inner.unreserve(begin);
    });
  }

  override setQuota(byteLength: number): void {
    this.#traced('quota', { limit: limitOf(byteLength) }, () => {
      this.inner.setQuota(byteLength);
    });
  }

  override setMaximum(address: number): void {
    this.#traced('maximum', { limit: limitOf(address) }, () => {
      this.inner.setMaximum(address);
    });
  }

  #traced<Result extends number | void>(operation: TraceOperation, values: TraceValues, call: () => Result): Result {
    let result;
    try {
      result = call();
    } catch (error) {
      const code = (error as { readonly code?: unknown } | undefined)?.code;
      this.#recorder.record(operation, values, undefined, typeof code === 'string' ? code : '');
      throw error;
    }
    this.#recorder.record(operation, values, result as number | undefined, undefined);
    return result;
  }
}

/** A limit as a trace has it: 0 for none, else one more than it is. */
function limitOf(bytes: number): number {
  return bytes === Infinity ? 0 : Math.min(bytes, Number.MAX_SAFE_INTEGER - 1) + 1;
}
