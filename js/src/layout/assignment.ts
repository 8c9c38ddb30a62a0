// Purpose: writes a value to a laid out type as a whole, or not at all: all of it is looked at, copied and
//          checked before the first byte is written.
// Floor:   door js.
//
// Looking at a value can run the caller's code (getters, iterators, proxies), which may grow the
// memory or free the block. So every property is read once, and the address and the memory are only
// looked at when that is over.

import { describe, requireType, wholeNumber, wrongType } from '../arguments.js';
import { makeError } from '../errors.js';
import { requirePointer64 } from '../forms.js';
import type { Element, ElementName, ElementValue } from '../generated/elements.js';
import type { Heap } from '../heap.js';
import type { Ref } from '../refs/ref.js';
import { layoutKey, StructRef } from '../refs/struct.js';
import { addressFor } from '../refs/value.js';
import { writeText } from '../strings/strings.js';
import type { ArrayLayout, Layout, StringLayout, StructLayout } from './layout.js';
import { isPlain, quote } from './plain.js';

/**
 * A value, checked and ready to be written.
 *
 * @internal
 */
export class Assignment {
  readonly #heap: Heap;
  readonly #operation: string;
  readonly #byteLength: number;

  // What to write, one entry for each number or run of bytes: where from the beginning, what, and as
  // which element (`undefined`: it is bytes).
  readonly #offsets: number[] = [];
  readonly #values: unknown[] = [];
  readonly #elements: (Element | undefined)[] = [];

  /** Where in the value we are, for the messages: names of fields and indices. */
  readonly #path: (string | number)[];

  /**
   * @param operation the call that the value was given to
   * @param name what the value is called in messages
   * @throws TypeError `wrong_type`, `malformed_text`, `unsupported_element`
   * @throws RangeError `string_too_long`, `invalid_number`
   * @throws HeapError `another_heap`, `freed_ref` for a ref given for a pointer
   */
  constructor(heap: Heap, operation: string, layout: Layout, value: unknown, name = 'value') {
    this.#heap = heap;
    this.#operation = operation;
    this.#byteLength = layout.byteLength;
    this.#path = [name];
    this.#add(layout, value, 0);
  }

  /**
   * Writes it.
   *
   * @throws RangeError `out_of_bounds`: nothing is written
   */
  write(byteOffset: number): void {
    const heap = this.#heap;
    const bytes = heap.bytes(byteOffset, this.#byteLength); // which is also the check of the bounds
    for (let i = 0; i < this.#offsets.length; i++) {
      const [offset, value, element] = [this.#offsets[i] as number, this.#values[i], this.#elements[i]];
      if (element === undefined) bytes.set(value as Uint8Array, offset);
      else element.write(heap, byteOffset + offset, value as never);
    }
  }

  #add(layout: Layout, value: unknown, offset: number): void {
    switch (layout.kind) {
      case 'element':
        this.#push(offset, this.#number(layout.element, value), layout.element);
        break;
      case 'string':
        this.#push(offset, this.#text(layout, value), undefined);
        break;
      case 'array':
        this.#array(layout, value, offset);
        break;
      case 'struct':
      case 'union':
        this.#fields(layout, value, offset);
        break;
    }
  }

  #push(offset: number, value: unknown, element: Element | undefined): void {
    this.#offsets.push(offset);
    this.#values.push(value);
    this.#elements.push(element);
  }

  #number(element: Element, value: unknown): unknown {
    return checkElement(this.#heap, this.#operation, element, value, this.#path);
  }

  #text(layout: StringLayout, value: unknown): Uint8Array {
    const name = nameOf(this.#path);
    requireType(this.#operation, name, value, 'string');
    return encodeText(name, layout, value as string);
  }

  #array(layout: ArrayLayout, values: unknown, offset: number): void {
    const { item, length, byteStride } = layout;
    if (item.kind === 'element' && byteStride === item.byteLength) {
      const bytes = bytesOfSame(item.element, values);
      if (bytes !== undefined) {
        if (bytes.length !== layout.byteLength) throw this.#wrongLength(length, bytes.length / byteStride);
        this.#push(offset, bytes, undefined);
        return;
      }
    }
    if (!isIterable(values)) throw wrongType(this.#operation, nameOf(this.#path), values, `${length} values`);
    let count = 0;
    for (const value of values) {
      // At once: there may be no end to them.
      if (count === length) throw this.#wrongLength(length, 'more');
      this.#path.push(count);
      this.#add(item, value, offset + count * byteStride);
      this.#path.pop();
      count++;
    }
    if (count < length) throw this.#wrongLength(length, count);
  }

  #fields(layout: StructLayout, value: unknown, offset: number): void {
    if (value instanceof StructRef) {
      this.#push(offset, this.#copy(layout, value), undefined);
      return;
    }
    if (typeof value !== 'object' || value === null || !isPlain(value)) {
      const what = typeof value === 'object' && value !== null ? 'one of another class' : describe(value);
      throw makeError('wrong_type', this.#operation, `${nameOf(this.#path)} must be a plain object, not ${what}`);
    }
    const names = Reflect.ownKeys(value);
    if (layout.kind === 'union' && names.length > 1) {
      const detail = `${nameOf(this.#path)} is a union: it takes one field, not ${names.length}`;
      throw makeError('wrong_type', this.#operation, detail);
    }
    for (const name of names) {
      const index = typeof name === 'string' ? layout.indices.get(name) : undefined;
      const field = index === undefined ? undefined : layout.fields[index];
      if (field === undefined) {
        throw makeError('wrong_type', this.#operation, `${nameOf(this.#path)} has no field ${quote(name)}`);
      }
      this.#path.push(field.name);
      this.#add(field.layout, (value as Record<string, unknown>)[field.name], offset + field.byteOffset);
      this.#path.pop();
    }
  }

  #copy(layout: StructLayout, ref: StructRef): Uint8Array {
    if (ref[layoutKey] !== layout) {
      throw makeError('wrong_type', this.#operation, `${nameOf(this.#path)} must be a ref to the same type of struct`);
    }
    // Not slice(): the copy must not be on shared memory, nor change with what it is copied to.
    const copy = new Uint8Array(layout.byteLength);
    copy.set(ref.bytes);
    return copy;
  }

  #wrongLength(length: number, count: number | string): Error {
    return makeError('wrong_type', this.#operation, `${nameOf(this.#path)} must be ${length} values, not ${count}`);
  }
}

/**
 * Writes a value to a place in a ref, all of it or nothing.
 *
 * @param offset where in the ref
 * @param name what the value is called in messages
 * @internal
 */
export function assign(
  ref: Ref,
  operation: string,
  layout: Layout,
  offset: number,
  value: unknown,
  name = 'value',
): void {
  void ref.byteOffset; // a freed ref is told first, whatever the value
  const assignment = new Assignment(ref.heap, operation, layout, value, name);
  assignment.write(ref.byteOffset + offset);
}

/**
 * The number to write to a field for what was given, checked.
 *
 * @internal
 */
export function numberFor<Name extends ElementName>(
  ref: Ref,
  name: string,
  element: Element<Name>,
  value: unknown,
): ElementValue<Name> {
  void ref.byteOffset; // a freed ref is told first, whatever the value
  return checkElement(ref.heap, name, element, value, [name]) as ElementValue<Name>;
}

/**
 * The number to write for what was given: the address of a ref, or the value itself, checked.
 */
function checkElement(
  heap: Heap,
  operation: string,
  element: Element,
  value: unknown,
  path: readonly (string | number)[],
): unknown {
  const number = element.isPointer ? addressFor(operation, heap, element.name, value) : value;
  if (typeof number !== element.type) {
    const rule = element.isPointer ? `a ${element.type} or a ref` : `a ${element.type}`;
    throw wrongType(operation, nameOf(path), number, rule);
  }
  if (element.isPointer && element.type === 'number') {
    const limit = element.byteLength === 4 ? 2 ** 32 : 2 ** 53;
    const address = wholeNumber(operation, nameOf(path), number);
    if (address >= limit) {
      throw makeError('invalid_number', operation, `${nameOf(path)} is ${address}, too large for a ${element.name}`);
    }
  }
  if (element.name === 'Pointer64') requirePointer64(operation, number, nameOf(path));
  // The one element that not every engine can write.
  if (element.name === 'Float16' && element.array === undefined) {
    throw makeError('unsupported_element', operation, `${nameOf(path)} is a Float16`);
  }
  return number;
}

/** The bytes of a text, with zeros behind it up to the end, as C's initializers leave it. */
function encodeText(name: string, layout: StringLayout, text: string): Uint8Array {
  // A zero would end it when it is read: what came behind would be lost without a word.
  if (text.includes('\0')) throw makeError('malformed_text', name, 'it has a zero in it, which would end it');
  const bytes = new Uint8Array(layout.byteLength);
  writeText(name, bytes.buffer, 0, text, layout.encoding, layout.byteLength, false);
  return bytes;
}

/** A copy of the bytes of a typed array that holds just this element; else `undefined`. */
function bytesOfSame(element: Element, values: unknown): Uint8Array | undefined {
  // What an array of pointers holds must be checked one by one.
  if (element.array === undefined || element.isPointer || !(values instanceof element.array)) return undefined;
  const { buffer, byteOffset, byteLength } = values;
  // That of a detached array is 0, which is then refused; but no view can be made on it.
  const copy = new Uint8Array(byteLength);
  if (byteLength > 0) copy.set(new Uint8Array(buffer, byteOffset, byteLength));
  return copy;
}

/** Text is iterable too, but is no array of anything. */
function isIterable(value: unknown): value is Iterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.iterator in value;
}

/** As one would write it: `value.at[2].x`. */
function nameOf(path: readonly (string | number)[]): string {
  return path.map((step, i) => (typeof step === 'number' ? `[${step}]` : i === 0 ? step : `.${step}`)).join('');
}
