// Purpose: what this drop-in knows of typed arrays: their types as arguments, and the checks of those.
// Floor:   door js, compat.

import type { ArrayElementName, ElementArrays } from '../../index.js';
import { rangeError, requireInteger, show, typeError } from './refuse.js';

/** Any of the typed arrays. */
export type AnyTypedArray = ElementArrays[ArrayElementName];

/** A constructor of typed arrays: `Int32Array`, say. */
export interface TypedArrayType<View extends AnyTypedArray = AnyTypedArray> {
  new (buffer: ArrayBufferLike, byteOffset?: number, length?: number): View;
  readonly BYTES_PER_ELEMENT: number;
}

/** What such an array holds: `number` or `bigint`. */
export type ElementOf<View extends AnyTypedArray> = View[number];

/** By the names of the constructors, which are the same in every realm. */
const elementNames: { readonly [name: string]: ArrayElementName } = {
  Int8Array: 'Int8',
  Uint8Array: 'Uint8',
  Uint8ClampedArray: 'Uint8Clamped',
  Int16Array: 'Int16',
  Uint16Array: 'Uint16',
  Int32Array: 'Int32',
  Uint32Array: 'Uint32',
  BigInt64Array: 'BigInt64',
  BigUint64Array: 'BigUint64',
  Float16Array: 'Float16',
  Float32Array: 'Float32',
  Float64Array: 'Float64',
};

/** The name of a type's elements; refuses what is no type of typed arrays. */
export function elementOf(operation: string, type: TypedArrayType): ArrayElementName {
  // Up from a subclass to the type that it extends.
  for (let at: unknown = type; typeof at === 'function'; at = Object.getPrototypeOf(at)) {
    const name = Object.hasOwn(elementNames, at.name) ? elementNames[at.name] : undefined;
    // Without the second test our own method Uint8Array would pass.
    if (name !== undefined && Object.hasOwn(at, 'BYTES_PER_ELEMENT')) return name;
  }
  throw typeError('wrong_type', operation, `TypedArray must be a constructor of typed arrays, not ${show(type)}`);
}

/** The whole of a memory, seen as a type of typed arrays. */
export function wholeAs<View extends AnyTypedArray>(
  operation: string,
  memory: WebAssembly.Memory,
  type: TypedArrayType<View>,
): View {
  elementOf(operation, type);
  return new type(memory.buffer);
}

/** Refuses a value that the elements of an array cannot hold. */
export function requireElement(operation: string, name: string, array: AnyTypedArray, value: unknown): void {
  const type = isBig(array) ? 'bigint' : 'number';
  if (typeof value === type) return;
  throw typeError('wrong_type', operation, `${name} must be a ${type}, not ${show(value)}`);
}

/** Whether the elements of an array are BigInts. */
export function isBig(array: unknown): array is BigInt64Array | BigUint64Array {
  const tag = (array as { [Symbol.toStringTag]?: unknown })[Symbol.toStringTag];
  return tag === 'BigInt64Array' || tag === 'BigUint64Array';
}

/**
 * A position as the methods of typed arrays take it: a negative one counts from the end.
 *
 * @param most the largest that will do
 * @param absent what stands for one that was not given
 */
export function requirePosition(
  operation: string,
  name: string,
  length: number,
  most: number,
  value: number | undefined,
  absent?: number,
): number {
  const given = value === undefined && absent !== undefined ? absent : requireInteger(operation, name, value);
  const position = given < 0 ? given + length : given;
  if (position >= 0 && position <= most) return position + 0;
  throw rangeError('index_out_of_range', operation, `${name} is ${given}; there are ${length} elements`);
}

/** An index of an element, from 0 up. */
export function requireIndex(operation: string, length: number, value: unknown): number {
  const index = requireInteger(operation, 'index', value);
  if (index >= 0 && index < length) return index + 0;
  throw rangeError('index_out_of_range', operation, `index is ${index}; there are ${length} elements`);
}
