// Purpose: turns a description of a type, which may be anything at all, into a layout, or says what is wrong
//          with it and where.
// Floor:   door js.
//
// Every property is read once: what was checked is what is used, even when a getter or a proxy
// answers differently each time. Cycles, and descriptions too deep for recursion, are refused.

import { describe } from '../arguments.js';
import { makeError } from '../errors.js';
import { elements, type ElementName } from '../generated/elements.js';
import { isStructMember } from '../refs/struct.js';
import type { StringEncoding } from '../strings/strings.js';
import { arrayLayout } from './array-layout.js';
import {
  maximumByteLength,
  maximumDepth,
  type ArrayLayout,
  type ElementLayout,
  type Layout,
  type StringLayout,
} from './layout.js';
import { isPlain, quote } from './plain.js';
import { makeStructType, structLayoutOf, type StructSettings } from './struct-type.js';
import { unitLengthOf } from './text.js';
import type { StructKind } from './types.js';

/** The element types are laid out once: other descriptions may well be, and change. */
const elementLayouts = new Map<string, ElementLayout>();

/**
 * The layout of a type.
 *
 * @param operation the call that the description was given to
 * @throws TypeError `invalid_layout`
 * @internal
 */
export function layoutOf(operation: string, descriptor: unknown): Layout {
  return new DescriptorReader(operation).read(descriptor, '');
}

/** Reads one description, with all that lies in it. */
export class DescriptorReader {
  readonly #operation: string;
  readonly #pack: number;
  /** The objects that are being read: one that comes again lies in itself. */
  readonly #open = new Set<object>();
  /** An object that is used twice is one type, and is read once. */
  readonly #done = new Map<object, Layout>();

  /** @param pack as {@link StructOptions.pack}; holds for structs without a name of their own too */
  constructor(operation: string, pack = Infinity) {
    this.#operation = operation;
    this.#pack = pack;
  }

  /** @param path where in the whole description this one is */
  read(descriptor: unknown, path: string): Layout {
    if (typeof descriptor === 'string') return this.#element(descriptor, path);
    if (typeof descriptor !== 'object' || descriptor === null) {
      throw this.#refuse(path, `${describe(descriptor)} is no type`);
    }
    const struct = structLayoutOf(descriptor);
    if (struct !== undefined) return struct;
    return this.#once(descriptor, path, () =>
      Array.isArray(descriptor) ? this.#array(descriptor, path) : this.#object(descriptor, path),
    );
  }

  /** The fields of a struct or union, of a plain object. */
  fields(kind: StructKind, descriptor: unknown, path: string, settings: StructSettings): Layout {
    if (typeof descriptor !== 'object' || descriptor === null || Array.isArray(descriptor)) {
      throw this.#refuse(path, `the fields are ${describe(descriptor)}, not an object`);
    }
    return this.#once(descriptor, path, () => this.#fields(kind, descriptor, path, settings));
  }

  #once(descriptor: object, path: string, read: () => Layout): Layout {
    const done = this.#done.get(descriptor);
    if (done !== undefined) return done;
    if (this.#open.has(descriptor)) throw this.#refuse(path, 'the type contains itself');
    this.#requireDepth(this.#open.size + 1, path);
    this.#open.add(descriptor);
    const layout = read();
    this.#open.delete(descriptor);
    this.#requireDepth(layout.depth, path);
    this.#done.set(descriptor, layout);
    return layout;
  }

  #requireDepth(depth: number, path: string): void {
    if (depth <= maximumDepth) return;
    throw this.#refuse(path, `more than ${maximumDepth} types lie in each other`);
  }

  #element(name: string, path: string): ElementLayout {
    const known = elementLayouts.get(name);
    if (known !== undefined) return known;
    if (!Object.hasOwn(elements, name)) {
      throw this.#refuse(path, `${describe(name)} is no element type; they are ${Object.keys(elements).join(' ')}`);
    }
    const element = elements[name as ElementName];
    const { byteLength, alignment } = element;
    const descriptor = element.name;
    const layout: ElementLayout = { kind: 'element', byteLength, alignment, depth: 0, descriptor, element };
    elementLayouts.set(name, layout);
    return layout;
  }

  #array(descriptor: readonly unknown[], path: string): ArrayLayout {
    const parts = descriptor.length;
    if (parts !== 2 && parts !== 3) throw this.#refuse(path, 'an array is [type, count] or [type, count, options]');
    const [type, count, options] = [descriptor[0], descriptor[1], parts === 3 ? descriptor[2] : undefined];
    const item = this.read(type, `${path}[]`);
    const length = this.#count(path, 'count', count);
    const given = parts === 3 ? this.#stride(path, options) : undefined;
    if (given !== undefined && given < item.byteLength) {
      throw this.#refuse(path, `byteStride is ${given}, and an element has ${item.byteLength} bytes`);
    }
    const layout = arrayLayout(item, length, given);
    if (layout.byteLength <= maximumByteLength) return layout;
    throw this.#refuse(path, `${length} times ${layout.byteStride} bytes are more than a memory has`);
  }

  #stride(path: string, options: unknown): number {
    const [byteStride, ...others] = this.#properties(path, options, 'the options of an array are');
    if (byteStride?.[0] !== 'byteStride' || others.length > 0) {
      throw this.#refuse(path, 'the one option of an array is byteStride');
    }
    return this.#count(path, 'byteStride', byteStride[1]);
  }

  #object(descriptor: object, path: string): Layout {
    const properties = this.#properties(path, descriptor, 'the type is');
    const text = properties.find(([name]) => name === 'string');
    // A field may be called `string` too; but then what it holds is the name of no encoding.
    if (typeof text?.[1] === 'string' && !Object.hasOwn(elements, text[1])) return this.#string(properties, path);
    return this.#placed('struct', properties, path, { pack: this.#pack });
  }

  #string(properties: readonly Property[], path: string): StringLayout {
    const { string: encoding, byteLength, ...others } = Object.fromEntries(properties);
    const unit = unitLengthOf(encoding);
    if (unit === undefined) {
      throw makeError('unsupported_encoding', this.#operation, at(path, `the encoding is ${describe(encoding)}`));
    }
    const [unknown] = Object.keys(others);
    if (unknown !== undefined) throw this.#refuse(path, `a string has no option ${quote(unknown)}`);
    const bytes = this.#count(path, 'byteLength', byteLength);
    if (bytes > maximumByteLength) throw this.#refuse(path, `${bytes} bytes are more than a memory has`);
    if (bytes % unit !== 0) throw this.#refuse(path, `byteLength is ${bytes}, no multiple of ${unit}`);
    const descriptor = Object.freeze({ string: encoding as StringEncoding, byteLength: bytes });
    return { kind: 'string', byteLength: bytes, alignment: unit, depth: 0, descriptor, encoding: descriptor.string };
  }

  #fields(kind: StructKind, descriptor: object, path: string, settings: StructSettings): Layout {
    return this.#placed(kind, this.#properties(path, descriptor, 'the fields are'), path, settings);
  }

  #placed(kind: StructKind, properties: readonly Property[], path: string, settings: StructSettings): Layout {
    if (properties.length === 0) throw this.#refuse(path, `a ${kind} has at least one field`);
    const prefix = path === '' ? '' : `${path}.`;
    const names: string[] = [];
    const layouts: Layout[] = [];
    for (const [name, descriptor] of properties) {
      this.#requireName(name, `${prefix}${name}`);
      names.push(name);
      layouts.push(this.read(descriptor, `${prefix}${name}`));
    }
    return makeStructType(kind, names, layouts, settings, (detail) => this.#refuse(path, detail));
  }

  #requireName(name: string, path: string): void {
    if (name === '') throw this.#refuse(path, 'a field has an empty name');
    if (/^\d+$/.test(name)) {
      throw this.#refuse(path, 'JavaScript puts integers before all other names: the fields would not lie in order');
    }
    if (isStructMember(name)) {
      throw this.#refuse(path, `every struct ref has a member ${quote(name)}; names need not be those in C`);
    }
  }

  /** All own properties of a plain object, each read once. */
  #properties(path: string, value: unknown, what: string): Property[] {
    if (typeof value !== 'object' || value === null || !isPlain(value)) {
      throw this.#refuse(path, `${what} ${typeof value === 'object' ? 'no plain object' : describe(value)}`);
    }
    return Reflect.ownKeys(value).map((name) => {
      if (typeof name === 'symbol') throw this.#refuse(path, 'a name is a symbol');
      return [name, (value as Record<string, unknown>)[name]];
    });
  }

  /** A count or length of what lies in a type: none is 0, as in standard C. */
  #count(path: string, name: string, value: unknown): number {
    if (Number.isInteger(value) && (value as number) >= 1) return value as number;
    throw this.#refuse(path, `${name} is ${describe(value)}, not a whole number from 1 up`);
  }

  #refuse(path: string, detail: string): Error {
    return makeError('invalid_layout', this.#operation, at(path, detail));
  }
}

type Property = readonly [name: string, value: unknown];

function at(path: string, detail: string): string {
  return path === '' ? detail : `${path}: ${detail}`;
}
