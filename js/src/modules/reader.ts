// Purpose: reads numbers and names out of a module's bytes. Every read is checked: what ends too early, is
//          too long or says that it holds more than there are bytes is an error, and no loop over what
//          was read can run longer than the bytes do.
// Floor:   door js.
// Source:  WebAssembly Core Specification 2.0, section 5.2 (binary format of values).

import { makeError } from '../errors.js';

const utf8 = /* @__PURE__ */ new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Reads a part of a module from its beginning to its end. */
export class Reader {
  readonly #bytes: Uint8Array;
  readonly #operation: string;
  readonly #part: string;
  #at = 0;

  /**
   * @param operation the call that the error is thrown in
   * @param part what is read, as an error message names it
   */
  constructor(bytes: Uint8Array, operation: string, part: string) {
    this.#bytes = bytes;
    this.#operation = operation;
    this.#part = part;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  /** How many bytes are left. */
  get left(): number {
    return this.#bytes.length - this.#at;
  }

  /** The error for something that cannot be. */
  error(detail: string): Error {
    return makeError('invalid_module', this.#operation, `${this.#part}, byte ${this.#at}: ${detail}`);
  }

  byte(): number {
    const byte = this.#bytes[this.#at];
    if (byte === undefined) throw this.error('it ends too early');
    this.#at++;
    return byte;
  }

  /** An unsigned number of 32 bits. */
  u32(): number {
    let value = 0;
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = this.byte();
      value |= (byte & 127) << shift;
      if (byte < 128) return value;
    }
    const last = this.byte();
    if (last > 15) throw this.error('a number is longer than 32 bits');
    return (value | (last << 28)) >>> 0;
  }

  /** A signed number of 32 bits. */
  i32(): number {
    let value = 0;
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = this.byte();
      value |= (byte & 127) << shift;
      if (byte < 128) return (value << (25 - shift)) >> (25 - shift);
    }
    const last = this.byte();
    // The bits above the 32nd repeat the sign.
    if (last > 127 || (last > 7 && last < 0x78)) throw this.error('a number is longer than 32 bits');
    return value | (last << 28);
  }

  /** An unsigned number of 64 bits; inexact above 2^53. */
  u64(): number {
    let value = 0;
    for (let i = 0, factor = 1; i < 10; i++, factor *= 128) {
      const byte = this.byte();
      value += (byte & 127) * factor;
      if (byte < 128) return value;
    }
    throw this.error('a number is longer than 64 bits');
  }

  /** Passes over a number of up to 64 bits. */
  skipNumber(): void {
    this.u64();
  }

  /** How many entries follow: each has a byte at least. */
  count(): number {
    const count = this.u32();
    if (count > this.left) throw this.error(`it says that ${count} entries follow, in ${this.left} bytes`);
    return count;
  }

  take(length: number): Uint8Array {
    if (length > this.left) throw this.error(`${length} bytes should follow, and ${this.left} do`);
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  /** As many bytes as the number before them says, to be read on their own. */
  sized(part: string): Reader {
    return new Reader(this.take(this.u32()), this.#operation, part);
  }

  name(): string {
    const bytes = this.take(this.u32());
    try {
      return utf8.decode(bytes);
    } catch {
      throw this.error('a name is not UTF-8');
    }
  }
}
