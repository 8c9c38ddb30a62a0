// Purpose: bytes to write values into before they go to the heap, so that a bad value among several is
//          found while nothing has changed.
// Floor:   door js.

import { requireType, wrongType } from '../arguments.js';
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
}

/** The values of an iterable or array-like thing, each read once; an array's holes are `undefined`. */
export function listOf<Value>(operation: string, values: Iterable<Value> | ArrayLike<Value>): Value[] {
  if (typeof values === 'object' && values !== null && (Symbol.iterator in values || 'length' in values)) {
    return Array.from(values);
  }
  throw wrongType(operation, 'values', values, 'iterable');
}

/** A typed array of any realm and subclass. */
export type AnyTypedArray = ArrayBufferView & ArrayLike<number | bigint>;

/** What `values` is if it is a typed array whose numbers are of a type: those can be copied unseen. */
export function typedArrayOf(type: 'number' | 'bigint', values: unknown): AnyTypedArray | undefined {
  if (!ArrayBuffer.isView(values)) return undefined;
  const isArray = type === 'bigint' ? /^\[object Big\w+Array\]$/ : /^\[object (?!Big)\w+Array\]$/;
  return isArray.test(Object.prototype.toString.call(values)) ? (values as AnyTypedArray) : undefined;
}

/**
 * The values as a new typed array of an element's own kind, whatever they were: the caller may change
 * them, and they may lie in a memory that is about to grow.
 */
export function arrayOf(operation: string, element: Element, values: unknown): AnyTypedArray {
  const array = element.array as unknown as new (values: ArrayLike<unknown>) => AnyTypedArray;
  const numbers = typedArrayOf(element.type, values);
  if (numbers !== undefined) return new array(numbers);
  const list = listOf(operation, values as Iterable<unknown>);
  list.forEach((value, i) => {
    requireType(operation, `init[${i}]`, value, element.type);
  });
  return new array(list);
}
