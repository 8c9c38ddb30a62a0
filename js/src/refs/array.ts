// Purpose: a ref to an array of numbers.
// Floor:   door js.

import type { WaitAsyncResult, WaitResult } from '../atomics.js';
import { describe, requireType } from '../arguments.js';
import { makeError } from '../errors.js';
import type { Element, ElementArrays, ElementName, ElementValue } from '../generated/elements.js';
import type { Maker, New } from '../maker.js';
import { Draft, listOf, typedArrayOf } from './draft.js';
import { shapeKey, type Shape } from './inspect.js';
import type { Place } from './place.js';
import { Ref } from './ref.js';
import { addressFor } from './value.js';

/**
 * An array of numbers in a heap. `view` is it as a typed array, for immediate use; `read` and
 * `write` check the index and never go stale: `ref[0] = 1` is none of these, and a TypeError in strict
 * mode. Its atomic methods are those of {@link ValueRef}, with an index first.
 */
export class ArrayRef<Name extends ElementName = ElementName> extends Ref {
  /** The type of its elements. */
  readonly element: Element<Name>;

  /** How many elements it has. */
  readonly length: number;

  /** How many bytes lie from one element to the next: the element's own length as a rule. */
  readonly byteStride: number;

  #view: ElementArrays[Name] | undefined;

  private constructor(by: Maker, place: Place, element: Element<Name>, length: number, byteStride: number) {
    super(by, place);
    this.element = element;
    this.length = length;
    this.byteStride = byteStride;
    Object.preventExtensions(this); // as that of structs
  }

  override get byteLength(): number {
    return this.length * this.byteStride;
  }

  /**
   * It as a typed array on the memory as it is now. Growing the memory leaves the array behind, so
   * ask for `view` again rather than keep it; to ask again costs nothing worth mentioning.
   *
   * @throws TypeError `unsupported_element` when there is no such typed array, or the elements do
   * not lie close
   * @throws RangeError `unaligned` when its address is not a multiple of the element's length
   */
  get view(): ElementArrays[Name] {
    const { byteOffset } = this; // throws when freed
    const known = this.#view as unknown as Uint8Array | undefined;
    // The array of a memory that has grown has no length any more; a shared one's is still good.
    if (known !== undefined && known.length === this.length && this.length > 0 && this.heap.isCurrent(known.buffer)) {
      return this.#view as ElementArrays[Name];
    }
    const { array, byteLength, name } = this.element;
    if (array === undefined || this.byteStride !== byteLength) {
      const why = array === undefined ? `there is no array of ${name} here` : `an element every ${this.byteStride} bytes`;
      throw makeError('unsupported_element', 'view', why);
    }
    const view = this.heap.view(array as unknown as typeof Int32Array, byteOffset, this.length) as unknown as ElementArrays[Name];
    this.#view = view;
    return view;
  }

  /** Reads an element. */
  read(index: number): ElementValue<Name> {
    return this.element.read(this.heap, this.at('read', index));
  }

  /** Writes an element; which values, says {@link NumberAccess}. */
  write(index: number, value: ElementValue<Name>): this {
    const { name, isPointer } = this.element;
    const number = isPointer ? (addressFor('write', this.heap, name, value) as ElementValue<Name>) : value;
    this.element.write(this.heap, this.at('write', index), number);
    return this;
  }

  /**
   * Writes several elements, as `TypedArray.prototype.set`: all of them, or, when they do not fit
   * or one is no such value, none.
   *
   * @param index where the first goes
   */
  set(values: Iterable<ElementValue<Name>> | ArrayLike<ElementValue<Name>>, index = 0): this {
    if (this.blockLife.isFreed) throw this.freedError('set');
    const { element } = this;
    // A typed array runs no code of the caller's and holds nothing that would not do: the engine copies it.
    const array = this.#isPlain ? typedArrayOf(element.type, values) : undefined;
    const list = array ?? listOf('set', values, this.length);
    if (!isIndex(index) || index + list.length > this.length) {
      throw makeError('index_out_of_range', 'set', `${list.length} elements from ${describe(index)} on; the length is ${this.length}`);
    }
    if (array !== undefined) {
      (this.view as Int32Array).set(array as ArrayLike<number>, index);
      return this;
    }
    // Somewhere else first, so that a bad value is found before anything is written.
    const draft = new Draft(list.length * element.byteLength);
    (list as ElementValue<Name>[]).forEach((value, i) => {
      const number = element.isPointer ? (addressFor('set', this.heap, element.name, value) as ElementValue<Name>) : value;
      element.write(draft.access, i * element.byteLength, number);
    });
    const bytes = this.heap.bytes(this.byteOffset, this.byteLength);
    const from = index * this.byteStride;
    if (this.byteStride === element.byteLength) bytes.set(draft.bytes, from);
    else {
      // What lies between the elements is not ours to write, not even as it was.
      for (let i = 0; i < list.length; i++) bytes.set(draft.part(i, element.byteLength), from + i * this.byteStride);
    }
    return this;
  }

  /** Writes one value to all elements from `begin` up to `end`. */
  fill(value: ElementValue<Name>, begin = 0, end = this.length): this {
    if (this.blockLife.isFreed) throw this.freedError('fill');
    if (!isIndex(begin) || !isIndex(end) || begin > end || end > this.length) {
      throw makeError('index_out_of_range', 'fill', `${describe(begin)} to ${describe(end)}; the length is ${this.length}`);
    }
    for (let i = begin; i < end; i++) this.write(i, value);
    return this;
  }

  /** All elements, copied into an array. */
  toArray(): ElementValue<Name>[] {
    return [...this];
  }

  /** As `toArray`: for `JSON.stringify`, which refuses BigInts. */
  toJSON(): ElementValue<Name>[] {
    return this.toArray();
  }

  /** @internal */
  override get [shapeKey](): Shape {
    return { kind: 'array', item: { kind: 'element', element: this.element }, length: this.length, byteStride: this.byteStride };
  }

  /** Reads the elements one after the other, each when it is reached. */
  *[Symbol.iterator](): IterableIterator<ElementValue<Name>> {
    if (this.blockLife.isFreed) throw this.freedError('iterator');
    for (let i = 0; i < this.length; i++) yield this.read(i);
  }

  /** Reads an element atomically. */
  load(index: number): ElementValue<Name> {
    return this.heap.atomics.load(this.element.name, this.at('load', index));
  }

  /** Writes an element atomically. */
  store(index: number, value: ElementValue<Name>): ElementValue<Name> {
    return this.heap.atomics.store(this.element.name, this.at('store', index), value);
  }

  /** Adds to an element atomically; gives what was there before. */
  add(index: number, value: ElementValue<Name>): ElementValue<Name> {
    return this.heap.atomics.add(this.element.name, this.at('add', index), value);
  }

  /** Subtracts from an element atomically; gives what was there before. */
  sub(index: number, value: ElementValue<Name>): ElementValue<Name> {
    return this.heap.atomics.sub(this.element.name, this.at('sub', index), value);
  }

  /** Ands an element's bits atomically; gives what was there before. */
  and(index: number, value: ElementValue<Name>): ElementValue<Name> {
    return this.heap.atomics.and(this.element.name, this.at('and', index), value);
  }

  /** Ors an element's bits atomically; gives what was there before. */
  or(index: number, value: ElementValue<Name>): ElementValue<Name> {
    return this.heap.atomics.or(this.element.name, this.at('or', index), value);
  }

  /** Xors an element's bits atomically; gives what was there before. */
  xor(index: number, value: ElementValue<Name>): ElementValue<Name> {
    return this.heap.atomics.xor(this.element.name, this.at('xor', index), value);
  }

  /** Replaces an element atomically; gives what was there before. */
  exchange(index: number, value: ElementValue<Name>): ElementValue<Name> {
    return this.heap.atomics.exchange(this.element.name, this.at('exchange', index), value);
  }

  /** Replaces an element atomically if it is `expected`; gives what was there before. */
  compareExchange(
    index: number,
    expected: ElementValue<Name>,
    replacement: ElementValue<Name>,
  ): ElementValue<Name> {
    const byteOffset = this.at('compareExchange', index);
    return this.heap.atomics.compareExchange(this.element.name, byteOffset, expected, replacement);
  }

  /** Sleeps while an element is `expected`, until notified; as `Atomics.wait`. */
  wait(index: number, expected: ElementValue<Name>, milliseconds = Infinity): WaitResult {
    return this.heap.atomics.wait(this.element.name, this.at('wait', index), expected, milliseconds);
  }

  /** As {@link ArrayRef.wait}, without stopping the thread; as `Atomics.waitAsync`. */
  waitAsync(index: number, expected: ElementValue<Name>, milliseconds = Infinity): WaitAsyncResult {
    return this.heap.atomics.waitAsync(this.element.name, this.at('waitAsync', index), expected, milliseconds);
  }

  /** Wakes up to `count` agents that wait for an element; gives how many it woke. */
  notify(index: number, count = Infinity): number {
    return this.heap.atomics.notify(this.element.name, this.at('notify', index), count);
  }

  /** Whether `view` gives it, and its elements need no check but for their type. */
  get #isPlain(): boolean {
    const { array, byteLength, isPointer } = this.element;
    return array !== undefined && !isPointer && this.byteStride === byteLength && this.ownAddress % byteLength === 0;
  }

  /**
   * The address of an element.
   *
   * @throws RangeError `index_out_of_range`
   * @internal
   */
  protected at(operation: string, index: number): number {
    if (this.blockLife.isFreed) throw this.freedError(operation);
    if (isIndex(index) && index < this.length) return this.ownAddress + index * this.byteStride;
    requireType(operation, 'index', index, 'number');
    throw makeError('index_out_of_range', operation, `index ${describe(index)}; the length is ${this.length}`);
  }
}

/** @internal */
export const NewArrayRef = ArrayRef as unknown as New<
  [place: Place, element: Element, length: number, byteStride: number],
  ArrayRef
>;

/** Whether it is a whole number from 0 up; `>>>` alone would throw for a BigInt and run an object's valueOf. */
function isIndex(index: unknown): index is number {
  return typeof index === 'number' && index >>> 0 === index;
}
