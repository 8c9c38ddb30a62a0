// Purpose: reads a laid out type as a whole, into numbers, strings, arrays and plain objects.
// Floor:   door js.

import type { Heap } from '../heap.js';
import { readTerminated } from '../strings/strings.js';
import type { ArrayLayout, Layout, StructLayout } from './layout.js';

/**
 * What lies at an address.
 *
 * @internal
 */
export function readValue(heap: Heap, operation: string, layout: Layout, byteOffset: number): unknown {
  switch (layout.kind) {
    case 'element':
      return layout.element.read(heap, byteOffset);
    case 'string':
      return readTerminated(operation, heap.buffer, byteOffset, layout.byteLength, layout.encoding);
    case 'array':
      return readArray(heap, operation, layout, byteOffset);
    case 'struct':
    case 'union':
      return readFields(heap, operation, layout, byteOffset);
  }
}

function readArray(heap: Heap, operation: string, layout: ArrayLayout, byteOffset: number): unknown[] {
  const { item, length, byteStride } = layout;
  const values: unknown[] = [];
  for (let i = 0; i < length; i++) values.push(readValue(heap, operation, item, byteOffset + i * byteStride));
  return values;
}

function readFields(heap: Heap, operation: string, layout: StructLayout, byteOffset: number): unknown {
  const values: Record<string, unknown> = {};
  for (const field of layout.fields) {
    try {
      values[field.name] = readValue(heap, operation, field.layout, byteOffset + field.byteOffset);
    } catch (error) {
      if (layout.kind === 'union' && isUnreadable(error)) continue;
      throw error;
    }
  }
  return values;
}

/** Whether the bytes are no value of the type: in a union they are most likely those of another field. */
function isUnreadable(error: unknown): boolean {
  const { code } = error as { readonly code?: unknown };
  return code === 'unsafe_pointer' || code === 'unsupported_element';
}
