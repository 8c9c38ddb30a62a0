// Purpose: what a console shows of a ref: its kind, its type, where it lies and what lies there.
// Floor:   door js.
//
// Node, Deno and Bun ask an object for it by a symbol that anybody can have, and say how much is to be shown. It is for those
// who look for a fault, so it never throws and changes nothing: what cannot be read is named by the code of the error, in its
// place. No more is read than is shown.

import type { Element } from '../generated/elements.js';
import type { StructKind } from '../layout/types.js';
import { readTerminated, terminatedLength, unitBytes, type StringEncoding } from '../strings/strings.js';
import type { Place } from './place.js';

/** By this a console asks. */
export const inspectKey: unique symbol = Symbol.for('nodejs.util.inspect.custom');

/** By this {@link inspectRef} asks a ref what it is. Nobody's name, as a struct's fields may have any. */
export const shapeKey: unique symbol = Symbol('shape');

/** What lies at a ref: a layout, as far as it matters here. */
export type Shape =
  | { readonly kind: 'element'; readonly element: Element }
  | { readonly kind: 'string'; readonly encoding: StringEncoding; readonly byteLength: number }
  | { readonly kind: 'array'; readonly item: Shape; readonly length: number; readonly byteStride: number }
  | { readonly kind: StructKind; readonly byteLength: number; readonly fields: readonly ShapeOfField[] };

interface ShapeOfField {
  readonly name: string;
  readonly byteOffset: number;
  readonly layout: Shape;
}

/** What a console passes. */
export interface Asked {
  /** How many levels are still to be shown. */
  readonly depth: unknown;
  readonly options: unknown;
  /** Shows a value as the options say. */
  readonly inspect: unknown;
}

type Inspect = (value: unknown, options: unknown) => string;

/** How many elements are shown where it is not said, and how much of a text: a page of either helps nobody. */
const mostElements = 100;
const mostText = 200;

/** A ref in words. */
export function inspectRef({ heap, life, byteOffset }: Place, shape: Shape, { depth, options, inspect }: Asked): string {
  const title = titleOf(shape);
  if (life.isFreed) return `${title} at ${byteOffset} (freed)`;
  if (typeof depth === 'number' && depth < 0) return `[${title} at ${byteOffset}]`;
  try {
    const reader = new Reader(heap, options);
    const length = shape.kind === 'string' ? `(${reader.lengthOf(shape, byteOffset)})` : '';
    const value = reader.read(shape, byteOffset, typeof depth === 'number' ? depth : Infinity);
    return `${title}${length} at ${byteOffset}: ${(inspect as Inspect)(value, reader.options)}`;
  } catch (error) {
    return `${title} at ${byteOffset}: ${codeOf(error)}`;
  }
}

function titleOf(shape: Shape): string {
  switch (shape.kind) {
    case 'element':
      return `${shape.element.isPointer ? 'PointerRef' : 'ValueRef'}<${shape.element.name}>`;
    case 'string':
      return `StringRef<${shape.encoding}>`;
    case 'array': {
      const { item, length } = shape;
      if (item.kind === 'element') return `ArrayRef<${item.element.name}>(${length})`;
      return `StructArrayRef<${item.kind === 'string' ? item.encoding : item.kind}>(${length})`;
    }
    default:
      return `StructRef<${shape.kind}>(${shape.byteLength} bytes)`;
  }
}

/** Reads what is to be shown. */
class Reader {
  readonly options: unknown;
  readonly #heap: Place['heap'];
  readonly #most: number;

  constructor(heap: Place['heap'], options: unknown) {
    const { maxArrayLength = mostElements } = (options ?? {}) as { readonly maxArrayLength?: number | null };
    this.#heap = heap;
    this.#most = maxArrayLength ?? Infinity;
    this.options = { ...(options as object), maxArrayLength: this.#most };
  }

  /** Of a text, in units. */
  lengthOf({ encoding, byteLength }: Shape & { readonly kind: 'string' }, byteOffset: number): number {
    return terminatedLength('inspect', this.#heap.buffer, byteOffset, byteLength, encoding) / unitBytes(encoding);
  }

  read(shape: Shape, byteOffset: number, depth: number): unknown {
    try {
      switch (shape.kind) {
        case 'element':
          return shape.element.read(this.#heap, byteOffset);
        case 'string': {
          // So many bytes have more than the text that is shown, in every encoding.
          const maximum = Math.min(shape.byteLength, 4 * mostText + 4);
          const text = readTerminated('inspect', this.#heap.buffer, byteOffset, maximum, shape.encoding);
          return text.length > mostText ? cut(text.slice(0, mostText)) : text;
        }
        case 'array':
          return depth < 0 ? verbatim('[Array]') : this.#readArray(shape, byteOffset, depth - 1);
        default: {
          if (depth < 0) return verbatim('[Object]');
          const values: Record<string, unknown> = {};
          for (const field of shape.fields) {
            values[field.name] = this.read(field.layout, byteOffset + field.byteOffset, depth - 1);
          }
          return values;
        }
      }
    } catch (error) {
      return verbatim(codeOf(error));
    }
  }

  #readArray({ item, length, byteStride }: Shape & { readonly kind: 'array' }, byteOffset: number, depth: number): unknown[] {
    const values: unknown[] = [];
    // One more than is shown, as the console looks at that, too, to see whether all are numbers.
    const read = Math.min(length, this.#most + 1);
    for (let i = 0; i < read; i++) values.push(this.read(item, byteOffset + i * byteStride, depth));
    if (read === length) return values;
    // The console says how many more there are. Of its greatest length first, as no engine then has room for them all.
    values.length = 2 ** 32 - 1;
    values.length = Math.min(length, 2 ** 32 - 1);
    return values;
  }
}

/** What is shown as it stands. */
function verbatim(text: string): object {
  return { [inspectKey]: () => text };
}

/** The beginning of a text. */
function cut(text: string): object {
  return { [inspectKey]: (_depth: number, options: unknown, inspect: Inspect) => `${inspect(text, options)}...` };
}

/** The code of an error, as it stands in the place of what it is about. */
export function codeOf(error: unknown): string {
  const { code } = (error ?? {}) as { readonly code?: unknown };
  return `<${typeof code === 'string' ? code : 'unreadable'}>`;
}
