// Purpose: the encodings by name, and what can be asked of a reading or writing.
// Floor:   door js.

import { describe, requireNames, requireType, wrongType } from '../arguments.js';
import { makeError } from '../errors.js';

/**
 * The encodings of text. `utf16` and `utf32` are little-endian, as all that WebAssembly keeps in
 * memory, and may lie at any address, aligned or not. None of them gives a byte order mark a
 * meaning: U+FEFF is a character like any other.
 */
export type StringEncoding = 'ascii' | 'latin1' | 'utf8' | 'utf16' | 'utf32';

/** How to read or write text. */
export interface TextOptions {
  /**
   * What becomes of malformed text: bytes that are none of the encoding, lone surrogates, and, when
   * writing, characters that `ascii` or `latin1` does not have. `true` refuses it with a `TypeError`
   * (code `malformed_text`) that names the first place. `false`, the default, replaces it by U+FFFD,
   * as often as `TextDecoder` does; in `ascii` and `latin1`, which have no such character, a `?` is
   * written for each character.
   */
  readonly fatal?: boolean | undefined;
  /**
   * For `utf16` and `utf32`: lets lone surrogates pass as they are, both ways, so that every
   * JavaScript string comes back as it was. Default: `false`, they are malformed.
   */
  readonly keepSurrogates?: boolean | undefined;
}

/** The names of {@link TextOptions}. */
export const textOptionNames: readonly (keyof TextOptions)[] = ['fatal', 'keepSurrogates'];

/** {@link TextOptions} after they were checked: a sum of the two below. */
export type Mode = number;

/** Refuse what is malformed. */
export const fatalMode = 1;

/** Lone surrogates are not malformed. */
export const keepMode = 2;

/** Bytes in a unit of each encoding: the length of its terminator, and what C aligns it to. */
const unitLengths: { readonly [Encoding in StringEncoding]: 1 | 2 | 4 } = {
  ascii: 1,
  latin1: 1,
  utf8: 1,
  utf16: 2,
  utf32: 4,
};

/** Bytes in a unit of an encoding. */
export function unitBytes(encoding: StringEncoding): 1 | 2 | 4 {
  return unitLengths[encoding];
}

/** Whether something is the name of an encoding. */
export function isEncoding(encoding: unknown): encoding is StringEncoding {
  return typeof encoding === 'string' && Object.hasOwn(unitLengths, encoding);
}

/** Refuses what is no encoding. */
export function requireEncoding(operation: string, encoding: unknown): asserts encoding is StringEncoding {
  if (encoding !== 'utf8' && !isEncoding(encoding)) throw unsupportedEncoding(operation, encoding);
}

/** The error for what is no encoding. */
export function unsupportedEncoding(operation: string, encoding: unknown): Error {
  if (typeof encoding !== 'string') return wrongType(operation, 'encoding', encoding, 'a string');
  return makeError('unsupported_encoding', operation, `encoding is ${describe(encoding)}`);
}

/**
 * Checks the options. Looking at them may run the caller's code: look at the memory afterwards.
 *
 * @param names the options that there are; `undefined`: they were looked at before
 */
export function readMode(
  operation: string,
  encoding: StringEncoding,
  options: TextOptions,
  names: readonly string[] | undefined,
): Mode {
  if (typeof options !== 'object' || options === null) throw wrongType(operation, 'options', options, 'an object');
  if (names !== undefined) requireNames(operation, options, names);
  const { fatal = false, keepSurrogates = false } = options;
  requireType(operation, 'fatal', fatal, 'boolean');
  requireType(operation, 'keepSurrogates', keepSurrogates, 'boolean');
  if (keepSurrogates && unitBytes(encoding) === 1) {
    throw makeError('invalid_option', operation, `keepSurrogates is for utf16 and utf32, not for ${encoding}`);
  }
  return (fatal ? fatalMode : 0) + (keepSurrogates ? keepMode : 0);
}

/**
 * The options for later, as they are now: without what else the caller's object holds, such as the token of a block, which
 * would be kept alive.
 */
export function keptOptions(
  operation: string,
  encoding: StringEncoding,
  options: TextOptions | undefined,
): TextOptions | undefined {
  const mode = options === undefined ? 0 : readMode(operation, encoding, options, undefined);
  return mode === 0 ? undefined : { fatal: (mode & fatalMode) !== 0, keepSurrogates: (mode & keepMode) !== 0 };
}
