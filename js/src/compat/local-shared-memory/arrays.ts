// Purpose: the whole memory as one typed array: the operations of `Atomics` on it, and the methods of
//          typed arrays.
// Floor:   door js, compat.

import type { HeapAtomics, WaitAsyncResult, WaitResult } from '../../index.js';
import {
  elementOf,
  requireElement,
  requireIndex,
  requirePosition,
  wholeAs,
  type AnyTypedArray,
  type ElementOf,
  type TypedArrayType,
} from './elements.js';
import { allocationsOf } from './joined.js';
import { NumberMemory } from './numbers.js';
import { rangeError, requireInteger, show, typeError } from './refuse.js';

/** What the operations of `Atomics` that change a value are called. */
type Change = 'add' | 'sub' | 'and' | 'or' | 'xor' | 'exchange' | 'store';

/**
 * A memory that is also one typed array of any type. An `index` counts elements from the start of
 * the memory, so the element at an offset is at `offset / TypedArray.BYTES_PER_ELEMENT`.
 *
 * The atomic operations take every type: floats and clamped bytes are carried by the integer of
 * their length. Positions of the other methods may be negative: they count from the end, as in
 * typed arrays. What would overwrite the heap's records when left out by mistake (where to fill,
 * where to copy to) has no default.
 *
 * The errors of all of them: a `TypeError` (code `wrong_type`) for an argument of the wrong type; a
 * `RangeError` for an index that is no whole number (`invalid_number`) or is outside the memory
 * (`index_out_of_range`). Nothing is changed then.
 */
export class ArrayMemory extends NumberMemory {
  // ── Atomics ───────────────────────────────────────────────────────────────────────────────────

  /** Adds to the element; gives what it was. */
  add<View extends AnyTypedArray>(TypedArray: TypedArrayType<View>, index: number, value: ElementOf<View>) {
    return change(this, 'add', TypedArray, index, value);
  }

  /** Subtracts from the element; gives what it was. */
  sub<View extends AnyTypedArray>(TypedArray: TypedArrayType<View>, index: number, value: ElementOf<View>) {
    return change(this, 'sub', TypedArray, index, value);
  }

  /** Ands the element's bits; gives what it was. */
  and<View extends AnyTypedArray>(TypedArray: TypedArrayType<View>, index: number, value: ElementOf<View>) {
    return change(this, 'and', TypedArray, index, value);
  }

  /** Ors the element's bits; gives what it was. */
  or<View extends AnyTypedArray>(TypedArray: TypedArrayType<View>, index: number, value: ElementOf<View>) {
    return change(this, 'or', TypedArray, index, value);
  }

  /** Xors the element's bits; gives what it was. */
  xor<View extends AnyTypedArray>(TypedArray: TypedArrayType<View>, index: number, value: ElementOf<View>) {
    return change(this, 'xor', TypedArray, index, value);
  }

  /** Replaces the element; gives what it was. */
  exchange<View extends AnyTypedArray>(TypedArray: TypedArrayType<View>, index: number, value: ElementOf<View>) {
    return change(this, 'exchange', TypedArray, index, value);
  }

  /** Writes the element; gives the value back. */
  store<View extends AnyTypedArray>(TypedArray: TypedArrayType<View>, index: number, value: ElementOf<View>) {
    return change(this, 'store', TypedArray, index, value);
  }

  /** Reads the element. */
  load<View extends AnyTypedArray>(TypedArray: TypedArrayType<View>, index: number): ElementOf<View> {
    const { atomics, name, byteOffset } = element(this, 'load', TypedArray, index);
    return atomics.load(name, byteOffset) as ElementOf<View>;
  }

  /** Replaces the element if it is `expected`; gives what it was. */
  compareExchange<View extends AnyTypedArray>(
    TypedArray: TypedArrayType<View>,
    index: number,
    expected: ElementOf<View>,
    replacement: ElementOf<View>,
  ): ElementOf<View> {
    const { atomics, name, byteOffset } = element(this, 'compareExchange', TypedArray, index);
    return atomics.compareExchange(name, byteOffset, expected as never, replacement as never) as ElementOf<View>;
  }

  /**
   * Sleeps while the element is `value`, until another agent notifies. For elements of 4 and 8
   * bytes of a shared memory, on a thread that may wait (not a page's main thread).
   *
   * @param timeout the longest to sleep, in milliseconds
   * @throws TypeError `cannot_wait`, `unsupported_element`
   */
  wait<View extends AnyTypedArray>(
    TypedArray: TypedArrayType<View>,
    index: number,
    value: ElementOf<View>,
    timeout = Infinity,
  ): WaitResult {
    const { atomics, name, byteOffset } = element(this, 'wait', TypedArray, index);
    return atomics.wait(name, byteOffset, value as never, timeout);
  }

  /** As {@link ArrayMemory.wait}, without stopping the thread: a page's main thread may, too. */
  waitAsync<View extends AnyTypedArray>(
    TypedArray: TypedArrayType<View>,
    index: number,
    value: ElementOf<View>,
    timeout = Infinity,
  ): WaitAsyncResult {
    const { atomics, name, byteOffset } = element(this, 'waitAsync', TypedArray, index);
    return atomics.waitAsync(name, byteOffset, value as never, timeout);
  }

  /** Wakes up to `count` of the agents that wait for the element; gives how many it woke. */
  notify(TypedArray: TypedArrayType, index: number, count = Infinity): number {
    const { atomics, name, byteOffset } = element(this, 'notify', TypedArray, index);
    return atomics.notify(name, byteOffset, count);
  }

  /** Whether atomic operations on elements of that many bytes never take a lock. */
  isLockFree(byteLength: number): boolean {
    return allocationsOf(this).heap.atomics.isLockFree(byteLength);
  }

  // ── Methods of typed arrays ───────────────────────────────────────────────────────────────────

  /** The element at an index. */
  at<View extends AnyTypedArray>(TypedArray: TypedArrayType<View>, index: number): ElementOf<View> {
    const array = wholeAs('at', this, TypedArray);
    return array[requirePosition('at', 'index', array.length, array.length - 1, index)] as ElementOf<View>;
  }

  /**
   * Writes a value to all elements from `start` to before `end`.
   *
   * @param end default: the end of the memory
   * @returns the whole memory as such an array, for immediate use
   */
  fill<View extends AnyTypedArray>(
    TypedArray: TypedArrayType<View>,
    value: ElementOf<View>,
    start: number,
    end?: number,
  ): View {
    const array = wholeAs('fill', this, TypedArray);
    const { length } = array;
    requireElement('fill', 'value', array, value);
    const from = requirePosition('fill', 'start', length, length, start);
    const to = requirePosition('fill', 'end', length, length, end, length);
    (array as Uint8Array).fill(value as number, from, to);
    return array;
  }

  /**
   * Copies the elements from `start` to before `end` to `target`; they may overlap.
   *
   * @param start default: 0
   * @param end default: as many as there is room for
   * @returns the whole memory as such an array, for immediate use
   */
  copyWithin<View extends AnyTypedArray>(
    TypedArray: TypedArrayType<View>,
    target: number,
    start?: number,
    end?: number,
  ): View {
    const array = wholeAs('copyWithin', this, TypedArray);
    const { length } = array;
    const to = requirePosition('copyWithin', 'target', length, length, target);
    const from = requirePosition('copyWithin', 'start', length, length, start, 0);
    const stop = requirePosition('copyWithin', 'end', length, length, end, length);
    if (end !== undefined && to + stop - from > length) {
      throw rangeError('out_of_bounds', 'copyWithin', `${stop - from} elements do not fit behind element ${to}`);
    }
    (array as Uint8Array).copyWithin(to, from, stop);
    return array;
  }

  /** A typed array on the elements from `start` to before `end`, for immediate use. */
  subarray<View extends AnyTypedArray>(TypedArray: TypedArrayType<View>, start?: number, end?: number): View {
    const array = wholeAs('subarray', this, TypedArray);
    const { length } = array;
    const from = requirePosition('subarray', 'start', length, length, start, 0);
    const to = requirePosition('subarray', 'end', length, length, end, length);
    return (array as Uint8Array).subarray(from, to) as View;
  }

  /**
   * Writes elements, one behind the other.
   *
   * @param arrayLike an array or typed array
   * @param index where the first one goes
   */
  set<View extends AnyTypedArray>(
    TypedArray: TypedArrayType<View>,
    arrayLike: ArrayLike<ElementOf<View>>,
    index: number,
  ): void {
    const array = wholeAs('set', this, TypedArray);
    const { length } = array;
    const count = requireArrayLike(array, arrayLike);
    const to = requirePosition('set', 'index', length, length, index);
    if (to + count > length) {
      throw rangeError('out_of_bounds', 'set', `${count} elements do not fit behind element ${to}`);
    }
    (array as Uint8Array).set(arrayLike as ArrayLike<number>, to);
  }
}

/** What `heap.atomics` needs for an element of the memory. */
function element(
  memory: WebAssembly.Memory,
  operation: string,
  type: TypedArrayType,
  index: number,
): { atomics: HeapAtomics; name: 'Int32'; byteOffset: number } {
  const name = elementOf(operation, type) as 'Int32';
  const bytes = type.BYTES_PER_ELEMENT;
  const at = requireIndex(operation, memory.buffer.byteLength / bytes, index);
  return { atomics: allocationsOf(memory).heap.atomics, name, byteOffset: at * bytes };
}

function change<View extends AnyTypedArray>(
  memory: WebAssembly.Memory,
  operation: Change,
  type: TypedArrayType<View>,
  index: number,
  value: ElementOf<View>,
): ElementOf<View> {
  const { atomics, name, byteOffset } = element(memory, operation, type, index);
  return atomics[operation](name, byteOffset, value as number) as ElementOf<View>;
}

/** The length of what is array-like, all of whose elements an array can hold. */
function requireArrayLike(array: AnyTypedArray, values: unknown): number {
  const isObject = typeof values === 'object' && values !== null;
  const length: unknown = isObject ? (values as { length?: unknown }).length : undefined;
  if (typeof length !== 'number') {
    throw typeError('wrong_type', 'set', `arrayLike must be an array or typed array, not ${show(values)}`);
  }
  requireInteger('set', 'arrayLike.length', length);
  // The elements of a typed array are all of one type.
  const first = ArrayBuffer.isView(values) ? Math.min(length, 1) : length;
  for (let i = 0; i < first; i++) requireElement('set', `element ${i}`, array, (values as ArrayLike<unknown>)[i]);
  return length;
}
