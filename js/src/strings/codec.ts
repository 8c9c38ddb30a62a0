// Purpose: what there is of each encoding.
// Floor:   door js.

import type { Mode, StringEncoding } from './encodings.js';

/** An encoding. All ranges were checked by who calls. */
export interface Codec {
  readonly name: StringEncoding;

  /** Bytes in a unit. */
  readonly unitBytes: 1 | 2 | 4;

  /** The most bytes that one UTF-16 unit of a string takes. */
  readonly mostBytes: 1 | 2 | 3 | 4;

  /**
   * Makes a string of the bytes from `begin` to `end`, whole units. Nobody changes them meanwhile,
   * and the platform's codecs take them.
   *
   * @param address where the text lies, for the message
   * @throws TypeError `malformed_text`
   */
  decode(operation: string, bytes: Uint8Array, begin: number, end: number, mode: Mode, address: number): string;

  /** How many bytes a string takes. */
  measure(text: string): number;

  /** Where the first character is that it does not have; -1 for none. */
  findUnfit(text: string, mode: Mode): number;

  /**
   * Writes a string that has room.
   *
   * @param view a view on the same bytes
   * @param isDirect whether the platform's codecs take the bytes
   * @returns how many bytes it took
   */
  encode(
    bytes: Uint8Array,
    view: DataView,
    at: number,
    text: string,
    mode: Mode,
    isDirect: boolean,
  ): number;
}
