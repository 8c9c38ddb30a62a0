// Purpose: a ref to text.
// Floor:   door js.

import type { Maker, New } from '../maker.js';
import type { StringEncoding, TextOptions } from '../strings/encodings.js';
import { unitBytes } from '../strings/encodings.js';
import { readTerminated, terminatedLength, textMemoryOf, writeText, type TextMemory } from '../strings/strings.js';
import { shapeKey, type Shape } from './inspect.js';
import type { Place } from './place.js';
import { Ref } from './ref.js';

/**
 * Text in a heap: it ends before the first unit that is zero, or where the bytes for it end; what is written with a zero
 * in it is read back up to that. Its bytes, its length and the views are those of the text that lies there, without a
 * terminator; they are looked up at each use, which costs a search for the terminator.
 */
export class StringRef extends Ref {
  /** Its encoding. */
  readonly encoding: StringEncoding;

  /** How many bytes there are for it, a terminator included. */
  readonly capacity: number;

  /** Whether there is always a terminator behind the text. */
  readonly isTerminated: boolean;

  readonly #options: TextOptions | undefined;
  readonly #memory: TextMemory;

  /**
   * @param isTerminated whether there is always to be a terminator behind the text; otherwise text may
   * fill all the bytes, and has one when it does not
   * @param options how to read and write when a call does not say
   */
  private constructor(
    by: Maker,
    place: Place,
    encoding: StringEncoding,
    capacity: number,
    isTerminated = false,
    options?: TextOptions,
  ) {
    super(by, place);
    this.encoding = encoding;
    this.capacity = capacity;
    this.isTerminated = isTerminated;
    this.#options = options;
    this.#memory = textMemoryOf(place.heap);
    Object.preventExtensions(this); // as that of structs
  }

  /** The text; to set it writes it. */
  get value(): string {
    return this.read();
  }

  set value(text: string) {
    this.write(text);
  }

  /**
   * Reads the text.
   *
   * @throws TypeError `malformed_text` when that is to be refused
   */
  read(options: TextOptions | undefined = this.#options): string {
    return readTerminated('read', this.#memory, this.byteOffset, this.capacity, this.encoding, options);
  }

  /**
   * Writes text, and a terminator behind it. What lies behind that stays as it is.
   *
   * @throws RangeError `string_too_long` when it does not fit: nothing is written
   * @throws TypeError `malformed_text` when that is to be refused
   */
  write(text: string, options: TextOptions | undefined = this.#options): this {
    const { encoding, capacity, byteOffset } = this;
    const written = writeText('write', this.#memory, byteOffset, text, encoding, capacity, this.isTerminated, options);
    const unit = unitBytes(encoding);
    if (!this.isTerminated && written + unit <= capacity) this.heap.fill(byteOffset + written, unit);
    return this;
  }

  /** As `value`: for `JSON.stringify`. */
  toJSON(): string {
    return this.read();
  }

  /** @internal */
  override get [shapeKey](): Shape {
    return { kind: 'string', encoding: this.encoding, byteLength: this.capacity };
  }

  /** How many bytes the text takes, without a terminator. */
  override get byteLength(): number {
    return terminatedLength('byteLength', this.#memory, this.byteOffset, this.capacity, this.encoding);
  }

  /** How many units of its encoding the text has: of `utf16` and `utf32` a unit has two and four bytes. */
  get length(): number {
    return this.byteLength / unitBytes(this.encoding);
  }

  /**
   * The units of the text, for immediate use: growing the memory leaves the view behind.
   *
   * @throws RangeError `unaligned` when its address is no multiple of a unit
   */
  get encodedView(): Uint8Array | Uint16Array | Uint32Array {
    const { byteOffset, length } = this;
    switch (unitBytes(this.encoding)) {
      case 1:
        return this.heap.view(Uint8Array, byteOffset, length);
      case 2:
        return this.heap.view(Uint16Array, byteOffset, length);
      case 4:
        return this.heap.view(Uint32Array, byteOffset, length);
    }
  }

  /** Fills all bytes that there are for it with zeros. */
  override clear(): void {
    this.heap.fill(this.byteOffset, this.capacity);
  }
}

/** @internal */
export const NewStringRef = StringRef as unknown as New<
  [place: Place, encoding: StringEncoding, capacity: number, isTerminated?: boolean, options?: TextOptions],
  StringRef
>;
