// Purpose: a ref to a struct or union, whose fields are its properties.
// Floor:   door js.
//
// Each struct type has one class of its own, made when it is first used, with an accessor for each
// field on its prototype: no proxy, and no text compiled at run time, which a page's policy may
// forbid.

import { describe } from '../arguments.js';
import { makeError } from '../errors.js';
import type { Heap } from '../heap.js';
import { accessors, type Accessor } from '../generated/accessors.js';
import { assign } from '../layout/assignment.js';
import type { FieldLayout, StructLayout } from '../layout/layout.js';
import { quote } from '../layout/plain.js';
import { readValue } from '../layout/read-value.js';
import type { RefTo } from '../layout/ref-to.js';
import type { FieldValues, StructInput, StructKind } from '../layout/types.js';
import { maker, type Maker, type New } from '../maker.js';
import { shapeKey, type Shape } from './inspect.js';
import { refAt } from './make-ref.js';
import { Life, type Place } from './place.js';
import { Ref } from './ref.js';

/**
 * Where a class keeps the layout of its structs: under a name that no field can have.
 *
 * @internal
 */
export const layoutKey = Symbol('layout');

/**
 * A struct or union in a heap. Its fields are properties: numbers and texts are read and written in
 * place, structs and arrays are refs to that part, which live as long as the whole.
 *
 * ```js
 * const item = heap.alloc(Item, { id: 3 });
 * item.id += 1;
 * item.at.x = 0.5;
 * item.flags.write(1, 255);
 * item.name = 'abc';
 * item.value = { id: 5, at: { x: 1 } };
 * ```
 *
 * To assign to a field that is a struct or an array is to write it as {@link StructRef.value} does.
 *
 * `JSON.stringify` is given the `value`, unless there is a field called `toJSON`: then `JSON.stringify(ref.value)`.
 */
export class StructRef<Fields = any, Kind extends StructKind = any> extends Ref {
  /** @internal */
  declare readonly [layoutKey]: StructLayout;

  /** The parts that have been asked for, by the number of their field. */
  #parts: (Ref | undefined)[] | undefined;

  override get byteLength(): number {
    return this[layoutKey].byteLength;
  }

  /**
   * The whole as a plain object: a copy. To set it writes the fields that the object has, and leaves
   * the others as they are; of a union it takes one. Everything is checked first: if a value will
   * not do, nothing is written. A ref to the same type is copied, byte for byte.
   *
   * @throws TypeError `wrong_type` for a value of the wrong type or a name that is no field's;
   * `malformed_text`
   * @throws RangeError `string_too_long`, `invalid_number`
   * @throws HeapError `another_heap` for a ref that a pointer cannot point to
   */
  get value(): FieldValues<Fields, Kind> {
    return readValue(this.heap, 'value', this[layoutKey], this.byteOffset) as FieldValues<Fields, Kind>;
  }

  set value(value: StructInput<Fields, Kind>) {
    assign(this, 'value', this[layoutKey], 0, value);
  }

  /**
   * A ref to a field: for atomics on a number, or to hand the field to somebody else.
   *
   * @throws TypeError `wrong_type` when there is no such field
   */
  part<Name extends keyof Fields & string>(name: Name): RefTo<Fields[Name]> {
    const index = this[layoutKey].indices.get(name);
    if (index === undefined) {
      const found = typeof name === 'string' ? quote(name) : describe(name);
      throw makeError('wrong_type', 'part', `there is no field ${found}`);
    }
    return this.#part(index) as RefTo<Fields[Name]>;
  }

  #part(index: number): Ref {
    if (this.blockLife.isFreed) throw this.freedError('part');
    const known = this.#parts?.[index];
    if (known !== undefined) return known;
    const { byteOffset, layout } = this[layoutKey].fields[index] as FieldLayout;
    const part = refAt(layout, this.placeAt(byteOffset));
    (this.#parts ??= [])[index] = part;
    return part;
  }

  /** @internal */
  override get [shapeKey](): Shape {
    return this[layoutKey];
  }

  /** @internal */
  static partOf(ref: StructRef, index: number): Ref {
    return ref.#part(index);
  }
}

/**
 * A ref to a struct.
 *
 * @internal
 */
export function makeStructRef(layout: StructLayout, place: Place): StructRef {
  return new (layout.refClass ??= makeClass(layout))(maker, place);
}

/**
 * Whether every struct ref has a member of this name, so that no field can have it.
 *
 * @internal
 */
export function isStructMember(name: string): boolean {
  const place = { heap: undefined as unknown as Heap, life: new Life(), byteOffset: 0, isOwner: false };
  probe ??= new (StructRef as unknown as New<[place: Place], StructRef>)(maker, place);
  return name in probe;
}

let probe: StructRef | undefined;

function makeClass(layout: StructLayout): New<[place: Place], StructRef> {
  // The name is for those who look at it in a debugger.
  const { StructRef: made } = {
    StructRef: class extends StructRef {
      constructor(by: Maker, place: Place) {
        super(by, place);
        // A misspelt field would be kept here, and be lost.
        Object.preventExtensions(this);
      }

      /** Not in the class above, where no field could have the name: one that has it takes this one's place. */
      toJSON(): unknown {
        return this.value;
      }
    },
  };
  Object.defineProperty(made.prototype, layoutKey, { value: layout });
  layout.fields.forEach((field, index) => {
    Object.defineProperty(made.prototype, field.name, { ...accessorFor(field, index), enumerable: true });
  });
  return made;
}

function accessorFor({ name, byteOffset, layout }: FieldLayout, index: number): Accessor {
  if (layout.kind === 'element') return accessors[layout.element.name](name, byteOffset);
  const isText = layout.kind === 'string';
  return {
    get() {
      if (!isText) return StructRef.partOf(this, index);
      return readValue(this.heap, name, layout, this.byteOffset + byteOffset);
    },
    set(value) {
      assign(this, name, layout, byteOffset, value, name);
    },
  };
}
