// Purpose: bytes to write values into before they go to the heap, so that a bad value among several is
//          found while nothing has changed.
// Floor:   door js.

import { requireType, wrongType } from '../arguments.js';
import { makeError } from '../errors.js';
import type { Element } from '../generated/elements.js';
import { NumberAccess } from '../generated/numbers.js';

/** Bytes of their own, with the methods that write numbers. */
export class Draft {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly access: NumberAccess;

  constructor(byteLength: number) {
    this.bytes = new Uint8Array(byteLength);
    this.access = new NumberAccess({ buffer: this.bytes.buffer });
  }

  /** The bytes of one of several values of the same length. */
  part(index: number, byteLength: number): Uint8Array {
    return this.bytes.subarray(index * byteLength, (index + 1) * byteLength);
  }
}

/**
 * The values of an iterable or array-like thing, each read once; an array's holes are `undefined`.
 *
 * @param most how many there may be
 * @param name what the parameter is called in the call
 * @param rule what it may be
 * @throws RangeError `index_out_of_range` when there are more
 */
export function listOf<Value>(
  operation: string,
  values: Iterable<Value> | ArrayLike<Value>,
  most = Infinity,
  name = 'values',
  rule = 'iterable',
): Value[] {
  const isObject = typeof values === 'object' && values !== null;
  if (!isObject || !(Symbol.iterator in values || 'length' in values)) {
    throw wrongType(operation, name, values, rule);
  }
  const list: Value[] = [];
  for (const value of Symbol.iterator in values ? values : Array.from(values)) {
    // At once: there may be no end to them.
    if (list.length === most) throw makeError('index_out_of_range', operation, `more than ${most} values`);
    list.push(value);
  }
  return list;
}

/** A typed array of any realm and subclass. */
export type AnyTypedArray = ArrayBufferView & ArrayLike<number | bigint>;

/** What `values` is if it is a typed array whose numbers are of a type: those can be copied unseen. */
export function typedArrayOf(type: 'number' | 'bigint', values: unknown): AnyTypedArray | undefined {
  if (!ArrayBuffer.isView(values)) return undefined;
  const isArray = type === 'bigint' ? /^\[object Big\w+Array\]$/ : /^\[object (?!Big)\w+Array\]$/;
  return isArray.test(Object.prototype.toString.call(values)) ? (values as AnyTypedArray) : undefined;
}

/** The elements that an array is allocated with, where it is not their number that is given. */
export function elementsOf(operation: string, init: unknown): unknown[] {
  return listOf(operation, init as Iterable<unknown>, Infinity, 'init', 'a length or an iterable');
}

/**
 * The values as a new typed array of an element's own kind, whatever they were: the caller may change
 * them, and they may lie in a memory that is about to grow.
 */
export function arrayOf(operation: string, element: Element, values: unknown): AnyTypedArray {
  const array = element.array as unknown as new (values: ArrayLike<unknown>) => AnyTypedArray;
  const numbers = typedArrayOf(element.type, values);
  if (numbers !== undefined) return new array(numbers);
  const list = elementsOf(operation, values);
  list.forEach((value, i) => {
    requireType(operation, `init[${i}]`, value, element.type);
  });
  return new array(list);
}
