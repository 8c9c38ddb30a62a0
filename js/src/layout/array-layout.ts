// Purpose: lays out arrays.
// Floor:   door js.

import { wholeNumber } from '../arguments.js';
import { makeError } from '../errors.js';
import type { ArrayLayout, Layout } from './layout.js';

/**
 * The layout of an array, all of whose measures have been checked.
 *
 * @param given the stride; `undefined`: one element lies right behind the other
 * @internal
 */
export function arrayLayout(item: Layout, length: number, given: number | undefined): ArrayLayout {
  const byteStride = given ?? item.byteLength;
  return {
    kind: 'array',
    byteLength: byteStride * length,
    alignment: item.alignment,
    depth: item.depth + 1,
    get descriptor() {
      return Object.freeze(
        given === undefined
          ? ([item.descriptor, length] as const)
          : ([item.descriptor, length, Object.freeze({ byteStride })] as const),
      );
    },
    item,
    length,
    byteStride,
  };
}

/**
 * The layout of an array whose measures are a method's arguments.
 *
 * @throws RangeError `invalid_number`, `size_too_large`
 * @throws TypeError `wrong_type`, `invalid_option`
 * @internal
 */
export function checkedArrayLayout(
  operation: string,
  item: Layout,
  length: number,
  given: number | undefined,
): ArrayLayout {
  wholeNumber(operation, 'length', length);
  if (given !== undefined && wholeNumber(operation, 'byteStride', given) < item.byteLength) {
    throw makeError('invalid_option', operation, `byteStride is ${given}, and an element has ${item.byteLength} bytes`);
  }
  const layout = arrayLayout(item, length, given);
  if (Number.isSafeInteger(layout.byteLength)) return layout;
  throw makeError('size_too_large', operation, `${length} elements of ${layout.byteStride} bytes`);
}
