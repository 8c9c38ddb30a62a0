// Purpose: everything this package throws, made in one place. The texts and classes come from the table
//          of errors; here each gets the call it happened in, so that a message names the value and the
//          rule.
// Floor:   door js.

import {
  coreErrorCodes,
  errorTable,
  type CoreErrorCode,
  type HeapErrorCode,
  type RangeErrorCode,
  type TypeErrorCode,
} from './generated/errors.js';

export type { HeapErrorCode, RangeErrorCode, TypeErrorCode };

/** The code of any error that this package throws. */
export type ErrorCode = HeapErrorCode | RangeErrorCode | TypeErrorCode;

/** A `RangeError` of this package: out of memory, out of bounds, or a number that cannot be. */
export type CodedRangeError = RangeError & { readonly code: RangeErrorCode };

/** A `TypeError` of this package: a value of the wrong kind. */
export type CodedTypeError = TypeError & { readonly code: TypeErrorCode };

/**
 * The heap was misused (for example, a block was freed twice), or what should be a heap is damaged
 * or none at all. Nothing has changed when it is thrown.
 */
export class HeapError extends Error {
  /** `'HeapError'`. */
  override get name(): 'HeapError' {
    return 'HeapError';
  }

  /** What happened. Stable across versions; the message is not. */
  readonly code: HeapErrorCode;

  /** The address (in bytes) that the caller gave, or `undefined` when the error is about none. */
  readonly address: number | undefined;

  /** Errors are made by the package; the constructor is public only so that tests can make one. */
  constructor(code: HeapErrorCode, message: string, address?: number, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.address = address;
  }
}

/**
 * The error to throw for a code.
 *
 * @param operation the call as the user wrote it, with its values: `free(65552)`
 * @param address the address the error is about
 * @param detail what is to stand behind the rule
 * @internal
 */
export function makeError(
  code: ErrorCode,
  operation: string,
  detail = '',
  address?: number,
  options?: ErrorOptions,
): HeapError | CodedRangeError | CodedTypeError {
  const { kind, text } = errorTable[code];
  const message = `${operation}: ${text}${detail === '' ? '' : ` (${detail})`}`;
  switch (kind) {
    case 'HeapError':
      return new HeapError(code as HeapErrorCode, message, address, options);
    case 'RangeError':
      return Object.assign(new RangeError(message, options), { code: code as RangeErrorCode });
    case 'TypeError':
      return Object.assign(new TypeError(message, options), { code: code as TypeErrorCode });
  }
}

/**
 * The error for a number that the core returned.
 *
 * @internal
 */
export function coreError(
  number: number,
  operation: string,
  address?: number,
): HeapError | CodedRangeError | CodedTypeError {
  // A number that is not in the table cannot come from a sound core: what it read was damaged.
  const code: CoreErrorCode = coreErrorCodes[number] ?? 'corrupt_image';
  return makeError(code, operation, '', address);
}

/**
 * What to throw for something that was thrown while the core ran. A trap means that the core met
 * an image that no heap would leave behind, as when a guest has overwritten it; anything else (a
 * full call stack, say) is passed on unchanged.
 *
 * @internal
 */
export function trapError(cause: unknown, operation: string): unknown {
  if (!(cause instanceof WebAssembly.RuntimeError)) return cause;
  return makeError('corrupt_image', operation, `the core stopped: ${cause.message}`, undefined, { cause });
}
