// Purpose: how a type is described, and what TypeScript makes of it: the values that go in and come out.
// Floor:   door js.

import type { ElementName, ElementValue, PointerName } from '../generated/elements.js';
import type { Ref } from '../refs/ref.js';
import type { StructRef } from '../refs/struct.js';
import type { StringEncoding } from '../strings/strings.js';
import type { StructType } from './struct-type.js';

/** Text in a fixed number of bytes, as C's `char name[24]`: ended by a zero unless it takes up all of them. */
export interface StringDescriptor {
  readonly string: StringEncoding;
  /** A multiple of the length of the encoding's unit: 2 for `utf16`, 4 for `utf32`. */
  readonly byteLength: number;
}

/** How an array is to differ from C's. */
export interface ArrayOptions {
  /** Bytes from the beginning of one element to that of the next; default: the element's length. */
  readonly byteStride: number;
}

/** An array: what it holds, and how many; C's `T name[count]`. */
export type ArrayDescriptor = readonly [Descriptor, number] | readonly [Descriptor, number, ArrayOptions];

/** The fields of a struct or union, in the order in which they lie. */
export interface FieldDescriptors {
  readonly [name: string]: Descriptor;
}

/**
 * A type of what lies in memory: the name of an element type, a struct or union made by
 * {@link struct} or {@link union}, an array, a text, or, in a plain object, the fields of a struct
 * without a name of its own.
 */
export type Descriptor = ElementName | StructType | ArrayDescriptor | StringDescriptor | FieldDescriptors;

type IsAny<T> = 0 extends 1 & T ? true : false;

/** What a type is in JavaScript, as it is read as a whole: numbers, strings, arrays and plain objects. */
export type ValueOf<T> =
  IsAny<T> extends true
    ? any
    : T extends ElementName
      ? ElementValue<T>
      : T extends StructType<infer Fields, infer Kind>
        ? FieldValues<Fields, Kind>
        : T extends readonly [infer Item, number, ArrayOptions?]
          ? ValueOf<Item>[]
          : T extends StringDescriptor
            ? string
            : T extends FieldDescriptors
              ? FieldValues<T, 'struct'>
              : never;

/**
 * What a struct is, read as a whole. Of a union, a field is left out that what lies there cannot be
 * read as: a `Pointer53` above 2^53 - 1, or a `Float16` where the engine has none.
 */
export type FieldValues<Fields, Kind extends StructKind = 'struct'> = Kind extends 'union'
  ? { -readonly [Name in keyof Fields]?: ValueOf<Fields[Name]> }
  : { -readonly [Name in keyof Fields]: ValueOf<Fields[Name]> };

/**
 * What may be written to a type as a whole. Of a struct, any of the fields, the others staying as
 * they are; of a union, one field; of an array, as many values as it has. To a pointer, also a ref.
 */
export type InputOf<T> =
  IsAny<T> extends true
    ? any
    : T extends PointerName
      ? ElementValue<T> | Ref
      : T extends ElementName
        ? ElementValue<T>
        : T extends StructType<infer Fields, infer Kind>
          ? StructInput<Fields, Kind>
          : T extends readonly [infer Item, number, ArrayOptions?]
            ? Iterable<InputOf<Item>> & object
            : T extends StringDescriptor
              ? string
              : T extends FieldDescriptors
                ? StructInput<T, 'struct'>
                : never;

/** What may be written to a struct or union. A ref is copied, byte for byte. */
export type StructInput<Fields, Kind extends StructKind> =
  | StructRef<Fields, Kind>
  | (Kind extends 'union'
      ? { readonly [Name in keyof Fields]: { readonly [Only in Name]: InputOf<Fields[Only]> } }[keyof Fields]
      : { readonly [Name in keyof Fields]?: InputOf<Fields[Name]> });

/** Whether the fields lie one behind the other or on top of each other. */
export type StructKind = 'struct' | 'union';

/** A descriptor as a {@link StructType} keeps it: a struct without a name has become a type of its own. */
export type Settled<T> =
  IsAny<T> extends true
    ? any
    : T extends ElementName | StructType | StringDescriptor
      ? T
      : T extends readonly [infer Item, infer Count]
        ? readonly [Settled<Item>, Count]
        : T extends readonly [infer Item, infer Count, infer Options]
          ? readonly [Settled<Item>, Count, Options]
          : T extends FieldDescriptors
            ? StructType<T, 'struct'>
            : never;

/** Where a field lies in its struct. */
export interface Field<T = any> {
  /** Bytes from the beginning of the struct. */
  readonly byteOffset: number;
  readonly byteLength: number;
  readonly type: Settled<T>;
}
