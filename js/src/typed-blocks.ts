// Purpose: blocks for types: what `alloc`, `allocArray` and `allocString` do, wherever the block comes from:
//          the heap, a scope or an arena.
// Floor:   door js.

import { wholeNumber, wrongType } from './arguments.js';
import type { Heap } from './heap.js';
import { Assignment } from './layout/assignment.js';
import type { Layout } from './layout/layout.js';
import { maker } from './maker.js';
import { requireObject, type AllocOptions, type ArrayAllocOptions } from './options.js';
import { arrayOf, elementsOf } from './refs/draft.js';
import { refAt } from './refs/make-ref.js';
import type { Place } from './refs/place.js';
import type { Ref } from './refs/ref.js';
import { NewStringRef, type StringRef } from './refs/string.js';
import { keptOptions, textOptionNames } from './strings/encodings.js';
import {
  PreparedText,
  requireEncoding,
  textMemoryOf,
  unitBytes,
  type StringEncoding,
  type TextOptions,
} from './strings/strings.js';
import { elementOfArray, layoutFor, type RefType } from './types.js';

/** Gives blocks for types, filled with zeros. */
export interface BlockGiver {
  readonly heap: Heap;
  /** The options that go with every one of its blocks. */
  readonly optionNames: readonly string[];
  give(operation: string, layout: Layout, options: AllocOptions | undefined): Place;
}

/** Refuses options that there are not. */
function requireOptions(giver: BlockGiver, operation: string, options: object | undefined, ...more: readonly string[]): void {
  if (options !== undefined) requireObject(operation, options, [...giver.optionNames, ...more]);
}

/** A block for a type, with a first value. A value that will not do is refused before there is a block. */
export function allocTyped(
  giver: BlockGiver,
  operation: string,
  type: RefType,
  init: unknown,
  options: AllocOptions | undefined,
): Ref {
  if (typeof type === 'function') return allocArrayTyped(giver, operation, type, init, options);
  requireOptions(giver, operation, options);
  const layout = layoutFor(operation, type, undefined, undefined);
  const value = init === undefined ? undefined : new Assignment(giver.heap, operation, layout, init, 'init');
  const place = giver.give(operation, layout, options);
  value?.write(place.byteOffset);
  return refAt(layout, place);
}

/** An array of a typed array's elements, or of any type; `init` is its length or its elements. */
export function allocArrayTyped(
  giver: BlockGiver,
  operation: string,
  type: RefType,
  init: unknown,
  options: ArrayAllocOptions | undefined,
): Ref {
  requireOptions(giver, operation, options, 'byteStride');
  const byteStride = options?.byteStride;
  if (typeof init === 'number') {
    const layout = layoutFor(operation, type, init, byteStride);
    return refAt(layout, giver.give(operation, layout, options));
  }
  if (typeof type !== 'function' || byteStride !== undefined) {
    const values = elementsOf(operation, init);
    const layout = layoutFor(operation, type, values.length, byteStride);
    const value = new Assignment(giver.heap, operation, layout, values, 'init');
    const place = giver.give(operation, layout, options);
    value.write(place.byteOffset);
    return refAt(layout, place);
  }
  // The elements of a typed array are many, and quickly checked.
  const element = elementOfArray(operation, type);
  const values = arrayOf(operation, element, init);
  const layout = layoutFor(operation, type, values.length, undefined);
  const place = giver.give(operation, layout, options);
  const view = giver.heap.view(element.array as unknown as typeof Int32Array, place.byteOffset, values.length);
  view.set(values as ArrayLike<number>);
  return refAt(layout, place);
}

/** A block for a text with its terminator; `init` is the text, or the bytes that there are to be for one. */
export function allocText(
  giver: BlockGiver,
  operation: string,
  init: string | { readonly byteLength: number },
  encoding: StringEncoding,
  options: (AllocOptions & TextOptions) | undefined,
): StringRef {
  requireEncoding(operation, encoding);
  requireOptions(giver, operation, options, ...textOptionNames);
  const kept = keptOptions(operation, encoding, options);
  const text = typeof init === 'string' ? new PreparedText(operation, init, encoding, kept) : undefined;
  const unit = unitBytes(encoding);
  let capacity: number;
  if (text !== undefined) capacity = text.byteLength + unit;
  else {
    if (typeof init !== 'object' || init === null) throw wrongType(operation, 'init', init, 'a string or an object');
    capacity = Math.ceil(wholeNumber(operation, 'byteLength', init.byteLength) / unit) * unit;
    if (capacity === 0) capacity = unit; // for the terminator
  }
  const layout = layoutFor(operation, { string: encoding, byteLength: capacity }, undefined, undefined);
  const place = giver.give(operation, layout, options);
  text?.write(operation, textMemoryOf(giver.heap), place.byteOffset, true);
  return new NewStringRef(maker, place, encoding, capacity, true, kept);
}
