// Purpose: what is known of a type once it is laid out, and the arithmetic of C's layout. Knows nothing of
//          memories.
// Floor:   door js.
//
// The rules are those of clang for wasm32 and wasm64 (the C ABI of WebAssembly): a field begins at
// the next multiple of its alignment, a struct's alignment is the largest of its fields', and its
// length is rounded up to that. tests/wasm/struct-layout.test.mjs asks clang.

import type { Element } from '../generated/elements.js';
import type { New } from '../maker.js';
import type { Place } from '../refs/place.js';
import type { StructRef } from '../refs/struct.js';
import type { StringEncoding } from '../strings/strings.js';
import type { StructType } from './struct-type.js';
import type { Descriptor, StructKind } from './types.js';

interface Common {
  readonly byteLength: number;
  readonly alignment: number;
  /** How many types lie inside each other: bounded, so that walking a type can be recursive. */
  readonly depth: number;
  /** A descriptor of the same type, frozen. */
  readonly descriptor: Descriptor;
}

/** A number. */
export interface ElementLayout extends Common {
  readonly kind: 'element';
  readonly element: Element;
}

/** A text in a fixed number of bytes. */
export interface StringLayout extends Common {
  readonly kind: 'string';
  readonly encoding: StringEncoding;
}

export interface ArrayLayout extends Common {
  readonly kind: 'array';
  readonly item: Layout;
  readonly length: number;
  readonly byteStride: number;
}

export interface StructLayout extends Common {
  readonly kind: StructKind;
  readonly fields: readonly FieldLayout[];
  /** The number of each field by its name. */
  readonly indices: ReadonlyMap<string, number>;
  readonly type: StructType;
  /**
   * The class of refs to it, once there is one: refs/struct.ts makes it.
   *
   * @internal
   */
  refClass: New<[place: Place], StructRef> | undefined;
}

export interface FieldLayout {
  readonly name: string;
  readonly byteOffset: number;
  readonly layout: Layout;
}

export type Layout = ElementLayout | StringLayout | ArrayLayout | StructLayout;

/** No type is longer than the memory that wasm32 can name. */
export const maximumByteLength = 2 ** 32;

/** Deeper types are refused: nobody writes them, and a cycle that hides from the check ends here. */
export const maximumDepth = 64;

/** The next multiple of an alignment, a power of two. Right up to 2^53, where `&` would be wrong. */
export function roundUp(byteLength: number, alignment: number): number {
  return Math.ceil(byteLength / alignment) * alignment;
}

/** Where fields come to lie. */
export interface Placement {
  readonly byteOffsets: readonly number[];
  /** Without the padding at the end. */
  readonly end: number;
  readonly alignment: number;
}

/**
 * Places fields as C does.
 *
 * @param pack the most that a field is aligned to, as `#pragma pack` has it
 */
export function placeFields(kind: StructKind, fields: readonly Layout[], pack: number): Placement {
  const byteOffsets: number[] = [];
  let end = 0;
  let alignment = 1;
  for (const field of fields) {
    const multiple = Math.min(field.alignment, pack);
    const byteOffset = kind === 'union' ? 0 : roundUp(end, multiple);
    byteOffsets.push(byteOffset);
    end = Math.max(end, byteOffset + field.byteLength);
    alignment = Math.max(alignment, multiple);
  }
  return { byteOffsets, end, alignment };
}
