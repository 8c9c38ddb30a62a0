// Purpose: makes the ref that stands for a type.
// Floor:   door js.

import type { Layout } from '../layout/layout.js';
import { maker } from '../maker.js';
import { NewArrayRef } from './array.js';
import type { Place } from './place.js';
import type { Ref } from './ref.js';
import { NewStringRef } from './string.js';
import { NewStructArrayRef } from './struct-array.js';
import { makeStructRef } from './struct.js';
import { NewPointerRef, NewValueRef } from './value.js';

export type { RefTo as LayoutRefTo } from '../layout/ref-to.js';

/**
 * A ref to what is laid out so, at a place.
 *
 * @internal
 */
export function refAt(layout: Layout, place: Place): Ref {
  switch (layout.kind) {
    case 'element':
      return layout.element.isPointer
        ? new NewPointerRef(maker, place, layout.element)
        : new NewValueRef(maker, place, layout.element);
    case 'string':
      return new NewStringRef(maker, place, layout.encoding, layout.byteLength);
    case 'struct':
    case 'union':
      return makeStructRef(layout, place);
    case 'array': {
      const { item, length, byteStride } = layout;
      return item.kind === 'element'
        ? new NewArrayRef(maker, place, item.element, length, byteStride)
        : new NewStructArrayRef(maker, place, item, length, byteStride);
    }
  }
}
