// Purpose: which ref stands for which type, for TypeScript.
// Floor:   door js.

import type { ElementName, PointerName } from '../generated/elements.js';
import type { ArrayRef } from '../refs/array.js';
import type { StringRef } from '../refs/string.js';
import type { StructArrayRef } from '../refs/struct-array.js';
import type { StructRef } from '../refs/struct.js';
import type { PointerRef, ValueRef } from '../refs/value.js';
import type { StructType } from './struct-type.js';
import type { ArrayOptions, FieldDescriptors, StringDescriptor, StructKind, ValueOf } from './types.js';

/** The ref to what a descriptor describes. */
export type RefTo<T> = 0 extends 1 & T
  ? any
  : T extends PointerName
    ? PointerRef<T>
    : T extends ElementName
      ? ValueRef<T>
      : T extends StructType<infer Fields, infer Kind>
        ? StructRefTo<Fields, Kind>
        : T extends readonly [infer Item, number, ArrayOptions?]
          ? ArrayRefTo<Item>
          : T extends StringDescriptor
            ? StringRef
            : T extends FieldDescriptors
              ? StructRefTo<T, 'struct'>
              : never;

/** The ref to an array of what a descriptor describes. */
export type ArrayRefTo<Item> = 0 extends 1 & Item
  ? any
  : Item extends ElementName
    ? ArrayRef<Item>
    : StructArrayRef<Item>;

/** The ref to a struct or union, with its fields as properties. */
export type StructRefTo<Fields, Kind extends StructKind = any> = StructRef<Fields, Kind> & FieldsOf<Fields>;

/**
 * The fields of a struct as properties. Numbers and texts can be assigned to. Structs and arrays
 * can too, but TypeScript cannot say that a property takes more than it gives: `item.at = { x: 1 }`
 * is written `item.at.value = { x: 1 }` or `item.value = { at: { x: 1 } }`.
 */
export type FieldsOf<Fields> = {
  -readonly [Name in keyof Fields as Fields[Name] extends InPlace ? Name : never]: ValueOf<Fields[Name]>;
} & {
  readonly [Name in keyof Fields as Fields[Name] extends InPlace ? never : Name]: RefTo<Fields[Name]>;
};

type InPlace = ElementName | StringDescriptor;
