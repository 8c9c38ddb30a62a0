// Purpose: `struct` and `union`: types made of fields, laid out as C does.
// Floor:   door js.

import { describe, wrongType } from '../arguments.js';
import { makeError } from '../errors.js';
import { maker, notByHand, type Maker } from '../maker.js';
import { maximumByteLength, placeFields, roundUp, type Layout, type StructLayout } from './layout.js';
import { isPlain, quote } from './plain.js';
import { DescriptorReader } from './read-descriptor.js';
import type { Field, FieldDescriptors, StructKind } from './types.js';

/** How a struct is to differ from what C makes of its fields. */
export interface StructOptions {
  /**
   * The most that a field is aligned to, as `#pragma pack(n)` has it. It holds also for the structs in
   * it that are written as plain objects, not for those that were made by `struct` before.
   */
  readonly pack?: 1 | 2 | 4 | 8 | 16 | undefined;
  /** What the whole is aligned to, if more than its fields want: a power of two, C's `alignas(n)`. */
  readonly alignment?: number | undefined;
  /** The whole length, if more than its fields take: a multiple of the alignment. */
  readonly byteLength?: number | undefined;
}

/** @internal */
export interface StructSettings {
  readonly pack: number;
  readonly alignment?: number | undefined;
  readonly byteLength?: number | undefined;
}

/**
 * The type of a struct or union: where its fields lie. Frozen, and plain data. Made by {@link struct}
 * and {@link union}; used as a description of other types, and to allocate and to read what a memory
 * holds: `heap.alloc(Point)`, `heap.allocArray(Point, 100)`, `heap.ref(Point, address)`.
 */
export class StructType<Fields = any, Kind extends StructKind = any> {
  readonly kind: Kind;
  readonly byteLength: number;
  readonly alignment: number;
  /** By their names, in the order in which they lie. */
  readonly fields: { readonly [Name in keyof Fields]: Field<Fields[Name]> };
  readonly #layout: StructLayout;

  private constructor(
    by: Maker,
    kind: Kind,
    names: readonly string[],
    layouts: readonly Layout[],
    byteOffsets: readonly number[],
    whole: Whole,
  ) {
    if (by !== maker) throw notByHand('StructType', 'struct and union make one');
    const fields: Record<string, Field> = {};
    const places = names.map((name, i) => {
      const [layout, byteOffset] = [layouts[i] as Layout, byteOffsets[i] as number];
      fields[name] = Object.freeze({ byteOffset, byteLength: layout.byteLength, type: layout.descriptor });
      return Object.freeze({ name, byteOffset, layout });
    });
    this.kind = kind;
    this.byteLength = whole.byteLength;
    this.alignment = whole.alignment;
    this.fields = Object.freeze(fields) as typeof this.fields;
    const indices = new Map(names.map((name, i) => [name, i]));
    this.#layout = { kind, ...whole, descriptor: this, fields: places, indices, type: this, refClass: undefined };
    Object.freeze(this);
  }

  /** @internal */
  static make(
    kind: StructKind,
    names: readonly string[],
    layouts: readonly Layout[],
    byteOffsets: readonly number[],
    whole: Whole,
  ): StructLayout {
    return new StructType(maker, kind, names, layouts, byteOffsets, whole).#layout;
  }

  /** @internal */
  static layoutOf(value: object): StructLayout | undefined {
    // Not instanceof: that would also take Object.create(StructType.prototype).
    return #layout in value ? value.#layout : undefined;
  }
}

interface Whole {
  readonly byteLength: number;
  readonly alignment: number;
  readonly depth: number;
}

/**
 * A struct type: fields one behind the other, laid out as C does for wasm32 and wasm64.
 *
 * ```js
 * const Point = struct({ x: 'Float64', y: 'Float64' });
 * const Item = struct({
 *   id: 'Uint32',
 *   flags: ['Uint8', 3],
 *   at: Point,
 *   name: { string: 'utf8', byteLength: 24 },
 *   next: 'Pointer32',
 *   inner: { a: 'Uint8', b: 'BigInt64' },
 * });
 * Item.byteLength; // 72
 * Item.fields.at.byteOffset; // 8
 * ```
 *
 * Costs time: make a type once, not at each use. A field cannot be called as a member of {@link StructRef}
 * is (`value`, `buffer`, `free`, …); names need not be those in C.
 *
 * @throws TypeError `invalid_layout` for fields that cannot be laid out, with the name of the field;
 * `invalid_option`, `wrong_type`
 * @throws RangeError `unsupported_encoding`
 */
export function struct<const Fields extends FieldDescriptors>(
  fields: Fields,
  options: StructOptions = {},
): StructType<Fields, 'struct'> {
  return makeType('struct', fields, options);
}

/**
 * A union type: fields on top of each other, as C lays them out. Read as a whole it is an object with
 * all fields; written as a whole it takes one. For all else see {@link struct}.
 */
export function union<const Fields extends FieldDescriptors>(
  fields: Fields,
  options: StructOptions = {},
): StructType<Fields, 'union'> {
  return makeType('union', fields, options);
}

function makeType<Fields, Kind extends StructKind>(
  kind: Kind,
  fields: Fields,
  options: StructOptions,
): StructType<Fields, Kind> {
  const settings = readSettings(kind, options);
  const reader = new DescriptorReader(kind, settings.pack);
  return (reader.fields(kind, fields, '', settings) as StructLayout).type;
}

/**
 * The layout of a struct or union type; `undefined` for anything else.
 *
 * @internal
 */
export function structLayoutOf(value: object): StructLayout | undefined {
  return StructType.layoutOf(value);
}

/**
 * Whether it is what `struct` or `union` has made.
 *
 * @internal
 */
export function isStructType(value: unknown): value is StructType {
  return typeof value === 'object' && value !== null && StructType.layoutOf(value) !== undefined;
}

/**
 * Lays out fields that are laid out themselves.
 *
 * @internal
 */
export function makeStructType(
  kind: StructKind,
  names: readonly string[],
  layouts: readonly Layout[],
  settings: StructSettings,
  refuse: (detail: string) => Error,
): StructLayout {
  const { byteOffsets, end, alignment: natural } = placeFields(kind, layouts, settings.pack);
  const alignment = settings.alignment ?? natural;
  if (alignment < natural) throw refuse(`alignment is ${alignment}; its fields want ${natural}`);
  const byteLength = settings.byteLength ?? roundUp(end, alignment);
  if (byteLength < end) throw refuse(`byteLength is ${byteLength}; its fields take ${end}`);
  if (byteLength % alignment !== 0) {
    throw refuse(`byteLength is ${byteLength}, no multiple of the alignment, ${alignment}`);
  }
  if (byteLength > maximumByteLength) throw refuse(`${byteLength} bytes are more than a memory has`);
  const depth = 1 + layouts.reduce((deepest, layout) => Math.max(deepest, layout.depth), 0);
  return StructType.make(kind, names, layouts, byteOffsets, { byteLength, alignment, depth });
}

const optionNames: readonly (string | symbol)[] = ['pack', 'alignment', 'byteLength'];
const packs: readonly unknown[] = [1, 2, 4, 8, 16];
const maximumAlignment = 2 ** 31;

function readSettings(operation: string, options: unknown): StructSettings {
  if (typeof options !== 'object' || options === null || !isPlain(options)) {
    throw wrongType(operation, 'options', options, 'a plain object');
  }
  const unknown = Reflect.ownKeys(options).find((name) => !optionNames.includes(name));
  if (unknown !== undefined) throw makeError('invalid_option', operation, `there is no option ${quote(unknown)}`);
  // Each is read once. (Not with `...others` for the unknown: V8 then reads some twice.)
  const { pack, alignment, byteLength } = options as StructOptions;
  if (pack !== undefined && !packs.includes(pack)) {
    throw makeError('invalid_option', operation, `pack is ${describe(pack)}, not ${packs.join(', ')}`);
  }
  if (alignment !== undefined && !isPowerOfTwo(alignment)) {
    throw makeError('invalid_option', operation, `alignment is ${describe(alignment)}, no power of two up to 2^31`);
  }
  if (byteLength !== undefined && !(Number.isInteger(byteLength) && byteLength > 0)) {
    throw makeError('invalid_option', operation, `byteLength is ${describe(byteLength)}, not a whole number from 1 up`);
  }
  return { pack: pack ?? Infinity, alignment, byteLength };
}

function isPowerOfTwo(value: unknown): boolean {
  return typeof value === 'number' && value >= 1 && value <= maximumAlignment && Number.isInteger(Math.log2(value));
}
