// Purpose: the view through which a heap reads and writes its memory. Growing a memory leaves every
//          earlier view behind: a plain memory's old buffer is detached (reading it throws a
//          TypeError), a shared one's keeps its old length (reading beyond it throws a RangeError). So
//          the fast way is to use the view we have, and only when it throws to look whether the memory
//          has a new buffer. Asking for `memory.buffer` every time would cost several times the access
//          itself.
// Floor:   door js.

import { addressLimit, wholeNumber } from './arguments.js';
import { makeError } from './errors.js';

/** A memory and a view on it that is renewed when it has gone stale. */
export class ViewOfMemory {
  /** The memory that the heap manages. */
  readonly memory: WebAssembly.Memory;

  /**
   * All of the memory as it was when the view was made: may be stale.
   *
   * @internal
   */
  protected view: DataView;

  /** @internal */
  constructor(memory: WebAssembly.Memory) {
    this.memory = memory;
    this.view = new DataView(memory.buffer);
  }

  /**
   * The memory's buffer as it is now. Any growth (by this heap, by the guest, by anyone) leaves it
   * and all views made on it behind: do not keep them.
   */
  get buffer(): ArrayBuffer {
    // TypeScript calls every memory's buffer an ArrayBuffer; shared memories are refused for now.
    return this.memory.buffer;
  }

  /**
   * A view on the memory as it is now, when `byteLength` bytes at `byteOffset` lie inside it.
   *
   * @internal
   */
  protected currentView(operation: string, byteOffset: number, byteLength: number): DataView {
    const buffer = this.memory.buffer;
    if (this.view.buffer !== buffer) this.view = new DataView(buffer);
    requireBounds(operation, byteOffset, byteLength, buffer);
    return this.view;
  }
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
  if (byteOffset + byteLength <= buffer.byteLength && byteOffset < addressLimit) return;
  const bytes = byteLength === 1 ? '1 byte' : `${byteLength} bytes`;
  throw makeError(
    'out_of_bounds',
    operation,
    `${bytes} from ${byteOffset} on; the memory has ${buffer.byteLength}`,
  );
}
