// Purpose: the views through which text is read and written. They are kept, because a new view costs
//          half of what a short text does, and never trusted: growth detaches the old buffer of a plain
//          memory, which leaves its view with no bytes, and leaves the view of a shared one too short.
//          So what lies inside the view is there, and only what does not is a reason to look again.
//          Of a memory that is too long for the engine's views they show the first 2 GiB: beyond those
//          everybody takes a part anyway.
// Floor:   door js.

import type { BufferSource } from '../access.js';
import { wholeNumber } from '../arguments.js';
import { makeError } from '../errors.js';
import { mostElements } from '../windows.js';

/** Up to here, indices of a view on a whole memory are simple numbers: 2 GiB. */
export const nearLimit = 0x80000000;

/** Views on the same bytes. */
export interface TextViews {
  readonly bytes: Uint8Array;
  readonly view: DataView;
}

/** A memory as those see it who read and write text in it. */
export class TextMemory {
  readonly #source: BufferSource;

  /** What the views below are on. Kept too, because to ask a view for it costs as much as to make one. */
  buffer: ArrayBufferLike = new ArrayBuffer(0);

  /** All bytes there were when we last looked, or the first 2 GiB of them; none before we first did. */
  bytes: Uint8Array = new Uint8Array(this.buffer);

  /** The same bytes. */
  view: DataView = new DataView(this.buffer);

  /** The same bytes, except those at the end that make no word. */
  words: Int32Array = new Int32Array(this.buffer);

  /**
   * Whether the platform's codecs may be let loose on these bytes. Browsers refuse theirs for memory
   * that is shared or resizable. Others do not, but look twice at bytes that another agent may
   * change in between; so we do not ask.
   */
  isDirect = true;

  /** Whether another agent may change the bytes while we read them. */
  isShared = false;

  /** Whether the views show all there is. */
  #isWhole = true;

  /** @param source what has the buffer of now: a memory, or a heap */
  constructor(source: BufferSource) {
    this.#source = source;
  }

  /** How many bytes there were when we last looked. */
  get byteLength(): number {
    return this.#isWhole ? this.bytes.length : this.buffer.byteLength;
  }

  /** Looks for a new buffer at once. */
  refresh(): void {
    const { buffer } = this.#source;
    if (this.buffer === buffer) return;
    const isResizable = (buffer as { resizable?: boolean }).resizable === true;
    const isWhole = buffer.byteLength <= mostElements;
    const shown = isWhole ? buffer.byteLength : nearLimit;
    // A resizable buffer's views follow its length.
    const length = isWhole && isResizable ? undefined : shown;
    this.bytes = new Uint8Array(buffer, 0, length);
    this.view = new DataView(buffer, 0, length);
    this.words = new Int32Array(buffer, 0, length && Math.floor(length / 4));
    this.#isWhole = isWhole;
    this.buffer = buffer;
    this.isShared = !(buffer instanceof ArrayBuffer);
    this.isDirect = !this.isShared && !isResizable;
  }

  /** Refuses bytes that do not lie inside the memory. */
  require(operation: string, byteOffset: number, byteLength: number): void {
    wholeNumber(operation, 'byteOffset', byteOffset);
    const length = this.byteLength;
    if (byteOffset + byteLength > length || length === 0) this.#lookAgain(operation, byteOffset, byteLength);
  }

  /** Views on a part that lies inside the memory. */
  part(begin: number, end: number): TextViews {
    return {
      bytes: new Uint8Array(this.buffer, begin, end - begin),
      view: new DataView(this.buffer, begin, end - begin),
    };
  }

  #lookAgain(operation: string, byteOffset: number, byteLength: number): void {
    try {
      this.refresh();
    } catch (cause) {
      throw makeError('out_of_bounds', operation, 'the buffer is detached', undefined, { cause });
    }
    const length = this.byteLength;
    if (byteOffset + byteLength <= length) return;
    const bytes = byteLength === 1 ? '1 byte' : `${byteLength} bytes`;
    throw makeError('out_of_bounds', operation, `${bytes} from ${byteOffset} on; the memory has ${length}`);
  }
}

/** Where text lies: the memory, or the buffer that it has now. */
export type TextPlace = TextMemory | ArrayBufferLike;

/** The memory, with its views. */
export function memoryOf(place: TextPlace): TextMemory {
  return place instanceof TextMemory ? place : new TextMemory({ buffer: place });
}

const memories = /* @__PURE__ */ new WeakMap<BufferSource, TextMemory>();

/** The one `TextMemory` of a heap. Looking it up costs as much as a short text: keep it. */
export function textMemoryOf(source: BufferSource): TextMemory {
  let memory = memories.get(source);
  if (memory === undefined) memories.set(source, (memory = new TextMemory(source)));
  return memory;
}
