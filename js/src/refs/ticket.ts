// Purpose: tickets: a ref as plain data, for another agent that shares the heap to make a ref of it again.
// Floor:   door js.
//
// A ticket comes from outside: whatever it says is checked, as the receiving agent has no reason to believe it. It
// names its heap by a random number in the image, its block by the address and the length that the block really
// has, and its type in full, so that the receiver need not know it.

import type { Heap } from '../heap.js';
import { describe } from '../arguments.js';
import { HeapError, makeError } from '../errors.js';
import { maximumDepth, placeFields, type Layout, type StructLayout } from '../layout/layout.js';
import { layoutOf } from '../layout/read-descriptor.js';
import { struct, union, type StructOptions } from '../layout/struct-type.js';
import type { Descriptor, FieldDescriptors } from '../layout/types.js';
import { maker } from '../maker.js';
import type { StringEncoding } from '../strings/encodings.js';
import { layoutFor, type RefType } from '../types.js';
import { ArrayRef } from './array.js';
import { refAt } from './make-ref.js';
import type { Place } from './place.js';
import { Ref } from './ref.js';
import { NewStringRef, type StringRef } from './string.js';
import { itemKey, StructArrayRef } from './struct-array.js';
import { layoutKey, StructRef } from './struct.js';
import { ValueRef } from './value.js';

/** A type as plain data: the name of an element, or an object for anything else. */
export type TicketType =
  | string
  | { readonly kind: 'string'; readonly encoding: string; readonly byteLength: number; readonly isTerminated?: boolean }
  | { readonly kind: 'array'; readonly item: TicketType; readonly length: number; readonly byteStride: number }
  | {
      readonly kind: 'struct' | 'union';
      readonly fields: readonly (readonly [name: string, type: TicketType])[];
      /** What the fields are packed to; 0: as C does. */
      readonly pack: number;
      readonly alignment: number;
      readonly byteLength: number;
    };

/**
 * A ref as plain data, to be sent to another agent: {@link Heap.open} makes a ref of it there. It keeps nothing
 * alive, and gives no right that the memory itself does not give.
 */
export interface Ticket {
  /** The version of this form. */
  readonly ticket: 1;
  /** Which heap: a random number that lies in its image. */
  readonly heap: number;
  /** Address of the block. */
  readonly byteOffset: number;
  /** The bytes that the block has; see {@link Heap.usableSize}. */
  readonly usableSize: number;
  readonly type: TicketType;
}

/**
 * What making and opening tickets needs of a heap.
 *
 * @internal
 */
export interface TicketHost {
  readonly heap: Heap;
  /** The heap's random number. */
  readonly identity: number;
  /** The bytes of a live block, whatever is watched. */
  usableSize(byteOffset: number): number;
  placeAt(byteOffset: number): Place;
}

/**
 * A ref as a ticket.
 *
 * @internal
 */
export function makeTicket(operation: string, host: TicketHost, ref: Ref): Ticket {
  const { byteOffset } = ref;
  if (ref.heap !== host.heap) throw makeError('another_heap', operation, `it is at ${byteOffset}`, byteOffset);
  if (!ref.isOwner) throw makeError('unsupported_operation', operation, 'it is a part of another ref', byteOffset);
  let usableSize;
  try {
    usableSize = host.usableSize(byteOffset);
  } catch (error) {
    if (!(error instanceof HeapError)) throw error;
    throw makeError(error.code, `${operation}(${byteOffset})`, '', byteOffset, { cause: error });
  }
  return { ticket: 1, heap: host.identity, byteOffset, usableSize, type: typeOfRef(ref) };
}

/**
 * The ref that a ticket stands for; of a type that is expected, if one is.
 *
 * @internal
 */
export function openTicket(operation: string, host: TicketHost, value: unknown, expected: RefType | undefined): Ref {
  const { heap, byteOffset, usableSize, type } = readTicket(operation, value);
  if (heap !== host.identity) throw makeError('another_heap', operation, 'the ticket is for another heap', byteOffset);
  const { layout, isTerminated } = layoutOfTicket(operation, type);
  if (expected !== undefined) requireExpected(operation, layout, expected);
  requireBlock(operation, host, byteOffset, usableSize);
  const { byteLength } = layout;
  if (byteLength > usableSize) throw malformed(operation, `${byteLength} bytes in a block of ${usableSize}`);
  const place = host.placeAt(byteOffset);
  if (!isTerminated || layout.kind !== 'string') return refAt(layout, place);
  return new NewStringRef(maker, place, layout.encoding, byteLength, true);
}

function requireBlock(operation: string, host: TicketHost, byteOffset: number, usableSize: number): void {
  let now;
  try {
    now = host.usableSize(byteOffset);
  } catch (cause) {
    if (!(cause instanceof HeapError) || cause.code === 'corrupt_image') throw cause;
    throw makeError('freed_ref', operation, `no block begins at ${byteOffset}`, byteOffset, { cause });
  }
  if (now !== usableSize) throw makeError('freed_ref', operation, `another block begins at ${byteOffset} now`, byteOffset);
}

// ── Types to plain data ─────────────────────────────────────────────────────────────────────────

function typeOfRef(ref: Ref): TicketType {
  if (ref instanceof ValueRef) return ref.element.name;
  if (ref instanceof ArrayRef) return { kind: 'array', item: ref.element.name, length: ref.length, byteStride: ref.byteStride };
  if (ref instanceof StructRef) return plainType(ref[layoutKey]);
  if (ref instanceof StructArrayRef) {
    return { kind: 'array', item: plainType(ref[itemKey]), length: ref.length, byteStride: ref.byteStride };
  }
  const { encoding, capacity, isTerminated } = ref as StringRef;
  return { kind: 'string', encoding, byteLength: capacity, isTerminated };
}

function plainType(layout: Layout): TicketType {
  const { kind, byteLength } = layout;
  switch (kind) {
    case 'element':
      return layout.element.name;
    case 'string':
      return { kind, encoding: layout.encoding, byteLength };
    case 'array':
      return { kind, item: plainType(layout.item), length: layout.length, byteStride: layout.byteStride };
    default: {
      const fields = layout.fields.map((field) => [field.name, plainType(field.layout)] as const);
      return { kind, fields, pack: packOf(layout), alignment: layout.alignment, byteLength };
    }
  }
}

/** What fields were packed to, as far as it shows; a type keeps only where they lie. */
function packOf({ kind, fields, alignment: whole }: StructLayout): number {
  const layouts = fields.map(({ layout }) => layout);
  const fits = (pack: number): boolean => {
    const { byteOffsets, alignment } = placeFields(kind, layouts, pack || Infinity);
    return alignment <= whole && byteOffsets.every((byteOffset, i) => byteOffset === fields[i]?.byteOffset);
  };
  return [0, 16, 8, 4, 2, 1].find(fits) ?? 0;
}

// ── Plain data to types ─────────────────────────────────────────────────────────────────────────

/** Types lie in each other; what has more of them is meant to keep somebody busy. */
const mostTypes = 4096;

interface Opened {
  readonly layout: Layout;
  readonly isTerminated: boolean;
}

/** The types that were made of tickets lately, by their text: each ticket brings its own copy. */
const known = /* @__PURE__ */ new Map<string, Opened>();
const mostKnown = 100;

function layoutOfTicket(operation: string, type: unknown): Opened {
  const reader = new TypeReader(operation);
  const plain = reader.read(type, 0);
  const text = JSON.stringify(plain);
  const before = known.get(text);
  if (before !== undefined) return before;
  const isTerminated = typeof plain === 'object' && plain.kind === 'string' && plain.isTerminated === true;
  let layout;
  try {
    layout = layoutOf(operation, descriptorOf(plain));
  } catch (cause) {
    throw malformed(operation, 'it has a type that cannot be laid out', cause);
  }
  if (known.size >= mostKnown) known.clear();
  const opened = { layout, isTerminated };
  known.set(text, opened);
  return opened;
}

function descriptorOf(type: TicketType): Descriptor {
  if (typeof type === 'string') return type as Descriptor;
  switch (type.kind) {
    case 'string':
      return { string: type.encoding as StringEncoding, byteLength: type.byteLength };
    case 'array':
      return [descriptorOf(type.item), type.length, { byteStride: type.byteStride }];
    default: {
      const fields = Object.fromEntries(type.fields.map(([name, of]) => [name, descriptorOf(of)])) as FieldDescriptors;
      const { pack, alignment, byteLength } = type;
      const options = { alignment, byteLength, pack: pack === 0 ? undefined : pack } as StructOptions;
      return type.kind === 'union' ? union(fields, options) : struct(fields, options);
    }
  }
}

/** Copies the type of a ticket, and refuses what is none. Each property is read once. */
class TypeReader {
  readonly #operation: string;
  #count = 0;

  constructor(operation: string) {
    this.#operation = operation;
  }

  read(type: unknown, depth: number): TicketType {
    if (depth > maximumDepth || ++this.#count > mostTypes) throw malformed(this.#operation, 'its type is too large');
    if (typeof type === 'string') return this.#text('type', type);
    const { kind, ...rest } = this.#object('type', type);
    switch (kind) {
      case 'string': {
        const { encoding, byteLength, isTerminated = false } = rest;
        if (typeof isTerminated !== 'boolean') throw this.#refuse('isTerminated', isTerminated);
        return { kind, encoding: this.#text('encoding', encoding), byteLength: this.#whole('byteLength', byteLength), isTerminated };
      }
      case 'array': {
        const { item, length, byteStride } = rest;
        return {
          kind,
          item: this.read(item, depth + 1),
          length: this.#whole('length', length),
          byteStride: this.#whole('byteStride', byteStride),
        };
      }
      case 'struct':
      case 'union': {
        const { fields, pack, alignment, byteLength } = rest;
        if (!Array.isArray(fields) || fields.length > mostTypes) throw this.#refuse('fields', fields);
        const names = new Set<string>();
        const read = Array.from(fields, (field: unknown) => {
          if (!Array.isArray(field) || field.length !== 2) throw this.#refuse('a field', field);
          const [name, of] = field as readonly unknown[];
          const text = this.#text('the name of a field', name);
          if (names.has(text)) throw this.#refuse('a name twice', text);
          names.add(text);
          return [text, this.read(of, depth + 1)] as const;
        });
        return {
          kind,
          fields: read,
          pack: this.#whole('pack', pack),
          alignment: this.#whole('alignment', alignment),
          byteLength: this.#whole('byteLength', byteLength),
        };
      }
      default:
        throw this.#refuse('kind', kind);
    }
  }

  #object(name: string, value: unknown): Record<string, unknown> {
    if (typeof value === 'object' && value !== null) return { ...value };
    throw this.#refuse(name, value);
  }

  #text(name: string, value: unknown): string {
    if (typeof value === 'string' && value.length <= mostTypes) return value;
    throw this.#refuse(name, value);
  }

  #whole(name: string, value: unknown): number {
    if (Number.isSafeInteger(value) && (value as number) >= 0) return value as number;
    throw this.#refuse(name, value);
  }

  #refuse(name: string, value: unknown): Error {
    return malformed(this.#operation, `${name}: ${describe(value)}`);
  }
}

function readTicket(operation: string, value: unknown): Ticket {
  if (typeof value !== 'object' || value === null) throw malformed(operation, describe(value));
  const { ticket, heap, byteOffset, usableSize, type } = { ...value } as Record<string, unknown>;
  if (ticket !== 1) throw malformed(operation, `ticket is ${describe(ticket)}, not 1`);
  const isWord = (word: unknown): word is number => typeof word === 'number' && word >>> 0 === word;
  for (const [name, word] of Object.entries({ heap, byteOffset, usableSize })) {
    if (!isWord(word)) throw malformed(operation, `${name} is ${describe(word)}`);
  }
  return { ticket, heap, byteOffset, usableSize, type } as Ticket;
}

function requireExpected(operation: string, layout: Layout, expected: RefType): void {
  const isArrayType = typeof expected === 'function';
  const length = isArrayType && layout.kind === 'array' ? layout.length : isArrayType ? 1 : undefined;
  const wanted = layoutFor(operation, expected, length, undefined);
  if (JSON.stringify(plainType(wanted)) === JSON.stringify(plainType(layout))) return;
  throw makeError('wrong_type', operation, 'the ticket is for another type than the one that is expected');
}

function malformed(operation: string, detail: string, cause?: unknown): Error {
  return makeError('malformed_ticket', operation, detail, undefined, cause === undefined ? undefined : { cause });
}
