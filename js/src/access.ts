// Purpose: the view through which a heap reads and writes its memory. Growing a memory leaves every
//          earlier view behind: a plain memory's old buffer is detached (reading it throws a
//          TypeError), a shared one's keeps its old length (reading beyond it throws a RangeError). So
//          the fast way is to use the view we have, and only when it throws to look whether the memory
//          has a new buffer. Asking for `memory.buffer` every time would cost several times the access
//          itself.
// Floor:   door js.

import { requireType, wholeNumber } from './arguments.js';
import { makeError } from './errors.js';
import { copyBytes, fillBytes, noView } from './windows.js';

/** Where the bytes are: a `WebAssembly.Memory`, or anything else that always has the buffer of now. */
export interface BufferSource {
  readonly buffer: ArrayBufferLike;
}

/** A memory and a view on it that is renewed when it has gone stale. */
export class ViewOfMemory {
  /** @internal */
  declare protected source: BufferSource;

  /**
   * All of the memory as it was when the view was made: may be stale.
   *
   * `declare`d, so that it comes into being by its first assignment: a field that begins as
   * `undefined` has no one type for the engine, which then looks at every read what it holds (0.7 ns
   * for a read in place of 0.5).
   *
   * @internal
   */
  declare protected dataView: DataView;

  /** @internal */
  constructor(source: BufferSource) {
    this.source = source;
    this.dataView = new DataView(source.buffer);
  }

  /**
   * The memory's buffer as it is now. Any growth (by this heap, by the guest, by another agent)
   * leaves it and all views made on it behind: do not keep them.
   */
  get buffer(): ArrayBufferLike {
    return this.source.buffer;
  }

  /**
   * Looks at once whether the memory has another buffer. Needed only for an adopted heap whose
   * buffer is replaced while the old one stays alive; a growth is noticed without it.
   */
  refresh(): void {
    this.renew();
  }

  /**
   * The bytes from `byteOffset` on, for immediate use: growing the memory leaves the view behind.
   *
   * @throws RangeError `out_of_bounds`, `invalid_number`
   */
  bytes(byteOffset: number, byteLength: number): Uint8Array {
    const buffer = this.bufferFor('bytes', byteOffset, byteLength);
    try {
      return new Uint8Array(buffer, byteOffset, byteLength);
    } catch (cause) {
      throw noView('bytes', byteLength, cause);
    }
  }

  /**
   * Copies bytes; the two ranges may overlap.
   *
   * @param target address to copy to
   * @param source address to copy from
   * @throws RangeError `out_of_bounds`, `invalid_number`: nothing is copied
   */
  copy(target: number, source: number, byteLength: number): void {
    requireBounds('copy', target, checkLength('copy', byteLength), this.source.buffer);
    const buffer = this.bufferFor('copy', source, byteLength);
    copyBytes(buffer, target, source, byteLength);
  }

  /**
   * Fills bytes with a value, 0 if none is given; of a larger value the lowest eight bits.
   *
   * @throws RangeError `out_of_bounds`, `invalid_number`: nothing is filled
   */
  fill(byteOffset: number, byteLength: number, value = 0): void {
    wholeNumber('fill', 'value', value);
    fillBytes(this.bufferFor('fill', byteOffset, byteLength), byteOffset, byteLength, value);
  }

  /**
   * Makes the view anew if the memory has another buffer.
   *
   * @internal
   */
  protected renew(): void {
    const { buffer } = this.source;
    if (this.dataView.buffer === buffer) return;
    // As a foreign allocator may show one.
    if (buffer.byteLength === 0) requireBounds('refresh', 0, 0, buffer);
    this.dataView = new DataView(buffer);
  }

  /**
   * The memory's buffer as it is now, when `byteLength` bytes at `byteOffset` lie inside it.
   *
   * @internal
   */
  protected bufferFor(operation: string, byteOffset: number, byteLength: number): ArrayBufferLike {
    const { buffer } = this.source;
    requireBounds(operation, byteOffset, checkLength(operation, byteLength), buffer);
    return buffer;
  }

  /**
   * A view on the memory as it is now, when `byteLength` bytes at `byteOffset` lie inside it.
   *
   * @internal
   */
  protected currentView(operation: string, byteOffset: number, byteLength: number): DataView {
    this.renew();
    requireBounds(operation, byteOffset, byteLength, this.dataView.buffer);
    return this.dataView;
  }

  /**
   * Reads a number when the fast way failed: looks for a new buffer, and says what is wrong.
   *
   * @internal
   */
  protected readAnew(operation: string, method: Getter, byteOffset: number, byteLength: number): number | bigint {
    return this.currentView(operation, byteOffset, byteLength)[method](byteOffset, true);
  }

  /**
   * Writes a number when the fast way failed, as {@link ViewOfMemory.readAnew} reads one.
   *
   * @internal
   */
  protected writeAnew(
    operation: string,
    method: Setter,
    byteOffset: number,
    byteLength: number,
    type: 'number' | 'bigint',
    value: unknown,
  ): void {
    requireType(operation, 'value', value, type);
    this.currentView(operation, byteOffset, byteLength)[method](byteOffset, value as never, true);
  }
}

type Integer = 'Int8' | 'Uint8' | 'Int16' | 'Uint16' | 'Int32' | 'Uint32' | 'BigInt64' | 'BigUint64';
type Getter = `get${Integer | 'Float32' | 'Float64'}`;
type Setter = `set${Integer | 'Float32' | 'Float64'}`;

function checkLength(operation: string, byteLength: number): number {
  return wholeNumber(operation, 'byteLength', byteLength);
}

/**
 * Refuses a range of bytes that does not lie in the buffer.
 *
 * @internal
 */
export function requireBounds(
  operation: string,
  byteOffset: number,
  byteLength: number,
  buffer: ArrayBufferLike,
): void {
  wholeNumber(operation, 'byteOffset', byteOffset);
  if (byteOffset + byteLength <= buffer.byteLength) {
    if (buffer.byteLength > 0 || !isDetached(buffer)) return;
    throw makeError('out_of_bounds', operation, 'the buffer is detached');
  }
  const bytes = byteLength === 1 ? '1 byte' : `${byteLength} bytes`;
  throw makeError(
    'out_of_bounds',
    operation,
    `${bytes} from ${byteOffset} on; the memory has ${buffer.byteLength}`,
  );
}

/** Whether no view can be made on a buffer, not even one of no bytes: so of one that growth left behind. */
function isDetached(buffer: ArrayBufferLike): boolean {
  try {
    new DataView(buffer);
    return false;
  } catch {
    return true;
  }
}
