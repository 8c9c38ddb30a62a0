// Purpose: a ref to an array of structs, or of anything else that is more than a number: texts, arrays.
// Floor:   door js.

import { describe, requireType } from '../arguments.js';
import { makeError } from '../errors.js';
import { arrayLayout } from '../layout/array-layout.js';
import { assign } from '../layout/assignment.js';
import { listOf } from './draft.js';
import type { ArrayLayout, Layout } from '../layout/layout.js';
import { readValue } from '../layout/read-value.js';
import type { RefTo } from '../layout/ref-to.js';
import type { InputOf, ValueOf } from '../layout/types.js';
import type { Maker, New } from '../maker.js';
import { shapeKey, type Shape } from './inspect.js';
import { refAt } from './make-ref.js';
import type { Place } from './place.js';
import { Ref } from './ref.js';

/**
 * Where a ref keeps the layout of its elements: under a name that is nobody's.
 *
 * @internal
 */
export const itemKey = Symbol('item');

/**
 * An array in a heap whose elements are structs, texts or arrays. `at` gives a ref to one of them,
 * which lives as long as the whole; `read` and `write` copy one out and in. Indices are checked.
 *
 * ```js
 * const points = heap.allocArray(Point, 100);
 * points.at(3).x = 0.5;
 * points.write(4, { x: 1, y: 2 });
 * for (const point of points) point.y += 1;
 * ```
 */
export class StructArrayRef<Item = any> extends Ref {
  /** How many elements it has. */
  readonly length: number;

  /** How many bytes lie from the beginning of one element to that of the next. */
  readonly byteStride: number;

  readonly #item: Layout;

  private constructor(by: Maker, place: Place, item: Layout, length: number, byteStride: number) {
    super(by, place);
    this.#item = item;
    this.length = length;
    this.byteStride = byteStride;
    Object.preventExtensions(this); // as that of structs
  }

  override get byteLength(): number {
    return this.length * this.byteStride;
  }

  /** @internal */
  get [itemKey](): Layout {
    return this.#item;
  }

  /** A ref to an element; each time a new one. */
  at(index: number): RefTo<Item> {
    return refAt(this.#item, this.placeAt(this.#offset('at', index))) as RefTo<Item>;
  }

  /** An element as a plain value: a copy. */
  read(index: number): ValueOf<Item> {
    const offset = this.#offset('read', index);
    return readValue(this.heap, 'read', this.#item, this.ownAddress + offset) as ValueOf<Item>;
  }

  /** Writes an element, as {@link StructRef.value} does: of a struct, the fields that are given. */
  write(index: number, value: InputOf<Item>): this {
    assign(this, 'write', this.#item, this.#offset('write', index), value);
    return this;
  }

  /**
   * Writes several elements: all of them, or, when they do not fit or one will not do, none.
   *
   * @param index where the first goes
   */
  set(values: Iterable<InputOf<Item>> & object, index = 0): this {
    const first = this.#offset('set', index, this.length + 1);
    const list = listOf('set', values, this.length - index);
    assign(this, 'set', this.#layout(list.length), first, list, 'values');
    return this;
  }

  /** All elements as plain values: a copy. To set it takes as many values as there are elements. */
  get value(): ValueOf<Item>[] {
    return readValue(this.heap, 'value', this.#layout(this.length), this.byteOffset) as ValueOf<Item>[];
  }

  set value(values: Iterable<InputOf<Item>> & object) {
    assign(this, 'value', this.#layout(this.length), 0, values);
  }

  /** As `value`: for `JSON.stringify`, which refuses BigInts. */
  toJSON(): ValueOf<Item>[] {
    return this.value;
  }

  /** @internal */
  override get [shapeKey](): Shape {
    return { kind: 'array', item: this.#item, length: this.length, byteStride: this.byteStride };
  }

  /** Refs to the elements, one after the other. */
  *[Symbol.iterator](): IterableIterator<RefTo<Item>> {
    for (let i = 0; i < this.length; i++) yield this.at(i);
  }

  #layout(length: number): ArrayLayout {
    return arrayLayout(this.#item, length, this.byteStride);
  }

  /** Where an element begins, from the beginning of the array. */
  #offset(operation: string, index: number, limit = this.length): number {
    if (this.blockLife.isFreed) throw this.freedError(operation);
    requireType(operation, 'index', index, 'number');
    if (Number.isInteger(index) && index >= 0 && index < limit) return index * this.byteStride;
    throw makeError('index_out_of_range', operation, `index ${describe(index)}; the length is ${this.length}`);
  }
}

/** @internal */
export const NewStructArrayRef = StructArrayRef as unknown as New<
  [place: Place, item: Layout, length: number, byteStride: number],
  StructArrayRef
>;
