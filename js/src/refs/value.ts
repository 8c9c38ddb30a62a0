// Purpose: a ref to one number, and one to an address.
// Floor:   door js.

import type { WaitResult, WaitAsyncResult } from '../atomics.js';
import { requireNames, requireType, wrongType } from '../arguments.js';
import { makeError } from '../errors.js';
import type { Element, ElementName, ElementValue, PointerName } from '../generated/elements.js';
import type { Heap } from '../heap.js';
import type { Descriptor } from '../layout/types.js';
import type { Maker, New } from '../maker.js';
import type { ArrayOf, RefTo, RefType, TypedArrayConstructor } from '../types.js';
import { shapeKey, type Shape } from './inspect.js';
import type { Place } from './place.js';
import { Ref } from './ref.js';

/**
 * A number in a heap. Its atomic methods are those of `Atomics`, for every type that `Atomics`
 * knows and floats and clamped bytes besides; see {@link HeapAtomics}.
 */
export class ValueRef<Name extends ElementName = ElementName> extends Ref {
  /** Its type. */
  readonly element: Element<Name>;

  /** For subclasses of this package alone. */
  protected constructor(by: Maker, place: Place, element: Element<Name>) {
    super(by, place);
    this.element = element;
    Object.preventExtensions(this); // as that of structs; a PointerRef adds nothing
  }

  override get byteLength(): number {
    return this.element.byteLength;
  }

  /** The number that lies there; to set it writes it. */
  get value(): ElementValue<Name> {
    return this.read();
  }

  set value(value: ElementValue<Name>) {
    this.write(value);
  }

  /** Reads the number. */
  read(): ElementValue<Name> {
    return this.element.read(this.heap, this.byteOffset);
  }

  /** Writes a number; which ones, says {@link NumberAccess}. */
  write(value: ElementValue<Name>): this {
    this.element.write(this.heap, this.byteOffset, value);
    return this;
  }

  /** As `value`: for `JSON.stringify`, which refuses a BigInt. */
  toJSON(): ElementValue<Name> {
    return this.read();
  }

  /** @internal */
  override get [shapeKey](): Shape {
    return { kind: 'element', element: this.element };
  }

  /** Reads it atomically. */
  load(): ElementValue<Name> {
    return this.heap.atomics.load(this.element.name, this.byteOffset);
  }

  /** Writes it atomically. */
  store(value: ElementValue<Name>): ElementValue<Name> {
    return this.heap.atomics.store(this.element.name, this.byteOffset, value);
  }

  /** Adds to it atomically; gives what was there before. */
  add(value: ElementValue<Name>): ElementValue<Name> {
    return this.heap.atomics.add(this.element.name, this.byteOffset, value);
  }

  /** Subtracts from it atomically; gives what was there before. */
  sub(value: ElementValue<Name>): ElementValue<Name> {
    return this.heap.atomics.sub(this.element.name, this.byteOffset, value);
  }

  /** Ands its bits atomically; gives what was there before. */
  and(value: ElementValue<Name>): ElementValue<Name> {
    return this.heap.atomics.and(this.element.name, this.byteOffset, value);
  }

  /** Ors its bits atomically; gives what was there before. */
  or(value: ElementValue<Name>): ElementValue<Name> {
    return this.heap.atomics.or(this.element.name, this.byteOffset, value);
  }

  /** Xors its bits atomically; gives what was there before. */
  xor(value: ElementValue<Name>): ElementValue<Name> {
    return this.heap.atomics.xor(this.element.name, this.byteOffset, value);
  }

  /** Replaces it atomically; gives what was there before. */
  exchange(value: ElementValue<Name>): ElementValue<Name> {
    return this.heap.atomics.exchange(this.element.name, this.byteOffset, value);
  }

  /** Replaces it atomically if it is `expected`; gives what was there before. */
  compareExchange(expected: ElementValue<Name>, replacement: ElementValue<Name>): ElementValue<Name> {
    return this.heap.atomics.compareExchange(this.element.name, this.byteOffset, expected, replacement);
  }

  /** Sleeps while it is `expected`, until notified; as `Atomics.wait`. */
  wait(expected: ElementValue<Name>, milliseconds = Infinity): WaitResult {
    return this.heap.atomics.wait(this.element.name, this.byteOffset, expected, milliseconds);
  }

  /** As {@link ValueRef.wait}, without stopping the thread; as `Atomics.waitAsync`. */
  waitAsync(expected: ElementValue<Name>, milliseconds = Infinity): WaitAsyncResult {
    return this.heap.atomics.waitAsync(this.element.name, this.byteOffset, expected, milliseconds);
  }

  /** Wakes up to `count` agents that wait for it; gives how many it woke. */
  notify(count = Infinity): number {
    return this.heap.atomics.notify(this.element.name, this.byteOffset, count);
  }
}

/** @internal */
export const NewValueRef = ValueRef as unknown as New<[place: Place, element: Element], ValueRef>;

/**
 * The address that a pointer is to hold for what it was given: a ref's own, if it lies in the same
 * heap. Anything else is passed on, to be checked where it is written.
 *
 * @internal
 */
export function addressFor<Value>(
  operation: string,
  heap: Heap,
  name: ElementName,
  value: Value | Ref,
): Value | number | bigint {
  if (!(value instanceof Ref)) return value;
  const { byteOffset } = value; // throws when freed
  if (value.heap !== heap) throw makeError('another_heap', operation, `it is at ${byteOffset}`, byteOffset);
  return name === 'Pointer64' ? BigInt(byteOffset) : byteOffset;
}

/** An address in a heap. It also takes a ref of the same heap, whose address it then holds. */
export class PointerRef<Name extends PointerName = PointerName> extends ValueRef<Name> {
  override get value(): ElementValue<Name> {
    return this.read();
  }

  override set value(value: ElementValue<Name> | Ref) {
    this.write(value);
  }

  override write(value: ElementValue<Name> | Ref): this {
    return super.write(addressFor('write', this.heap, this.element.name, value) as ElementValue<Name>);
  }

  /**
   * A ref to what it points to, as {@link Heap.ref} makes it; `undefined` when it holds 0.
   *
   * @throws RangeError `out_of_bounds`, `unsafe_pointer`
   */
  target<const Type extends TypedArrayConstructor>(type: Type, length: number): RefTo<Type> | undefined;
  target<const Type extends Descriptor>(type: Type): RefTo<Type> | undefined;
  target<const Type extends Descriptor>(type: Type, length: number): RefTo<ArrayOf<Type>> | undefined;
  target(type: RefType, length?: number): Ref | undefined {
    const address = this.#target('target');
    return address === 0 ? undefined : this.heap.ref(type as Descriptor, address, length as number);
  }

  /**
   * Gives its block back, and with `target: true` first the block that it points to (if it is not
   * 0): when that is none, an error is thrown and neither is freed.
   */
  override free(options: { readonly target?: boolean } = {}): void {
    if (this.isFreed) throw this.freedError('free');
    if (typeof options !== 'object' || options === null) throw wrongType('free', 'options', options, 'an object');
    requireNames('free', options, ['target']);
    const { target = false } = options;
    requireType('free', 'target', target, 'boolean');
    const address = target ? this.#target('free') : 0;
    if (address !== 0 && address !== this.ownAddress && this.isOwner) {
      // Of two frees the second must not fail. An adopted allocator cannot be asked.
      if (this.heap.image !== undefined) this.heap.usableSize(this.ownAddress);
      this.heap.free(address);
    }
    super.free();
  }

  #target(operation: string): number {
    const value: number | bigint = this.read();
    if (typeof value === 'number') return value;
    if (value <= BigInt(Number.MAX_SAFE_INTEGER)) return Number(value);
    throw makeError('unsafe_pointer', operation, `it is ${value}`);
  }
}

/** @internal */
export const NewPointerRef = PointerRef as unknown as New<[place: Place, element: Element], PointerRef>;
