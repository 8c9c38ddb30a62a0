// Purpose: which values may be written where allot's own methods are not asked, or would take too much.
// Floor:   door js, compat.

import { rangeError, requireType, requireWhole, show, typeError } from './errors.js';
import type { TypedArray, TypedArrayClass } from './types.js';

/**
 * Refuses what is no address of 32 bits. One above 2 GiB may be negative, as WebAssembly hands it out.
 *
 * @returns it as it was
 */
export function address32(value: number): number {
  if (isAddress32(value)) return value;
  requireType('value', value, 'number');
  throw rangeError('invalid_number', `a pointer of 32 bits must be a whole number below 2^32, not ${show(value)}`);
}

function isAddress32(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= -(2 ** 31) && (value as number) < 2 ** 32;
}

/** What an array is to hold for an element that was given; `undefined` if it cannot hold it. */
export type ElementForm = (element: unknown) => number | bigint | undefined;

const numberForm: ElementForm = (element) => (typeof element === 'number' ? element : undefined);
const bigintForm: ElementForm = (element) => (typeof element === 'bigint' ? element : undefined);

/** For arrays of pointers. */
export const pointerForms: Readonly<Record<'Pointer32' | 'Pointer53' | 'Pointer64', ElementForm>> = {
  Pointer32: (element) => (isAddress32(element) ? element : undefined),
  // Numbers, as its refs have them, and BigInts, as its view has.
  Pointer53(element) {
    const address = typeof element === 'bigint' ? Number(element) : element;
    return Number.isSafeInteger(address) && (address as number) >= 0 ? BigInt(address as number) : undefined;
  },
  Pointer64(element) {
    if (typeof element !== 'bigint') return undefined;
    const address = BigInt.asUintN(64, element);
    return address === element || BigInt.asIntN(64, element) === element ? address : undefined;
  },
};

/**
 * A copy of elements as the array that is to hold them: an array of numbers would take `undefined` for 0
 * and `'7'` for 7. Those that lie in the heap itself would be left behind when it grows.
 *
 * @param form for arrays of pointers
 * @throws TypeError `wrong_type`, RangeError `invalid_number`
 */
export function copyOfElements<View extends TypedArray>(
  arrayClass: TypedArrayClass<View>,
  elements: unknown,
  form?: ElementForm,
): View {
  const list = elements as ArrayLike<unknown> | null;
  if (typeof list !== 'object' || list === null || typeof list.length !== 'number') {
    throw typeError('wrong_type', `it takes a count or elements, not ${show(elements)}`);
  }
  const { length } = list;
  requireWhole('elementCount', length);
  const kind = ArrayBuffer.isView(list) ? (list as Partial<Uint8Array>)[Symbol.toStringTag] : undefined;
  const isBig = arrayClass.name.startsWith('Big');
  // Such an array holds nothing that would not do: the engine copies it.
  if (kind === arrayClass.name || (form === undefined && kind !== undefined && kind.startsWith('Big') === isBig)) {
    return made(length, () => new arrayClass(list as ArrayLike<never>));
  }
  const copy = made(length, () => new arrayClass(length));
  const formOf = form ?? (isBig ? bigintForm : numberForm);
  for (let i = 0; i < length; i++) {
    const element = list[i];
    const held = formOf(element);
    if (held === undefined) throw refused(i, element, isBig, form === pointerForms.Pointer53);
    copy[i] = held;
  }
  return copy;
}

function refused(index: number, element: unknown, isBig: boolean, takesBoth: boolean): Error {
  const isRight = typeof element === (isBig ? 'bigint' : 'number') || (takesBoth && typeof element === 'number');
  if (isRight) return rangeError('invalid_number', `elements[${index}] is no such address: ${show(element)}`);
  const type = takesBoth ? 'number or bigint' : isBig ? 'bigint' : 'number';
  return typeError('wrong_type', `elements[${index}] must be a ${type}, not ${show(element)}`);
}

function made<View>(length: number, make: () => View): View {
  try {
    return make();
  } catch (cause) {
    const error =
      length === 0
        ? typeError('wrong_type', 'the elements were transferred away: their buffer is detached')
        : rangeError('out_of_memory', `the engine has no array of ${length} elements`);
    throw Object.assign(error, { cause });
  }
}
