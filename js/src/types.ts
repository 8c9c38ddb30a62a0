// Purpose: the types that a ref can have, and which ref each has; the way from a typed array's
//          constructor to its element.
// Floor:   door js.

import { wrongType } from './arguments.js';
import { elements, type Element, type ElementArrays, type ElementName } from './generated/elements.js';
import type { Layout } from './layout/layout.js';
import { checkedArrayLayout } from './layout/array-layout.js';
import { layoutOf } from './layout/read-descriptor.js';
import type { RefTo as LayoutRefTo } from './layout/ref-to.js';
import type { Descriptor, InputOf } from './layout/types.js';
import type { ArrayRef } from './refs/array.js';

/** The elements that have a typed array of their own. */
export type ArrayElementName = Exclude<ElementName, 'BigUint128' | 'BigUint256' | 'Pointer32' | 'Pointer53' | 'Pointer64'>;

/** The constructor of a typed array, such as `Int32Array`. */
export interface TypedArrayConstructor<Name extends ArrayElementName = ArrayElementName> {
  readonly BYTES_PER_ELEMENT: number;
  readonly name: string;
  new (buffer: ArrayBufferLike, byteOffset: number, length: number): ElementArrays[Name];
}

/** The element of a typed array's constructor. */
export type ElementOf<Constructor> = Constructor extends abstract new (...parameters: never) => infer Instance
  ? {
      [Name in ArrayElementName]: Instance extends { readonly [Symbol.toStringTag]: infer Tag }
        ? Tag extends `${Name}Array`
          ? Name
          : never
        : never;
    }[ArrayElementName]
  : never;

/** A type: the constructor of a typed array, or a {@link Descriptor}. */
export type RefType = TypedArrayConstructor | Descriptor;

/** The ref to a type. */
export type RefTo<Type> = Type extends abstract new (...parameters: never) => unknown
  ? ArrayRef<ElementOf<Type>>
  : LayoutRefTo<Type>;

/** The array of a type. */
export type ArrayOf<Type> = Type extends abstract new (...parameters: never) => unknown
  ? readonly [ElementOf<Type>, number]
  : readonly [Type, number];

/** What a block can be allocated with: of a typed array its length or its elements, else a value. */
export type InitOf<Type> = Type extends abstract new (...parameters: never) => unknown
  ? number | Iterable<ElementArrays[ElementOf<Type>][number]> | ArrayLike<ElementArrays[ElementOf<Type>][number]>
  : InputOf<Type>;

/** The element of a typed array's constructor; by its name, so that those of other realms will do. */
export function elementOfArray(operation: string, constructor: TypedArrayConstructor): Element {
  const name = String(constructor.name).replace(/Array$/, '') as ElementName; // a class may have a static `name`
  const element = Object.hasOwn(elements, name) ? elements[name] : undefined;
  if (element?.arrayName !== constructor.name || constructor.BYTES_PER_ELEMENT !== element.byteLength) {
    throw wrongType(operation, 'type', constructor, 'a typed array, the name of an element, or a description of a type');
  }
  return element;
}

/** The layout of a type; with a length, of an array of that many. */
export function layoutFor(
  operation: string,
  type: RefType,
  length: number | undefined,
  byteStride: number | undefined,
): Layout {
  const descriptor = typeof type === 'function' ? elementOfArray(operation, type).name : type;
  const item = layoutOf(operation, descriptor);
  if (length === undefined && typeof type !== 'function') return item;
  return checkedArrayLayout(operation, item, length as number, byteStride);
}
