// Purpose: makes the ref that stands for a type.
// Floor:   door js.

import type { Element, PointerName } from '../generated/elements.js';
import type { Layout } from '../layout/layout.js';
import { ArrayRef } from './array.js';
import type { Place } from './place.js';
import type { Ref } from './ref.js';
import { StringRef } from './string.js';
import { StructArrayRef } from './struct-array.js';
import { makeStructRef } from './struct.js';
import { PointerRef, ValueRef } from './value.js';

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
        ? new PointerRef(place, layout.element as Element<PointerName>)
        : new ValueRef(place, layout.element);
    case 'string':
      return new StringRef(place, layout.encoding, layout.byteLength);
    case 'struct':
    case 'union':
      return makeStructRef(layout, place);
    case 'array': {
      const { item, length, byteStride } = layout;
      return item.kind === 'element'
        ? new ArrayRef(place, item.element, length, byteStride)
        : new StructArrayRef(place, item, length, byteStride);
    }
  }
}
