// Purpose: numbers in as few bytes as they need, and the bytes they are put into and taken from.
// Floor:   door js.
//
// A number from 0 up is written seven bits a byte, the lowest first; the highest bit of a byte says that
// another one follows (LEB128). Numbers go to 2^53 - 1, which bit operations do not: so there is division.

/** Bytes that grow at their end. */
export class ByteWriter {
  #bytes: Uint8Array<ArrayBuffer>;
  #length = 0;

  /** @param capacity bytes that there is to be room for at first */
  constructor(capacity = 1024) {
    this.#bytes = new Uint8Array(capacity);
  }

  /** How many there are. */
  get length(): number {
    return this.#length;
  }

  byte(value: number): void {
    if (this.#length === this.#bytes.length) this.#reserve(1);
    this.#bytes[this.#length++] = value;
  }

  /** A whole number from 0 up. */
  number(value: number): void {
    let rest = value;
    while (rest >= 0x80) {
      this.byte((rest % 0x80) + 0x80);
      rest = Math.floor(rest / 0x80);
    }
    this.byte(rest);
  }

  /** A number of four bytes, the lowest first. */
  word(value: number): void {
    for (let shift = 0; shift < 32; shift += 8) this.byte((value >>> shift) & 0xff);
  }

  bytes(values: Uint8Array): void {
    this.#reserve(values.length);
    this.#bytes.set(values, this.#length);
    this.#length += values.length;
  }

  /** What was written so far: a view that further writing leaves behind. */
  written(): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(0, this.#length);
  }

  #reserve(count: number): void {
    const needed = this.#length + count;
    if (needed <= this.#bytes.length) return;
    const wider = new Uint8Array(Math.max(needed, 2 * this.#bytes.length, 64));
    wider.set(this.#bytes);
    this.#bytes = wider;
  }
}

/** How many bytes a number takes. */
export function numberLength(value: number): number {
  let length = 1;
  for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 0x80)) length++;
  return length;
}

/** Takes from bytes that anybody may have written. What cannot be read calls `fail`, which throws. */
export class ByteReader {
  readonly #bytes: Uint8Array;
  readonly #fail: (reason: string) => never;

  /** Where it reads next. */
  at: number;

  constructor(bytes: Uint8Array, at: number, fail: (reason: string) => never) {
    this.#bytes = bytes;
    this.#fail = fail;
    this.at = at;
  }

  /** Whether all was read. */
  get isAtEnd(): boolean {
    return this.at >= this.#bytes.length;
  }

  byte(): number {
    return this.#bytes[this.at++] ?? this.#fail('it ends too early');
  }

  /** A whole number from 0 to 2^53 - 1. */
  number(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 0x80) {
      const byte = this.byte();
      value += (byte & 0x7f) * scale;
      if (value > Number.MAX_SAFE_INTEGER || scale > 2 ** 49) this.#fail(`the number at ${this.at} is too long`);
      if (byte < 0x80) return value;
    }
  }

  /** A number of four bytes, the lowest first. */
  word(): number {
    return (this.byte() + this.byte() * 2 ** 8 + this.byte() * 2 ** 16 + this.byte() * 2 ** 24) >>> 0;
  }

  /** So many bytes: a view on them. */
  bytes(length: number): Uint8Array {
    if (length > this.#bytes.length - this.at) this.#fail('it ends too early');
    const taken = this.#bytes.subarray(this.at, this.at + length);
    this.at += length;
    return taken;
  }
}

/** Any whole number as one from 0 up: 0 -1 1 -2 2 … become 0 1 2 3 4 … */
export function zigzag(value: number): number {
  return value < 0 ? -2 * value - 1 : 2 * value;
}

/** The number that {@link zigzag} was given. */
export function unzigzag(value: number): number {
  return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
}
